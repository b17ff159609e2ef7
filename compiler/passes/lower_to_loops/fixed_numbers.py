"""Rows of a fixed number of synapses (`step.procedural`, rule `number`).

Each choice depends on those before it, so every worker makes whole rows, one choice after the other, and takes what is
its own. `rule.taken` says which element has a column: its number from 1, or 0; it is cleared after each row.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import loop
from nnc.compiler.ir.procedural import TILE, choice
from nnc.compiler.ir.types import DType
from nnc.compiler.passes.lower_to_loops.draws import LANES
from nnc.compiler.passes.lower_to_loops.making import Making
from nnc.compiler.passes.lower_to_loops.rows import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnc.compiler.ir.core import Value
    from nnc.compiler.ir.procedural import Procedural
    from nnc.compiler.passes.lower_to_loops.frame import Elements, Frame

BLOCK: Final = 512
"""Columns that are looked through at once."""


class FixedNumbers(Making):
    """The rule `number`."""

    def __init__(self, frame: Frame, op: Procedural) -> None:
        super().__init__(frame, op)
        extent = ("team", f"{self.partners}.n64")
        self.taken = frame.own_buffer(f"{self.name}.rule.taken", DType.i32, extent)
        self.chosen = frame.own_buffer(f"{self.name}.rule.row", DType.i32, extent)
        drawn = op.weights != "one"
        self.weights = frame.own_buffer(f"{self.name}.rule.w", self.weight_type, extent) if drawn else None
        self.count = self.size("rule.number")

    def begin(self, elements: Elements) -> None:
        """Weights are read where they are made."""
        elements.made = self.weights

    @contextmanager
    def part(self, worker: Value, row: Value, lo: Value, hi: Value) -> Iterator[Row]:
        """The whole row, in the order of the choices."""
        frame, b, first = self.frame, self.b, self.size(f"{self.partner}_first")
        begin, end = self.columns(lo, hi)
        with frame.when(b.cmp("lt", begin, end)):
            base, own = self._choose(worker, row)

            def at(e: Value) -> tuple[Value, Value]:
                place = b.add(base, e)
                return place, b.add(first, self._column(frame.load_index(self.chosen, place), own))

            def wanted(partner: Value) -> Value:
                return b.and_(b.cmp("ge", partner, lo), b.cmp("lt", partner, hi))

            yield Row(self.number(0), self.count, at, wanted)
            self._clear(base)

    @contextmanager
    def whole(self, worker: Value, row: Value, elements: Elements) -> Iterator[Row]:
        """Which columns are taken, listed in order."""
        frame, b, first = self.frame, self.b, self.size(f"{self.partner}_first")
        base, own = self._choose(worker, row)
        zero, width = self.number(0), self.size(f"{self.partner}_count")
        mask = frame.alloca(BLOCK, DType.bool)
        counts = frame.own_buffer(f"{self.name}.rule.found", DType.i32, ("team",))
        frame.store(b.const(0, DType.i32), counts, worker)
        with frame.loop(zero, width, step=BLOCK, hint="block") as block:
            end = b.min(b.add(block, self.number(BLOCK)), width)
            with frame.loop(block, end, simd=True, hint="c") as c:
                free = b.const(0, DType.i32)
                frame.store(b.cmp("ne", frame.load(self.taken, b.add(base, c)), free), mask, b.sub(c, block))
            b.op(loop.Compact, mask, block, end, self.chosen, base, counts, worker)

        def at(j: Value) -> tuple[Value, Value]:
            chosen = frame.load_index(self.chosen, b.add(base, j))
            element = b.sub(frame.load_index(self.taken, b.add(base, chosen)), self.number(1))
            return b.add(base, element), b.add(first, self._column(chosen, own))

        yield Row(zero, self.count, at)
        self._clear(base)

    def _choose(self, worker: Value, row: Value) -> tuple[Value, Value]:
        """Choose the columns of a row; gives where the memory of the worker begins, and the neuron's own column.

        Where it has none, or may choose it, that is the width of the row, in front of which all columns are.
        """
        frame, b = self.frame, self.b
        zero, width = self.number(0), self.size(f"{self.partner}_count")
        base = b.mul(worker, frame.size(f"{self.partners}.n64"))
        own = width
        if self.synapses.no_self:
            place = b.sub(row, self.size(f"{self.partner}_first"))
            inside = b.and_(b.cmp("ge", place, zero), b.cmp("lt", place, width))
            own = b.select(inside, place, width)
        left_out = b.cast(b.cmp("lt", own, width), DType.i64)
        start = b.sub(b.sub(width, left_out), self.count)
        self._draw(row, base, start)
        with frame.loop(zero, self.count, hint="e") as e:
            place = b.add(base, e)
            drawn = frame.load_index(self.chosen, place)
            taken = b.cmp("ne", frame.load(self.taken, b.add(base, drawn)), b.const(0, DType.i32))
            column = b.select(taken, b.add(start, e), drawn)
            frame.store(b.cast(b.add(e, self.number(1)), DType.i32), self.taken, b.add(base, column))
            frame.store(b.cast(column, DType.i32), self.chosen, place)
        return base, own

    def _draw(self, row: Value, base: Value, start: Value) -> None:
        """A number for each choice, and its weight."""
        frame, b, zero = self.frame, self.b, self.number(0)
        tiles = self.quotient(self.count, self.number(TILE))
        with frame.loop(zero, tiles, independent=True, hint="tile") as tile:
            first = b.mul(tile, self.number(TILE))
            with frame.loop(zero, self.number(LANES), simd=True, hint="lane") as lane:
                counter = b.add(b.mul(tile, self.number(LANES)), lane)
                drawn = self.words(counter, zero, row, 0)
                elements = [b.add(b.add(first, lane), self.number(LANES * half)) for half in (0, 1)]
                for half, e in enumerate(elements):
                    bound = b.cast(b.add(b.add(start, e), self.number(1)), DType.f64)
                    number = choice(b, drawn[2 * half], drawn[2 * half + 1], bound)
                    frame.store(number, self.chosen, b.add(base, e))
                if self.weights is not None:
                    made = self.drawn_weights(self.words(counter, zero, row, 1))
                    for e, weight in zip(elements, made, strict=True):
                        frame.store(weight, self.weights, b.add(base, e))

    def _column(self, chosen: Value, own: Value) -> Value:
        """The neuron itself is not counted among the columns that are chosen from."""
        b = self.b
        return b.add(chosen, b.cast(b.cmp("ge", chosen, own), DType.i64))

    def _clear(self, base: Value) -> None:
        """Free the columns for the next row."""
        frame, b = self.frame, self.b
        with frame.loop(self.number(0), self.count, simd=True, hint="e") as e:
            chosen = frame.load_index(self.chosen, b.add(base, e))
            frame.store(b.const(0, DType.i32), self.taken, b.add(base, chosen))
