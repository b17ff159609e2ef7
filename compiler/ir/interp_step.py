"""Executing a step-level module: the maps of a step, in order, on arrays of whole populations and projections.

The synapses of a projection are arrays in canonical order, sorted by (post, pre). Inside a map over synapses a value
is an array over them, whatever its locality.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from nnc.compiler.ir import stencil, step
from nnc.compiler.ir.interp_arith import evaluate
from nnc.compiler.ir.interp_draws import draws
from nnc.compiler.ir.interp_loop import reduction
from nnc.compiler.ir.interp_stencil import filter_sums, places
from nnc.compiler.ir.types import At, DType

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nnc.compiler.ir.core import Op, Value
    from nnc.compiler.ir.interp_stencil import Moved, Places

    Array = NDArray[Any]
    OnRecord = Callable[[step.Record, int, "StepState"], None]


@dataclass
class Connectivity:
    """The synapses of a projection: pre and post index of each, sorted by (post, pre), and delays in steps."""

    pre: Array
    post: Array
    delays: Array | int = 1
    pre_first: int = 0
    """Of a full projection: its first pre neuron; sums then take their partials by the position in its range."""
    entries: Array | None = None
    """Of shared weights: which of them each synapse has."""
    moved: Places | None = None
    """Of a stencil: its taps, post neuron by post neuron, instead of sorted synapses."""

    @staticmethod
    def of_stencil(op: stencil.Stencil, delay: int = 1, centres: Array | None = None) -> Connectivity:
        """The taps of a stencil as synapses."""
        taps = places(cast("Moved", op), centres)
        posts = np.repeat(np.arange(len(taps.pre)), taps.pre.shape[1])
        return Connectivity(taps.pre.reshape(-1), posts, delay, entries=taps.entries.reshape(-1), moved=taps)

    def __post_init__(self) -> None:
        self.pre = np.asarray(self.pre, np.int64)
        self.post = np.asarray(self.post, np.int64)
        order = np.lexsort((self.pre, self.post))
        if self.moved is None and not np.array_equal(order, np.arange(len(order))):
            raise ValueError("synapses must be sorted by (post, pre)")

    @property
    def delay(self) -> int:
        """The delay of all synapses, where they have one."""
        return int(np.max(self.delays, initial=1))

    @property
    def each(self) -> Array:
        """Delay of each synapse."""
        return np.broadcast_to(np.asarray(self.delays, np.int64), self.pre.shape)


@dataclass
class StepState:
    """A network between two steps. All names are those of the IR without `@`.

    `fields`: one-dimensional arrays, of length 1 where there is one value; `[syn]` fields in canonical order, `[post]`
    fields one per neuron of the post population. `sizes`: at least `pop.n`. `events[name][k]`: neurons that fired in
    step k, ascending. `past[name][k]`: values of a field (or row of a ring) at the end of step k, and at -1 the first.
    """

    fields: dict[str, Array]
    sizes: dict[str, int]
    connectivity: dict[str, Connectivity] = field(default_factory=dict)
    seed: int = 0
    events: dict[str, dict[int, Array]] = field(default_factory=dict)
    past: dict[str, dict[int, Array]] = field(default_factory=dict)
    stopped: bool = False


def run_step(module: Op, state: StepState, k0: int, k1: int, on_record: OnRecord | None = None) -> int:
    """Do steps [k0, k1), changing the state in place; gives the next step, k1 unless a `step.stop` held.

    `on_record` is called for each `step.record`, with the step, at its place in the order.
    """
    network = _Network(module)
    _remember_initial(network, state)
    with np.errstate(all="ignore"):
        for k in range(k0, k1):
            for op in network.schedule:
                _perform(op, network, state, k, on_record)
            for name in network.delayed:
                state.past[name][k] = state.fields[name].copy()
            if state.stopped:
                state.stopped = False
                return k + 1
    return k1


class _Network:
    """Declarations by name, and what is done in a step, in order."""

    def __init__(self, module: Op) -> None:
        ops = module.regions[0].ops
        self.synapses = {str(op.sym): op for op in ops if isinstance(op, step.Synapses)}
        self.fills = {str(op.owner): op.fill for op in ops if isinstance(op, stencil.Stencil)}
        self.fields = {str(op.sym): op for op in ops if isinstance(op, step.Field)}
        self.events = [str(op.sym) for op in ops if isinstance(op, step.Events)]
        self.rings = {str(op.sym): op for op in ops if isinstance(op, step.Ring)}
        self.delayed = sorted({str(op.field) for op in module.find(step.DelayedRead)})
        self.schedule = _schedule(ops)


def _schedule(ops: list[Op]) -> list[Op]:
    """Maps by `step.order`; each fill, push and record behind the maps that stand in front of it in the module."""
    program = [op for op in ops if isinstance(op, (step.Map, step.Fill, step.Push, step.Record))]
    maps = {str(op.sym): op for op in program if isinstance(op, step.Map)}
    orders = [op for op in ops if isinstance(op, step.Order)]
    sequence = [maps[str(s)] for s in orders[0].maps] if orders else list(maps.values())
    place: dict[Op, float] = {op: float(index) for index, op in enumerate(sequence)}
    last = -1.0
    for op in program:
        if isinstance(op, step.Map):
            last = max(last, place[op])
        else:
            place[op] = last + 0.5
    ordered: list[Op] = sorted(program, key=lambda op: place[op])
    return ordered


def _remember_initial(network: _Network, state: StepState) -> None:
    for name in network.events:
        state.events.setdefault(name, {})
    for name in network.delayed:
        state.past.setdefault(name, {}).setdefault(-1, state.fields[name].copy())
    for name, ring in network.rings.items():
        state.past.setdefault(name, {}).setdefault(-1, state.fields[str(ring.source)].copy())


def _perform(op: Op, network: _Network, state: StepState, k: int, on_record: OnRecord | None) -> None:
    if isinstance(op, step.Map):
        if op.flag is None or bool(state.fields[str(op.flag)][0]):
            _run_map(op, network, state, k)
    elif isinstance(op, step.Fill):
        target = state.fields[str(op.field)]
        dtype = network.fields[str(op.field)].type.dtype
        target[:] = draws(op.distribution, op.stream, state.seed, k, np.arange(len(target)), dtype)
    elif isinstance(op, step.Push):
        source = network.rings[str(op.ring)].source
        state.past[str(op.ring)][k] = state.fields[str(source)].copy()
    elif isinstance(op, step.Record) and on_record is not None:
        on_record(op, k, state)


def _run_map(op: step.Map, network: _Network, state: StepState, k: int) -> None:
    domain, owner = str(op.domain), str(op.owner)
    if domain == "once":
        _Elements(op, network, state, k, np.arange(1), {}).run()
        return
    if domain == "neurons":
        own = np.arange(state.sizes[f"{owner}.n"])
        _Elements(op, network, state, k, own, {At.neuron: own}).run()
        return
    if domain in ("pres", "posts"):
        side = At.pre if domain == "pres" else At.post
        synapses = network.synapses[owner]
        own = np.arange(state.sizes[f"{synapses.pre if domain == 'pres' else synapses.post}.n"])
        _Elements(op, network, state, k, own, {side: own}).run()
        return
    if domain in ("arrivals", "firings"):
        side, age = (At.pre, state.connectivity[owner].delay) if domain == "arrivals" else (At.post, 0)
        own = state.events[str(op.events)].get(k - age, np.zeros(0, np.int64))
        _Elements(op, network, state, k, own, {side: own}).run()
        return
    for chosen in _arrivals(op, state, k):
        wires = state.connectivity[owner]
        index = {At.syn: chosen, At.pre: wires.pre[chosen], At.post: wires.post[chosen]}
        _Elements(op, network, state, k, chosen, index).run()


def _arrivals(op: step.Map, state: StepState, k: int) -> list[Array]:
    """The synapses of each event, in the order of events; for a map over synapses all of them at once."""
    wires = state.connectivity[str(op.owner)]
    if op.domain == "synapses":
        return [np.arange(len(wires.pre))]
    events = state.events[str(op.events)]
    nobody = np.zeros(0, np.int64)
    if op.domain == "back_spikes":
        return [np.flatnonzero(wires.post == neuron) for neuron in events.get(k, nobody)]
    each = np.ones_like(wires.pre) if str(op.events).endswith(".axon") else wires.each
    return [
        np.flatnonzero((wires.pre == neuron) & (each == age))
        for age in np.unique(each)
        for neuron in events.get(k - int(age), nobody)
    ]


class _Elements:
    """The body of a map on some elements at once: `own` are their indices, `index` those of each locality."""

    def __init__(
        self, op: step.Map, network: _Network, state: StepState, k: int, own: Array, index: dict[At, Array]
    ) -> None:
        self.op, self.network, self.state, self.k = op, network, state, k
        self.own, self.index = own, index
        wires = state.connectivity.get(str(op.owner))
        shared = None if wires is None else wires.entries
        self._weights = None if shared is None or At.syn not in index else shared[index[At.syn]]
        self.values: dict[Value, Array] = {}

    def run(self) -> None:
        """All ops in order."""
        for op in self.op.body.ops:
            handler = _HANDLERS.get(type(op))
            if handler is not None:
                handler(self, op)
            else:
                self._number_op(op)

    def _number_op(self, op: Op) -> None:
        arrays = [self.values[v] for v in op.operands]
        results = evaluate(op.name, op.attributes, arrays, [r.type.dtype for r in op.results])
        self.values.update(zip(op.results, results, strict=True))

    def _all(self, value: Value) -> Array:
        return np.broadcast_to(self.values[value], self.own.shape)

    def place(self, symbol: str) -> Array:
        """Where the elements at hand are in a field that they write."""
        at = self.network.fields[symbol].type.at
        if at is At.one:
            return np.zeros(1, np.int64)
        return self.index[At.post if at is At.neuron and At.neuron not in self.index else at]

    def read(self, op: step.Read) -> None:
        """`step.read`."""
        at, stored = op.result.type.at, self.state.fields[str(op.field)]
        place = self._weights if at is At.syn and self._weights is not None else self.index.get(at)
        self._learn(op.result, np.array(stored[0] if at is At.one else stored[place]))

    def _learn(self, result: Value, values: Array) -> None:
        """Keep a value that was read; what a stencil reads of pre neurons outside is a number of its own."""
        wires = self.state.connectivity.get(str(self.op.owner))
        if result.type.at is At.pre and wires is not None and wires.moved is not None:
            fill = values.dtype.type(self.network.fills[str(self.op.owner)])
            values = np.where(wires.moved.outside.reshape(-1), fill, values)
        self.values[result] = values

    def write(self, op: step.Write) -> None:
        """`step.write`."""
        place = self.place(str(op.field))
        values = np.broadcast_to(self.values[op.value], place.shape if len(place) == 1 else self.own.shape)
        self.state.fields[str(op.field)][place] = values

    def accumulate(self, op: step.Accumulate) -> None:
        """`step.accumulate`."""
        target, values = self.state.fields[str(op.field)], self._all(op.value)
        domain = str(self.op.domain)
        if domain in ("spikes", "back_spikes"):
            place = np.broadcast_to(self.place(str(op.field)), self.own.shape)
            np.add.at(target, place, values)
        elif domain == "synapses":
            self._by_post(op, target, values)
        else:
            target[0] = total(op.kind, values, np.arange(len(values)))

    def _by_post(self, op: step.Accumulate, target: Array, values: Array) -> None:
        owner = str(self.op.owner)
        wires = self.state.connectivity[owner]
        if wires.moved is not None:
            taps = wires.moved
            target += filter_sums(op.kind, values.reshape(taps.pre.shape), taps.outside)
            return
        by_post(op.kind, target, values, wires, full=bool(self.network.synapses[owner].full))

    def delayed_read(self, op: step.DelayedRead) -> None:
        """`step.delayed_read`."""
        delays = self.state.connectivity[str(op.owner)].each[self.own]
        self._past(op.result, str(op.field), self.k - delays + op.less)

    def read_ring(self, op: step.ReadRing) -> None:
        """`step.read_ring`."""
        self._past(op.result, str(op.ring), np.broadcast_to(self.values[op.index], self.own.shape))

    def _past(self, result: Value, name: str, steps: Array) -> None:
        rows = self.state.past[name]
        present = self.state.fields.get(name)
        out = np.empty(self.own.shape, result.type.dtype.numpy)
        at = self.index[At.neuron if At.neuron in self.index else At.pre]
        for k in np.unique(steps):
            row = rows.get(int(k), rows[-1] if k < self.k or present is None else present)
            chosen = steps == k
            out[chosen] = row[at[chosen]] if len(row) > 1 else row[0]
        self._learn(result, out)

    def emit(self, op: step.Emit) -> None:
        """`step.emit`."""
        self.state.events[str(op.events)][self.k] = self.own[self._all(op.condition)]

    def step_index(self, op: step.Index) -> None:
        """`step.index`."""
        self.values[op.result] = np.array(self.k, np.int64)

    def delay(self, op: step.Delay) -> None:
        """`step.delay`."""
        wires = self.state.connectivity[str(op.owner)]
        one = op.result.type.at is At.one
        self.values[op.result] = np.array(wires.delays, np.int64) if one else wires.each[self.own]

    def random(self, op: step.Random) -> None:
        """`step.random`."""
        one = op.result.type.at is At.one
        index = np.zeros(1, np.int64) if one else self.own
        dtype: DType = op.result.type.dtype
        values = draws(op.distribution, op.stream, self.state.seed, self.k, index, dtype)
        self.values[op.result] = np.array(values[0]) if one else values

    def stop(self, op: step.Stop) -> None:
        """`step.stop`."""
        self.state.stopped |= bool(np.any(self.values[op.condition]))


def by_post(kind: str, target: Array, values: Array, wires: Connectivity, *, full: bool) -> None:
    """Combine the values of synapses into the field of their post neurons, each neuron's in the fixed order."""
    starts = np.searchsorted(wires.post, np.arange(len(target) + 1))
    for post, (lo, hi) in enumerate(itertools.pairwise(starts)):
        if lo < hi:
            places = wires.pre[lo:hi] - wires.pre_first if full else np.arange(hi - lo)
            target[post] = target[post] + total(kind, values[lo:hi], places)


def total(kind: str, values: Array, places: Array) -> Array:
    """Sum, mean, maximum or minimum in the order that `loop.reduce` defines."""
    combined = reduction("add" if kind == "mean" else kind, [values], places)
    return combined / combined.dtype.type(len(values)) if kind == "mean" else combined


_HANDLERS: dict[type[Op], Any] = {
    step.Read: _Elements.read,
    step.Write: _Elements.write,
    step.Accumulate: _Elements.accumulate,
    step.DelayedRead: _Elements.delayed_read,
    step.ReadRing: _Elements.read_ring,
    step.Emit: _Elements.emit,
    step.Index: _Elements.step_index,
    step.Delay: _Elements.delay,
    step.Random: _Elements.random,
    step.Stop: _Elements.stop,
}
