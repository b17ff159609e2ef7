"""What connectors that depend on distance share: weights as a function of the distance between two neurons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.building.blocks import in_threads, joined
from nnc.runtime.building.transpose import narrow
from nnc.runtime.connectors.rule import Ends, Wired
from nnc.runtime.errors import NNCTypeError, NNCValueError
from nnc.runtime.projections.connectivity import Connectivity

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_PAIRS_AT_ONCE = 1 << 18


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
    step = max(1, _PAIRS_AT_ONCE // len(pre))
    dtype = narrow(ends.n_pre)

    def connect(first: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        part = post[first : first + step]
        weights = weight(_squared(part, pre))
        kept = np.abs(weights) > threshold
        if ends.same and not selves:
            kept[np.arange(len(part)), np.arange(first, first + len(part))] = False
        pres = np.broadcast_to(np.arange(len(pre), dtype=dtype), kept.shape)
        return kept.sum(axis=1), pres[kept], weights[kept]

    found = in_threads(connect, range(0, len(post), step), ends.threads)
    counts = np.concatenate([each[0] for each in found])
    pres, values = joined([each[1] for each in found], dtype), joined([each[2] for each in found], np.float64)
    return Wired(Connectivity.of_rows(ends.n_pre, counts, pres), values)


def count_by_distance(
    ends: Ends, weight: Callable[[NDArray[Any]], NDArray[Any]], threshold: float, selves: bool
) -> int:
    """How many pairs `connect_by_distance` connects, without room for them."""
    pre, post = places(ends.pre.geometry), places(ends.post.geometry)
    step = max(1, _PAIRS_AT_ONCE // len(pre))
    itself = int(abs(weight(np.zeros(1))[0]) > threshold) * len(pre) if ends.same and not selves else 0

    def count(first: int) -> int:
        return int((np.abs(weight(_squared(post[first : first + step], pre))) > threshold).sum())

    return sum(in_threads(count, range(0, len(post), step), ends.threads)) - itself


def _squared(post: NDArray[np.float64], pre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distances (post, pre), axis by axis."""
    total = (post[:, None, 0] - pre[None, :, 0]) ** 2
    for axis in range(1, pre.shape[1]):
        total += (post[:, None, axis] - pre[None, :, axis]) ** 2
    return total
