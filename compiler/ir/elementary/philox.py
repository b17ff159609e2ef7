"""Philox4x32-10 in integer ops.

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
LOW = 0xFFFFFFFF


def philox(ops: Ops, operands: Sequence[Any]) -> list[Any]:
    """Four words from (c0, c1, c2, c3, k0, k1)."""
    return in_step(ops, [operands])[0]


def in_step(ops: Ops, blocks: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """The four words of each of several blocks, a round of all at a time: the next waits for the last of its own.

    Words are the low halves of 64-bit numbers, whose high halves are never looked at: vector units multiply 32 by 32
    bits within 64-bit lanes, and moving the halves of the products elsewhere would take longer than multiplying.
    """
    words = [[ops.cast(word, DType.i64) for word in operands[:4]] for operands in blocks]
    keys = [list(operands[4:]) for operands in blocks]
    m0, m1, low, half = (ops.const(c, DType.i64) for c in (M0, M1, LOW, 32))
    w0, w1 = (ops.const(c, DType.i32) for c in (W0, W1))
    for turn in range(ROUNDS):
        for block, key in zip(words, keys, strict=True):
            if turn:
                key[:] = ops.add(key[0], w0), ops.add(key[1], w1)
            c0, c1, c2, c3 = block
            product0, product1 = ops.mul(ops.and_(c0, low), m0), ops.mul(ops.and_(c2, low), m1)
            c0 = ops.xor(ops.xor(ops.shr(product1, half), c1), ops.cast(key[0], DType.i64))
            c2 = ops.xor(ops.xor(ops.shr(product0, half), c3), ops.cast(key[1], DType.i64))
            block[:] = c0, product1, c2, product0
    return [[ops.cast(word, DType.i32) for word in block] for block in words]
