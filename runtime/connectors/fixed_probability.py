"""Each pair with the same probability, independently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from nnc.runtime.connectivity import Connectivity
from nnc.runtime.connectors.rule import Ends, Values, Wired

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

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """The pairs that came out; the time is that of the synapses, not of the pairs."""
        pre, post = np.sort(ends.pre_ranks), np.sort(ends.post_ranks)
        hits = successes(generator, len(pre) * len(post), self.probability)
        rows, columns = np.divmod(hits, max(1, len(pre)))
        all_post, all_pre = post[rows], pre[columns]
        if ends.same and not self.selves:
            keep = all_pre != all_post
            all_pre, all_post = all_pre[keep], all_post[keep]
        return Wired(Connectivity.of_pairs(ends.n_pre, ends.n_post, all_post, all_pre, is_sorted=True))


def successes(generator: np.random.Generator, trials: int, probability: float) -> NDArray[np.int64]:
    """Which of n Bernoulli trials succeed, ascending: the gaps between successes are geometric."""
    if probability <= 0.0 or trials == 0:
        return np.zeros(0, np.int64)
    if probability >= 1.0:
        return np.arange(trials, dtype=np.int64)
    found: list[NDArray[np.int64]] = []
    last = -1
    while last < trials:
        expected = (trials - last) * probability
        size = min(1 << 20, int(expected + 5.0 * np.sqrt(expected)) + 16)
        gaps = np.minimum(generator.geometric(probability, size), trials + 1)
        found.append(last + np.cumsum(gaps))
        last = int(found[-1][-1])
    hits = np.concatenate(found)
    return hits[: np.searchsorted(hits, trials)]
