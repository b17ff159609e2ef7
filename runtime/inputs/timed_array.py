"""`TimedArray`: rates given for certain times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.errors import NNCRuntimeError, NNCTypeError, NNCValueError, warn
from nnc.runtime.inputs.scheduled import Scheduled
from nnc.runtime.populations.geometry import parse_geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.runtime.block.state import State


class TimedArray(Scheduled):
    """Rate-coded neurons whose `r` follows `rates`, an array of shape `(times,) + geometry`.

    `schedule` is the time in ms between two rows, from 0 on, or a list of times; `period` (ms) starts it over. The row
    of a time is in `r` at the end of the step of that time and stays until the next one; before the first, `r` is 0.
    Synapses with delays of several steps read the first row until the rates of the first step reach them.
    """

    def __init__(
        self,
        rates: Any = None,
        geometry: Any = None,
        schedule: Any = 0.0,
        period: float = -1.0,
        name: str | None = None,
        copied: bool = False,
        net_id: int = 0,
    ) -> None:
        if rates is None and geometry is None:
            raise NNCTypeError("TimedArray takes rates or a geometry")
        data = None if rates is None else _array(rates)
        shape = parse_geometry(geometry) if data is None or geometry is not None else data.shape[1:] or (1,)
        neuron = Neuron(
            parameters="rates = 0.0", equations="r = rates", name="TimedArray", description="Rates given in time"
        )
        super().__init__(shape, neuron, name, copied=copied, net_id=net_id)
        rows = np.zeros((0, self.size)) if data is None else self._table(data)
        self._install(rows, schedule, period)
        self._start()
        self._check_unused()

    def _table(self, rates: Any) -> NDArray[np.float64]:
        data = _array(rates)
        if data[0].size != self.size or data.shape[1:] not in (self.geometry, (self.size,), ()):
            raise NNCValueError(
                f"TimedArray '{self.name}': a row of rates has the shape {data.shape[1:]}, "
                f"the geometry is {self.geometry}"
            )
        return data.reshape(len(data), self.size)

    def _check_unused(self) -> None:
        unused = len(self._rows) - len(self._times.times)
        if unused > 0:
            warn(f"TimedArray '{self.name}': the schedule has too few times; the last {unused} rows are not used")

    @property
    def rates(self) -> NDArray[np.float64]:
        """The rates, of shape `(times,) + geometry`; assigned ones are used from the next time of the schedule on."""
        return self._rows.reshape((-1, *self.geometry)).copy()

    @rates.setter
    def rates(self, value: Any) -> None:
        self._replace(self._table(value), self._given, self._period)

    @property
    def r(self) -> NDArray[Any]:
        """The rates shown. Raises before `compile()`."""
        if not self.initialized:
            raise NNCRuntimeError(f"TimedArray '{self.name}': r is known after compile()")
        value: NDArray[Any] = self.get("r")
        return value

    @r.setter
    def r(self, value: Any) -> None:
        raise NNCRuntimeError(f"TimedArray '{self.name}': r follows rates; call update(rates)")

    def fill_past(self, state: State) -> None:
        """The first row: what delayed synapses read until the rates of the first step reach them."""
        ring = f"{self.class_name}.r.past"
        if state.has(ring) and len(self._rows):
            depth = state.block.sizes[f"{self.class_name}.ring"]
            state.memory.write(ring, np.tile(self._rows[0], depth))

    def update(self, rates: Any, schedule: Any = None, period: float | None = None, reset: bool = True) -> None:
        """Use other rates; None keeps the schedule or the period. `reset` starts the schedule again, else the rates
        shown are replaced by the same row of the new ones at once."""
        self._update(self._table(rates), schedule, period, reset)
        self._check_unused()
        if not reset and self.initialized:
            self._values.write("r", self._current)


def _array(rates: Any) -> NDArray[np.float64]:
    try:
        data = np.array(rates, np.float64)
    except (TypeError, ValueError):
        raise NNCTypeError("TimedArray: rates is an array of numbers of shape (times,) + geometry") from None
    if data.ndim == 0 or data.size == 0:
        raise NNCValueError(f"TimedArray: rates must have at least one row, got the shape {data.shape}")
    return data
