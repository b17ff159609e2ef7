"""erf, round, sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.ir.elementary.coefficients import ERF_F32, ERF_F64, ERFCX_F32, ERFCX_F64
from nnc.compiler.ir.elementary.exponential import exp
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from nnc.compiler.ir.elementary.num import Num


def erf(x: Num, goal: DType) -> Num:
    """Error function, below 1.5 ulp: odd polynomial below 1, 1 - exp(-x*x) erfcx(x) above."""
    near, far = (ERF_F32, ERFCX_F32) if goal is DType.f32 else (ERF_F64, ERFCX_F64)
    a = abs(x)
    b = a.at_most(6.0)
    u = (b - 2.0) / (b + 2.0)
    above = 1.0 - exp(-(b * b), goal) * u.horner(far)
    z = x * x
    return (a < 1.0).select(x * z.horner(near), above.with_sign_of(x))


def round(x: Num, goal: DType) -> Num:
    """Nearest integer, ties away from zero; keeps the sign of zero."""
    whole = x.math("trunc")
    up = abs(x - whole) >= 0.5
    return up.select(whole + x.of(1.0).with_sign_of(x), whole)


def sign(x: Num, goal: DType) -> Num:
    """-1, 0 or 1; NaN of NaN."""
    return (x > 0.0).select(x.of(1.0), (x < 0.0).select(x.of(-1.0), x.eq(0.0).select(x.of(0.0), x)))
