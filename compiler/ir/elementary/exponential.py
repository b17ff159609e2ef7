"""exp, exp2, expm1 and the hyperbolic functions: x = n ln 2 + r, then a polynomial in r, then 2^n by bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.ir.elementary.coefficients import EXP_F32, EXP_F64, LN2, LN2_SPLIT_F32, LN2_SPLIT_F64, LOG2_E
from nnc.compiler.ir.elementary.formats import format_of, power_of_two
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from nnc.compiler.ir.elementary.num import Num


def round_to_integer(x: Num, factor: float = 1.0) -> tuple[Num, Num]:
    """Nearest integer to x * factor (below 2^22 or 2^51), as a float and as the low bits of an integer."""
    form = format_of(x)
    shifted = x.fma(factor, form.magic) if factor != 1.0 else x + form.magic
    return shifted - form.magic, shifted.bits() - form.magic_bits


def reduce(x: Num) -> tuple[Num, Num]:
    """(i, r) with x = i ln 2 + r, |r| <= ln(2)/2."""
    high, low = LN2_SPLIT_F32 if x.dtype is DType.f32 else LN2_SPLIT_F64
    n, i = round_to_integer(x, LOG2_E[0])
    return i, n.fma(-low, n.fma(-high, x))


def expm1_kernel(r: Num) -> Num:
    """exp(r) - 1 for |r| <= ln(2)/2."""
    table = EXP_F32 if r.dtype is DType.f32 else EXP_F64
    return (r * r).fma(r.horner(table), r)


def scaled(p: Num, i: Num) -> Num:
    """P * 2^i, rounded once where the result is a denormal; overflows to infinity."""
    half = i >> 1
    return p * power_of_two(half) * power_of_two(i - half)


def exp(x: Num, goal: DType) -> Num:
    """e to the power of x, below 1.1 ulp."""
    low, high = (-104.0, 89.0) if x.dtype is DType.f32 else (-746.0, 710.0)
    i, r = reduce(x.at_least(low).at_most(high))
    return scaled(expm1_kernel(r) + 1.0, i)


def exp2(x: Num, goal: DType) -> Num:
    """2 to the power of x, below 1.1 ulp; exact for integers."""
    low, high = (-151.0, 129.0) if x.dtype is DType.f32 else (-1076.0, 1025.0)
    clamped = x.at_least(low).at_most(high)
    n, i = round_to_integer(clamped)
    return scaled(expm1_kernel((clamped - n) * LN2[0]) + 1.0, i)


def _expm1_part(x: Num, down: int) -> Num:
    """(exp(x) - 1) / 2^down; the caller bounds x so that no part overflows."""
    i, r = reduce(x)
    s = power_of_two(i - down)
    return expm1_kernel(r).fma(s, s - 2.0**-down)


def expm1(x: Num, goal: DType) -> Num:
    """exp(x) - 1, below 2 ulp."""
    low, high = (-20.0, 88.9) if x.dtype is DType.f32 else (-40.0, 709.9)
    value = _expm1_part(x.at_least(low).at_most(high), 1) * 2.0
    return (abs(x) < 2.0**-60).select(x, value)


def tanh(x: Num, goal: DType) -> Num:
    """Hyperbolic tangent, below 2.5 ulp: with e = expm1(2|x|), e / (e + 2)."""
    a = abs(x)
    e = _expm1_part((a + a).at_most(45.0), 0)
    return (e / (e + 2.0)).with_sign_of(x)


def sinh(x: Num, goal: DType) -> Num:
    """Hyperbolic sine: with e = expm1(|x|), (e + e/(e + 1)) / 2; e is scaled down so that it cannot overflow early."""
    a = abs(x)
    q = _expm1_part(a.at_most(710.6), 2)
    value = (q + q / q.fma(4.0, 1.0)) * 2.0
    return (a < 2.0**-28).select(x, value.with_sign_of(x))


def cosh(x: Num, goal: DType) -> Num:
    """Hyperbolic cosine: with q = exp(|x|)/4, 2 (q + 1/(16 q))."""
    i, r = reduce(abs(x).at_most(710.6))
    q = (expm1_kernel(r) + 1.0) * power_of_two(i - 2)
    return (q + 0.0625 / q) * 2.0
