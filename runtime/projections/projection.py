"""Projections: the synapses between two populations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from nnc.compiler.description import Drawn, ParameterDecl, ProjectionDescription
from nnc.compiler.frontend.analyse import analyse_synapse
from nnc.compiler.frontend.model import AttributeRef
from nnc.runtime.attributes import Attributes
from nnc.runtime.block.state import ProjectionSizes
from nnc.runtime.building.blocks import building_threads
from nnc.runtime.building.weights import give_weights
from nnc.runtime.connectors.procedural import Procedural
from nnc.runtime.connectors.rule import Ends
from nnc.runtime.equations.functions import UserFunction
from nnc.runtime.errors import (
    NNCIndexError,
    NNCRuntimeError,
    NNCValueError,
    unknown_attribute,
    warn,
)
from nnc.runtime.io.saving import SavedProjection
from nnc.runtime.measuring.footprint import Footprint
from nnc.runtime.projections.connecting import Connecting
from nnc.runtime.projections.delays import Delays
from nnc.runtime.projections.dendrite import Dendrite, IndividualSynapse
from nnc.runtime.projections.ends import end_of, network_of_end, synapse_of, target_names, whole
from nnc.runtime.projections.fields import Fields
from nnc.runtime.projections.regenerating import Regenerating, described, sizes_of, tables_of
from nnc.runtime.projections.structural import Structural
from nnc.runtime.projections.switches import FLAGS, Switches
from nnc.runtime.projections.traces import Traces
from nnc.runtime.showing import attribute_table
from nnc.runtime.slots import slots_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from nnc.compiler.frontend.model import SynapseModel
    from nnc.runtime.connectors.rule import Rule, Wired
    from nnc.runtime.equations.synapse import Synapse
    from nnc.runtime.networks.network import Network
    from nnc.runtime.populations.population import Population
    from nnc.runtime.projections.connectivity import Connectivity


class Projection(Connecting, Switches, Delays, Structural, Traces, Fields, Regenerating, Footprint, SavedProjection):
    """Synapses of one model from `pre` to `post`, which add to the input `target` of the post neurons.

    A connector (`all_to_all(...)`, ...) says which synapses there are. Local attributes are read as lists of values
    per post neuron that has synapses (`post_ranks`), pre neurons ascending; a weight that all synapses share is one
    number. Made by its constructor a projection belongs to the magic network; `net.connect(...)` makes one of another.
    """

    def __init__(
        self,
        pre: Any,
        post: Any,
        target: str | list[str],
        synapse: Synapse | type[Synapse] | None = None,
        name: str | None = None,
        disable_omp: bool = True,
        copied: bool = False,
        net_id: int = 0,
        *,
        network: Network | None = None,
    ) -> None:
        from nnc.runtime.networks.magic import network_of

        net = network_of(net_id, network or network_of_end(pre))
        self.pre = end_of(net, pre, "pre")
        self.post = end_of(net, post, "post")
        self._pre, self._post = whole(self.pre), whole(self.post)
        self._targets = target_names(target)
        self._check_ends()
        self.synapse_type, self._kind = self._model_of(synapse)
        self._net = net
        self._globals = net.globals()
        self._model = analyse_synapse(self.synapse_type.described, self._globals, self._kind)
        self._rule: Rule | None = None
        self._synapses: Connectivity | None = None
        self._delays: int | NDArray[np.int32] = 1
        self._given: dict[str, Any] = {}
        self._redraws = 0
        self._flags = dict.fromkeys(FLAGS, True)
        self._flagged: set[str] = set()
        self._learning: dict[str, int] = {}
        self.forget_changes()
        self.id = net.add_projection(self)
        self.name = name or f"proj{self.id}"
        self._values = self._fresh_values(self.id, net)

    def _fresh_values(self, number: int, net: Network) -> Attributes:
        return Attributes(f"projection '{self.name}'", f"proj{number}", slots_of(self._model), net)

    def _check_ends(self) -> None:
        """Raise where the populations do not suit this kind of projection."""

    def check_recordable(self, variable: str) -> None:
        """Raise if a monitor cannot record an attribute of it."""
        if isinstance(self._rule, Procedural) and self._values.locality(variable) == "local":
            raise NNCValueError(
                f"Monitor: the synapses of projection '{self.name}' are not stored (storage='procedural'), so there is "
                f"no '{variable}' of each to record"
            )

    stores_synapses = True
    """Whether there is a list of its synapses that files hold; shared weights have none."""

    def follow_copies(self, network: Network) -> None:
        """In a copy of the network: refer to the copies of other projections."""

    def _model_of(self, synapse: object) -> tuple[Synapse, Literal["rate", "spiking"]]:
        """The model of its synapses, and whether they transmit spikes or rates."""
        return synapse_of(synapse, self._pre.is_spiking), "spiking" if self._pre.is_spiking else "rate"

    @property
    def target(self) -> str | list[str]:
        """The target, or the list of targets."""
        return self._targets[0] if len(self._targets) == 1 else list(self._targets)

    @property
    def targets(self) -> tuple[str, ...]:
        """All targets."""
        return self._targets

    @property
    def network(self) -> Network:
        """Its network."""
        return self._net

    @property
    def pre_population(self) -> Population:
        """The whole population at the pre end."""
        return self._pre

    @property
    def post_population(self) -> Population:
        """The whole population at the post end."""
        return self._post

    # Names

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters in order."""
        return [s.name for s in self._values.slots.values() if s.is_parameter]

    @property
    def variables(self) -> list[str]:
        """Names of the variables in order."""
        return [s.name for s in self._values.slots.values() if not s.is_parameter]

    @property
    def attributes(self) -> list[str]:
        """Parameters, then variables."""
        return self.parameters + self.variables

    @property
    def functions(self) -> list[str]:
        """Names of the functions of the model; each can be called as a method."""
        return [f.name.name for f in self._model.functions]

    @property
    def init(self) -> dict[str, Any]:
        """The values attributes start with."""
        return {name: self._before(name) for name in self.attributes}

    @property
    def connector_name(self) -> str | None:
        """Name of the connector, if there is one."""
        return None if self._rule is None else self._rule.name

    @property
    def connector_description(self) -> str | None:
        """The connector with its weights and delays."""
        rule = self._rule
        return None if rule is None else f"{rule.name}, weights {rule.weights!r}, delays {rule.delays!r}"

    # Connection

    def _connect(self, rule: Rule) -> Self:
        if self._net.compiled:
            raise NNCRuntimeError(f"projection '{self.name}' cannot be connected after compile()")
        if self._rule is not None:
            warn(f"projection '{self.name}' was already connected ({self._rule.name}); {rule.name} takes its place")
        self._rule, self._asked_delay = rule, None
        return self

    def _ends(self) -> Ends:
        return Ends(
            np.asarray(self.pre.ranks, np.int64),
            np.asarray(self.post.ranks, np.int64),
            self._pre.size,
            self._post.size,
            self._pre is self._post,
            self._net.dt,
            self.pre,
            self.post,
            building_threads(self._net.config_["num_threads"]),
        )

    def wire(self) -> None:
        """Draw the synapses, and give weights and delays and all assigned values their places."""
        if self._rule is None:
            raise NNCRuntimeError(
                f"projection '{self.name}' is not connected; call a connector, such as all_to_all(weights=...)"
            )
        wired = self._rule.connect(self._ends(), self._net.stream("structure", self.id, self._redraws))
        self._synapses = wired.synapses
        made = self.regenerated
        self._values.lengths |= {"local": 0 if made else wired.synapses.count, "semiglobal": self._post.size}
        self._delays = self._delay_steps(wired)
        self._delayed = self._delays != 1 if isinstance(self._delays, int) else True
        self._settle_delays()
        self._set_weights(wired)
        for name, value in self._given.items():
            self._write(name, value)
        self._values.resolve()

    def rewire(self) -> None:
        """Draw the synapses anew and go back to the values from before compilation, for a new state."""
        self._redraws += 1
        self._values.forget()
        self.wire()

    def take_synapses(self, synapses: Connectivity, delays: int | NDArray[np.int32]) -> None:
        """Take other synapses, with delays in steps; from the next program on, with initial values."""
        if self.regenerated is not None:
            raise NNCRuntimeError(f"projection '{self.name}' stores no synapses, it takes none from elsewhere")
        self._synapses, self._delays = synapses, delays
        self._settle_delays()
        self._values.resize(synapses.count)
        self._net.changed(rewired=self)

    def _set_weights(self, wired: Wired) -> None:
        rule = self._rule
        assert rule is not None
        if self.regenerated is not None:
            self._forgo_values(self.regenerated, rule.weights)
            return
        weights = rule.weights if wired.weights is None else wired.weights
        give_weights(self._values, weights, rule.multiple, ("weights", self.id, self._redraws))

    @property
    def synapses(self) -> Connectivity:
        """The synapses in canonical order. Raises before compile."""
        if self._synapses is None:
            raise NNCRuntimeError(f"the synapses of projection '{self.name}' are drawn by compile()")
        return self._synapses

    @property
    def size(self) -> int:
        """Number of post neurons that have synapses; 0 before compile."""
        return len(self.post_ranks or [])

    def __len__(self) -> int:
        return self.size

    @property
    def nb_synapses(self) -> int:
        """Number of synapses; 0 before compile."""
        return 0 if self._too_early("nb_synapses") else self.synapses.count

    @property
    def nb_synapses_per_dendrite(self) -> list[int]:
        """Number of synapses of each post neuron that has some."""
        if self._too_early("nb_synapses_per_dendrite"):
            return []
        counts: list[int] = np.diff(self.synapses.row)[self.synapses.post_ranks].tolist()
        return counts

    def nb_efferent_synapses(self) -> dict[int, int]:
        """Number of synapses by pre neuron, for those that have some. Raises before compile."""
        ranks, counts = np.unique(self.synapses.pre, return_counts=True)
        return {int(rank): int(count) for rank, count in zip(ranks, counts, strict=True)}

    @property
    def post_ranks(self) -> list[int] | None:
        """Post neurons that have synapses; None before compile."""
        if self._too_early("post_ranks"):
            return None
        ranks: list[int] = self.synapses.post_ranks.tolist()
        return ranks

    @property
    def pre_ranks(self) -> list[list[int]] | None:
        """Pre neurons of each of them, ascending; None before compile."""
        return None if self._too_early("pre_ranks") else self.synapses.split(self.synapses.pre)

    def _too_early(self, what: str) -> bool:
        if self._synapses is None:
            warn(f"{what} of projection '{self.name}' is known after compile()")
        return self._synapses is None

    # Values

    def get(self, name: str) -> Any:
        """Local: lists per post neuron (a number for a weight all share); semiglobal: a list; global: a number."""
        self._known(name)
        if self._synapses is None:
            return self._before(name)
        if name == "w":
            shared = self._shared_weight()
            if shared is not None:
                return shared
        value = self._values.read(name)
        locality = self._values.locality(name)
        if locality == "global":
            return value
        if locality == "semiglobal":
            return value[self._synapses.post_ranks].tolist()
        return self._synapses.split(value)

    def set(self, values: Mapping[str, Any]) -> None:
        """Assign several attributes."""
        for name in values:
            self._known(name)
        for name, value in values.items():
            if self._synapses is None:
                self._given[name] = value
            else:
                self._write(name, value)

    def _shared_weight(self) -> float | None:
        slot = self._values.slot("w")
        if self._net.config_["structural_plasticity"] or self.regenerates("w"):
            return None
        return self._values.uniform("w") if slot.is_parameter and slot.fixed else None

    def _before(self, name: str) -> Any:
        if name in self._given:
            return self._given[name]
        if name == "w":
            return 0.0
        init = self._values.slot(name).init
        if isinstance(init, AttributeRef):
            return self._before(init.name)
        return init.distribution if isinstance(init, Drawn) else init

    def _write(self, name: str, value: Any) -> None:
        locality = self._values.locality(name)
        if locality == "global" or not isinstance(value, list | tuple | np.ndarray):
            self._values.write(name, value)
        elif locality == "semiglobal":
            everything = self._values.read(name)
            everything[self.synapses.post_ranks] = _as_many(value, len(self.synapses.post_ranks), name)
            self._values.write(name, everything)
        else:
            self._values.write(name, self._flatten(name, value))

    def _flatten(self, name: str, rows: Any) -> NDArray[np.float64]:
        """Values of all synapses from a flat array, a list per post neuron, or a number per post neuron."""
        counts = np.diff(self.synapses.row)[self.synapses.post_ranks]
        if isinstance(rows, np.ndarray) and rows.ndim == 1 and rows.dtype != object and rows.size == counts.sum():
            return rows.astype(np.float64)
        if len(rows) != len(counts):
            raise NNCValueError(f"projection '{self.name}': '{name}' takes {len(counts)} rows, got {len(rows)}")
        parts = [
            np.asarray(row, np.float64) if np.ndim(row) else np.full(n, row, np.float64)
            for row, n in zip(rows, counts, strict=True)
        ]
        for rank, part, n in zip(self.synapses.post_ranks, parts, counts, strict=True):
            if part.shape != (n,):
                raise NNCValueError(
                    f"projection '{self.name}': '{name}' of post neuron {rank} takes {n} values, got {part.size}"
                )
        return np.concatenate(parts) if parts else np.zeros(0)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self.functions:
            return UserFunction(self._net, name, self._model.functions)
        return self.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        values: Attributes | None = self.__dict__.get("_values")
        if values is None or name.startswith("_") or name in self.__dict__ or hasattr(type(self), name):
            object.__setattr__(self, name, value)
        elif name in values.slots:
            self.set({name: value})
        else:
            near = unknown_attribute(f"projection '{self.name}'", name, self.attributes)
            if "did you mean" in str(near):
                warn(f"{near}; a plain Python attribute is made")
            object.__setattr__(self, name, value)

    def _known(self, name: str) -> None:
        if name not in self._values.slots:
            raise unknown_attribute(f"projection '{self.name}'", name, self.attributes)

    # Dendrites

    def dendrite(self, *post: Any) -> Dendrite:
        """The synapses of one post neuron, by rank or coordinates."""
        rank = self._post.neuron(*post).rank
        if rank not in self.synapses.post_ranks:
            raise NNCIndexError(f"post neuron {rank} has no synapse in projection '{self.name}'")
        return Dendrite(self, rank)

    def synapse(self, pre: Any, post: Any) -> IndividualSynapse:
        """The synapse between two neurons."""
        return self.dendrite(post).synapse(pre)

    @property
    def dendrites(self) -> Iterator[Dendrite]:
        """All post neurons that have synapses."""
        return iter(self)

    def __iter__(self) -> Iterator[Dendrite]:
        return (Dendrite(self, int(rank)) for rank in self.synapses.post_ranks)

    def __getitem__(self, post: Any) -> Dendrite:
        return self.dendrite(post)

    # Control

    def reset(self, attributes: Any = -1, synapses: bool = False) -> None:
        """Attributes back to their initial values, weights excepted; `synapses` draws connectivity anew."""
        if synapses:
            self._net.draw_synapses([self])
        names = [n for n in self.attributes if n != "w"] if attributes in (-1, None) else list(attributes)
        for name in names:
            self._known(name)
        self._values.initialise(names)
        if attributes in (-1, None):
            self._net.state.forget_events(f"proj{self.id}")

    # Compilation

    def sizes(self) -> ProjectionSizes:
        """What the state block needs to know."""
        symbol, made = f"proj{self.id}", self.regenerated
        if made is None:
            return ProjectionSizes(symbol, self.synapses, self._delays)
        return ProjectionSizes(symbol, made, self._delays, sizes_of(symbol, made), tables_of(symbol, made))

    def describe(self) -> ProjectionDescription:
        """What the compiler is told."""
        s, made = self.synapses, self.regenerated
        return ProjectionDescription(
            id=self.id,
            model=self._local_model(),
            pre=self._pre.id,
            post=self._post.id,
            targets=self._targets,
            arrays=self._arrays(),
            full=s.full is not None and not self.editable,
            no_self=made.no_self if made else s.full is not None and s.full.no_self and not self.editable,
            delay="each" if not isinstance(self._delays, int) else "one" if self._delays == 1 else "uniform",
            index="u16" if max(s.n_pre, s.n_post) <= 1 << 16 else "i32",
            wide_rows=not made and (s.n_pre * s.n_post if self.editable else s.count) >= 1 << 31,
            transmission_flag="transmission" in self._flagged,
            update_flag="update" in self._flagged,
            plasticity_flag="plasticity" in self._flagged,
            alike=bool(self.event_driven()) and self.apart_because() is None,
            procedural=described(made) if made else None,
        )

    def _local_model(self) -> SynapseModel:
        given = self.synapse_type.described
        if not self._values.promoted or not isinstance(given.parameters, tuple):
            return self._model
        declared = tuple(
            replace(p, locality="local") if isinstance(p, ParameterDecl) and p.name in self._values.promoted else p
            for p in given.parameters
        )
        return analyse_synapse(replace(given, parameters=declared), self._globals, self._kind)

    def _repr_html_(self) -> str:
        synapses = "" if self._synapses is None else f", {self._synapses.expected} synapses"
        connector = "" if self._rule is None else f", {self._rule.name}"
        return attribute_table(f"{repr(self)[1:-1]}{connector}{synapses}", self._values.slots.values())

    def __repr__(self) -> str:
        return f"<Projection '{self.name}': '{self._pre.name}' -> '{self._post.name}', target {self.target!r}>"


def _as_many(values: Any, n: int, name: str) -> NDArray[np.float64]:
    many = np.asarray(values, np.float64).reshape(-1)
    if many.size != n:
        raise NNCValueError(f"'{name}' takes {n} values, one per post neuron with synapses, got {many.size}")
    return many
