"""Networks at the step level, run by the interpreter as they are and as loops on a state block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.codegen.layout import Layout, StateBlock, bounds
from nnc.compiler.ir import step
from nnc.compiler.ir.interp import Connectivity, StepState, run_step
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.types import At
from nnc.compiler.passes.lower_to_loops import LowerToLoops
from nnc.compiler.passes.manager import Context

if TYPE_CHECKING:
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Pass

Array = np.ndarray[Any, Any]


@dataclass
class Wires:
    """Synapses of a projection, in canonical order: sorted by (post, pre)."""

    pre: Array
    post: Array
    delays: Array | int = 1
    pre_first: int = 0
    pre_count: int = 0
    post_first: int = 0
    post_count: int = 0


def sparse(rng: np.random.Generator, n_pre: int, n_post: int, p: float, delays: Array | int = 1) -> Wires:
    """Each pair is a synapse with probability p; `delays` an int, or the numbers to choose from for each."""
    post, pre = np.nonzero(rng.random((n_post, n_pre)) < p)
    if not isinstance(delays, int):
        delays = rng.choice(delays, len(pre))
    return Wires(pre, post, delays)


def full(first: int, n_pre: int, post_first: int, n_post: int, *, no_self: bool = False, delay: int = 1) -> Wires:
    """All pairs of two ranges, without those of a neuron with itself if asked."""
    post, pre = (a.ravel() for a in np.mgrid[post_first : post_first + n_post, first : first + n_pre])
    keep = (pre != post) | (not no_self)
    return Wires(pre[keep], post[keep], delay, first, n_pre, post_first, n_post)


@dataclass
class Network:
    """A step-level text with sizes, synapses and initial values (random where not given)."""

    text: str
    sizes: dict[str, int]
    wires: dict[str, Wires] = field(default_factory=dict)
    values: dict[str, Array | float] = field(default_factory=dict)
    ring: int = 2
    seed: int = 12
    depths: dict[str, int] = field(default_factory=dict)

    def module(self) -> Module:
        return parse_module(self.text)

    def lowered(self, *more: Pass) -> Module:
        module = self.module()
        context = Context()
        for each in (LowerToLoops(), *more):
            each.run(module, context)
        context.diagnostics.raise_if_errors()
        return module

    def state(self) -> StepState:
        """The network before its first step, for the interpreter of steps."""
        rng = np.random.default_rng(self.seed)
        fields: dict[str, Array] = {}
        for op in self.module().body.ops:
            if not isinstance(op, step.Field):
                continue
            name, dtype = str(op.sym), op.type.dtype.numpy
            given = self.values.get(name)
            length = self._length(name, op.type.at)
            drawn = rng.random(length) if dtype.kind == "f" else np.zeros(length)
            fields[name] = np.array(np.broadcast_to(drawn if given is None else given, length), dtype)
        connectivity = {n: Connectivity(w.pre, w.post, w.delays, w.pre_first) for n, w in self.wires.items()}
        sizes = {f"{name}.n": n for name, n in self.sizes.items()}
        return StepState(fields, sizes, connectivity, self.seed)

    def _length(self, name: str, at: At) -> int:
        owner = name.partition(".")[0]
        if at is At.one:
            return 1
        if at is At.syn:
            return len(self.wires[owner].pre)
        return self.sizes[self._population(owner, at)]

    def _population(self, owner: str, at: At) -> str:
        for op in self.module().body.ops:
            if isinstance(op, step.Synapses) and op.sym == owner:
                return str(op.pre if at is At.pre else op.post)
        return owner

    def block(self, module: Module, team: int, layout: Layout | None = None) -> StateBlock:
        """The same as the state block of a lowered module; a target may have laid it out otherwise."""
        sizes = {f"{name}.n": n for name, n in self.sizes.items()}
        sizes |= {f"{name}.ring": self.ring for name in self.sizes}
        for name, w in self.wires.items():
            sizes |= {f"{name}.nnz": len(w.pre), f"{name}.delay": int(np.max(w.delays, initial=1))}
            sizes |= {f"{name}.{k}": getattr(w, k) for k in ("pre_first", "pre_count", "post_first", "post_count")}
        for op in self.module().body.ops:
            if isinstance(op, step.Synapses):
                sizes |= {f"{op.sym}.pres": self.sizes[str(op.pre)], f"{op.sym}.posts": self.sizes[str(op.post)]}
        sizes |= self.depths
        block = StateBlock(layout or Layout.of(module), sizes, team=team, seed=self.seed)
        state = self.state()
        for name, value in state.fields.items():
            places = self.places(name, team)
            block.fields[name][: len(value)] = 0
            block.fields[name][places] = value
        for op in self.module().body.ops:
            if isinstance(op, step.Ring):
                depth = sizes[str(op.depth)] if op.depth else self.ring
                block.fields[str(op.sym)].reshape(depth, -1)[:] = state.fields[str(op.source)]
            elif isinstance(op, step.Synapses):
                self._wire(op, block, team)
        return block

    def places(self, name: str, team: int) -> Array:
        """Where the elements of a field of the interpreter are in that of the block."""
        owner = name.partition(".")[0]
        synapses = {str(op.sym): op for op in self.module().body.ops if isinstance(op, step.Synapses)}
        fields = {str(op.sym): op for op in self.module().body.ops if isinstance(op, step.Field)}
        if fields[name].type.at is not At.syn:
            return np.arange(self._length(name, fields[name].type.at))
        return self._synapse_places(synapses[owner], team)

    def _synapse_places(self, op: step.Synapses, team: int) -> Array:
        w = self.wires[str(op.sym)]
        if op.layout == "dense_pre":
            return (w.pre - w.pre_first) * w.post_count + w.post - w.post_first
        if op.layout == "dense_post":
            return (w.post - w.post_first) * w.pre_count + w.pre - w.pre_first
        if op.layout == "csr_post":
            return np.arange(len(w.pre))
        order = np.lexsort((w.post, w.pre, self._part(op, team)))
        places = np.empty(len(order), np.int64)
        places[order] = np.arange(len(order))
        return places

    def _part(self, op: step.Synapses, team: int) -> Array:
        limits = np.asarray(bounds(self.sizes[str(op.post)], team))
        return np.searchsorted(limits[1:], self.wires[str(op.sym)].post, side="right")

    def _wire(self, op: step.Synapses, block: StateBlock, team: int) -> None:
        name, w = str(op.sym), self.wires[str(op.sym)]
        n_pre, n_post = self.sizes[str(op.pre)], self.sizes[str(op.post)]
        places = self._synapse_places(op, team)
        fields = block.fields

        def fill(key: str, values: Array) -> None:
            if f"{name}.{key}" in fields:
                fields[f"{name}.{key}"][:] = values

        def by_place(values: Array) -> Array:
            out = np.zeros(len(w.pre), np.int64)
            out[places] = values
            return out

        if op.delay == "each":
            fill("delays", by_place(np.asarray(w.delays)))
        post_row = np.searchsorted(w.post, np.arange(n_post + 1))
        if op.layout == "csr_post":
            fill("row", post_row)
            fill("pre", w.pre)
        elif op.layout == "csr_pre":
            keys = np.sort(self._part(op, team) * (n_pre + 1) + w.pre)
            fill("row", np.searchsorted(keys, np.arange(team * (n_pre + 1))))
            fill("post", by_place(w.post))
            fill("back_row", post_row)
            fill("back", places)
            fill("back_pre", w.pre)


def spikes_of(block: StateBlock, name: str, k: int) -> list[int]:
    """The neurons in the list of a step that the ring still holds."""
    owner = name.partition(".")[0]
    n, ring, team = block.sizes[f"{owner}.n"], block.sizes[f"{owner}.ring"], block.team
    row = block.fields[name].reshape(ring, n)[k % ring]
    counts = block.fields[f"{name}.count"].reshape(ring, team)[k % ring]
    limits = bounds(n, team)
    return [int(i) for p in range(team) for i in row[limits[p] : limits[p] + counts[p]]]


def after_steps(network: Network, steps: int) -> StepState:
    """What the interpreter of the step level makes of a network."""
    state = network.state()
    run_step(network.module(), state, 0, steps)
    return state


def assert_same(network: Network, state: StepState, block: StateBlock, steps: int) -> None:
    """Every field has the same bits, and the last list of spikes is the same."""
    for name, values in state.fields.items():
        found = block.fields[name][network.places(name, block.team)]
        assert values.dtype == found.dtype
        assert values.tobytes() == found.tobytes(), name
    for name, by_step in state.events.items():
        assert spikes_of(block, name, steps - 1) == list(by_step[steps - 1])
