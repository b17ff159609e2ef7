"""Inputs that show the rows of a table one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nnc.runtime.errors import warn
from nnc.runtime.inputs.schedule import Position, Schedule, period_of, times_of
from nnc.runtime.inputs.timed import TimedPopulation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.runtime.block.state import State
    from nnc.runtime.networks.network import Network


class Scheduled(TimedPopulation):
    """Base of inputs with a table, a row for each time of a schedule. Constructors call `_install`.

    The stream `rates` takes the rows; other inputs override `_show`. A row that is shown stays until the next one.
    """

    _streams = frozenset({"rates"})
    _lives: ClassVar[tuple[str, ...]] = ("_position", "_held", "_rows", "_given", "_period")
    _rows: NDArray[np.float64]
    _held: NDArray[np.float64]

    def _install(self, rows: NDArray[np.float64], schedule: Any, period: Any) -> None:
        """Use a table (perhaps still empty), with times as `times_of` takes them. Raises where they do not fit."""
        what = type(self).__name__
        if len(rows):
            times_of(what, schedule, len(rows), self._net.dt)
        self._period = period_of(what, period)
        self._rows, self._given = rows, schedule
        self._timetable: tuple[float, Schedule] | None = None

    def _start(self) -> None:
        """Let the clock start, with nothing shown yet."""
        self._position = Position()
        self._ahead = (0, self._position)
        self._held = np.zeros(self._rows.shape[1])

    @property
    def schedule(self) -> list[float]:
        """The times of the rows in ms."""
        return list(self._times.times)

    @schedule.setter
    def schedule(self, value: Any) -> None:
        self._replace(self._rows, value, self._period)

    @property
    def period(self) -> float:
        """Time in ms after which the schedule starts over; -1 for never."""
        return self._period

    @period.setter
    def period(self, value: Any) -> None:
        self._replace(self._rows, self._given, value)

    @property
    def _times(self) -> Schedule:
        dt = self._net.dt
        if self._timetable is None or self._timetable[0] != dt:
            times = times_of(type(self).__name__, self._given, len(self._rows), dt) if len(self._rows) else ()
            self._timetable = dt, Schedule(times, self._period)
        return self._timetable[1]

    @property
    def _current(self) -> NDArray[np.float64]:
        """What is shown now."""
        shown = self._position.shown
        return self._held if shown < 0 else self._rows[shown]

    def _replace(self, rows: NDArray[np.float64], schedule: Any, period: Any) -> None:
        """Use another table without touching the clock; what is shown stays until the next time of the schedule."""
        current = self._current
        self._install(rows, schedule, period)
        self._held = current
        if self.initialized:
            self._check_steps()
        p = self._position
        self._position = Position(p.tau, p.row % max(1, len(self._times.times)), -1)

    def _update(self, rows: NDArray[np.float64], schedule: Any, period: Any, reset: bool) -> None:
        """Use another table, None keeping what is; with `reset` the clock starts again, else the row shown is
        replaced at once."""
        shown = self._position.shown
        given = self._given if schedule is None else schedule
        self._replace(rows, given, self._period if period is None else period)
        p = self._position
        if reset:
            self._position = Position()
        elif 0 <= shown < len(rows):
            self._position = Position(p.tau, p.row, shown)

    def _prepare(self, state: State, first: int, last: int) -> int:
        steps, start = last - first, self._position
        if len(self._rows):
            shown, after = self._times.walk(start, steps, self._net.dt)
        else:
            shown, after = np.full(steps, -1), Position(start.tau + steps)
        self._ahead = steps, after
        return self._show(state, first, shown)

    def _took(self, steps: int) -> None:
        ahead, after = self._ahead
        if steps == ahead:
            self._position = after
        elif len(self._rows):
            self._position = self._times.walk(self._position, steps, self._net.dt)[1]
        else:
            self._position = Position(self._position.tau + steps)

    def _show(self, state: State, first: int, shown: NDArray[np.int64]) -> int:
        """Let the network see these rows (-1: what is held) from step `first` on; gives the step after the last."""
        values = self._rows[np.maximum(shown, 0)] if len(self._rows) else np.zeros((len(shown), self.size))
        values[shown < 0] = self._held
        state.write_ahead(f"{self.class_name}.rates", first, values)
        return first + len(shown)

    def _check_steps(self) -> None:
        """Warn where rows are never shown because two times of the schedule fall into one step."""
        steps = self._times.steps(self._net.dt)
        if len(np.unique(steps)) < len(steps):
            warn(
                f"{type(self).__name__} '{self.name}': two times of the schedule fall into one step of "
                f"{self._net.dt} ms; the schedule stops there"
            )

    def _begin(self) -> None:
        self._check_steps()

    def _moved(self) -> None:
        self._timetable = None

    def _restart(self) -> None:
        self._start()

    def _rebind(self, net: Network, name: str | None) -> None:
        super()._rebind(net, name)
        self._timetable = None
