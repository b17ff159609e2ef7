"""Recorded values over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.errors import NNCTypeError, NNCValueError, with_hint
from nnc.runtime.plot.axes import axes_for
from nnc.runtime.recording.monitor import Monitor
from nnc.runtime.recording.tracks import EVENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

MANY = 10
"""Lines that are told apart by a legend; more are drawn without."""


def traces(
    monitor: Monitor,
    variable: str | None = None,
    neurons: int | Sequence[int] | None = None,
    ax: Axes | None = None,
    *,
    mean: bool = False,
    **style: Any,
) -> Axes:
    """A line for each neuron (or synapse): time in ms to the right, the value of a recorded variable upwards.

    `variable` may be left out if one is recorded. `neurons` are places in the recorded object, default all of them;
    with `mean` the mean over them is one more, black line. Where recording paused, lines are broken. `style` goes to
    `Axes.plot`.
    """
    if not isinstance(monitor, Monitor):
        raise NNCTypeError(f"nnc.plot.traces: a monitor is drawn, not {type(monitor).__name__}")
    name = _variable(monitor, variable)
    rows = monitor.get(name, keep=True, reshape=False)
    if rows.dtype == object:
        raise NNCValueError(f"nnc.plot.traces: the rows of '{name}' have different lengths")
    rows = np.asarray(rows, np.float64).reshape(len(rows), -1)
    chosen = _chosen(neurons, rows.shape[1])
    times, lines = _broken(monitor.row_times(name), rows[:, chosen], monitor.period)
    ax = axes_for(ax)
    for place, line in zip(chosen, lines.T, strict=True):
        look: dict[str, Any] = {"linewidth": 1.0, "label": str(place)}
        ax.plot(times, line, **(look | style))
    if mean:
        ax.plot(times, lines.mean(axis=1), color="black", linewidth=2.0, label="mean")
    if 1 < len(ax.lines) <= MANY:
        ax.legend(loc="upper right")
    ax.set_xlabel("time (ms)")
    ax.set_ylabel(name)
    return ax


def _variable(monitor: Monitor, variable: str | None) -> str:
    names = [name for name in monitor.variables if name not in EVENTS]
    if variable is None:
        if len(names) != 1:
            raise NNCValueError(f"nnc.plot.traces: name the variable to draw, one of {names}")
        return names[0]
    if variable not in names:
        raise NNCValueError(with_hint(f"nnc.plot.traces: '{variable}' is not recorded", variable, names))
    return variable


def _chosen(neurons: int | Sequence[int] | None, width: int) -> list[int]:
    if neurons is None:
        return list(range(width))
    chosen = [int(n) for n in np.atleast_1d(np.asarray(neurons))]
    outside = [n for n in chosen if not 0 <= n < width]
    if outside:
        raise NNCValueError(f"nnc.plot.traces: there is no neuron {outside[0]}; {width} are recorded")
    return chosen


def _broken(times: Any, lines: Any, period: float) -> tuple[Any, Any]:
    """A row of NaN where more than a period lies between two rows."""
    gaps = np.flatnonzero(np.diff(times) > 1.5 * period) + 1
    return np.insert(times, gaps, np.nan), np.insert(lines, gaps, np.nan, axis=0)
