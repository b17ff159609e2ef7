"""`ImagePopulation`: the pixels of a picture as rates."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.errors import NNCError, NNCFileNotFoundError, NNCTypeError, NNCValueError, warn
from nnc.runtime.populations.population import Population

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import NDArray

_GREY, _COLOURS = 1, 3
_SIXTEEN_BITS: Final = 65535.0


class ImagePopulation(Population):
    """Rate-coded neurons whose `r` are the pixels of a picture, between 0 and 1; 0 before the first one.

    The geometry is `(height, width)` or `(height, width, 1)` for grey values, `(height, width, 3)` for red, green and
    blue. Raises for another geometry, and if Pillow is missing.
    """

    def __init__(self, geometry: Any, name: str | None = None, copied: bool = False, net_id: int = 0) -> None:
        what = type(self).__name__
        self._require()
        extents = tuple(geometry) if isinstance(geometry, tuple | list) else (geometry,)
        if len(extents) not in (2, 3) or (len(extents) == 3 and extents[2] not in (_GREY, _COLOURS)):
            raise NNCValueError(
                f"{what}: the geometry is (height, width), (height, width, 1) for grey values or (height, width, 3) "
                f"for colours, not {geometry!r}"
            )
        neuron = Neuron(parameters="r = 0.0", name=what, description="Pixels of a picture")
        super().__init__(geometry, neuron, name, copied=copied, net_id=net_id)
        self._values.write("r", np.zeros(self.size))

    @classmethod
    def _require(cls) -> None:
        """Raise if a package that it needs is missing."""
        package("PIL", cls.__name__, "Pillow", "image")

    @property
    def _has_colours(self) -> bool:
        return self.depth == _COLOURS

    def set_image(self, filename: str | PathLike[str]) -> None:
        """Show a picture from a file of any format that Pillow reads, before or after `compile()`.

        It is resized (bicubic, with a warning) if it has another size, and turned as its EXIF data say. Grey values
        are luminances (ITU-R 601), transparency is left out, of several frames the first is shown. Raises for files
        that are missing or cannot be read; the old picture stays.
        """
        self._show(_pixels(Path(_named(filename)), self.geometry[:2], self._has_colours))

    def _show(self, pixels: NDArray[np.float64]) -> None:
        """Take pixels of shape (height, width) or (height, width, 3), between 0 and 1."""
        self._values.write("r", pixels.reshape(-1))


def package(module: str, what: str, name: str, extra: str) -> Any:
    """A package of an extra. Raises with the command that installs it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise NNCError(f'{what} needs {name}: pip install "nnc-compiler[{extra}]"') from None


def _named(filename: object) -> str:
    if not isinstance(filename, str) and not hasattr(filename, "__fspath__"):
        raise NNCTypeError(f"set_image takes the name of a file, not {filename!r}")
    return str(filename)


def _pixels(path: Path, size: tuple[int, ...], colours: bool) -> NDArray[np.float64]:
    """The picture in a file, (height, width) or (height, width, 3)."""
    from PIL import Image, ImageOps

    if not path.is_file():
        raise NNCFileNotFoundError(f"set_image: there is no file '{path}'")
    height, width = size
    try:
        with Image.open(path) as opened:
            picture = _eight_bits(ImageOps.exif_transpose(opened), path).convert("RGB" if colours else "L")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, NNCError):
            raise
        raise NNCValueError(f"set_image: '{path}' cannot be read as a picture: {error}") from error
    if picture.size != (width, height):
        warn(
            f"set_image: '{path}' has {picture.height} x {picture.width} pixels and is resized to the geometry, "
            f"{height} x {width}"
        )
        picture = picture.resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(picture, np.float64) / 255.0


def _eight_bits(picture: Any, path: Path) -> Any:
    """A picture of 16 bits per pixel with 8, which Pillow's own conversion would cut off instead."""
    from PIL import Image

    if picture.mode == "F":
        raise NNCValueError(f"set_image: '{path}' has floating-point pixels, whose range is not known; assign to r")
    if not picture.mode.startswith("I"):
        return picture
    values = np.asarray(picture, np.float64)
    if values.min() < 0.0 or values.max() > _SIXTEEN_BITS:
        raise NNCValueError(f"set_image: '{path}' has pixels beyond 16 bits, whose range is not known; assign to r")
    return Image.fromarray(np.rint(values * (255.0 / _SIXTEEN_BITS)).astype(np.uint8))
