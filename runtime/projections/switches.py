"""Switching parts of a projection on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from nnc.runtime.errors import NNCValueError, warn

if TYPE_CHECKING:
    from nnc.runtime.networks.network import Network

FLAGS = ("transmission", "update", "plasticity")


class Switches:
    """The part of a projection that can be switched. A program only has the switches that were used once."""

    id: int
    name: str
    _net: Network
    _kind: Literal["rate", "spiking"]
    _flags: dict[str, bool]
    _flagged: set[str]
    _learning: dict[str, int]

    @property
    def transmission(self) -> bool:
        """False: no signals and no synaptic updates at all."""
        return self._flags["transmission"]

    @transmission.setter
    def transmission(self, on: bool) -> None:
        self._switch("transmission", on)

    @property
    def update(self) -> bool:
        """False: the equations of synaptic variables are not evaluated."""
        return self._flags["update"]

    @update.setter
    def update(self, on: bool) -> None:
        self._switch("update", on)

    @property
    def plasticity(self) -> bool:
        """False: weights do not change."""
        return self._flags["plasticity"]

    @plasticity.setter
    def plasticity(self, on: bool) -> None:
        self._switch("plasticity", on)

    def enable_learning(self, period: float | None = None, offset: float | None = None) -> None:
        """Let the synapses learn (again), in every step, or only every `period` ms with steps of that length.

        `offset` (ms, below the period, may be negative) shifts the times of the updates, which otherwise are now and
        every `period` later.
        """
        steps, shift = self._rhythm(period, offset)
        self._early("enable_learning")
        now = self._net.current_step
        self._learning = {"period": steps, "offset": (now % steps + shift) % steps}
        if steps > 1 or "update" in self._flagged:
            self._demand("update")
        for name, value in self._learning.items():
            self._net.set_flag(f"proj{self.id}.update.{name}", value)
        self.update = True
        self.plasticity = True

    def _rhythm(self, period: float | None, offset: float | None) -> tuple[int, int]:
        """Period and offset in steps."""
        if period is None:
            if offset is not None:
                raise NNCValueError("enable_learning: offset needs a period")
            return 1, 0
        if isinstance(period, bool) or not isinstance(period, int | float | np.number) or not period > 0.0:
            raise NNCValueError(f"enable_learning: the period is a number of ms above zero, not {period!r}")
        if offset is not None and not offset < period:
            raise NNCValueError(f"enable_learning: offset ({offset}) must be below the period ({period})")
        dt = self._net.dt
        return max(1, round(period / dt)), round((offset or 0.0) / dt)

    def _early(self, what: str) -> None:
        if not self._net.compiled:
            warn(f"{what} of projection '{self.name}' is called before compile(); it holds from the start")

    def disable_learning(self) -> None:
        """Stop learning; transmission goes on."""
        self._early("disable_learning")
        if self._kind == "rate":
            self.update = False
        else:
            self.plasticity = False

    def _switch(self, flag: str, on: bool) -> None:
        on = bool(on)
        if on == self._flags[flag]:
            return
        self._flags[flag] = on
        self._demand(flag)
        self._net.set_flag(f"proj{self.id}.{flag}", on)

    def _demand(self, flag: str) -> None:
        """Let the program have a switch."""
        if flag not in self._flagged:
            self._flagged.add(flag)
            self._net.changed()
