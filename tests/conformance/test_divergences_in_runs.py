"""Items of the divergence register (language specification, 11) that show in the course of a run."""

from __future__ import annotations

from math import exp

import pytest
from support.bench import TARGETS, Bench, given

import nnc as ann

TARGET = pytest.mark.parametrize("target", TARGETS)


@TARGET
def test_sums_without_a_target_are_over_all_that_are_connected(target: str) -> None:
    """D17: each target once, also if several projections bring it."""
    bench = Bench(target)
    pre, post = bench.rate("r = 1"), bench.rate("r = sum()")
    for weight, name in ((1.0, "exc"), (10.0, "exc"), (100.0, "inh")):
        bench.link(pre, post, w=weight, target=name)
    bench.watch("r", post)
    assert bench.run(3)["r"].tolist() == [0.0, 111.0, 111.0]


@TARGET
def test_runs_until_a_condition_tell_ms_and_need_a_condition(target: str) -> None:
    """D23."""
    bench = Bench(target, dt=0.5)
    pop = bench.net.create(1, ann.Neuron(equations="dr/dt = 1"), stop_condition="r >= 3")
    other = bench.rate("r = 1")
    bench.net.compile(silent=True)
    assert bench.net.simulate_until(100.0, pop) == 3.0
    with pytest.raises(ann.ANNarchyException, match="no stop_condition"):
        bench.net.simulate_until(1.0, [pop, other])


@TARGET
def test_implicit_equations_are_coupled_within_a_block_only(target: str) -> None:
    """D27, with the formulas of 12.4."""
    text = "tau*dv/dt = I - v - u : implicit\nk = v\ntau*du/dt = v - u : implicit\nr = v"
    bench = Bench(target)
    pop = bench.rate(text, parameters=dict(tau=10.0, I=1.0))
    for name in "vu":
        bench.watch(name, pop)
    rows, v, u = bench.run(4), 0.0, 0.0
    for step in range(4):
        v = (10 * v + 1 - u) / 11
        u = (10 * u + v) / 11
        assert (rows["v"][step], rows["u"][step]) == given((v, u))


@TARGET
@pytest.mark.parametrize("method", ["explicit", "implicit", "exponential", "midpoint"])
def test_refractory_neurons_stand_still_whatever_the_method(target: str, method: str) -> None:
    """D36."""
    bench = Bench(target)
    bench.watch("v", bench.spiking(f"10*dv/dt = 20 - v : {method}", spike="v > 1.5", reset="v = 1", refractory=3.0))
    v = bench.run(5)["v"]
    assert v[:4].tolist() == [1.0] * 4
    assert v[4] == 1.0  # fires again at once


@TARGET
def test_disabled_populations_are_silent(target: str) -> None:
    """D38."""
    bench = Bench(target)
    pre = bench.spiking("v = 2", spike="v > 1")
    post = bench.spiking("v += g_exc")
    bench.link(pre, post)
    bench.net.compile(silent=True)
    bench.net.simulate(3)
    pre.disable()
    bench.net.simulate(5)
    assert post.v[0] == 3.0


@TARGET
def test_learning_with_a_period_sees_the_true_time_and_the_longer_step(target: str) -> None:
    """D40, and the phase of D43: relative to the network's own time."""
    bench = Bench(target, dt=0.5)
    pre, post = bench.rate("r = 1"), bench.rate("r = sum(exc)")
    proj = bench.link(pre, post, equations="dw/dt = 1\nseen = t")
    bench.net.compile(silent=True)
    proj.enable_learning(period=2.0, offset=1.0)
    bench.net.simulate(4.0)
    assert proj.dendrite(0).seen[0] == 3.0
    assert proj.dendrite(0).w[0] == 5.0


@TARGET
def test_event_driven_variables_keep_their_bounds_and_steady_state(target: str) -> None:
    """D32, D33: a steady state of several terms, and bounds."""
    bench = Bench(target)
    text = "10*dx/dt = a - b - x : event-driven\n10*dy/dt = -y : event-driven, min=0.25"
    proj = bench.link(
        bench.source(0, 10),
        bench.spiking("v += g_exc"),
        equations=text,
        parameters="a = 5.0\nb = 2.0",
        pre_spike="x += 1; y += 1; g_target += w",
    )
    bench.run(13)
    assert proj.dendrite(0).x[0] == given(3 + exp(-0.9) + 1)
    assert proj.dendrite(0).y[0] == given(1.25 * exp(-0.9) + 1)
