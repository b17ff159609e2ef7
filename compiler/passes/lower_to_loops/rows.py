"""Where the synapses of a neuron are, for each layout of a projection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnc.compiler.ir.core import Value
    from nnc.compiler.ir.step import Synapses
    from nnc.compiler.passes.lower_to_loops.frame import Frame


@dataclass(frozen=True)
class Row:
    """Synapses of one neuron: a loop from `lo` to `hi`, and what is at its index.

    `at` writes code inside the loop; it gives the synapse (index of `[syn]` fields) and the neuron at its other end.
    """

    lo: Value
    hi: Value
    at: Callable[[Value], tuple[Value, Value]]
    present: Callable[[Value], Value] | None = None
    """Writes whether a partner is one of those that are wanted; None if all are."""


class Rows:
    """Writes the index arithmetic of a projection."""

    def __init__(self, frame: Frame, synapses: Synapses) -> None:
        self.frame = frame
        self.name = str(synapses.sym)
        self.pre, self.post = str(synapses.pre), str(synapses.post)
        self.layout = str(synapses.layout)
        self.dense = self.layout.startswith("dense")
        self.ranges = self.dense or self.layout == "procedural"
        self.wide = DType.i64 if synapses.wide_rows else DType.i32
        self.index_type = DType(synapses.index)

    def size(self, name: str) -> Value:
        """A size of the projection."""
        return self.frame.size(f"{self.name}.{name}")

    def _table(self, name: str, dtype: DType) -> Value:
        return self.frame.buffer(f"{self.name}.{name}", dtype)

    def own_posts(self, lo: Value, hi: Value) -> tuple[Value, Value]:
        """The post neurons in [lo, hi) that the projection may reach."""
        if not self.ranges:
            return lo, hi
        b, first = self.frame.b, self.size("post_first")
        end = b.add(first, self.size("post_count"))
        return b.max(lo, first), b.min(hi, end)

    def pres(self) -> tuple[Value, Value]:
        """The range of pre neurons that have synapses."""
        if not self.dense:
            return self.frame.number(0), self.frame.size(f"{self.pre}.n")
        first = self.size("pre_first")
        return first, self.frame.b.add(first, self.size("pre_count"))

    def covers_pre(self, pre: Value) -> Value | None:
        """Whether a pre neuron is in the range of a projection that has one; None where the row itself says so."""
        return self._inside(pre, "pre") if self.ranges else None

    def covers_post(self, post: Value) -> Value | None:
        """The same for a post neuron."""
        return self._inside(post, "post") if self.dense else None

    def _inside(self, neuron: Value, side: str) -> Value:
        b, first = self.frame.b, self.size(f"{side}_first")
        end = b.add(first, self.size(f"{side}_count"))
        return b.and_(b.cmp("ge", neuron, first), b.cmp("lt", neuron, end))

    def of_pre(self, worker: Value, lo: Value, hi: Value, pre: Value) -> Row:
        """The synapses of a pre neuron that end in [lo, hi), the part of a worker."""
        if self.layout == "csr_pre":
            return self._csr_of_pre(worker, pre)
        if not self.dense:
            raise ValueError(f"{self.name}: the layout {self.layout} has no rows by pre neuron")
        b = self.frame.b
        first, end = self.own_posts(lo, hi)
        row = b.sub(pre, self.size("pre_first"))
        if self.layout == "dense_pre":
            start = b.sub(b.mul(row, self.size("post_count")), self.size("post_first"))
            return Row(first, end, lambda post: (b.add(start, post), post))

        def column(post: Value) -> tuple[Value, Value]:
            line = b.mul(b.sub(post, self.size("post_first")), self.size("pre_count"))
            return b.add(line, row), post

        return Row(first, end, column)

    def _csr_of_pre(self, worker: Value, pre: Value) -> Row:
        frame, b = self.frame, self.frame.b
        where = b.add(b.mul(worker, frame.size(f"{self.pre}.n1")), pre)
        row, posts = self._table("row", self.wide), self._table("post", self.index_type)
        lo = frame.load_index(row, where)
        hi = frame.load_index(row, b.add(where, frame.number(1)))
        return Row(lo, hi, lambda j: (j, frame.load_index(posts, j)))

    def of_post(self, post: Value) -> Row:
        """The synapses of a post neuron, by ascending pre neuron."""
        if self.layout == "csr_post":
            return self._table_of_post(post, "row", "pre", None)
        if self.layout == "csr_pre":
            return self._table_of_post(post, "back_row", "back_pre", "back")
        b, first = self.frame.b, self.size("pre_first")
        column = b.sub(post, self.size("post_first"))
        zero, count = self.frame.number(0), self.size("pre_count")
        if self.layout == "dense_post":
            start = b.mul(column, count)
            return Row(zero, count, lambda j: (b.add(start, j), b.add(first, j)))
        width = self.size("post_count")
        return Row(zero, count, lambda j: (b.add(b.mul(j, width), column), b.add(first, j)))

    def _table_of_post(self, post: Value, rows: str, pres: str, positions: str | None) -> Row:
        frame = self.frame
        row, pre = self._table(rows, self.wide), self._table(pres, self.index_type)
        lo = frame.load_index(row, post)
        hi = frame.load_index(row, frame.b.add(post, frame.number(1)))
        if positions is None:
            return Row(lo, hi, lambda j: (j, frame.load_index(pre, j)))
        at = self._table(positions, self.wide)
        return Row(lo, hi, lambda c: (frame.load_index(at, c), frame.load_index(pre, c)))
