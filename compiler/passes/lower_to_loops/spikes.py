"""Maps over spikes that arrive, and over the synapses of post neurons that fired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.ir import loop, step
from nnc.compiler.ir.types import At, DType
from nnc.compiler.passes.lower_to_loops.frame import Elements, Frame, is_costly
from nnc.compiler.passes.lower_to_loops.making import made_again
from nnc.compiler.passes.lower_to_loops.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnc.compiler.ir.core import Value
    from nnc.compiler.passes.lower_to_loops.rows import Row


def lower_spikes(frame: Frame, op: step.Map) -> None:
    """Every worker reads the whole list, in order, and does the synapses that end in its part."""
    Arrival(frame, op).write()


class Arrival:
    """Writes the phase of one map over spikes."""

    def __init__(self, frame: Frame, op: step.Map) -> None:
        self.frame, self.op, self.ops = frame, op, op.body.ops
        self.synapses = frame.network.synapses[op.owner]
        self.pre = str(self.synapses.pre)
        self.rows = Rows(frame, self.synapses)
        self.axonal = str(op.events) == f"{self.pre}.axon"
        self.each = self.synapses.delay == "each" and not self.axonal
        rule = frame.network.procedurals.get(str(op.owner))
        self.made = None if rule is None else made_again(frame, rule)

    def write(self) -> None:
        """The whole phase."""
        frame, one = self.frame, self.frame.number(1)
        with frame.team(str(self.op.owner), self.op.flag) as (p, lo, hi):
            self.worker, self.lo, self.hi = p, lo, hi
            self.elements = Elements(frame, frame.network.tied(str(self.op.owner)))
            self.elements.emit(self.ops, At.one)
            if self.made is not None:
                self.made.begin(self.elements)
            frame.past.update((str(self.op.events), f"{self.op.events}.count"))
            if self.each:
                with frame.loop(one, frame.size(f"{self.pre}.ring"), hint="age") as age:
                    self._emitted(age)
            elif self.synapses.delay == "one" or self.axonal:
                self._emitted(one)
            else:
                self._emitted(frame.size(f"{self.op.owner}.delay"))

    def _emitted(self, age: Value) -> None:
        """The spikes emitted some steps ago; there are none from before step 0."""
        frame, b = self.frame, self.frame.b
        source = b.sub(frame.step, age)
        with frame.when(b.cmp("ge", source, frame.number(0))):
            slot = frame.slot(frame.depth(self.pre), age)
            row = b.mul(slot, frame.size(f"{self.pre}.n"))
            count_row = b.mul(slot, frame.size("team"))
            with frame.loop(frame.number(0), frame.size("team"), hint="q") as q:
                self._segment(row, count_row, q, age)

    def _segment(self, row: Value, count_row: Value, q: Value, age: Value) -> None:
        """The spikes that worker q found."""
        frame, b = self.frame, self.frame.b
        spikes = frame.buffer(str(self.op.events), DType.i32)
        counts = frame.buffer(f"{self.op.events}.count", DType.i32)
        base = b.add(row, b.value(loop.Bound, frame.size(f"{self.pre}.n"), q, types=(q.type,)))
        count = frame.load_index(counts, b.add(count_row, q))
        adds = self.made is None and all(_only_adds(o) for o in self.ops)
        with frame.loop(frame.number(0), count, unordered=adds, hint="s") as s:
            pre = frame.load_index(spikes, b.add(base, s))
            with frame.when(self.rows.covers_pre(pre)):
                self._row(pre, age)

    def _row(self, pre: Value, age: Value) -> None:
        elements = self.elements
        elements.index[At.pre] = pre
        elements.emit(self.ops, At.pre)
        if self.made is None:
            self._synapses(self.rows.of_pre(self.worker, self.lo, self.hi, pre), pre, age)
            return
        with self.made.part(self.worker, pre, self.lo, self.hi) as part:
            self._synapses(part, pre, age)

    def _synapses(self, row: Row, pre: Value, age: Value) -> None:
        frame, elements = self.frame, self.elements
        # a row holds each post neuron once, so its synapses are independent; but scattering single additions is
        # faster one by one
        simd = not self.each and (self.rows.dense or is_costly(self.ops))
        apart = all(_touches_row(frame, o) for o in self.ops)
        with frame.loop(row.lo, row.hi, simd=simd, independent=apart, hint="j") as j:
            synapse, post = row.at(j)
            elements.index.update({At.syn: synapse, At.post: post})
            if self.synapses.no_self:
                elements.skip = frame.b.cmp("eq", pre, post)
            with frame.when(self._arrives(synapse, age) if row.present is None else row.present(post)):
                elements.effects(self.ops)

    def _arrives(self, synapse: Value, age: Value) -> Value | None:
        if not self.each:
            return None
        delays = self.frame.buffer(f"{self.op.owner}.delays", DType.i32)
        return self.frame.b.cmp("eq", self.frame.load_index(delays, synapse), age)


def lower_back_spikes(frame: Frame, op: step.Map) -> None:
    """Every worker reads its own part of this step's list: the synapses of a post neuron belong to it."""
    synapses = frame.network.synapses[op.owner]
    rows, ops, b = Rows(frame, synapses), op.body.ops, frame.b
    owner = str(synapses.post)
    with frame.team(str(op.owner), op.flag) as (p, lo, _):
        elements = Elements(frame)
        elements.emit(ops, At.one)
        spikes = frame.buffer(str(op.events), DType.i32)
        counts = frame.buffer(f"{op.events}.count", DType.i32)
        slot = frame.slot(frame.depth(owner))
        base = b.add(b.mul(slot, frame.size(f"{owner}.n")), lo)
        count = frame.load_index(counts, b.add(b.mul(slot, frame.size("team")), p))
        with frame.loop(frame.number(0), count, hint="s") as s:
            post = frame.load_index(spikes, b.add(base, s))
            with frame.when(rows.covers_post(post)):
                _column(frame, op, rows, elements, post)


