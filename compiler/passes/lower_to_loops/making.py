"""Rows of synapses that are made when they are needed (`step.procedural`): what the rules share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.ir import random
from nnc.compiler.ir.procedural import weights
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from nnc.compiler.ir.core import Value
    from nnc.compiler.ir.procedural import Procedural
    from nnc.compiler.passes.lower_to_loops.frame import Elements, Frame
    from nnc.compiler.passes.lower_to_loops.rows import Row


class Making:
    """Writes the loops over the synapses of one row after the other."""

    def __init__(self, frame: Frame, op: Procedural) -> None:
        self.frame, self.b, self.op = frame, frame.b, op
        self.name = str(op.owner)
        self.synapses = frame.network.synapses[self.name]
        self.partner = "post" if op.rows == "pre" else "pre"
        self.partners = str(getattr(self.synapses, self.partner))

    def begin(self, elements: Elements) -> None:
        """What is done once in a phase."""
        raise NotImplementedError

    def part(self, worker: Value, row: Value, lo: Value, hi: Value) -> AbstractContextManager[Row]:
        """Write code for the synapses of a row whose partners are in [lo, hi)."""
        raise NotImplementedError

    def whole(self, worker: Value, row: Value, elements: Elements) -> AbstractContextManager[Row]:
        """Write code for a whole row, ascending, that is listed in memory of the worker."""
        raise NotImplementedError

    # Draws

    def words(self, counter: Value, chunk: Value, row: Value, last: int) -> Sequence[Value]:
        """The words of a counter."""
        b, key = self.b, self.size("rule.key")
        where = [b.cast(word, DType.i32) for word in (counter, chunk, row)]
        keys = [b.cast(word, DType.i32) for word in (key, b.sar(key, self.number(32)))]
        return b.op(random.Philox, *where, b.const(last, DType.i32), *keys).results

    def drawn_weights(self, words: Sequence[Value]) -> Iterator[Value]:
        """The weights of the two elements of a counter; none if all have one."""
        if self.op.weights == "one":
            return
        parameters = [self.parameter(name) for name in ("first", "second", "low", "high")]
        for value in weights(self.b, str(self.op.weights), parameters, words):
            yield self.b.cast(value, self.weight_type)

    @property
    def weight_type(self) -> DType:
        """The type of weights, if they are drawn."""
        dtype: DType = self.frame.network.fields[f"{self.name}.w"].type.dtype
        return dtype

    # Numbers

    def size(self, name: str) -> Value:
        """A size of the projection."""
        return self.frame.size(f"{self.name}.{name}")

    def parameter(self, name: str) -> Value:
        """A parameter of the rule (f64)."""
        return self.frame.load(self.frame.buffer(f"{self.name}.rule.{name}", DType.f64), self.number(0))

    def number(self, value: int) -> Value:
        """An i64."""
        return self.frame.number(value)

    def quotient(self, a: Value, by: Value) -> Value:
        """a / by, rounded up."""
        return self.b.div(self.b.add(a, self.b.sub(by, self.number(1))), by)

    def columns(self, lo: Value, hi: Value) -> tuple[Value, Value]:
        """The columns whose partners are in [lo, hi); none if the first is not below the second."""
        b, first = self.b, self.size(f"{self.partner}_first")
        return b.sub(b.max(lo, first), first), b.min(b.sub(hi, first), self.size(f"{self.partner}_count"))


def made_again(frame: Frame, op: Procedural) -> Making:
    """What writes the rows of a rule."""
    from nnc.compiler.passes.lower_to_loops.fixed_numbers import FixedNumbers
    from nnc.compiler.passes.lower_to_loops.procedural import Regenerated

    rules: dict[str, Callable[[Frame, Procedural], Making]] = {"probability": Regenerated, "number": FixedNumbers}
    return rules[op.rule](frame, op)
