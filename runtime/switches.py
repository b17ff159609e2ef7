"""Switching parts of a projection on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from nnc.runtime.errors import not_yet

if TYPE_CHECKING:
    from nnc.runtime.network import Network

FLAGS = ("transmission", "update", "plasticity")


class Switches:
    """The part of a projection that can be switched. A program only has the switches that were used once."""

    id: int
    _net: Network
    _kind: Literal["rate", "spiking"]
    _flags: dict[str, bool]
    _flagged: set[str]

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
        """Let the synapses learn (again)."""
        if period is not None or offset is not None:
            not_yet("enable_learning(period=...)", "call enable_learning() and disable_learning() between simulate()s")
        self.update = True
        self.plasticity = True

    def disable_learning(self) -> None:
        """Stop learning; transmission goes on."""
        if self._kind == "rate":
            self.update = False
        else:
            self.plasticity = False

    def _switch(self, flag: str, on: bool) -> None:
        on = bool(on)
        if on == self._flags[flag]:
            return
        self._flags[flag] = on
        if flag not in self._flagged:
            self._flagged.add(flag)
            self._net.changed()
        self._net.set_flag(f"proj{self.id}.{flag}", on)
