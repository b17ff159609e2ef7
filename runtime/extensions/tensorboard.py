"""`Logger`: scalars, images, histograms, figures and parameters in files that TensorBoard shows.

The files are written by tensorboardX, or by `torch.utils.tensorboard` where only that is installed; neither is loaded
before the first `Logger` is made.
"""

from __future__ import annotations

import importlib
import math
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from nnc.runtime.errors import NNCError, NNCRuntimeError, NNCTypeError, NNCValueError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from numpy.typing import NDArray

_WRITERS = ("tensorboardX", "torch.utils.tensorboard")
_COLOURS = 3
_DELAY = 1
"""Seconds after which a thread of the writer brings to the files what was added."""


class Logger:
    """Writes a run of TensorBoard into `logdir/experiment`; `tensorboard --logdir logdir` shows it.

    Without a name of the experiment the folder is called after the time and the host, `Nov20_16-45-10_host`. Also a
    context manager, which closes the files. `step` of the methods is a number that the data belong to, such as a
    trial; without one each tag counts on from its last step, the first being 0. Raises if tensorboardX is missing.
    """

    def __init__(self, logdir: str | PathLike[str] = "runs/", experiment: str | None = None) -> None:
        if experiment is None:
            experiment = f"{time.strftime('%b%d_%H-%M-%S')}_{socket.gethostname()}"
        if not isinstance(experiment, str) or not experiment:
            raise NNCTypeError(f"Logger: experiment is a name, not {experiment!r}")
        self.logdir = str(Path(logdir) / experiment)
        self._steps: dict[str, int] = {}
        self._parameter_sets = 0
        make = _writer()
        try:
            Path(self.logdir).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NNCRuntimeError(f"Logger: the folder '{self.logdir}' cannot be made: {error}") from error
        self._writer: Any = make(self.logdir, flush_secs=_DELAY)

    # Numbers

    def add_scalar(self, tag: str, value: float, step: int | None = None) -> None:
        """A number. Raises for anything else."""
        number = _number("add_scalar", tag, value)
        self._open().add_scalar(tag, number, self._step(tag, step))

    def add_scalars(self, tag: str, value: Mapping[str, float], step: int | None = None) -> None:
        """Several numbers in one plot, by name."""
        if not isinstance(value, dict) or not value:
            raise NNCTypeError(f"add_scalars: '{tag}' takes a dict of numbers, not {value!r}")
        numbers = {str(name): _number("add_scalars", f"{tag}/{name}", v) for name, v in value.items()}
        self._open().add_scalars(tag, numbers, self._step(tag, step))

    def add_histogram(self, tag: str, hist: Any, step: int | None = None) -> None:
        """The distribution of the numbers in an array of any shape, such as weights."""
        values = _array("add_histogram", tag, hist).reshape(-1)
        if not values.size or not np.isfinite(values).all():
            raise NNCValueError(f"add_histogram: '{tag}' takes finite numbers, at least one")
        self._open().add_histogram(tag, values, self._step(tag, step))

    def add_parameters(self, params: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        """The parameters of a run (numbers, texts, truth values) and what came out (numbers), for the HPARAMS tab."""
        if not isinstance(params, dict) or not isinstance(metrics, dict) or not params:
            raise NNCTypeError("add_parameters takes a dict of parameters and a dict of metrics")
        plain = {str(name): _parameter(str(name), value) for name, value in params.items()}
        numbers = {str(name): _number("add_parameters", str(name), value) for name, value in metrics.items()}
        self._open().add_hparams(plain, numbers, name=f"parameters_{self._parameter_sets}")
        self._parameter_sets += 1

    # Pictures

    def add_image(self, tag: str, img: Any, step: int | None = None, equalize: bool = False) -> None:
        """A picture, `(H, W)` in grey or `(H, W, 3)` in colours: integers from 0 to 255, or floats from 0 to 1.

        `equalize` stretches the values to this range instead. Raises for other shapes and values.
        """
        pixels = _array("add_image", tag, img)
        if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != _COLOURS):
            raise NNCValueError(f"add_image: '{tag}' takes the shape (H, W) or (H, W, 3), not {pixels.shape}")
        shown = _colours(_bytes("add_image", tag, pixels, pixels.ndim if equalize else None))
        self._open().add_image(tag, shown, self._step(tag, step), dataformats="HWC")

    def add_images(
        self, tag: str, img: Any, step: int | None = None, equalize: bool = False, equalize_per_image: bool = False
    ) -> None:
        """Several pictures of one size in a grid, `(N, H, W)` or `(N, H, W, 3)`, with values as in `add_image`.

        `equalize` stretches the values of all together; with `equalize_per_image` each on its own.
        """
        pixels = _array("add_images", tag, img)
        if pixels.ndim not in (3, 4) or (pixels.ndim == 4 and pixels.shape[3] != _COLOURS):
            raise NNCValueError(f"add_images: '{tag}' takes the shape (N, H, W) or (N, H, W, 3), not {pixels.shape}")
        stretched = pixels.ndim - 1 if equalize_per_image else pixels.ndim if equalize else None
        picture = pixels if pixels.ndim == 4 else pixels[..., None]
        shown = _bytes("add_images", tag, picture, stretched and stretched + picture.ndim - pixels.ndim)
        self._open().add_images(tag, _colours(shown), self._step(tag, step), dataformats="NHWC")

    def add_figure(self, tag: str, figure: Any, step: int | None = None, close: bool = True) -> None:
        """A figure of Matplotlib, or a list of figures; they are closed afterwards unless `close` is False."""
        figures = figure if isinstance(figure, list) else [figure]
        if not figures or not all(hasattr(f, "savefig") for f in figures):
            raise NNCTypeError(f"add_figure: '{tag}' takes a figure of Matplotlib, not {figure!r}")
        self._open().add_figure(tag, figure, self._step(tag, step), close)

    # Files

    def flush(self) -> None:
        """Have everything written to the files, which a thread of the writer does within about a second."""
        self._open().flush()

    def close(self) -> None:
        """Write everything and close the files; nothing can be added afterwards. A second call has no effect."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _open(self) -> Any:
        if self._writer is None:
            raise NNCRuntimeError(f"the Logger of '{self.logdir}' is closed")
        return self._writer

    def _step(self, tag: str, step: int | None) -> int:
        if not isinstance(tag, str) or not tag:
            raise NNCTypeError(f"Logger: a tag is a text, not {tag!r}")
        if step is None:
            step = self._steps.get(tag, -1) + 1
        if isinstance(step, bool) or not isinstance(step, int | np.integer):
            raise NNCTypeError(f"Logger: the step of '{tag}' is an integer, not {step!r}")
        self._steps[tag] = int(step)
        return int(step)

    def __repr__(self) -> str:
        return f"<Logger of '{self.logdir}'{' (closed)' if self._writer is None else ''}>"


def _writer() -> Any:
    """The class that writes."""
    for module in _WRITERS:
        try:
            return importlib.import_module(module).SummaryWriter
        except ImportError:
            continue
    raise NNCError('Logger needs tensorboardX: pip install "nnc-compiler[tensorboard]"')


def _number(what: str, tag: str, value: Any) -> float:
    if isinstance(value, str | bytes) or np.size(value) != 1:
        raise NNCTypeError(f"{what}: '{tag}' takes a number, not {value!r}")
    return float(_array(what, tag, value).reshape(-1)[0])


def _parameter(name: str, value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    if not isinstance(plain, bool | int | float | str):
        raise NNCTypeError(f"add_parameters: '{name}' is a number, a text or a truth value, not {value!r}")
    return plain


def _array(what: str, tag: str, given: Any) -> NDArray[Any]:
    try:
        made = np.asarray(given)
    except ValueError:
        made = np.asarray(None)
    if made.dtype.kind not in "biuf":
        raise NNCTypeError(f"{what}: '{tag}' takes numbers, not {given!r}")
    return made


def _bytes(what: str, tag: str, pixels: NDArray[Any], stretched: int | None) -> NDArray[np.uint8]:
    """Values from 0 to 255; `stretched`: over so many of the last axes from the least to the greatest value."""
    values = pixels.astype(np.float64)
    if not values.size or not np.isfinite(values).all():
        raise NNCValueError(f"{what}: '{tag}' takes finite numbers, at least one")
    if stretched is not None:
        axes = tuple(range(values.ndim - stretched, values.ndim))
        low, high = values.min(axes, keepdims=True), values.max(axes, keepdims=True)
        values = (values - low) / np.where(high > low, high - low, 1.0) * 255.0
        stretch: NDArray[np.uint8] = np.rint(values).astype(np.uint8)
        return stretch
    top = 1.0 if pixels.dtype.kind in "bf" else 255.0
    if values.min() < 0.0 or values.max() > top:
        kind = "floats lie between 0 and 1" if math.isclose(top, 1.0) else "integers lie between 0 and 255"
        raise NNCValueError(
            f"{what}: '{tag}': {kind}, not between {values.min():g} and {values.max():g}; equalize=True stretches them"
        )
    return np.rint(values * (255.0 / top)).astype(np.uint8)


def _colours(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Three equal channels for grey values: `(H, W)` or `(N, H, W, 1)`."""
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    return pixels if pixels.shape[-1] == _COLOURS else np.repeat(pixels, _COLOURS, axis=-1)
