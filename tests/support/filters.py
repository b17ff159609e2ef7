"""Filters by hand: what `Convolution` and `Pooling` must give, tap by tap, as the specification says it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

import nnc as ann
from nnc.extensions.convolution import Convolution

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

PIXEL = ann.Neuron(parameters={"r": ann.Parameter(0.0, locality="local")}, name="Pixel")
UNIT = ann.Neuron(equations="r = sum(exc)", name="Unit")
REDUCE = {"sum": np.sum, "max": np.max, "min": np.min, "mean": np.mean}


def centre(q: int, i: int) -> int:
    """Pre coordinate of the centre of the receptive field of post coordinate i."""
    return int((q - 1) / 2) + q * i


def offset(n: int) -> int:
    """Tap on the centre of a filter of extent n."""
    return (n - 1) // 2 if n % 2 else n // 2 - 1


def one_filter(
    x: Array,
    w: Array,
    geometry: tuple[int, ...],
    *,
    keep: bool = False,
    padding: float | str = 0.0,
    operation: str = "sum",
    centres: Any = None,
) -> Array:
    """The image that one filter gives."""
    full = w[..., None] if keep else w
    covers = centres is None and len(geometry) < x.ndim
    out = np.zeros(geometry)
    for place, y in enumerate(np.ndindex(geometry)):
        if centres is not None:
            middle = tuple(centres[place])
        else:
            middle = tuple(centre(n // m, i) for n, m, i in zip(x.shape, geometry, y, strict=False))
        if covers:
            middle = (*middle, offset(x.shape[-1]))
        out[y] = _place(x, full, middle, padding, operation)
    return out


def _place(x: Array, w: Array, middle: tuple[int, ...], padding: float | str, operation: str) -> float:
    found, count = [], 0
    for tap in itertools.product(*map(range, w.shape)):
        at = [m + k - offset(n) for m, k, n in zip(middle, tap, w.shape, strict=True)]
        inside = [min(max(c, 0), n - 1) for c, n in zip(at, x.shape, strict=True)]
        count += 1
        if at == inside or padding == "border":
            found.append(x[tuple(inside)] * w[tap])
        elif operation in ("sum", "mean"):
            found.append(padding * w[tap])
    total = REDUCE["sum" if operation == "mean" else operation](found)
    return float(total / count if operation == "mean" else total)


def network(x: Array, geometry: tuple[int, ...], target: str = "llvm", **settings: Any) -> tuple[ann.Network, Any, Any]:
    """A still image and an empty population."""
    net = ann.Network(dt=1.0, seed=1)
    net.config(paradigm=target, **settings)
    image, out = net.create(x.shape, PIXEL), net.create(geometry, UNIT)
    image.r = x
    return net, image, out


def filtered(
    x: Array, w: Array, geometry: tuple[int, ...], *, operation: str = "sum", bank: bool = False, **options: Any
) -> Array:
    """The same by a network."""
    net, image, out = network(x, geometry)
    projection = Convolution(image, out, "exc", operation=operation)
    (projection.connect_filters if bank else projection.connect_filter)(weights=w, **options)
    net.compile()
    net.simulate(1.0)
    result: Array = np.asarray(out.r).reshape(geometry)
    return result
