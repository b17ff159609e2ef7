"""Equations are solved for the derivative: exactly, in nice forms, or refused with a place and a help."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.model_eval import lower
from support.model_text import neuron
from support.rationals import NUMBERS, Straight, block_of, rational

from nnc.compiler.ir import model
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block, Value
from nnc.compiler.ir.define import create
from nnc.compiler.ir.model import Module
from nnc.compiler.ir.types import f64
from nnc.compiler.passes.isolate_derivatives import IsolateDerivatives
from nnc.compiler.passes.manager import Context

if TYPE_CHECKING:
    from nnc.compiler.diagnostics import Diagnostics


def isolate(module: Module) -> Diagnostics:
    return lower(module, [IsolateDerivatives()])


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_the_derivative_that_is_found_solves_the_equation(data: st.DataObject) -> None:
    outside = block_of(3, 1)
    body = Block()
    d = Builder(body).value(model.Ddt, types=(f64,), variable=Symbol("v"))
    program = Straight(data.draw, body, d, outside.args[:3], outside.args[3:])
    left, right = program.value(data.draw(st.integers(0, 6))), program.value(data.draw(st.integers(1, 6)))
    Builder(body).op(model.Equal, left, right)
    mapping: dict[Value, Value] = {}
    copy = body.clone(mapping)
    module = create(Module, sym=Symbol("m"))
    module.body.append(create(model.Equation, regions=[body, Block()], variable=Symbol("v"), method="explicit"))
    context = Context()
    IsolateDerivatives().run(module, context)
    assume(not context.diagnostics.errors)
    (ode,) = module.find(model.Ode)
    leaves = {a: data.draw(NUMBERS) for a in outside.args[:3]} | {outside.args[3]: data.draw(st.booleans())}
    try:
        rate = rational(ode.body.terminator.operands[0], dict(leaves))
        known = leaves | {mapping[d]: Fraction(rate)}
        sides = [rational(v, known) for v in copy.terminator.operands]
    except ZeroDivisionError:
        assume(False)
    assert sides[0] == sides[1]


@pytest.mark.parametrize(
    ("equation", "ops"),
    [
        ("dv/dt = I", []),
        ("tau*dv/dt = I", ["div"]),
        ("tau*dv/dt + v = I", ["sub", "div"]),
        ("v + tau*dv/dt = I", ["sub", "div"]),
        ("dv/dt - v = I", ["add"]),
        ("-dv/dt = I", ["neg"]),
        ("dv/dt/tau = I", ["mul"]),
        ("(1 + a)*dv/dt - a*v = I", ["add", "mul", "add", "div"]),
        ("v*dv/dt = I", ["div"]),
        ("tau*(dv/dt + v) = I", ["mul", "sub", "div"]),
    ],
)
def test_forms_are_as_short_as_by_hand(equation: str, ops: list[str]) -> None:
    module = neuron(equation, "tau a I")
    assert not isolate(module).errors
    (ode,) = module.find(model.Ode)
    assert [op.name.removeprefix("arith.") for op in ode.body.ops if op.name.startswith("arith.")] == ops
    assert not list(module.find(model.Ddt))


def test_clamp_and_method_stay_with_the_equation() -> None:
    module = neuron("tau*dv/dt = 1 : rk4, min=0", "tau")
    isolate(module)
    (ode,) = module.find(model.Ode)
    assert ode.method == "rk4"
    assert [op.name for op in ode.clamp.ops][-1] == "yield"
    assert ode.loc.text.startswith("tau*dv/dt = 1")


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("exp(dv/dt) = v", "not linear"),
        ("tau/(dv/dt) = v", "not linear"),
        ("dv/dt - dv/dt = v", "cancels out"),
    ],
)
def test_what_cannot_be_solved_is_an_error_at_the_equation(equation: str, message: str) -> None:
    module = _unchecked(equation)
    (error,) = isolate(module).errors
    assert error.code == "N0510"
    assert message in error.message
    assert error.help


def _unchecked(equation: str) -> Module:
    """The front end refuses these already, the pass must not rely on it: sides replaced after parsing."""
    module = neuron("dv/dt = v", "tau")
    (op,) = module.find(model.Equation)
    equal = op.body.terminator
    d, v = equal.operands
    b = Builder(op.body, before=equal)
    left = {
        "exp(dv/dt) = v": lambda: b.math("exp", d),
        "tau/(dv/dt) = v": lambda: b.div(v, d),
        "dv/dt - dv/dt = v": lambda: b.sub(d, d),
    }[equation]()
    equal.set_operand(0, left)
    return module
