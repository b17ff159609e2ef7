"""`LILConnectivity`: the container that user functions fill, post neuron by post neuron."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnc.runtime.errors import NNCValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class LILConnectivity:
    """Synapses as lists per post neuron: `add(post_rank, pre_ranks, weights, delays)`, delays in ms."""

    def __init__(self, dt: float = 1.0) -> None:
        self.dt = dt
        self._rows: dict[int, tuple[list[int], list[float], list[float]]] = {}

    def add(
        self,
        post_rank: int,
        pre_ranks: Sequence[int],
        weights: float | Sequence[float],
        delays: float | Sequence[float] = 0.0,
    ) -> None:
        """Add synapses of one post neuron; single weights and delays hold for all of them."""
        pres = [int(p) for p in pre_ranks]
        if not pres:
            return
        pre, w, d = self._rows.setdefault(int(post_rank), ([], [], []))
        if set(pre) & set(pres) or len(set(pres)) < len(pres):
            raise NNCValueError(f"LILConnectivity: post neuron {post_rank} gets two synapses of one pre neuron")
        pre += pres
        w += _as_many(weights, len(pres), "weights")
        d += _as_many(delays, len(pres), "delays")

    push_back = add

    @property
    def post_rank(self) -> list[int]:
        """Post neurons with synapses, ascending."""
        return sorted(self._rows)

    @property
    def pre_rank(self) -> list[list[int]]:
        """Pre neurons of each of them."""
        return [self._rows[p][0] for p in self.post_rank]

    @property
    def w(self) -> list[list[float]]:
        """Weights."""
        return [self._rows[p][1] for p in self.post_rank]

    @property
    def delay(self) -> list[list[float]]:
        """Delays in ms."""
        return [self._rows[p][2] for p in self.post_rank]

    @property
    def size(self) -> int:
        """Number of post neurons with synapses."""
        return len(self._rows)

    @property
    def nb_synapses(self) -> int:
        """Number of synapses."""
        return sum(len(row[0]) for row in self._rows.values())

    @property
    def max_delay(self) -> float:
        """The longest delay in ms."""
        return max((max(row[2]) for row in self._rows.values()), default=0.0)

    def validate(self) -> None:
        """Raise if a delay is negative or not finite, or a weight is no number."""
        for post in self.post_rank:
            _, weights, delays = self._rows[post]
            if not (np.isfinite(delays).all() and min(delays) >= 0.0):
                raise NNCValueError(f"LILConnectivity: a delay of post neuron {post} is negative or not finite")
            if np.isnan(weights).any():
                raise NNCValueError(f"LILConnectivity: a weight of post neuron {post} is not a number")

    def get_max_delay(self) -> float:
        """The longest delay in ms."""
        return self.max_delay

    @property
    def uniform_delay(self) -> float:
        """The delay in ms that all synapses have, else -1."""
        delays = {delay for row in self._rows.values() for delay in row[2]}
        return delays.pop() if len(delays) == 1 else -1.0

    def get_uniform_delay(self) -> float:
        """The delay in ms that all synapses have, else -1."""
        return self.uniform_delay

    def compute_average_row_length(self) -> float:
        """Mean number of synapses of the post neurons that have some; 0 if there are none."""
        return self.nb_synapses / self.size if self.size else 0.0

    def arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Post ranks, pre ranks, weights, delays (ms) of all synapses."""
        rows = [(p, *self._rows[p]) for p in self.post_rank]
        post = np.array([p for p, pre, _, _ in rows for _ in pre], np.int64)
        pre = np.array([i for _, pre, _, _ in rows for i in pre], np.int64)
        weights = np.array([x for _, _, w, _ in rows for x in w], np.float64)
        delays = np.array([x for _, _, _, d in rows for x in d], np.float64)
        return post, pre, weights, delays


def _as_many(values: float | Sequence[float], n: int, what: str) -> list[float]:
    if isinstance(values, int | float | np.number):
        return [float(values)] * n
    many = [float(v) for v in values]
    if len(many) == 1:
        return many * n
    if len(many) != n:
        raise NNCValueError(f"LILConnectivity: {len(many)} {what} for {n} synapses")
    return many
