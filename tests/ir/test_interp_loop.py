"""Executing loop-level modules: order of reductions, teams and barriers, iteration spaces, recorders."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnc.compiler.codegen.interp import InterpTarget
from nnc.compiler.codegen.layout import Layout, StateBlock
from nnc.compiler.codegen.recorder import Recorder, RecorderKind
from nnc.compiler.codegen.target import Status
from nnc.compiler.diagnostics import Source
from nnc.compiler.ir.interp import BarrierMismatch, OutOfRange, Schedule, run_loop
from nnc.compiler.ir.parser import parse_module

HEAD = """
module @test {
  loop.size @pop0.n
  loop.size @pop0.ring
  loop.size @team
  loop.field @pop0.v : buf<f64> [@pop0.n] state
  loop.field @pop0.w : buf<f64> [@pop0.n] state
  loop.field @pop0.spikes : buf<i32> [@pop0.ring, @pop0.n] state
  loop.field @pop0.spikes.count : buf<i32> [@pop0.ring, @team] state
  loop.field @pop0.total : buf<f64> [] state
  loop.func @run (%t0: i64, %t1: i64) {
    %v = mem.field @pop0.v : buf<f64>
    %w = mem.field @pop0.w : buf<f64>
    %spikes = mem.field @pop0.spikes : buf<i32>
    %counts = mem.field @pop0.spikes.count : buf<i32>
    %total = mem.field @pop0.total : buf<f64>
    %n = mem.size @pop0.n : i64
    %ring = mem.size @pop0.ring : i64
    %zero = const 0 : i64
    %one = const 1 : i64
"""


def module_of(body: str) -> Any:
    text = HEAD + body + "  }\n}\n"
    return parse_module(text, Source(text, what="IR"))


def block_for(module: Any, n: int = 100, team: int = 1, ring: int = 2) -> StateBlock:
    return StateBlock(Layout.of(module), {"pop0.n": n, "pop0.ring": ring}, team=team)


def run(body: str, t1: int = 1, schedule: Schedule | None = None, **options: Any) -> StateBlock:
    module = module_of(body)
    block = block_for(module, **options)
    block.fields["pop0.v"][:] = np.arange(len(block.fields["pop0.v"]))
    run_loop(module, block, 0, t1, schedule)
    return block


@pytest.mark.parametrize("n", [0, 1, 31, 32, 33, 100, 1000])
@pytest.mark.parametrize("kind", ["add", "fma", "max", "min"])
def test_reductions_take_32_partials_and_a_tree(kind: str, n: int) -> None:
    yields = "yield %x, %x" if kind == "fma" else "yield %x"
    module = module_of(f"""
    %r = loop.reduce {kind} %i: i64 = %zero to %n {{
      %x = mem.load %v[%i] : f64
      {yields}
    }} : f64
    mem.store %r, %total[%zero]
""")
    block = block_for(module, n=n)
    x = np.random.default_rng(n).normal(size=n) * 10.0 ** np.arange(n).clip(0, 5)
    block.fields["pop0.v"][:] = x
    run_loop(module, block, 0, 0)
    start = {"max": -np.inf, "min": np.inf}.get(kind, 0.0)
    partial = [start] * 32
    for j, value in enumerate(x):
        p = partial[j % 32]
        if kind == "fma":
            partial[j % 32] = float(np.longdouble(value) * np.longdouble(value) + np.longdouble(p))
        else:
            partial[j % 32] = {"add": p + value, "max": max(p, value), "min": min(p, value)}[kind]
    for s in (16, 8, 4, 2, 1):
        for lane in range(s):
            a, b = partial[lane], partial[lane + s]
            partial[lane] = {"max": max(a, b), "min": min(a, b)}.get(kind, a + b)
    got = block.fields["pop0.total"][0]
    assert got == pytest.approx(partial[0], rel=1e-15) if kind == "fma" else got == partial[0]


COMPACT = """
    loop.time %k: i64 = %t0 to %t1 {
      %slot = arith.rem %k, %ring : i64
      %row = arith.mul %slot, %n : i64
      loop.team %p: i64, %lo: i64, %hi: i64 over @pop0.n {
        %mask = mem.alloca 512 : buf<bool>
        %t = spmd.size : i64
        %c0 = arith.mul %slot, %t : i64
        %c = arith.add %c0, %p : i64
        %none = const 0 : i32
        mem.store %none, %counts[%c]
        %three = const 3 : i64
        loop.for %i: i64 = %lo to %hi simd {
          %m = arith.rem %i, %three : i64
          %fired = arith.cmp eq %m, %zero : bool
          %j = arith.sub %i, %lo : i64
          mem.store %fired, %mask[%j]
        }
        %base = arith.add %row, %lo : i64
        mem.compact %mask over %lo, %hi into %spikes[%base] count %counts[%c]
      }
      loop.record end at %k [@pop0.spikes]
    }
"""


@pytest.mark.parametrize("team", [1, 2, 7])
@pytest.mark.parametrize("schedule", [None, Schedule(), Schedule(interleave=True, seed=3)])
def test_spikes_are_listed_in_order_for_any_team(team: int, schedule: Schedule | None) -> None:
    module = module_of(COMPACT)
    block = block_for(module, n=200, team=team)
    recorder = block.add_recorder(Recorder(RecorderKind.SPIKES, "pop0.spikes"))
    block.prepare(0, 2)
    body = module if schedule is None else with_barrier(COMPACT)
    outcome = run_loop(body, block, 0, 2, schedule)
    spikes = recorder.taken(0, 2)
    assert outcome.t == 2
    np.testing.assert_array_equal(spikes[:, 1], [*range(0, 200, 3)] * 2)
    np.testing.assert_array_equal(spikes[:, 0], [0] * 67 + [1] * 67)


def with_barrier(body: str) -> Any:
    return module_of(
        body.replace(
            "      loop.record end at %k [@pop0.spikes]",
            "      loop.barrier\n      loop.record end at %k [@pop0.spikes]",
        )
    )


def test_a_full_recorder_of_spikes_stops_the_run_one_step_later() -> None:
    module = module_of(COMPACT)
    block = block_for(module, n=200, team=2)
    recorder = block.add_recorder(Recorder(RecorderKind.SPIKES, "pop0.spikes"))
    program = InterpTarget().load(InterpTarget().emit(module))
    status = program.run(block, 0, 10_000)
    assert status is Status.FULL
    assert len(recorder.rows) - recorder.cursor < 400
    assert recorder.cursor == 67 * block.t
    done = block.t
    recorder.clear()
    assert program.run(block, done, done + 5) is Status.DONE
    assert block.t == done + 5
    assert recorder.taken(done, done + 5)[0].tolist() == [done, 0]


@pytest.mark.parametrize("team", [1, 3])
def test_recorders_take_the_rows_that_are_due(team: int) -> None:
    module = module_of("""
    loop.time %k: i64 = %t0 to %t1 {
      loop.team %p: i64, %lo: i64, %hi: i64 over @pop0.n {
        loop.for %i: i64 = %lo to %hi simd {
          %x = arith.cast %k : f64
          mem.store %x, %v[%i]
        }
      }
      loop.record end at %k [@pop0.v]
    }
""")
    block = block_for(module, n=10, team=team)
    every = block.add_recorder(Recorder(RecorderKind.END, "pop0.v", period=3, phase=1))
    some = block.add_recorder(Recorder(RecorderKind.END, "pop0.v", ranks=np.array([7, 2], np.int32), start=4))
    InterpTarget().load(InterpTarget().emit(module)).run(block, 0, 8)
    np.testing.assert_array_equal(every.taken(0, 8), np.repeat([[1.0], [4.0], [7.0]], 10, axis=1))
    np.testing.assert_array_equal(some.taken(0, 8), [[k, k] for k in (4.0, 5.0, 6.0, 7.0)])


def test_a_stop_ends_the_run_after_its_step() -> None:
    module = module_of("""
    loop.time %k: i64 = %t0 to %t1 {
      %four = const 4 : i64
      %c = arith.cmp eq %k, %four : bool
      loop.once {
        loop.stop if %c after %k
      }
    }
""")
    block = block_for(module)
    program = InterpTarget().load(InterpTarget().emit(module))
    assert program.run(block, 0, 100) is Status.STOPPED
    assert block.t == 5


def test_a_condition_in_an_iteration_space_holds_for_some_iterations() -> None:
    block = run("""
    %half = const 50.0 : f64
    loop.for %i: i64 = %zero to %n simd {
      %x = mem.load %v[%i] : f64
      %c = arith.cmp ge %x, %half : bool
      loop.if %c {
        %y = arith.add %x, %half : f64
        mem.store %y, %w[%i]
      }
    }
""")
    np.testing.assert_array_equal(block.fields["pop0.w"], [0.0] * 50 + [float(i + 50) for i in range(50, 100)])


def test_steps_of_a_loop() -> None:
    block = run("""
    %x = const 1.0 : f64
    loop.for %i: i64 = %zero to %n step 7 {
      mem.store %x, %w[%i]
    }
""")
    np.testing.assert_array_equal(np.flatnonzero(block.fields["pop0.w"]), range(0, 100, 7))


SHIFT = """
    %p = spmd.id : i64
    %lo = spmd.bound %n, %p : i64
    %p1 = arith.add %p, %one : i64
    %hi = spmd.bound %n, %p1 : i64
    loop.time %k: i64 = %t0 to %t1 {
      loop.for %i: i64 = %lo to %hi {
        %x = mem.load %v[%i] : f64
        mem.store %x, %w[%i]
      }
      BARRIER
      loop.for %i: i64 = %lo to %hi {
        %j0 = arith.add %i, %one : i64
        %j = arith.rem %j0, %n : i64
        %x = mem.load %w[%j] : f64
        mem.store %x, %v[%i]
      }
      BARRIER
    }
"""


@pytest.mark.parametrize("team", [1, 2, 3])
def test_workers_meet_at_barriers(team: int) -> None:
    for schedule in (None, *(Schedule(interleave=True, seed=s) for s in range(3))):
        block = run(SHIFT.replace("BARRIER", "loop.barrier"), t1=3, schedule=schedule, n=130, team=team)
        np.testing.assert_array_equal(block.fields["pop0.v"], (np.arange(130) + 3) % 130)


def test_interleaving_shows_a_missing_barrier() -> None:
    wrong = 0
    for seed in range(5):
        block = run(SHIFT.replace("BARRIER", ""), t1=3, schedule=Schedule(interleave=True, seed=seed), n=130, team=2)
        wrong += not np.array_equal(block.fields["pop0.v"], (np.arange(130) + 3) % 130)
    assert wrong


def test_workers_that_miss_a_barrier_are_an_error() -> None:
    with pytest.raises(BarrierMismatch):
        run(
            """
    %p = spmd.id : i64
    %c = arith.cmp eq %p, %zero : bool
    loop.if %c {
      loop.barrier
    }
""",
            team=2,
        )


@pytest.mark.parametrize("index", [-1, 100])
def test_accesses_outside_of_a_buffer_are_an_error(index: int) -> None:
    with pytest.raises(OutOfRange, match=r"buffer of 100"):
        run(f"""
    %i = const {index} : i64
    %x = mem.load %v[%i] : f64
""")
