"""Calls of user functions become their bodies, with the localities of the arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.model_eval import lower, machine

from nnc.compiler.ir import model
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.passes.inline_functions import InlineFunctions

if TYPE_CHECKING:
    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.ir.model import Module

SQUARE = """
  model.function @square(%x: f64) {
    %y = arith.mul %x, %x : f64
    yield %y
  }
"""
FOURTH = """
  model.function @fourth(%x: f64) {
    %a = model.call @square with %x : f64
    %b = model.call @square with %a : f64
    yield %b
  }
"""
CONSTANT = """
  model.function @constant(%x: f64) {
    %y = const 3.0 : f64
    yield %y
  }
"""


def module(functions: str, call: str, local: str = "") -> Module:
    return parse_module(f"""
module @m {{
  {functions}
  model.neuron @n rate {{
    {local}
    model.state @v : f64[neuron] local
    model.assign @v {{
      %v = model.get @v : f64[neuron]
      %r = model.call @{call} with %v : f64[neuron]
      yield %r
    }} clamp {{}}
  }}
}}
""")


def inline(m: Module) -> Diagnostics:
    return lower(m, [InlineFunctions()])


def test_nested_calls_become_their_bodies_at_the_locality_of_the_argument() -> None:
    m = module(FOURTH + SQUARE, "fourth")
    assert not inline(m).items
    assert not list(m.find(model.Call))
    assert not list(m.find(model.Function))
    products = [op for op in m.walk() if op.name == "arith.mul"]
    assert [str(op.results[0].type) for op in products] == ["f64[neuron]"] * 2
    assert machine(module(FOURTH + SQUARE, "fourth"), {"v": 2.0}).trajectory("v", 1) == [16]


def test_a_value_that_needs_no_argument_is_widened() -> None:
    m = module(CONSTANT, "constant")
    inline(m)
    assert [op.name for op in m.walk() if op.name == "arith.broadcast"] == ["arith.broadcast"]


def test_a_function_of_the_model_hides_one_of_the_network() -> None:
    local = CONSTANT.replace("@constant", "@square")
    assert machine(module(SQUARE, "square", local), {"v": 2.0}).trajectory("v", 1) == [3]


@pytest.mark.parametrize(
    ("functions", "names"),
    [
        (FOURTH + SQUARE.replace("arith.mul %x, %x", "model.call @fourth with %x"), ["fourth", "square"]),
        (SQUARE.replace("arith.mul %x, %x", "model.call @square with %x"), ["square"]),
    ],
)
def test_recursion_is_an_error_that_names_the_circle(functions: str, names: list[str]) -> None:
    m = module(functions, names[0])
    (error,) = inline(m).errors
    assert error.code == "N0410"
    assert all(f"'{name}'" in error.message for name in names)
    assert error.help
    assert error.loc.known
    assert list(m.find(model.Call))
