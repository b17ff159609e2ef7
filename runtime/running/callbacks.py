"""Functions of the script that are called while a network is simulated."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from nnc.runtime.errors import NNCTypeError, NNCValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nnc.runtime.networks.network import Network

_F = TypeVar("_F", bound="Callable[[int], Any]")

_OLD = ("period", "offset", "wait", "net_id")
_NEW = ("network", "period", "offset", "wait")


@dataclass(frozen=True, eq=False)
class Callback:
    """A function called with 0, 1, 2, ... in every run; times in ms."""

    function: Callable[[int], Any]
    period: float
    offset: float
    wait: float

    def steps(self, total: int, dt: float) -> range:
        """The steps of a run of so many in front of which it is called, counted from the start of the run."""
        period = max(1, round(self.period / dt))
        offset = round(min(self.offset, self.period) / dt) % period
        return range(round(self.wait / dt) + offset, total, period)


class Callbacks:
    """The part of a network that knows its callbacks."""

    _callbacks: list[Callback]
    _callbacks_on: bool

    def add_callback(self, callback: Callback) -> None:
        """Call a function in every run from now on."""
        self._callbacks.append(callback)

    def callbacks_enabled(self) -> bool:
        """Whether `simulate` calls the callbacks."""
        return self._callbacks_on

    def enable_callbacks(self) -> None:
        """Let `simulate` call the callbacks (again)."""
        self._callbacks_on = True

    def disable_callbacks(self) -> None:
        """Keep the callbacks, but do not call them."""
        self._callbacks_on = False

    def clear_all_callbacks(self) -> None:
        """Forget all callbacks."""
        self._callbacks.clear()

    def calls(self, total: int, dt: float) -> Iterator[tuple[int, Callable[[], Any]]]:
        """The calls of a run of so many steps: when, counted from its start, and what; ties as declared."""
        schedules = (_schedule(place, callback, total, dt) for place, callback in enumerate(list(self._callbacks)))
        for step, _, n, callback in heapq.merge(*schedules, key=lambda call: call[:2]):
            yield step, lambda callback=callback, n=n: self._call(callback, n)  # type: ignore[misc]

    def _call(self, callback: Callback, n: int) -> None:
        """Callbacks may switch off and clear callbacks."""
        if self._callbacks_on and callback in self._callbacks:
            callback.function(n)


def _schedule(place: int, callback: Callback, total: int, dt: float) -> Iterable[tuple[int, int, int, Callback]]:
    return ((step, place, n, callback) for n, step in enumerate(callback.steps(total, dt)))


def every(*args: Any, **kwargs: Any) -> Callable[[_F], _F]:
    """`@every(period=10.0)` on `f(n)`: let `simulate` call f every `period` ms, with n = 0, 1, 2, ... in each run.

    The first call is in front of the step at `wait + offset` ms after the start of the run; a negative `offset` counts
    from the end of a period. The network is the magic one, or given: `every(network=net, period=10.0)`, `every(net,
    10.0)`.
    """
    period, offset, wait, network = _arguments(args, kwargs)

    def register(function: _F) -> _F:
        if not callable(function):
            raise NNCTypeError(f"every: a function is called, not {function!r}")
        network.add_callback(Callback(function, period, offset, wait))
        return function

    return register


def _arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[float, float, float, Network]:
    """Period, offset, wait and network, from the arguments of either generation of the API."""
    from nnc.runtime.networks.magic import network_of
    from nnc.runtime.networks.network import Network

    names = _NEW if args and (args[0] is None or isinstance(args[0], Network)) else _OLD
    given = dict(zip(names, args, strict=False))
    wrong = [name for name in kwargs if name in given or name not in {*_OLD, *_NEW}]
    if len(args) > len(names) or wrong:
        raise NNCTypeError("every: the arguments are network, period, offset and wait, each once")
    given |= kwargs
    network, net_id = given.get("network"), given.get("net_id", 0)
    if not isinstance(network, Network | None):
        raise NNCTypeError(f"every: network must be a Network, not {network!r}")
    wait = _milliseconds("wait", given.get("wait", 0.0))
    if wait < 0.0:
        raise NNCValueError(f"every: wait must not be negative, got {wait}")
    period = _milliseconds("period", given.get("period", 1.0))
    return period, _milliseconds("offset", given.get("offset", 0.0)), wait, network_of(net_id, network)


def _milliseconds(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        hint = "; write @every(period=...)" if callable(value) else ""
        raise NNCTypeError(f"every: {name} is a number of ms, not {value!r}{hint}")
    if not math.isfinite(value):
        raise NNCValueError(f"every: {name} must be finite, got {value}")
    return float(value)
