"""Populations: neurons of one model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nnc.compiler.description import ParameterDecl, PopulationDescription
from nnc.compiler.frontend.analyse import analyse_neuron
from nnc.compiler.frontend.model import AttributeInfo
from nnc.compiler.frontend.source import calling_site
from nnc.compiler.frontend.stop import analyse_stop
from nnc.runtime.attributes import Attributes
from nnc.runtime.equations.functions import UserFunction
from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.errors import NNCTypeError, NNCValueError, unknown_attribute, warn
from nnc.runtime.io.saving import SavedPopulation
from nnc.runtime.measuring.footprint import Footprint
from nnc.runtime.populations import geometry as places
from nnc.runtime.populations.views import IndividualNeuron, PopulationView
from nnc.runtime.showing import attribute_table
from nnc.runtime.slots import Slot, slots_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from nnc.compiler.frontend.model import NeuronModel, StopCondition
    from nnc.runtime.networks.network import Network

_REFRACTORY = "refractory"


class Population(Footprint, SavedPopulation):
    """Neurons of one model in a geometry. The attributes of the model are attributes of the object.

    Reading `pop.v` gives a fresh array in the geometry (a number if the attribute is global); assigning takes a
    number, an array, a distribution or the name of another attribute, before and after `compile()`. Made by its
    constructor a population belongs to the magic network; `net.create(...)` makes one of another network.
    """

    _streams: ClassVar[frozenset[str]] = frozenset()
    """Parameters of the model that have a value for each neuron and step."""

    def __init__(
        self,
        geometry: Any,
        neuron: Neuron | type[Neuron],
        name: str | None = None,
        stop_condition: str | None = None,
        storage_order: str = "post_to_pre",
        copied: bool = False,
        net_id: int = 0,
        *,
        network: Network | None = None,
    ) -> None:
        from nnc.runtime.networks.magic import first_home, network_of

        net = first_home(network_of(net_id)) if network is None else network
        self.geometry = places.parse_geometry(geometry)
        self.neuron_type = _instance(neuron)
        self._net = net
        self._globals = net.globals()
        self._model = analyse_neuron(self.neuron_type.described, self._globals)
        self.id = net.add_population(self, name)
        self.name = name or f"pop{self.id}"
        self.enabled = True
        self._refractory_set = False
        self._can_disable = False
        self._rate_steps = 0
        self._decoded: dict[float, str] = {}
        self._stop_text, self._stop = stop_condition, self._analysed(stop_condition)
        values = Attributes(f"population '{self.name}'", f"pop{self.id}", self._slots(), net)
        values.lengths |= {"local": self.size}
        self._values = values

    # Shape

    @property
    def size(self) -> int:
        """Number of neurons."""
        return int(np.prod(self.geometry))

    def __len__(self) -> int:
        return self.size

    @property
    def dimension(self) -> int:
        """Number of axes of the geometry."""
        return len(self.geometry)

    @property
    def width(self) -> int:
        """Extent of the first axis."""
        return self.geometry[0]

    @property
    def height(self) -> int:
        """Extent of the second axis, or 1."""
        return self.geometry[1] if self.dimension > 1 else 1

    @property
    def depth(self) -> int:
        """Extent of the third axis, or 1."""
        return self.geometry[2] if self.dimension > 2 else 1

    @property
    def ranks(self) -> NDArray[np.int32]:
        """All ranks."""
        return np.arange(self.size, dtype=np.int32)

    @property
    def class_name(self) -> str:
        """`pop` and the number of the population in its network."""
        return f"pop{self.id}"

    @property
    def net_id(self) -> int:
        """Number of its network."""
        return self._net.id

    @property
    def network(self) -> Network:
        """Its network."""
        return self._net

    @property
    def is_spiking(self) -> bool:
        """Whether its neurons spike."""
        return self.neuron_type.type == "spike"

    @property
    def is_axonal(self) -> bool:
        """Whether its neurons emit axonal spikes."""
        return self.neuron_type.described.axon_spike is not None

    def rank_from_coordinates(self, coord: tuple[int, ...]) -> int:
        """The rank of coordinates. Raises outside of the geometry."""
        return places.rank_of(tuple(coord), self.geometry)

    def coordinates_from_rank(self, rank: int) -> tuple[int, ...]:
        """The coordinates of a rank. Raises outside of the population."""
        return places.coordinates_of(rank, self.geometry)

    def normalized_coordinates_from_rank(self, rank: int, norm: float = 1.0) -> tuple[float, ...]:
        """Coordinates between 0 and `norm` along every axis."""
        return places.normalized(self.coordinates_from_rank(rank), self.geometry, norm)

    # Names

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters in order."""
        return [s.name for s in slots_of(self._model).values() if s.is_parameter and s.name not in self._streams]

    @property
    def variables(self) -> list[str]:
        """Names of the variables in order."""
        return [s.name for s in slots_of(self._model).values() if not s.is_parameter]

    @property
    def attributes(self) -> list[str]:
        """Parameters, then variables."""
        return self.parameters + self.variables

    @property
    def targets(self) -> list[str]:
        """Targets of the projections that reach it."""
        return self._net.targets_of(self)

    @property
    def functions(self) -> list[str]:
        """Names of the functions of the model; each can be called as a method."""
        return [f.name.name for f in self._model.functions]

    @property
    def init(self) -> dict[str, Any]:
        """The values attributes start with."""
        return {name: self._values.preset(name) for name in self.attributes}

    @property
    def initialized(self) -> bool:
        """Whether its network is compiled."""
        return self._net.compiled

    @property
    def max_delay(self) -> int:
        """Longest delay of its outgoing projections, in steps."""
        return self._net.longest_delay(self)

    # Values

    def get(self, name: str) -> Any:
        """A number for a global attribute, else a fresh array in the geometry."""
        self._known(name)
        value = self._values.read(name)
        return value.reshape(self.geometry) if isinstance(value, np.ndarray) else value

    def set(self, values: Mapping[str, Any]) -> None:
        """Assign several attributes."""
        for name in values:
            self._known(name)
        for name, value in values.items():
            self._values.write(name, value)

    def view(self, name: str) -> NDArray[Any]:
        """The memory of an attribute itself, in the geometry if it is local: writes are seen by the next step."""
        self._known(name)
        live = self._values.live(name)
        return live.reshape(self.geometry) if live.size == self.size else live

    def sum(self, target: str) -> NDArray[Any]:
        """Present input of a target: the weighted sum, or the conductance."""
        if target not in self.targets:
            warn(f"population '{self.name}' has no incoming projection with the target '{target}'")
            return np.zeros(self._sum_shape)
        if self.is_spiking:
            name = f"g_{target}"
            if name not in self._values.slots:
                return np.zeros(self._sum_shape)
            conductance: NDArray[Any] = np.asarray(self.get(name)).reshape(self._sum_shape)
            return conductance
        return self._net.field(f"{self.class_name}.sum_{target}", self.size).reshape(self._sum_shape)

    @property
    def _sum_shape(self) -> tuple[int, ...]:
        return self.geometry if self.is_spiking and self._net.is_magic else (self.size,)

    @property
    def spike(self) -> NDArray[np.int64]:
        """Ranks of the neurons that fired in the last step. Raises before compile."""
        return self._net.last_spikes(self)

    @property
    def refractory(self) -> Any:
        """Refractory period in ms; None for rate-coded neurons."""
        linked = self.neuron_type.refractory
        if not self.is_spiking:
            warn(f"population '{self.name}' is rate-coded and has no refractory period")
            return None
        if isinstance(linked, str):
            return self.get(linked)
        value = self._values.read(_REFRACTORY)
        return value if _REFRACTORY in self._values.wide() else float(value[0])

    @refractory.setter
    def refractory(self, value: Any) -> None:
        if not self.is_spiking:
            warn(f"population '{self.name}' is rate-coded; its refractory period has no effect")
        elif isinstance(self.neuron_type.refractory, str):
            warn(
                f"the refractory period of '{self.name}' is the attribute '{self.neuron_type.refractory}': assign that"
            )
        else:
            if isinstance(value, int | float | list | np.ndarray) and (np.asarray(value) < 0).any():
                raise NNCValueError(f"the refractory period of '{self.name}' cannot be negative")
            if not self._refractory_set and self.neuron_type.refractory is None:
                self._net.changed()
            self._refractory_set = True
            self._values.write(_REFRACTORY, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self.functions:
            return UserFunction(self._net, name, self._model.functions)
        self._known(name)
        return self.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        values: Attributes | None = self.__dict__.get("_values")
        if values is None or name.startswith("_") or name in self.__dict__ or hasattr(type(self), name):
            object.__setattr__(self, name, value)
        elif name in values.slots:
            values.write(name, value)
        else:
            near = unknown_attribute(f"population '{self.name}'", name, self.attributes)
            if "did you mean" in str(near):
                warn(f"{near}; a plain Python attribute is made")
            object.__setattr__(self, name, value)

    def _known(self, name: str) -> None:
        if name not in self._values.slots or name == _REFRACTORY:
            raise unknown_attribute(f"population '{self.name}'", name, self.attributes)

    # Neurons

    def neuron(self, *coord: Any) -> IndividualNeuron:
        """One neuron by rank or coordinates."""
        place = coord[0] if len(coord) == 1 else coord
        if isinstance(place, tuple | list):
            return IndividualNeuron(self, self.rank_from_coordinates(tuple(place)))
        ranks, _ = places.select(place, (self.size,))
        return IndividualNeuron(self, int(ranks[0]))

    @property
    def neurons(self) -> Iterator[IndividualNeuron]:
        """All neurons in rank order."""
        return iter(self)

    def __iter__(self) -> Iterator[IndividualNeuron]:
        return (IndividualNeuron(self, rank) for rank in range(self.size))

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, tuple) and all(isinstance(i, int | np.integer) for i in index):
            return IndividualNeuron(self, self.rank_from_coordinates(index))
        ranks, geometry = places.select(index, self.geometry)
        return PopulationView(self, ranks, geometry)

    # Control

    def reset(self, attributes: list[str] | None = None) -> None:
        """Back to the values from before `compile()`."""
        self._net.reset_population(self, attributes)

    def clear(self) -> None:
        """Forget spikes that are under way, and those that mean firing rates count."""
        self._net.state.forget_spikes(self.class_name)

    def enable(self) -> None:
        """Let the neurons be updated again."""
        self._switch(True)

    def disable(self) -> None:
        """Freeze the neurons, and the projections that reach them."""
        self._switch(False)

    def _switch(self, on: bool) -> None:
        self.enabled = on
        if not self._can_disable:
            self._can_disable = True
            self._net.changed()
        self._net.set_flag(f"{self.class_name}.enabled", on)

    def compute_firing_rate(self, window: float) -> None:
        """From now on `r` is the mean firing rate in Hz over the last `window` ms. Spiking populations only."""
        if not self.is_spiking:
            raise NNCValueError(f"population '{self.name}' is rate-coded: it has no mean firing rate")
        steps = int(window / self._net.dt + 1e-6)
        if steps < 1:
            raise NNCValueError(f"compute_firing_rate: the window must be at least one step, not {window} ms")
        self._rate_steps = steps
        self._net.changed()

    def mean_rate_over(self, window: float) -> str:
        """The name by which synapses know the mean firing rate in Hz over the last `window` ms (at least a step)."""
        if window not in self._decoded:
            self._decoded[window] = f"rate_{len(self._decoded)}"
            self._net.changed()
        return self._decoded[window]

    @property
    def stop_condition(self) -> str | None:
        """The condition on which `simulate_until` ends: `"v > 1.0 : all"`, `"spiked : any"`; any neuron by default."""
        return self._stop_text

    @stop_condition.setter
    def stop_condition(self, text: str | None) -> None:
        self._stop = self._analysed(text)
        self._stop_text = text
        self._net.changed()

    def _analysed(self, text: str | None) -> StopCondition | None:
        if text is None:
            return None
        if not isinstance(text, str):
            raise NNCTypeError(f"stop_condition is a text such as 'v > 1.0 : any', not {text!r}")
        return analyse_stop(calling_site().source(text, "stop_condition"), self._model, self._globals)

    # Compilation

    @property
    def _stream_depths(self) -> dict[str, int]:
        """The streams of its model with the number of steps held ahead."""
        return {}

    def _windows(self) -> dict[str, int]:
        """The mean firing rates that are computed, with their windows in steps."""
        own = {"rate": self._rate_steps} if self._rate_steps else {}
        dt = self._net.dt
        return own | {name: max(1, int(window / dt + 1e-6)) for window, name in self._decoded.items()}

    @property
    def _rate_depth(self) -> int:
        return 1 + max(self._windows().values(), default=0)

    def _begin(self) -> None:
        """The network is being compiled."""

    def _restart(self) -> None:
        """The population is being reset."""

    def _rebind(self, net: Network, name: str | None) -> None:
        """Belong to another network, with the values assigned so far; what was drawn is drawn by that network."""
        old = self._values
        self._rate_steps = int(self._rate_steps * self._net.dt / net.dt + 1e-6)
        self._net = net
        self._globals = net.globals()
        self._model = analyse_neuron(self.neuron_type.described, self._globals)
        self.id = net.add_population(self, name)
        self.name = name or f"pop{self.id}"
        self._decoded = {}
        self._values = Attributes(f"population '{self.name}'", f"pop{self.id}", self._slots(), net)
        self._values.lengths |= {"local": self.size}
        self._values.assigned |= old.assigned
        self._values.promoted |= old.promoted
        for attribute, distribution in old.distributions.items():
            self._values.write(attribute, distribution)

    def _slots(self) -> dict[str, Slot]:
        slots = {name: slot for name, slot in slots_of(self._model).items() if name not in self._streams}
        if self.is_spiking and not isinstance(self.neuron_type.refractory, str):
            period = float(self.neuron_type.refractory or 0.0)
            slots[_REFRACTORY] = Slot(_REFRACTORY, True, "local", "float", period)
        return slots

    def describe(self) -> PopulationDescription:
        """What the compiler is told."""
        wide = self._values.wide()
        return PopulationDescription(
            id=self.id,
            model=self._described_model(),
            arrays=wide | self._streams,
            refractory=self._refractory_set,
            rate_window=self._rate_steps > 0,
            can_disable=self._can_disable,
            streams=self._streams,
            windows=tuple(self._decoded.values()),
            stop=self._stop,
        )

    def _described_model(self) -> NeuronModel:
        """The model with the mean firing rates that projections read."""
        local = self._local_model()
        rates = tuple(AttributeInfo(name, "variable", implicit=True, assigned=True) for name in self._decoded.values())
        return replace(local, attributes=(*local.attributes, *rates)) if rates else local

    def _local_model(self) -> NeuronModel:
        """The model with the parameters local that have different values."""
        given = self.neuron_type.described
        if not self._values.promoted or not isinstance(given.parameters, tuple):
            return self._model
        declared = tuple(
            replace(p, locality="local") if isinstance(p, ParameterDecl) and p.name in self._values.promoted else p
            for p in given.parameters
        )
        return analyse_neuron(replace(given, parameters=declared), self._globals)

    def _repr_html_(self) -> str:
        return attribute_table(repr(self)[1:-1], slots_of(self._model).values())

    def __repr__(self) -> str:
        return f"<Population '{self.name}': {self.size} x {self.neuron_type.name}, geometry {self.geometry}>"


def _instance(neuron: object) -> Neuron:
    if isinstance(neuron, type) and issubclass(neuron, Neuron):
        return neuron()
    if isinstance(neuron, Neuron):
        return neuron
    raise NNCTypeError(f"neuron must be a Neuron, not {neuron!r}")
