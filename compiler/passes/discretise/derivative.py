"""Derivatives of values on the SSA graph, for the Jacobians of implicit methods."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import arith
from nnc.compiler.passes.inline import DependsOn

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnc.compiler.ir.builder import Builder
    from nnc.compiler.ir.core import Op, Value
    from nnc.compiler.passes.algebra import Algebra


class Derivative:
    """Derivative with respect to one value x, everything not computed from x being constant.

    None stands for zero. At a jump or a kink it is that of the side on which the present value lies; steps such as
    `floor` have the derivative 0.
    """

    def __init__(self, algebra: Algebra, x: Value) -> None:
        self.algebra = algebra
        self.x = x
        self._depends = DependsOn([x])
        self._known: dict[Value, Value | None] = {}

    def of(self, value: Value) -> Value | None:
        """d value / dx."""
        if value is self.x:
            return self.algebra.builder.like(1, value)
        if not self._depends(value):
            return None
        if value not in self._known:
            self._known[value] = self._rule(value)
        return self._known[value]

    def _rule(self, value: Value) -> Value | None:
        algebra = self.algebra
        match value.op:
            case arith.Add(lhs=a, rhs=b):
                return algebra.add(self.of(a), self.of(b))
            case arith.Sub(lhs=a, rhs=b):
                return algebra.sub(self.of(a), self.of(b))
            case arith.Neg(operand=a):
                return algebra.neg(self.of(a))
            case arith.Mul(lhs=a, rhs=b):
                return algebra.add(algebra.mul(self.of(a), b), algebra.mul(a, self.of(b)))
            case arith.Div(lhs=a, rhs=b):
                return algebra.div(algebra.sub(self.of(a), algebra.mul(value, self.of(b))), b)
            case arith.Fma(a=a, b=b, c=c):
                product = algebra.add(algebra.mul(self.of(a), b), algebra.mul(a, self.of(b)))
                return algebra.add(product, self.of(c))
            case arith.Select(condition=c, then=a, other=b):
                return algebra.select(c, self.of(a), self.of(b))
            case arith.Cast(operand=a) if value.type.dtype.is_float:
                return algebra.cast(self.of(a), value.type.dtype)
            case arith.Broadcast(operand=a):
                return self.of(a)
            case op if op is not None:
                return self._chain(op)
        return None

    def _chain(self, op: Op) -> Value | None:
        total: Value | None = None
        for operand, partial in zip(op.operands, PARTIALS.get(op.name, ()), strict=False):
            inner = self.of(operand)
            if inner is not None:
                factor = partial(self.algebra.builder, op.results[0], *op.operands)
                total = self.algebra.add(total, self.algebra.mul(factor, inner))
        return total


def _over(b: Builder, value: Value) -> Value:
    return b.div(b.like(1, value), value)


def _one_minus_square(b: Builder, x: Value) -> Value:
    return b.sub(b.like(1, x), b.mul(x, x))


def _one_plus_square(b: Builder, x: Value) -> Value:
    return b.add(b.like(1, x), b.mul(x, x))


def _bell(b: Builder, x: Value) -> Value:
    return b.mul(b.like(2 / math.sqrt(math.pi), x), b.math("exp", b.neg(b.mul(x, x))))


def _sign(b: Builder, x: Value) -> Value:
    return b.select(b.cmp("lt", x, b.like(0, x)), b.like(-1, x), b.like(1, x))


def _pick(b: Builder, predicate: str, left: Value, right: Value, first: bool) -> Value:
    one, zero = b.like(1, left), b.like(0, left)
    return b.select(b.cmp(predicate, left, right), one if first else zero, zero if first else one)


def _square_sum(b: Builder, x: Value, y: Value) -> Value:
    return b.add(b.mul(x, x), b.mul(y, y))


PARTIALS: Final[dict[str, tuple[Callable[..., Value], ...]]] = {
    "arith.abs": (lambda b, r, x: _sign(b, x),),
    "arith.min": (lambda b, r, x, y: _pick(b, "lt", x, y, True), lambda b, r, x, y: _pick(b, "lt", x, y, False)),
    "arith.max": (lambda b, r, x, y: _pick(b, "gt", x, y, True), lambda b, r, x, y: _pick(b, "gt", x, y, False)),
    "arith.rem": (lambda b, r, x, y: b.like(1, x), lambda b, r, x, y: b.neg(b.math("trunc", b.div(x, y)))),
    "math.sqrt": (lambda b, r, x: b.div(b.like(0.5, r), r),),
    "math.exp": (lambda b, r, x: r,),
    "math.exp2": (lambda b, r, x: b.mul(r, b.like(math.log(2), r)),),
    "math.expm1": (lambda b, r, x: b.math("exp", x),),
    "math.log": (lambda b, r, x: _over(b, x),),
    "math.log1p": (lambda b, r, x: _over(b, b.add(b.like(1, x), x)),),
    "math.log2": (lambda b, r, x: b.div(b.like(1 / math.log(2), x), x),),
    "math.log10": (lambda b, r, x: b.div(b.like(1 / math.log(10), x), x),),
    "math.cbrt": (lambda b, r, x: b.div(b.like(1 / 3, r), b.mul(r, r)),),
    "math.sin": (lambda b, r, x: b.math("cos", x),),
    "math.cos": (lambda b, r, x: b.neg(b.math("sin", x)),),
    "math.tan": (lambda b, r, x: _one_plus_square(b, r),),
    "math.asin": (lambda b, r, x: _over(b, b.math("sqrt", _one_minus_square(b, x))),),
    "math.acos": (lambda b, r, x: b.neg(_over(b, b.math("sqrt", _one_minus_square(b, x)))),),
    "math.atan": (lambda b, r, x: _over(b, _one_plus_square(b, x)),),
    "math.sinh": (lambda b, r, x: b.math("cosh", x),),
    "math.cosh": (lambda b, r, x: b.math("sinh", x),),
    "math.tanh": (lambda b, r, x: _one_minus_square(b, r),),
    "math.asinh": (lambda b, r, x: _over(b, b.math("sqrt", _one_plus_square(b, x))),),
    "math.acosh": (lambda b, r, x: _over(b, b.math("sqrt", b.sub(b.mul(x, x), b.like(1, x)))),),
    "math.atanh": (lambda b, r, x: _over(b, _one_minus_square(b, x)),),
    "math.erf": (lambda b, r, x: _bell(b, x),),
    "math.pow": (
        lambda b, r, x, y: b.mul(y, b.math("pow", x, b.sub(y, b.like(1, y)))),
        lambda b, r, x, y: b.mul(r, b.math("log", x)),
    ),
    "math.atan2": (
        lambda b, r, x, y: b.div(y, _square_sum(b, x, y)),
        lambda b, r, x, y: b.neg(b.div(x, _square_sum(b, x, y))),
    ),
    "math.hypot": (lambda b, r, x, y: b.div(x, r), lambda b, r, x, y: b.div(y, r)),
}
"""Partial derivatives by each operand, from (builder, result, operands). Ops that are not listed are steps: 0."""
