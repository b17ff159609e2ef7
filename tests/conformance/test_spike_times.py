"""Spikes, refractoriness, spike times, axonal events, switches: language specification, 6.3 to 6.9."""

from __future__ import annotations

from math import exp

import pytest
from support.bench import TARGETS, Bench, given

import nnc as ann

TARGET = pytest.mark.parametrize("target", TARGETS)
RAMP = {"equations": "dv/dt = 1", "spike": "v > 1.5", "reset": "v = 0"}


@TARGET
def test_the_condition_is_a_level(target: str) -> None:
    bench = Bench(target)
    bench.watch("spike", bench.spiking("v = t", spike="v >= 2 and v < 5"))
    assert bench.run(8)["spike"] == [2, 3, 4]


@TARGET
def test_resets_are_sequential_and_see_new_values_and_the_previous_spike(target: str) -> None:
    bench = Bench(target)
    cell = bench.spiking(
        "x = t\na = a\nb = b\nl = t_last", spike="x == 2 or x == 5", reset="a = x + 1; b = 10*a + t; a = t_last; x = 50"
    )
    for name in "xabl":
        bench.watch(name, cell)
    rows = bench.run(7)
    assert rows["x"].tolist() == [0, 1, 50, 3, 4, 50, 6]
    assert rows["a"].tolist() == [0, 0, -10000, -10000, -10000, 2, 2]
    assert rows["b"].tolist() == [0, 0, 32, 32, 32, 65, 65]
    assert rows["l"].tolist() == [-10000] * 3 + [2, 2, 2, 5]


@TARGET
def test_refractory_neurons_keep_everything_but_conductances_and_shared_values(target: str) -> None:
    bench = Bench(target)
    cell = bench.spiking(
        "dv/dt = 1\nalpha = alpha + g_exc\n10*dg_exc/dt = -g_exc\ng_sum = g_sum + 1\nc += 1 : population\nu += 1",
        spike="v > 2.5",
        reset="v = 0",
        refractory=3.0,
    )
    bench.link(bench.source(3, 5), cell)
    for name in ("v", "alpha", "u", "c", "g_exc", "g_sum"):
        bench.watch(name, cell)
    rows = bench.run(8)
    assert rows["v"].tolist() == [1, 2, 0, 0, 0, 0, 1, 2]
    assert rows["u"].tolist() == [1, 2, 3, 3, 3, 3, 4, 5]
    assert rows["c"].tolist() == list(range(1, 9))
    assert rows["g_exc"] == given([0, 0, 0, 0, 1, 0.9, 1.81, 1.629])
    assert rows["alpha"] == given([0, 0, 0, 0, 0, 0, 1.81, 1.81 + 1.629])
    assert cell.g_sum.tolist() == [8]


@TARGET
@pytest.mark.parametrize("method", ["explicit", "implicit", "exponential", "midpoint", "rk4", "semiimplicit"])
def test_no_method_changes_a_refractory_neuron(target: str, method: str) -> None:
    bench = Bench(target)
    cell = bench.spiking(f"dv/dt = 1 - 0.1*v : {method}", spike="v > 2", reset="v = 0.5", refractory=2.0)
    bench.watch("v", cell)
    bench.watch("spike", cell)
    rows = bench.run(8)
    first = rows["spike"][0]
    assert rows["v"][first : first + 3].tolist() == [0.5] * 3
    assert rows["v"][first + 3] > 1.0


@TARGET
def test_clamps_go_on_in_refractory_neurons(target: str) -> None:
    bench = Bench(target)
    cell = bench.spiking("v += 1 : max = 9 - t", spike="v > 3.5", reset="v = 7", refractory=5.0)
    bench.watch("v", cell)
    assert bench.run(9)["v"].tolist() == [1, 2, 3, 7, 5, 4, 3, 2, 1]


