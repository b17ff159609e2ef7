"""What a network is made of, read from its model-level module, and the declarations of its step-level one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nnc.compiler.ir import model, procedural, stencil, step
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.define import create
from nnc.compiler.ir.names import conductance
from nnc.compiler.ir.types import DType, Type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnc.compiler.diagnostics import Diagnostics, Loc
    from nnc.compiler.ir.core import Block, Op

Declaration = model.Param | model.State


class Reduction(NamedTuple):
    """A reduction over a population whose value some model reads."""

    kind: str
    attr: str

    @property
    def name(self) -> str:
        """Name of the field that holds it."""
        return f"{self.kind}_{self.attr}"


class Owner:
    """A population or projection with its model; `attributes` are the declarations by bare name."""

    def __init__(self, symbol: str, body: Block, loc: Loc) -> None:
        self.symbol = symbol
        self.body = body
        self.loc = loc
        self.attributes: dict[str, Declaration] = {
            str(op.sym): op for op in body.ops if isinstance(op, (model.Param, model.State))
        }

    def field(self, name: str) -> str:
        """Symbol of one of its fields."""
        return f"{self.symbol}.{name}"

    def updates(self, locality: str) -> list[model.Update]:
        """The code of a locality, at most one."""
        return [op for op in self.body.ops if isinstance(op, model.Update) and op.locality == locality]

    def bodies(self, kind: type[Op]) -> list[Block]:
        """The regions of the ops of a kind."""
        return [op.regions[0] for op in self.body.ops if isinstance(op, kind)]


class Population(Owner):
    """A population, and what others want to know of it: filled by `Scene`."""

    def __init__(self, op: model.Population, neuron: model.Neuron) -> None:
        super().__init__(str(op.sym), neuron.body, op.loc)
        self.spiking = neuron.kind == "spiking"
        self.targets: tuple[str, ...] = op.targets
        self.can_disable: bool = op.can_disable
        self.rates: dict[str, str] = ({"rate": "r"} if op.rate_window else {}) | {w: w for w in op.windows}
        """Mean firing rates: what their fields are named after, and the variable that holds the rate."""
        self.input_targets = {str(o.sym): str(o.target) for o in neuron.body.ops if isinstance(o, model.Input)}
        self.streams = {str(o.sym): o for o in neuron.body.ops if isinstance(o, model.Stream)}
        self.axonal = any(isinstance(o, model.AxonSpike) for o in neuron.body.ops)
        self.last_spike = False
        self.reductions: dict[Reduction, DType] = {}
        self.old_sums: list[str] = []

    @property
    def enabled(self) -> str | None:
        """Symbol of the flag that lets it update, if it has one."""
        return self.field("enabled") if self.can_disable else None

    def input_of(self, target: str) -> str | None:
        """Symbol of the field where a target adds up; None if no equation uses it."""
        if not self.spiking:
            return self.field(f"sum_{target}")
        name = conductance(target)
        return self.field(name) if name in self.attributes else None


class Projection(Owner):
    """A projection between two populations."""

    def __init__(
        self,
        op: model.Projection,
        synapse: model.Synapse,
        pre: Population,
        post: Population,
        moved: stencil.Stencil | None = None,
        rule: procedural.Procedural | None = None,
    ) -> None:
        super().__init__(str(op.sym), synapse.body, op.loc)
        self.op = op
        self.stencil = moved
        self.procedural = rule
        self.shares: str | None = op.shares
        """The projection whose weights it has; its own name if several of its synapses have one weight."""
        if self.shares not in (None, self.symbol):
            del self.attributes["w"]
        self.kind: str = synapse.kind
        self.operation: str = synapse.operation
        self.delay: str = op.delay
        self.pre, self.post = pre, post
        self.inputs: list[str] = [s for t in dict.fromkeys(op.targets) if (s := post.input_of(t)) is not None]

    def at(self, side: str) -> Population:
        """The population at one side."""
        return self.pre if side == "pre" else self.post

    def narrowed(self, side: str) -> frozenset[str]:
        """The fields of variables of synapses that the neurons at a side hold for them."""
        states = [a for a in self.attributes.values() if isinstance(a, model.State)]
        return frozenset(self.field(a.sym) for a in states if a.locality == "local" and a.type.at.value == side)

    @property
    def event_flags(self) -> list[str]:
        """Flags that must all hold for anything to happen."""
        flags = [self.field("transmission")] if self.op.transmission_flag else []
        return flags + ([self.post.enabled] if self.post.enabled is not None else [])

    @property
    def has_gates(self) -> bool:
        """Whether it takes a computation to know if its maps run in a step."""
        return bool(self.op.update_flag) or len(self.event_flags) > 1

    @property
    def event_gate(self) -> str | None:
        """The flag of its maps in phases 1 and 8."""
        flags = self.event_flags
        if len(flags) > 1:
            return self.field("gate.events")
        return flags[0] if flags else None

    @property
    def update_gate(self) -> str | None:
        """The flag of its maps in phase 7."""
        return self.field("gate.update") if self.op.update_flag else self.event_gate


class Scene:
    """The populations and projections of a network, and the declarations and maps made for them so far."""

    def __init__(self, module: model.Module, diagnostics: Diagnostics) -> None:
        ops = module.body.ops
        self.diagnostics = diagnostics
        self.dt = float(module.dt) if module.dt is not None else 1.0
        self.constants = [op for op in ops if isinstance(op, model.Constant)]
        neurons = {op.sym: op for op in ops if isinstance(op, model.Neuron)}
        synapses = {op.sym: op for op in ops if isinstance(op, model.Synapse)}
        self.populations = {
            str(op.sym): Population(op, neurons[op.neuron]) for op in ops if isinstance(op, model.Population)
        }
        stencils = {op.owner: op for op in ops if isinstance(op, stencil.Stencil)}
        rules = {op.owner: op for op in ops if isinstance(op, procedural.Procedural)}
        self.projections = [
            Projection(
                op,
                synapses[op.synapse],
                self.populations[op.pre],
                self.populations[op.post],
                stencils.get(op.sym),
                rules.get(op.sym),
            )
            for op in ops
            if isinstance(op, model.Projection)
        ]
        self.float = self._float()
        self.declarations: list[Op] = []
        self.program: list[Op] = []
        self._declared: dict[str, step.Field | step.Events] = {}
        self._survey()

    def owners(self) -> Iterator[Owner]:
        """Populations, then projections."""
        yield from self.populations.values()
        yield from self.projections

    def declare(self, symbol: str, type: Type, role: str, loc: Loc, narrowed: bool = False) -> None:
        """Declare a field."""
        self._declare(create(step.Field, sym=Symbol(symbol), type=type, role=role, narrowed=narrowed or None, loc=loc))

    def declare_events(self, symbol: str, owner: str, loc: Loc) -> None:
        """Declare a list of events."""
        self._declare(create(step.Events, sym=Symbol(symbol), owner=Symbol(owner), loc=loc))

    def _declare(self, op: step.Field | step.Events) -> None:
        """A name that is taken is the user's error, since only users' names are free."""
        taken = self._declared.setdefault(op.sym, op)
        if taken is op:
            self.declarations.append(op)
            return
        name = op.sym.partition(".")[2]
        self.diagnostics.error(
            "N0203", f"the name '{name}' is used by nnc itself", taken.loc, help="choose another name"
        )

    def type_of(self, symbol: str) -> Type:
        """Type of a declared field."""
        field = self._declared[symbol]
        assert isinstance(field, step.Field)
        type: Type = field.type
        return type

    def _float(self) -> DType:
        for owner in self.owners():
            for op in owner.attributes.values():
                if op.type.dtype.is_float:
                    dtype: DType = op.type.dtype
                    return dtype
        return DType.f64

    def _survey(self) -> None:
        """Find what has to be kept of each population because some model reads it."""
        for population in self.populations.values():
            for op in _walk(population.body):
                _note(op, population)
        for projection in self.projections:
            if projection.stencil is not None and projection.bodies(model.OnPre):
                projection.pre.last_spike = True
            for op in _walk(projection.body):
                if isinstance(op, model.Coincident):
                    projection.post.last_spike = True
                elif isinstance(op, (model.LastSpike, model.Reduce)):
                    _note(op, projection.at(op.side))
            for body in projection.bodies(model.Psp):
                for op in body.ops:
                    if isinstance(op, model.Sum):
                        _note_old_sum(op, projection.at(op.side))


def _walk(body: Block) -> Iterator[Op]:
    for op in body.ops:
        yield from op.walk()


def _note(op: Op, population: Population) -> None:
    if isinstance(op, (model.LastSpike, model.Spiked)):
        population.last_spike = True
    elif isinstance(op, model.Reduce):
        population.reductions[Reduction(op.kind, str(op.attr))] = op.result.type.dtype


def _note_old_sum(op: model.Sum, population: Population) -> None:
    for target in [op.target] if op.target else population.targets:
        if target in population.targets and target not in population.old_sums:
            population.old_sums.append(target)
