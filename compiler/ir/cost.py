"""What ops cost: bytes of memory, floating-point and other operations, counted on the loop level.

Counts are those of the IR: each load and store counts its bytes whether a cache holds them or not, an `fma` is two
operations, comparisons, selections and conversions are none that count as floating-point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import arith, loop, random

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Op

PHILOX: Final = 10 * 8
"""Integer operations of a block of Philox: ten rounds of two products, four words and two keys."""

LANES: Final = 32
"""Partial results of a reduction, folded at its end."""

_ONE: Final = ("arith.add", "arith.sub", "arith.mul", "arith.div", "arith.rem", "arith.neg", "math.sqrt")
_FLOPS: Final = {**dict.fromkeys(_ONE, 1), "arith.fma": 2}

_FREE: Final = frozenset({"const", "yield", "arith.broadcast", "arith.bitcast", "mem.field", "mem.size", "mem.alloca"})


@dataclass(frozen=True)
class Work:
    """Bytes read and written, floating-point operations, and all other operations."""

    read: int = 0
    written: int = 0
    flops: int = 0
    others: int = 0

    def __add__(self, other: Work) -> Work:
        return Work(
            self.read + other.read,
            self.written + other.written,
            self.flops + other.flops,
            self.others + other.others,
        )

    def times(self, count: int) -> Work:
        """So many of it."""
        return Work(self.read * count, self.written * count, self.flops * count, self.others * count)

    @property
    def bytes(self) -> int:
        """All bytes that are moved."""
        return self.read + self.written


def work_of(op: Op) -> Work:
    """The work of one op, once, without that of its regions."""
    if isinstance(op, loop.Load):
        return Work(read=op.buffer.type.dtype.numpy.itemsize)
    if isinstance(op, loop.Store):
        return Work(written=op.buffer.type.dtype.numpy.itemsize)
    if isinstance(op, random.Philox):
        return Work(others=PHILOX)
    if isinstance(op, loop.Reduce):
        return _folding(op).times(LANES - 1)
    if not op.results or op.name in _FREE or not op.name.startswith(("arith.", "math.")):
        return Work()
    if isinstance(op, arith.Const) or not op.results[0].type.dtype.is_float:
        return Work(others=1)
    flops = _FLOPS.get(op.name)
    return Work(others=1) if flops is None else Work(flops=flops)


def element_of(op: Op) -> Work:
    """What a loop op does for each element beside its region: a reduction combines, a compaction reads its mask."""
    if isinstance(op, loop.Compact):
        return Work(read=1)
    if isinstance(op, loop.Reduce):
        return Work(flops=2) if op.kind == "fma" else _folding(op)
    return Work()


def _folding(op: loop.Reduce) -> Work:
    sums = op.kind in ("add", "fma") and op.result.type.dtype.is_float
    return Work(flops=1) if sums else Work(others=1)
