"""What a step does after what, seen from outside: language specification 5, 6.1, 6.2, 6.5, 7, and the traps of 10.

Every expected number is that of the specified order; swapping two of the phases that a test names changes it.
"""

from __future__ import annotations

import pytest
from support.bench import TARGETS, Bench, given

import nnc as ann

TARGET = pytest.mark.parametrize("target", TARGETS)


@TARGET
def test_psp_reads_weights_and_post_neurons_of_the_step_before(target: str) -> None:
    bench = Bench(target)
    pre, post = bench.rate("r = t + 1"), bench.rate("s = sum(exc)\nr = 100*(t + 1)")
    proj = bench.link(pre, post, psp="w * pre.r + post.r", equations="w += 10*pre.r + post.r")
    bench.watch("s", post)
    bench.watch("w", proj)
    rows = bench.run(4)
    w = [1 + 110, 1 + 110 + 220, 1 + 110 + 220 + 330]
    assert rows["w"].tolist()[:3] == w
    assert rows["s"].tolist() == [0, w[0] * 1 + 100, w[1] * 2 + 200, w[2] * 3 + 300]


@TARGET
def test_sums_are_recorded_before_the_neurons_are_updated_and_variables_after_it(target: str) -> None:
    bench = Bench(target)
    pre, post = bench.rate("r = t + 1"), bench.rate("r = 2*sum(exc)")
    bench.link(pre, post)
    bench.watch("sum(exc)", post)
    bench.watch("r", post)
    rows = bench.run(3)
    assert rows["sum(exc)"].tolist() == [0, 1, 2]
    assert rows["r"].tolist() == [0, 2, 4]


@TARGET
def test_populations_do_not_see_each_other_within_a_step(target: str) -> None:
    bench = Bench(target)
    late = bench.rate("r = sum(exc) + 1")
    early = bench.rate("r = sum(exc) + 1")
    bench.link(early, late)
    bench.link(late, early)
    bench.watch("late", late, "r")
    bench.watch("early", early, "r")
    rows = bench.run(4)
    assert rows["late"].tolist() == rows["early"].tolist() == [1, 2, 3, 4]


@TARGET
def test_reductions_lag_a_step_in_neurons_and_psp_but_not_in_equations_of_synapses(target: str) -> None:
    bench = Bench(target)
    pop = bench.rate("m = mean(x)\nx = a*(t + 1) : init = 7.0\nr = x", n=2, parameters="a = 1.0")
    pop.a = [1.0, 3.0]
    post = bench.rate("r = sum(exc)")
    synapse = ann.Synapse(psp="max(pre.x)", equations="z = mean(pre.x)\nl = norm1(pre.x)\nq = norm2(pre.x)")
    proj = bench.net.connect(pop, post, "exc", synapse).from_matrix([[1.0, None]])
    bench.watch("m", pop)
    bench.watch("r", post)
    for name in "zlq":
        bench.watch(name, proj)
    rows = bench.run(4)
    assert rows["m"][:, 0].tolist() == [7, 2, 4, 6]
    assert rows["r"].tolist() == [7, 3, 6, 9]
    assert rows["z"].tolist() == [2, 4, 6, 8]
    assert rows["l"].tolist() == [4, 8, 12, 16]
    assert rows["q"] == given([k * 10**0.5 for k in (1, 2, 3, 4)])


@TARGET
def test_reductions_of_parameters_count_every_neuron_from_the_first_step_on(target: str) -> None:
    """Also where one number stands for all neurons."""
    bench = Bench(target)
    text = "x = norm1(a)\ny = norm2(a)\nz = norm1(b) + mean(a)\nr = x"
    pop = bench.rate(text, n=4, parameters="a = 3.0\nb = 1.0")
    pop.b = [1.0, -2.0, 3.0, 4.0]
    for name in "xyz":
        bench.watch(name, pop)
    rows = bench.run(2)
    assert [rows[name].tolist() for name in "xyz"] == [[[value] * 4] * 2 for value in (12.0, 6.0, 13.0)]


@pytest.mark.filterwarnings("ignore:WARNING. warning.N0702")
@TARGET
def test_reductions_of_initial_values_are_there_before_the_first_step_and_after_a_reset(target: str) -> None:
    """D18."""
    bench = Bench(target)
    kinds = ("mean", "max", "min", "norm1", "norm2")
    pop = bench.rate("\n".join(f"{k} = {k}(x)" for k in kinds) + "\nx = x + 1\nr = 0", n=4)
    pop.x = [1.0, -2.0, 3.0, -4.0]
    for kind in kinds:
        bench.watch(kind, pop)
    expected = {"mean": -0.5, "max": 3.0, "min": -4.0, "norm1": 10.0, "norm2": 30**0.5}
    rows = bench.run(2)
    assert {k: rows[k][0, 0] for k in kinds} == given(expected)
    assert rows["mean"][1, 0] == 0.5
    bench.net.reset()
    bench.net.step()
    assert {k: pop.get(k)[0] for k in kinds} == given(expected)


