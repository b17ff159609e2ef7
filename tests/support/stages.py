"""A random network after every pass of the pipeline: run by the interpreter of its level, and compared bit for bit."""

from __future__ import annotations

import copy
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from passes.networks import Network, spikes_of

from nnc.compiler.codegen.target import get_target
from nnc.compiler.ir import model, step
from nnc.compiler.ir.batch import is_over_members
from nnc.compiler.ir.interp import StepState, run_loop, run_model, run_step
from nnc.compiler.ir.printer import print_module
from nnc.compiler.ir.types import At
from nnc.compiler.ir.verify import verify
from nnc.compiler.passes import DEFAULT_PIPELINE, load_pass
from nnc.compiler.passes.manager import Context

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from support.whole_networks import WholeNetwork

    from nnc.compiler.codegen.layout import Layout, StateBlock
    from nnc.compiler.ir.model import Module

    Array = NDArray[Any]

FIRST_RUN: Final = "discretise"
"""The first pass after which the model level is code that is executed."""

ROUNDS_ANEW: Final = "form-fma"
"""The one pass that changes bits, as it is meant to: what comes before and after it is compared apart."""

COUNTS: Final = ("last_spike", "last_event")
OWN_SIZES: Final = (".hold", ".refractory")


@dataclass
class Outcome:
    """Bits of all fields after some steps, and the neurons of all events."""

    fields: dict[str, Array]
    events: dict[str, list[list[int]]] = field(default_factory=dict)
    end: int = 0


class Lowered(Network):
    """A network at the step level, with the synapses and initial values of a random one."""

    def __init__(self, network: WholeNetwork, module: Module) -> None:
        sizes = {f"pop{i}": p.size for i, p in enumerate(network.populations)}
        wires: Any = {f"proj{i}": p.wires for i, p in enumerate(network.projections)}
        deep = {str(op.depth): 64 for op in module.find(step.Ring) if op.depth is not None}
        ring = network.longest_delay + 1
        super().__init__("", sizes, wires, dict(network.values), ring, network.seed, deep)
        self.step_module = module
        for op in module.find(step.Field):
            self.values.setdefault(str(op.sym), initial(op))

    def module(self) -> Module:
        return self.step_module


def initial(op: step.Field) -> float:
    """Whole numbers and switches before the first step; other fields are drawn, see `start`."""
    name = str(op.sym).partition(".")[2]
    if name in COUNTS:
        return -10000
    if op.type.dtype.value == "bool":
        return float(name in ("enabled", "transmission", "update", "plasticity", "flag"))
    return 0


def start(lowered: Lowered) -> StepState:
    """The state before the first step: small numbers drawn from the name of the field where none are given."""
    state = lowered.state()
    attributes = {
        str(op.sym): op for op in lowered.step_module.find(step.Field) if op.role in ("param", "state", "constant")
    }
    for name, op in attributes.items():
        short = name.partition(".")[2]
        if op.type.dtype.is_float and not short.endswith(("scale", "count", "held")):
            state.fields[name][:] = _drawn(name, len(state.fields[name]), short)
        elif op.type.dtype.value == "i32" and short == "n":
            state.fields[name][:] = np.arange(len(state.fields[name])) % 5
    for name in lowered.step_module.find(step.Field):
        if name.role == "scratch":
            state.fields[str(name.sym)][:] = 0
    return state


def _drawn(name: str, length: int, short: str) -> Array:
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    low, high = {"tau": (5.0, 12.0), "refractory": (0.0, 2.0), "lo": (-1.2, -0.6), "hi": (0.6, 1.2)}.get(
        short, (-0.6, 0.8)
    )
    return rng.uniform(low, high, length)


def bits(array: Array) -> Array:
    """The bits of an array, all NaNs alike: which NaN an operation gives is not defined."""
    copied = np.array(array)
    if copied.dtype.kind != "f":
        return copied
    copied[np.isnan(copied)] = np.nan
    return copied.view(f"i{copied.dtype.itemsize}")


class Difference(AssertionError):
    """Two stages of one network differ."""


def compare(reference: Outcome, found: Outcome, what: str) -> None:
    """All fields and events that both have are the same."""
    if reference.end != found.end:
        raise Difference(f"{what}: ends after step {found.end} instead of {reference.end}")
    for name, values in found.fields.items():
        if name in reference.fields and not np.array_equal(bits(reference.fields[name]), bits(values)):
            places = np.flatnonzero(bits(reference.fields[name]) != bits(values))
            raise Difference(
                f"{what}: {name} differs at {places[:5].tolist()} of {len(values)}: "
                f"{reference.fields[name][places[:3]]} and {values[places[:3]]}"
            )
    for name, lists in found.events.items():
        if reference.events.get(name, lists) != lists:
            raise Difference(f"{what}: {name} differs: {reference.events[name]} and {lists}")


