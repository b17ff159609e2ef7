"""`Convolution`: filters that are moved over a population."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from nnc.extensions.convolution.filtered import FilteredProjection
from nnc.extensions.convolution.layout import checked_centres, filter_layout
from nnc.extensions.convolution.shared import Shared, listed, numbers
from nnc.runtime.errors import NNCTypeError, NNCValueError


class Convolution(FilteredProjection):
    """Cross-correlation of the pre population with one filter, or with a bank of filters.

    `psp` is what a tap contributes (`pre.r * w`), `operation` one of sum, max, min, mean. `psp=None`, where pre is
    spiking: each spike adds the weight of the tap. Connected by `connect_filter` or `connect_filters`; populations
    have at most four dimensions. A post neuron costs as many multiplications as the filter has taps, in every step.
    """

    _connected_by = "connect_filter(weights=...) or connect_filters(weights=...)"

    def __init__(
        self,
        pre: Any,
        post: Any,
        target: str | list[str],
        psp: str | None = "pre.r * w",
        operation: str = "sum",
        name: str | None = None,
        copied: bool = False,
        net_id: int = 0,
    ) -> None:
        super().__init__(pre, post, target, psp, operation, name, copied, net_id)

    def connect_filter(
        self,
        weights: Any,
        delays: float = 0.0,
        keep_last_dimension: bool = False,
        padding: float | str = 0.0,
        subsampling: Any = None,
    ) -> Self:
        """One filter, an array with as many dimensions as pre.

        `keep_last_dimension`: the filter has one dimension less and is applied to each entry of the last axis.
        `padding`: what `pre.x` is outside of pre, a number or "border" for the value of the nearest neuron (`max` and
        `min` leave out what is outside, unless it is "border"). `subsampling`: pre coordinates of the centre for each
        post neuron, in the place of a regular grid. `delays` in ms. Raises where geometries do not fit.
        """
        return self._filter("connect_filter", weights, delays, keep_last_dimension, padding, subsampling, bank=False)

    def connect_filters(
        self,
        weights: Any,
        delays: float = 0.0,
        keep_last_dimension: bool = False,
        padding: float | str = 0.0,
        subsampling: Any = None,
    ) -> Self:
        """Several filters, one for each entry of the last axis of post: `weights[i]` is filter i, see
        `connect_filter`."""
        return self._filter("connect_filters", weights, delays, keep_last_dimension, padding, subsampling, bank=True)

    def _filter(
        self, call: str, given: Any, delays: Any, keep_last: bool, padding: Any, subsampling: Any, *, bank: bool
    ) -> Self:
        weights = numbers(call, "weights", given)
        pre, post = self._pre.geometry, self._post.geometry
        count, taps = (weights.shape[0] if weights.ndim else 0, weights.shape[1:]) if bank else (0, weights.shape)
        if not taps or 0 in weights.shape:
            what = "an array of filters" if bank else "an array"
            raise NNCValueError(f"{call}: weights must be {what} with at least one entry, not of shape {weights.shape}")
        if bank and count != post[-1]:
            raise NNCValueError(
                f"{call}: there are {count} filters, but the last extent of post {listed(post)} is {post[-1]}"
            )
        moved = filter_layout(
            pre,
            post,
            taps,
            bank=count,
            keep_last=bool(keep_last),
            centres=subsampling is not None,
            padding=_padding(call, padding),
        )
        if self._kind == "spiking" and padding not in (0, "border"):
            raise NNCValueError(
                f"{call}: no spikes come from outside of pre, so padding is 0 or 'border', not {padding!r}"
            )
        centres = None
        if subsampling is not None:
            centres = checked_centres(subsampling, pre, post[:-1] if bank else post, taps, bool(keep_last))
        rule = Shared("Filter bank" if bank else "Filter", weights, self._delay_of(call, delays))
        super()._connect(rule)
        self._moved, self._centres = moved, centres
        self._given.pop("w", None)
        return self


def _padding(call: str, given: Any) -> float | str:
    if given == "border":
        return "border"
    if isinstance(given, bool) or not isinstance(given, int | float | np.number) or not np.isfinite(given):
        raise NNCTypeError(f"{call}: padding is a number or 'border', not {given!r}")
    return float(given)
