"""Logarithms and inverse hyperbolic functions.

x = 2^k m, f = m - 1, s = f/(2 + f): log m = f - f*f/2 + s (f*f/2 + R(s*s)), the arrangement of FreeBSD's msun.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.ir.elementary.coefficients import (
    LN2,
    LN2_SPLIT_F32,
    LN2_SPLIT_F64,
    LOG2_E,
    LOG10_2,
    LOG10_E,
    LOG_F32,
    LOG_F64,
)
from nnc.compiler.ir.elementary.formats import INF, NAN, split, to_float
from nnc.compiler.ir.elementary.num import fast_two_sum, two_product
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from nnc.compiler.ir.elementary.num import Num


def _at_the_ends(x: Num, value: Num) -> Num:
    """The value inside (0, inf); -inf at 0, inf at inf, NaN below 0 and for NaN."""
    ends = x.eq(0.0).select(x.of(-INF), (x > 0.0).select(x, NAN))
    return ((x > 0.0) & (x < INF)).select(value, ends)


def _tail(f: Num, half_square: Num) -> Num:
    """log(1 + f) - f + f*f/2."""
    s = f / (f + 2.0)
    z = s * s
    table = LOG_F32 if f.dtype is DType.f32 else LOG_F64
    return s * z.fma(z.horner(table), half_square)


def _combine(k: Num, f: Num, correction: Num | None = None) -> Num:
    """K ln 2 + log(1 + f) + correction."""
    high, low = LN2_SPLIT_F32 if f.dtype is DType.f32 else LN2_SPLIT_F64
    half_square = f * f * 0.5
    small = k * low if correction is None else k.fma(low, correction)
    return k.fma(high, f - (half_square - (_tail(f, half_square) + small)))


def log(x: Num, goal: DType) -> Num:
    """Natural logarithm, below 1 ulp."""
    k, m = split(x)
    return _at_the_ends(x, _combine(to_float(k), m - 1.0))


def log1p(x: Num, goal: DType) -> Num:
    """log(1 + x), below 1.5 ulp: the rounding error of u = 1 + x enters to first order."""
    u = x + 1.0
    k, m = split(u)
    near = k.eq(0)
    lost = (u > 2.0).select(1.0 - (u - x), x - (u - 1.0)) / u
    f = near.select(x, m - 1.0)
    value = _combine(to_float(k), f, near.select(x.of(0.0), lost))
    return x.eq(0.0).select(x, _at_the_ends(u, value))


def _pair(m: Num) -> tuple[Num, Num]:
    """Log of m as an unevaluated sum, for m in [sqrt(1/2), sqrt(2))."""
    f = m - 1.0
    h, h_error = two_product(f * 0.5, f)
    high, error = fast_two_sum(f, -h)
    return fast_two_sum(high, (error - h_error) + _tail(f, h))


def _times(pair: tuple[Num, Num], factor: tuple[float, float]) -> tuple[Num, Num]:
    high, low = pair
    p, error = two_product(high, factor[0])
    return p, low.fma(factor[0], high.fma(factor[1], error))


def log2(x: Num, goal: DType) -> Num:
    """Logarithm to base 2, below 1 ulp; exact for powers of 2."""
    k, m = split(x)
    high, low = _times(_pair(m), LOG2_E)
    total, error = fast_two_sum(to_float(k), high)
    return _at_the_ends(x, total + (error + low))


def log10(x: Num, goal: DType) -> Num:
    """Logarithm to base 10, below 1 ulp."""
    k, m = split(x)
    high, low = _times(_pair(m), LOG10_E)
    n = to_float(k)
    base, base_error = two_product(n, LOG10_2[0])
    total, error = fast_two_sum(base, high)
    return _at_the_ends(x, total + (error + (low + n.fma(LOG10_2[1], base_error))))


def asinh(x: Num, goal: DType) -> Num:
    """Inverse hyperbolic sine: log1p(a + a*a/(1 + sqrt(1 + a*a)))."""
    a = abs(x)
    big = a > 2.0**60
    square = a * a
    near = a + square / ((square + 1.0).math("sqrt") + 1.0)
    value = log1p(big.select(a, near), goal) + big.select(x.of(LN2[0]), 0.0)
    return value.with_sign_of(x)


def acosh(x: Num, goal: DType) -> Num:
    """Inverse hyperbolic cosine: with t = x - 1, log1p(t + sqrt(2 t + t*t)); NaN below 1."""
    big = x > 2.0**60
    t = x - 1.0
    near = t + t.fma(t, t + t).math("sqrt")
    value = log1p(big.select(x, near), goal) + big.select(x.of(LN2[0]), 0.0)
    return (x >= 1.0).select(value, NAN)


def atanh(x: Num, goal: DType) -> Num:
    """Inverse hyperbolic tangent: log1p(2a/(1 - a))/2; infinite at 1, NaN beyond."""
    a = abs(x)
    value = log1p((a + a) / (1.0 - a), goal) * 0.5
    return (a <= 1.0).select((a < 2.0**-28).select(x, value.with_sign_of(x)), NAN)