@TARGET
@pytest.mark.parametrize(("dt", "period", "steps"), [(0.1, 0.3, 3), (0.1, 0.25, 2), (0.1, 0.7, 7), (1.0, 0.5, 0)])
def test_refractory_steps_are_counted_without_round_off(target: str, dt: float, period: float, steps: int) -> None:
    bench = Bench(target, dt=dt)
    fixed = bench.spiking("v = 1", spike="v > 0", refractory=period)
    named = bench.spiking("v = 1", parameters="rf = 0.0", spike="v > 0", refractory="rf")
    given_later = bench.spiking("v = 1", spike="v > 0")
    named.rf = period
    given_later.refractory = period
    for name, pop in {"fixed": fixed, "named": named, "later": given_later}.items():
        bench.watch(name, pop, "spike")
    rows = bench.run(20)
    assert rows["fixed"] == rows["named"] == rows["later"] == list(range(0, 20, steps + 1))


@TARGET
def test_each_neuron_may_have_its_own_refractory_period(target: str) -> None:
    bench = Bench(target)
    pop = bench.spiking("v = 1", n=3, spike="v > 0")
    pop.refractory = [0.0, 1.0, 4.0]
    bench.net.compile(silent=True)
    monitor = bench.net.monitor(pop, "spike")
    bench.net.simulate(10.0)
    assert monitor.get("spike") == {0: list(range(10)), 1: [0, 2, 4, 6, 8], 2: [0, 5]}


@TARGET
@pytest.mark.parametrize("delay", [1.0, 3.0])
def test_times_of_spikes_in_events(target: str, delay: float) -> None:
    """`t_pre` is the last spike emitted, not the one that arrives; `t_post` at pre events is before this step."""
    bench = Bench(target)
    pre, post = bench.source(2, 4), bench.source(3, 5, 7)
    events = {"pre_spike": "a = t_pre; b = t_post", "post_spike": "c = t_pre; d = t_post"}
    proj = bench.link(pre, post, delay=delay, **events)
    for name in "abcd":
        bench.watch(name, proj)
    rows = bench.run(9)
    never = -10000
    if delay == 1.0:
        assert rows["a"].tolist() == [0, 0, 0, 2, 2, 4, 4, 4, 4]
        assert rows["b"].tolist() == [0, 0, 0, never, never, 3, 3, 3, 3]
    else:
        assert rows["a"].tolist() == [0, 0, 0, 0, 0, 4, 4, 4, 4]
        assert rows["b"].tolist() == [0, 0, 0, 0, 0, 3, 3, 5, 5]
    assert rows["c"].tolist() == [0, 0, 0, 2, 2, 4, 4, 4, 4]
    assert rows["d"].tolist() == [0, 0, 0, 3, 3, 5, 5, 7, 7]


@TARGET
@pytest.mark.parametrize(("delay", "hits"), [(1.0, [3, 5]), (3.0, [5, 7]), ([[3.0]], [5, 7])])
def test_unless_post_compares_the_emission_of_the_arriving_spike(target: str, delay: object, hits: list[int]) -> None:
    """D37. The post neuron fires in steps 2 and 6: the spike of step 2 is skipped if nothing comes between."""
    bench = Bench(target)
    pre, post = bench.source(2, 4, n=2), bench.source(2, 6)
    synapse = ann.Synapse(pre_spike="a += 1 : unless_post; b += 1")
    delays = [[delay[0][0], 1.0]] if isinstance(delay, list) else delay
    proj = bench.net.connect(pre, post, "exc", synapse).from_matrix([[1.0, 1.0]], delays=delays)
    bench.watch("a", proj)
    bench.watch("b", proj)
    rows = bench.run(9)
    arrivals = {name: [k for k in range(1, 9) if rows[name][k, 0] > rows[name][k - 1, 0]] for name in "ab"}
    assert arrivals["b"] == hits
    assert arrivals["a"] == hits[1:]


