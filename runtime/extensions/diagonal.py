"""`DiagonalProjection`: one filter that is moved along diagonals of a population.

The synapses are stored, their weights are not: each has the number of an entry of the filter.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from nnc.extensions.convolution.layout import centre_tap
from nnc.extensions.convolution.shared import Shared, SharedProjection, listed, numbers
from nnc.runtime.block.state import ProjectionSizes
from nnc.runtime.errors import NNCAttributeError, NNCTypeError, NNCValueError
from nnc.runtime.projections.connectivity import Connectivity

if TYPE_CHECKING:
    from numpy.typing import NDArray


class DiagonalProjection(SharedProjection):
    """All post neurons of a column get the same sum, over a band along a diagonal of the pre population.

    With `connect`, both populations have two dimensions: post neuron (i, j) gets `w[k] * pre.r` of the pre neurons
    (a, j + offset + slope * a + k - c) for every row a and every entry k of the filter, c being its centre; what is
    outside is left out. With `connect_gaussian` both have four: post neuron (i1, i2, j1, j2) is connected with every
    (a1, a2, b1, b2) by a Gaussian of the distance between (b1 - a1, b2 - a2) and (j1, j2).
    """

    _connected_by = "connect(weights=...) or connect_gaussian(...)"

    def __init__(self, pre: Any, post: Any, target: str | list[str], name: str | None = None, net_id: int = 0) -> None:
        from nnc.runtime.networks.magic import network_of
        from nnc.runtime.projections.ends import end_of, network_of_end, whole

        spiking = whole(end_of(network_of(net_id, network_of_end(pre)), pre, "pre")).is_spiking
        self._pairs: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]] | None = None
        self._entries = np.zeros(0, np.int64)
        super().__init__(pre, post, target, None if spiking else "w * pre.r", "sum", name, net_id=net_id)

    def connect(self, weights: Any, delays: float = 0.0, offset: int = 0, slope: int = 1) -> Self:
        """A one-dimensional filter along the diagonals of a slope, between two-dimensional populations."""
        filter = numbers("connect", "weights", weights)
        if filter.ndim != 1 or not filter.size:
            raise NNCValueError(f"connect: weights must be a list of numbers, not an array of shape {filter.shape}")
        self._needs("connect", 2)
        shift, per_row = _whole("connect", "offset", offset), _whole("connect", "slope", slope)
        rows, columns = self._pre.geometry
        _, width = self._post.geometry
        j, a, k = (x.reshape(-1) for x in np.meshgrid(*map(np.arange, (width, rows, filter.size)), indexing="ij"))
        column = j + shift + per_row * a + k - centre_tap(filter.size)
        inside = (column >= 0) & (column < columns)
        self._take("Diagonal", filter, delays, j[inside], (a * columns + column)[inside], k[inside])
        return self

    def connect_gaussian(  # type: ignore[override]
        self, amp: float, sigma: float, min_val: float, max_distance: float = 0.0, delays: float = 0.0
    ) -> Self:
        """Weights `amp * exp(-d**2 / (2 * sigma**2))` above `min_val`, up to a distance (0: any), between
        four-dimensional populations."""
        call = "connect_gaussian"
        amp, sigma, least, far = (
            _number(call, n, x)
            for n, x in (("amp", amp), ("sigma", sigma), ("min_val", min_val), ("max_distance", max_distance))
        )
        if sigma <= 0.0 or far < 0.0:
            raise NNCValueError(f"{call}: sigma must be above 0 and max_distance at least 0, got {sigma} and {far}")
        self._needs(call, 4)
        pre, post = self._pre.geometry, self._post.geometry
        a1, a2, b1, b2 = np.unravel_index(np.arange(self._pre.size), pre)
        found = []
        for column, (j1, j2) in enumerate(itertools.product(range(post[2]), range(post[3]))):
            squared = (b1 - a1 - j1) ** 2 + (b2 - a2 - j2) ** 2
            weight = amp * np.exp(-squared / (2.0 * sigma**2))
            near = np.flatnonzero((weight > least) & ((far == 0.0) | (squared <= far**2)))
            found.append((np.full(len(near), column), near, squared[near]))
        columns, pres, squares = (np.concatenate(parts) for parts in zip(*found, strict=True))
        distances, entries = np.unique(squares, return_inverse=True)
        filter = amp * np.exp(-distances / (2.0 * sigma**2))
        if not filter.size:
            raise NNCValueError(f"{call}: no weight is above min_val={least}")
        self._take("Gaussian diagonal", filter, delays, columns, pres, entries.reshape(-1))
        return self

    def _needs(self, call: str, dimensions: int) -> None:
        for side, population in (("pre", self._pre), ("post", self._post)):
            if len(population.geometry) != dimensions:
                raise NNCValueError(
                    f"{call}: {side} must have {dimensions} dimensions, its geometry is {listed(population.geometry)}"
                )

    def _take(
        self, name: str, filter: NDArray[Any], delays: Any, columns: NDArray[Any], pre: NDArray[Any], k: NDArray[Any]
    ) -> None:
        """Connect all post neurons of each column alike."""
        width = int(np.prod(self._post.geometry[len(self._post.geometry) // 2 :]))
        rows = np.arange(self._post.size // width) * width
        stored = len(rows) * len(columns)
        super()._connect(Shared(name, filter, self._delay_of("connect", delays), stored=stored))
        post = (rows[:, None] + columns[None, :]).reshape(-1)
        order = np.lexsort((np.tile(pre, len(rows)), post))
        self._pairs = post[order], np.tile(pre, len(rows))[order], np.tile(k, len(rows))[order]

    def _lay_out(self) -> None:
        rule = self._rule
        assert isinstance(rule, Shared)
        assert self._pairs is not None
        post, pre, self._entries = self._pairs
        self._synapses = Connectivity.of_pairs(self._pre.size, self._post.size, post, pre, is_sorted=True)
        self._delays = max(1, round(rule.delays / self._net.dt))
        self._settle_delays()
        self._values.lengths |= {"local": len(rule.weights), "semiglobal": self._post.size}
        self._values.write("w", rule.weights)

    # Weights

    @property
    def weights(self) -> Any:
        """The entries of the filter (of a Gaussian: by ascending distance)."""
        return self.get("w")

    @weights.setter
    def weights(self, value: Any) -> None:
        if np.ndim(value) != 1:
            raise NNCAttributeError(f"projection '{self.name}': its weights have one dimension, not {np.ndim(value)}")
        self.set({"w": value})

    def get(self, name: str) -> Any:
        """The filter (`w`, or `weights`) as an array."""
        if name not in ("w", "weights"):
            return super().get(name)
        if self._synapses is not None:
            return np.asarray(self._values.read("w"), np.float64)
        given = self._given.get("w")
        return np.array(self._rule.weights if given is None and self._rule is not None else given, np.float64)

    def set(self, values: Any) -> None:
        """Assign the filter."""
        given = {"w" if name == "weights" else name: value for name, value in values.items()}
        if "w" in given:
            if self._rule is None:
                raise NNCValueError(f"projection '{self.name}' has no weights yet; call {self._connected_by}")
            array, shape = numbers("set", "weights", given["w"]), self._rule.weights.shape
            if array.ndim and array.shape != shape:
                raise NNCValueError(f"projection '{self.name}': its weights have the shape {shape}, not {array.shape}")
            given["w"] = np.broadcast_to(array, shape).copy()
        super().set(given)

    def _write(self, name: str, value: Any) -> None:
        if name == "w":
            self._values.write("w", np.asarray(value, np.float64))
        else:
            super()._write(name, value)

    def _matrix(self, variable: str, fill: float) -> NDArray[np.float64]:
        self._known(variable)
        synapses = self.synapses
        matrix = np.full((synapses.n_post, synapses.n_pre), fill, np.float64)
        matrix[synapses.post, synapses.pre] = self.get("w")[self._entries]
        return matrix

    # Compilation

    def sizes(self) -> ProjectionSizes:
        """What the state block needs to know."""
        symbol = f"proj{self.id}"
        extents = {f"{symbol}.taps": self._values.lengths["local"]}
        return ProjectionSizes(symbol, self.synapses, self._delays, extents, entries=self._entries)

    def _facts(self) -> dict[str, Any]:
        return {
            "arrays": frozenset({"w"}),
            "index": "u16" if max(self._pre.size, self._post.size) <= 1 << 16 else "i32",
            "wide_rows": self.synapses.count >= 1 << 31,
            "shares": self.id,
        }


def _whole(call: str, what: str, given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int | float | np.number) or int(given) != given:
        raise NNCTypeError(f"{call}: {what} must be a whole number, not {given!r}")
    return int(given)


def _number(call: str, what: str, given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float | np.number) or not np.isfinite(given):
        raise NNCTypeError(f"{call}: {what} must be a number, not {given!r}")
    return float(given)
