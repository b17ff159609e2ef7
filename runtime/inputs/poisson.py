"""`PoissonPopulation`: neurons that spike at random with given rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.equations.constants import Constant
from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.errors import NNCTypeError, NNCValueError
from nnc.runtime.populations.population import Population
from nnc.runtime.random import RandomDistribution

if TYPE_CHECKING:
    from collections.abc import Mapping

DRAW = "p = Uniform(0.0, 1.0) * (1000.0 / dt)"
"""Spikes come at `rates` Hz if a neuron fires whenever `p < rates`."""


class PoissonPopulation(Population):
    """Neurons that spike in every step with the probability `rates * dt / 1000`, independently.

    `rates` (Hz) is a number, a value per neuron, a distribution, or an equation in `t` and `parameters` (a dict or
    text). With `target` instead, the rate is the weighted sum of the rate-coded inputs of that target. `refractory` is
    in ms.
    """

    def __init__(
        self,
        geometry: Any,
        name: str | None = None,
        rates: Any = None,
        target: str | None = None,
        parameters: Mapping[str, Any] | str = "",
        refractory: float | None = None,
        copied: bool = False,
        net_id: int = 0,
    ) -> None:
        neuron = _neuron(rates, target, parameters, refractory)
        super().__init__(geometry, neuron, name, copied=copied, net_id=net_id)
        if target is None and not isinstance(rates, str):
            self._values.write("rates", rates)


def _neuron(rates: Any, target: str | None, parameters: Mapping[str, Any] | str, refractory: float | None) -> Neuron:
    if rates is None and target is None:
        raise NNCTypeError("PoissonPopulation takes rates (Hz) or the target of its inputs")
    if rates is not None and target is not None:
        raise NNCTypeError("PoissonPopulation takes rates or a target, not both")
    if target is not None:
        if not isinstance(target, str) or not target.isidentifier():
            raise NNCValueError(f"PoissonPopulation: target is a name such as 'exc', not {target!r}")
        equation = f"rates = g_{target}"
    elif isinstance(rates, str):
        equation = f"rates = {rates.strip()}"
    else:
        check_rates("PoissonPopulation", rates)
        if parameters:
            raise NNCTypeError("PoissonPopulation: parameters belong to rates given as an equation")
        return Neuron(
            parameters="rates = 0.0", equations=DRAW, spike="p < rates", refractory=refractory, name="Poisson"
        )
    return Neuron(
        parameters=parameters, equations=[equation, DRAW], spike="p < rates", refractory=refractory, name="Poisson"
    )


def check_rates(what: str, rates: Any) -> None:
    """Raise unless rates are non-negative numbers, or drawn."""
    if isinstance(rates, RandomDistribution | Constant):
        return
    try:
        values = np.asarray(rates, np.float64)
    except (TypeError, ValueError):
        raise NNCTypeError(f"{what}: rates takes numbers in Hz, not {rates!r}") from None
    if not (values >= 0.0).all():
        raise NNCValueError(f"{what}: rates are at least 0 Hz, got {rates!r}")
