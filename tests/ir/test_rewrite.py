"""Rewriting in one walk, and erasing many ops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nnc.compiler.ir import arith, loop
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.printer import print_module
from nnc.compiler.ir.rewrite import erase_all, rewrite
from nnc.compiler.ir.verify import verify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.ir.core import Op, Value
    from nnc.compiler.ir.model import Module
    from nnc.compiler.ir.rewrite import Rewriter


def module_of(*lines: str) -> Module:
    body = "".join(f"    {line}\n" for line in lines)
    return parse_module(f"module @m {{\n  loop.func @run(%t0: i64, %t1: i64) {{\n{body}  }}\n}}\n")


def body_of(module: Module) -> list[str]:
    return [line.strip() for line in print_module(module).splitlines()[2:-2]]


def neg_to_sub(op: Op, rewriter: Rewriter) -> Value | None:
    """`neg x` becomes `0 - x`."""
    zero = rewriter.const(0, op.results[0].type)
    return rewriter.value(arith.Sub, zero, op.operands[0])


def sub_of_zero(op: Op, rewriter: Rewriter) -> Value | None:
    """`0 - x` becomes x: wrong, but shows that new ops are visited."""
    return op.operands[1] if isinstance(op.operands[0].op, arith.Const) else None


def test_new_ops_stand_in_front_of_the_old_one_at_its_place_in_the_file() -> None:
    module = module_of("%a = arith.neg %t0 : i64", "%b = arith.not %a : i64")
    loc = next(module.find(arith.Neg)).loc
    assert rewrite(module, {"arith.neg": [neg_to_sub]})
    assert body_of(module) == ["%x0 = const 0 : i64", "%a = arith.sub %x0, %t0 : i64", "%b = arith.not %a : i64"]
    assert next(module.find(arith.Sub)).loc == loc
    assert verify(module)


def test_new_ops_are_rewritten_in_turn_and_users_see_the_last_value() -> None:
    module = module_of("loop.for %i: i64 = %t0 to %t1 {", "%a = arith.neg %i : i64", "%b = arith.not %a : i64", "}")
    rewrite(module, {"arith.neg": [neg_to_sub], "arith.sub": [sub_of_zero]})
    assert [line for line in body_of(module) if "not" in line] == ["%b = arith.not %i : i64"]
    assert verify(module)


def test_nothing_is_changed_where_no_pattern_applies() -> None:
    module = module_of("%a = arith.not %t0 : i64")
    before = print_module(module)
    assert not rewrite(module, {"arith.neg": [neg_to_sub], "arith.not": [lambda op, rewriter: None]})
    assert print_module(module) == before


def test_the_first_pattern_that_applies_wins() -> None:
    module = module_of("%a = arith.neg %t0 : i64", "%b = arith.not %a : i64")
    rewrite(module, {"arith.neg": [lambda op, rewriter: op.operands[0], neg_to_sub]})
    assert body_of(module) == ["%b = arith.not %t0 : i64"]


def test_a_listener_hears_of_every_replacement() -> None:
    heard: list[tuple[str, str | None]] = []

    class Listener:
        def replaced(self, op: Op, values: Sequence[Value]) -> None:
            heard.append((op.name, values[0].op.name if values[0].op else None))

    module = module_of("%a = arith.neg %t0 : i64", "%b = arith.not %a : i64")
    rewrite(module, {"arith.neg": [neg_to_sub], "arith.sub": [sub_of_zero]}, Listener())
    assert heard == [("arith.neg", "arith.sub"), ("arith.sub", None)]


def test_ops_that_use_each_other_are_erased_together() -> None:
    module = module_of("%a = arith.neg %t0 : i64", "loop.for %i: i64 = %a to %t1 {", "%b = arith.not %a : i64", "}")
    erase_all([next(module.find(arith.Neg)), next(module.find(loop.For))])
    assert body_of(module) == []
    assert verify(module)


def test_an_op_that_is_still_used_cannot_be_erased() -> None:
    module = module_of("%a = arith.neg %t0 : i64", "%b = arith.not %a : i64")
    with pytest.raises(ValueError, match=r"erasing arith.neg, whose result is still used by arith.not"):
        erase_all([next(module.find(arith.Neg))])
