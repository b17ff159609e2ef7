"""Weights given as a scipy sparse matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nnc.runtime.connectors.rule import Ends, Values, Wired, check_delays
from nnc.runtime.errors import NNCTypeError, NNCValueError
from nnc.runtime.projections.connectivity import Connectivity

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class FromSparse:
    """The stored entries of a matrix of shape (pre.size, post.size) as synapses, zeros included."""

    shape: tuple[int, int]
    pre: NDArray[np.int64]
    post: NDArray[np.int64]
    weights: Values
    delays: Values = 0.0
    multiple: bool = True
    name: ClassVar[str] = "Sparse matrix"

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """The entries as synapses. Raises if the shape is not (pre.size, post.size)."""
        shape = (len(ends.pre_ranks), len(ends.post_ranks))
        if self.shape != shape:
            raise NNCValueError(f"from_sparse: the matrix has shape {self.shape}, (pre, post) is {shape}")
        pre, post = ends.pre_ranks[self.pre], ends.post_ranks[self.post]
        order = np.lexsort((pre, post))
        synapses = Connectivity.of_pairs(ends.n_pre, ends.n_post, post[order], pre[order], is_sorted=True)
        delays = self.delays[order] if isinstance(self.delays, np.ndarray) else None
        return Wired(synapses, self.weights[order], delays)


def from_sparse(weights: Any, delays: Any) -> FromSparse:
    """The rule for a sparse matrix or array of any scipy format; delays may be a matrix of the same structure."""
    w = _coo("weights", weights)
    rule = FromSparse(
        (int(w.shape[0]), int(w.shape[1])),
        np.asarray(w.row, np.int64),
        np.asarray(w.col, np.int64),
        np.asarray(w.data, np.float64),
    )
    if not hasattr(delays, "tocoo"):
        return FromSparse(rule.shape, rule.pre, rule.post, rule.weights, _constant(delays))
    d = _coo("delays", delays)
    by_place = {(int(i), int(j)): float(v) for i, j, v in zip(d.row, d.col, d.data, strict=True)}
    places = list(zip(rule.pre.tolist(), rule.post.tolist(), strict=True))
    if by_place.keys() != set(places):
        raise NNCValueError("from_sparse: weights and delays must have the same structure")
    values = check_delays("from_sparse", np.array([by_place[p] for p in places], np.float64))
    return FromSparse(rule.shape, rule.pre, rule.post, rule.weights, values)


def _constant(delays: Any) -> float:
    checked = check_delays("from_sparse", delays)
    if isinstance(checked, float):
        return checked
    raise NNCTypeError("from_sparse: delays are one number, or a sparse matrix with the structure of the weights")


def _coo(what: str, matrix: Any) -> Any:
    if not hasattr(matrix, "tocoo"):
        raise NNCTypeError(f"from_sparse: {what} must be a scipy sparse matrix, not {type(matrix).__name__}")
    coo = matrix.tocoo(copy=True)
    coo.sum_duplicates()
    return coo
