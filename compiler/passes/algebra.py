"""Arithmetic on values where zero is known: None stands for it, and 0, 1, -1 and signs are folded.

Every fold is exact, so what is built this way equals the plain formula in rational numbers.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from nnc.compiler.ir import arith

if TYPE_CHECKING:
    from nnc.compiler.ir.builder import Builder
    from nnc.compiler.ir.core import Value
    from nnc.compiler.ir.types import DType


def literal(value: Value | None) -> bool | int | float | None:
    """The number of a constant; None for anything else."""
    op = value.op if value is not None else None
    return cast("bool | int | float", op.value) if isinstance(op, arith.Const) else None


def negated(value: Value) -> Value | None:
    """The operand of a negation."""
    return value.op.operand if isinstance(value.op, arith.Neg) else None


def _exact_sum(a: Value, b: Value, sign: int) -> int | float | None:
    """a + sign * b of two constants if it needs no rounding."""
    x, y = literal(a), literal(b)
    if x is None or y is None or not (math.isfinite(x) and math.isfinite(y)):
        return None
    total = arith.normalise(x + sign * y, a.type.dtype)
    exact = math.isfinite(total) and Fraction(total) == Fraction(x) + sign * Fraction(y)
    return total if exact else None


class Algebra:
    """Sums and products of terms (`None` is zero), written where a builder stands."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder

    def add(self, a: Value | None, b: Value | None) -> Value | None:
        """a + b."""
        if a is None or b is None:
            return a if b is None else b
        if (number := _exact_sum(a, b, 1)) is not None:
            return self.builder.like(number, a) if number else None
        if (minus := negated(b)) is not None:
            return self.builder.sub(a, minus)
        if (minus := negated(a)) is not None:
            return self.builder.sub(b, minus)
        return self.builder.add(a, b)

    def sub(self, a: Value | None, b: Value | None) -> Value | None:
        """a - b."""
        if b is None:
            return a
        if a is None:
            return self.neg(b)
        if (number := _exact_sum(a, b, -1)) is not None:
            return self.builder.like(number, a) if number else None
        if (minus := negated(b)) is not None:
            return self.builder.add(a, minus)
        return self.builder.sub(a, b)

    def neg(self, a: Value | None) -> Value | None:
        """-a."""
        if a is None:
            return None
        if (minus := negated(a)) is not None:
            return minus
        number = literal(a)
        if number is not None:
            return self.builder.like(-number, a)
        return self.builder.neg(a)

    def mul(self, a: Value | None, b: Value | None) -> Value | None:
        """a * b."""
        if a is None or b is None:
            return None
        for one, other in ((a, b), (b, a)):
            if literal(one) == 1:
                return other
            if literal(one) == -1:
                return self.neg(other)
        return self.builder.mul(a, b)

    def div(self, a: Value | None, b: Value) -> Value | None:
        """a / b; the divisor is no known zero."""
        if a is None:
            return None
        if literal(b) == 1:
            return a
        if literal(b) == -1:
            return self.neg(a)
        if isinstance(b.op, arith.Div) and literal(b.op.lhs) == 1:
            return self.mul(a, b.op.rhs)
        return self.builder.div(a, b)

    def select(self, condition: Value, then: Value | None, other: Value | None) -> Value | None:
        """condition ? then : other."""
        some = then if then is not None else other
        if some is None:
            return None
        zero = self.builder.like(0, some) if then is None or other is None else some
        return self.builder.select(condition, zero if then is None else then, zero if other is None else other)

    def cast(self, a: Value | None, dtype: DType) -> Value | None:
        """Conversion to another floating-point type."""
        if a is None:
            return None
        number = literal(a)
        return self.builder.cast(a, dtype) if number is None else self.builder.const(number, dtype)

    def solid(self, a: Value | None, like: Value) -> Value:
        """The term as a value, zero written out in the element type of another value."""
        return self.builder.like(0, like) if a is None else a
