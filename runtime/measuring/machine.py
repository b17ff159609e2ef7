"""What this machine can do at most: bytes and floating-point operations per second, measured once and kept.

The bandwidth is that of `c = a * s + b` over arrays that fit one level of the memory after the other, counted as in
`nnc.compiler.ir.cost`; the operations are independent chains of `fma`. Both run as compiled programs of nnc.
"""

from __future__ import annotations

import functools
import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from nnc.compiler.codegen.cache import default_cache, host_cpu, key
from nnc.compiler.codegen.layout import StateBlock
from nnc.compiler.codegen.target import get_target
from nnc.compiler.ir.parser import parse_module

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.codegen.target import Program

WORKING_SETS: Final = (24 << 10, 384 << 10, 6 << 20, 96 << 20)
"""Bytes of three arrays together, per thread."""

CHAINS: Final = 8
LINKS: Final = 32
"""Independent chains of `fma` per element, and their length."""

_BEST_OF: Final = 5
_SHORT: Final = 0.004
"""Seconds of one measurement at least."""


@dataclass(frozen=True)
class Peaks:
    """Bytes per second by size of the working set in bytes, and floating-point operations per second."""

    sizes: tuple[int, ...]
    bandwidths: tuple[float, ...]
    flops: float

    def bandwidth(self, working_set: int) -> float:
        """Bytes per second for data of a size."""
        for size, value in zip(self.sizes, self.bandwidths, strict=True):
            if working_set <= size:
                return value
        return self.bandwidths[-1]

    def seconds(self, moved: int, flops: int, working_set: int) -> float:
        """The least time for some work."""
        return max(moved / self.bandwidth(working_set), flops / self.flops)


def peaks(precision: str, threads: int) -> Peaks | None:
    """Those of a number format and number of threads, measured once; None where target `llvm` is not available."""
    if get_target("llvm").available() is not None:
        return None
    return _known(precision, threads)


@functools.cache
def _known(precision: str, threads: int) -> Peaks:
    cache = default_cache()
    name = key("peaks", host_cpu(), precision, str(threads), repr((WORKING_SETS, CHAINS, LINKS))) + ".json"
    stored = cache.read(name)
    if stored is not None:
        try:
            raw = json.loads(stored)
            return Peaks(tuple(raw["sizes"]), tuple(raw["bandwidths"]), float(raw["flops"]))
        except (ValueError, KeyError, TypeError):
            pass  # a damaged file is measured anew
    found = _measure(precision, threads)
    cache.write(name, json.dumps(asdict(found)).encode())
    return found


def _measure(precision: str, threads: int) -> Peaks:
    width = 4 if precision == "float" else 8
    stream = _program(precision, ["%y = arith.fma %a, %s, %b : {f}"])
    sizes = tuple(size * threads for size in WORKING_SETS)
    bandwidths = []
    for size in sizes:
        n = size // (3 * width)
        bandwidths.append(3 * width * n / _seconds_per_step(stream, n, threads))
    n = 4096 * threads
    flops = 2 * CHAINS * LINKS * n / _seconds_per_step(_program(precision, _chains()), n, threads)
    return Peaks(sizes, tuple(bandwidths), flops)


def _chains() -> Sequence[str]:
    """Independent chains of `fma`, added up at the end."""
    lines = ["%x0_0 = arith.fma %a, %s, %b : {f}"]
    lines += [f"%x{c}_0 = arith.mul %x{c - 1}_0, %s : {{f}}" for c in range(1, CHAINS)]
    for link in range(1, LINKS + 1):
        lines += [f"%x{c}_{link} = arith.fma %x{c}_{link - 1}, %s, %b : {{f}}" for c in range(CHAINS)]
    lines.append(f"%y1 = arith.add %x0_{LINKS}, %x1_{LINKS} : {{f}}")
    lines += [f"%y{c} = arith.add %y{c - 1}, %x{c}_{LINKS} : {{f}}" for c in range(2, CHAINS)]
    lines.append(f"%y = arith.mul %y{CHAINS - 1}, %s : {{f}}")
    return lines


def _program(precision: str, body: Sequence[str]) -> Program:
    """A program that computes c from a and b, elementwise, in every step."""
    kind = "f32" if precision == "float" else "f64"
    inner = "\n".join("        " + line.replace("{f}", kind) for line in body)
    text = f"""\
module @peak dt = 1.0 {{
  loop.size @peak.n
  loop.size @team
  loop.field @peak.a : buf<{kind}> [@peak.n] state
  loop.field @peak.b : buf<{kind}> [@peak.n] state
  loop.field @peak.c : buf<{kind}> [@peak.n] state
  loop.field @peak.s : buf<{kind}> [] param
  loop.func @run(%t0: i64, %t1: i64) {{
    %n = mem.size @peak.n : i64
    %id = spmd.id : i64
    %one = const 1 : i64
    %next = arith.add %id, %one : i64
    %lo = spmd.bound %n, %id : i64
    %hi = spmd.bound %n, %next : i64
    %as = mem.field @peak.a : buf<{kind}>
    %bs = mem.field @peak.b : buf<{kind}>
    %cs = mem.field @peak.c : buf<{kind}>
    %ss = mem.field @peak.s : buf<{kind}>
    %zero = const 0 : i64
    %s = mem.load %ss[%zero] : {kind}
    loop.time %k: i64 = %t0 to %t1 {{
      loop.for %i: i64 = %lo to %hi simd {{
        %a = mem.load %as[%i] : {kind}
        %b = mem.load %bs[%i] : {kind}
{inner}
        mem.store %y, %cs[%i]
      }}
    }}
  }}
}}
"""
    target = get_target("llvm")
    return target.load(target.emit(parse_module(text)))


def _seconds_per_step(program: Program, n: int, threads: int) -> float:
    block = StateBlock(program.layout, {"peak.n": n}, team=threads)
    block.fields["peak.s"][...] = 0.5
    steps = 1
    while (taken := _timed(program, block, steps)) < _SHORT:
        steps = max(2 * steps, int(steps * _SHORT / max(taken, 1e-7)))
    return min([taken, *(_timed(program, block, steps) for _ in range(_BEST_OF))]) / steps


def _timed(program: Program, block: StateBlock, steps: int) -> float:
    begin = time.perf_counter()
    program.run(block, 0, steps)
    return time.perf_counter() - begin
