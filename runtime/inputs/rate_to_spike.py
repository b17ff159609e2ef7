"""`Rate2SpikePopulation` and `Spike2RatePopulation`: one kind of neuron made of the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.equations.synapse import Synapse
from nnc.runtime.errors import NNCTypeError, NNCValueError, with_hint
from nnc.runtime.inputs.decoding import DecodingProjection
from nnc.runtime.inputs.poisson import DRAW
from nnc.runtime.populations.population import Population
from nnc.runtime.projections.projection import Projection

MODES = ("window", "isi", "adaptive")

_SMOOTHED = "smooth * dr/dt + r = {} / scaling : exponential, min = 0.0"

_INTERVALS = """
    hit = ite(sum(rate) > 0.0, 1.0, 0.0)
    passed = since + 1.0
    interval = hit * started * passed
    since = (1.0 - hit) * passed
    started = max(started, hit)
"""
"""Steps since the last spike; in the step of a spike `interval` is the number of steps since the one before, else 0."""

_EQUATIONS = {
    "window": _SMOOTHED.format("sum(rate)"),
    "isi": f"""
        {_INTERVALS}
        isi = ite(interval > 0.0, interval, isi)
        support = ite((isi > 0.0) and (since <= cut * isi), 1000.0 / (dt * max(1.0, max(isi, since))), 0.0)
        {_SMOOTHED.format("support")}
    """,
    "adaptive": f"""
        {_INTERVALS}
        isi = ite(interval > 0.0, ite(isi > 0.0, isi + (interval - isi) / max(1.0, cut), interval), isi)
        length = ite(isi > 0.0, clip(cut * isi * dt, dt, window), window)
        support = support + (1000.0 * hit - dt * support) / length
        {_SMOOTHED.format("support")}
    """,
}


class Rate2SpikePopulation(Population):
    """Neurons that spike at random, each with the rate `scaling * r` (Hz) of the rate-coded neuron of its rank.

    A projection named `<name>_input` brings the rates; they are used one step later. `refractory` is in ms.
    """

    def __init__(
        self,
        population: Population,
        name: str | None = None,
        scaling: float = 1.0,
        refractory: float | None = None,
        copied: bool = False,
        net_id: int = 0,
    ) -> None:
        _check("Rate2SpikePopulation", population, spiking=False)
        neuron = Neuron(
            parameters=f"scaling = {_number('Rate2SpikePopulation', 'scaling', scaling)} : population",
            equations=f"""
                rates = scaling * g_rate
                {DRAW}
            """,
            spike="p < rates",
            refractory=refractory,
            name="Rate2Spike",
        )
        super().__init__(population.geometry, neuron, name, network=population.network)
        self.population = population
        Projection(population, self, "rate", Synapse(psp="pre.r"), f"{self.name}_input").one_to_one()


class Spike2RatePopulation(Population):
    """Rate-coded neurons whose `r` follows the firing rate (Hz, divided by `scaling`) of the neuron of their rank.

    A projection named `<name>_input` brings the spikes; the result is low-passed with the time constant `smooth` (ms).
    `mode` says what a rate is:

    - "window": the spikes of the last `window` ms.
    - "isi": the inverse of the last interval between two spikes; as soon as the next spike is later than that, the
      inverse of the time since the last one; and 0 when it is later than `cut` intervals.
    - "adaptive": the spikes of a window that forgets exponentially, whose length is `cut` times the mean interval (over
      about `cut` intervals), at most `window` ms, and `window` until there is an interval.
    """

    def __init__(
        self,
        population: Population,
        name: str | None = None,
        mode: str = "window",
        window: float = 100.0,
        scaling: float = 1.0,
        smooth: float = 1.0,
        cut: float = 3.0,
        copied: bool = False,
        net_id: int = 0,
    ) -> None:
        what = "Spike2RatePopulation"
        _check(what, population, spiking=True)
        if mode not in MODES:
            raise NNCValueError(with_hint(f"{what}: mode is one of {MODES}, not {mode!r}", str(mode), MODES))
        given = {"scaling": scaling, "smooth": smooth, "cut": cut, "window": window}
        used = {"window": ("scaling", "smooth"), "isi": ("scaling", "smooth", "cut"), "adaptive": tuple(given)}[mode]
        lines = [f"{name} = {_number(what, name, given[name])} : population" for name in used]
        neuron = Neuron(parameters="\n".join(lines), equations=_EQUATIONS[mode], name="Spike2Rate")
        super().__init__(population.geometry, neuron, name, network=population.network)
        self.population = population
        heard = window if mode == "window" else 0.0
        DecodingProjection(population, self, "rate", heard, f"{self.name}_input").one_to_one()


def _check(what: str, population: object, spiking: bool) -> None:
    if not isinstance(population, Population):
        raise NNCTypeError(f"{what} takes a population, not {population!r}")
    if population.is_spiking is not spiking:
        raise NNCValueError(f"{what}: population '{population.name}' must be {'spiking' if spiking else 'rate-coded'}")


def _number(what: str, name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0.0 < value < np.inf:
        raise NNCValueError(f"{what}: {name} is a positive number, not {value!r}")
    return float(value)
