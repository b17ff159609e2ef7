"""Ops of every level: constants, arithmetic, comparisons, bits (`arith.*`) and elementary functions (`math.*`).

All floating-point arithmetic is IEEE 754, rounded to nearest, nothing contracted: `arith.fma` is the only fused
operation. `math.*` functions are defined by the expansions of `nnc.compiler.passes.expand_math`, so they too have
the same bits on every target.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nnc.compiler.ir.attributes import LITERAL, Attr, enum_kind
from nnc.compiler.ir.core import Op, Value
from nnc.compiler.ir.define import (
    COMMUTATIVE,
    PURE,
    TERMINATOR,
    attribute,
    operand,
    operands,
    operation,
    result,
)
from nnc.compiler.ir.types import At, DType, Type, join, value_type

if TYPE_CHECKING:
    from collections.abc import Sequence


def joined(values: Sequence[Value], dtype: DType | None = None) -> tuple[Type]:
    """The type at the join of the localities of some values; a clash is left to the verifier."""
    at = join(*(v.type for v in values)) or At.one
    return (value_type(dtype or values[0].type.dtype, at),)


class Elementwise(Op):
    """An op on numbers, element by element: its locality is the join of its operands'."""

    def verify_op(self) -> str | None:
        """Operands of one element type, result at the join of the localities."""
        first = self.results[0].type
        # Types are interned: where all are one, which is the common case, nothing has to be joined.
        if not first.buffer and all([v.type is first for v in (*self.operands, *self.results)]):
            return self.verify_types()
        at = join(*(v.type for v in self.operands))
        if at is None:
            return "a per-neuron value meets a synaptic one"
        for r in self.results:
            if r.type.at is not at:
                return f"the result is at '{r.type.at.value}' but the operands join at '{at.value}'"
        if any(v.type.buffer for v in self.operands):
            return "a buffer is no number"
        return self.verify_types()

    def verify_types(self) -> str | None:
        """Element types; by default all the same as the result's."""
        dtype = self.results[0].type.dtype
        if all([v.type.dtype is dtype for v in (*self.operands, *self.results)]):
            return self.verify_kind(dtype)
        kinds = {v.type.dtype.value for v in (*self.operands, *self.results)}
        return "element types differ: " + ", ".join(sorted(kinds))

    def verify_kind(self, dtype: DType) -> str | None:
        """Whether the op is defined for this element type."""
        return "not defined for booleans" if dtype is DType.bool else None


class Binary(Elementwise):
    """Two operands and a result of one element type."""

    lhs = operand()
    rhs = operand()
    result = result()
    syntax = "%lhs , %rhs :r"

    @staticmethod
    def infer(values: Sequence[Value], attributes: dict[str, Attr]) -> Sequence[Type]:  # noqa: D102
        return joined(values)


class Unary(Elementwise):
    """One operand and a result of the same type."""

    operand = operand()
    result = result()
    syntax = "%operand :r"

    @staticmethod
    def infer(values: Sequence[Value], attributes: dict[str, Attr]) -> Sequence[Type]:  # noqa: D102
        return (values[0].type,)


class FloatUnary(Unary):
    """A function of one floating-point number."""

    def verify_kind(self, dtype: DType) -> str | None:  # noqa: D102
        return None if dtype.is_float else "defined for floating-point numbers only"


class FloatBinary(Binary):
    """A function of two floating-point numbers."""

    def verify_kind(self, dtype: DType) -> str | None:  # noqa: D102
        return None if dtype.is_float else "defined for floating-point numbers only"


class BitBinary(Binary):
    """An operation on the bits of two integers."""

    def verify_kind(self, dtype: DType) -> str | None:  # noqa: D102
        return None if dtype.is_int else "defined for integers only"


class LogicBinary(Binary):
    """An operation on booleans or on the bits of integers."""

    def verify_kind(self, dtype: DType) -> str | None:  # noqa: D102
        return "not defined for floating-point numbers" if dtype.is_float else None


def normalise(value: Attr, dtype: DType) -> bool | int | float:
    """The value as the type stores it: rounded to f32, wrapped to 32 bits, or a bool."""
    assert isinstance(value, (bool, int, float))
    if dtype is DType.bool:
        return bool(value)
    if dtype.is_float:
        with np.errstate(over="ignore"):
            return float(np.float32(value)) if dtype is DType.f32 else float(value)
    bits = dtype.bits
    wrapped = int(value) & ((1 << bits) - 1)
    return wrapped - (1 << bits) if dtype.is_int and wrapped >> (bits - 1) else wrapped


def misfit(value: Attr, dtype: DType) -> str | None:
    """What is wrong with a number as a value of a type, or None."""
    assert isinstance(value, (bool, int, float))
    if dtype.is_float != isinstance(value, float) or (dtype is DType.bool) != isinstance(value, bool):
        return f"{value!r} is no {dtype.value}"
    if isinstance(value, float) and math.isnan(value):
        return None
    return None if normalise(value, dtype) == value else f"{value!r} is not a value of type {dtype.value}"


