"""How a program stores the synapses of a projection: index arrays, and the order of synaptic values.

The layout of a program says by its fields which storage it expects (docs/design.md, "the state block").
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nnc.compiler.codegen.layout import bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.compiler.codegen.layout import Layout
    from nnc.runtime.connectivity import Connectivity

Kind = Literal["csr_pre", "csr_post", "dense_pre", "dense_post"]


class Storage:
    """The storage of one projection: index fields, and the way between canonical order and its own."""

    def __init__(self, symbol: str, layout: Layout, synapses: Connectivity, team: int) -> None:
        self.symbol = symbol
        self.synapses = synapses
        self.team = team
        self.kind: Kind = _kind(symbol, layout)

    def sizes(self, delay: int) -> dict[str, int]:
        """The sizes of the projection; `delay` is its uniform delay in steps."""
        sizes = {f"{self.symbol}.nnz": self.synapses.count, f"{self.symbol}.delay": delay}
        full = self.synapses.full
        if full is not None:
            for name in ("pre_first", "pre_count", "post_first", "post_count"):
                sizes[f"{self.symbol}.{name}"] = getattr(full, name)
        return sizes

    def indices(self) -> dict[str, NDArray[Any]]:
        """The index arrays by field name; those that a layout has no field for may be left out."""
        if self.kind == "csr_pre":
            return self._by_pre()
        if self.kind == "csr_post":
            return {f"{self.symbol}.row": self.synapses.row, f"{self.symbol}.pre": self.synapses.pre}
        return {}

    def place(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values in canonical order, put in the order of the storage (absent entries of a matrix are 0)."""
        if self.kind == "csr_post":
            return values
        if self.kind == "csr_pre":
            return values[self.order]
        full = self.synapses.full
        assert full is not None
        if full.no_self:
            matrix = np.zeros((full.post_count, full.pre_count), values.dtype)
            matrix[full.present] = values
        else:
            matrix = values.reshape(full.post_count, full.pre_count)
        return np.ascontiguousarray(matrix.T if self.kind == "dense_pre" else matrix).reshape(-1)

    def collect(self, stored: NDArray[Any]) -> NDArray[Any]:
        """Values in the order of the storage, put in canonical order; always a fresh array."""
        if self.kind == "csr_post":
            return stored.copy()
        if self.kind == "csr_pre":
            values = np.empty_like(stored)
            values[self.order] = stored
            return values
        full = self.synapses.full
        assert full is not None
        shape = (full.post_count, full.pre_count)
        matrix = stored.reshape(shape[::-1]).T if self.kind == "dense_pre" else stored.reshape(shape)
        return matrix[full.present] if full.no_self else matrix.flatten()

    def positions(self) -> NDArray[np.int64]:
        """Where each synapse is in the order of the storage."""
        full = self.synapses.full
        dense = self.kind in ("dense_pre", "dense_post") and full is not None
        return self.collect(np.arange(full.pre_count * full.post_count if dense and full else self.synapses.count))

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Canonical index of each synapse of `csr_pre`: by part of the post neurons, then pre, then post."""
        parts = bounds(self.synapses.n_post, self.team)
        narrow = np.uint16 if self.synapses.n_pre <= 1 << 16 else np.int32
        pre = self.synapses.pre.astype(narrow)
        order = np.empty(self.synapses.count, np.int64)
        for first, last in pairwise(parts):
            a, b = self.synapses.row[first], self.synapses.row[last]
            order[a:b] = a + np.argsort(pre[a:b], kind="stable")
        return order

    def _by_pre(self) -> dict[str, NDArray[Any]]:
        s = self.synapses
        position = np.empty(s.count, np.int64)
        position[self.order] = np.arange(s.count)
        return {
            f"{self.symbol}.row": self._rows_by_pre(),
            f"{self.symbol}.post": s.post[self.order],
            f"{self.symbol}.back_row": s.row,
            f"{self.symbol}.back": position,
            f"{self.symbol}.back_pre": s.pre,
        }

    def _rows_by_pre(self) -> NDArray[np.int64]:
        s = self.synapses
        parts = bounds(s.n_post, self.team)
        rows = np.empty((self.team, s.n_pre + 1), np.int64)
        for p, (first, last) in enumerate(pairwise(parts)):
            a, b = s.row[first], s.row[last]
            rows[p, 0] = a
            np.cumsum(np.bincount(s.pre[a:b], minlength=s.n_pre), out=rows[p, 1:])
            rows[p, 1:] += a
        return rows.reshape(-1)


def _kind(symbol: str, layout: Layout) -> Kind:
    if f"{symbol}.row" in layout.field_index:
        return "csr_pre" if f"{symbol}.post" in layout.field_index else "csr_post"
    by_post = (f"{symbol}.post_count", f"{symbol}.pre_count")
    fields = [f for f in layout.fields if f.name.startswith(f"{symbol}.")]
    return "dense_post" if any(f.extent == by_post for f in fields) else "dense_pre"
