"""`CurrentInjection`: rates as currents into spiking neurons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from nnc.runtime.connectors.one_to_one import OneToOne
from nnc.runtime.equations.synapse import Synapse
from nnc.runtime.errors import NNCRuntimeError, NNCValueError
from nnc.runtime.projections.projection import Projection

if TYPE_CHECKING:
    from nnc.runtime.connectors.rule import Rule


class CurrentInjection(Projection):
    """Adds `r` of each rate-coded neuron, in every step, to the conductance `target` of the spiking neuron of the same
    rank. Call `connect_current()` on it."""

    def __init__(
        self, pre: Any, post: Any, target: str, name: str | None = None, copied: bool = False, net_id: int = 0
    ) -> None:
        super().__init__(pre, post, target, Synapse(psp="pre.r", name="CurrentInjection"), name, net_id=net_id)

    def _check_ends(self) -> None:
        if self._pre.is_spiking:
            raise NNCValueError(f"CurrentInjection: pre ('{self._pre.name}') must be rate-coded")
        if not self._post.is_spiking:
            raise NNCValueError(f"CurrentInjection: post ('{self._post.name}') must be spiking")
        if self.pre.size != self.post.size:
            raise NNCValueError(
                f"CurrentInjection: pre and post must have the same size, got {self.pre.size} and {self.post.size}"
            )

    def connect_current(self) -> Self:
        """Connect each neuron to the one of the same rank."""
        return super()._connect(OneToOne(1.0, 0.0, False))

    def _connect(self, rule: Rule) -> Self:
        raise NNCRuntimeError(f"CurrentInjection '{self.name}' is connected by connect_current(), not by {rule.name}")
