"""Projections whose synapses are the taps of filters: what `Convolution` and `Pooling` have in common."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.ir.interp_stencil import places
from nnc.extensions.convolution.shared import Shared, SharedProjection
from nnc.runtime.block.state import ProjectionSizes
from nnc.runtime.errors import NNCAttributeError, NNCValueError
from nnc.runtime.projections.connectivity import Connectivity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.compiler.description import StencilDescription
    from nnc.compiler.ir.interp_stencil import Places


class Taps(Connectivity):
    """The taps of a stencil as synapses, those outside of the pre population left out; made when asked for."""

    def __init__(self, moved: StencilDescription, centres: NDArray[np.int32] | None) -> None:
        self._moved = moved
        self._centres = centres
        self.n_pre = math.prod(moved.pre)
        self.n_post = math.prod(moved.post)
        self.full = None
        self._pre = self._source = None
        self._wide = {}
        self._posts = np.arange(self.n_post)

    @cached_property
    def places(self) -> Places:
        """Where the taps are."""
        return places(self._moved, self._centres)

    @property
    def count(self) -> int:
        """Number of taps of all post neurons, those outside included."""
        return self.n_post * math.prod(self._moved.taps)

    @cached_property
    def row(self) -> NDArray[np.int64]:  # type: ignore[override]
        """Row pointers of the taps inside, by post neuron."""
        inside = (~self.places.outside).sum(axis=1)
        return np.concatenate(([0], np.cumsum(inside)))

    @cached_property
    def narrow_pre(self) -> NDArray[Any]:
        """The pre neuron of each tap inside."""
        return self.places.pre[~self.places.outside].astype(np.int32)

    @property
    def nbytes(self) -> int:
        """None are stored; what scripts ask for is not counted."""
        return 0


class FilteredProjection(SharedProjection):
    """A projection whose synapses are the taps of filters that are moved over the pre population."""

    _moved: StencilDescription | None = None
    _centres: NDArray[np.int32] | None = None

    @property
    def _stencil(self) -> StencilDescription:
        assert self._moved is not None
        return self._moved

    def _lay_out(self) -> None:
        rule, moved = self._rule, self._stencil
        assert isinstance(rule, Shared)
        self._synapses = Taps(moved, self._centres)
        self._delays = max(1, round(rule.delays / self._net.dt))
        self._settle_delays()
        weights = np.asarray(rule.weights, np.float64)
        self._values.lengths |= {"local": max(1, weights.size), "semiglobal": self._post.size}
        self._values.write("w", weights.reshape(-1) if self._uses_weights() else 1.0)

    @property
    def size(self) -> int:
        """Number of post neurons."""
        return self._post.size

    @property
    def post_ranks(self) -> list[int]:
        """All post neurons."""
        return list(range(self._post.size))

    # Weights

    @property
    def weights(self) -> Any:
        """The filters in the shape that they were given."""
        return self.get("w")

    @weights.setter
    def weights(self, value: Any) -> None:
        shape = self._shape()
        if np.ndim(value) != len(shape):
            raise NNCAttributeError(
                f"projection '{self.name}': its weights have the shape {shape}, not {np.ndim(value)} dimensions"
            )
        self.set({"w": value})

    def _shape(self) -> tuple[int, ...]:
        return () if self._rule is None else np.shape(self._rule.weights)

    def get(self, name: str) -> Any:
        """The filters (`w`, or `weights`) as an array in their shape; other attributes as in every projection."""
        if name not in ("w", "weights"):
            return super().get(name)
        shape = self._shape()
        if self._synapses is None:
            given = self._given.get("w")
            return np.array(self._rule.weights if given is None and self._rule is not None else given, np.float64)
        return np.asarray(self._values.read("w"), np.float64).reshape(shape)

    def set(self, values: Any) -> None:
        """Assign several attributes; `weights` is another name of `w`."""
        given = {"w" if name == "weights" else name: value for name, value in values.items()}
        if "w" in given:
            given["w"] = self._checked_weights(given["w"])
        super().set(given)

    def _checked_weights(self, value: Any) -> NDArray[np.float64]:
        shape = self._shape()
        if self._rule is None:
            raise NNCValueError(f"projection '{self.name}' has no weights yet; call {self._connected_by}")
        if not self._uses_weights():
            raise NNCValueError(f"projection '{self.name}': its psp uses no weights")
        array = np.asarray(value)
        if array.dtype.kind not in "biuf" or not np.isfinite(array).all():
            raise NNCValueError(f"projection '{self.name}': weights must be finite numbers")
        if array.ndim and array.shape != shape:
            raise NNCValueError(f"projection '{self.name}': its weights have the shape {shape}, not {array.shape}")
        return np.broadcast_to(array, shape).astype(np.float64)

    def _write(self, name: str, value: Any) -> None:
        if name == "w":
            self._values.write("w", np.asarray(value, np.float64).reshape(-1))
        else:
            super()._write(name, value)

    def _matrix(self, variable: str, fill: float) -> NDArray[np.float64]:
        """Weights of all pairs; those of taps on one neuron (at a border) add up."""
        self._known(variable)
        taps = self.synapses
        assert isinstance(taps, Taps)
        found = taps.places
        inside = ~found.outside
        posts = np.broadcast_to(np.arange(taps.n_post)[:, None], inside.shape)[inside]
        values = np.asarray(self._values.read(variable), np.float64)
        each = values[found.entries[inside]] if values.size > 1 or self._uses_weights() else values[0]
        matrix = np.zeros((taps.n_post, taps.n_pre))
        np.add.at(matrix, (posts, found.pre[inside]), each)
        if fill != 0.0:
            missing = np.ones(matrix.shape, np.bool_)
            missing[posts, found.pre[inside]] = False
            matrix[missing] = fill
        return matrix

    # Compilation

    def sizes(self) -> ProjectionSizes:
        """What the state block needs to know."""
        symbol = f"proj{self.id}"
        taps = self._stencil.taps
        extents = {f"{symbol}.taps": math.prod(taps) * max(1, self._stencil.bank)}
        tables = {}
        if self._centres is not None:
            extents[f"{symbol}.centres"] = self._centres.size
            tables[f"{symbol}.stencil.centres"] = self._centres.reshape(-1)
        return ProjectionSizes(symbol, self.synapses, self._delays, extents, tables)

    def _facts(self) -> dict[str, Any]:
        return {"arrays": frozenset({"w"} if self._uses_weights() else ()), "stencil": self._stencil}
