"""What a GPU can do at all: the cost of a launch and of a meeting of all blocks, and the bandwidth of its memory."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.codegen.cuda import CUDATarget
from nnc.compiler.codegen.layout import StateBlock
from nnc.compiler.ir.parser import parse_module

if TYPE_CHECKING:
    from collections.abc import Callable

_STEPS = """
module @steps {{
  loop.size @pop0.n
  loop.size @team
  loop.field @pop0.v : buf<f64> [@pop0.n] state
  loop.func @run (%t0: i64, %t1: i64) {{
    loop.time %k: i64 = %t0 to %t1 {{
      {body}
    }}
  }}
}}
"""

_COPY = """
module @copy {
  loop.size @pop0.n
  loop.field @pop0.a : buf<f64> [@pop0.n] state
  loop.field @pop0.b : buf<f64> [@pop0.n] state
  loop.func @run (%t0: i64, %t1: i64) {
    %a = mem.field @pop0.a : buf<f64>
    %b = mem.field @pop0.b : buf<f64>
    %n = mem.size @pop0.n : i64
    %one = const 1 : i64
    %four = const 4 : i64
    %part = arith.div %n, %four : i64
    %p = spmd.id : i64
    %q = arith.add %p, %one : i64
    %lo = spmd.bound %part, %p : i64
    %hi = spmd.bound %part, %q : i64
    loop.time %k: i64 = %t0 to %t1 {
      loop.for %i0: i64 = %lo to %hi simd {
        %i1 = arith.add %i0, %part : i64
        %i2 = arith.add %i1, %part : i64
        %i3 = arith.add %i2, %part : i64
        %x0 = mem.load %a [%i0] : f64
        %x1 = mem.load %a [%i1] : f64
        %x2 = mem.load %a [%i2] : f64
        %x3 = mem.load %a [%i3] : f64
        mem.store %x0, %b [%i0]
        mem.store %x1, %b [%i1]
        mem.store %x2, %b [%i2]
        mem.store %x3, %b [%i3]
      }
    }
  }
}
"""
"""Each thread has four loads under way."""


class Kernel:
    """A module on the device, with one block per processor, or with as many as fit."""

    def __init__(self, text: str, neurons: int, *, full: bool = False) -> None:
        target = CUDATarget()
        self.program: Any = target.load(target.emit(parse_module(text)))
        team = self.program.resident if full else self.program.team_for(1 << 62)
        self.block = StateBlock(self.program.layout, {"pop0.n": neurons}, team=team)
        self.run(1)

    def run(self, steps: int) -> float:
        """Seconds that some steps take."""
        begin = time.perf_counter()
        self.program.run(self.block, self.block.t, self.block.t + steps)
        return time.perf_counter() - begin


def _least(measure: Callable[[], float], repeats: int) -> float:
    return min(measure() for _ in range(repeats))


def launch_cost(repeats: int) -> float:
    """Seconds of a run of one step that does nothing, with all that `simulate` moves for it."""
    kernel = Kernel(_STEPS.format(body=""), 64)
    return _least(lambda: kernel.run(1), repeats)


def barrier_cost(steps: int, repeats: int) -> float:
    """Seconds of a step with a meeting of all blocks, beyond those of one without."""
    with_it, without = Kernel(_STEPS.format(body="loop.barrier"), 64), Kernel(_STEPS.format(body=""), 64)
    return (_least(lambda: with_it.run(steps), repeats) - _least(lambda: without.run(steps), repeats)) / steps


def bandwidth(size: int, steps: int, repeats: int) -> float:
    """Bytes per second that a copy of two arrays of `size` bytes reads and writes together."""
    count = max(64, size // 8 // 4 * 4)
    kernel = Kernel(_COPY, count, full=True)
    kernel.block.fields["pop0.a"][:] = np.arange(count)
    kernel.run(1)
    once = _least(lambda: kernel.run(1), repeats)
    more = _least(lambda: kernel.run(1 + steps), repeats)
    if not np.array_equal(kernel.block.fields["pop0.b"], kernel.block.fields["pop0.a"]):
        raise RuntimeError("the copy on the device is wrong")
    return 16.0 * count * steps / max(more - once, 1e-9)
