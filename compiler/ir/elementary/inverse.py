"""asin, acos, atan, atan2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.ir.elementary.coefficients import ASIN_F32, ASIN_F64, ATAN_F32, ATAN_F64, HALF_PI
from nnc.compiler.ir.elementary.formats import INF
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from nnc.compiler.ir.elementary.num import Num

TAN_PI_8 = 0.41421356237309503


def _asin_parts(x: Num, goal: DType) -> tuple[Num, Num, Num, Num]:
    """(small, s, s_error, tail): asin(|x|) = s + tail if |x| < 1/2, else pi/2 - 2 (s + s_error + tail)."""
    a = abs(x)
    small = a < 0.5
    z = small.select(a * a, (1.0 - a) * 0.5)
    root = z.math("sqrt")
    s = small.select(a, root)
    inexact = ~small & (z > 0.0)
    error = inexact.select((-root).fma(root, z) / (root + root), 0.0)
    table = ASIN_F32 if goal is DType.f32 else ASIN_F64
    return small, s, error, s * z * z.horner(table)


def asin(x: Num, goal: DType) -> Num:
    """Inverse sine, below 1.5 ulp; NaN outside [-1, 1]."""
    small, s, error, tail = _asin_parts(x, goal)
    near_one = HALF_PI[0] - (s * 2.0 - ((tail + error).fma(-2.0, HALF_PI[1])))
    return small.select(s + tail, near_one).with_sign_of(x)


def acos(x: Num, goal: DType) -> Num:
    """Inverse cosine, below 1.5 ulp; NaN outside [-1, 1]."""
    small, s, error, tail = _asin_parts(x, goal)
    negative = x < 0.0
    signed = negative.select(-s, s)
    middle = HALF_PI[0] - (signed - (HALF_PI[1] - negative.select(-tail, tail)))
    twice = (s + (tail + error)) * 2.0
    left = 2.0 * (HALF_PI[0] - (s - (HALF_PI[1] - (tail + error))))
    return small.select(middle, negative.select(left, twice))


def _angle(top: Num, bottom: Num, left: Num | None, goal: DType) -> Num:
    """Angle of the point (bottom, top), both >= 0, mirrored at the vertical axis where `left`."""
    swap = top > bottom
    num, den = swap.select(bottom, top), swap.select(top, bottom)
    if goal is not DType.f32:
        scale = (den > 2.0**1000).select(den.of(2.0**-600), (den < 2.0**-900).select(den.of(2.0**120), 1.0))
        num, den = num * scale, den * scale
    far = num.eq(INF)
    num, den = far.select(num.of(1.0), num), far.select(den.of(1.0), den)
    den = den.eq(0.0).select(den.of(1.0), den)
    high = num > den * TAN_PI_8
    t = high.select(num - den, num) / (den + high.select(num, 0.0))
    z = t * t
    table = ATAN_F32 if goal is DType.f32 else ATAN_F64
    tail = t * z * z.horner(table)
    eighths = high.select(t.of(1.0), 0.0)
    eighths = swap.select(2.0 - eighths, eighths)
    if left is None:
        flip = swap
    else:
        flip = (swap & ~left) | (left & ~swap)
        eighths = left.select(4.0 - eighths, eighths)
    t, tail = flip.select(-t, t), flip.select(-tail, tail)
    # multiples of pi/4: the head is rounded once, together with t
    head, rest = HALF_PI[0] / 2, HALF_PI[1] / 2
    base = eighths * head
    base_error = eighths.fma(head, -base)
    total = base + t
    lost = (base - total) + t
    return total + (tail + (lost + eighths.fma(rest, base_error)))


def atan(x: Num, goal: DType) -> Num:
    """Inverse tangent, below 1.5 ulp."""
    a = abs(x)
    value = _angle(a, x.of(1.0), None, goal).with_sign_of(x)
    return x.eq(0.0).select(x, value)


def atan2(y: Num, x: Num, goal: DType) -> Num:
    """Angle of the point (x, y), as C atan2, below 1.5 ulp."""
    angle = _angle(abs(y), abs(x), x.bits() < 0, goal).with_sign_of(y)
    return (x.ne(x) | y.ne(y)).select(x + y, angle)
