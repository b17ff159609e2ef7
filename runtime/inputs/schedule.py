"""When a timed input shows which of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.errors import NNCTypeError, NNCValueError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Position:
    """Where a schedule stands: steps since its start, the row to come, and the row shown (-1 for none)."""

    tau: int = 0
    row: int = 0
    shown: int = -1


@dataclass(frozen=True, eq=False)
class Schedule:
    """Times in ms at which rows are shown, one after the other, starting over every `period` ms (<= -1: never).

    In the step with `tau` steps since the start: if `tau` is the time of the row to come, that row is shown and the
    next one is to come; in the last step of a period `tau` starts again, with the first row. Times are rounded to
    steps.
    """

    times: tuple[float, ...]
    period: float = -1.0

    def steps(self, dt: float) -> NDArray[np.int64]:
        """The times in steps, halves to even."""
        return np.rint(np.asarray(self.times) / dt).astype(np.int64)

    def walk(self, start: Position, steps: int, dt: float) -> tuple[NDArray[np.int64], Position]:
        """The rows shown in the steps to come, and the position after them."""
        times = self.steps(dt).tolist()
        period = round(self.period / dt)
        shown = np.empty(steps, np.int64)
        tau, row, now = start.tau, start.row, start.shown
        step = 0
        while step < steps:
            wait = min(_until(times[row], tau), _until(period - 1, tau) if period > -1 else steps, steps - step)
            shown[step : step + wait] = now
            step, tau = step + wait, tau + wait
            if step == steps:
                break
            if tau == times[row]:
                now, row = row, (row + 1) % len(times)
            if period > -1 and tau == period - 1:
                row, tau = 0, -1
            shown[step] = now
            step, tau = step + 1, tau + 1
        return shown, Position(tau, row, now)


_FOREVER = 1 << 62


def _until(time: int, tau: int) -> int:
    return time - tau if time >= tau else _FOREVER


def times_of(what: str, schedule: Any, rows: int, dt: float) -> tuple[float, ...]:
    """The times of a number of rows in ms: given as a list, or as the time between two rows (<= 0: one step).

    None stands for a single row that is shown from the start.
    """
    if schedule is None and rows == 1:
        return (0.0,)
    if isinstance(schedule, int | float | np.number) and not isinstance(schedule, bool):
        every = float(schedule) if schedule > 0 else dt
        return tuple(k * every for k in range(rows))
    if not isinstance(schedule, list | tuple | np.ndarray):
        raise NNCTypeError(f"{what}: schedule is a number of ms or a list of times in ms, not {schedule!r}")
    try:
        times = tuple(float(x) for x in schedule)
    except (TypeError, ValueError):
        raise NNCTypeError(f"{what}: schedule must hold times in ms, got {schedule!r}") from None
    if not times or not all(0.0 <= x < float("inf") for x in times):
        raise NNCValueError(f"{what}: the schedule takes times of at least 0 ms, got {schedule!r}")
    if len(times) > rows:
        raise NNCValueError(f"{what}: the schedule has {len(times)} times for {rows} rows of rates")
    if any(b <= a for a, b in pairwise(times)):
        raise NNCValueError(f"{what}: the times of the schedule must increase, got {schedule!r}")
    return times


def period_of(what: str, period: Any) -> float:
    """A period in ms; None and numbers up to -1 stand for none."""
    if period is None:
        return -1.0
    if isinstance(period, bool) or not isinstance(period, int | float | np.number) or not np.isfinite(period):
        raise NNCTypeError(f"{what}: period is a number of ms, not {period!r}")
    return float(period)
