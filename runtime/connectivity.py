"""The synapses of a projection in canonical order: sorted by post neuron, then by pre neuron.

Everything that scripts see (lists of weights, synaptic draws) is in this order; how a program stores the synapses is
`runtime/storage.py`'s business.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.errors import NNCValueError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Full:
    """Every pre neuron of one range meets every post neuron of another one; `no_self`: but not itself."""

    pre_first: int
    pre_count: int
    post_first: int
    post_count: int
    no_self: bool = False

    @cached_property
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
        pre: NDArray[np.int32] | None,
        full: Full | None = None,
        posts: NDArray[np.int64] | None = None,
    ) -> None:
        self.n_pre = n_pre
        self.n_post = n_post
        self.row = row
        self.full = full
        self._pre = pre
        self._posts = posts

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
        repeated = (np.diff(post) == 0) & (np.diff(pre) == 0)
        if repeated.any():
            at = int(np.argmax(repeated))
            raise NNCValueError(f"two synapses connect pre neuron {pre[at]} with post neuron {post[at]}")
        row = _rows(np.bincount(post, minlength=n_post))
        return Connectivity(n_pre, n_post, row, pre.astype(np.int32), _as_full(post, pre))

    @property
    def count(self) -> int:
        """Number of synapses."""
        return int(self.row[-1])

    @cached_property
    def pre(self) -> NDArray[np.int32]:
        """The pre neuron of each synapse."""
        if self._pre is not None:
            return self._pre
        assert self.full is not None
        return (np.nonzero(self.full.present)[1] + self.full.pre_first).astype(np.int32)

    @cached_property
    def post(self) -> NDArray[np.int32]:
        """The post neuron of each synapse."""
        return np.repeat(np.arange(self.n_post, dtype=np.int32), np.diff(self.row))

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
        at = int(first + np.searchsorted(self.pre[first:last], pre))
        return at if at < last and self.pre[at] == pre else None


def _rows(counts: NDArray[Any]) -> NDArray[np.int64]:
    row = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=row[1:])
    return row


def _as_full(post: NDArray[np.int64], pre: NDArray[np.int64]) -> Full | None:
    """The ranges of a projection that happens to be full."""
    if not len(post):
        return None
    pre_first, post_first = int(pre.min()), int(post[0])
    full = Full(pre_first, int(pre.max()) - pre_first + 1, post_first, int(post[-1]) - post_first + 1)
    return full if full.count == len(post) else None
