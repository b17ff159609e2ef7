"""The synapses of a projection in canonical order: sorted by post neuron, then by pre neuron.

Everything that scripts see (lists of weights, synaptic draws) is in this order; how a program stores the synapses is
`runtime/block/storage.py`'s business.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.building.transpose import narrow, transpose
from nnc.runtime.errors import NNCValueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

KEPT = 1 << 16
"""Projections of more synapses hold no index arrays beside those of the program; they are made when they are wanted."""


@dataclass(frozen=True, eq=False)
class Full:
    """Every pre neuron of one range meets every post neuron of another one; `no_self`: but not itself."""

    pre_first: int
    pre_count: int
    post_first: int
    post_count: int
    no_self: bool = False

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which entries of the (post, pre) matrix are synapses."""
        mask = np.ones((self.post_count, self.pre_count), np.bool_)
        if self.no_self:
            mask &= (
                np.arange(self.post_first, self.post_first + self.post_count)[:, None]
                != np.arange(self.pre_first, self.pre_first + self.pre_count)[None, :]
            )
        return mask

    @property
    def selves(self) -> int:
        """How many pairs of a neuron with itself lie in the ranges."""
        low = max(self.pre_first, self.post_first)
        high = min(self.pre_first + self.pre_count, self.post_first + self.post_count)
        return max(0, high - low)

    @property
    def count(self) -> int:
        """Number of synapses."""
        return self.pre_count * self.post_count - (self.selves if self.no_self else 0)


