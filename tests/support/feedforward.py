"""Layers of rate-coded networks in NumPy, one place after the other: what spiking networks are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.extensions.ann_to_snn_conversion.layers import Convolution2D, Dense

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.extensions.ann_to_snn_conversion.layers import Chain, Layer

    Array = NDArray[Any]


def layer_output(layer: Layer, x: Array, *, biases: bool = True) -> Array:
    """What a layer computes of an image or a row of values, before the activation."""
    if isinstance(layer, Dense):
        y = layer.weights @ x.reshape(-1)
    elif isinstance(layer, Convolution2D):
        y = _filtered(layer, x)
    else:
        rows, columns = layer.extent
        reduce = {"max": np.max, "mean": np.mean}[layer.operation]
        y = np.empty(layer.shape)
        for i, j in np.ndindex(layer.shape[:2]):
            y[i, j] = reduce(x[i * rows : (i + 1) * rows, j * columns : (j + 1) * columns], axis=(0, 1))
        return y
    return y + layer.bias if biases and layer.bias is not None else y


def _filtered(layer: Convolution2D, x: Array) -> Array:
    _, height, width, _ = layer.weights.shape
    wide = np.zeros((x.shape[0] + 4 * height, x.shape[1] + 4 * width, x.shape[2]))
    top, left = 2 * height, 2 * width
    wide[top : top + x.shape[0], left : left + x.shape[1]] = x
    y = np.empty(layer.shape)
    for i, j in np.ndindex(layer.shape[:2]):
        a = top + i * layer.stride[0] - layer.before[0]
        b = left + j * layer.stride[1] - layer.before[1]
        y[i, j] = (layer.weights * wide[a : a + height, b : b + width]).sum(axis=(1, 2, 3))
    return y


def activities(chain: Chain, x: Array, *, biases: bool = True, scales: Any = None) -> list[Array]:
    """Of all layers, each rectified except the last; `scales` multiply the weights."""
    found = []
    for number, layer in enumerate(chain.layers):
        x = layer_output(layer, x, biases=biases) * (1.0 if scales is None else scales[number])
        x = x if layer is chain.layers[-1] else np.maximum(x, 0.0)
        found.append(x)
    return found