@operation("const", traits=PURE)
class Const(Op):
    """A number; the attribute is already a value of the type."""

    value = attribute(LITERAL)
    result = result()
    syntax = "$value :r"

    def verify_op(self) -> str | None:  # noqa: D102
        return misfit(self.value, self.result.type.dtype)


@operation("yield", traits=TERMINATOR)
class Yield(Op):
    """Ends a region and gives its values."""

    values = operands()
    syntax = "%values*"


@operation("arith.add", traits=PURE | COMMUTATIVE)
class Add(Binary):
    """Sum."""


@operation("arith.sub", traits=PURE)
class Sub(Binary):
    """Difference."""


@operation("arith.mul", traits=PURE | COMMUTATIVE)
class Mul(Binary):
    """Product; integers wrap."""


@operation("arith.div", traits=PURE)
class Div(Binary):
    """Quotient. Integers truncate toward zero; division by zero gives 0, the smallest by -1 wraps."""


@operation("arith.rem", traits=PURE)
class Rem(Binary):
    """Remainder with the sign of the dividend, exact (C fmod); integers: by zero gives 0."""


@operation("arith.min", traits=PURE)
class Min(Binary):
    """`lhs < rhs ? lhs : rhs`, so a NaN anywhere gives rhs."""


@operation("arith.max", traits=PURE)
class Max(Binary):
    """`lhs > rhs ? lhs : rhs`, so a NaN anywhere gives rhs."""


@operation("arith.neg", traits=PURE)
class Neg(Unary):
    """Sign flipped (floats: the sign bit, also of zero and NaN; integers wrap)."""


@operation("arith.abs", traits=PURE)
class Abs(Unary):
    """Magnitude (floats: sign bit cleared; integers wrap)."""


@operation("arith.fma", traits=PURE)
class Fma(Elementwise):
    """`a * b + c` with one rounding."""

    a = operand()
    b = operand()
    c = operand()
    result = result()
    syntax = "%a , %b , %c :r"

    @staticmethod
    def infer(values: Sequence[Value], attributes: dict[str, Attr]) -> Sequence[Type]:  # noqa: D102
        return joined(values)

    def verify_kind(self, dtype: DType) -> str | None:  # noqa: D102
        return None if dtype.is_float else "defined for floating-point numbers only"


@operation("arith.and", traits=PURE | COMMUTATIVE)
class And(LogicBinary):
    """And, bitwise."""


@operation("arith.or", traits=PURE | COMMUTATIVE)
class Or(LogicBinary):
    """Or, bitwise."""


@operation("arith.xor", traits=PURE | COMMUTATIVE)
class Xor(LogicBinary):
    """Exclusive or, bitwise."""


@operation("arith.not", traits=PURE)
class Not(Unary):
    """Negation of a boolean; all bits flipped of an integer."""

    def verify_kind(self, dtype: DType) -> str | None:  # noqa: D102
        return "not defined for floating-point numbers" if dtype.is_float else None


@operation("arith.shl", traits=PURE)
class Shl(BitBinary):
    """Shift left; the amount is taken modulo the width."""


@operation("arith.shr", traits=PURE)
class Shr(BitBinary):
    """Logical shift right; the amount is taken modulo the width."""


@operation("arith.sar", traits=PURE)
class Sar(BitBinary):
    """Arithmetic shift right; the amount is taken modulo the width."""


@operation("arith.mulhi", traits=PURE | COMMUTATIVE)
class MulHi(BitBinary):
    """Upper half of the product of two unsigned 32-bit integers (i32 only)."""

    def verify_kind(self, dtype: DType) -> str | None:  # noqa: D102
        return None if dtype is DType.i32 else "defined for i32 only"


CMP = enum_kind("eq", "ne", "lt", "le", "gt", "ge")


@operation("arith.cmp", traits=PURE)
class Cmp(Elementwise):
    """Comparison; with a NaN every one is false but `ne`. Integers compare signed."""

    predicate = attribute(CMP)
    lhs = operand()
    rhs = operand()
    result = result()
    syntax = "$predicate %lhs , %rhs :r"

    @staticmethod
    def infer(values: Sequence[Value], attributes: dict[str, Attr]) -> Sequence[Type]:  # noqa: D102
        return joined(values, DType.bool)

    def verify_types(self) -> str | None:  # noqa: D102
        if self.lhs.type.dtype is not self.rhs.type.dtype:
            return "element types differ"
        return None if self.result.type.dtype is DType.bool else "the result must be bool"


