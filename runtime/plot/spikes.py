"""Spikes over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.runtime.errors import NNCTypeError, NNCValueError
from nnc.runtime.extras import extra
from nnc.runtime.plot.axes import axes_for
from nnc.runtime.recording import spikes as tools
from nnc.runtime.recording.monitor import Monitor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Spikes = Monitor | Mapping[int, Sequence[int]]

DOTS: Final[dict[str, Any]] = {"color": "black", "marker": ".", "markersize": 2.0, "linestyle": "none"}
"""How spikes look."""

STRIP: Final = 0.3
"""Height of the rate below a raster, as a part of the raster's."""


def raster(
    spikes: Spikes, ax: Axes | None = None, *, rate: float | None = None, dt: float | None = None, **style: Any
) -> Axes:
    """A dot for each spike: time in ms to the right, rank upwards.

    `spikes` is a monitor that records spikes, or what `get("spike")` gave; the latter needs the step size `dt` in ms
    unless the network is the default one. With `rate` the rate of the population, in bins of `rate` ms, stands in a
    strip below, the last axes of the figure. `style` goes to `Axes.plot`.
    """
    taken, dt = _taken(spikes, dt)
    times, ranks = tools.raster_plot(taken, dt)
    binned = None if rate is None else _binned(taken, rate, dt, _window(spikes))
    ax = axes_for(ax)
    ax.plot(times, ranks, **(DOTS | style))
    ax.set_ylabel("neuron")
    if binned is None:
        ax.set_xlabel("time (ms)")
        return ax
    divider = extra("mpl_toolkits.axes_grid1", "plot", "nnc.plot").make_axes_locatable(ax)
    below = divider.append_axes("bottom", size=f"{100 * STRIP}%", pad=0.1, sharex=ax)
    ax.tick_params(labelbottom=False)
    _draw(below, *binned)
    return ax


def rate(spikes: Spikes, ax: Axes | None = None, *, bins: float = 5.0, dt: float | None = None, **style: Any) -> Axes:
    """The mean rate of the neurons in Hz over time, in bins of `bins` ms. See `raster` for `spikes` and `dt`."""
    taken, dt = _taken(spikes, dt)
    binned = _binned(taken, bins, dt, _window(spikes))
    return _draw(axes_for(ax), *binned, **style)


def _binned(
    spikes: Mapping[int, Sequence[int]], bins: float, dt: float | None, window: tuple[int, int] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rates in Hz and the edges of their bins in ms; a last bin that the recording does not fill is left out."""
    step = tools.step_of(dt)
    width = round(bins / step)
    if width < 1:
        raise NNCValueError(f"nnc.plot: bins of {bins} ms are shorter than a step of {step} ms")
    steps, _ = tools.flatten(spikes)
    low, high = window or ((int(steps.min()), int(steps.max()) + 1) if len(steps) else (0, 0))
    edges = low + width * np.arange(max(1, (high - low) // width) + 1, dtype=np.int64)
    counts, _ = np.histogram(steps[steps < edges[-1]], edges)
    return counts / (max(1, len(spikes)) * width * step / 1000.0), edges.astype(np.float64) * step


def _draw(ax: Axes, hertz: NDArray[np.float64], edges: NDArray[np.float64], **style: Any) -> Axes:
    ax.stairs(hertz, edges, **style)
    ax.set_xlabel("time (ms)")
    ax.set_ylabel("rate (Hz)")
    return ax


def _taken(spikes: Any, dt: float | None) -> tuple[Mapping[int, Sequence[int]], float | None]:
    if isinstance(spikes, Monitor):
        if "spike" not in spikes.variables:
            raise NNCValueError(f"nnc.plot: {spikes!r} does not record 'spike'")
        return spikes.get("spike", keep=True), spikes.dt
    if isinstance(spikes, dict):
        return spikes, dt
    raise NNCTypeError(f"nnc.plot: spikes are a monitor, or what its get('spike') gives, not {type(spikes).__name__}")


def _window(spikes: Any) -> tuple[int, int] | None:
    """First and last step of the recording, if it is known."""
    if not isinstance(spikes, Monitor):
        return None
    segments = spikes.times("spike")["spike"]
    return (segments["start"][0], segments["stop"][-1]) if segments["start"] else None
