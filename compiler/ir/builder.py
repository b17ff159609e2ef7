"""Making ops at a place: what the front end and the lowering passes write IR with."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from nnc.compiler.diagnostics import UNKNOWN, Loc
from nnc.compiler.ir import arith
from nnc.compiler.ir.core import Block, Op, Value
from nnc.compiler.ir.define import REGISTRY, create
from nnc.compiler.ir.types import DType, Type, value_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nnc.compiler.ir.attributes import Attr

OpT = TypeVar("OpT", bound=Op)


class Builder:
    """Inserts ops at the end of a block, or before an op. `loc` is given to every op that is made."""

    def __init__(self, block: Block, before: Op | None = None, loc: Loc = UNKNOWN) -> None:
        self.block = block
        self.before = before
        self.loc = loc

    @contextmanager
    def at(self, block: Block, before: Op | None = None) -> Iterator[Builder]:
        """Insert elsewhere for a while."""
        saved = self.block, self.before
        self.block, self.before = block, before
        try:
            yield self
        finally:
            self.block, self.before = saved

    @contextmanager
    def from_(self, loc: Loc) -> Iterator[Builder]:
        """Give another place in the user's file for a while."""
        saved, self.loc = self.loc, loc if loc.known else self.loc
        try:
            yield self
        finally:
            self.loc = saved

    def insert(self, op: OpT) -> OpT:
        """Insert an op that exists."""
        if self.before is None:
            return self.block.append(op)
        return self.block.insert_before(self.before, op)

    def op(
        self,
        cls: type[OpT],
        *operands: Value,
        types: Sequence[Type] | None = None,
        regions: Sequence[Block] = (),
        **attributes: Attr | None,
    ) -> OpT:
        """Make and insert an op, see `create`."""
        return self.insert(create(cls, *operands, types=types, regions=regions, loc=self.loc, **attributes))

    def value(self, cls: type[Op], *operands: Value, types: Sequence[Type] | None = None, **attributes: Any) -> Value:
        """Make and insert an op of one result, and give that."""
        return self.insert(create(cls, *operands, types=types, loc=self.loc, **attributes)).results[0]

    def const(self, value: bool | int | float, dtype: DType) -> Value:
        """A constant, rounded to the type."""
        cast = float(value) if dtype.is_float else value
        return self.value(arith.Const, types=(value_type(dtype),), value=arith.normalise(cast, dtype))

    def like(self, number: bool | int | float, other: Value) -> Value:
        """A constant of another value's element type."""
        return self.const(number, other.type.dtype)

    def add(self, a: Value, b: Value) -> Value:
        """a + b."""
        return self.value(arith.Add, a, b)

    def sub(self, a: Value, b: Value) -> Value:
        """a - b."""
        return self.value(arith.Sub, a, b)

    def mul(self, a: Value, b: Value) -> Value:
        """a * b."""
        return self.value(arith.Mul, a, b)

    def div(self, a: Value, b: Value) -> Value:
        """a / b."""
        return self.value(arith.Div, a, b)

    def rem(self, a: Value, b: Value) -> Value:
        """Remainder with the sign of a."""
        return self.value(arith.Rem, a, b)

    def min(self, a: Value, b: Value) -> Value:
        """A < b ? a : b."""
        return self.value(arith.Min, a, b)

    def max(self, a: Value, b: Value) -> Value:
        """A > b ? a : b."""
        return self.value(arith.Max, a, b)

    def neg(self, a: Value) -> Value:
        """-a."""
        return self.value(arith.Neg, a)

    def abs(self, a: Value) -> Value:
        """|a|."""
        return self.value(arith.Abs, a)

    def fma(self, a: Value, b: Value, c: Value) -> Value:
        """a * b + c, rounded once."""
        return self.value(arith.Fma, a, b, c)

    def cmp(self, predicate: str, a: Value, b: Value) -> Value:
        """Comparison: eq, ne, lt, le, gt, ge."""
        return self.value(arith.Cmp, a, b, predicate=predicate)

    def select(self, condition: Value, then: Value, other: Value) -> Value:
        """Condition ? then : other."""
        return self.value(arith.Select, condition, then, other)

    def and_(self, a: Value, b: Value) -> Value:
        """a & b."""
        return self.value(arith.And, a, b)

    def or_(self, a: Value, b: Value) -> Value:
        """a | b."""
        return self.value(arith.Or, a, b)

    def xor(self, a: Value, b: Value) -> Value:
        """a ^ b."""
        return self.value(arith.Xor, a, b)

    def not_(self, a: Value) -> Value:
        """Negation of a boolean, or of all bits."""
        return self.value(arith.Not, a)

    def shl(self, a: Value, b: Value) -> Value:
        """a << b."""
        return self.value(arith.Shl, a, b)

    def shr(self, a: Value, b: Value) -> Value:
        """Logical a >> b."""
        return self.value(arith.Shr, a, b)

    def sar(self, a: Value, b: Value) -> Value:
        """Arithmetic a >> b."""
        return self.value(arith.Sar, a, b)

    def mulhi(self, a: Value, b: Value) -> Value:
        """Upper half of the unsigned product."""
        return self.value(arith.MulHi, a, b)

    def cast(self, a: Value, dtype: DType) -> Value:
        """Convert the value; nothing is inserted if it has the type already."""
        if a.type.dtype is dtype:
            return a
        return self.value(arith.Cast, a, types=(a.type.with_dtype(dtype),))

    def bitcast(self, a: Value, dtype: DType) -> Value:
        """The same bits as another type."""
        return self.value(arith.Bitcast, a, types=(a.type.with_dtype(dtype),))

    def math(self, name: str, *args: Value) -> Value:
        """A function of `math.*`, by its short name."""
        return self.value(REGISTRY[f"math.{name}"], *args)

    def yield_(self, *values: Value) -> arith.Yield:
        """End the region."""
        return self.op(arith.Yield, *values)
