"""Populations whose parameters change by themselves while the network runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from nnc.runtime.populations.population import Population

if TYPE_CHECKING:
    from nnc.runtime.block.state import State

ELEMENTS: Final = 1 << 18
"""Values of a stream that are held ahead, at most."""

LONGEST: Final = 1024
"""Steps of a stream that are held ahead, at most."""


class TimedPopulation(Population):
    """Base of inputs that follow a clock of their own.

    The clock starts with the network and with every reset of the population, and stands still while it is disabled.
    """

    _lives: ClassVar[tuple[str, ...]] = ()
    """The Python attributes that make its state, for files."""

    def _moved(self) -> None:
        """Its state was replaced from outside."""

    @property
    def _stream_depths(self) -> dict[str, int]:
        return dict.fromkeys(self._streams, self._depth)

    @property
    def _depth(self) -> int:
        return max(1, min(LONGEST, ELEMENTS // self.size))

    def _prepare(self, state: State, first: int, last: int) -> int:
        """Write what steps `first` to `last` need; gives the step up to which that was done."""
        raise NotImplementedError

    def _took(self, steps: int) -> None:
        """So many of the steps last prepared were done."""
        raise NotImplementedError

    def prepare(self, state: State, first: int, last: int) -> int:
        """Make ready for the steps from `first`; gives the step, at most `last`, up to which it is."""
        if not self.enabled:
            return last
        return self._prepare(state, first, min(last, first + self._depth) if self._streams else last)

    def fill_past(self, state: State) -> None:
        """Let delayed synapses see, before the first step, something else than the initial values."""

    def took(self, steps: int) -> None:
        """Let the clock go on by as many steps as were done."""
        if self.enabled:
            self._took(steps)
