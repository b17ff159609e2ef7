"""Rows in which each column is a synapse with the same probability (`step.procedural`, rule `probability`).

A worker makes the chunks of a row that meet its own part, some `batch` elements at a time: gaps on vectors, their sums
by ever longer distances, then by bisection which of them are in the part. Nothing is carried from one element to the
next, so the threads of a device share a batch, too.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nnc.compiler.ir.procedural import MOST, TILE, gap
from nnc.compiler.ir.types import DType
from nnc.compiler.passes.lower_to_loops.draws import LANES
from nnc.compiler.passes.lower_to_loops.making import Making
from nnc.compiler.passes.lower_to_loops.rows import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nnc.compiler.ir.core import Value
    from nnc.compiler.ir.procedural import Procedural
    from nnc.compiler.passes.lower_to_loops.frame import Elements, Frame

PAD: Final = 3 * MOST // 4
"""Zeros in front of the elements of a batch: nothing is added to the first ones."""

GUARDED: Final = 32
"""A chunk may be full, so there are loops for many more batches than there are. So many are skipped at once."""


@dataclass(frozen=True)
class _Batch:
    """Elements [lo, hi) of a batch are in the part that is wanted, all others lie elsewhere or behind `stop`.

    `before` is the column of the synapse in front of the batch; `column` writes which column an element is.
    """

    lo: Value
    hi: Value
    before: Value
    stop: Value
    column: Callable[[Value], Value]


class Regenerated(Making):
    """The rule `probability`."""

    def __init__(self, frame: Frame, op: Procedural) -> None:
        super().__init__(frame, op)
        self.sums = [frame.alloca(PAD + MOST, DType.i32, n) for n in (0, 1)]
        self.last = frame.alloca(1, DType.i64)
        self.weights = None if op.weights == "one" else frame.alloca(MOST, self.weight_type)

    def begin(self, elements: Elements) -> None:
        """What is done once in a phase."""
        with self.frame.loop(self.number(0), self.number(PAD), simd=True) as i:
            for sums in self.sums:
                self.frame.store(self.b.const(0, DType.i32), sums, i)
        elements.made = self.weights

    @contextmanager
    def part(self, worker: Value, row: Value, lo: Value, hi: Value) -> Iterator[Row]:
        """Some synapses at a time."""
        b, first = self.b, self.size(f"{self.partner}_first")
        begin, end = self.columns(lo, hi)
        with self.frame.when(b.cmp("lt", begin, end)), self._batches(row, begin, end) as batch:
            yield Row(batch.lo, batch.hi, lambda j: (j, b.add(first, batch.column(j))))

    @contextmanager
    def whole(self, worker: Value, row: Value, elements: Elements) -> Iterator[Row]:
        """One batch listed behind the other."""
        frame, b = self.frame, self.b
        extent = ("team", f"{self.partners}.n")
        listed = frame.own_buffer(f"{self.name}.rule.row", DType.i32, extent)
        base = b.mul(worker, frame.size(f"{self.partners}.n"))
        count, first = frame.alloca(1, DType.i64, 1), self.size(f"{self.partner}_first")
        frame.store(self.number(0), count, self.number(0))
        if self.weights is not None:
            elements.made = frame.own_buffer(f"{self.name}.rule.w", self.weight_type, extent)
        with self._batches(row, self.number(0), self.size(f"{self.partner}_count")) as batch:
            found = frame.load(count, self.number(0))
            start, itself = b.sub(b.add(base, found), batch.lo), self._itself(row, batch)
            total = b.add(found, b.sub(batch.hi, batch.lo))
            frame.store(total if itself is None else b.sub(total, itself), count, self.number(0))
            with frame.loop(batch.lo, batch.hi, simd=True, hint="j") as j:
                partner, at = b.add(first, batch.column(j)), b.add(start, j)
                other = None
                if itself is not None:
                    behind = b.cast(b.cmp("gt", partner, row), DType.i64)
                    at, other = b.sub(at, b.mul(behind, itself)), b.cmp("ne", partner, row)
                with frame.when(other):
                    frame.store(b.cast(partner, DType.i32), listed, at)
                    if self.weights is not None:
                        frame.store(frame.load(self.weights, j), self._made(elements), at)
        end = frame.load(count, self.number(0))
        yield Row(self.number(0), end, lambda j: (b.add(base, j), frame.load_index(listed, b.add(base, j))))

    def _made(self, elements: Elements) -> Value:
        assert elements.made is not None
        return elements.made

    def _itself(self, row: Value, batch: _Batch) -> Value | None:
        """1 if a neuron meets itself in a batch, else 0; None where it may."""
        if not self.synapses.no_self:
            return None
        b = self.b
        own = b.sub(row, self.size(f"{self.partner}_first"))
        upto = [b.min(column, batch.stop) for column in (own, b.add(own, self.number(1)))]
        below = [self._below(b.sub(column, batch.before)) for column in upto]
        return b.sub(below[1], below[0])

    # One batch after the other

    @contextmanager
    def _batches(self, row: Value, begin: Value, end: Value) -> Iterator[_Batch]:
        """Write code for every batch of the columns [begin, end) of a row."""
        frame, b, one = self.frame, self.b, self.number(1)
        chunk, batch = self.size("rule.chunk"), self.size("rule.batch")
        with frame.loop(b.div(begin, chunk), self.quotient(end, chunk), hint="chunk") as c:
            start = b.mul(c, chunk)
            stop = b.min(b.add(start, chunk), end)
            frame.store(b.sub(start, one), self.last, self.number(0))
            count = self.quotient(b.sub(stop, start), batch)
            guarded = self.number(GUARDED)
            with (
                frame.loop(self.number(0), self.quotient(count, guarded), hint="g") as g,
                frame.when(self._goes_on(stop)),
                frame.loop(b.mul(g, guarded), b.min(b.mul(b.add(g, one), guarded), count), hint="n") as n,
                frame.when(self._goes_on(stop)),
            ):
                before = frame.load(self.last, self.number(0))
                self._draw(row, c, b.mul(n, batch))
                self._add_up()
                sums = self.sums[0]
                whole = b.cast(frame.load(sums, b.add(batch, self.number(PAD - 1))), DType.i64)
                frame.store(b.add(before, whole), self.last, self.number(0))

                def column(j: Value) -> Value:
                    return b.add(before, frame.load_index(sums, b.add(j, self.number(PAD))))

                lo, hi = (self._below(b.sub(limit, before)) for limit in (begin, stop))
                yield _Batch(lo, hi, before, stop, column)

    def _goes_on(self, stop: Value) -> Value:
        """Whether the last synapse so far is not the last column."""
        last = self.frame.load(self.last, self.number(0))
        return self.b.cmp("lt", self.b.add(last, self.number(1)), stop)

    def _draw(self, row: Value, chunk: Value, first: Value) -> None:
        """The distances of the elements of a batch from the synapses before them, and their weights."""
        frame, b = self.frame, self.b
        batch, scale = self.size("rule.batch"), self.parameter("scale")
        most = b.cast(self.size("rule.chunk"), DType.f64)
        block = b.sar(first, self.number(1))
        with frame.loop(self.number(0), b.sar(batch, self.number(5)), independent=True, hint="tile") as tile:
            start = b.mul(tile, self.number(TILE))
            blocks = b.add(block, b.mul(tile, self.number(LANES)))
            with frame.loop(self.number(0), self.number(LANES), simd=True, hint="lane") as lane:
                counter = b.add(blocks, lane)
                drawn = self.words(counter, chunk, row, 0)
                at = b.add(start, lane)
                for half in (0, 1):
                    columns = gap(b, drawn[2 * half], drawn[2 * half + 1], scale, most)
                    place = b.add(at, self.number(PAD + LANES * half))
                    frame.store(b.add(columns, b.const(1, DType.i32)), self.sums[0], place)
                if self.weights is not None:
                    for half, weight in enumerate(self.drawn_weights(self.words(counter, chunk, row, 1))):
                        frame.store(weight, self.weights, b.add(at, self.number(LANES * half)))

    def _add_up(self) -> None:
        """Sums of distances: in four rounds each takes in those of three others, 1, 4, 16 and 64 elements apart."""
        frame, b = self.frame, self.b
        source, target = self.sums
        apart = 1
        while apart < MOST:
            with frame.loop(self.number(0), self.size("rule.batch"), simd=True, hint="j") as j:
                near, *others = (frame.load(source, b.add(j, self.number(PAD - apart * n))) for n in range(4))
                for other in others:
                    near = b.add(near, other)
                frame.store(near, target, b.add(j, self.number(PAD)))
            source, target = target, source
            apart *= 4
        assert source is self.sums[0], "the sums end where they began"

    def _below(self, limit: Value) -> Value:
        """How many sums of a batch are below a limit; they ascend."""
        frame, b, batch = self.frame, self.b, self.size("rule.batch")
        found = self.number(0)
        step = MOST // 2
        steps = [1]
        while step:
            steps.insert(-1, step)
            step //= 2
        for step in steps:
            probe = b.add(found, self.number(step))
            at = b.add(b.min(probe, batch), self.number(PAD - 1))
            inside = b.cmp("lt", frame.load_index(self.sums[0], at), limit)
            found = b.select(b.and_(b.cmp("le", probe, batch), inside), probe, found)
        return found
