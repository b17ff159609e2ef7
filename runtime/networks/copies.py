"""Copies of declared objects in other networks: `Network.add`, `get`, `copy`.

A copy repeats the declaration (geometry, model, connector, values assigned so far), never the simulated state. What
is random is drawn anew from the seed of the network that it is in.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np

from nnc.compiler.frontend.analyse import analyse_synapse
from nnc.runtime.equations.constants import Constant
from nnc.runtime.errors import NNCKeyError, NNCRuntimeError, NNCTypeError, NNCValueError
from nnc.runtime.networks.registry import REGISTRY
from nnc.runtime.populations.population import Population
from nnc.runtime.populations.views import IndividualNeuron, PopulationView
from nnc.runtime.projections.dendrite import Dendrite
from nnc.runtime.projections.projection import Projection
from nnc.runtime.recording.monitor import Monitor
from nnc.runtime.recording.tracks import Track

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnc.runtime.networks.network import Network


class Copies:
    """The part of a network that copies objects of others into itself."""

    _copies: dict[Any, Any]

    def add(self, objects: Any) -> None:
        """Copy populations, projections and monitors (one, or a list in any order) of another network into this one.

        `get(original)` gives the copy, which keeps the name. Random connectivity, weights and initial values are
        drawn anew; later changes of the original are not seen. Raises for other objects, and for projections and
        monitors whose populations are not in the network.
        """
        network = cast("Network", self)
        given = list(objects) if isinstance(objects, list | tuple | set) else [objects]
        given += [part for obj in given for part in getattr(obj, "parts", ())]
        for obj in given:
            if not isinstance(obj, Population | Projection | Monitor):
                raise NNCTypeError(f"Network.add takes populations, projections and monitors, not {obj!r}")
        if network.compiled and any(isinstance(obj, Population | Projection) for obj in given):
            raise NNCRuntimeError("the network is compiled: objects must be added before compile()")
        network.filled = network.filled or bool(given)
        _share_constants(network, given)
        for kind, make in ((Population, _population), (Projection, _projection), (Monitor, _monitor)):
            for obj in given:
                if isinstance(obj, kind) and obj not in self._copies:
                    self._copies[obj] = make(network, cast("Any", obj))

    def add_everything(self) -> None:
        """Copy all populations, projections and monitors of the magic network into this one."""
        magic = REGISTRY.magic
        if magic is not None and magic is not cast("Any", self):
            self.add(everything_of(magic))

    def get(self, obj: Any) -> Any:
        """The network's own version of an object (of a list of objects: a list), which may be its own already.

        Raises if the network has no copy of it.
        """
        network = cast("Network", self)
        if isinstance(obj, list | tuple):
            return [self.get(o) for o in obj]
        if isinstance(obj, Constant):
            found = network.get_constant(obj.name)
            return found if found is not None else _missing(obj)
        if isinstance(obj, PopulationView):
            own = self.get(obj.population)
            return obj if own is obj.population else PopulationView(own, obj.ranks, obj.geometry)
        if isinstance(obj, IndividualNeuron):
            own = self.get(obj.population)
            return obj if own is obj.population else own.neuron(obj.rank)
        if isinstance(obj, Dendrite):
            own = self.get(obj.proj)
            return obj if own is obj.proj else own.dendrite(obj.post_rank)
        if not isinstance(obj, Population | Projection | Monitor):
            raise NNCTypeError(f"Network.get takes objects of networks, not {obj!r}")
        if obj.network is network:
            return obj
        # a projection without synapses is false
        return self._copies[obj] if obj in self._copies else _missing(obj)

    def copy(self, *args: Any, seed: int | None = None, state: bool = False, **kwargs: Any) -> Self:
        """Another network, compiled, with the same settings and a new seed (or `seed`), at t = 0.

        Of a subclass: built by its constructor with the arguments given here. Of a plain `Network`: with copies of
        its objects, which `get(original)` gives. With `state` it goes on from where this one stands.
        """
        network = cast("Network", self)
        if not network.compiled:
            raise NNCRuntimeError("the network is not compiled: call compile() before copy()")
        made = replica(network, args, kwargs, seed)
        made.compile(silent=True)
        if state:
            from nnc.runtime.io.states import copy_state

            copy_state(network, made)
        return cast("Self", made)


def everything_of(network: Network) -> list[Any]:
    """All objects of a network that can be copied."""
    monitors = [m for m in network.get_monitors() if isinstance(m, Monitor)]
    return [*network.get_populations(), *network.get_projections(suppress_error=True), *monitors]


def replica(network: Network, args: tuple[Any, ...], kwargs: dict[str, Any], seed: int | None) -> Network:
    """A network like another one, not compiled: by the constructor of a subclass, or by copies of all objects."""
    from nnc.runtime.networks.network import Network

    kind: Any = type(network)
    settings: dict[str, Any] = {"_like": network}
    if seed is not None:
        settings["seed"] = seed
    if kind is not Network:
        made: Network = kind(*args, **{"dt": network.dt, **kwargs, **settings})
        return made
    if args or kwargs:
        raise NNCTypeError("copies of a plain Network take no arguments; only those of subclasses have a constructor")
    made = kind(**settings)
    made.add(everything_of(network))
    return made


def _missing(obj: Any) -> Any:
    raise NNCKeyError(f"the network has no copy of '{obj.name}'; add it with Network.add")


def _share_constants(network: Network, objects: Iterable[Any]) -> None:
    for origin in {id(obj.network): obj.network for obj in objects}.values():
        for constant in origin.get_constants():
            if network._constants.get(constant.name) is None:
                constant.copy_for(network)
        network._functions = {**origin._functions, **network._functions}


def _bare(obj: Any, network: Network) -> Any:
    """An object with the same facts in another network; arrays are copied, so that neither sees the other's."""
    made = object.__new__(type(obj))
    for name, value in vars(obj).items():
        kept = value.copy() if isinstance(value, np.ndarray) else copy.copy(value) if _is_container(value) else value
        object.__setattr__(made, name, kept)
    object.__setattr__(made, "_net", network)
    return made


