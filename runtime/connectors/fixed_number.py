"""A fixed number of synapses per post neuron, or per pre neuron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from nnc.runtime.building.blocks import cut, in_threads, joined, streams_of
from nnc.runtime.building.transpose import narrow
from nnc.runtime.connectors.rule import Ends, Values, Wired, ranks_of
from nnc.runtime.errors import NNCValueError
from nnc.runtime.projections.connectivity import Connectivity

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

    def expected(self, ends: Ends) -> int:
        """The number of synapses."""
        return self.number * len(ends.post_ranks)

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """`number` synapses in every row."""
        pre = draw_partners(generator, ends, self.number, ends.same and not self.selves, "pre")
        return Wired(Connectivity.of_rows(ends.n_pre, self.number * _present(ends.post_ranks, ends.n_post), pre))


@dataclass(frozen=True, eq=False)
class FixedNumberPost:
    """Each pre neuron draws `number` distinct post neurons."""

    number: int
    weights: Values
    delays: Values = 0.0
    selves: bool = False
    multiple: bool = False
    name: ClassVar[str] = "Random divergent"

    def expected(self, ends: Ends) -> int:
        """The number of synapses."""
        return self.number * len(ends.pre_ranks)

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """`number` synapses from every pre neuron."""
        post = draw_partners(generator, ends, self.number, ends.same and not self.selves, "post")
        return Wired(Connectivity.of_columns(ends.n_post, self.number * _present(ends.pre_ranks, ends.n_pre), post))


def _present(ranks: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    return np.bincount(ranks, minlength=n)


def draw_partners(
    generator: np.random.Generator, ends: Ends, number: int, exclude: bool, side: Literal["pre", "post"]
) -> NDArray[Any]:
    """For each neuron of the other side (ascending) `number` distinct partners of this one, ascending; flat.

    Raises where there are not so many.
    """
    pre, post = ranks_of(f"fixed_number_{side}", ends)
    owners, partners = (post, pre) if side == "pre" else (pre, post)
    own = np.searchsorted(partners, owners)
    inside = exclude & (partners[np.minimum(own, len(partners) - 1)] == owners)
    available = len(partners) - int(inside.any())
    if number > available:
        beside = " beside the neuron itself" if available < len(partners) else ""
        raise NNCValueError(f"fixed_number_{side}: {number} of {available} {side} neurons{beside} cannot be distinct")
    dtype = narrow(ends.n_pre if side == "pre" else ends.n_post)
    blocks = cut(len(owners), number)

    def draw(item: tuple[tuple[int, int], np.random.Generator]) -> NDArray[Any]:
        (first, last), stream = item
        chosen = _choose(stream, own[first:last], inside[first:last], len(partners), number)
        picked: NDArray[Any] = partners.astype(dtype)[chosen.reshape(-1)]
        return picked

    drawn = in_threads(draw, list(zip(blocks, streams_of(generator, len(blocks)), strict=True)), ends.threads)
    return joined(drawn, dtype) if drawn else np.zeros(0, dtype)


def _choose(
    generator: np.random.Generator, own: NDArray[np.int64], inside: NDArray[np.bool_], n: int, number: int
) -> NDArray[Any]:
    """Positions of the partners of some owners, of which those `inside` are at `own` among the partners themselves."""
    if not inside.any():
        return distinct(generator, len(own), n, number)
    chosen = np.empty((len(own), number), narrow(n))
    if not inside.all():
        chosen[~inside] = distinct(generator, int((~inside).sum()), n, number)
    others = distinct(generator, int(inside.sum()), n - 1, number).astype(narrow(n), copy=False)
    others += others >= own[inside][:, None]
    chosen[inside] = others
    return chosen


def distinct(generator: np.random.Generator, rows: int, n: int, k: int) -> NDArray[Any]:
    """`rows` uniform samples of k distinct numbers below n, each ascending: shape (rows, k), in a narrow type."""
    if rows == 0 or k == 0:
        return np.zeros((rows, k), narrow(n))
    if 2 * k > n:
        left_out = np.ones((rows, n), np.bool_)
        np.put_along_axis(left_out, distinct(generator, rows, n, n - k), False, axis=1)
        return np.nonzero(left_out)[1].reshape(rows, k).astype(narrow(n))
    drawn = generator.integers(0, n, (rows, k)).astype(narrow(n))
    drawn.sort(axis=1)
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
