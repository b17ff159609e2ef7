"""Every pre neuron to every post neuron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnc.runtime.building.transpose import narrow
from nnc.runtime.connectors.rule import Ends, Values, Wired, as_range, ranks_of, selves_of
from nnc.runtime.projections.connectivity import Connectivity, Full


@dataclass(frozen=True, eq=False)
class AllToAll:
    """All pairs; a neuron is not connected with itself unless `selves`."""

    weights: Values
    delays: Values = 0.0
    selves: bool = False
    multiple: bool = False
    name: ClassVar[str] = "All-to-All"

    def expected(self, ends: Ends) -> int:
        """The number of synapses."""
        shared = 0 if self.selves else selves_of(ends)
        return len(ends.pre_ranks) * len(ends.post_ranks) - shared

    def full_of(self, ends: Ends) -> Full | None:
        """The full block of the two ends, if they are ranges."""
        pres, posts = as_range(np.sort(ends.pre_ranks)), as_range(np.sort(ends.post_ranks))
        if pres is None or posts is None:
            return None
        full = Full(*pres, *posts, no_self=ends.same and not self.selves)
        return full if full.selves else Full(*pres, *posts)

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """The full block of the two ends; nothing is drawn."""
        pre, post = ranks_of("all_to_all", ends)
        full = self.full_of(ends)
        if full is not None:
            return Wired(Connectivity.of_full(ends.n_pre, ends.n_post, full))
        present = np.broadcast_to(pre.astype(narrow(ends.n_pre)), (len(post), len(pre)))
        counts = np.zeros(ends.n_post, np.int64)
        if not (ends.same and not self.selves):
            counts[post] = len(pre)
            return Wired(Connectivity.of_rows(ends.n_pre, counts, present.reshape(-1)))
        kept = pre != post[:, None]
        counts[post] = kept.sum(axis=1)
        return Wired(Connectivity.of_rows(ends.n_pre, counts, present[kept]))
