"""`Rate2SpikePopulation` and `Spike2RatePopulation`: one kind of neuron made of the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnc.runtime.errors import NNCTypeError, NNCValueError, not_yet, with_hint
from nnc.runtime.inputs.decoding import DecodingProjection
from nnc.runtime.inputs.poisson import DRAW
from nnc.runtime.neuron import Neuron
from nnc.runtime.population import Population
from nnc.runtime.projection import Projection
from nnc.runtime.synapse import Synapse

MODES = ("window", "isi", "adaptive")


class Rate2SpikePopulation(Population):
    """Neurons that spike at random, each with the rate `scaling * r` (Hz) of the rate-coded neuron of its rank.

    A projection named `<name>_input` brings the rates; they are used one step later. `refractory` is in ms.
    """

    def __init__(
        self,
        population: Population,
        name: str | None = None,
        scaling: float = 1.0,
        refractory: float | None = None,
        copied: bool = False,
        net_id: int = 0,
    ) -> None:
        _check("Rate2SpikePopulation", population, spiking=False)
        neuron = Neuron(
            parameters=f"scaling = {_number('Rate2SpikePopulation', 'scaling', scaling)} : population",
            equations=f"""
                rates = scaling * g_rate
                {DRAW}
            """,
            spike="p < rates",
            refractory=refractory,
            name="Rate2Spike",
        )
        super().__init__(population.geometry, neuron, name, network=population.network)
        self.population = population
        Projection(population, self, "rate", Synapse(psp="pre.r"), f"{self.name}_input").one_to_one()


class Spike2RatePopulation(Population):
    """Rate-coded neurons whose `r` follows the firing rate (Hz, divided by `scaling`) of the neuron of their rank.

    The rate is that over the last `window` ms, low-passed with the time constant `smooth` (ms). A projection named
    `<name>_input` brings it.
    """

    def __init__(
        self,
        population: Population,
        name: str | None = None,
        mode: str = "window",
        window: float = 100.0,
        scaling: float = 1.0,
        smooth: float = 1.0,
        cut: float = 3.0,
        copied: bool = False,
        net_id: int = 0,
    ) -> None:
        what = "Spike2RatePopulation"
        _check(what, population, spiking=True)
        if mode not in MODES:
            raise NNCValueError(with_hint(f"{what}: mode is one of {MODES}, not {mode!r}", str(mode), MODES))
        if mode != "window":
            not_yet(f"{what}(mode='{mode}')", "mode='window'")
        neuron = Neuron(
            parameters=f"""
                scaling = {_number(what, "scaling", scaling)} : population
                smooth = {_number(what, "smooth", smooth)} : population
            """,
            equations="smooth * dr/dt + r = sum(rate) / scaling : exponential, min = 0.0",
            name="Spike2Rate",
        )
        super().__init__(population.geometry, neuron, name, network=population.network)
        self.population = population
        DecodingProjection(population, self, "rate", window, f"{self.name}_input").one_to_one()


def _check(what: str, population: object, spiking: bool) -> None:
    if not isinstance(population, Population):
        raise NNCTypeError(f"{what} takes a population, not {population!r}")
    if population.is_spiking is not spiking:
        raise NNCValueError(f"{what}: population '{population.name}' must be {'spiking' if spiking else 'rate-coded'}")


def _number(what: str, name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0.0 < value < np.inf:
        raise NNCValueError(f"{what}: {name} is a positive number, not {value!r}")
    return float(value)
