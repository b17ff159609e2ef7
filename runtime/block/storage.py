"""How a program stores the synapses of a projection: index arrays, and the order of synaptic values.

The layout of a program says by its fields which storage it expects (docs/design.md, "the state block").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from nnc.compiler.codegen.layout import aligned
from nnc.runtime.building.transpose import narrow, place_type, transpose
from nnc.runtime.projections.connectivity import KEPT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from nnc.compiler.codegen.layout import Fields, Layout, LayoutField
    from nnc.runtime.projections.connectivity import Connectivity

_PART: Final = 1 << 18

Kind = Literal["csr_pre", "csr_post", "dense_pre", "dense_post", "procedural"]


class Storage:
    """The storage of one projection: index fields, and the way between canonical order and its own."""

    def __init__(self, symbol: str, layout: Layout, synapses: Connectivity, team: int) -> None:
        self.symbol = symbol
        self.synapses = synapses
        self.team = team
        self.kind: Kind = _kind(symbol, layout)
        self._fields: Fields | None = None
        self._position: NDArray[Any] | None = None

    def sizes(self, delay: int) -> dict[str, int]:
        """The sizes of the projection; `delay` is its uniform delay in steps."""
        if self.kind == "procedural":
            return {f"{self.symbol}.delay": delay}
        s = self.synapses
        sizes = {f"{self.symbol}.nnz": s.count, f"{self.symbol}.delay": delay}
        sizes |= {f"{self.symbol}.pres": s.n_pre, f"{self.symbol}.posts": s.n_post}
        full = self.synapses.full
        if full is not None:
            for name in ("pre_first", "pre_count", "post_first", "post_count"):
                sizes[f"{self.symbol}.{name}"] = getattr(full, name)
        return sizes

    def fill(self, fields: Fields, values: bool) -> dict[str, NDArray[Any]]:
        """Write what is big of the index arrays into the fields of a block; gives the others by field name.

        `values`: there are values to be put into the order of the storage soon. Fields that the layout has not are
        left out.
        """
        self._fields = fields
        s = self.synapses
        if self.kind == "csr_post":
            return {f"{self.symbol}.row": s.row, f"{self.symbol}.pre": s.narrow_pre}
        if self.kind != "csr_pre":
            return {}
        back = f"{self.symbol}.back"
        place: NDArray[Any] | bool = values
        if back in fields:
            place = fields[back]
        columns = transpose(
            s.row, s.narrow_pre, s.n_pre, parts=self.team, member=fields[f"{self.symbol}.post"], place=place
        )
        if back not in fields and values:
            self._position = columns.place
        arrays = {
            f"{self.symbol}.row": columns.start.reshape(-1),
            f"{self.symbol}.back_row": s.row,
            f"{self.symbol}.back_pre": s.narrow_pre,
        }
        return {name: array for name, array in arrays.items() if name in fields}

    def release(self) -> None:
        """Keep nothing that can be made from the fields again, if there are many synapses."""
        if not self.kind.startswith("csr") or self.synapses.count <= KEPT:
            return
        self._position = None
        self.synapses.rely_on(self._pres)

    def _pres(self) -> NDArray[Any]:
        """The pre neurons in canonical order."""
        assert self._fields is not None
        for name in ("pre", "back_pre"):
            if f"{self.symbol}.{name}" in self._fields:
                return self._fields.peek(f"{self.symbol}.{name}")
        return self._by_post()[0]

    def _by_post(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """From the fields of `csr_pre`: pre neurons in canonical order, and the canonical index of each synapse."""
        assert self._fields is not None
        s = self.synapses
        rows = self._fields.peek(f"{self.symbol}.row").reshape(self.team, s.n_pre + 1).astype(np.int64)
        posts = self._fields.peek(f"{self.symbol}.post")
        pre, order = aligned(s.count, narrow(s.n_pre)), aligned(s.count, place_type(s.count))
        for row in rows:
            transpose(row, posts, s.n_post, member=pre, place=order)
        return pre, order

    def positions_of_pre(self) -> NDArray[Any]:
        """Where each synapse is in `csr_pre`."""
        fields, back = self._fields, f"{self.symbol}.back"
        if fields is not None and back in fields:
            return fields.peek(back)
        if self._position is not None:
            return self._position
        if fields is None:
            s = self.synapses
            position = transpose(s.row, s.narrow_pre, s.n_pre, parts=self.team, place=True).place
        else:
            _, order = self._by_post()
            position = np.empty_like(order)
            position[order] = np.arange(len(order), dtype=order.dtype)
        if self.synapses.count <= KEPT:
            self._position = position
        return position

    def place(self, values: NDArray[Any], out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Values in canonical order, put in the order of the storage (absent entries of a matrix are 0).

        `out`, an array of that type, may be written to instead of a fresh one.
        """
        if self.kind == "csr_post":
            return values
        if self.kind == "csr_pre":
            placed, positions = np.empty_like(values) if out is None else out, self.positions_of_pre()
            for part in _parts(len(values)):
                placed[positions[part]] = values[part]
            return placed
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
            values, positions = np.empty_like(stored), self.positions_of_pre()
            for part in _parts(len(stored)):
                values[part] = stored[positions[part]]
            return values
        full = self.synapses.full
        assert full is not None
        shape = (full.post_count, full.pre_count)
        matrix = stored.reshape(shape[::-1]).T if self.kind == "dense_pre" else stored.reshape(shape)
        return matrix[full.present] if full.no_self else matrix.flatten()

    def holders(self, spec: LayoutField) -> NDArray[Any] | None:
        """The neuron that holds the value of each synapse, if a field has one value for all synapses of a neuron."""
        if spec.extent == (f"{self.symbol}.pres",):
            return self.synapses.narrow_pre
        return self.synapses.post if spec.extent == (f"{self.symbol}.posts",) else None

    def positions(self) -> NDArray[np.int64]:
        """Where each synapse is in the order of the storage."""
        full = self.synapses.full
        dense = self.kind in ("dense_pre", "dense_post") and full is not None
        return self.collect(np.arange(full.pre_count * full.post_count if dense and full else self.synapses.count))


def _parts(count: int) -> Iterator[slice]:
    """Slices short enough that what NumPy makes of an index stays small."""
    return (slice(at, at + _PART) for at in range(0, count, _PART))


def _kind(symbol: str, layout: Layout) -> Kind:
    if f"{symbol}.rule.key" in layout.sizes:
        return "procedural"
    if f"{symbol}.row" in layout.field_index:
        return "csr_pre" if f"{symbol}.post" in layout.field_index else "csr_post"
    by_post = (f"{symbol}.post_count", f"{symbol}.pre_count")
    fields = [f for f in layout.fields if f.name.startswith(f"{symbol}.")]
    return "dense_post" if any(f.extent == by_post for f in fields) else "dense_pre"
