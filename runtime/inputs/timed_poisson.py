"""`TimedPoissonPopulation`: random spikes with rates given for certain times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.errors import NNCTypeError, NNCValueError
from nnc.runtime.inputs.poisson import DRAW, check_rates
from nnc.runtime.inputs.scheduled import Scheduled

if TYPE_CHECKING:
    from numpy.typing import NDArray


class TimedPoissonPopulation(Scheduled):
    """Neurons that spike in every step with the probability `rates * dt / 1000`, where the rates (Hz) change in time.

    `rates` has an entry for each time (ms) of `schedule`: a number, or a value per neuron. `period` (ms) starts the
    schedule over. Before the first time the rate is 0.
    """

    _lives = (*Scheduled._lives, "_initially")

    def __init__(
        self,
        geometry: Any,
        rates: Any,
        schedule: Any,
        period: float = -1.0,
        name: str | None = None,
        copied: bool = False,
        net_id: int = 0,
    ) -> None:
        neuron = Neuron(parameters="rates = 0.0", equations=DRAW, spike="p < rates", name="TimedPoisson")
        super().__init__(geometry, neuron, name, copied=copied, net_id=net_id)
        rows = self._table(rates, schedule)
        self._install(rows, schedule, period)
        self._start()
        self._initially = (self._rows, self._given, self._period)

    def _table(self, rates: Any, schedule: Any) -> NDArray[np.float64]:
        what = f"TimedPoissonPopulation '{self.name}'"
        if not isinstance(rates, list | tuple | np.ndarray) or not len(rates):
            raise NNCTypeError(f"{what}: rates is a list with an entry for each time, not {rates!r}")
        if np.ndim(schedule) == 1 and len(schedule) != len(rates):
            raise NNCValueError(f"{what}: {len(rates)} rates for {len(schedule)} times of the schedule")
        table = np.empty((len(rates), self.size))
        for row, entry in zip(table, rates, strict=True):
            check_rates(what, entry)
            values = np.asarray(entry, np.float64).reshape(-1)
            if values.size not in (1, self.size):
                raise NNCValueError(f"{what}: an entry of rates is a number or {self.size} values, got {values.size}")
            row[:] = values
        return table

    @property
    def rates(self) -> NDArray[np.float64]:
        """The rates in Hz, of shape `(times,) + geometry`; assigned ones hold from the next time of the schedule on."""
        return self._rows.reshape((-1, *self.geometry)).copy()

    @rates.setter
    def rates(self, value: Any) -> None:
        self._replace(self._table(value, self._given), self._given, self._period)

    def update(self, rates: Any, schedule: Any = None, period: float | None = None, reset: bool = True) -> None:
        """Use other rates; None keeps the schedule or the period. `reset` starts the schedule again, else the rates at
        hand are replaced by those of the same time at once."""
        self._update(self._table(rates, self._given if schedule is None else schedule), schedule, period, reset)

    def _begin(self) -> None:
        super()._begin()
        self._initially = (self._rows, self._given, self._period)

    def _restart(self) -> None:
        self._install(*self._initially)
        self._start()
