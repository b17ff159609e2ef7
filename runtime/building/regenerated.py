"""Synapses that are not stored: what the rows of a rule are, made when a script looks at them.

Programs make rows by the same definition (`nnc.compiler.ir.procedural`), so what is seen here is what they do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from nnc.compiler.ir.interp_procedural import RowRule, made_rows, parts_of
from nnc.compiler.ir.procedural import MOST, TILE, scale_of
from nnc.runtime.building.limits import available_memory
from nnc.runtime.building.transpose import narrow
from nnc.runtime.errors import NNCRuntimeError
from nnc.runtime.projections.connectivity import Connectivity

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Side = Literal["pre", "post"]

WANTED: Final = 192
"""Synapses in a chunk, about: enough for vectors, few enough that workers share long rows."""

LONGEST: Final = 1 << 22
"""Columns of a chunk: sums of a whole batch stay in 32 bits."""

CACHED: Final = 1 << 20
"""Synapses up to which what was made once is held."""

_BYTES: Final = 96
"""What making a synapse takes, about."""


@dataclass(frozen=True)
class Span:
    """A range of neurons, `first` to `first + count`."""

    first: int
    count: int


def row_rule(
    key: int, width: int, probability: float, distribution: str | None = None, parameters: tuple[float, ...] = ()
) -> RowRule:
    """The rule of rows of so many columns: its chunks follow from the width and the probability alone."""
    chunks = max(1, round(width * probability / WANTED), -(-width // LONGEST))
    chunk = max(1, -(-width // chunks))
    mean = chunk * probability
    wanted = mean + 1.5 * math.sqrt(mean * (1.0 - probability)) + 1.0
    batch = min(MOST, TILE * math.ceil(wanted / TILE))
    return RowRule(key, width, chunk, batch, scale_of(probability), distribution, parameters)


def number_rule(
    key: int, width: int, number: int, itself: int | None, law: tuple[str | None, tuple[float, ...]]
) -> RowRule:
    """The rule of rows of so many synapses among so many columns; `itself`: the rank of the first column if the neuron
    itself is left out."""
    return RowRule(key, width, max(1, width), TILE, 0.0, *law, number, itself)


class Regenerated(Connectivity):
    """The synapses of a rule: rows by neuron of one side, for the neurons of a span, columns those of another one.

    Nothing is held but, where they are few, what was made last. Raises `NNCRuntimeError` if what is asked for would not
    fit into memory.
    """

    def __init__(
        self, n_pre: int, n_post: int, pre: Span, post: Span, rows: Side, rule: RowRule, expected: int, no_self: bool
    ) -> None:
        self.n_pre, self.n_post = n_pre, n_post
        self.spans: dict[Side, Span] = {"pre": pre, "post": post}
        self.rows: Side = rows
        self.rule = rule
        self.no_self = no_self
        self.full = None
        self._expected = expected
        self._held: tuple[Connectivity, NDArray[np.float64] | None] | None = None

    def keyed(self, key: int) -> Regenerated:
        """The synapses of the same rule with another key."""
        pre, post = self.spans["pre"], self.spans["post"]
        rule = replace(self.rule, key=key)
        return Regenerated(self.n_pre, self.n_post, pre, post, self.rows, rule, self._expected, self.no_self)

    @property
    def expected(self) -> int:
        """Number of synapses on average."""
        return self._expected

    @cached_property
    def row(self) -> NDArray[np.int64]:  # type: ignore[override]
        """Where the synapses of each post neuron begin; made by counting them."""
        counts = np.zeros(self.n_post, np.int64)
        for part in parts_of(self.rule, self._rows(), weighted=False):
            pre, post = self._pairs(part.rows, part.columns)
            counts += np.bincount(post[self._chosen(pre, post)], minlength=self.n_post)
        row = np.zeros(self.n_post + 1, np.int64)
        np.cumsum(counts, out=row[1:])
        return row

    @property
    def narrow_pre(self) -> NDArray[Any]:
        """The pre neuron of each synapse, made anew."""
        return self._made()[0].narrow_pre

    @property
    def pre(self) -> NDArray[np.int32]:
        """The pre neuron of each synapse."""
        return self._made()[0].pre

    @property
    def post(self) -> NDArray[np.int32]:
        """The post neuron of each synapse."""
        return self._made()[0].post

    @property
    def post_ranks(self) -> NDArray[np.int64]:
        """The post neurons that have synapses."""
        return np.flatnonzero(np.diff(self.row))

    def weights(self) -> NDArray[np.float64]:
        """The weight of each synapse in canonical order, in double precision."""
        made = self._made()[1]
        assert made is not None, "weights that are drawn"
        return made

    def rely_on(self, source: Callable[[], NDArray[Any]]) -> None:
        """There is nothing to let go of."""

    def hold(self) -> None:
        """Nothing is about to change."""

    @property
    def nbytes(self) -> int:
        """Memory of what is held here."""
        row = self.__dict__.get("row")
        held = 0 if row is None else row.nbytes
        if self._held is not None:
            held += self._held[0].nbytes + (0 if self._held[1] is None else self._held[1].nbytes)
        return held

    def _made(self) -> tuple[Connectivity, NDArray[np.float64] | None]:
        if self._held is not None:
            return self._held
        self._check_room()
        part = made_rows(self.rule, self._rows())
        pre, post = self._pairs(part.rows, part.columns)
        chosen = self._chosen(pre, post)
        weights = part.weights if chosen is ... or part.weights is None else part.weights[chosen]
        pre, post = pre[chosen], post[chosen]
        if self.rows == "pre":
            order = np.argsort(post, kind="stable")
            pre, post = pre[order], post[order]
            weights = None if weights is None else weights[order]
        counts = np.bincount(post, minlength=self.n_post)
        row = np.concatenate(([0], np.cumsum(counts)))
        made = Connectivity(self.n_pre, self.n_post, row, pre.astype(narrow(self.n_pre))), weights
        if len(pre) <= CACHED:
            self._held = made
        return made

    def _check_room(self) -> None:
        available, needed = available_memory(), self._expected * _BYTES
        if available is not None and needed > available:
            raise NNCRuntimeError(
                f"a projection of about {self._expected} synapses is not stored; to look at all of them takes about "
                f"{needed / 1e9:.3g} GB, and {available / 1e9:.3g} GB are available"
            )

    def _rows(self) -> NDArray[np.int64]:
        span = self.spans[self.rows]
        return np.arange(span.first, span.first + span.count, dtype=np.int64)

    def _pairs(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
        """The pre and the post neuron of each synapse."""
        if self.rows == "pre":
            return rows, columns + self.spans["post"].first
        return columns + self.spans["pre"].first, rows

    def _chosen(self, pre: NDArray[np.int64], post: NDArray[np.int64]) -> Any:
        return pre != post if self.no_self else ...
