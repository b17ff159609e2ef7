"""The k-th neuron of one end to the k-th of the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nnc.runtime.connectors.rule import Ends, Values, Wired
from nnc.runtime.errors import warn
from nnc.runtime.projections.connectivity import Connectivity


@dataclass(frozen=True, eq=False)
class OneToOne:
    """Pairs in rank order up to the end of the shorter side, pairs of a neuron with itself included."""

    weights: Values
    delays: Values = 0.0
    multiple: bool = False
    name: ClassVar[str] = "One-to-One"

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """The pairs; nothing is drawn."""
        n = min(len(ends.pre_ranks), len(ends.post_ranks))
        if len(ends.pre_ranks) != len(ends.post_ranks):
            warn(
                f"one_to_one: {len(ends.pre_ranks)} pre and {len(ends.post_ranks)} post neurons; the first {n} connect"
            )
        post, pre = ends.post_ranks[:n], ends.pre_ranks[:n]
        order = np.argsort(post, kind="stable")
        return Wired(Connectivity.of_pairs(ends.n_pre, ends.n_post, post[order], pre[order], is_sorted=True))
