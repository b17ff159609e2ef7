"""`compat="strict"`: what the reference simulator computes, for the items at the end of the divergence register.

Numbers are those that the language specification says were measured, or follow from its description.
"""

from __future__ import annotations

from math import exp
from typing import Any

import numpy as np
import pytest
from support.bench import TARGETS, Bench, given

import nnc as ann

TARGET = pytest.mark.parametrize("target", TARGETS)


def final(target: str, equations: str, names: str, steps: int = 1, **rest: Any) -> dict[str, float]:
    """Attributes of one rate-coded neuron after some steps, as the reference simulator has them."""
    bench = Bench(target, compat="strict")
    pop = bench.rate(equations, **rest)
    bench.run(steps)
    return {n: float(np.ravel(pop.get(n))[0]) for n in names.split()}


@TARGET
def test_quotients_of_integers_are_integers_where_texts_stay_as_they_are(target: str) -> None:
    """D08."""
    text = """
        c = 3 : int
        b = 7 > 3 : bool
        h = 1/2
        s = 1/4 + 1/2 + 2
        p = x^(1/2)
        q = c/2
        m = -7/2 + c/2*2.0 + b/2
        k = if c/2 == 1: 5/2 else: 0.0
        f = 1.0/2 + c/2.0 + 3/x
        r = 0.0
    """
    got = final(target, text, "h s p q m k f", parameters="x = 4.0")
    assert got == {"h": 0.0, "s": 2.0, "p": 1.0, "q": 1.0, "m": -1.0, "k": 2.0, "f": 2.75}


@TARGET
def test_quotients_are_real_where_texts_are_evaluated(target: str) -> None:
    """D08: differential equations, `+=` and functions, but not the branches of conditionals."""
    text = """
        dv/dt = 1/2
        a += 3/2
        e = half(1)
        du/dt = if t >= 0: 3/2 else: 0.0
        r = 0.0
    """
    got = final(target, text, "v a e u", functions="half(x) = x*(1/2)")
    assert got == {"v": 0.5, "a": 1.5, "e": 0.5, "u": 1.0}


@TARGET
def test_quotients_in_events_and_conditions(target: str) -> None:
    bench = Bench(target, compat="strict")
    cell = bench.spiking("dv/dt = 1\nn = n", spike="v > 5/2", reset="v = 1/2; n += 1/2")
    proj = bench.link(cell, bench.spiking("v += g_exc"), psp="w*(3/2)", pre_spike="x = 1/2; y += 1/2")
    bench.watch("v", cell)
    bench.watch("g", proj._post, "g_exc")
    rows = bench.run(5)
    assert rows["v"].tolist() == [1.0, 2.0, 0.0, 1.0, 2.0]
    assert cell.n.tolist() == [0.5]
    assert (proj.dendrite(0).x[0], proj.dendrite(0).y[0]) == (0.0, 0.5)
    assert rows["g"].tolist() == [1.0] * 5


@TARGET
def test_modulo_takes_in_the_factors_in_front_of_it(target: str) -> None:
    """D12."""
    text = (
        "n = 7 : int; a = 2*modulo(t + 7, 4)*3; b = modulo(7, 4)*2; c = n*modulo(3.9, 4); d = 2.5*modulo(7, 4); r = 1"
    )
    got = final(target, text, "a b c d")
    assert got == {"a": (2 * 7) % 4 * 3, "b": 6, "c": 21 % 4, "d": 7.5}


@TARGET
def test_equal_draws_of_one_equation_are_one(target: str) -> None:
    """D15."""
    text = "a = Uniform(0,1) - Uniform(0, 1.0); b = Uniform(0, 1) - Uniform(0, 2); c = Uniform(0, 1); r = c"
    got = final(target, text, "a b c")
    assert got["a"] == 0.0
    assert got["b"] != 0.0


@TARGET
def test_reductions_are_zero_before_the_first_step_and_stale_after_reset(target: str) -> None:
    """D18."""
    bench = Bench(target, compat="strict")
    pop = bench.rate("v = v + 1 : init=3\nseen = mean(v)\nr = v", n=2)
    bench.net.compile(silent=True)
    bench.net.simulate(2)
    assert pop.seen.tolist() == [4.0, 4.0]
    bench.net.reset()
    bench.net.step()
    assert pop.seen.tolist() == [5.0, 5.0]
    fresh = Bench(target, compat="strict")
    pop = fresh.rate("v = v + 1 : init=3\nseen = mean(v)\nr = v", n=2)
    fresh.run(1)
    assert pop.seen.tolist() == [0.0, 0.0]


