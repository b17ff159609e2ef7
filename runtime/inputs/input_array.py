"""`InputArray`: rates that a script sets."""

from __future__ import annotations

from typing import Any

from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.errors import NNCTypeError
from nnc.runtime.populations.population import Population


class InputArray(Population):
    """Rate-coded neurons whose `r` only scripts change; a reset brings back the values from before `compile()`."""

    def __init__(self, geometry: Any = None, name: str | None = None, copied: bool = False, net_id: int = 0) -> None:
        if geometry is None:
            raise NNCTypeError("InputArray: geometry is missing")
        neuron = Neuron(equations="r = r", name="InputArray", description="Rates set by a script")
        super().__init__(geometry, neuron, name, copied=copied, net_id=net_id)