@operation("arith.select", traits=PURE)
class Select(Elementwise):
    """`condition ? then : other`; both are evaluated."""

    condition = operand()
    then = operand()
    other = operand()
    result = result()
    syntax = "%condition , %then , %other :r"

    @staticmethod
    def infer(values: Sequence[Value], attributes: dict[str, Attr]) -> Sequence[Type]:  # noqa: D102
        return joined(values, values[1].type.dtype)

    def verify_types(self) -> str | None:  # noqa: D102
        if self.condition.type.dtype is not DType.bool:
            return "the condition must be bool"
        kinds = {self.then.type.dtype, self.other.type.dtype, self.result.type.dtype}
        return None if len(kinds) == 1 else "element types differ"


class Converting(Elementwise):
    """One operand, a result of another element type; the printed result type says which."""

    operand = operand()
    result = result()
    syntax = "%operand :r"

    def verify_types(self) -> str | None:  # noqa: D102
        return None


@operation("arith.cast", traits=PURE)
class Cast(Converting):
    """Conversion of the value.

    Float to integer truncates toward zero, saturates at the ends, and gives 0 for NaN; anything to bool is `!= 0`;
    i64 to i32 keeps the low bits; bool to a number gives 0 or 1; to a float rounds to nearest even.
    """


@operation("arith.bitcast", traits=PURE)
class Bitcast(Converting):
    """The same bits as another type of equal width (f32 and i32, f64 and i64)."""

    def verify_types(self) -> str | None:  # noqa: D102
        pair = {self.operand.type.dtype, self.result.type.dtype}
        ok = pair in ({DType.f32, DType.i32}, {DType.f64, DType.i64}) or len(pair) == 1
        return None if ok else "the widths differ"


@operation("arith.broadcast", traits=PURE)
class Broadcast(Op):
    """The same number at a wider locality."""

    operand = operand()
    result = result()
    syntax = "%operand :r"

    def verify_op(self) -> str | None:  # noqa: D102
        a, r = self.operand.type, self.result.type
        ok = a.dtype is r.dtype and a.at.join(r.at) is r.at
        return None if ok else "the result must have the element type of the operand and a wider locality"


def _unary(name: str, doc: str) -> type[FloatUnary]:
    cls = type(name.title().replace("_", ""), (FloatUnary,), {"__doc__": doc, "__module__": __name__})
    return operation(f"math.{name}", traits=PURE)(cls)


def _binary(name: str, doc: str) -> type[FloatBinary]:
    cls = type(name.title(), (FloatBinary,), {"__doc__": doc, "__module__": __name__})
    return operation(f"math.{name}", traits=PURE)(cls)


Sqrt = _unary("sqrt", "Square root, correctly rounded; a primitive of every target.")
Floor = _unary("floor", "Largest integer not above; a primitive of every target.")
Ceil = _unary("ceil", "Smallest integer not below; a primitive of every target.")
Trunc = _unary("trunc", "Integer part; a primitive of every target.")
Rint = _unary("rint", "Nearest integer, ties to even; a primitive of every target.")
Round = _unary("round", "Nearest integer, ties away from zero.")
Sign = _unary("sign", "-1, 0 or 1 (NaN: NaN).")
Exp = _unary("exp", "e to the power of x.")
Exp2 = _unary("exp2", "2 to the power of x.")
Expm1 = _unary("expm1", "exp(x) - 1, accurate near 0.")
Log = _unary("log", "Natural logarithm.")
Log1p = _unary("log1p", "log(1 + x), accurate near 0.")
Log2 = _unary("log2", "Logarithm to base 2.")
Log10 = _unary("log10", "Logarithm to base 10.")
Cbrt = _unary("cbrt", "Cube root.")
Sin = _unary("sin", "Sine of radians.")
Cos = _unary("cos", "Cosine of radians.")
Tan = _unary("tan", "Tangent of radians.")
Asin = _unary("asin", "Inverse sine.")
Acos = _unary("acos", "Inverse cosine.")
Atan = _unary("atan", "Inverse tangent.")
Sinh = _unary("sinh", "Hyperbolic sine.")
Cosh = _unary("cosh", "Hyperbolic cosine.")
Tanh = _unary("tanh", "Hyperbolic tangent.")
Asinh = _unary("asinh", "Inverse hyperbolic sine.")
Acosh = _unary("acosh", "Inverse hyperbolic cosine.")
Atanh = _unary("atanh", "Inverse hyperbolic tangent.")
Erf = _unary("erf", "Error function.")
Pow = _binary("pow", "x to the power of y, as C pow.")
Atan2 = _binary("atan2", "Angle of the point (rhs, lhs), as C atan2(lhs, rhs).")
Hypot = _binary("hypot", "sqrt(x*x + y*y) without overflow.")

MATH_PRIMITIVES = frozenset({"math.sqrt", "math.floor", "math.ceil", "math.trunc", "math.rint"})
"""The `math.*` ops that targets implement; all others are expanded."""
