"""What a program that measures itself counts, and that it computes the same."""

from __future__ import annotations

import numpy as np
import pytest

from nnc.compiler.codegen.layout import StateBlock
from nnc.compiler.codegen.target import get_target
from nnc.compiler.ir.cost import Work
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.options import Options
from nnc.compiler.passes.instrument import COUNT, STEPS, TICKS, Instrument, plan
from nnc.compiler.passes.manager import Context, Pipeline

TEXT = """\
module @net dt = 1.0 {
  loop.size @pop0.n
  loop.size @team
  loop.field @pop0.v : buf<f64> [@pop0.n] state
  loop.field @pop0.count : buf<i32> [] state
  loop.field @pop0.total : buf<f64> [] state
  loop.func @run(%t0: i64, %t1: i64) {
    %v = mem.field @pop0.v : buf<f64>
    %c = mem.field @pop0.count : buf<i32>
    %total = mem.field @pop0.total : buf<f64>
    %n = mem.size @pop0.n : i64
    %zero = const 0 : i64
    %one = const 1 : i64
    %id = spmd.id : i64
    %next = arith.add %id, %one : i64
    %lo = spmd.bound %n, %id : i64
    %hi = spmd.bound %n, %next : i64
    loop.time %k: i64 = %t0 to %t1 {
      loop.for %i: i64 = %lo to %hi simd {
        %x = mem.load %v[%i] : f64
        %y = arith.fma %x, %x, %x : f64
        %z = arith.add %y, %x : f64
        mem.store %z, %v[%i]
      }
      loop.barrier
      loop.lap @pop0.update
      %first = arith.cmp eq %id, %zero : bool
      loop.if %first {
        %some = mem.load %c[%zero] : i32
        %count = arith.cast %some : i64
        %sum = loop.reduce add %j: i64 = %zero to %count {
          %w = mem.load %v[%j] : f64
          yield %w
        } : f64
        mem.store %sum, %total[%zero]
      }
      loop.barrier
      loop.lap @pop0.reduce
    }
  }
}
"""
TARGETS = ["interp", "llvm", "openmp"]


def measured(target: str, team: int, steps: int) -> StateBlock:
    module = parse_module(TEXT)
    Pipeline([Instrument()]).run(module, Context(options=Options(verify=True)))
    made = get_target(target)
    program = made.load(made.emit(module))
    block = StateBlock(program.layout, {"pop0.n": 200}, team=team)
    block.fields["pop0.v"][:] = np.linspace(0.0, 1e-3, 200)
    block.fields["pop0.count"][0] = 40
    program.run(block, 0, steps)
    return block


def test_the_work_of_an_iteration_is_counted_on_the_ir() -> None:
    found = plan(parse_module(TEXT))
    assert list(found.kernels) == ["pop0.update", "pop0.reduce", "rest"]
    update, total = found.kernels["pop0.update"], found.kernels["pop0.reduce"]
    assert update.work == {1: Work(read=8, written=8, flops=3)}
    assert update.fields == {"pop0.v"}
    # the branch: loads a count, casts it, folds 32 partial results, stores; each element: loads, adds
    assert total.work[2] == Work(read=4, written=8, flops=31, others=1)
    assert total.work[3] == Work(read=8, flops=1)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("team", [1, 3])
def test_iterations_are_counted_while_the_program_runs(target: str, team: int) -> None:
    block = measured(target, team, 7)
    counts = [int(block.fields[f"{COUNT}{i}"].sum()) for i in range(4)]
    assert counts == [7 * team, 7 * 200, 7, 7 * 40]
    assert block.fields[f"{COUNT}{STEPS}"].tolist() == [7] * team
    kernels = plan(parse_module(TEXT)).kernels
    done = kernels["pop0.update"].total(dict(enumerate(counts)))
    assert done == Work(read=8, written=8, flops=3).times(1400)


@pytest.mark.parametrize("target", ["llvm", "openmp"])
def test_every_kernel_takes_time_and_so_does_waiting(target: str) -> None:
    block = measured(target, 2, 200)
    names = [name for name in block.fields if name.startswith(TICKS)]
    assert sorted(name.removeprefix(TICKS) for name in names) == ["pop0.reduce", "pop0.update", "rest", "wait"]
    assert all(ticks > 0 for name in names for ticks in block.fields[name])


@pytest.mark.parametrize("target", TARGETS)
def test_measuring_changes_no_bit(target: str) -> None:
    module = parse_module(TEXT)
    made = get_target(target)
    program = made.load(made.emit(module))
    plain = StateBlock(program.layout, {"pop0.n": 200}, team=1)
    plain.fields["pop0.v"][:] = np.linspace(0.0, 1e-3, 200)
    plain.fields["pop0.count"][0] = 40
    program.run(plain, 0, 7)
    block = measured(target, 1, 7)
    for name in ("pop0.v", "pop0.total"):
        assert block.fields[name].tobytes() == plain.fields[name].tobytes()


def test_counts_add_up_over_runs() -> None:
    module = parse_module(TEXT)
    Instrument().run(module, Context())
    made = get_target("llvm")
    program = made.load(made.emit(module))
    block = StateBlock(program.layout, {"pop0.n": 100}, team=1)
    program.run(block, 0, 5)
    program.run(block, 5, 9)
    assert block.fields[f"{COUNT}{STEPS}"].tolist() == [9]
    assert block.fields[f"{COUNT}1"].tolist() == [900]
