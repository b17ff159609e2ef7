"""The delays of a projection as scripts see and change them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.connectors.rule import check_delays
from nnc.runtime.errors import NNCRuntimeError, NNCTypeError, NNCValueError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.runtime.connectors.rule import Rule
    from nnc.runtime.networks.network import Network
    from nnc.runtime.populations.population import Population
    from nnc.runtime.projections.connectivity import Connectivity


@dataclass(frozen=True)
class _Kind:
    """How a program holds delays: none (one step), one number, or one per synapse."""

    word: str

    @staticmethod
    def of(delays: int | NDArray[np.int32]) -> _Kind:
        return _Kind("each" if not isinstance(delays, int) else "one" if delays == 1 else "uniform")


class Delays:
    """The part of a projection that knows how long signals take."""

    id: int
    name: str
    _net: Network
    _pre: Population
    _rule: Rule | None
    _synapses: Connectivity | None
    _delays: int | NDArray[np.int32]
    _asked_delay: float | None = None
    """A delay in ms that was assigned before `compile()`, in the place of that of the connector."""

    _delayed: bool = False
    """Whether delays were longer than a step when the synapses were drawn, so that they may change."""

    _reach: int

    @property
    def delay(self) -> Any:
        """Delay in ms: a number, or lists of numbers (one per post neuron with synapses) if synapses differ.

        Before `compile()` a number may be assigned. After it: a number where all synapses have one delay of more than
        a step, and where they differ if it is not above `max_delay`; lists with the structure of the synapses where
        they differ. What is under way arrives after the new delay; of what was
        sent longer ago than the longest delay so far, spikes do not come again and rates are the oldest known ones.
        """
        if self._synapses is None:
            given = self._net.dt if self._rule is None else self._rule.delays
            return given if self._asked_delay is None else self._asked_delay
        if isinstance(self._delays, int):
            return self._delays * self._net.dt
        return self._synapses.split(self._delays * self._net.dt)

    @delay.setter
    def delay(self, value: Any) -> None:
        if self._synapses is None:
            self._ask(value)
            return
        many = isinstance(value, list | tuple | np.ndarray) and np.ndim(np.asarray(value, object)) > 0
        self._retime(self._listed(value) if many else self._single(value))

    @property
    def max_delay(self) -> int:
        """The longest delay in steps."""
        return self._delays if isinstance(self._delays, int) else int(self._delays.max(initial=1))

    @property
    def uniform_delay(self) -> int:
        """The delay in steps if all synapses share it, else -1."""
        return self._delays if isinstance(self._delays, int) else -1

    def _ask(self, value: Any) -> None:
        if self._rule is None:
            raise NNCRuntimeError(f"projection '{self.name}' is not connected yet: give delays to the connector")
        checked = check_delays(f"projection '{self.name}'", value)
        if not isinstance(checked, float):
            raise NNCTypeError(
                f"projection '{self.name}': before compile() delay takes one number of ms; give distributions and "
                "arrays to the connector: delays=..."
            )
        self._asked_delay = checked

    def _single(self, value: Any) -> int | NDArray[np.int32]:
        milliseconds = check_delays(f"projection '{self.name}'", value)
        if not isinstance(milliseconds, float):
            raise NNCTypeError(f"projection '{self.name}': delay takes a number of ms or lists of them, not {value!r}")
        steps = max(1, round(milliseconds / self._net.dt))
        if isinstance(self._delays, int):
            if steps > 1 and not self._delayed:
                raise NNCValueError(
                    f"projection '{self.name}' was made without delays: give it delays=... when it is connected"
                )
            return steps
        if steps > self.max_delay:
            raise NNCValueError(
                f"projection '{self.name}': a delay of {milliseconds} ms is above its longest one, "
                f"{self.max_delay * self._net.dt} ms"
            )
        return np.full(len(self._delays), steps, np.int32)

    def _listed(self, rows: Any) -> NDArray[np.int32]:
        assert self._synapses is not None
        if isinstance(self._delays, int):
            raise NNCValueError(f"projection '{self.name}': all its synapses have one delay, so delay takes one number")
        counts = np.diff(self._synapses.row)[self._synapses.post_ranks]
        lengths = [len(row) if np.ndim(row) else -1 for row in rows]
        if lengths != counts.tolist():
            raise NNCValueError(
                f"projection '{self.name}': delay takes {len(counts)} lists with the structure of the synapses, such "
                "as `pre_ranks` has it"
            )
        flat = check_delays(f"projection '{self.name}'", [float(x) for row in rows for x in row])
        steps: NDArray[np.int32] = np.maximum(1, np.rint(flat / self._net.dt)).astype(np.int32)
        return steps

    def _retime(self, delays: int | NDArray[np.int32]) -> None:
        before = self._delays
        reach = int(np.max(delays, initial=1))
        state = self._net.current_state()
        if _Kind.of(before) == _Kind.of(delays):
            self._delays = delays
            self._reach = max(self._reach, reach)
            state.retime(f"proj{self.id}", delays)
            state.deepen(f"pop{self._pre.id}", self._reach + 1)
            return
        self._delays = delays
        self._net.changed()
        self._net.up_to_date()
