"""Synapses from a file that `save_connectivity` wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nnc.runtime.connectors.rule import Ends, Values, Wired, wire_pairs
from nnc.runtime.io.connectivity import read_connectivity

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class FromFile:
    """Pairs in ranks of the whole populations; weights and delays (ms) are one number or one per pair."""

    post: NDArray[np.int64]
    pre: NDArray[np.int64]
    weights: Values
    delays: Values
    multiple: bool = False
    name: ClassVar[str] = "From File"

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """The pairs, sorted. Raises for ranks outside the populations and for pairs that come twice."""
        return wire_pairs("from_file", ends, self.post, self.pre, self.weights, self.delays)


def from_file(filename: Any) -> FromFile:
    """The rule for a file. Raises if it is missing or cannot be read."""
    saved = read_connectivity(filename)
    return FromFile(saved.post, saved.pre, saved.weights, saved.delays)
