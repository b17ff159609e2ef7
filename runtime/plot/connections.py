"""Synapses of a projection as images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.errors import NNCTypeError
from nnc.runtime.plot.axes import axes_for
from nnc.runtime.projections.projection import Projection

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def receptive_fields(
    projection: Projection, ax: Axes | None = None, *, variable: str = "w", in_post_geometry: bool = True, **style: Any
) -> Axes:
    """The values of the synapses of every post neuron as an image of the pre population, side by side.

    See `Projection.receptive_fields`; the lines between the images are the borders of the receptive fields. `style`
    goes to `Axes.imshow`.
    """
    _checked(projection, "receptive_fields")
    image = projection.receptive_fields(variable, in_post_geometry)
    height, width = projection.pre.geometry or (1, 1)
    ax = axes_for(ax)
    shown = ax.imshow(image, **({"cmap": "viridis", "interpolation": "nearest"} | style))
    ax.hlines(np.arange(height, len(image), height) - 0.5, -0.5, image.shape[1] - 0.5, color="white", linewidth=0.5)
    ax.vlines(np.arange(width, image.shape[1], width) - 0.5, -0.5, len(image) - 0.5, color="white", linewidth=0.5)
    ax.set_axis_off()
    ax.figure.colorbar(shown, ax=ax, label=variable)
    return ax


def connectivity(projection: Projection, ax: Axes | None = None, **style: Any) -> Axes:
    """The weights as a matrix: pre neurons to the right, post neurons downwards, white where no synapse is.

    `style` goes to `Axes.imshow`.
    """
    _checked(projection, "connectivity")
    matrix = projection.connectivity_matrix(fill=np.nan)
    ax = axes_for(ax)
    shown = ax.imshow(matrix, **({"cmap": "viridis", "interpolation": "nearest", "aspect": "auto"} | style))
    ax.set_xlabel(f"pre: {projection.pre.name}")
    ax.set_ylabel(f"post: {projection.post.name}")
    ax.figure.colorbar(shown, ax=ax, label="w")
    return ax


def _checked(projection: Any, what: str) -> None:
    if not isinstance(projection, Projection):
        raise NNCTypeError(f"nnc.plot.{what}: a projection is drawn, not {type(projection).__name__}")