@TARGET
def test_step_sizes_of_shared_time_constants_are_of_the_step_before(target: str) -> None:
    """D29: the step size has the old time constant, the steady state the new one; so in synapses."""
    text = """
        tau = tau + 4 : population, init=1
        dv/dt = 6/tau - v/tau : exponential
        du/dt = tau/10 - u/tau/s : exponential
        dx/dt = -x/tau : exponential, population, init=1
        r = v
    """
    got = final(target, text, "v u x", steps=2, parameters="s = 1.0")
    first = (1 - exp(-1 / 1)) * 6
    second = first + (1 - exp(-1 / 5)) * (6 - first)
    assert got["v"] == given(second)
    assert got["x"] == given(exp(-1.0 - 1 / 5))
    at = [0.0, 1 - exp(-1.0)]
    u = at[1] * 5 * 0.5
    assert got["u"] == given(u + (1 - exp(-1 / 5)) * (9 * 0.9 - u))
    bench = Bench(target, compat="strict")
    equations = "tau = tau + 4 : projection, init=1\ntau*dy/dt = 6 - y : exponential"
    proj = bench.link(bench.rate("r = 1"), bench.rate("r = sum(exc)"), equations=equations)
    bench.run(2)
    assert proj.dendrite(0).y[0] == given(second)


@TARGET
def test_step_sizes_with_anything_local_are_of_this_step(target: str) -> None:
    """D29 is of step sizes that are one value for all."""
    bench = Bench(target, compat="strict")
    pop = bench.rate("tau = tau + 4 : population, init=1\nk*tau*dv/dt = 6 - v : exponential\nr = v", parameters="k = 1")
    pop.k = [1.0]
    bench.run(1)
    assert pop.v[0] == given((1 - exp(-1 / 5)) * 6)


@TARGET
def test_refractory_periods_are_cut_with_their_round_off(target: str) -> None:
    """D35: 0.3 / 0.1 is 2."""
    spikes = {}
    for compat in (None, "strict"):
        bench = Bench(target, dt=0.1, compat=compat)
        bench.watch("spike", bench.spiking("v = 2", spike="v > 1", refractory=0.3))
        spikes[compat] = bench.run(9)["spike"]
    assert spikes == {None: [0, 4, 8], "strict": [0, 3, 6]}


@pytest.mark.parametrize(("duration", "alone", "with_calls"), [(0.3, 3, 2), (0.25, 3, 2), (0.7, 7, 6), (1.0, 10, 10)])
def test_durations_are_cut_or_rounded_up(duration: float, alone: int, with_calls: int) -> None:
    """D41."""
    for calls in (False, True):
        net = ann.Network(dt=0.1)
        net.config(compat="strict")
        net.create(1, ann.Neuron(equations="r = t"))
        if calls:
            ann.every(network=net, period=0.1)(lambda n: None)
        net.compile(silent=True)
        net.simulate(duration)
        assert net.current_step == (with_calls if calls else alone)


def test_the_choice_is_made_before_compile_and_by_name() -> None:
    net = ann.Network()
    with pytest.raises(ann.ANNarchyException, match="unknown compat 'loose'"):
        net.config(compat="loose")
    net.create(1, ann.Neuron(equations="r = 1/2"))
    net.compile(silent=True)
    with pytest.raises(ann.ANNarchyException, match=r"compat: fixed by compile\(\)"):
        net.config(compat="strict")
    assert net.config()["compat"] is None


# Event-driven variables


def ages(target: str, event_time: str, method: str, **settings: Any) -> dict[str, np.ndarray[Any, Any]]:
    """A trace at spikes from both sides: what it is when they come."""
    bench = Bench(target, event_time=event_time, **settings)
    proj = bench.link(
        bench.source(0, 2, 3, 9),
        bench.source(4, 5, 9, 12),
        equations=f"""
            10*dx/dt = a - x : {method}, init=3
            7*dy/dt = c*y + x0 - y : {method}, init=1
            5*dz/dt = 2 : {method}
        """,
        parameters="a = 0.5\nc = 2.0",
        pre_spike="at = x + y + z; x += 1; y += 1; x0 += 0.25; g_target += w",
        post_spike="after = x - y - z; x -= 0.5",
    )
    for name in ("at", "after"):
        bench.watch(name, proj)
    return bench.run(16)


@TARGET
@pytest.mark.parametrize("precision", ["double", "float"])
def test_exact_times_are_those_of_an_equation_that_is_solved_in_every_step(target: str, precision: str) -> None:
    """Steady states other than zero, growth, no decay at all, and a term that only events change."""
    events = ages(target, "exact", "event-driven", precision=precision)
    steps = ages(target, "exact", "exponential", precision=precision)
    for name, rows in events.items():
        assert np.count_nonzero(rows) > 5
        np.testing.assert_allclose(rows, steps[name], rtol=1e-12 if precision == "double" else 2e-6)


def test_times_are_those_of_the_reference_by_default() -> None:
    """An arriving spike costs one step of decay (D31). With exact times the pre neuron holds x: it is that of now, two
    steps after the event."""
    seen = {}
    for event_time in (None, "reference", "exact"):
        bench = Bench(**({} if event_time is None else {"event_time": event_time}))
        text = "10*dx/dt = -x : event-driven"
        proj = bench.link(
            bench.source(0, 5), bench.spiking("v += g_exc"), equations=text, pre_spike="x += 1; g_target += 0"
        )
        bench.watch("x", proj)
        seen[event_time] = bench.run(8)["x"][-1]
    assert seen == given({None: 1 + exp(-0.4), "reference": 1 + exp(-0.4), "exact": (1 + exp(-0.5)) * exp(-0.2)})
