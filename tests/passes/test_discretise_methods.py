"""Methods that do not fit an equation or each other, and the form of the code that is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.model_eval import lower
from support.model_text import neuron

from nnc.compiler.ir import arith, model
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.interp import evaluate
from nnc.compiler.ir.types import DType, f64
from nnc.compiler.passes.algebra import Algebra
from nnc.compiler.passes.discretise.derivative import PARTIALS, Derivative
from nnc.compiler.passes.discretise.scope import Scope

if TYPE_CHECKING:
    from nnc.compiler.ir.model import Module


@pytest.mark.parametrize("method", ["exponential", "semiimplicit"])
@pytest.mark.parametrize("rhs", ["v*(1 - v)", "v**2 - v", "exp(-v)", "v*exp(-v)"])
def test_a_method_for_linear_equations_refuses_others(method: str, rhs: str) -> None:
    (error,) = lower(neuron(f"u = 1\ntau*dv/dt = {rhs} : {method}", "tau")).errors
    assert error.code == "N0511"
    assert f"'{method}'" in error.message
    assert error.loc.text.startswith("tau*dv/dt")
    assert error.help


def test_all_errors_of_a_model_are_found_in_one_go() -> None:
    text = "dv/dt = v*v : exponential\ndu/dt = u*u : exponential"
    assert [e.loc.text[:5] for e in lower(neuron(text)).errors] == ["dv/dt", "du/dt"]


def test_coupled_equations_of_different_methods_are_an_error_that_shows_both() -> None:
    (error,) = lower(neuron("dv/dt = u : midpoint\ndu/dt = 1 - u : implicit")).errors
    assert error.code == "N0512"
    assert error.loc.text.startswith("du/dt")
    assert error.related[0][0].text.startswith("dv/dt")


@pytest.mark.parametrize(
    "text",
    [
        "dv/dt = 1 - v : midpoint\ndu/dt = 1 - u : implicit",
        "dv/dt = u : midpoint\nx = 1\ndu/dt = 1 - u : implicit",
        "dv/dt = u : midpoint\ndu/dt = 1 - u : exponential",
    ],
)
def test_methods_may_differ_where_nothing_is_coupled(text: str) -> None:
    assert not lower(neuron(text)).errors


COBA = """
tau*dv/dt = (El - v) + g_exc*(Ee - v) + g_inh*(Ei - v) + I
tau_e*dg_exc/dt = -g_exc
tau_i*dg_inh/dt = -g_inh
"""


def per_element(module: Module) -> list[str]:
    """The arithmetic that is not the same for all steps and neurons, hence stays in the loop."""
    (update,) = module.find(model.Update)
    (owner,) = module.find(model.Neuron)
    scope = Scope(owner, Block())
    made = [op for op in update.body.ops if op.name.startswith(("arith.", "math."))]
    return sorted(op.name.split(".")[1] for op in made if not scope.invariant(op.results[0]))


@pytest.mark.parametrize("method", ["explicit", "exponential", "implicit", "semiimplicit"])
def test_one_leaky_equation_costs_a_product_and_two_sums_by_every_method(method: str) -> None:
    module = neuron(f"tau*dv/dt = E - v : {method}", "tau E")
    assert not lower(module).errors
    assert per_element(module) == ["add", "mul", "sub"]


@pytest.mark.parametrize(("method", "ops"), [("explicit", ["add", "mul"]), ("exponential", ["mul"])])
def test_a_conductance_that_decays_costs_a_product(method: str, ops: list[str]) -> None:
    module = neuron(f"tau*dg_exc/dt = -g_exc : {method}", "tau")
    assert not lower(module).errors
    assert per_element(module) == ops


def test_explicit_coba_divides_nothing_in_the_loop() -> None:
    module = neuron(COBA, "tau El Ee Ei tau_e tau_i I")
    assert not lower(module).errors
    assert per_element(module) == ["add"] * 6 + ["mul"] * 5 + ["sub"] * 3


def test_exponential_coba_has_one_division_and_one_exponential_in_the_loop() -> None:
    module = neuron(COBA, "tau El Ee Ei tau_e tau_i I", method="exponential")
    assert not lower(module).errors
    ops = per_element(module)
    assert (ops.count("div"), ops.count("expm1")) == (1, 1)


def test_a_factor_that_does_not_change_leaves_the_loop_with_the_step() -> None:
    module = neuron("cm*dv/dt = cm/tau*(E - v) : exponential", "cm tau E")
    assert not lower(module).errors
    assert per_element(module) == ["add", "mul", "sub"]


def numeric(name: str, values: list[float]) -> float:
    return float(evaluate(name, {}, values, [DType.f64])[0])


DOMAIN = {
    "math.asin": (-0.9, 0.9),
    "math.acos": (-0.9, 0.9),
    "math.atanh": (-0.9, 0.9),
    "math.acosh": (1.2, 3.0),
    "math.tan": (-1.2, 1.2),
}
FUNCTIONS = sorted(PARTIALS)


@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_partial_derivatives_are_the_limits_of_quotients(name: str, data: st.DataObject) -> None:
    low, high = DOMAIN.get(name, (0.3, 2.0))
    count = len(PARTIALS[name])
    values = [data.draw(st.floats(low, high)) for _ in range(count)]
    if count == 2 and abs(values[0] / values[1] - round(values[0] / values[1])) < 1e-3:
        return
    block = Block([f64] * count)
    b = Builder(block)
    cls = type(b.op(_class(name), *block.args))
    assert cls.name == name
    result = block.ops[0].results[0]
    for i, x in enumerate(block.args):
        slope = Derivative(Algebra(b), x).of(result)
        got = 0.0 if slope is None else _run(block, slope, values)
        h = 1e-5
        ends = [numeric(name, [v + s * h * (j == i) for j, v in enumerate(values)]) for s in (1, -1)]
        assert got == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-6, abs=1e-6)


def _class(name: str) -> type[arith.Elementwise]:
    from nnc.compiler.ir.define import REGISTRY

    return REGISTRY[name]


def _run(block: Block, value: object, values: list[float]) -> float:
    known = dict(zip(block.args, values, strict=True))
    for op in block.ops:
        operands = [known[v] for v in op.operands]
        (known[op.results[0]],) = evaluate(op.name, op.attributes, operands, [op.results[0].type.dtype])
    return float(known[value])