def _is_container(value: Any) -> bool:
    return isinstance(value, dict | list | set)


def _population(network: Network, original: Population) -> Population:
    made: Population = _bare(original, original.network)
    made._rebind(network, original.name)
    made._restart()
    return made


def _projection(network: Network, original: Projection) -> Projection:
    made: Projection = _bare(original, network)
    for side in ("pre", "post"):
        end = getattr(original, side)
        object.__setattr__(made, side, _end(network, original, end))
        object.__setattr__(made, f"_{side}", network.get(getattr(original, f"_{side}")))
    made.follow_copies(network)
    made._globals = network.globals()
    made.synapse_type, made._kind = made._model_of(original.synapse_type)
    made._model = analyse_synapse(made.synapse_type.described, made._globals, made._kind)
    made._synapses, made._delays, made._redraws = None, 1, 0
    made.forget_changes()
    made._given = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in original._given.items()}
    made.id = network.add_projection(made)
    made._values = original._fresh_values(made.id, network)
    return made


def _end(network: Network, projection: Projection, end: Population | PopulationView) -> Any:
    try:
        return network.get(end)
    except NNCKeyError:
        raise NNCValueError(
            f"Network.add: projection '{projection.name}' needs population '{end.name}', which the network lacks"
        ) from None


def _monitor(network: Network, original: Monitor) -> Monitor:
    if original.file is not None:
        raise NNCValueError(
            f"Network.add: monitor '{original.name}' streams into '{original.file}', which two cannot do; "
            "make a monitor of the copied object, with a file of its own"
        )
    made: Monitor = _bare(original, network)
    try:
        made.object = network.get(original.object)
    except NNCKeyError:
        raise NNCValueError(f"Network.add: what monitor '{original.name}' records is not in the network") from None
    made._state, made._origin = None, 0
    made.spike_count = made.neuron_steps = 0
    made._tracks = {name: Track(name) for name in original._tracks}
    network.add_monitor(made)
    return made
