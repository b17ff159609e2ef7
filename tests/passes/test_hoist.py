"""What a loop does not change leaves it; nothing else does."""

from __future__ import annotations

import pytest

from nnc.compiler.ir import arith, loop
from nnc.compiler.ir.interp import run_loop
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.printer import print_module
from nnc.compiler.passes.hoist import Hoist
from nnc.compiler.passes.manager import Context

from .network_texts import NETWORKS
from .networks import after_steps, assert_same

LOOPS = """
module @net dt = 1.0 {
  loop.size @pop0.n
  loop.field @pop0.a : buf<f64> [] param
  loop.field @pop0.b : buf<f64> [] state
  loop.field @pop0.c : buf<f64> [] state
  loop.field @pop0.v : buf<f64> [@pop0.n] state
  loop.func @run(%t0: i64, %t1: i64) {
    %zero = const 0 : i64
    %a = mem.field @pop0.a : buf<f64>
    %b = mem.field @pop0.b : buf<f64>
    %c = mem.field @pop0.c : buf<f64>
    %v = mem.field @pop0.v : buf<f64>
    loop.time %k: i64 = %t0 to %t1 {
      loop.team %p: i64, %lo: i64, %hi: i64 over @pop0.n {
        loop.for %i: i64 = %lo to %hi simd {
          %la = mem.load %a[%zero] : f64
          %lb = mem.load %b[%zero] : f64
          %lv = mem.load %v[%zero] : f64
          %q = arith.div %la, %la : f64
          %r = arith.add %q, %lb : f64
          %s = arith.add %r, %lv : f64
          mem.store %s, %v[%i]
        }
      }
      loop.once {
        loop.for %j: i64 = %t0 to %t1 {
          %lc = mem.load %c[%zero] : f64
          %d = arith.add %lc, %lc : f64
          mem.store %d, %c[%zero]
          mem.store %d, %b[%zero]
        }
      }
    }
  }
}
"""


def block_of(module: object, kind: type, op_type: type, nth: int = 0) -> str:
    """The kind of op in whose region the nth op of a type stands."""
    found = list(module.find(op_type))[nth]  # type: ignore[attr-defined]
    return found.parent_op.name


@pytest.fixture
def hoisted() -> object:
    module = parse_module(LOOPS)
    assert Hoist().run(module, Context())
    return module


def test_a_division_of_parameters_leaves_the_loop_over_steps(hoisted: object) -> None:
    assert block_of(hoisted, loop.Func, arith.Div) == "loop.func"


def test_a_load_stays_in_its_phase_if_another_phase_writes_the_buffer(hoisted: object) -> None:
    loads = {str(op.buffer.op.field): op.parent_op.name for op in hoisted.find(loop.Load)}  # type: ignore[attr-defined]
    assert loads["pop0.a"] == "loop.func"
    assert loads["pop0.b"] == "loop.team"


def test_a_load_stays_where_its_loop_writes_the_buffer(hoisted: object) -> None:
    loads = {str(op.buffer.op.field): op.parent_op.name for op in hoisted.find(loop.Load)}  # type: ignore[attr-defined]
    assert loads["pop0.c"] == "loop.for"


def test_a_load_that_may_be_out_of_range_stays(hoisted: object) -> None:
    loads = {str(op.buffer.op.field): op.parent_op.name for op in hoisted.find(loop.Load)}  # type: ignore[attr-defined]
    assert loads["pop0.v"] == "loop.for"


def test_a_second_run_changes_nothing(hoisted: object) -> None:
    before = print_module(hoisted)  # type: ignore[arg-type]
    assert not Hoist().run(hoisted, Context())  # type: ignore[arg-type]
    assert print_module(hoisted) == before  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["coba uniform", "plastic csr_pre", "rate dense_post"])
def test_networks_keep_their_bits_and_hoisting_is_idempotent(name: str) -> None:
    network, steps = NETWORKS[name], 4
    module = network.lowered(Hoist())
    text = print_module(module)
    assert not Hoist().run(module, Context())
    assert print_module(module) == text
    block = network.block(module, 2)
    run_loop(module, block, 0, steps)
    assert_same(network, after_steps(network, steps), block, steps)