def lower_arrivals(frame: Frame, op: step.Map) -> None:
    """Every worker takes the spikes of its own neurons that arrive in this step."""
    synapses = frame.network.synapses[op.owner]
    age = frame.number(1) if synapses.delay == "one" else frame.size(f"{op.owner}.delay")
    _own_events(frame, op, str(synapses.pre), At.pre, age)


def lower_firings(frame: Frame, op: step.Map) -> None:
    """Every worker takes its own neurons that have fired in this step."""
    _own_events(frame, op, str(frame.network.synapses[op.owner].post), At.post, None)


def _own_events(frame: Frame, op: step.Map, population: str, side: At, age: Value | None) -> None:
    """The neurons of a worker in the list of the step that many steps ago (None: of this one)."""
    b, ops = frame.b, op.body.ops
    with frame.team(population, op.flag) as (p, lo, _):
        elements = Elements(frame, own=side)
        elements.emit(ops, At.one)
        spikes = frame.buffer(str(op.events), DType.i32)
        counts = frame.buffer(f"{op.events}.count", DType.i32)
        with frame.when(None if age is None else b.cmp("ge", frame.step, age)):
            slot = frame.slot(frame.depth(population), age)
            base = b.add(b.mul(slot, frame.size(f"{population}.n")), lo)
            count = frame.load_index(counts, b.add(b.mul(slot, frame.size("team")), p))
            with frame.loop(frame.number(0), count, independent=True, hint="s") as s:
                elements.index[side] = frame.load_index(spikes, b.add(base, s))
                elements.effects(ops)


def _column(frame: Frame, op: step.Map, rows: Rows, elements: Elements, post: Value) -> None:
    ops = op.body.ops
    elements.index[At.post] = post
    elements.emit(ops, At.post)
    row = rows.of_post(post)
    apart = all(_own_synapse(frame, o) for o in ops)
    simd = apart and (rows.layout == "dense_post" or is_costly(ops))
    with frame.loop(row.lo, row.hi, simd=simd, independent=apart, hint="j") as j:
        synapse, pre = row.at(j)
        elements.index.update({At.syn: synapse, At.pre: pre})
        if frame.network.synapses[op.owner].no_self:
            elements.skip = frame.b.cmp("eq", pre, post)
        elements.effects(ops)


def _only_adds(op: object) -> bool:
    """Whether an op changes nothing, or adds to a sum."""
    return not isinstance(op, step.Write) and (not isinstance(op, step.Accumulate) or op.kind == "add")


def _touches_row(frame: Frame, op: object) -> bool:
    """Whether an op changes nothing but what belongs to a synapse or its post neuron."""
    if not isinstance(op, step.Write | step.Accumulate):
        return True
    return frame.network.fields[op.field].type.at in (At.syn, At.post, At.neuron)


def _own_synapse(frame: Frame, op: object) -> bool:
    """Whether an op leaves alone what the synapses of one post neuron share."""
    if isinstance(op, step.Write):
        return frame.network.fields[op.field].type.at is At.syn
    return not isinstance(op, step.Accumulate)


def pre_fields_changed(op: step.Map) -> Iterator[step.Read]:
    """The reads of fields of the pre neuron that the same map changes in the post neuron: their value would depend
    on how far other events have got."""
    changed = {o.field for o in op.body.ops if isinstance(o, (step.Write, step.Accumulate))}
    for read in op.body.ops:
        if isinstance(read, step.Read) and read.result.type.at is At.pre and read.field in changed:
            yield read
