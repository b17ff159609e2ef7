"""`SpikeSourceArray`: spikes at given times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.errors import NNCTypeError, NNCValueError
from nnc.runtime.inputs.timed import TimedPopulation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.runtime.block.state import State


class SpikeSourceArray(TimedPopulation):
    """Neurons that spike at given times in ms: a list of times for one neuron, or a list of such lists.

    Times are rounded to steps and count from `compile()`, and from every reset on.
    """

    _streams = frozenset({"due"})
    _lives = ("_spike_times", "_tau")

    def __init__(self, spike_times: Any, name: str | None = None, copied: bool = False, net_id: int = 0) -> None:
        times = _lists(spike_times)
        neuron = Neuron(parameters="due = False : bool", spike="due", name="SpikeSource")
        super().__init__(len(times), neuron, name, copied=copied, net_id=net_id)
        self._spike_times = times
        self._events: tuple[float, NDArray[np.int64], NDArray[np.int64]] | None = None
        self._tau = 0

    @property
    def spike_times(self) -> list[list[float]]:
        """The times of the spikes of each neuron in ms, rounded to steps; those passed already are skipped."""
        dt = self._net.dt
        return [[float(step * dt) for step in _steps(times, dt)] for times in self._spike_times]

    @spike_times.setter
    def spike_times(self, value: Any) -> None:
        times = _lists(value)
        if len(times) != self.size:
            raise NNCValueError(
                f"SpikeSourceArray '{self.name}': spike_times takes {self.size} lists of times, got {len(times)}"
            )
        self._spike_times = times
        self._events = None

    def _sorted(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The steps of all spikes, ascending, and the neurons that fire them."""
        dt = self._net.dt
        if self._events is None or self._events[0] != dt:
            each = [_steps(times, dt) for times in self._spike_times]
            steps = np.concatenate(each)
            ranks = np.repeat(np.arange(len(each)), [len(s) for s in each])
            order = np.argsort(steps, kind="stable")
            self._events = dt, steps[order], ranks[order]
        return self._events[1], self._events[2]

    def _prepare(self, state: State, first: int, last: int) -> int:
        steps, ranks = self._sorted()
        due = np.zeros((last - first, self.size), np.bool_)
        begin, end = np.searchsorted(steps, (self._tau, self._tau + last - first))
        due[steps[begin:end] - self._tau, ranks[begin:end]] = True
        state.write_ahead(f"{self.class_name}.due", first, due)
        return last

    def _took(self, steps: int) -> None:
        self._tau += steps

    def _moved(self) -> None:
        self._events = None

    def _restart(self) -> None:
        self._tau = 0


def _steps(times: tuple[float, ...], dt: float) -> NDArray[np.int64]:
    return np.unique(np.rint(np.asarray(times, np.float64) / dt).astype(np.int64))


def _lists(spike_times: Any) -> list[tuple[float, ...]]:
    if not isinstance(spike_times, list | tuple | np.ndarray):
        raise NNCTypeError(
            f"SpikeSourceArray: spike_times is a list of times or of lists of times, not {spike_times!r}"
        )
    nested = [isinstance(x, list | tuple | np.ndarray) and np.ndim(x) > 0 for x in spike_times]
    if any(nested) and not all(nested):
        raise NNCTypeError("SpikeSourceArray: spike_times mixes times and lists of times")
    rows = spike_times if any(nested) else [spike_times]
    try:
        times = [tuple(float(x) for x in row) for row in rows]
    except (TypeError, ValueError):
        raise NNCTypeError(f"SpikeSourceArray: spike times are numbers of ms, got {spike_times!r}") from None
    for row in times:
        if not all(0.0 <= x < float("inf") for x in row):
            raise NNCValueError(f"SpikeSourceArray: spike times are at least 0 ms, got {list(row)}")
    return times
