"""The layers of a feed-forward network, as every reader gives them and the spiking network is made from.

Populations have the channels last: what a convolution or a pooling gives is of shape (height, width, channels).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Dense:
    """Every unit reads every unit of the layer before it."""

    name: str
    weights: NDArray[Any]
    """(units, inputs)"""

    bias: NDArray[Any] | None

    @property
    def shape(self) -> Shape:
        """Extents of what it gives."""
        return (len(self.weights),)

    @property
    def kind(self) -> str:
        """What to call it."""
        return "dense"


@dataclass(frozen=True, eq=False)
class Convolution2D:
    """Filters that are moved over an image; outside of it is 0."""

    name: str
    weights: NDArray[Any]
    """(filters, height, width, channels)"""

    bias: NDArray[Any] | None
    stride: tuple[int, int]
    before: tuple[int, int]
    """Rows above and columns left of the image that the first filter covers."""

    shape: Shape

    @property
    def kind(self) -> str:
        """What to call it."""
        return f"convolution {self.weights.shape[1]}x{self.weights.shape[2]}"


@dataclass(frozen=True)
class Pooling2D:
    """The largest or the mean value of windows that lie side by side."""

    name: str
    operation: str
    extent: tuple[int, int]
    shape: Shape

    @property
    def kind(self) -> str:
        """What to call it."""
        return f"{self.operation} pooling {self.extent[0]}x{self.extent[1]}"


Layer = Dense | Convolution2D | Pooling2D


@dataclass(frozen=True, eq=False)
class Chain:
    """An input and the layers after it, each reading the one before."""

    source: str
    """What messages call it: the name of the file or of the class."""

    name: str
    """Of the input."""

    shape: Shape
    """Of the input, channels last."""

    layers: tuple[Layer, ...]
    channels_first: bool = False
    """Whether samples have their channels before rows and columns."""

    @property
    def size(self) -> int:
        """Number of inputs."""
        return math.prod(self.shape)
