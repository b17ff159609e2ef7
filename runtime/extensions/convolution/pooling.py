"""`Pooling`: the largest, smallest or mean value of the windows of a population."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from nnc.extensions.convolution.filtered import FilteredProjection
from nnc.extensions.convolution.layout import pooling_layout
from nnc.extensions.convolution.shared import Shared
from nnc.runtime.errors import NNCTypeError, NNCValueError


class Pooling(FilteredProjection):
    """Reduces windows of the pre population, which lie side by side, by `operation`: max, min or mean.

    `psp` is what a neuron of the window contributes; there are no weights. Connected by `connect_pooling`.
    """

    _operations = ("max", "min", "mean")
    _connected_by = "connect_pooling()"

    def __init__(
        self,
        pre: Any,
        post: Any,
        target: str | list[str],
        psp: str = "pre.r",
        operation: str = "max",
        name: str | None = None,
        copied: bool = False,
        net_id: int = 0,
    ) -> None:
        if not isinstance(psp, str):
            raise NNCTypeError(f"Pooling: psp is an expression such as 'pre.r', not {psp!r}")
        super().__init__(pre, post, target, psp, operation, name, copied, net_id)

    def connect_pooling(self, extent: tuple[int, ...] | None = None, delays: float = 0.0) -> Self:
        """Windows of `extent` neurons per axis of pre; by default so large that they cover pre.

        Post neuron i has the neurons `[i * extent, (i + 1) * extent)` along each axis; along axes that post does not
        have, the first `extent` ones. `delays` in ms. Raises where geometries do not fit.
        """
        if self._uses_weights():
            raise NNCValueError(f"Pooling '{self.name}' has no weights, but its psp uses 'w'")
        moved = pooling_layout(self._pre.geometry, self._post.geometry, _extent(extent))
        super()._connect(Shared("Pooling", 1.0, self._delay_of("pooling", delays)))
        self._moved = moved
        return self

    pooling = connect_pooling


def _extent(given: Any) -> tuple[int, ...] | None:
    if given is None:
        return None
    whole = isinstance(given, tuple) and all(isinstance(e, int | np.integer) and not isinstance(e, bool) for e in given)
    if not whole or min(given, default=0) < 1:
        raise NNCTypeError(f"pooling: extent is a tuple of numbers from 1, one per axis, not {given!r}")
    return tuple(int(e) for e in given)
