"""The divergence register (language specification, 11): each of its items is in the docstring of a test.

Here are those of D01 to D43 that are errors or settings, and what tests elsewhere leave open.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support.bench import TARGETS, Bench, given

import nnc as ann
from nnc.compiler.diagnostics import DiagnosticError

TARGET = pytest.mark.parametrize("target", TARGETS)
REGISTER = [f"D{number:02}" for number in range(1, 44)]


def _named() -> Counter[str]:
    found: Counter[str] = Counter()
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.update(set(re.findall(r"\bD\d\d\b", ast.get_docstring(node) or "")))
    return found


def test_every_item_of_the_register_has_a_test() -> None:
    named = _named()
    assert sorted(set(REGISTER) - set(named)) == [], "items without a test"
    assert sorted(set(named) - set(REGISTER)) == [], "no items of the register"


def refused(**neuron: Any) -> tuple[str, str]:
    """Code and place of the one error of a neuron."""
    with pytest.raises(DiagnosticError) as caught:
        Bench().net.create(1, ann.Neuron(**neuron))
    (diagnostic,) = caught.value.diagnostics
    return diagnostic.code, diagnostic.loc.text


@pytest.mark.parametrize(
    ("flags", "unknown"),
    [
        ("exponental", "exponental"),
        ("init=1, exponental", "exponental"),
        ("exponental, init=1", "exponental"),
        ("min=0, maximum=1", "maximum=1"),
        ("Init=1", "Init=1"),
        ("exponential\t, POPULATION", "POPULATION"),
    ],
)
def test_unknown_flags_are_named_wherever_they_stand(flags: str, unknown: str) -> None:
    """D05."""
    assert refused(equations=f"dr/dt = -r : {flags}") == ("N0110", unknown)


@pytest.mark.parametrize("flags", ["population, shared", "shared", "init=1, shared"])
def test_unknown_flags_of_parameters_are_named(flags: str) -> None:
    """D05."""
    assert refused(parameters=f"a = 1 : {flags}", equations="r = a") == ("N0110", "shared")


@pytest.mark.parametrize("place", ["equations", "spike", "reset", "bound", "condition"])
@pytest.mark.parametrize(("text", "code", "what"), [("nobody", "N0201", "nobody"), ("nothing(v)", "N0204", "nothing")])
def test_unknown_names_and_functions_are_found_before_code_is_made(place: str, text: str, code: str, what: str) -> None:
    """D13."""
    texts = {"equations": "v = 1", "spike": "v > 1", "reset": "v = 0"}
    bodies = {
        "equations": {"equations": f"v = 2*{text}"},
        "spike": {"spike": f"v > {text}"},
        "reset": {"reset": f"v = {text}"},
        "bound": {"equations": f"v = 1 : max = {text}"},
        "condition": {"equations": f"v = if {text} > 1: 2 else: 3"},
    }
    assert refused(**{**texts, **bodies[place]}) == (code, what)


@pytest.mark.parametrize("names", ["E", "I", "S", "N", "O", "Q", "gamma", "beta", "zeta", "e"])
def test_names_of_computer_algebra_mean_nothing_by_themselves(names: str) -> None:
    """D13, and section 2.9: they are names that any attribute may have."""
    assert refused(equations=f"r = 2*{names}") == ("N0201", names)
    bench = Bench("interp")
    pop = bench.rate(f"r = 2*{names}", parameters=f"{names} = 1.5")
    bench.run(1)
    assert pop.r.tolist() == [3.0]


@pytest.mark.parametrize("what", ["a", "sum(exc)", "r"])
def test_values_for_all_neurons_cannot_depend_on_one_neuron(what: str) -> None:
    """D24."""
    equations = f"m = 1 + {what} : population\nr = m"
    assert refused(parameters="a = 1.0", equations=equations) == ("N0302", what)


@TARGET
def test_values_for_all_neurons_may_depend_on_what_all_share(target: str) -> None:
    """D24."""
    bench = Bench(target)
    bench.net.constant("c", 0.5)
    pop = bench.rate(
        "m = g + c + t + dt + mean(r) + max(a) : population\nr = m + a", n=2, parameters="g = 2.0 : population\na = 1.0"
    )
    pop.a = [1.0, 3.0]
    bench.run(2)
    first = 2 + 0.5 + 0 + 1 + 0 + 3
    assert pop.m == 2 + 0.5 + 1 + 1 + (first + 2) + 3


METHODS = {"explicit": 0.8, "implicit": 1 / 1.2, "midpoint": 0.82, "semiimplicit": 1 / 1.2}


@TARGET
@pytest.mark.parametrize("method", METHODS)
def test_the_method_of_the_network_holds_where_no_flag_says_otherwise(target: str, method: str) -> None:
    """D25."""
    bench = Bench(target, dt=0.2, method=method)
    pop = bench.rate("dv/dt = -v : init=1\ndu/dt = -u : init=1, explicit\nr = v")
    proj = bench.link(pop, pop, equations="dx/dt = -x : init=1")
    bench.run(1)
    assert pop.v[0] == given(METHODS[method])
    assert proj.dendrite(0).x[0] == given(METHODS[method])
    assert pop.u[0] == given(0.8)


@pytest.mark.parametrize(
    ("equations", "code"),
    [("10*dx/dt = -x : event-driven", "N0502"), ("x = 2*w : event-driven", "N0503")],
)
def test_event_driven_variables_without_events_are_refused(equations: str, code: str) -> None:
    """D34: in rate-coded synapses, and assignments."""
    bench = Bench("interp")
    spikes = code == "N0503"
    pop = bench.spiking("v = g_exc") if spikes else bench.rate("r = sum(exc)")
    with pytest.raises(DiagnosticError, match=rf"{code}(.|\n)*\^"):
        bench.link(pop, pop, equations=equations, **({"pre_spike": "g_target += x"} if spikes else {}))


def test_event_driven_variables_of_neurons_are_refused() -> None:
    """D34."""
    assert refused(equations="dr/dt = -r : event-driven") == ("N0502", "event-driven")


@pytest.mark.parametrize("place", [{"psp": "w*x"}, {"equations": "dy/dt = x"}])
def test_event_driven_variables_are_not_read_between_events(place: dict[str, str]) -> None:
    """D34, and section 4.5: there they have the value of the last event."""
    trace = "10*dx/dt = -x : event-driven"
    bench = Bench("interp")
    cell = bench.spiking("v = g_exc", spike="v > 1")
    synapse = {"pre_spike": "x += 1", **place, "equations": f"{trace}\n{place.get('equations', '')}"}
    bench.link(cell, cell, **synapse)
    with pytest.raises(DiagnosticError, match=r"N0515(.|\n)*\^"):
        bench.net.compile(silent=True)


@TARGET
def test_a_learning_period_begins_at_the_time_of_its_own_network_in_steps(target: str) -> None:
    """D43: another network is ahead; the offset is no whole number of ms."""
    other = Bench("interp")
    other.rate("r = t")
    other.run(7)
    bench = Bench(target, dt=0.5)
    proj = bench.link(bench.rate("r = 1"), bench.rate("r = sum(exc)"), equations="seen = t\nn = n + 1")
    bench.net.compile(silent=True)
    proj.disable_learning()
    bench.net.simulate(1.5)
    proj.enable_learning(period=2.5, offset=0.5)
    times = []
    for _ in range(12):
        bench.net.step()
        times.append(proj.dendrite(0).seen[0])
    assert times == [0.0] + [2.0] * 5 + [4.5] * 5 + [7.0]
    assert proj.dendrite(0).n[0] == 3
