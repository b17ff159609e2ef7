"""Weights given as a dense matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nnc.runtime.connectors.rule import Ends, Values, Wired, check_delays
from nnc.runtime.errors import NNCValueError
from nnc.runtime.projections.connectivity import Connectivity

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class FromMatrix:
    """`matrix[post, pre]` is the weight; None and nan stand for no synapse, 0 for a synapse of weight 0."""

    matrix: NDArray[np.float64]
    delays: Values = 0.0
    multiple: bool = True
    name: ClassVar[str] = "Weight matrix"

    @property
    def weights(self) -> Values:
        """The entries that are synapses."""
        return self.matrix[~np.isnan(self.matrix)]

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """The entries as synapses. Raises if the shape is not (post.size, pre.size)."""
        shape = (len(ends.post_ranks), len(ends.pre_ranks))
        if self.matrix.shape != shape:
            raise NNCValueError(f"from_matrix: the matrix has shape {self.matrix.shape}, (post, pre) is {shape}")
        rows, columns = np.nonzero(~np.isnan(self.matrix))
        order = np.lexsort((ends.pre_ranks[columns], ends.post_ranks[rows]))
        rows, columns = rows[order], columns[order]
        synapses = Connectivity.of_pairs(
            ends.n_pre, ends.n_post, ends.post_ranks[rows], ends.pre_ranks[columns], is_sorted=True
        )
        delays = self.delays[rows, columns] if isinstance(self.delays, np.ndarray) else None
        return Wired(synapses, self.matrix[rows, columns], delays)


def from_matrix(weights: Any, delays: Any, pre_post: bool) -> FromMatrix:
    """The rule for a matrix as given: nested lists or an array, `[pre, post]` if `pre_post`."""
    matrix = _floats("weights", weights)
    if isinstance(delays, list | tuple | np.ndarray):
        all_delays = _floats("delays", delays)
        if all_delays.shape != matrix.shape:
            raise NNCValueError(f"from_matrix: delays have shape {all_delays.shape}, weights {matrix.shape}")
        used = all_delays[~np.isnan(matrix)]
        if np.isnan(used).any():
            raise NNCValueError("from_matrix: a synapse has no delay")
        check_delays("from_matrix", used)
        return FromMatrix(matrix.T, all_delays.T) if pre_post else FromMatrix(matrix, all_delays)
    return FromMatrix(matrix.T if pre_post else matrix, check_delays("from_matrix", delays))


def _floats(what: str, given: Any) -> NDArray[np.float64]:
    try:
        matrix = np.array(given, dtype=object).astype(np.float64)
    except (TypeError, ValueError):
        raise NNCValueError(f"from_matrix: {what} must be a rectangular matrix of numbers and None") from None
    if matrix.ndim != 2:
        raise NNCValueError(f"from_matrix: {what} must have two dimensions, not {matrix.ndim}")
    return matrix
