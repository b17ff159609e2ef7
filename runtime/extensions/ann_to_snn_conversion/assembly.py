"""Putting layers together one after the other, whichever kind of file they come from."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np

from nnc.extensions.ann_to_snn_conversion.layers import Chain, Convolution2D, Dense, Pooling2D
from nnc.runtime.errors import NNCValueError, warn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.extensions.ann_to_snn_conversion.layers import Layer, Shape

    Array = NDArray[Any]
    Pair = tuple[int, int]

RECTIFIERS: Final = frozenset({"relu"})
NONE: Final = "linear"
_IMAGE: Final = 3


@dataclass
class Assembly:
    """Takes layers in order and checks that each fits onto the one before. Errors name the layer."""

    source: str
    name: str
    shape: Shape
    """Of what the last layer gives, channels last."""

    channels_first: bool = False
    layers: list[Layer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._input = self.shape
        self.is_flat = len(self.shape) == 1
        self._activations: list[str] = []
        self._is_open = False

    @property
    def size(self) -> int:
        """Number of values that the last layer gives."""
        return math.prod(self.shape)

    def fail(self, name: str, text: str) -> NoReturn:
        """Raise for a layer."""
        raise NNCValueError(f"{self.source}: layer '{name}': {text}")

    # Layers with weights

    def dense(self, name: str, weights: Array, bias: Array | None) -> None:
        """Weights of shape (units, inputs)."""
        if not self.is_flat:
            self.fail(name, f"reads values of shape {self.shape} along their last axis; put a Flatten layer before it")
        size = math.prod(self.shape)
        if weights.ndim != 2 or weights.shape[1] != size:
            self.fail(name, f"has weights of shape {weights.shape[::-1]}, but gets {size} values")
        self._check(name, weights, bias)
        if self.channels_first and len(self.shape) == _IMAGE:
            weights = weights[:, _channels_first(self.shape)]
        self._add(Dense(name, weights, bias))
        self.is_flat = True

    def convolution(
        self,
        name: str,
        filters: Array,
        bias: Array | None,
        stride: Pair,
        padding: tuple[Pair, Pair] | str,
        dilation: Pair = (1, 1),
        groups: int = 1,
    ) -> None:
        """Filters of shape (filters, height, width, channels per group); padding is (before, after) of rows and of
        columns, or "same" for as much as gives ceil(extent / stride) places."""
        rows, columns, channels = self._image(name)
        if filters.ndim != 4 or not groups or channels % groups or filters.shape[3] * groups != channels:
            self.fail(
                name, f"has filters of shape {filters.shape[1:]}, but gets {channels} channels in {groups} groups"
            )
        if len(filters) % groups:
            self.fail(name, f"has {len(filters)} filters in {groups} groups")
        if min(*stride, *dilation) < 1:
            self.fail(name, f"strides {stride} and dilation {dilation} must be at least 1")
        self._check(name, filters, bias)
        filters = _spread(_ungrouped(filters, groups), dilation)
        taps = (filters.shape[1], filters.shape[2])
        pads = _same((rows, columns), taps, stride) if isinstance(padding, str) else padding
        for extent, n, (before, after) in zip((rows, columns), taps, pads, strict=True):
            if min(before, after) < 0 or before > (n - 1) // 2 or after > n // 2:
                self.fail(name, f"its padding {(before, after)} is more than half of its filter, which covers {n}")
            if extent + before + after < n:
                self.fail(name, f"its filter covers {taps}, more than the image of {(rows, columns)}")
        places = [
            (extent + sum(pad) - n) // step + 1
            for extent, pad, n, step in zip((rows, columns), pads, taps, stride, strict=True)
        ]
        corner = (pads[0][0], pads[1][0])
        self._add(Convolution2D(name, filters, bias, stride, corner, (*places, len(filters))))
        self.is_flat = False

    def normalisation(self, name: str, scale: Array, shift: Array) -> None:
        """`x * scale + shift` for each unit or filter: becomes part of the weights of the layer before it."""
        last = self.layers[-1] if self.layers else None
        if not self._is_open or not isinstance(last, Dense | Convolution2D):
            self.fail(
                name,
                "a batch normalisation is only converted directly after a dense or convolution layer, before the "
                "activation of that layer: it then becomes part of its weights",
            )
        count = len(last.weights)
        if scale.shape != (count,) or shift.shape != (count,):
            self.fail(name, f"has {scale.size} values, the layer before it {count} units")
        self._check(name, scale, shift)
        axes = (slice(None), *(None,) * (last.weights.ndim - 1))
        bias = shift if last.bias is None else last.bias * scale + shift
        self.layers[-1] = replace(last, weights=last.weights * scale[axes], bias=bias)

    # Layers without

    def pooling(
        self,
        name: str,
        operation: str,
        extent: Pair | None,
        stride: Pair | None = None,
        pads_end: bool = False,
    ) -> None:
        """Windows of some extent, `None` for the whole image; `pads_end`: windows may reach beyond the image."""
        rows, columns, channels = self._image(name)
        extent = extent or (rows, columns)
        if min(extent) < 1:
            self.fail(name, f"its windows have the extent {extent}")
        if stride is not None and stride != extent:
            self.fail(
                name, f"its windows of {extent} overlap or leave gaps (strides {stride}); let the strides be equal"
            )
        if pads_end and (rows % extent[0] or columns % extent[1]):
            self.fail(name, f"its last windows of {extent} reach beyond the image of {(rows, columns)}")
        if rows < extent[0] or columns < extent[1]:
            self.fail(name, f"its windows of {extent} are larger than the image of {(rows, columns)}")
        self._is_open = False
        self.layers.append(Pooling2D(name, operation, extent, (rows // extent[0], columns // extent[1], channels)))
        self._activations.append("relu")
        self.shape = self.layers[-1].shape

    def flatten(self) -> None:
        """All values in a row; the population before it stays as it is."""
        self.is_flat = True

    def activation(self, name: str, function: str) -> None:
        """A function of the values of the layer before it; "linear" for none."""
        if function == NONE:
            return
        if not self.layers or isinstance(self.layers[-1], Pooling2D):
            if function not in RECTIFIERS or not self.layers:
                self.fail(name, f"the activation '{function}' does not follow a layer with weights")
            return
        if self._activations[-1] in RECTIFIERS and function not in RECTIFIERS and not self._is_open:
            self.fail(name, f"the activation '{function}' follows another one")
        self._activations[-1] = function
        self._is_open = False

    def finish(self) -> Chain:
        """The whole. Warns of units that will not do what they did."""
        if not self.layers:
            raise NNCValueError(f"{self.source}: there is no layer after the input '{self.name}'")
        for layer, function in zip(self.layers[:-1], self._activations[:-1], strict=True):
            if function not in RECTIFIERS:
                what = "no activation" if function == NONE else f"the activation '{function}'"
                warn(
                    f"{self.source}: layer '{layer.name}' has {what}; spiking neurons act like 'relu', so what the "
                    "converted network computes differs from there on"
                )
        return Chain(self.source, self.name, self._input, tuple(self.layers), self.channels_first)

    # Checks

    def _add(self, layer: Layer) -> None:
        self.layers.append(layer)
        self._activations.append(NONE)
        self._is_open = True
        self.shape = layer.shape

    def _image(self, name: str) -> tuple[int, int, int]:
        if self.is_flat or len(self.shape) != _IMAGE:
            self.fail(
                name, f"needs an image (height, width, channels), but gets {math.prod(self.shape)} values in a row"
            )
        rows, columns, channels = self.shape
        return rows, columns, channels

    def _check(self, name: str, weights: Array, bias: Array | None) -> None:
        if 0 in weights.shape:
            self.fail(name, f"has weights of shape {weights.shape}")
        if bias is not None and bias.shape != weights.shape[:1]:
            self.fail(name, f"has biases of shape {bias.shape} for {len(weights)} units")
        if not np.isfinite(weights).all() or (bias is not None and not np.isfinite(bias).all()):
            self.fail(name, "has weights that are infinite or not a number")


def _channels_first(shape: Shape) -> NDArray[np.int64]:
    """For each value of an image with channels last, its place in the same image with channels first."""
    rows, columns, channels = shape
    return np.arange(math.prod(shape)).reshape(channels, rows, columns).transpose(1, 2, 0).reshape(-1)


def _ungrouped(filters: Array, groups: int) -> Array:
    """Filters over all channels: 0 for those of other groups."""
    if groups == 1:
        return filters
    count, rows, columns, channels = filters.shape
    whole = np.zeros((count, rows, columns, channels * groups))
    each = count // groups
    for g in range(groups):
        whole[g * each : (g + 1) * each, ..., g * channels : (g + 1) * channels] = filters[g * each : (g + 1) * each]
    return whole


def _spread(filters: Array, dilation: Pair) -> Array:
    """Filters with zeros between their taps."""
    if dilation == (1, 1):
        return filters
    count, rows, columns, channels = filters.shape
    down, right = dilation
    whole = np.zeros((count, (rows - 1) * down + 1, (columns - 1) * right + 1, channels))
    whole[:, ::down, ::right] = filters
    return whole


def _same(extents: Pair, taps: Pair, stride: Pair) -> tuple[Pair, Pair]:
    """Padding that gives ceil(extent / stride) places, the larger half after the image."""
    pads = []
    for extent, n, step in zip(extents, taps, stride, strict=True):
        total = max((-(-extent // step) - 1) * step + n - extent, 0)
        pads.append((total // 2, total - total // 2))
    return pads[0], pads[1]
