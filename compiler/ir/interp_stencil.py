"""Which neurons the taps of a stencil are: the meaning of `step.stencil`, and its sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


class Moved(Protocol):
    """The facts of a `step.stencil`, or of its description."""

    @property
    def pre(self) -> tuple[int, ...]: ...  # noqa: D102

    @property
    def post(self) -> tuple[int, ...]: ...  # noqa: D102

    @property
    def taps(self) -> tuple[int, ...]: ...  # noqa: D102

    @property
    def axis(self) -> tuple[int, ...]: ...  # noqa: D102

    @property
    def stride(self) -> tuple[int, ...]: ...  # noqa: D102

    @property
    def start(self) -> tuple[int, ...]: ...  # noqa: D102

    @property
    def bank(self) -> int: ...  # noqa: D102

    @property
    def outside(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Places:
    """Of every post neuron (first axis) and every tap of its filter (second): the pre neuron, the element of the
    filters, and whether the tap is outside (never so where it is clamped)."""

    pre: NDArray[np.int64]
    entries: NDArray[np.int64]
    outside: NDArray[np.bool_]


def places(moved: Moved, centres: Array | None = None) -> Places:
    """Where the taps are. `centres`: the table of coordinates, a row per place."""
    posts = np.arange(int(np.prod(moved.post)))
    coordinates = np.unravel_index(posts, moved.post)
    size = int(np.prod(moved.taps))
    taps = np.unravel_index(np.arange(size), moved.taps)
    table = None if centres is None else np.asarray(centres, np.int64).reshape(-1, len(moved.pre))
    inside: list[Array] = []
    outside = np.zeros((len(posts), size), np.bool_)
    for a, extent in enumerate(moved.pre):
        origin = np.full(len(posts), moved.start[a], np.int64)
        if table is not None:
            origin = origin + table[posts // max(1, moved.bank), a]
        elif moved.axis[a] >= 0:
            origin = origin + moved.stride[a] * coordinates[moved.axis[a]]
        wanted = origin[:, None] + taps[a][None, :]
        inside.append(np.clip(wanted, 0, extent - 1))
        outside |= inside[-1] != wanted
    if moved.outside == "clamp":
        outside[:] = False
    pre = np.ravel_multi_index(tuple(inside), moved.pre)
    filters = coordinates[-1] if moved.bank else np.zeros(len(posts), np.int64)
    return Places(pre, filters[:, None] * size + np.arange(size), outside)


def filter_sums(kind: str, values: Array, outside: Array) -> Array:
    """The sums of all post neurons of the values of their taps, taken one by one in the order of the taps.

    `outside` marks the taps that max and min leave out.
    """
    neutral = {"max": -np.inf, "min": np.inf}.get(kind)
    total = np.full(len(values), 0.0 if neutral is None else neutral, values.dtype)
    for value, left_out in zip(values.T, outside.T, strict=True):
        if neutral is None:
            total = total + value
            continue
        value = np.where(left_out, values.dtype.type(neutral), value)
        total = np.where(total > value, total, value) if kind == "max" else np.where(total < value, total, value)
    return total / values.dtype.type(values.shape[1]) if kind == "mean" else total
