"""Philox4x32-10 in 32-bit integer ops.

J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.ir.elementary.num import Ops

M0, M1 = 0xD2511F53, 0xCD9E8D57
W0, W1 = 0x9E3779B9, 0xBB67AE85
ROUNDS = 10


def philox(ops: Ops, operands: Sequence[Any]) -> list[Any]:
    """Four words from (c0, c1, c2, c3, k0, k1)."""
    c0, c1, c2, c3, k0, k1 = operands
    m0, m1, w0, w1 = (ops.const(c, DType.i32) for c in (M0, M1, W0, W1))
    for turn in range(ROUNDS):
        if turn:
            k0, k1 = ops.add(k0, w0), ops.add(k1, w1)
        high0, low0 = ops.mulhi(c0, m0), ops.mul(c0, m0)
        high1, low1 = ops.mulhi(c2, m1), ops.mul(c2, m1)
        c0, c1, c2, c3 = ops.xor(ops.xor(high1, c1), k0), low1, ops.xor(ops.xor(high0, c3), k1), low0
    return [c0, c1, c2, c3]
