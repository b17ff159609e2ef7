"""Executing loops over the members of a batch, and the tables they pick from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnc.compiler.codegen.layout import Layout, StateBlock
from nnc.compiler.diagnostics import DiagnosticError, Source
from nnc.compiler.ir.interp import OutOfRange, Schedule, run_loop
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.verify import verify

TEXT = """
module @test {{
  loop.size @pop0.n
  loop.size @pop1.n
  loop.field @pop0.v : buf<f64> [@pop0.n] state
  loop.field @pop1.v : buf<f64> [@pop1.n] state
  loop.field @pop1.k : buf<i32> [@pop1.n] state
  loop.func @run(%t0: i64, %t1: i64) {{
    loop.time %k: i64 = %t0 to %t1 {{
      {phase}
    }}
  }}
}}
"""

BATCH = """
      loop.batch %b: i64, %p: i64, %lo: i64, %hi: i64 over [@pop0.n, @pop1.n] {
        %v = mem.pick_field %b of [@pop0.v, @pop1.v] : buf<f64>
        %n = mem.pick_size %b of [@pop0.n, @pop1.n] : i64
        %x = mem.pick_number %b of [0.5, -2.0] : f64
        %size = arith.cast %n : f64
        loop.for %i: i64 = %lo to %hi simd {
          %old = mem.load %v[%i] : f64
          %more = arith.fma %x, %size, %old : f64
          mem.store %more, %v[%i]
        }
      }
"""


def module_of(phase: str) -> Any:
    text = TEXT.format(phase=phase)
    return parse_module(text, Source(text, what="IR"))


@pytest.mark.parametrize("team", [1, 2, 3])
@pytest.mark.parametrize("schedule", [None, Schedule(interleave=True, seed=4)])
def test_each_member_picks_its_own_and_is_done_once(team: int, schedule: Schedule | None) -> None:
    module = module_of(BATCH)
    verify(module, "loop")
    block = StateBlock(Layout.of(module), {"pop0.n": 70, "pop1.n": 130}, team=team)
    run_loop(module, block, 0, 2, schedule)
    assert block.fields["pop0.v"].tolist() == [2 * 0.5 * 70] * 70
    assert block.fields["pop1.v"].tolist() == [2 * -2.0 * 130] * 130


def test_an_entry_outside_of_a_table_is_an_error() -> None:
    module = module_of("""
      %two = const 2 : i64
      %x = mem.pick_number %two of [1, 2] : i64
""")
    block = StateBlock(Layout.of(module), {"pop0.n": 1, "pop1.n": 1})
    with pytest.raises(OutOfRange, match="entry 2 of a table of 2"):
        run_loop(module, block, 0, 1)


@pytest.mark.parametrize(
    ("op", "message"),
    [
        ("mem.pick_field %k of [@pop0.v, @pop1.k] : buf<f64>", "has type buf<i32>"),
        ("mem.pick_field %k of [] : buf<f64>", "an entry for each member"),
        ("mem.pick_field %k of [@pop2.v] : buf<f64>", "is not declared"),
        ("mem.pick_size %k of [@pop0.v] : i64", "is not declared"),
        ("mem.pick_size %k of [@pop0.n] : i32", "a size is an i64"),
        ("mem.pick_number %k of [1, 2.5] : i64", "numbers of that type"),
    ],
)
def test_tables_are_verified(op: str, message: str) -> None:
    with pytest.raises(DiagnosticError, match=message):
        verify(module_of(f"%x = {op}"), "loop")


def test_numbers_of_a_table_keep_their_bits() -> None:
    module = module_of("""
      %v = mem.field @pop0.v : buf<f64>
      %x = mem.pick_number %k of [-0.0, 5e-324, 0.1] : f64
      mem.store %x, %v[%k]
""")
    block = StateBlock(Layout.of(module), {"pop0.n": 3, "pop1.n": 1})
    run_loop(module, block, 0, 3)
    assert block.fields["pop0.v"].tobytes() == np.array([-0.0, 5e-324, 0.1]).tobytes()
