"""Each pair with the same probability, independently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nnc.runtime.building.blocks import cut, in_threads, joined, streams_of
from nnc.runtime.building.transpose import narrow
from nnc.runtime.connectors.rule import Ends, Values, Wired, as_range, ranks_of, selves_of
from nnc.runtime.projections.connectivity import Connectivity

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class FixedProbability:
    """A Bernoulli draw per pair; a neuron is not connected with itself unless `selves`."""

    probability: float
    weights: Values
    delays: Values = 0.0
    selves: bool = False
    multiple: bool = False
    name: ClassVar[str] = "Random with fixed probability"

    def expected(self, ends: Ends) -> int:
        """The mean number of synapses."""
        selves = 0 if self.selves else selves_of(ends)
        return round(self.probability * (len(ends.pre_ranks) * len(ends.post_ranks) - selves))

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """The pairs that came out; the time is that of the synapses, not of the pairs."""
        pre, post = ranks_of("fixed_probability", ends)
        blocks = cut(len(post), self.probability * len(pre))
        own = _places(pre, post) if ends.same and not self.selves else None
        span, dtype = as_range(pre), narrow(ends.n_pre)

        def draw(item: tuple[tuple[int, int], np.random.Generator]) -> tuple[NDArray[np.int64], NDArray[Any]]:
            (first, last), stream = item
            hits = successes(stream, (last - first) * len(pre), self.probability)
            if own is not None:
                hits = _without(hits, own[first:last], len(pre))
            starts = np.arange(last - first + 1) * len(pre)
            counts = np.diff(np.searchsorted(hits, starts))
            hits -= np.repeat(starts[:-1] - (0 if span is None else span[0]), counts)
            return counts, (hits if span is not None else pre[hits]).astype(dtype)

        drawn = in_threads(draw, list(zip(blocks, streams_of(generator, len(blocks)), strict=True)), ends.threads)
        counts = np.zeros(ends.n_post, np.int64)
        counts[post] = np.concatenate([c for c, _ in drawn]) if drawn else 0
        return Wired(Connectivity.of_rows(ends.n_pre, counts, joined([p for _, p in drawn], dtype)))


def _places(pre: NDArray[np.int64], post: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each post neuron is among the pre neurons; -1 where it is not."""
    if not len(pre):
        return np.full(len(post), -1)
    at = np.minimum(np.searchsorted(pre, post), len(pre) - 1)
    return np.where(pre[at] == post, at, -1)


def _without(hits: NDArray[np.int64], own: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """The hits of some rows but for those of neurons with themselves."""
    targets = (np.arange(len(own)) * width + own)[own >= 0]
    at = np.searchsorted(hits, targets)
    at, targets = at[at < len(hits)], targets[at < len(hits)]
    return np.delete(hits, at[hits[at] == targets])


def successes(generator: np.random.Generator, trials: int, probability: float) -> NDArray[np.int64]:
    """Which of n Bernoulli trials succeed, ascending: the gaps between successes are geometric."""
    if probability <= 0.0 or trials == 0:
        return np.zeros(0, np.int64)
    if probability >= 1.0:
        return np.arange(trials, dtype=np.int64)
    expected = trials * probability
    found = np.empty(int(expected + 8.0 * np.sqrt(expected)) + _CHUNK, np.int64)
    count, last = 0, -1
    while last < trials:
        missing = (trials - last) * probability
        size = min(_CHUNK, int(missing + 5.0 * np.sqrt(missing)) + 16)
        if count + size > len(found):
            found = np.concatenate([found, np.empty_like(found)])
        gaps = generator.geometric(probability, size)
        np.minimum(gaps, trials + 1, out=gaps)
        gaps[0] += last
        np.cumsum(gaps, out=found[count : count + size])
        count += size
        last = int(found[count - 1])
    return found[: np.searchsorted(found[:count], trials)]


_CHUNK = 1 << 16
"""Draws at once, few enough for the caches."""
