"""Draws of random numbers as docs/design.md ("Random numbers") defines them, for any elements of a stream."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.ir.interp_arith import ArrayOps, evaluate
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def draws(distribution: str, stream: int, seed: int, k: int, index: Array, dtype: DType) -> Array:
    """The draws of step k for some elements: `uniform` in [0, 1), standard `normal`, or 32 `bits` (i32)."""
    with np.errstate(all="ignore"):
        wide = dtype is DType.f64
        words = _words(stream, seed, k, (index >> (5 if wide else 6)) * 16 + (index & 15))
        part = (index >> 4) & (1 if wide else 3)
        if distribution == "bits":
            values = words
        elif wide:
            values = _wide(distribution, words)
        else:
            values = _narrow(distribution, words)
        return np.choose(part, values)


def _words(stream: int, seed: int, k: int, block: Array) -> list[Array]:
    counter = [block, np.full_like(block, k), np.full_like(block, k >> 32), np.full_like(block, stream)]
    key = [np.full_like(block, seed), np.zeros_like(block)]
    operands = [(x & 0xFFFFFFFF).astype(np.uint32).view(np.int32) for x in (*counter, *key)]
    return evaluate("random.philox", {}, operands, [DType.i32] * 4)


def _narrow(distribution: str, words: list[Array]) -> list[Array]:
    bits = [w.view(np.uint32) >> np.uint32(8) for w in words]
    scale = np.float32(2.0**-24)
    if distribution == "uniform":
        return [b.astype(np.float32) * scale for b in bits]
    values: list[Array] = []
    for even, odd in ((0, 1), (2, 3)):
        u = (bits[even] + np.uint32(1)).astype(np.float32) * scale
        values += _box_muller(u, bits[odd].astype(np.float32) * scale, DType.f32)
    return values


def _wide(distribution: str, words: list[Array]) -> list[Array]:
    unsigned = [w.view(np.uint32) for w in words]
    u, v = (
        a.astype(np.float64) * 2.0**-32 + (b >> np.uint32(11)).astype(np.float64) * 2.0**-53
        for a, b in (unsigned[:2], unsigned[2:])
    )
    return [u, v] if distribution == "uniform" else _box_muller(u + 2.0**-53, v, DType.f64)


def _box_muller(u: Array, v: Array, dtype: DType) -> list[Array]:
    ops = ArrayOps()
    logarithm = evaluate("math.log", {}, [u], [dtype])[0]
    radius = ops.math("sqrt", ops.mul(ops.const(-2.0, dtype), logarithm))
    angle = ops.mul(ops.const(2.0 * math.pi, dtype), v)
    return [ops.mul(radius, evaluate(f"math.{f}", {}, [angle], [dtype])[0]) for f in ("cos", "sin")]
