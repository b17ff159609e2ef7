"""Connectivity that changes: which synapses there are after some were created and some removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.projections.connectivity import Connectivity

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Edit:
    """The new synapses of a projection; `origin` is where each was before in canonical order, -1 if it was created."""

    synapses: Connectivity
    origin: NDArray[np.int64]

    @property
    def created(self) -> NDArray[np.int64]:
        """Canonical indices of the created synapses."""
        return np.flatnonzero(self.origin < 0)

    def carry(self, old: NDArray[Any], fresh: Any) -> NDArray[Any]:
        """Values of the synapses from those before and from those of the created ones (an array or one number)."""
        values = np.empty(len(self.origin), old.dtype)
        kept = self.origin >= 0
        values[kept] = old[self.origin[kept]]
        values[~kept] = fresh
        return values


def created(old: Connectivity, post: NDArray[Any], pre: NDArray[Any]) -> Edit:
    """With further synapses, which are sorted by (post, pre) and not there yet."""
    keys, new = _keys(old, old.post, old.pre), _keys(old, post, pre)
    at = np.searchsorted(keys, new)
    origin = np.insert(np.arange(old.count), at, -1)
    return Edit(_wired(old, np.insert(old.post, at, post), np.insert(old.pre, at, pre)), origin)


def removed(old: Connectivity, where: NDArray[np.int64]) -> Edit:
    """Without the synapses of some canonical indices."""
    kept = np.delete(np.arange(old.count), where)
    return Edit(_wired(old, old.post[kept], old.pre[kept]), kept)


def _keys(synapses: Connectivity, post: NDArray[Any], pre: NDArray[Any]) -> NDArray[np.int64]:
    return np.asarray(post, np.int64) * synapses.n_pre + np.asarray(pre, np.int64)


def _wired(old: Connectivity, post: NDArray[Any], pre: NDArray[Any]) -> Connectivity:
    """Post neurons keep their dendrites, empty or not."""
    row = np.zeros(old.n_post + 1, np.int64)
    np.cumsum(np.bincount(post, minlength=old.n_post), out=row[1:])
    return Connectivity(old.n_pre, old.n_post, row, pre.astype(np.int32), posts=old.post_ranks)