@TARGET
def test_global_statements_come_before_local_ones_whatever_the_text_says(target: str) -> None:
    bench = Bench(target)
    pop = bench.rate("r = c\nc = d + 1 : population\nd = t : population")
    post = bench.rate("r = 0")
    synapse = {"equations": "x = s + p\ns = post.r + p : postsynaptic\np = t + 1 : projection"}
    proj = bench.link(pop, post, **synapse)
    bench.watch("r", pop)
    bench.watch("x", proj)
    rows = bench.run(3)
    assert rows["r"].tolist() == [1, 1, 2]
    assert rows["x"].tolist() == [2, 4, 6]


@TARGET
def test_runs_of_odes_are_concurrent_and_assignments_sequential(target: str) -> None:
    bench = Bench(target)
    concurrent = bench.rate("dx/dt = y + 1\ndy/dt = x\nr = x + 10*y")
    cut = bench.rate("dx/dt = y + 1\nz = 0\ndy/dt = x\nr = x + 10*y")
    sequential = bench.rate("x += y + 1\ny += x\nr = x + 10*y")
    for name, pop in {"concurrent": concurrent, "cut": cut, "sequential": sequential}.items():
        bench.watch(name, pop, "r")
    rows = bench.run(3)
    assert rows["concurrent"].tolist() == [1, 12, 34]
    assert rows["cut"].tolist() == rows["sequential"].tolist() == [11, 43, 128]


@TARGET
def test_clamps_act_at_once_and_bounds_may_be_expressions(target: str) -> None:
    bench = Bench(target)
    pop = bench.rate(
        "x = t : min = lo, max = lo + 1\nlo = lo + 1 : init = 1\ny = x\ndz/dt = 1 : max = y\nr = z + 100*x",
    )
    bench.watch("r", pop)
    bench.watch("z", pop)
    pop.x = 50.0
    rows = bench.run(4)
    assert rows["z"].tolist() == [1, 2, 3, 4]
    assert rows["r"].tolist() == [101, 202, 303, 404]


@TARGET
def test_time_is_that_of_the_running_step_everywhere(target: str) -> None:
    bench = Bench(target, dt=0.5)
    pre = bench.spiking("x = t\ny = y\np = t : population", spike="True", reset="y = t\nx = x + dt")
    post = bench.spiking("v = g_exc")
    events = {"pre_spike": "g_target += t; a = t", "post_spike": "b = t"}
    proj = bench.link(pre, post, equations="c = t\nd = dt", **events)
    bench.watch("g_exc", post)
    for name in "acd":
        bench.watch(name, proj)
    for name in "xyp":
        bench.watch(name, pre)
    rows = bench.run(4)
    assert rows["x"].tolist() == [0.5, 1.0, 1.5, 2.0]
    assert rows["y"].tolist() == rows["p"].tolist() == rows["c"].tolist() == [0, 0.5, 1, 1.5]
    assert rows["g_exc"].tolist() == rows["a"].tolist() == [0, 0.5, 1, 1.5]
    assert rows["d"].tolist() == [0.5] * 4


@TARGET
@pytest.mark.parametrize("delays", [1.0, 3.0, [[3.0, 2.0]]], ids=["one", "uniform", "each"])
def test_statements_at_events_see_the_present_state(target: str, delays: object) -> None:
    """pre.x and post.x are those of the step before at pre events, whatever the delay, and of this step at post
    events, where the equations of the synapse and the reset of the neuron have been evaluated."""
    bench = Bench(target)
    pre = bench.spiking("x = t", n=2, spike="x == 1")
    post = bench.spiking("v = g_exc\ny = t + v", spike="v > 0.5", reset="y += 100")
    synapse = ann.Synapse(
        equations="u = t",
        pre_spike="g_target += w; a = pre.x; b = post.y; c = u",
        post_spike="d = pre.x; e = post.y; f = u",
    )
    proj = bench.net.connect(pre, post, "exc", synapse).from_matrix([[1.0, 0.0]], delays=delays)
    bench.run(6)
    arrival = 1 + (3 if delays != 1.0 else 1)
    got = {name: proj.dendrite(0).get(name)[0] for name in "abcdef"}
    before = arrival - 1.0
    assert got == {"a": before, "b": before, "c": before, "d": arrival, "e": arrival + 101.0, "f": arrival}


@TARGET
def test_continuous_transmission_comes_after_the_events_of_the_step(target: str) -> None:
    bench = Bench(target)
    pre = bench.source(1)
    post = bench.spiking("v = g_exc")
    proj = bench.link(pre, post, w=2.0, psp="w * pre.k", pre_spike="w += 10")
    bench.watch("v", post)
    bench.watch("g_exc", post)
    bench.watch("w", proj)
    rows = bench.run(5)
    assert rows["w"].tolist() == [2, 2, 12, 12, 12]
    assert rows["g_exc"].tolist() == rows["v"].tolist() == [0, 0, 12, 24, 36]