@dataclass
class Trail:
    """The way of one network through the pipeline. `steps` are done at each stage."""

    network: WholeNetwork
    steps: int = 4
    teams: tuple[int, ...] = (1, 2, 7)
    stages: list[str] = field(default_factory=list)
    lowered: Lowered | None = None
    begin: StepState | None = None

    def run(self) -> Module:
        """All passes; the module of the loop level. Raises `DiagnosticError` for an error of a pass, `Difference`."""
        module = self.network.module()
        self.prepare()
        reference: Outcome | None = None
        seen = ""
        for name in DEFAULT_PIPELINE.split(","):
            context = Context()
            load_pass(name)().run(module, context)
            context.diagnostics.raise_if_errors()
            verify(module)
            self.stages.append(name)
            if name == "choose-propagation":
                self.lowered = Lowered(self.network, module.clone())
            text = print_module(module)
            last = len(self.stages) == len(DEFAULT_PIPELINE.split(","))
            if (text == seen and not last) or FIRST_RUN not in self.stages:
                continue
            seen = text
            for label, outcome in self.outcomes(module):
                what = f"after {','.join(self.stages[-1:])} {label}"
                if reference is None or name == ROUNDS_ANEW:
                    reference = outcome
                    name = name if name != ROUNDS_ANEW else "again"
                compare(reference, outcome, what)
        return module

    def shortcut(self, target_name: str = "llvm") -> None:
        """Models in their interpreter against machine code, with nothing between: all passes but the one that rounds
        anew. Raises `DiagnosticError`, `Difference`."""
        module = self.network.module()
        self.prepare()
        reference: Outcome | None = None
        for name in DEFAULT_PIPELINE.replace(f"{ROUNDS_ANEW},", "").split(","):
            context = Context()
            load_pass(name)().run(module, context)
            context.diagnostics.raise_if_errors()
            if name == FIRST_RUN:
                reference = self.walked(module, run_model)
            elif name == "choose-propagation":
                self.lowered = Lowered(self.network, module.clone())
        assert reference is not None
        self.on_target(module, target_name, reference)

    def take(self, module: Module) -> None:
        """Keep a module of the step level, for the places of its fields."""
        self.lowered = Lowered(self.network, module.clone())

    def prepare(self) -> None:
        """The state before the first step, of all fields that any level has."""
        module = self.network.module()
        for name in DEFAULT_PIPELINE.split(","):
            context = Context()
            load_pass(name)().run(module, context)
            context.diagnostics.raise_if_errors()
            if name == "instantiate":
                break
        self.begin = start(Lowered(self.network, module))

    def outcomes(self, module: Module) -> list[tuple[str, Outcome]]:
        """What a stage computes; at the loop level with one number of workers after the other, at last with all."""
        if any(isinstance(op, model.Population) for op in module.body.ops):
            return [("(models)", self.walked(module, run_model))]
        if any(isinstance(op, step.Neurons) for op in module.body.ops):
            return [("(steps)", self.walked(module, run_step))]
        last = len(self.stages) == len(DEFAULT_PIPELINE.split(","))
        teams = self.teams if last else (self.teams[len(self.stages) % len(self.teams)],)
        return [(f"(loops, {team} workers)", self.looped(module, team)) for team in teams]

    def walked(self, module: Module, run: Any) -> Outcome:
        """A run of the interpreters of models and steps."""
        assert self.begin is not None
        state = copy.deepcopy(self.begin)
        for op in module.find(step.Field):
            if str(op.sym) not in state.fields:
                length = 1 if op.type.at is At.one else self.length(op)
                state.fields[str(op.sym)] = np.zeros(length, op.type.dtype.numpy)
        end = run(module, state, 0, self.steps)
        kept = {n: v for n, v in state.fields.items() if n in self.attributes}
        lists = {n: [[int(i) for i in by.get(k, ())] for k in range(end)] for n, by in state.events.items()}
        return Outcome(kept, lists | {f"{n} of the last step": by[-1:] for n, by in lists.items()}, end)

    def length(self, op: step.Field) -> int:
        owner = str(op.sym).partition(".")[0]
        if op.type.at is At.syn:
            return len(self.network.projections[int(owner[4:])].wires.pre)
        if owner.startswith("proj"):
            ends = self.network.projections[int(owner[4:])]
            return self.network.populations[ends.pre if op.type.at is At.pre else ends.post].size
        return self.network.populations[int(owner[3:])].size

    @property
    def attributes(self) -> set[str]:
        """Fields that are compared: all but those of a single step."""
        assert self.begin is not None
        return {
            n for n in self.begin.fields if not n.endswith((".last", ".fired", ".count", ".held")) and ".gate." not in n
        }

    def block(self, module: Module, team: int, layout: Layout | None = None) -> StateBlock:
        """The state block before the first step."""
        assert self.lowered is not None
        assert self.begin is not None
        for op in self.lowered.step_module.find(step.Field):
            if str(op.sym) in self.begin.fields:
                self.lowered.values[str(op.sym)] = self.begin.fields[str(op.sym)]
            else:
                self.lowered.values[str(op.sym)] = 0.0
        return self.lowered.block(module, team, layout)

    def looped(self, module: Module, team: int) -> Outcome:
        """A run of the interpreter of loops."""
        block = self.block(module, team)
        outcome = run_loop(module, block, 0, self.steps)
        return self.of_block(block, outcome.t)

    def of_block(self, block: StateBlock, end: int) -> Outcome:
        """What a block holds, in the order of the interpreters of steps."""
        assert self.lowered is not None
        fields = {}
        for name in self.attributes:
            if name in block.fields:
                fields[name] = block.fields[name][self.lowered.places(name, block.team)]
        names = [str(op.sym) for op in self.lowered.step_module.find(step.Events)]
        return Outcome(fields, {f"{n} of the last step": [spikes_of(block, n, end - 1)] for n in names}, end)

    def on_targets(self, module: Module) -> None:
        """The module of the loop level as machine code, with every number of workers. Raises `Difference`."""
        reference = self.looped(module, 1)
        for name in ("llvm", "openmp"):
            if get_target(name).available() is None:
                self.on_target(module, name, reference)
        if not any(is_over_members(op) for op in module.walk()):
            get_target("cuda").emit(module)

    def on_target(self, module: Module, name: str, reference: Outcome) -> None:
        """The same for one target."""
        target = get_target(name)
        program = target.load(target.emit(module))
        for team in self.teams:
            block = self.block(module, team, program.layout)
            program.run(block, 0, self.steps)
            compare(reference, self.of_block(block, block.t), f"target {name}, {team} workers")


__all__ = ["Difference", "Outcome", "Trail", "compare"]
