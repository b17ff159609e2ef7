"""How weights are scaled so that neurons neither saturate nor fall silent (Diehl et al. 2015).

The weights of layer l are multiplied by f_l / (largest sum of the positive weights of one unit), f_l = 2, 3, 4, ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.extensions.ann_to_snn_conversion.layers import Pooling2D
from nnc.runtime.errors import NNCValueError, warn

if TYPE_CHECKING:
    from nnc.extensions.ann_to_snn_conversion.layers import Chain, Layer


def scales(chain: Chain, scale_factor: Any, normalize: bool) -> list[float]:
    """What the weights of each layer are multiplied by; 1 for layers without weights.

    `scale_factor` stands for the f_l: a number for all, or a list with one for each layer, or for each layer with
    weights. Raises for other values.
    """
    if not isinstance(normalize, bool):
        raise NNCValueError(f"normalize is True or False, not {normalize!r}")
    if not normalize:
        if scale_factor is not None:
            raise NNCValueError("scale_factor scales normalised weights, but normalize is False; give one of them")
        return [1.0] * len(chain.layers)
    factors = _factors(chain, scale_factor)
    return [_scale(chain, layer, f) for layer, f in zip(chain.layers, factors, strict=True)]


def _scale(chain: Chain, layer: Layer, factor: float) -> float:
    if isinstance(layer, Pooling2D):
        return 1.0
    axes = tuple(range(1, layer.weights.ndim))
    largest = float(np.clip(layer.weights, 0.0, None).sum(axis=axes).max())
    if largest == 0.0:
        warn(f"{chain.source}: layer '{layer.name}' has no positive weights; they are not normalised")
        return 1.0
    return factor / largest


def _factors(chain: Chain, given: Any) -> list[float]:
    count = len(chain.layers)
    if given is None:
        return [float(i + 2) for i in range(count)]
    if not isinstance(given, list | tuple | np.ndarray):
        return [_number(given)] * count
    numbers = [_number(f) for f in given]
    if len(numbers) == count:
        return numbers
    weighted = [not isinstance(layer, Pooling2D) for layer in chain.layers]
    if len(numbers) != sum(weighted):
        raise NNCValueError(
            f"scale_factor has {len(numbers)} entries; {chain.source} has {count} layers after the input, "
            f"{sum(weighted)} of them with weights"
        )
    rest = iter(numbers)
    return [next(rest) if w else 1.0 for w in weighted]


def _number(given: Any) -> float:
    number = not isinstance(given, bool | np.bool_) and isinstance(given, int | float | np.number)
    if not number or not 0.0 < given < np.inf:
        raise NNCValueError(f"scale_factor is a number above 0 or a list of them, not {given!r}")
    return float(given)
