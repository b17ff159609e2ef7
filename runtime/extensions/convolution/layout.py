"""From the geometries of populations and the shape of filters to the places of taps.

The centre of post coordinate i along an axis where pre has q times as many neurons as post is `(q - 1) // 2 + q * i`;
tap k of n lies at `centre + k - c`, c = (n - 1) / 2 for odd n and n / 2 - 1 for even n.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.description import StencilDescription
from nnc.extensions.convolution.shared import listed
from nnc.runtime.errors import NNCTypeError, NNCValueError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Geometry = tuple[int, ...]
MOST_DIMENSIONS = 4


def centre_tap(extent: int) -> int:
    """The tap of a filter that lies on the centre."""
    return (extent - 1) // 2


def filter_layout(
    pre: Geometry,
    post: Geometry,
    taps: Geometry,
    *,
    bank: int,
    keep_last: bool,
    centres: bool,
    padding: float | str,
) -> StencilDescription:
    """The stencil of a filter of some extents, or of `bank` of them. Raises where geometries do not fit."""
    call = "connect_filters" if bank else "connect_filter"
    for what, geometry in (("pre", pre), ("post", post), ("the filter", taps)):
        if len(geometry) > MOST_DIMENSIONS:
            raise NNCValueError(
                f"{call}: {what} has {len(geometry)} dimensions, at most {MOST_DIMENSIONS} are possible"
            )
    places = post[:-1] if bank else post
    full = _full_taps(call, pre, taps, keep_last)
    axis = _axes(call, pre, places, taps, keep_last, centres)
    outside = "clamp" if padding == "border" else "fill"
    ratios = [1 if centres or a < 0 else _ratio(call, pre[i], places[a], i) for i, a in enumerate(axis)]
    start = tuple(
        -centre_tap(n) if centres else 0 if a < 0 else (q - 1) // 2 - centre_tap(n)
        for n, a, q in zip(full, axis, ratios, strict=True)
    )
    return StencilDescription(
        pre=pre,
        post=post,
        taps=full,
        axis=(-1,) * len(pre) if centres else axis,
        stride=tuple(ratios),
        start=start,
        bank=bank,
        centres=centres,
        outside="clamp" if outside == "clamp" else "fill",
        fill=0.0 if outside == "clamp" else float(padding),
    )


def _full_taps(call: str, pre: Geometry, taps: Geometry, keep_last: bool) -> Geometry:
    """Extents of the filter along all axes of pre."""
    wanted = len(pre) - 1 if keep_last else len(pre)
    if len(taps) == wanted:
        return (*taps, 1) if keep_last else taps
    if len(taps) > len(pre) and call == "connect_filter":
        raise NNCValueError(
            f"{call}: the filter {listed(taps)} has more dimensions than pre {listed(pre)}; "
            "use connect_filters for several filters"
        )
    one = "each filter" if call == "connect_filters" else "the filter"
    help = ""
    if len(taps) == len(pre) - 1:
        help = "; keep_last_dimension=True applies it to each entry of the last axis"
    kept = " with keep_last_dimension=True" if keep_last else ""
    raise NNCValueError(
        f"{call}: {one} {listed(taps)} has {len(taps)} dimensions, but pre {listed(pre)}{kept} needs {wanted}{help}"
    )


def _axes(call: str, pre: Geometry, places: Geometry, taps: Geometry, keep_last: bool, centres: bool) -> Geometry:
    """The axis of post that moves the filter along each axis of pre; -1 where it covers pre."""
    if keep_last and not (len(places) == len(pre) and places[-1] == pre[-1]):
        raise NNCValueError(
            f"{call}: with keep_last_dimension=True post must have the dimensions of pre and the same last extent, "
            f"got {listed(places)} and {listed(pre)}"
        )
    if len(places) == len(pre) or centres:
        return tuple(range(len(pre)))
    if len(places) == len(pre) - 1:
        if taps[-1] != pre[-1]:
            raise NNCValueError(
                f"{call}: post {listed(places)} lacks the last axis of pre {listed(pre)}, so the last extent of the "
                f"filter must be {pre[-1]}, not {taps[-1]}"
            )
        return (*range(len(pre) - 1), -1)
    raise NNCValueError(
        f"{call}: post {listed(places)} has {len(places)} dimensions, but pre {listed(pre)} has {len(pre)}; post has "
        "as many as pre, or one less"
    )


def _ratio(call: str, pre: int, post: int, axis: int) -> int:
    if pre % post:
        raise NNCValueError(
            f"{call}: the extent {pre} of pre along axis {axis} is no multiple of that of post, {post}; "
            "give the centres with subsampling=[...]"
        )
    return pre // post


def checked_centres(given: Any, pre: Geometry, places: Geometry, taps: Geometry, keep_last: bool) -> NDArray[np.int32]:
    """The table of centres, a row of pre coordinates per place, from the argument `subsampling`.

    A row may leave out the last coordinate where the filter covers the last axis of pre or keeps it.
    """
    count = math.prod(places)
    try:
        table = np.array([np.atleast_1d(np.asarray(row)) for row in given])
    except (TypeError, ValueError):
        raise NNCTypeError("subsampling is a list of pre coordinates, one for each post neuron") from None
    if table.ndim != 2 or table.dtype.kind not in "iu":
        raise NNCTypeError("subsampling is a list of pre coordinates (integers), one for each post neuron")
    if len(table) != count:
        raise NNCValueError(f"subsampling has {len(table)} coordinates, there are {count} places of the filter")
    if table.shape[1] == len(pre) - 1 and (keep_last or taps[-1:] == pre[-1:]):
        if not keep_last:
            last = np.full(count, centre_tap(pre[-1]))
        else:
            last = np.arange(count) % places[-1]
        table = np.column_stack((table, last))
    if table.shape[1] != len(pre):
        raise NNCValueError(f"subsampling: {table.shape[1]} coordinates per place, pre has {len(pre)} axes")
    outside = ((table < 0) | (table >= np.array(pre))).any(axis=1)
    if outside.any():
        where = int(np.argmax(outside))
        raise NNCValueError(
            f"subsampling: the centre {listed(table[where])} of place {where} lies outside of {listed(pre)}"
        )
    return table.astype(np.int32)


def pooling_layout(pre: Geometry, post: Geometry, extent: Geometry | None) -> StencilDescription:
    """The stencil of windows that lie side by side. Raises where geometries do not fit."""
    if max(len(pre), len(post)) > MOST_DIMENSIONS:
        raise NNCValueError(
            f"pooling: at most {MOST_DIMENSIONS} dimensions are possible, got {listed(pre)}, {listed(post)}"
        )
    if len(post) > len(pre):
        raise NNCValueError(f"pooling: post {listed(post)} has more dimensions than pre {listed(pre)}")
    if extent is None:
        if len(pre) != len(post) or any(a % b for a, b in zip(pre, post, strict=True)):
            raise NNCValueError(
                f"pooling: without an extent, those of pre {listed(pre)} must be multiples of those of post "
                f"{listed(post)}"
            )
        extent = tuple(a // b for a, b in zip(pre, post, strict=True))
    if len(extent) < len(pre):
        raise NNCValueError(f"pooling: extent {listed(extent)} needs an entry for each axis of pre {listed(pre)}")
    if any(e != 1 for e in extent[len(pre) :]):
        raise NNCValueError(f"pooling: extent {listed(extent)} has more entries than pre {listed(pre)} has axes")
    extent = extent[: len(pre)]
    for a, (n, e) in enumerate(zip(pre, extent, strict=True)):
        windows = post[a] if a < len(post) else 1
        if windows * e > n:
            raise NNCValueError(
                f"pooling: {windows} windows of extent {e} do not fit into the extent {n} of pre along axis {a}"
            )
    axis = tuple(a if a < len(post) else -1 for a in range(len(pre)))
    return StencilDescription(
        pre=pre,
        post=post,
        taps=extent,
        axis=axis,
        stride=tuple(e if a >= 0 else 1 for e, a in zip(extent, axis, strict=True)),
        start=(0,) * len(pre),
    )
