"""What connectors that depend on distance share: weights as a function of the distance between two neurons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.connectivity import Connectivity
from nnc.runtime.connectors.rule import Ends, Wired
from nnc.runtime.errors import NNCTypeError, NNCValueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_PAIRS_AT_ONCE = 1 << 20


def check_ends(rule: str, ends: Ends) -> None:
    """Raise unless both ends are whole populations with geometries of as many axes."""
    for side, end in (("pre", ends.pre), ("post", ends.post)):
        if hasattr(end, "population"):
            raise NNCTypeError(f"{rule}: {side} is a part of population '{end.name}'; distances need whole populations")
    if len(ends.pre.geometry) != len(ends.post.geometry):
        raise NNCValueError(
            f"{rule}: the geometries {ends.pre.geometry} (pre) and {ends.post.geometry} (post) have not the same "
            "number of axes"
        )


def check_real(rule: str, what: str, value: object, above: float | None = None) -> float:
    """A finite number, greater than `above` where that is given."""
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        number = float(value)
        if np.isfinite(number) and (above is None or number > above):
            return number
    bound = "" if above is None else f" above {above:g}"
    raise NNCValueError(f"{rule}: {what} is a finite number{bound}, not {value!r}")


def places(geometry: tuple[int, ...]) -> NDArray[np.float64]:
    """Coordinates of all neurons, (n, axes), each between 0 and 1; 0 along axes of extent 1."""
    axes = [np.arange(extent) / max(1, extent - 1) for extent in geometry]
    grid = np.meshgrid(*axes, indexing="ij")
    return np.stack([axis.reshape(-1) for axis in grid], axis=1)


def connect_by_distance(
    ends: Ends, weight: Callable[[NDArray[Any]], NDArray[Any]], threshold: float, selves: bool
) -> Wired:
    """The pairs whose weight, a function of the squared distance, is greater in size than `threshold`."""
    pre, post = places(ends.pre.geometry), places(ends.post.geometry)
    rows = max(1, _PAIRS_AT_ONCE // len(pre))
    found: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []
    for first in range(0, len(post), rows):
        part = post[first : first + rows]
        weights = weight(((part[:, None, :] - pre[None, :, :]) ** 2).sum(axis=2))
        kept = np.abs(weights) > threshold
        if ends.same and not selves:
            kept[np.arange(len(part)), np.arange(first, first + len(part))] = False
        which, pres = np.nonzero(kept)
        found.append((which + first, pres, weights[kept]))
    posts, pres, values = (np.concatenate(column) for column in zip(*found, strict=True))
    return Wired(Connectivity.of_pairs(ends.n_pre, ends.n_post, posts, pres, is_sorted=True), values)
