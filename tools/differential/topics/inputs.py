"""Inputs with a schedule, and projections between spiking and rate-coded populations."""

import numpy as np
from scripts import GAINS, WEIGHTS, Case, Script, Topic

RATES = np.array([[0.1, 0.2, -0.3], [1.0, 0.5, 0.25], [0.0, -1.0, 2.0]])


def timed(schedule: float, period: float) -> Case:
    """Rates that change by a schedule, repeated after `period` if that is positive."""

    def build(script: Script) -> None:
        pre = script.net.create(script.ann.TimedArray(rates=RATES, schedule=schedule, period=period))
        cells = script.cells(parameters="k = 1.0", equations="v = sum(exc)\nr = v")
        script.link(pre, cells)
        script.record("cells", cells, "r v")

    return Case(build)


def spikes(script: Script) -> None:
    """Spikes at given times, on and off the grid."""
    times = [[1.0, 2.5, 2.6, 20.0, 20.0], [7.3, 30.0], []]
    pre = script.net.create(script.ann.SpikeSourceArray(times))
    cells = script.cells(
        parameters="k = 1.0", equations="5.0*dv/dt = 0.8*k - v + g_exc", spike="v > 0.7", reset="v = 0.0"
    )
    script.link(pre, cells, delays=2.0)
    script.record("sources", pre, "spike")
    script.record("cells", cells, "v g_exc spike")


def injection(script: Script) -> None:
    """A current from a rate-coded population."""
    pre = script.cells(parameters="k = 1.0", equations="r = k*sin(0.2*t)")
    cells = script.cells(equations="5.0*dv/dt = 0.8 - v + g_inj", spike="v > 0.7", reset="v = 0.0")
    script.net.connect(script.ann.CurrentInjection(pre, cells, "inj")).connect_current()
    script.record("cells", cells, "v g_inj spike")


def decoding(window: float) -> Case:
    """Rates decoded from spikes."""

    def build(script: Script) -> None:
        cells = script.cells(parameters="k = 1.0", equations="v = sum(exc)\nr = k*v")
        projection = script.net.connect(script.ann.DecodingProjection(script.sources(), cells, "exc", window=window))
        projection.from_matrix(WEIGHTS)
        script.record("cells", cells, "r v")

    return Case(build)


def array(script: Script) -> None:
    """Rates set from Python."""
    pre = script.net.create(script.ann.InputArray(2))
    pre.r = GAINS
    cells = script.cells(parameters="k = 1.0", equations="5.0*dv/dt = sum(exc) - v\nr = v")
    script.net.connect(pre, cells, "exc").one_to_one(weights=0.7)
    script.record("cells", cells, "r v")


TOPIC = Topic(
    dt=0.5,
    steps=100,
    cases={
        "rates by a schedule": timed(10.0, -1.0),
        "rates by a schedule, repeated": timed(5.0, 15.0),
        "rates in every step": timed(0.5, 1.5),
        "spike times": Case(spikes),
        "current injection": Case(injection),
        "decoded spikes": decoding(0.5),
        "decoded spikes over a window": decoding(6.0),
        "array of rates": Case(array),
    },
)
