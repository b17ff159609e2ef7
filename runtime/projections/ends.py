"""The arguments of projections: ends, targets, synapse models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnc.runtime.equations.synapse import DefaultRateCodedSynapse, DefaultSpikingSynapse, Synapse
from nnc.runtime.errors import NNCTypeError, NNCValueError
from nnc.runtime.populations.population import Population
from nnc.runtime.populations.views import IndividualNeuron, PopulationView

if TYPE_CHECKING:
    from nnc.runtime.networks.network import Network


def end_of(net: Network, given: Any, side: str) -> Population | PopulationView:
    """A population or a part of one, given as such, as a neuron or by name."""
    if isinstance(given, str):
        found = next((p for p in net.get_populations() if p.name == given), None)
        if found is None:
            raise NNCValueError(f"Projection: there is no population '{given}' for {side}")
        return found
    if isinstance(given, IndividualNeuron):
        given = given.view()
    if not isinstance(given, Population | PopulationView):
        raise NNCTypeError(f"Projection: {side} must be a population or a part of one, not {given!r}")
    if given.network is not net:
        raise NNCValueError(f"Projection: '{given.name}' ({side}) belongs to another network")
    return given


def network_of_end(given: object) -> Network | None:
    """The network of a population or a part of one; None for anything else."""
    if isinstance(given, IndividualNeuron):
        given = given.view()
    network: Network | None = given.network if isinstance(given, Population | PopulationView) else None
    return network


def whole(end: Population | PopulationView) -> Population:
    """The whole population that an end is part of."""
    return end.population if isinstance(end, PopulationView) else end


def target_names(target: object) -> tuple[str, ...]:
    """The targets: one name, or a list of names."""
    targets = (target,) if isinstance(target, str) else tuple(target) if isinstance(target, list | tuple) else ()
    if not targets or not all(isinstance(t, str) and t.isidentifier() for t in targets):
        raise NNCValueError(f"Projection: target is a name such as 'exc', or a list of names, not {target!r}")
    return targets


def synapse_of(synapse: object, spiking: bool) -> Synapse:
    """The synapse model given, or the default one for the kind of the pre neurons."""
    if synapse is None:
        return DefaultSpikingSynapse() if spiking else DefaultRateCodedSynapse()
    if isinstance(synapse, type) and issubclass(synapse, Synapse):
        return synapse()
    if isinstance(synapse, Synapse):
        return synapse
    raise NNCTypeError(f"Projection: synapse must be a Synapse, not {synapse!r}")