class Connectivity:
    """Which pre neurons each post neuron listens to: CSR by post over whole populations, pres ascending.

    `row[i]:row[i + 1]` are the synapses of post neuron i. The index arrays of a full projection are only made when
    they are asked for. `posts` are the post neurons with dendrites, if some of these may be empty.
    """

    def __init__(
        self,
        n_pre: int,
        n_post: int,
        row: NDArray[np.int64],
        pre: NDArray[Any] | None,
        full: Full | None = None,
        posts: NDArray[np.int64] | None = None,
    ) -> None:
        self.n_pre = n_pre
        self.n_post = n_post
        self.row = row
        self.full = full
        self._pre = pre
        self._posts = posts
        self._source: Callable[[], NDArray[Any]] | None = None
        self._wide: dict[str, NDArray[np.int32]] = {}

    @staticmethod
    def of_full(n_pre: int, n_post: int, full: Full) -> Connectivity:
        """All pairs of two ranges."""
        counts = np.zeros(n_post, np.int64)
        posts = slice(full.post_first, full.post_first + full.post_count)
        counts[posts] = full.pre_count
        if full.no_self:
            low = max(full.pre_first, full.post_first)
            counts[low : low + full.selves] -= 1
        return Connectivity(n_pre, n_post, _rows(counts), None, full)

    @staticmethod
    def of_pairs(
        n_pre: int, n_post: int, post: NDArray[Any], pre: NDArray[Any], *, is_sorted: bool = False
    ) -> Connectivity:
        """From lists of pairs. Raises `NNCValueError` if a pair comes twice."""
        post, pre = np.asarray(post, np.int64), np.asarray(pre, np.int64)
        if not is_sorted:
            order = np.lexsort((pre, post))
            post, pre = post[order], pre[order]
        repeated = (post[1:] == post[:-1]) & (pre[1:] == pre[:-1])
        if repeated.any():
            at = int(np.argmax(repeated))
            raise NNCValueError(f"two synapses connect pre neuron {pre[at]} with post neuron {post[at]}")
        return Connectivity.of_rows(n_pre, np.bincount(post, minlength=n_post), pre.astype(narrow(n_pre)))

    @staticmethod
    def of_rows(n_pre: int, counts: NDArray[Any], pre: NDArray[Any]) -> Connectivity:
        """From the pre neurons of one post neuron after the other: so many for each, ascending, all different."""
        row = _rows(counts)
        return Connectivity(n_pre, len(counts), row, pre.astype(narrow(n_pre), copy=False), _as_full(row, pre))

    @staticmethod
    def of_columns(n_post: int, counts: NDArray[Any], post: NDArray[Any]) -> Connectivity:
        """From the post neurons of one pre neuron after the other: so many for each, ascending, all different."""
        post = post.astype(narrow(n_post), copy=False)
        rows = transpose(_rows(counts), post, n_post)
        full = _as_full(rows.start[0], rows.member)
        return Connectivity(len(counts), n_post, rows.start[0], rows.member, full)

    @property
    def count(self) -> int:
        """Number of synapses."""
        return int(self.row[-1])

    @property
    def expected(self) -> int:
        """Number of synapses, on average where counting would mean to make them."""
        return self.count

    @property
    def pre(self) -> NDArray[np.int32]:
        """The pre neuron of each synapse."""
        return self._kept("pre", lambda: self.narrow_pre.astype(np.int32, copy=False))

    @property
    def narrow_pre(self) -> NDArray[Any]:
        """The pre neuron of each synapse, in the index type of the program: u16 or i32. Not to be written to."""
        if self._pre is None and self._source is not None:
            self._pre = self._source()
        if self._pre is not None:
            return self._pre
        assert self.full is not None
        columns = np.arange(self.full.pre_first, self.full.pre_first + self.full.pre_count, dtype=narrow(self.n_pre))
        everything = np.broadcast_to(columns, (self.full.post_count, self.full.pre_count))
        return everything[self.full.present] if self.full.no_self else everything.reshape(-1)

    @property
    def post(self) -> NDArray[np.int32]:
        """The post neuron of each synapse."""
        return self._kept("post", lambda: np.repeat(np.arange(self.n_post, dtype=np.int32), np.diff(self.row)))

    def _kept(self, name: str, make: Callable[[], NDArray[np.int32]]) -> NDArray[np.int32]:
        if name in self._wide:
            return self._wide[name]
        made = make()
        if self.count <= KEPT:
            self._wide[name] = made
        return made

    def rely_on(self, source: Callable[[], NDArray[Any]]) -> None:
        """Hold no index array any longer: `source` gives the pre neuron of each synapse when they are wanted."""
        if self.count > KEPT and self.full is None:
            self._pre, self._source = None, source

    def hold(self) -> None:
        """Rely on no source any longer, because it is about to change."""
        if self._source is not None:
            self._pre, self._source = self.narrow_pre.copy(), None

    @property
    def nbytes(self) -> int:
        """Memory of the arrays that are held here."""
        held = [self.row, *self._wide.values(), *(a for a in (self._pre, self._posts) if a is not None)]
        return sum(a.nbytes for a in held)

    @cached_property
    def post_ranks(self) -> NDArray[np.int64]:
        """The post neurons that have synapses, or once had some: `posts` where they were given."""
        return np.flatnonzero(np.diff(self.row)) if self._posts is None else self._posts

    def split(self, values: NDArray[Any]) -> list[list[Any]]:
        """Values of the synapses as a list per post neuron that has some."""
        flat = values.tolist()
        return [flat[self.row[i] : self.row[i + 1]] for i in self.post_ranks]

    def find(self, pre: int, post: int) -> int | None:
        """Position of the synapse between two neurons."""
        first, last = self.row[post], self.row[post + 1]
        partners = self.narrow_pre[first:last]
        at = int(np.searchsorted(partners, pre))
        return int(first) + at if at < len(partners) and partners[at] == pre else None


def _rows(counts: NDArray[Any]) -> NDArray[np.int64]:
    row = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=row[1:])
    return row


def _as_full(row: NDArray[np.int64], pre: NDArray[Any]) -> Full | None:
    """The ranges of a projection that happens to be full."""
    if not len(pre):
        return None
    posts = np.flatnonzero(np.diff(row))
    pre_first, post_first = int(pre.min()), int(posts[0])
    full = Full(pre_first, int(pre.max()) - pre_first + 1, post_first, int(posts[-1]) - post_first + 1)
    return full if full.count == len(pre) else None
