"""`HomogeneousCorrelatedSpikeTrains`: random spikes of neurons that share a fluctuating rate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.errors import NNCTypeError, NNCValueError
from nnc.runtime.inputs.poisson import DRAW
from nnc.runtime.inputs.schedule import Position
from nnc.runtime.inputs.scheduled import Scheduled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.runtime.block.state import State

_LOWEST = -6.0
"""Least mean, in standard deviations, of the normal distribution that is rectified to get the rates."""


class HomogeneousCorrelatedSpikeTrains(Scheduled):
    """Neurons that fire with the same rate `x` (Hz), an Ornstein-Uhlenbeck process (Brette 2009).

    The spike trains have mean rate `rates` (Hz) and pairwise correlation `corr` over the time constant `tau` (ms).
    With a `schedule` (ms, from 0 on) `rates` and `corr` may be lists, and `period` (ms) starts it over.
    """

    _streams = frozenset()
    _lives = (*Scheduled._lives, "_rates", "_corr", "_initially", "_written")

    def __init__(
        self,
        geometry: Any,
        rates: Any,
        corr: Any,
        tau: float,
        schedule: Any = None,
        period: float = -1.0,
        name: str | None = None,
        refractory: float | None = None,
        copied: bool = False,
        net_id: int = 0,
    ) -> None:
        neuron = Neuron(
            parameters=f"""
                tau = {_positive("tau", tau)} : population
                mu = 0.0 : population
                sigma = 0.0 : population
            """,
            equations=f"""
                x += dt * (mu - x) / tau + sigma * sqrt(dt / tau) * Normal(0.0, 1.0) : population, init = mu
                {DRAW}
            """,
            spike="p < x",
            refractory=refractory,
            name="CorrelatedSpikeTrains",
        )
        super().__init__(geometry, neuron, name, copied=copied, net_id=net_id)
        self._use(rates, corr, schedule, period)
        self._start()
        self._show_first()
        self._initially = (self._rates, self._corr, self._given, self._period)

    def _use(self, rates: Any, corr: Any, schedule: Any, period: Any) -> None:
        """Take new means and correlations, which are lists only where there is a schedule."""
        what = "HomogeneousCorrelatedSpikeTrains"
        listed = bool(np.ndim(rates) or np.ndim(corr))
        if schedule is None and listed:
            raise NNCTypeError(f"{what}: lists of rates and corr need a schedule")
        if np.ndim(schedule) == 1 and len(schedule) and schedule[0] != 0:
            raise NNCValueError(f"{what}: the schedule starts at 0, not at {schedule[0]}")
        means, corrs = _many("rates", rates), _many("corr", corr)
        rows = len(schedule) if np.ndim(schedule) == 1 else max(len(means), len(corrs))
        if {len(means), len(corrs)} - {1, rows}:
            raise NNCValueError(
                f"{what}: {len(means)} rates and {len(corrs)} values of corr for {rows} times of the schedule"
            )
        tau = self._values.read("tau")
        table = [process(m, c, tau) for m, c in zip(np.resize(means, rows), np.resize(corrs, rows), strict=True)]
        self._install(np.array(table).reshape(-1, 2), schedule, period)
        self._rates, self._corr = (
            x.tolist() if np.ndim(x) else float(x) for x in (np.asarray(rates), np.asarray(corr))
        )

    def _show_first(self) -> None:
        """Before the first step, and where a table is replaced, `mu` and `sigma` are those of the row at hand."""
        row = max(0, self._position.shown)
        self._values.write("mu", float(self._rows[row, 0]))
        self._values.write("sigma", float(self._rows[row, 1]))
        self._written = row

    def _show(self, state: State, first: int, shown: NDArray[np.int64]) -> int:
        row = int(shown[0])
        if row != self._written and row >= 0:
            for column, name in enumerate(("mu", "sigma")):
                self._values.write(name, float(self._rows[row, column]))
            self._written = row
        changes = np.flatnonzero(shown != row)
        steps = int(changes[0]) if changes.size else len(shown)
        return first + steps

    @property
    def mu_list(self) -> list[float]:
        """Mean of the process for each time of the schedule."""
        values: list[float] = self._rows[:, 0].tolist()
        return values

    @property
    def sigma_list(self) -> list[float]:
        """Standard deviation of the process for each time of the schedule."""
        values: list[float] = self._rows[:, 1].tolist()
        return values

    @property
    def rates(self) -> float | list[float]:
        """Mean rate in Hz, or a list of rates."""
        return self._rates

    @rates.setter
    def rates(self, value: Any) -> None:
        self._renew(value, self._corr, self._given)

    @property
    def corr(self) -> float | list[float]:
        """Pairwise correlation, or a list."""
        return self._corr

    @corr.setter
    def corr(self, value: Any) -> None:
        self._renew(self._rates, value, self._given)

    @property
    def tau(self) -> float:
        """Time constant of the correlation in ms."""
        return float(self._values.read("tau"))

    @tau.setter
    def tau(self, value: float) -> None:
        self._values.write("tau", _positive("tau", value))
        self._renew(self._rates, self._corr, self._given)

    def update(self, rates: Any, corr: Any, schedule: Any = None, tau: float | None = None, reset: bool = True) -> None:
        """Use other rates and correlations; None keeps the schedule and `tau`. `reset` starts the schedule again."""
        if tau is not None:
            self._values.write("tau", _positive("tau", tau))
        if reset:
            self._position = Position()
        self._renew(rates, corr, self._given if schedule is None else schedule)

    def _renew(self, rates: Any, corr: Any, schedule: Any) -> None:
        self._use(rates, corr, schedule, self._period)
        p, rows = self._position, len(self._rows)
        self._position = Position(p.tau, p.row % rows, min(p.shown, rows - 1))
        self._show_first()

    def _begin(self) -> None:
        super()._begin()
        self._initially = (self._rates, self._corr, self._given, self._period)

    def _restart(self) -> None:
        self._use(*self._initially)
        self._start()
        self._show_first()


def process(mean: float, corr: float, tau: float) -> tuple[float, float]:
    """Mean and standard deviation of the normal process whose positive part has a given mean (Hz) and the standard
    deviation that makes the correlation `corr` over `tau` ms. Raises if there is none."""
    deviation = math.sqrt(corr * mean / (2.0 * tau / 1000.0))
    if deviation == 0.0:
        return mean, 0.0
    wanted = mean / deviation
    low, high = _LOWEST, wanted
    if _ratio(low) > wanted:
        raise NNCValueError(f"HomogeneousCorrelatedSpikeTrains: no process has the rate {mean} Hz and corr {corr}")
    while True:
        y = 0.5 * (low + high)
        if y in (low, high):
            break
        low, high = (y, high) if _ratio(y) < wanted else (low, y)
    sigma = mean / _mean(y)
    return y * sigma, sigma


def _density(y: float) -> float:
    return math.exp(-0.5 * y * y) / math.sqrt(2.0 * math.pi)


def _below(y: float) -> float:
    return 0.5 * math.erfc(-y / math.sqrt(2.0))


def _mean(y: float) -> float:
    """Mean of the positive part of N(y, 1)."""
    return _density(y) + y * _below(y)


def _ratio(y: float) -> float:
    """Mean over standard deviation of the positive part of N(y, 1); grows with y."""
    mean = _mean(y)
    square = (1.0 + y * y) * _below(y) + y * _density(y)
    return mean / math.sqrt(square - mean * mean)


def _many(what: str, given: Any) -> NDArray[np.float64]:
    try:
        values = np.atleast_1d(np.asarray(given, np.float64))
    except (TypeError, ValueError):
        raise NNCTypeError(f"HomogeneousCorrelatedSpikeTrains: {what} takes numbers, not {given!r}") from None
    if values.ndim != 1 or not values.size or not ((values >= 0.0) & (values < np.inf)).all():
        raise NNCValueError(f"HomogeneousCorrelatedSpikeTrains: {what} takes numbers of at least 0, got {given!r}")
    return values


def _positive(what: str, given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float | np.number) or not 0.0 < given < np.inf:
        raise NNCValueError(f"HomogeneousCorrelatedSpikeTrains: {what} is a positive number of ms, not {given!r}")
    return float(given)
