"""Event-driven equations: elapsed steps, order against the statements, clamps, and where they cannot be."""

from __future__ import annotations

import math

import pytest
from support.model_eval import Machine, lower, machine
from support.model_text import neuron, synapse

from nnc.compiler.ir import model

TRACE = "10*dx/dt = -x : event-driven"


def trace(pre: str = "x += 1", post: str = "x += 1", text: str = TRACE, **state: float) -> Machine:
    return machine(synapse(text, "a b", pre=pre, post=post), state)


def at(m: Machine, step: int, kind: type) -> float:
    m.step = step
    m.event(kind)
    return float(m.state["x"])


def test_transmitted_values_are_those_measured() -> None:
    m = trace(pre="g_target += x\nx += 1", x=1.0)
    for k in (3, 6, 16):
        at(m, k, model.OnPre)
    assert m.transmitted == pytest.approx([0, 0.8187, 0.7394], abs=5e-5)


@pytest.mark.parametrize(
    ("first", "second", "steps"),
    [
        (model.OnPre, model.OnPre, 4),
        (model.OnPre, model.OnPost, 5),
        (model.OnPost, model.OnPre, 4),
        (model.OnPost, model.OnPost, 5),
    ],
)
def test_the_elapsed_steps_depend_on_the_side_of_the_second_event(first: type, second: type, steps: int) -> None:
    m = trace()
    assert at(m, 100, first) == pytest.approx(1)
    assert at(m, 105, second) == pytest.approx(1 + math.exp(-steps / 10))


def test_events_of_one_step_do_not_decay_between_them() -> None:
    m = trace()
    at(m, 7, model.OnPre)
    assert at(m, 7, model.OnPost) == pytest.approx(2)
    assert at(m, 8, model.OnPre) == pytest.approx(3)


def test_two_gaps_are_one_long_gap() -> None:
    once, twice = trace(post="x += 0"), trace(post="x += 0")
    for m in (once, twice):
        at(m, 10, model.OnPost)
        m.state["x"] = 2.0
    at(twice, 17, model.OnPost)
    assert at(twice, 40, model.OnPost) == pytest.approx(at(once, 40, model.OnPost), rel=1e-12)


def test_a_steady_state_of_several_terms_is_approached() -> None:
    m = trace(text="10*dx/dt = a - b - x : event-driven", a=5.0, b=2.0)
    assert at(m, 0, model.OnPre) == pytest.approx(4)
    assert at(m, 21, model.OnPost) == pytest.approx(1 + 3 + 1 * math.exp(-2.1))


def test_bounds_hold_after_each_evaluation_and_not_for_the_statements() -> None:
    m = trace(text="10*dx/dt = -x : event-driven, min=0.5")
    assert at(m, 0, model.OnPre) == pytest.approx(1.5)


def test_one_stamp_serves_all_variables() -> None:
    module = synapse("5*dx/dt = -x : event-driven\n7*dy/dt = -y : event-driven", pre="x += y", post="y += 1")
    lower(module).raise_if_errors()
    stamps = [op for op in module.walk() if isinstance(op, model.State) and op.sym == "last_event"]
    assert [str(s.type) for s in stamps] == ["i64[syn]"]
    assert not [op for op in module.walk() if isinstance(op, (model.Update, model.Ode))]


def test_other_equations_are_still_executed_in_every_step() -> None:
    m = machine(synapse("w = w + 1\n10*dx/dt = -x : event-driven\ndz/dt = w", pre="x += 1"))
    m.advance()
    assert (m.state["w"], m.state["z"], m.state["x"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("module", "code", "what"),
    [
        (neuron(TRACE), "N0513", "10*dx/dt = -x"),
        (synapse(TRACE, kind="rate"), "N0513", "10*dx/dt = -x"),
        (synapse("10*dx/dt = -x : event-driven, projection", pre="x += 1"), "N0513", "10*dx/dt = -x"),
        (synapse("10*dx/dt = y - x : event-driven\ny = 1", pre="x += 1"), "N0514", "10*dx/dt = y - x"),
        (synapse("10*dx/dt = Uniform(0, 1) - x : event-driven", pre="x += 1"), "N0514", "10*dx/dt = Uniform"),
        (synapse("10*dx/dt = 1 - x**2 : event-driven", pre="x += 1"), "N0511", "10*dx/dt = 1"),
        (synapse("10*dx/dt = exp(-x) - x : event-driven", pre="x += 1"), "N0511", "10*dx/dt = exp"),
        (synapse(TRACE + "\ny = x", pre="x += 1"), "N0515", ""),
    ],
)
def test_misplaced_event_driven_equations_are_errors(module: model.Module, code: str, what: str) -> None:
    (error,) = lower(module).errors
    assert error.code == code
    assert error.help
    assert error.loc.text.startswith(what)
