"""Ranks and coordinates: the neurons of a population are numbered in C order of its geometry."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnc.runtime.errors import NNCIndexError, NNCTypeError, NNCValueError

Geometry = tuple[int, ...]


def parse_geometry(given: object) -> Geometry:
    """A number, or a tuple or list of numbers, as a tuple of extents of at least 1."""
    items: list[Any] = list(given) if isinstance(given, tuple | list | np.ndarray) else [given]
    if not items or not all(isinstance(x, int | float | np.number) and not isinstance(x, bool) for x in items):
        raise NNCTypeError(f"geometry is a number of neurons or a tuple of extents, not {given!r}")
    geometry = tuple(int(x) for x in items)
    if min(geometry) < 1:
        raise NNCValueError(f"geometry: every extent is at least 1, got {given!r}")
    return geometry


def rank_of(coordinates: tuple[Any, ...], geometry: Geometry) -> int:
    """The rank of coordinates; negative ones count from the end. Raises outside of the geometry."""
    if len(coordinates) != len(geometry):
        raise NNCIndexError(
            f"{coordinates} has {len(coordinates)} coordinates, the geometry {geometry} {len(geometry)}"
        )
    inside = [int(c) + n if c < 0 else int(c) for c, n in zip(coordinates, geometry, strict=True)]
    if not all(0 <= c < n for c, n in zip(inside, geometry, strict=True)):
        raise NNCIndexError(f"{coordinates} lies outside of the geometry {geometry}")
    return int(np.ravel_multi_index(inside, geometry))


def coordinates_of(rank: int, geometry: Geometry) -> Geometry:
    """The coordinates of a rank. Raises outside of the geometry."""
    if not 0 <= rank < int(np.prod(geometry)):
        raise NNCIndexError(f"rank {rank} lies outside of the geometry {geometry}")
    return tuple(int(c) for c in np.unravel_index(rank, geometry))


def normalized(coordinates: Geometry, geometry: Geometry, norm: float = 1.0) -> tuple[float, ...]:
    """Coordinates divided by (extent - 1), times `norm`; 0 along axes of extent 1."""
    return tuple(norm * c / (n - 1) if n > 1 else 0.0 for c, n in zip(coordinates, geometry, strict=True))


def select(index: Any, geometry: Geometry) -> tuple[np.ndarray[Any, np.dtype[np.int64]], Geometry | None]:
    """The ranks an index selects, and the geometry of the selection.

    An int, slice, list, array or boolean mask selects ranks; a tuple with slices selects per axis, ints keep an
    extent of 1. Raises `NNCIndexError` for ranks outside, `NNCTypeError` for anything else.
    """
    n = int(np.prod(geometry))
    ranks = np.arange(n, dtype=np.int64)
    if isinstance(index, tuple):
        if len(index) != len(geometry):
            raise NNCIndexError(f"{len(index)} indices for the geometry {geometry}")
        axes = [_axis(i, extent) for i, extent in zip(index, geometry, strict=True)]
        return ranks.reshape(geometry)[np.ix_(*axes)].reshape(-1), tuple(len(a) for a in axes)
    if isinstance(index, np.ndarray) and index.dtype.kind == "b" and index.ndim > 1 and index.shape == geometry:
        index = index.reshape(-1)
    chosen = _axis(index, n)
    return ranks[chosen], (len(chosen),)


def _axis(index: Any, extent: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    if isinstance(index, slice):
        return np.arange(extent, dtype=np.int64)[index]
    if isinstance(index, int | np.integer) and not isinstance(index, bool):
        index = [index]
    if not isinstance(index, list | range | np.ndarray):
        raise NNCTypeError(f"neurons are selected by integers, slices, lists and arrays, not by {index!r}")
    array = np.asarray(index)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iub":
        raise NNCTypeError("ranks are a one-dimensional list or array of integers, or a boolean mask")
    if array.dtype.kind == "b":
        if len(array) != extent:
            raise NNCIndexError(f"a mask of {len(array)} entries for {extent} neurons")
        return np.flatnonzero(array)
    ranks = array.astype(np.int64)
    if len(ranks) and not (-extent <= ranks.min() and ranks.max() < extent):
        raise NNCIndexError(f"a rank lies outside of 0..{extent - 1}")
    return np.where(ranks < 0, ranks + extent, ranks)
