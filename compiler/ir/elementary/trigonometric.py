"""sin, cos, tan.

f64: arguments up to 2^51 (2.25e15) in magnitude are reduced by four-term subtraction of multiples of pi/2, kept as an
unevaluated sum; beyond, where neighbouring numbers are half a radian and more apart, the result is NaN. f32: any
argument, computed in f64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.ir.elementary.coefficients import COS_F32, COS_F64, HALF_PI, SIN_F32, SIN_F64, TWO_OVER_PI
from nnc.compiler.ir.elementary.exponential import round_to_integer
from nnc.compiler.ir.elementary.formats import NAN
from nnc.compiler.ir.elementary.num import fast_two_sum, two_product, two_sum
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from nnc.compiler.ir.elementary.num import Num

LIMIT_F64 = 2.0**51


def _reduce_f64(x: Num) -> tuple[Num, Num, Num]:
    """(i, r, r_error): x = i pi/2 + r + r_error, |r| <= pi/4 (and a little)."""
    n, i = round_to_integer(x, TWO_OVER_PI[0][0])
    p, p_error = two_product(n, HALF_PI[0])
    first, first_error = two_sum(x - p, -p_error)
    q, q_error = two_product(n, HALF_PI[1])
    second, second_error = two_sum(first, -q)
    low = n.fma(-HALF_PI[2], (first_error + second_error) - q_error)
    r, r_error = fast_two_sum(second, low)
    return i, r, r_error


def _reduce_f32(x: Num) -> tuple[Num, Num]:
    """(i, r) for an f64 that holds an f32: x = i pi/2 + r modulo 2 pi.

    x = y 2^(24 q) with an integer (or small) y below 2^48: the turns are y times a constant modulo 4, exact as a pair.
    """
    a = abs(x)
    y, high, low = x, x.of(TWO_OVER_PI[0][0]), x.of(TWO_OVER_PI[0][1])
    for q, (part, rest) in enumerate(TWO_OVER_PI[1:], 1):
        above = a >= 2.0 ** (24 + 24 * q)
        y = above.select(x * 2.0 ** (-24 * q), y)
        high = above.select(x.of(part), high)
        low = above.select(x.of(rest), low)
    p, error = two_product(y, high)
    n, i = round_to_integer(p)
    return i, ((p - n) + y.fma(low, error)) * HALF_PI[0]


def _sin_cos(x: Num, goal: DType) -> tuple[Num, Num, Num]:
    """(i, sin r, cos r)."""
    if goal is DType.f32:
        i, r = _reduce_f32(x)
        z = r * r
        return i, (r * z).fma(z.horner(SIN_F32), r), (z * z).fma(z.horner(COS_F32), z.fma(-0.5, 1.0))
    i, r, error = _reduce_f64(x)
    z = r * r
    half = z * 0.5
    cos_head = 1.0 - half
    sin = r + (r * z).fma(z.horner(SIN_F64), error * cos_head)
    cos = cos_head + (((1.0 - cos_head) - half) + (z * z).fma(z.horner(COS_F64), -(r * error)))
    return i, sin, cos


def _quadrant(i: Num, sin: Num, cos: Num) -> Num:
    """Sine of i quarter turns more."""
    value = (i & 1).eq(0).select(sin, cos)
    return (value.bits() ^ ((i & 2) << 62)).as_float()


def _supported(x: Num, value: Num) -> Num:
    """NaN beyond what can be reduced. An f32 held in f64 always can, unless infinite."""
    return (abs(x) < LIMIT_F64).select(value, NAN)


def _finish(x: Num, value: Num, goal: DType) -> Num:
    return value if goal is DType.f32 else _supported(x, value)


def sin(x: Num, goal: DType) -> Num:
    """Sine of radians, below 1 ulp."""
    i, s, c = _sin_cos(x, goal)
    return x.eq(0.0).select(x, _finish(x, _quadrant(i, s, c), goal))


def cos(x: Num, goal: DType) -> Num:
    """Cosine of radians, below 1 ulp."""
    i, s, c = _sin_cos(x, goal)
    return _finish(x, _quadrant(i + 1, s, c), goal)


def tan(x: Num, goal: DType) -> Num:
    """Tangent of radians, below 2 ulp."""
    i, s, c = _sin_cos(x, goal)
    even = (i & 1).eq(0)
    value = even.select(s, -c) / even.select(c, s)
    return x.eq(0.0).select(x, _finish(x, value, goal))
