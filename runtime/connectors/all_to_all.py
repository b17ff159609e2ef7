"""Every pre neuron to every post neuron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnc.runtime.connectivity import Connectivity, Full
from nnc.runtime.connectors.rule import Ends, Values, Wired, as_range


@dataclass(frozen=True, eq=False)
class AllToAll:
    """All pairs; a neuron is not connected with itself unless `selves`."""

    weights: Values
    delays: Values = 0.0
    selves: bool = False
    multiple: bool = False
    name: ClassVar[str] = "All-to-All"

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """The full block of the two ends; nothing is drawn."""
        pre, post = np.sort(ends.pre_ranks), np.sort(ends.post_ranks)
        pres, posts = as_range(pre), as_range(post)
        exclude = ends.same and not self.selves
        if pres is not None and posts is not None:
            full = Full(*pres, *posts, no_self=exclude)
            full = full if full.selves else Full(*pres, *posts)
            return Wired(Connectivity.of_full(ends.n_pre, ends.n_post, full))
        all_post = np.repeat(post, len(pre))
        all_pre = np.tile(pre, len(post))
        if exclude:
            keep = all_pre != all_post
            all_pre, all_post = all_pre[keep], all_post[keep]
        return Wired(Connectivity.of_pairs(ends.n_pre, ends.n_post, all_post, all_pre, is_sorted=True))
