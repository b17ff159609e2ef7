"""The time of a network, and switching learning on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.runtime.errors import NNCValueError, warn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnc.runtime.projections.projection import Projection
    from nnc.runtime.recording.monitor import Monitor
    from nnc.runtime.running.compiling import Compiled


class Clock:
    """The part of a network that tells and sets the time."""

    _compiled: Compiled | None
    _monitors: list[Monitor]

    @property
    def dt(self) -> float:
        """Step size in ms."""
        raise NotImplementedError

    @property
    def time(self) -> float:
        """Time in ms."""
        return self.current_step * self.dt

    @time.setter
    def time(self, value: float) -> None:
        self.current_step = round(value / self.dt)

    @property
    def current_step(self) -> int:
        """Number of the next step; 0 before compile."""
        return 0 if self._compiled is None else self._compiled.state.block.t

    @current_step.setter
    def current_step(self, value: int) -> None:
        if self._compiled is None:
            warn("the time cannot be set before compile()")
        elif value < 0:
            raise NNCValueError(f"the step number must not be negative, got {value}")
        else:
            state = self._compiled.state
            for monitor in self._monitors:
                monitor.detach(state)
            state.set_step(int(value))
            for monitor in self._monitors:
                monitor.attach(state, int(value))

    def get_time(self) -> float:
        """Time in ms."""
        return self.time

    def set_time(self, t: float) -> None:
        """Set the time in ms."""
        self.time = t

    def get_current_step(self) -> int:
        """Number of the next step."""
        return self.current_step

    def set_current_step(self, n: int) -> None:
        """Set the number of the next step."""
        self.current_step = n


class Learning:
    """The part of a network that switches learning on and off."""

    _projections: list[Projection]

    def enable_learning(
        self, projections: Iterable[Projection] | None = None, period: float | None = None, offset: float | None = None
    ) -> None:
        """Let all (or some) projections learn."""
        for projection in self._projections if projections is None else projections:
            projection.enable_learning(period, offset)

    def disable_learning(self, projections: Iterable[Projection] | None = None) -> None:
        """Stop learning in all (or some) projections."""
        for projection in self._projections if projections is None else projections:
            projection.disable_learning()
