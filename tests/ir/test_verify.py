"""The verifier finds what a broken pass leaves behind."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nnc.compiler.diagnostics import DiagnosticError, Diagnostics
from nnc.compiler.ir import arith, loop
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.types import f32, f64
from nnc.compiler.ir.verify import verify
from nnc.compiler.options import Options
from nnc.compiler.textfile import verify_diagnostics

if TYPE_CHECKING:
    from nnc.compiler.ir.model import Module

TEXTS = Path(__file__).parent.parent / "texts"


def test_every_error_in_the_texts_is_found_and_no_other() -> None:
    path = TEXTS / "verify.ir"
    assert verify_diagnostics(path.read_text(encoding="utf-8"), str(path), Options()) == []


def small() -> Module:
    return parse_module(
        """module @m {
  loop.size @n
  loop.func @run(%t0: i64, %t1: i64) {
    %a = const 1.0 : f64
    %b = arith.neg %a : f64
    %c = arith.add %a, %b : f64
    loop.for %i: i64 = %t0 to %t1 {
      %d = arith.mul %c, %a : f64
    }
  }
}
"""
    )


def problems(module: Module) -> str:
    found = Diagnostics()
    ok = verify(module, None, found)
    assert ok == (not found.errors)
    return "\n".join(f"{d.code} {d.message} {d.notes}" for d in found)


def test_a_valid_module_has_no_problems() -> None:
    assert problems(small()) == ""


def test_a_use_before_the_definition_is_found() -> None:
    module = small()
    ops = next(module.find(loop.Func)).body.ops
    ops[1], ops[2] = ops[2], ops[1]
    assert "N0910 arith.add: uses %b, which is not defined before it" in problems(module)


def test_a_value_of_a_region_is_not_visible_behind_it() -> None:
    module = small()
    func = next(module.find(loop.Func))
    inner = next(module.find(arith.Mul))
    func.body.append(arith.Neg([inner.result], [f64]))
    assert "uses %d, which is not defined before it" in problems(module)


def test_values_outside_of_an_isolated_op_are_not_visible_in_it() -> None:
    module = small()
    outside = arith.Const([], [f64], {"value": 1.0})
    module.body.insert(0, outside)
    next(module.find(loop.Func)).body.append(arith.Neg([outside.result], [f64]))
    assert "arith.neg: uses" in problems(module)


def test_a_use_that_is_not_recorded_is_found() -> None:
    module = small()
    next(module.find(arith.Neg)).operand.uses.pop()
    assert "uses of values are recorded" in problems(module)


def test_a_recorded_use_that_is_none_is_found() -> None:
    module = small()
    add = next(module.find(arith.Add))
    next(module.find(arith.Const)).result.uses[0] = (add, 1)
    assert "is recorded as a user of %a, but is none" in problems(module)


def test_an_op_removed_without_erasing_it_is_found() -> None:
    module = small()
    next(module.find(arith.Mul)).detach()
    assert "an op was removed" in str(problems(module)) or "uses of values" in problems(module)


@pytest.mark.parametrize("what", ["op", "region", "result"])
def test_wrong_parents_are_found(what: str) -> None:
    module = small()
    loop_op = next(module.find(loop.For))
    if what == "op":
        loop_op.parent = None
    elif what == "region":
        loop_op.body.parent = None
    else:
        next(module.find(arith.Neg)).result.owner = loop_op
    assert "N0910" in problems(module)


def test_missing_wrong_and_undeclared_attributes_are_found() -> None:
    module = small()
    const = next(module.find(arith.Const))
    const.attributes = {"value": Symbol("x")}
    assert "N0911 const: the attribute value = @x is not of kind literal" in problems(module)
    const.attributes = {}
    assert "the attribute value is missing" in problems(module)
    const.attributes = {"value": 1.0, "colour": "red"}
    assert "has undeclared attributes: colour" in problems(module)


def test_wrong_numbers_of_operands_results_and_regions_are_found() -> None:
    module = small()
    func = next(module.find(loop.Func))
    value = next(module.find(arith.Const)).result
    func.body.append(arith.Neg([value, value], [f64]))
    func.body.append(arith.Neg([value], [f64, f64]))
    func.body.append(arith.Neg([value], [f64], {}, [Block()]))
    found = problems(module)
    assert all(text in found for text in ("has 2 operands", "has 2 results", "has 1 regions"))


def test_an_op_of_another_level_is_found() -> None:
    module = small()
    assert verify(module, "loop")
    found = Diagnostics()
    assert not verify(module, "step", found)
    assert "N0914" in [d.code for d in found]


def test_without_diagnostics_errors_are_raised_with_the_op_as_printed_and_its_place() -> None:
    module = small()
    add = next(module.find(arith.Add))
    add.results[0].type = f32
    with pytest.raises(DiagnosticError) as caught:
        verify(module)
    text = str(caught.value)
    assert "in: %c = arith.add %a, %b : f32" in text
    assert "--> <IR>:6:5" in text


def test_verifying_does_not_change_the_module() -> None:
    module = small()
    before = [(op, list(op.operands)) for op in module.walk()]
    verify(module)
    assert [(op, list(op.operands)) for op in module.walk()] == before


@pytest.mark.slow
def test_verifying_is_cheap() -> None:
    body = "".join(f"%v{n} = arith.mul %v{n - 1}, %v0 : f64\n" for n in range(1, 1000))
    module = parse_module(f"module @m {{ loop.func @run() {{ %v0 = const 1.0 : f64\n{body} }} }}")
    best = math.inf
    for _ in range(5):
        start = time.process_time()
        verify(module)
        best = min(best, time.process_time() - start)
    assert best < 0.008
