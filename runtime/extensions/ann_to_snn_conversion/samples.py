"""Samples as rates of the input neurons."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.extensions.ann_to_snn_conversion.neurons import PROPORTIONAL
from nnc.runtime.errors import NNCTypeError, NNCValueError, warn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.extensions.ann_to_snn_conversion.layers import Chain


def checked_samples(given: Any, chain: Chain, dt: float, max_f: float, encoding: str) -> NDArray[np.float64]:
    """Rates of shape (n, *geometry of the input). Raises for other shapes and for what is not finite.

    Warns of samples that the encoding cannot tell apart.
    """
    try:
        samples = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        raise NNCTypeError("predict: samples is an array of numbers of shape (n, inputs)") from None
    shape = chain.shape
    outer = (shape[-1], *shape[:-1]) if chain.channels_first and len(shape) > 1 else shape
    if samples.ndim < 2 or samples.shape[1:] not in ((chain.size,), outer):
        single = samples.shape in ((chain.size,), outer)
        help = "; put a single sample into a list" if single else ""
        raise NNCValueError(
            f"predict: samples is of shape (n, {chain.size}) or (n, {', '.join(map(str, outer))}), not "
            f"{samples.shape}{help}"
        )
    if not np.isfinite(samples).all():
        raise NNCValueError("predict: samples must be finite")
    samples = samples.reshape(len(samples), *outer)
    if outer != shape:
        samples = np.moveaxis(samples, 1, -1)
    _warn_of_limits(samples, dt, max_f, encoding)
    return np.ascontiguousarray(samples * max_f)


def _warn_of_limits(samples: NDArray[np.float64], dt: float, max_f: float, encoding: str) -> None:
    if not samples.size:
        return
    if encoding != "IB" and samples.min() < 0.0:
        warn(f"predict: samples are as low as {samples.min():g}; with '{encoding}' nothing below 0 makes a spike")
    most = 1000.0 / dt
    if encoding in PROPORTIONAL and samples.max() * max_f > most:
        warn(
            f"predict: samples of {samples.max():g} at max_f = {max_f:g} are {samples.max() * max_f:g} Hz, but there "
            f"is at most one spike per step, {most:g} Hz"
        )
    if encoding == "PSO" and max_f * samples.max() > 1.0 and not math.isclose(max_f * samples.max(), 1.0):
        warn(
            f"predict: samples reach {samples.max() * max_f:g} with max_f = {max_f:g}; 'PSO' cannot tell apart what is "
            "above 0.5, set max_f so that samples * max_f stays between 0 and 1"
        )
