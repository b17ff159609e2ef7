"""The synapses that a `step.procedural` stands for, for any rows: its meaning, on arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.compiler.ir.interp_arith import evaluate
from nnc.compiler.ir.interp_code import DrawOps
from nnc.compiler.ir.procedural import TILE, choice, gap, weights
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Array = NDArray[Any]

_AT_ONCE: Final = 1 << 18
"""Draws that are held at a time."""

_LANES: Final = TILE // 2


@dataclass(frozen=True)
class RowRule:
    """The numbers of a `step.procedural`: `width` columns in chunks of `chunk`, `batch` elements at once.

    With `number` a row has so many synapses, none with the neuron itself, whose column is its row - `itself`.

    `distribution` and `parameters` (first, second, low, high) are those of weights; None for one weight.
    """

    key: int
    width: int
    chunk: int
    batch: int
    scale: float
    distribution: str | None = None
    parameters: tuple[float, ...] = ()
    number: int | None = None
    itself: int | None = None

    @property
    def chunks(self) -> int:
        """Chunks of a row."""
        return -(-self.width // self.chunk)


@dataclass(frozen=True)
class Made:
    """Synapses row by row, columns ascending; `weights` (f64) only if they are drawn."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    weights: NDArray[np.float64] | None


def made_rows(rule: RowRule, rows: Array, *, weighted: bool = True) -> Made:
    """The synapses of some rows, none left out."""
    parts = list(parts_of(rule, rows, weighted=weighted))
    if not parts:
        nothing = np.zeros(0, np.int64)
        return Made(nothing, nothing, np.zeros(0) if weighted and rule.distribution else None)
    values = [p.weights for p in parts if p.weights is not None]
    joined = np.concatenate(values) if values else None
    return Made(np.concatenate([p.rows for p in parts]), np.concatenate([p.columns for p in parts]), joined)


def parts_of(rule: RowRule, rows: Array, *, weighted: bool = True) -> Iterator[Made]:
    """The same, some rows at a time."""
    together = max(1, _AT_ONCE // max(1, rule.chunks * rule.batch, 0 if rule.number is None else rule.width))
    make = _rows if rule.number is None else _numbered
    for first in range(0, len(rows), together):
        yield make(rule, np.asarray(rows[first : first + together], np.int64), weighted and bool(rule.distribution))


def _rows(rule: RowRule, rows: Array, weighted: bool) -> Made:
    """The cells (row, chunk) of all rows go on side by side, a batch at a time, until each has passed its end."""
    row, chunk = (a.reshape(-1) for a in np.broadcast_arrays(rows[:, None], np.arange(rule.chunks)[None, :]))
    stop = np.minimum((chunk + 1) * rule.chunk, rule.width)
    last = chunk * rule.chunk - 1
    alive, cells, columns, values = np.arange(len(row)), [], [], []
    first = 0
    with np.errstate(all="ignore"):
        while len(alive):
            draws = _Draws(rule, row[alive], chunk[alive], first)
            at = last[alive, None] + np.cumsum(draws.distances(), axis=1)
            inside = at < stop[alive, None]
            cells.append(np.broadcast_to(alive[:, None], at.shape)[inside])
            columns.append(at[inside])
            if weighted:
                values.append(draws.weights()[inside])
            last[alive] = at[:, -1]
            alive = alive[last[alive] + 1 < stop[alive]]
            first += rule.batch
    cell = np.concatenate(cells) if cells else np.zeros(0, np.int64)
    order = np.argsort(cell, kind="stable")
    column = np.concatenate(columns)[order] if columns else cell
    weight = np.concatenate(values)[order] if values else None
    return Made(row[cell[order]], column, np.zeros(0) if weighted and weight is None else weight)


def _numbered(rule: RowRule, rows: Array, weighted: bool) -> Made:
    """One choice of all rows after the other, then each row in order."""
    assert rule.number is not None
    number, width = rule.number, rule.width
    own = np.full(len(rows), width) if rule.itself is None else rows - rule.itself
    own = np.where((own >= 0) & (own < width), own, width)
    start = width - (own < width) - number
    drawn = _Draws(replace(rule, batch=-(-number // TILE) * TILE), rows, np.zeros_like(rows), 0)
    elements = np.arange(number)
    numbers = drawn.choices(start)[:, :number]
    taken, chosen, each = np.zeros((len(rows), width), np.bool_), np.empty_like(numbers), np.arange(len(rows))
    for e in elements:
        column = np.where(taken[each, numbers[:, e]], start + e, numbers[:, e])
        taken[each, column] = True
        chosen[:, e] = column
    order = np.argsort(chosen, axis=1)
    chosen = np.take_along_axis(chosen, order, axis=1).astype(np.int64)
    values = np.take_along_axis(drawn.weights()[:, :number], order, axis=1).reshape(-1) if weighted else None
    columns = chosen + (chosen >= own[:, None])
    return Made(np.repeat(rows, number), columns.reshape(-1), values)


class _Draws:
    """The draws of elements [first, first + batch) of some cells, as arrays of shape (cells, batch)."""

    def __init__(self, rule: RowRule, row: Array, chunk: Array, first: int) -> None:
        self.rule, self.ops = rule, DrawOps()
        blocks = first // 2 + np.arange(rule.batch // 2)
        shape = (len(row), len(blocks))
        self.counter = [np.broadcast_to(a, shape) for a in (blocks[None, :], chunk[:, None], row[:, None])]

    def words(self, last: int) -> Sequence[Array]:
        """The words of the counters that end in `last`."""
        key = self.rule.key
        constants = [np.full(self.counter[0].shape, k) for k in (last, key & 0xFFFFFFFF, (key >> 32) & 0xFFFFFFFF)]
        operands = [(x & 0xFFFFFFFF).astype(np.uint32).view(np.int32) for x in (*self.counter, *constants)]
        return evaluate("random.philox", {}, operands, [DType.i32] * 4)

    def distances(self) -> Array:
        words, ops = self.words(0), self.ops
        scale, most = ops.const(self.rule.scale, DType.f64), ops.const(float(self.rule.chunk), DType.f64)
        return self._side_by_side([gap(ops, words[2 * h], words[2 * h + 1], scale, most) + 1 for h in (0, 1)])

    def choices(self, start: Array) -> Array:
        """For element e, a number up to `start` + e."""
        words, elements = self.words(0), 2 * self.counter[0] - self.counter[0] % _LANES
        bounds = [(start[:, None] + elements + _LANES * h + 1).astype(np.float64) for h in (0, 1)]
        return self._side_by_side([choice(self.ops, words[2 * h], words[2 * h + 1], bounds[h]) for h in (0, 1)])

    def weights(self) -> Array:
        parameters = [self.ops.const(p, DType.f64) for p in self.rule.parameters]
        return self._side_by_side(weights(self.ops, str(self.rule.distribution), parameters, self.words(1)))

    def _side_by_side(self, halves: Sequence[Array]) -> Array:
        """Elements in their order: 16 of the first halves of counters, then 16 of the second ones."""
        cells = len(halves[0])
        tiles = [np.broadcast_to(h, self.counter[0].shape).reshape(cells, -1, 1, _LANES) for h in halves]
        return np.concatenate(tiles, axis=2).reshape(cells, -1).astype(np.result_type(*halves))
