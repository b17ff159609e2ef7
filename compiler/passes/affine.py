"""Values as straight lines: `affine(builder, value, x)` finds value = offset + slope * x on the SSA graph.

No computer algebra is needed: the rules below follow sums, products with x-free factors, selects and conversions,
and are exact in rational numbers. It serves to solve equations for the derivative, and to find the linear part of an
equation for the exponential methods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nnc.compiler.ir import arith
from nnc.compiler.passes.algebra import Algebra
from nnc.compiler.passes.inline import DependsOn

if TYPE_CHECKING:
    from nnc.compiler.ir.builder import Builder
    from nnc.compiler.ir.core import Value


class Affine(NamedTuple):
    """offset + slope * x, where None is zero; the slope is free of x, and so is the offset if `exact`."""

    offset: Value | None
    slope: Value | None
    exact: bool = True


def affine(builder: Builder, value: Value, x: Value, *, frozen: bool = False) -> Affine | None:
    """The straight line that a value is as a function of x, or None if it is none.

    With `frozen`, nonlinear functions of x may be terms of the offset (then it is not `exact`): `exp(x) - x` has the
    slope -1. Products and powers of x stay refused. A select is followed into its arms if its condition is free of x;
    with `frozen` only where the value is nothing but the select, perhaps scaled, whatever its condition.
    """
    return _Search(builder, x, frozen).of(value, top=True)


class _Search:
    def __init__(self, builder: Builder, x: Value, frozen: bool) -> None:
        self.builder = builder
        self.algebra = Algebra(builder)
        self.x = x
        self.frozen = frozen
        self.depends = DependsOn([x])

    def of(self, value: Value, top: bool = False) -> Affine | None:
        if value is self.x:
            return Affine(None, self.builder.like(1, value))
        if not self.depends(value):
            return Affine(value, None)
        match value.op:
            case arith.Add(lhs=a, rhs=b):
                return self.add(self.of(a), self.of(b))
            case arith.Sub(lhs=a, rhs=b):
                return self.sub(self.of(a), self.of(b))
            case arith.Neg(operand=a):
                return self.sub(Affine(None, None), self.of(a, top))
            case arith.Mul(lhs=a, rhs=b):
                return self.mul(self.of(a, top and not self.depends(b)), self.of(b, top and not self.depends(a)))
            case arith.Div(lhs=a, rhs=b):
                return self.div(value, self.of(a, top and not self.depends(b)), b)
            case arith.Fma(a=a, b=b, c=c):
                return self.add(self.mul(self.of(a), self.of(b)), self.of(c))
            case arith.Select() as op:
                return self.select(op, top)
            case arith.Cast() as op if op.result.type.dtype.is_float:
                return self.cast(op, self.of(op.operand, top))
            case op if op is not None and op.name == "math.pow":
                return None
            case _:
                return self.opaque(value)

    def opaque(self, value: Value) -> Affine | None:
        return Affine(value, None, exact=False) if self.frozen else None

    def add(self, a: Affine | None, b: Affine | None) -> Affine | None:
        if a is None or b is None:
            return None
        add = self.algebra.add
        return Affine(add(a.offset, b.offset), add(a.slope, b.slope), a.exact and b.exact)

    def sub(self, a: Affine | None, b: Affine | None) -> Affine | None:
        if a is None or b is None:
            return None
        sub = self.algebra.sub
        return Affine(sub(a.offset, b.offset), sub(a.slope, b.slope), a.exact and b.exact)

    def mul(self, a: Affine | None, b: Affine | None) -> Affine | None:
        if a is None or b is None:
            return None
        if (a.slope is not None and not _free(b)) or (b.slope is not None and not _free(a)):
            return None
        mul = self.algebra.mul
        slope = mul(a.slope, b.offset) if a.slope is not None else mul(a.offset, b.slope)
        return Affine(mul(a.offset, b.offset), slope, a.exact and b.exact)

    def div(self, value: Value, a: Affine | None, divisor: Value) -> Affine | None:
        if a is None:
            return None
        if self.depends(divisor):
            return self.opaque(value) if a.slope is None else None
        div = self.algebra.div
        return Affine(div(a.offset, divisor), div(a.slope, divisor), a.exact)

    def select(self, op: arith.Select, top: bool) -> Affine | None:
        fixed = not self.depends(op.condition)
        if (self.frozen and not top) or not (self.frozen or fixed):
            return self.opaque(op.result)
        then, other = self.of(op.then, top), self.of(op.other, top)
        if then is None or other is None:
            return None
        select = self.algebra.select
        return Affine(
            select(op.condition, then.offset, other.offset),
            select(op.condition, then.slope, other.slope),
            fixed and then.exact and other.exact,
        )

    def cast(self, op: arith.Cast, a: Affine | None) -> Affine | None:
        if a is None:
            return None
        dtype = op.result.type.dtype
        cast = self.algebra.cast
        return Affine(cast(a.offset, dtype), cast(a.slope, dtype), a.exact)


def _free(a: Affine) -> bool:
    """Whether x does not occur."""
    return a.slope is None and a.exact