@TARGET
def test_event_driven_traces_count_steps_as_specified(target: str) -> None:
    """pre to pre, pre to post, post to pre, post to post: k2-k1-1, k2-k1, k2-k1-1, k2-k1 steps of decay."""
    bench = Bench(target)
    pre, post = bench.source(2, 6, 13), bench.source(9, 11)
    trace = {"equations": "10*dx/dt = -x : event-driven", "pre_spike": "x += 1", "post_spike": "x += 1"}
    proj = bench.link(pre, post, **trace)
    bench.watch("x", proj)
    rows = bench.run(15)
    x, expected = 1.0, {3: 1.0}
    for step, elapsed in [(7, 3), (9, 2), (11, 2), (14, 2)]:
        x = x * exp(-elapsed / 10) + 1
        expected[step] = x
    for step, value in expected.items():
        assert rows["x"][step] == given(value), step
    assert rows["x"][8] == rows["x"][7]


@TARGET
def test_traces_of_each_step_count_differently(target: str) -> None:
    bench = Bench(target)
    pre, post = bench.source(2, 6), bench.source(9)
    trace = {"equations": "10*dx/dt = -x : exponential", "pre_spike": "x += 1", "post_spike": "x += 1"}
    proj = bench.link(pre, post, **trace)
    bench.watch("x", proj)
    rows = bench.run(10)
    at_7 = exp(-0.4) + 1
    assert rows["x"][[3, 7, 9]] == given([exp(-0.1), at_7 * exp(-0.1), at_7 * exp(-0.3) + 1])


@TARGET
def test_bounds_of_event_driven_traces_and_several_terms_of_their_target(target: str) -> None:
    bench = Bench(target)
    pre, post = bench.source(2, 6), bench.spiking("v += g_exc")
    proj = bench.link(
        pre,
        post,
        parameters="a = 3.0\nb = 1.0",
        equations="10*dx/dt = a - b - x : event-driven, init = 5\n10*dy/dt = a - y : event-driven, max = 1.5",
        pre_spike="g_target += w; x = 4; z = y",
    )
    bench.watch("x", proj)
    bench.watch("z", proj)
    bench.run(7)
    assert proj.dendrite(0).y == given([1.5])
    assert proj.dendrite(0).z == given([1.5])
    assert proj.dendrite(0).x == [4.0]


@TARGET
def test_axonal_events_come_one_step_later_whatever_the_delay(target: str) -> None:
    bench = Bench(target)
    pre = bench.spiking("v = t", spike="v == 2", reset="v = 100", axon_spike="v == 4 or v > 50", refractory=0.0)
    post = bench.spiking("v += g_exc")
    synapse = {"pre_spike": "g_target += w", "pre_axon_spike": "g_target += 10*w"}
    bench.link(pre, post, delay=3.0, **synapse)
    bench.watch("g_exc", post)
    rows = bench.run(8)
    assert {k: g for k, g in enumerate(rows["g_exc"]) if g} == {3: 10, 5: 11}


@TARGET
def test_the_mean_rate_counts_the_window_and_is_seen_by_synapses(target: str) -> None:
    bench = Bench(target)
    pre = bench.source(1, 2, 5)
    pre.compute_firing_rate(3.0)
    proj = bench.link(pre, bench.spiking("v = g_exc"), equations="x = pre.r")
    bench.watch("r", pre)
    bench.watch("x", proj)
    rows = bench.run(9)
    counts = [0, 1, 2, 2, 1, 1, 1, 1, 0]
    assert rows["r"] == given([1000 / 3 * n for n in counts])
    assert rows["x"].tolist() == rows["r"].tolist()


@TARGET
def test_a_disabled_population_emits_nothing_and_freezes_its_dendrites(target: str) -> None:
    bench = Bench(target)
    cell = bench.spiking(**RAMP)
    other = bench.spiking("v += g_exc")
    back = bench.link(other, cell, equations="x += 1")
    forth = bench.link(cell, other, equations="x += 1")
    bench.net.compile(silent=True)
    monitor = bench.net.monitor(cell, "spike")
    bench.net.simulate(4.0)
    cell.disable()
    bench.net.simulate(4.0)
    assert (cell.v.tolist(), other.v.tolist()) == ([0.0], [2.0])
    assert (back.dendrite(0).x, forth.dendrite(0).x) == ([4.0], [8.0])
    cell.enable()
    bench.net.simulate(4.0)
    assert monitor.get("spike") == {0: [1, 3, 9, 11]}
    assert other.v.tolist() == [3.0]


