"""Random numbers: Philox4x32-10, a pure function of what a number is for.

Counter words: block, step (low and high half), draw; key words: seed and stream. `random.philox` gives four 32-bit
words per counter. J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw: Parallel random numbers: as easy as 1, 2, 3
(SC 2011).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.ir.arith import Elementwise
from nnc.compiler.ir.define import PURE, operand, operation, results
from nnc.compiler.ir.types import At, DType, Type, join, value_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.ir.attributes import Attr
    from nnc.compiler.ir.core import Value


@operation("random.philox", traits=PURE)
class Philox(Elementwise):
    """Four words of 32 bits (as i32) from a counter of four and a key of two words (all i32)."""

    c0 = operand()
    c1 = operand()
    c2 = operand()
    c3 = operand()
    k0 = operand()
    k1 = operand()
    words = results()
    syntax = "%c0 , %c1 , %c2 , %c3 key %k0 , %k1 :r"

    @staticmethod
    def infer(values: Sequence[Value], attributes: dict[str, Attr]) -> Sequence[Type]:  # noqa: D102
        at = join(*(v.type for v in values)) or At.one
        return (value_type(DType.i32, at),) * 4

    def verify_kind(self, dtype: DType) -> str | None:  # noqa: D102
        if len(self.results) != 4:
            return "four results are needed"
        return None if dtype is DType.i32 else "defined for i32 only"
