"""A fixed number of synapses per post neuron, or per pre neuron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from nnc.runtime.connectivity import Connectivity
from nnc.runtime.connectors.rule import Ends, Values, Wired
from nnc.runtime.errors import NNCValueError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class FixedNumberPre:
    """Each post neuron draws `number` distinct pre neurons."""

    number: int
    weights: Values
    delays: Values = 0.0
    selves: bool = False
    multiple: bool = False
    name: ClassVar[str] = "Random convergent"

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """`number` synapses in every row."""
        exclude = ends.same and not self.selves
        post, pre = draw_partners(generator, ends.post_ranks, ends.pre_ranks, self.number, exclude, "pre")
        return Wired(Connectivity.of_pairs(ends.n_pre, ends.n_post, post, pre))


@dataclass(frozen=True, eq=False)
class FixedNumberPost:
    """Each pre neuron draws `number` distinct post neurons."""

    number: int
    weights: Values
    delays: Values = 0.0
    selves: bool = False
    multiple: bool = False
    name: ClassVar[str] = "Random divergent"

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """`number` synapses from every pre neuron."""
        exclude = ends.same and not self.selves
        pre, post = draw_partners(generator, ends.pre_ranks, ends.post_ranks, self.number, exclude, "post")
        return Wired(Connectivity.of_pairs(ends.n_pre, ends.n_post, post, pre))


def draw_partners(
    generator: np.random.Generator,
    owners: NDArray[np.int64],
    partners: NDArray[np.int64],
    number: int,
    exclude: bool,
    side: str,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each owner `number` distinct partners, as flat pairs. Raises where there are not so many."""
    owners, partners = np.sort(owners), np.sort(partners)
    own = np.searchsorted(partners, owners)
    inside = exclude & (partners[np.minimum(own, len(partners) - 1)] == owners)
    available = len(partners) - int(inside.any())
    if number > available:
        beside = " beside the neuron itself" if available < len(partners) else ""
        raise NNCValueError(f"fixed_number_{side}: {number} of {available} {side} neurons{beside} cannot be distinct")
    chosen = np.empty((len(owners), number), np.int64)
    chosen[~inside] = distinct(generator, int((~inside).sum()), len(partners), number)
    others = distinct(generator, int(inside.sum()), len(partners) - 1, number)
    chosen[inside] = others + (others >= own[inside][:, None])
    return np.repeat(owners, number), partners[chosen.reshape(-1)]


def distinct(generator: np.random.Generator, rows: int, n: int, k: int) -> NDArray[np.int64]:
    """`rows` uniform samples of k distinct numbers below n, each ascending: shape (rows, k)."""
    if rows == 0 or k == 0:
        return np.zeros((rows, k), np.int64)
    if 2 * k > n:
        left_out = np.ones((rows, n), np.bool_)
        np.put_along_axis(left_out, distinct(generator, rows, n, n - k), False, axis=1)
        return np.nonzero(left_out)[1].reshape(rows, k)
    drawn = np.sort(generator.integers(0, n, (rows, k)), axis=1)
    again = np.arange(rows)
    while len(again):
        part = drawn[again]
        repeated = np.zeros(part.shape, np.bool_)
        repeated[:, 1:] = part[:, 1:] == part[:, :-1]
        part[repeated] = generator.integers(0, n, int(repeated.sum()))
        touched = repeated.any(axis=1)
        again = again[touched]
        drawn[again] = np.sort(part[touched], axis=1)
    return drawn
