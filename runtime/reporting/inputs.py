"""What drives a network from outside: populations of input classes in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.runtime.inputs.correlated import HomogeneousCorrelatedSpikeTrains
from nnc.runtime.inputs.poisson import PoissonPopulation
from nnc.runtime.inputs.scheduled import Scheduled
from nnc.runtime.inputs.spike_source_array import SpikeSourceArray
from nnc.runtime.populations.population import Population
from nnc.runtime.reporting.document import Cell, Maths, Text, joined, sentence, text
from nnc.runtime.reporting.values import array, number, parameter

if TYPE_CHECKING:
    from nnc.runtime.networks.network import Network


def inputs_of(network: Network) -> list[Population]:
    """The populations of classes that are made to be inputs; those that belong to an extension are none."""
    parts = {id(part) for monitor in network.get_monitors() for part in monitor.parts}
    return [p for p in network.get_populations() if type(p) is not Population and id(p) not in parts]


def details(population: Population) -> Cell:
    """What the input does."""
    if isinstance(population, SpikeSourceArray):
        return _spikes(population)
    if isinstance(population, HomogeneousCorrelatedSpikeTrains):
        return joined([text("correlated spike trains"), _schedule(population)])
    if isinstance(population, Scheduled):
        table = population._rows
        return joined([array(table) if table.size else text("no rates"), _schedule(population)])
    if isinstance(population, PoissonPopulation) and "rates" in population.parameters:
        rates = parameter(population._values, "rates", population.network)
        return (*rates, Text(" Hz"))
    return text(population.neuron_type.description or "see its neuron model")


def _spikes(population: SpikeSourceArray) -> Cell:
    times = [time for row in population._spike_times for time in row]
    if not times:
        return text("no spikes")
    first, last = Maths(number(min(times))), Maths(number(max(times)))
    return sentence(f"{len(times)} spikes from ", first, " to ", last, " ms")


def _schedule(population: Scheduled) -> Cell:
    times = population._times.times
    if len(times) < 2:
        return ()
    shown = sentence(f"{len(times)} times from ", Maths(number(times[0])), " to ", Maths(number(times[-1])), " ms")
    if population._period <= 0.0:
        return shown
    return (*shown, *sentence(", again after ", Maths(number(population._period)), " ms"))
