"""The first weights of a projection."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.random import RandomDistribution

if TYPE_CHECKING:
    from nnc.runtime.attributes import Attributes


def give_weights(values: Attributes, weights: Any, multiple: bool, key: tuple[str | int, ...]) -> None:
    """Assign a number, an array in canonical order, or draws from the stream of a key.

    `multiple`: a weight per synapse even where one number would do. What can be made again is noted as such.
    """
    locality = values.locality("w")
    if isinstance(weights, RandomDistribution):
        values.assign_drawn("w", weights, key)
    elif multiple and locality == "local" and isinstance(weights, float):
        make = partial(np.full, values.lengths["local"], weights, values.dtype("w"))
        made = make()
        values.remember("w", made, make)
        values.write("w", made)
    else:
        values.write("w", weights)
