"""Measured values of spiking networks: language specification, 12.3 (dt = 1, sources firing in steps 2, 5, 15)."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from support.bench import TARGETS, Bench, given

TARGET = pytest.mark.parametrize("target", TARGETS)
STEPS = (2, 5, 15)


@TARGET
def test_an_instantaneous_conductance_is_recorded_where_spikes_arrive(target: str) -> None:
    bench = Bench(target)
    cell = bench.spiking("v += g_exc")
    bench.link(bench.source(*STEPS), cell)
    bench.watch("g_exc", cell)
    bench.watch("v", cell)
    rows = bench.run(18)
    assert np.flatnonzero(rows["g_exc"]).tolist() == [3, 6, 16]
    assert rows["g_exc"].sum() == 3
    assert rows["v"].tolist() == [0] * 3 + [1] * 3 + [2] * 10 + [3] * 2
    assert cell.g_exc.tolist() == [0.0]


@TARGET
@pytest.mark.parametrize("precision", ["double", "float"])
def test_a_decaying_conductance_acts_in_the_step_in_which_the_spike_arrives(target: str, precision: str) -> None:
    bench = Bench(target, precision=precision)
    cell = bench.spiking("v += g_exc\n10*dg_exc/dt = -g_exc")
    bench.link(bench.source(*STEPS), cell, delay=3.0)
    bench.watch("g_exc", cell)
    bench.watch("v", cell)
    rows = bench.run(9)
    assert rows["g_exc"] == given([0, 0, 0, 0, 0, 1, 0.9, 0.81, 1.729], precision)
    assert rows["v"] == given([0, 0, 0, 0, 0, 1, 1.9, 2.71, 4.439], precision)


@TARGET
def test_refractory_steps_and_what_goes_on_in_them(target: str) -> None:
    bench = Bench(target)
    ramp = {"equations": "dv/dt = 1", "spike": "v > 1.5", "reset": "v = 0"}
    free = bench.spiking(**ramp)
    fixed = bench.spiking(**ramp, refractory=3.0)
    varied = bench.spiking("dv/dt = 1\nrf = 2", spike="v > 1.5", reset="v = 0; rf = 4", refractory="rf")
    clamped = bench.spiking("dv/dt = 1 : min = 0.25", spike="v > 1.5", reset="v = -1", refractory=3.0)
    timed = bench.spiking("dv/dt = 1\nf = f", spike="v > 1.5", reset="v = 0; f = t - t_last; f = f*2")
    counted = bench.spiking(**ramp)
    counted.compute_firing_rate(4.0)
    for name, pop in {"free": free, "fixed": fixed, "varied": varied}.items():
        bench.watch(name, pop, "spike")
    for name, pop in {"v": fixed, "clamped": clamped}.items():
        bench.watch(name, pop, "v")
    bench.watch("f", timed)
    bench.watch("r", counted)
    rows = bench.run(20)
    assert rows["free"] == list(range(1, 20, 2))
    assert rows["fixed"] == [1, 6, 11, 16]
    assert rows["v"][:7].tolist() == [1, 0, 0, 0, 0, 1, 0]
    assert rows["varied"] == [1, 7, 13, 19]
    assert rows["clamped"][:7].tolist() == [1, -1, 0.25, 0.25, 0.25, 1.25, -1]
    assert rows["f"][:6].tolist() == [0, 20002, 20002, 4, 4, 4]
    assert rows["r"][:7].tolist() == [0, 250, 250, 500, 500, 500, 500]


@pytest.mark.filterwarnings("ignore:WARNING. warning.N0611")
@TARGET
@pytest.mark.parametrize("statements", ["w += 1.0; g_target += w", "w += 1.0"])
def test_the_conductance_comes_first_and_is_raised_even_if_nothing_says_so(target: str, statements: str) -> None:
    """D19, D20."""
    bench = Bench(target)
    cell = bench.spiking("v += g_exc")
    proj = bench.link(bench.source(*STEPS), cell, pre_spike=statements)
    bench.watch("g_exc", cell)
    bench.watch("w", proj)
    rows = bench.run(18)
    assert {k: g for k, g in enumerate(rows["g_exc"]) if g} == {3: 1, 6: 2, 16: 3}
    assert rows["w"].tolist() == [1] * 3 + [2] * 3 + [3] * 10 + [4] * 2


@TARGET
@pytest.mark.parametrize("precision", ["double", "float"])
def test_traces_that_are_driven_by_events_are_a_step_younger(target: str, precision: str) -> None:
    """D31."""
    bench = Bench(target, precision=precision)
    for method in ("event-driven", "exponential"):
        cell = bench.spiking("v += g_exc")
        trace = {"equations": f"10*dx/dt = -x : {method}, init = 1", "pre_spike": "g_target += x; x += 1"}
        bench.link(bench.source(*STEPS), cell, **trace)
        bench.watch(method, cell, "g_exc")
    rows = bench.run(18)
    first = exp(-0.2)
    assert rows["event-driven"][[3, 6, 16]] == given([exp(-1000.2), first, (1 + first) * exp(-0.9)], precision)
    assert rows["event-driven"][[6, 16]] == pytest.approx([0.8187, 0.7394], abs=5e-5)
    assert rows["exponential"][[3, 6, 16]] == pytest.approx([0.7408, 1.2896, 0.8423], abs=5e-5)


@TARGET
def test_pre_event_equations_and_post_event_of_one_step_come_in_this_order(target: str) -> None:
    bench = Bench(target)
    cell = bench.spiking("v = g_exc", spike="v > 0.5")
    events = {"pre_spike": "g_target += w; x = 10*x + 1", "post_spike": "x = 10*x + 3"}
    proj = bench.link(bench.source(2), cell, equations="x = 10*x + 2", **events)
    bench.watch("x", proj)
    assert bench.run(5)["x"].tolist() == [2, 22, 222, 222123, 2221232]


@TARGET
def test_the_increments_of_one_step_add_up(target: str) -> None:
    bench = Bench(target)
    cell = bench.spiking("v = g_exc", spike="v > 0.5")
    events = {"pre_spike": "g_target += w; x += 100", "post_spike": "x += 1000"}
    proj = bench.link(bench.source(2), cell, equations="x += 1", **events)
    bench.watch("x", proj)
    assert bench.run(5)["x"].tolist() == [1, 2, 3, 1104, 1105]


@TARGET
def test_every_target_of_a_list_gets_the_same(target: str) -> None:
    bench = Bench(target)
    cell = bench.spiking("v += g_a + 10*g_b")
    bench.link(bench.source(*STEPS), cell, target=["a", "b"], pre_spike="g_target += w; w += 1")
    bench.watch("g_a", cell)
    bench.watch("g_b", cell)
    rows = bench.run(18)
    assert rows["g_a"][[3, 6, 16]].tolist() == rows["g_b"][[3, 6, 16]].tolist() == [1, 2, 3]


@TARGET
def test_synapses_have_delays_of_their_own(target: str) -> None:
    bench = Bench(target)
    cell = bench.spiking("v += g_exc")
    bench.net.connect(bench.source(*STEPS, n=3), cell, "exc").from_matrix(
        [[1.0, 10.0, 100.0]], delays=[[1.0, 2.0, 4.0]]
    )
    bench.watch("g_exc", cell)
    arrivals = {k: g for k, g in enumerate(bench.run(20)["g_exc"]) if g}
    assert arrivals == {3: 1, 4: 10, 6: 101, 7: 10, 9: 100, 16: 1, 17: 10, 19: 100}


@TARGET
def test_projections_that_set_and_scale_a_conductance_act_in_the_order_of_creation(target: str) -> None:
    bench = Bench(target)
    source = bench.source(*STEPS)
    cells = {name: bench.spiking("v += g_exc") for name in ("set first", "scaled first")}
    bench.link(source, cells["set first"], w=5.0, pre_spike="g_target = w")
    for cell in cells.values():
        bench.link(source, cell, w=3.0, pre_spike="g_target *= w : max = 8.0")
    bench.link(source, cells["scaled first"], w=5.0, pre_spike="g_target = w")
    for name, cell in cells.items():
        bench.watch(name, cell, "g_exc")
    rows = bench.run(4)
    assert rows["set first"].tolist() == [0, 0, 0, 8]
    assert rows["scaled first"].tolist() == [0, 0, 0, 5]


@TARGET
def test_spike_times_are_the_steps_of_the_threshold_crossing(target: str) -> None:
    bench = Bench(target, dt=0.1)
    source = bench.source(*STEPS)
    bench.watch("spike", source)
    assert bench.run(18)["spike"] == list(STEPS)
