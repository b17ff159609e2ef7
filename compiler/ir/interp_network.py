"""What a model-level network is made of, read from its module, and the state that it needs, for its interpreter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.ir import model, stencil
from nnc.compiler.ir.names import conductance
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from nnc.compiler.ir.core import Block, Op
    from nnc.compiler.ir.interp_step import StepState

    Array = NDArray[Any]

LONG_AGO = -10000
"""Step of a last event that has not happened."""


class Owner:
    """A population or projection with the ops of its model."""

    def __init__(self, symbol: str, body: Block) -> None:
        self.symbol = symbol
        self.body = body
        self.attributes = {str(op.sym): op.type for op in body.ops if isinstance(op, (model.Param, model.State))}

    def field(self, name: str) -> str:
        """Name of one of its fields."""
        return f"{self.symbol}.{name}"

    def ops(self, kind: type[Op]) -> list[Any]:
        """The ops of a kind."""
        return [op for op in self.body.ops if isinstance(op, kind)]

    def bodies(self, kind: type[Op]) -> list[Block]:
        """The regions of the ops of a kind."""
        return [op.regions[0] for op in self.ops(kind)]

    def updates(self, locality: str) -> list[Block]:
        """The code of a locality that runs in every step."""
        return [op.body for op in self.ops(model.Update) if op.locality == locality]


class Population(Owner):
    """A population; `reductions` are those that models read, as (kind, attribute, element type)."""

    def __init__(self, op: model.Population, neuron: model.Neuron, size: int) -> None:
        super().__init__(str(op.sym), neuron.body)
        self.op, self.size = op, size
        self.spiking = neuron.kind == "spiking"
        self.targets: tuple[str, ...] = tuple(dict.fromkeys(op.targets))
        self.rates = ({"rate": "r"} if op.rate_window else {}) | {w: w for w in op.windows}
        self.inputs = {str(o.sym): str(o.target) for o in self.ops(model.Input)}
        self.streams = {str(o.sym) for o in self.ops(model.Stream)}
        self.reductions: list[tuple[str, str, DType]] = []

    def input_of(self, target: str) -> str | None:
        """Name of the field where a target adds up; None if no equation uses it. `.x` is the variable x itself."""
        if not self.spiking:
            return self.field(f"sum_{target}")
        name = conductance(target)
        return self.field(name) if name in self.attributes else None


class Projection(Owner):
    """A projection between two populations; `inputs` are the fields that its targets add up in."""

    def __init__(self, op: model.Projection, synapse: model.Synapse, pre: Population, post: Population) -> None:
        super().__init__(str(op.sym), synapse.body)
        self.op, self.pre, self.post = op, pre, post
        self.operation: str = synapse.operation
        self.inputs = [name for t in dict.fromkeys(op.targets) if (name := post.input_of(t)) is not None]

    def at(self, side: str) -> Population:
        """The population at one side."""
        return self.pre if side == "pre" else self.post

    def narrowed(self, side: str) -> set[str]:
        """The variables of synapses that the neurons at a side hold for them."""
        return {str(o.sym) for o in self.ops(model.State) if o.locality == "local" and o.type.at.value == side}


class Network:
    """All objects of a network, and its state."""

    def __init__(self, module: Op, state: StepState) -> None:
        ops = module.regions[0].ops
        self.state = state
        dt = module.attributes.get("dt")
        self.dt = 1.0 if dt is None else float(dt)  # type: ignore[arg-type]
        neurons = {op.sym: op for op in ops if isinstance(op, model.Neuron)}
        synapses = {op.sym: op for op in ops if isinstance(op, model.Synapse)}
        self.functions = {
            op.sym.removeprefix(model.FUNCTION_PREFIX): op for op in ops if isinstance(op, model.Function)
        }
        self.populations = {
            str(op.sym): Population(op, neurons[op.neuron], state.sizes[f"{op.sym}.n"])
            for op in ops
            if isinstance(op, model.Population)
        }
        self.projections = [
            Projection(op, synapses[op.synapse], self.populations[op.pre], self.populations[op.post])
            for op in ops
            if isinstance(op, model.Projection)
        ]
        if any(isinstance(op, stencil.Stencil) or (isinstance(op, model.Projection) and op.shares) for op in ops):
            raise NotImplementedError("the model level of projections with shared weights is not interpreted")
        self.float = self._float()
        self._survey()

    @property
    def constants(self) -> dict[str, float]:
        """Present values of named constants."""
        fields = self.state.fields
        return {n.removeprefix("const."): float(v[0]) for n, v in fields.items() if n.startswith("const.")}

    def flag(self, owner: Owner, name: str, exists: bool | None) -> bool:
        """A switch; on where there is none."""
        return not exists or bool(self.state.fields[owner.field(name)][0])

    def period(self, proj: Projection) -> int:
        """Steps between two updates of the synapses, at least 1."""
        return max(int(self.state.fields[proj.field("update.period")][0]), 1)

    def offset(self, proj: Projection) -> int:
        """The step of the first update of the synapses."""
        return int(self.state.fields[proj.field("update.offset")][0])

    def owners(self) -> Iterator[Owner]:
        """Populations, then projections."""
        yield from self.populations.values()
        yield from self.projections

    def prepare(self) -> None:
        """Give the state what it lacks, and remember the values before the first step."""
        for pop in self.populations.values():
            self._prepare_population(pop)
        for proj in self.projections:
            for name, type in proj.attributes.items():
                if name == "last_event":
                    self._field(proj.field(name), type.dtype, len(self.state.connectivity[proj.symbol].pre), LONG_AGO)
        for name in self._remembered():
            self.state.past.setdefault(name, {}).setdefault(-1, self.state.fields[name].copy())

    def remember(self, k: int) -> None:
        """Keep what projections with delays will want to know of this step."""
        for name in self._remembered():
            self.state.past[name][k] = self.state.fields[name].copy()

    def _prepare_population(self, pop: Population) -> None:
        if pop.spiking:
            self._field(pop.field("last_spike"), DType.i64, pop.size, LONG_AGO)
            for name in ("spikes", "axon") if pop.ops(model.AxonSpike) else ("spikes",):
                self.state.events.setdefault(pop.field(name), {})
        if pop.bodies(model.Refractory):
            self._field(pop.field("hold"), DType.i32, pop.size)
        for target in pop.targets if not pop.spiking else ():
            self._field(pop.field(f"sum_{target}"), self.float, pop.size)
            self._field(pop.field(f"sum_{target}.last"), self.float, pop.size)
        for kind, attr, dtype in pop.reductions:
            self._field(pop.field(f"{kind}_{attr}"), dtype, 1)

    def _field(self, name: str, dtype: DType, length: int, value: int = 0) -> None:
        self.state.fields.setdefault(name, np.full(length, value, dtype.numpy))

    def _remembered(self) -> list[str]:
        """Attributes and sums of the populations that projections start from."""
        names: dict[str, None] = {}
        for pop in {p.pre.symbol: p.pre for p in self.projections}.values():
            names |= dict.fromkeys(pop.field(name) for name in pop.attributes)
            names |= dict.fromkeys(pop.field(f"sum_{t}") for t in pop.targets if not pop.spiking)
        return list(names)

    def _float(self) -> DType:
        for owner in self.owners():
            for type in owner.attributes.values():
                if type.dtype.is_float:
                    dtype: DType = type.dtype
                    return dtype
        return DType.f64

    def _survey(self) -> None:
        for pop in self.populations.values():
            self._note(pop, lambda side, pop=pop: pop)
        for proj in self.projections:
            self._note(proj, proj.at)

    def _note(self, owner: Owner, at: Any) -> None:
        for op in owner.body.ops:
            for found in op.find(model.Reduce):
                entry = (str(found.kind), str(found.attr), found.result.type.dtype)
                if entry not in at(found.side).reductions:
                    at(found.side).reductions.append(entry)
