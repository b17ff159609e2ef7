"""Setting the time, and going back to the start, in the middle of things: language specification, 3.4."""

from __future__ import annotations

from math import exp
from typing import Any

import numpy as np
import pytest
from support.bench import TARGETS, Bench, given

import nnc as ann

TARGET = pytest.mark.parametrize("target", TARGETS)
TRACE = {"equations": "10*dx/dt = -x : event-driven, init = 2", "pre_spike": "g_target += w + x; x += 1"}


def busy(target: str) -> tuple[Bench, dict[str, Any]]:
    """A network with spikes on their way, traces, refractory neurons, mean rates and delayed rates."""
    bench = Bench(target)
    source = bench.spiking("k += 1\nq = g_exc", n=3, spike="k == 3 or k == 6 or k == 8")
    cell = bench.spiking("v = 0.9*v + g_exc", n=2, spike="v > 1.2", reset="v = 0", refractory=2.0)
    synapse = ann.Synapse(**TRACE, post_spike="x -= 0.5")
    proj = bench.net.connect(source, cell, "exc", synapse).from_matrix(
        [[1.0, 0.5, 0.25], [0.2, 0.4, 0.6]], delays=[[1.0, 2.0, 3.0], [4.0, 1.0, 2.0]]
    )
    bench.net.connect(cell, source, "exc").all_to_all(weights=0.1, delays=3.0)
    source.compute_firing_rate(4.0)
    rate = bench.rate("c += 1\nr = c")
    late = bench.rate("r = sum(exc)")
    bench.link(rate, late, delay=3.0)
    for name, pop in {"v": cell, "g_exc": cell, "q": source}.items():
        bench.watch(name, pop)
    bench.watch("mean", source, "r")
    bench.watch("late", late, "r")
    return bench, {"proj": proj}


def course(target: str, jumps: dict[int, int]) -> dict[str, Any]:
    bench, objects = busy(target)
    bench.net.compile(silent=True)
    monitors = [(name, bench.net.monitor(*what)) for name, what in bench.watched.items()]
    for step in range(14):
        if step in jumps:
            bench.net.set_current_step(jumps[step])
        bench.net.step()
    rows = {name: monitor.get(bench.watched[name][1]) for name, monitor in monitors}
    return {**rows, "x": np.concatenate(objects["proj"].x)}


@TARGET
def test_setting_the_time_disturbs_nothing_that_is_under_way(target: str) -> None:
    calm = course(target, {})
    assert calm["g_exc"].any()
    assert calm["mean"].any()
    for jumps in ({6: 1000}, {7: 3}, {4: 9, 8: 4}):
        moved = course(target, jumps)
        for name, values in calm.items():
            assert np.array_equal(moved[name], values), (name, jumps)


@TARGET
@pytest.mark.parametrize("projections", [True, False])
def test_a_reset_repeats_a_run(target: str, projections: bool) -> None:
    bench, objects = busy(target)
    first = bench.run(9)
    bench.net.reset(projections=projections)
    bench.watched = {name: what for name, what in bench.watched.items() if projections or name in ("mean", "late")}
    second = bench.run(9)
    for name in bench.watched:
        assert np.array_equal(first[name], second[name]), name
    assert len(objects["proj"].x) == 2


@TARGET
def test_traces_that_are_not_reset_go_on_to_decay(target: str) -> None:
    bench = Bench(target)
    source = bench.spiking("k += 1", spike="k == 3")
    cell = bench.spiking("v += g_exc")
    proj = bench.link(source, cell, **TRACE)
    bench.net.compile(silent=True)
    bench.net.simulate(10.0)
    assert proj.dendrite(0).x == given([1.0])
    bench.net.reset()
    bench.net.simulate(4.0)
    assert proj.dendrite(0).x == given([1.0 + exp(-0.9)]), "arrivals in step 3, and in step 3 of the 10 steps before"
    bench.net.reset(projections=True)
    assert proj.dendrite(0).x == [2.0]
    bench.net.simulate(4.0)
    assert proj.dendrite(0).x == given([1.0])


def test_monitors_go_on_when_the_time_is_set_back() -> None:
    bench = Bench()
    pop = bench.spiking("v = t", spike="v > 1")
    bench.net.compile(silent=True)
    bench.net.simulate(50.0)
    monitor = bench.net.monitor(pop, ["v", "spike"])
    bench.net.simulate(2.0)
    bench.net.set_current_step(0)
    bench.net.simulate(3.0)
    data = monitor.get()
    assert data["v"].ravel().tolist() == [50, 51, 0, 1, 2]
    assert data["spike"] == {0: [50, 51, 2]}