@TARGET
def test_switches_of_projections(target: str) -> None:
    bench = Bench(target)
    source = bench.spiking("v = 1", spike="v > 0")
    projections = {}
    cells = {}
    for name in ("free", "transmission", "update", "plasticity"):
        cells[name] = bench.spiking("v += g_exc", spike="True")
        projections[name] = bench.link(
            source,
            cells[name],
            w=100.0,
            equations="e += 1\nw += 1",
            pre_spike="g_target += 1; a += 1; w += 10",
            post_spike="b += 1; w += 10",
        )
    bench.net.compile(silent=True)
    bench.net.simulate(2.0)
    for name, proj in projections.items():
        if name != "free":
            setattr(proj, name, False)
    bench.net.simulate(2.0)
    state = {name: [proj.dendrite(0).get(a)[0] for a in "eabw"] for name, proj in projections.items()}
    assert state["free"] == [4, 3, 4, 174]
    assert state["transmission"] == [2, 1, 2, 132]
    assert state["update"] == [2, 3, 4, 172]
    assert state["plasticity"] == [4, 3, 4, 132]
    assert {name: cell.v[0] for name, cell in cells.items()} == {
        "free": 3,
        "transmission": 1,
        "update": 3,
        "plasticity": 3,
    }


@TARGET
def test_learning_may_happen_in_some_steps_only(target: str) -> None:
    bench = Bench(target, dt=0.5)
    proj = bench.link(bench.rate("r = 1"), bench.rate("r = 1"), equations="dw/dt = 1\nx = t")
    bench.watch("w", proj)
    bench.watch("x", proj)
    rows = bench.run(10, before=lambda: proj.enable_learning(period=2.0, offset=1.0))
    assert rows["w"].tolist() == [1, 1, 3, 3, 3, 3, 5, 5, 5, 5]
    assert rows["x"].tolist() == [0, 0, 1, 1, 1, 1, 3, 3, 3, 3]


@TARGET
def test_axonal_spikes_are_recorded(target: str) -> None:
    bench = Bench(target)
    cell = bench.spiking("dv/dt = k", 2, "v > 100", parameters="k = 1.0", axon_spike="v > 2.5", axon_reset="v = 0")
    cell.k = [1.0, 2.0]
    other = bench.spiking("v = t")
    monitor = bench.net.monitor(cell, ["axon_spike", "spike"])
    bench.run(10)
    assert monitor.get() == {"axon_spike": {0: [2, 5, 8], 1: [1, 3, 5, 7, 9]}, "spike": {0: [], 1: []}}
    with pytest.raises(ann.NNCError, match="'axon_spike' is no variable"):
        bench.net.monitor(other, "axon_spike")


@TARGET
def test_a_computed_period_that_is_not_above_zero_is_none(target: str) -> None:
    """Also one of more steps than there are numbers for, in either direction."""
    bench = Bench(target)
    for name, period in {"none": "0", "negative": "-3", "far below": "-1e20", "for ever": "1e20"}.items():
        bench.watch(name, bench.spiking(f"v = 2\np = {period}", spike="v > 1", refractory="p"), "spike")
    rows = bench.run(5)
    assert rows == {**{key: [0, 1, 2, 3, 4] for key in ("none", "negative", "far below")}, "for ever": [0]}


@TARGET
@pytest.mark.parametrize("delay", [1.0, 3.0])
def test_all_neurons_reach_all_others_but_not_themselves(target: str, delay: float) -> None:
    bench = Bench(target)
    cell = bench.spiking("v = t\ng_exc = 0", 3, "v == 2")
    bench.net.connect(cell, cell, "exc").all_to_all(0.5, delays=delay)
    monitor = bench.net.monitor(cell, "g_exc")
    bench.run(8)
    reached = 2 + int(delay)
    assert monitor.get("g_exc").tolist() == [[1.0] * 3 if step == reached else [0.0] * 3 for step in range(8)]
