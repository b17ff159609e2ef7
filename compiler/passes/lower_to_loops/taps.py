"""What one tap of a filter sees, and how the taps of a post neuron come together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import step
from nnc.compiler.ir.types import At, DType
from nnc.compiler.passes.lower_to_loops.frame import Elements
from nnc.compiler.passes.lower_to_loops.synapses import NEUTRAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnc.compiler.ir.builder import Builder
    from nnc.compiler.ir.core import Op, Value

UNROLLED: Final = 32
"""The greatest number of taps whose code is written out."""


class Taps(Elements):
    """Elements of which what is read of a pre neuron may be outside."""

    inside_value: Value | None = None
    fill: float = 0.0

    def tap(self) -> Taps:
        """The same values and indices, for one tap."""
        inner = Taps(self.frame)
        inner.values, inner.index, inner.fill = dict(self.values), dict(self.index), self.fill
        return inner

    def _value(self, op: Op) -> None:
        super()._value(op)
        if self.inside_value is None or not isinstance(op, (step.Read, step.ReadRing)):
            return
        if op.results[0].type.at is At.pre:
            value, b = self.values[op.results[0]], self.frame.b
            self.values[op.results[0]] = b.select(
                self.inside_value, value, b.like(self.filler(value.type.dtype), value)
            )

    def give(self, symbol: str, value: Value, *, fresh: bool) -> Value:
        """Add to a field, and give what is in it then.

        `fresh`: nothing has been added to it in this step, and what is in it does not count.
        """
        b, (buffer, index) = self.frame.b, self.element(symbol)
        total: Value = b.add(b.like(0.0, value) if fresh else self.frame.load(buffer, index), value)
        self.frame.store(total, buffer, index)
        return total

    def element(self, symbol: str) -> tuple[Value, Value]:
        """The buffer of a field, and which element of it is at hand."""
        return self.frame.buffer(symbol), self.place(symbol)

    def filler(self, dtype: DType) -> float | bool | int:
        """What is read outside, as a number of a type."""
        if dtype.is_float:
            return self.fill
        return bool(self.fill) if dtype is DType.bool else int(self.fill)


def start_of(kind: str) -> float:
    """What a sum, maximum or minimum is before its first tap."""
    return 0.0 if kind == "add" else NEUTRAL[kind]


def combine(b: Builder, kind: str, total: Value, value: Value) -> Value:
    """One tap more."""
    if kind == "add":
        return b.add(total, value)
    return b.max(total, value) if kind == "max" else b.min(total, value)


def of_taps_alone(ops: Iterable[Op]) -> list[Op]:
    """The ops whose values depend on the tap, but on no neuron."""
    found: dict[Op, None] = {}
    for op in ops:
        if not op.results or op.results[0].type.at is not At.syn or isinstance(op, step.ReadRing):
            continue
        if all(v.op in found or v.type.at is At.one for v in op.operands):
            found[op] = None
    return list(found)
