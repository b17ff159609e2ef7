"""What the elementary functions are written in: numbers with operators, each of which is exactly one op.

A function written on `Num` is emitted as IR when the `Ops` behind it is a `Builder`, and executed when it is the
interpreter's `ArrayOps`: the same ops in the same order, hence the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Sequence


class Ops(Protocol):
    """The methods of `Builder` that expansions may use. Values are opaque."""

    def const(self, value: bool | int | float, dtype: DType) -> Any: ...  # noqa: D102
    def add(self, a: Any, b: Any) -> Any: ...  # noqa: D102
    def sub(self, a: Any, b: Any) -> Any: ...  # noqa: D102
    def mul(self, a: Any, b: Any) -> Any: ...  # noqa: D102
    def div(self, a: Any, b: Any) -> Any: ...  # noqa: D102
    def neg(self, a: Any) -> Any: ...  # noqa: D102
    def abs(self, a: Any) -> Any: ...  # noqa: D102
    def min(self, a: Any, b: Any) -> Any: ...  # noqa: D102
    def max(self, a: Any, b: Any) -> Any: ...  # noqa: D102
    def fma(self, a: Any, b: Any, c: Any) -> Any: ...  # noqa: D102
    def cmp(self, predicate: str, a: Any, b: Any) -> Any: ...  # noqa: D102
    def select(self, condition: Any, then: Any, other: Any) -> Any: ...  # noqa: D102
    def and_(self, a: Any, b: Any) -> Any: ...  # noqa: D102
    def or_(self, a: Any, b: Any) -> Any: ...  # noqa: D102
    def xor(self, a: Any, b: Any) -> Any: ...  # noqa: D102
    def not_(self, a: Any) -> Any: ...  # noqa: D102
    def shl(self, a: Any, b: Any) -> Any: ...  # noqa: D102
    def shr(self, a: Any, b: Any) -> Any: ...  # noqa: D102
    def sar(self, a: Any, b: Any) -> Any: ...  # noqa: D102
    def mulhi(self, a: Any, b: Any) -> Any: ...  # noqa: D102
    def cast(self, a: Any, dtype: DType) -> Any: ...  # noqa: D102
    def bitcast(self, a: Any, dtype: DType) -> Any: ...  # noqa: D102
    def math(self, name: str, *args: Any) -> Any: ...  # noqa: D102


class Num:
    """A value of a known element type. Python numbers meeting it become constants of that type."""

    __slots__ = ("dtype", "ops", "value")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, ops: Ops, value: Any, dtype: DType) -> None:
        self.ops = ops
        self.value = value
        self.dtype = dtype

    def of(self, number: float | int | Num) -> Num:
        """The number as a constant of this type."""
        return number if isinstance(number, Num) else Num(self.ops, self.ops.const(number, self.dtype), self.dtype)

    def _with(self, value: Any, dtype: DType | None = None) -> Num:
        return Num(self.ops, value, dtype or self.dtype)

    def __add__(self, other: Num | float) -> Num:
        return self._with(self.ops.add(self.value, self.of(other).value))

    def __radd__(self, other: float) -> Num:
        return self.of(other) + self

    def __sub__(self, other: Num | float) -> Num:
        return self._with(self.ops.sub(self.value, self.of(other).value))

    def __rsub__(self, other: float) -> Num:
        return self.of(other) - self

    def __mul__(self, other: Num | float) -> Num:
        return self._with(self.ops.mul(self.value, self.of(other).value))

    def __rmul__(self, other: float) -> Num:
        return self.of(other) * self

    def __truediv__(self, other: Num | float) -> Num:
        return self._with(self.ops.div(self.value, self.of(other).value))

    def __rtruediv__(self, other: float) -> Num:
        return self.of(other) / self

    def __neg__(self) -> Num:
        return self._with(self.ops.neg(self.value))

    def __abs__(self) -> Num:
        return self._with(self.ops.abs(self.value))

    def __and__(self, other: Num | int) -> Num:
        return self._with(self.ops.and_(self.value, self.of(other).value))

    def __or__(self, other: Num | int) -> Num:
        return self._with(self.ops.or_(self.value, self.of(other).value))

    def __xor__(self, other: Num | int) -> Num:
        return self._with(self.ops.xor(self.value, self.of(other).value))

    def __invert__(self) -> Num:
        return self._with(self.ops.not_(self.value))

    def __lshift__(self, amount: int) -> Num:
        return self._with(self.ops.shl(self.value, self.of(amount).value))

    def __rshift__(self, amount: int) -> Num:
        """Arithmetic shift right."""
        return self._with(self.ops.sar(self.value, self.of(amount).value))

    def _compare(self, predicate: str, other: Num | float) -> Num:
        return self._with(self.ops.cmp(predicate, self.value, self.of(other).value), DType.bool)

    def __lt__(self, other: Num | float) -> Num:
        return self._compare("lt", other)

    def __le__(self, other: Num | float) -> Num:
        return self._compare("le", other)

    def __gt__(self, other: Num | float) -> Num:
        return self._compare("gt", other)

    def __ge__(self, other: Num | float) -> Num:
        return self._compare("ge", other)

    def eq(self, other: Num | float) -> Num:
        """Whether both are equal."""
        return self._compare("eq", other)

    def ne(self, other: Num | float) -> Num:
        """Whether they differ (true with a NaN)."""
        return self._compare("ne", other)

    def fma(self, factor: Num | float, summand: Num | float) -> Num:
        """`self * factor + summand`, rounded once."""
        return self._with(self.ops.fma(self.value, self.of(factor).value, self.of(summand).value))

    def at_most(self, bound: Num | float) -> Num:
        """The lesser of the two; a NaN stays."""
        return self._with(self.ops.min(self.of(bound).value, self.value))

    def at_least(self, bound: Num | float) -> Num:
        """The greater of the two; a NaN stays."""
        return self._with(self.ops.max(self.of(bound).value, self.value))

    def select(self, then: Num, other: Num | float) -> Num:
        """For a condition: `self ? then : other`."""
        return then._with(self.ops.select(self.value, then.value, then.of(other).value))

    def math(self, name: str) -> Num:
        """A primitive of `math.*`."""
        return self._with(self.ops.math(name, self.value))

    def cast(self, dtype: DType) -> Num:
        """The value converted."""
        return self if dtype is self.dtype else self._with(self.ops.cast(self.value, dtype), dtype)

    def bits(self) -> Num:
        """The bits of a float as an integer of the same width."""
        dtype = DType.i32 if self.dtype is DType.f32 else DType.i64
        return self._with(self.ops.bitcast(self.value, dtype), dtype)

    def as_float(self) -> Num:
        """The float with the bits of this integer."""
        dtype = DType.f32 if self.dtype is DType.i32 else DType.f64
        return self._with(self.ops.bitcast(self.value, dtype), dtype)

    def with_sign_of(self, other: Num) -> Num:
        """This magnitude (sign bit clear) with the sign bit of another number."""
        sign = 1 << (self.dtype.bits - 1)
        return (self.bits() | (other.bits() & sign)).as_float()

    def horner(self, coefficients: Sequence[float]) -> Num:
        """The polynomial with these coefficients, lowest power first, by a chain of fma."""
        result = self.of(coefficients[-1])
        for c in reversed(coefficients[:-1]):
            result = self.fma(result, c)
        return result


def two_sum(a: Num, b: Num) -> tuple[Num, Num]:
    """Sum and its rounding error, exactly (D. E. Knuth)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def fast_two_sum(a: Num, b: Num) -> tuple[Num, Num]:
    """Sum and its rounding error, exactly if |a| >= |b| or a is 0 (T. J. Dekker)."""
    s = a + b
    return s, b - (s - a)


def two_product(a: Num, b: Num | float) -> tuple[Num, Num]:
    """Product and its rounding error, exactly unless it underflows."""
    p = a * b
    return p, a.fma(b, -p)
