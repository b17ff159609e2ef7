"""pow, cbrt, hypot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.ir.elementary.coefficients import CBRT_F64, LN2, LN2_SPLIT_F64, LOG2_E, POW_F64, TWO_THIRDS
from nnc.compiler.ir.elementary.exponential import exp, expm1_kernel, round_to_integer, scaled
from nnc.compiler.ir.elementary.formats import F64, INF, NAN, power_of_two, split, to_float
from nnc.compiler.ir.elementary.logarithm import log
from nnc.compiler.ir.elementary.num import fast_two_sum, two_product
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from nnc.compiler.ir.elementary.num import Num


def _log_pair(x: Num) -> tuple[Num, Num]:
    """Log of a positive finite f64 as an unevaluated sum, good to about 2^-65 of itself.

    2 atanh(s) with s = (m - 1)/(m + 1) as a pair; the terms beyond s^3 are small enough for plain arithmetic.
    """
    k, m = split(x)
    f = m - 1.0
    d, d_error = fast_two_sum(f.of(2.0), f)
    s = f / d
    s_error = ((-s).fma(d, f) - s * d_error) / d
    z, z_error = two_product(s, s)
    z_error = (s + s).fma(s_error, z_error)
    t, t_error = fast_two_sum(z.of(TWO_THIRDS[0]), z.fma(z.horner(POW_F64), TWO_THIRDS[1]))
    c, c_error = two_product(s, z)
    c_error = s.fma(z_error, s_error.fma(z, c_error))
    u, u_error = two_product(c, t)
    u_error = c.fma(t_error, c_error.fma(t, u_error))
    n = to_float(k)
    base, base_error = two_product(n, LN2[0])
    base_error = n.fma(LN2[1], base_error)
    first, first_error = fast_two_sum(base, s + s)
    total, error = fast_two_sum(first, u)
    return fast_two_sum(total, error + (first_error + (u_error + (s_error.fma(2.0, base_error)))))


def _exp_pair(high: Num, low: Num) -> Num:
    """Exp of an unevaluated sum; any `high`, and a `low` that is small beside it."""
    inside = abs(high) < 750.0
    bounded = high.at_least(-750.0).at_most(750.0)
    n, i = round_to_integer(bounded, LOG2_E[0])
    rest = inside.select(low, 0.0)
    first = n.fma(-LN2_SPLIT_F64[0], bounded)
    r, r_error = fast_two_sum(first, n.fma(-LN2_SPLIT_F64[1], rest))
    p = expm1_kernel(r)
    return scaled((p + r_error.fma(p, r_error)) + 1.0, i)


def pow(x: Num, y: Num, goal: DType) -> Num:
    """X to the power of y with the special values of C pow; below 1 ulp. For f32 it is computed in plain f64."""
    a = abs(x)
    if goal is DType.f32:
        magnitude = exp(y * log(a, goal), goal)
    else:
        magnitude = _pow_magnitude(a, y)
    whole = y.math("rint").eq(y)
    half = y * 0.5
    odd = whole & half.math("rint").ne(half) & (abs(y) < 2.0**53)
    negative = x.bits() < 0
    value = (negative & odd).select(-magnitude, magnitude)
    value = ((x < 0.0) & (x > -INF) & ~whole).select(value.of(NAN), value)
    one = y.eq(0.0) | x.eq(1.0) | (x.eq(-1.0) & abs(y).eq(INF))
    return one.select(value.of(1.0), value)


def _pow_magnitude(a: Num, y: Num) -> Num:
    high, low = _log_pair(a)
    ordinary = (a > 0.0) & (a < INF)
    outside = a.eq(0.0).select(a.of(-INF), a)
    high = ordinary.select(high, outside)
    low = ordinary.select(low, 0.0)
    p, error = two_product(y, high)
    return _exp_pair(p, y.fma(low, error))


def cbrt(x: Num, goal: DType) -> Num:
    """Cube root, below 1 ulp: a polynomial guess, a step of Halley, two of Newton, the last with an exact cube."""
    a = abs(x)
    small = a < F64.least_normal
    bits = small.select(a * 2.0**54, a).bits()
    exponent = (bits >> F64.mantissa) - F64.bias
    third = (((exponent + 3072) * 43691) >> 17) - 1024
    m = (bits - ((third * 3) << F64.mantissa)).as_float()
    t = m.horner(CBRT_F64)
    cube = t * t * t
    t = t * (cube + m * 2.0) / cube.fma(2.0, m)
    t = t - (t * t).fma(t, -m) / (t * t * 3.0)
    square, error = two_product(t, t)
    t = t - (square.fma(t, -m) + error * t) / (square * 3.0)
    value = (t * power_of_two(small.select(third - 18, third))).with_sign_of(x)
    return ((a > 0.0) & (a < INF)).select(value, x)


def hypot(x: Num, y: Num, goal: DType) -> Num:
    """sqrt(x*x + y*y), about 1 ulp, without overflow or underflow; infinite if one is, even beside a NaN."""
    a, b = abs(x), abs(y)
    if goal is DType.f32:
        value = a.fma(a, b * b).math("sqrt")
    else:
        top = (a > b).select(a, b)
        big, small = top > 2.0**500, top < 2.0**-450
        scale = big.select(a.of(2.0**-600), small.select(a.of(2.0**600), 1.0))
        back = big.select(a.of(2.0**600), small.select(a.of(2.0**-600), 1.0))
        a_scaled, b_scaled = a * scale, b * scale
        value = a_scaled.fma(a_scaled, b_scaled * b_scaled).math("sqrt") * back
    return (a.eq(INF) | b.eq(INF)).select(value.of(INF), value)