@TARGET
def test_gap_junctions_couple_membranes_of_the_step_before(target: str) -> None:
    bench = Bench(target)
    pair = bench.spiking("v = v + 0.1*g_gap", n=2)
    pair.v = [0.0, 1.0]
    synapse = ann.Synapse(psp="w * (pre.v - post.v)")
    bench.net.connect(pair, pair, "gap", synapse).all_to_all(weights=1.0)
    bench.watch("v", pair)
    assert bench.run(2)["v"].ravel() == given([0.1, 0.9, 0.18, 0.82])


@TARGET
def test_instantaneous_conductances_are_zeroed_after_the_equations(target: str) -> None:
    bench = Bench(target)
    cell = bench.spiking("c = 5\na = g_exc", spike="a > 0.5", reset="c = g_exc")
    proj = bench.link(bench.source(1), cell, equations="seen = post.g_exc + 1")
    bench.watch("c", cell)
    bench.watch("seen", proj)
    rows = bench.run(4)
    assert rows["c"].tolist() == [5, 5, 0, 5]
    assert rows["seen"].tolist() == [1, 1, 1, 1]


@TARGET
def test_sums_of_neurons_in_synapses(target: str) -> None:
    """Equations see the sums of this step, psp those of the step before."""
    bench = Bench(target)
    source, middle, end = bench.rate("r = t + 1"), bench.rate("r = sum(exc)"), bench.rate("r = sum(exc) + sum(inh)")
    bench.link(source, middle, w=10.0)
    bench.link(source, end, target="inh")
    synapse = {"psp": "pre.sum(exc) + 1000*post.sum(inh)", "equations": "x = pre.sum(exc)\ny = post.sum(inh)"}
    proj = bench.link(middle, end, **synapse)
    for name in "xy":
        bench.watch(name, proj)
    bench.watch("sum(exc)", end)
    rows = bench.run(4)
    assert rows["x"].tolist() == [0, 10, 20, 30]
    assert rows["y"].tolist() == [0, 1, 2, 3]
    assert rows["sum(exc)"].tolist() == [0, 0, 1010, 2020]


@TARGET
def test_the_sum_of_all_targets_counts_each_once(target: str) -> None:
    bench = Bench(target)
    pre, post = bench.rate("r = t + 1"), bench.rate("r = sum()")
    for name, weight in [("exc", 1.0), ("exc", 10.0), ("inh", 100.0)]:
        bench.link(pre, post, w=weight, target=name)
    bench.watch("r", post)
    assert bench.run(3)["r"].tolist() == [0, 111, 222]


@TARGET
def test_draws_are_there_when_the_neurons_are_updated(target: str) -> None:
    """Phase 3 before 4, and once per step."""
    bench = Bench(target)
    pop = bench.rate("x = Uniform(1.0, 2.0)\nm = Uniform(5.0, 6.0) : population\nr = m", n=3)
    bench.watch("x", pop)
    rows = bench.run(3)["x"]
    assert ((rows >= 1) & (rows < 2)).all()
    assert len(set(rows.ravel().tolist())) == 9


@TARGET
def test_queues_take_what_the_neurons_have_become(target: str) -> None:
    """Phase 5 after 4: with a delay of d steps the input of step k is of step k-d; before 7: equations see k-d+1."""
    bench = Bench(target)
    pre, post = bench.rate("r = t + 1", n=2), bench.rate("r = sum(exc)")
    proj = bench.net.connect(pre, post, "exc", ann.Synapse(equations="x = pre.r")).from_matrix([[1.0, 0.0]], delays=2.0)
    mixed = bench.rate("r = sum(exc)")
    each = bench.net.connect(pre, mixed, "exc", ann.Synapse(equations="x = pre.r"))
    each.from_matrix([[1.0, 0.0]], delays=[[1.0, 3.0]])
    for name, (obj, variable) in {
        "sum": (post, "r"),
        "x": (proj, "x"),
        "mixed": (mixed, "r"),
        "y": (each, "x"),
    }.items():
        bench.watch(name, obj, variable)
    rows = bench.run(5)
    assert rows["sum"].tolist() == [0, 0, 1, 2, 3]
    assert rows["x"][:, 0].tolist() == [0, 1, 2, 3, 4]
    assert rows["mixed"].tolist() == [0, 1, 2, 3, 4]
    assert rows["y"].tolist() == [[1, 0], [2, 0], [3, 1], [4, 2], [5, 3]]


@TARGET
def test_what_post_events_change_is_recorded_in_the_same_step(target: str) -> None:
    """Phase 8 before 10, and the spikes of phase 4 with their own step."""
    bench = Bench(target)
    cell = bench.source(1, 3)
    proj = bench.link(bench.source(0), cell, pre_spike="g_target += 0", post_spike="x = t + 1; w += 1")
    bench.watch("x", proj)
    bench.watch("w", proj)
    bench.watch("spike", cell)
    rows = bench.run(5)
    assert rows["spike"] == [1, 3]
    assert rows["x"].tolist() == [0, 2, 2, 4, 4]
    assert rows["w"].tolist() == [1, 2, 2, 3, 3]
