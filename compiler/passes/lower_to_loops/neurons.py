"""Maps over neurons, over post neurons, and of one value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import loop, step
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.types import At, DType, i64
from nnc.compiler.passes.lower_to_loops.frame import Elements, Frame, needed_for, owner_of

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Op, Value

BLOCK: Final = 512
"""Neurons whose spike mask is written before it is compacted: both fit the first-level cache (4-5 times faster than
appending in the loop that updates)."""


def lower_neurons(frame: Frame, op: step.Map) -> None:
    """A map over neurons: reductions over the population, then its own elements by each worker."""
    ops = op.body.ops
    for reduction in ops:
        if isinstance(reduction, step.Accumulate):
            _population_reduction(frame, op, reduction)
    done = [o for o in ops if isinstance(o, (step.Write, step.Emit))]
    if done:
        _elements(frame, op, needed_for(ops, done), At.neuron)


def lower_posts(frame: Frame, op: step.Map) -> None:
    """A map over the post neurons of a projection."""
    _elements(frame, op, op.body.ops, At.post)


def lower_pres(frame: Frame, op: step.Map) -> None:
    """A map over the pre neurons of a projection, each by the worker that owns it."""
    pre = str(frame.network.synapses[op.owner].pre)
    with frame.team(pre, op.flag) as (_, lo, hi):
        elements = Elements(frame, own=At.pre)
        elements.emit(op.body.ops, At.one)
        _simd(frame, elements, op.body.ops, At.pre, lo, hi)


def lower_once(frame: Frame, op: step.Map) -> None:
    """Code of worker 0."""
    with frame.once(op.flag):
        elements = Elements(frame)
        elements.effects(op.body.ops)
        for stop in op.body.ops:
            if isinstance(stop, step.Stop):
                frame.b.op(loop.Stop, elements.values[stop.condition], frame.step)


def lower_push(frame: Frame, op: step.Push) -> None:
    """Copy a field into the row of this step."""
    ring = frame.network.rings[op.ring]
    owner, dtype = owner_of(op.ring), ring.type.dtype
    target, source = frame.buffer(op.ring, dtype), frame.buffer(ring.source)
    frame.pushed.add(str(op.ring))
    if ring.type.at is At.one:
        with frame.once():
            frame.store(frame.load(source, frame.number(0)), target, frame.ring_row(ring))
        return
    with frame.team(owner) as (_, lo, hi):
        row = frame.ring_row(ring)
        with frame.loop(lo, hi, simd=True) as i:
            frame.store(frame.load(source, i), target, frame.b.add(row, i))


def _elements(frame: Frame, op: step.Map, ops: list[Op], at: At) -> None:
    emits = [o for o in ops if isinstance(o, step.Emit)]
    with frame.team(str(op.owner)) as (p, lo, hi):
        lists = [SpikeList(frame, e, nth, p, lo) for nth, e in enumerate(emits)]
        with frame.when(frame.flag(op.flag)):
            elements = Elements(frame)
            elements.emit(ops, At.one)
            if not lists:
                _simd(frame, elements, ops, at, lo, hi)
                return
            with frame.loop(lo, hi, step=BLOCK, hint="block") as start:
                end = frame.b.min(frame.b.add(start, frame.number(BLOCK)), hi)
                _simd(frame, elements, ops, at, start, end, lists)
                for each in lists:
                    each.compact(start, end)


def _simd(
    frame: Frame, elements: Elements, ops: list[Op], at: At, lo: Value, hi: Value, lists: list[SpikeList] | None = None
) -> None:
    with frame.loop(lo, hi, simd=True) as i:
        elements.index[at] = i
        elements.effects(ops)
        for each in lists or ():
            with frame.b.from_(each.op.loc):
                frame.store(elements.values[each.op.condition], each.mask, frame.b.sub(i, lo))


class SpikeList:
    """The part of a worker of the list of this step, emptied at the start of the phase."""

    def __init__(self, frame: Frame, op: step.Emit, nth: int, worker: Value, lo: Value) -> None:
        self.frame, self.op = frame, op
        owner = frame.network.events[op.events]
        self.mask = frame.alloca(BLOCK, DType.bool, nth)
        self.list = frame.buffer(op.events, DType.i32)
        self.counts = frame.buffer(f"{op.events}.count", DType.i32)
        slot = frame.slot(frame.depth(owner))
        self.base = frame.b.add(frame.b.mul(slot, frame.size(f"{owner}.n")), lo)
        self.slot = frame.b.add(frame.b.mul(slot, frame.size("team")), worker)
        frame.store(frame.b.const(0, DType.i32), self.counts, self.slot)

    def compact(self, lo: Value, hi: Value) -> None:
        """Append the neurons of a block whose mask is set."""
        self.frame.b.op(loop.Compact, self.mask, lo, hi, self.list, self.base, self.counts, self.slot)


def _population_reduction(frame: Frame, op: step.Map, reduction: step.Accumulate) -> None:
    """One reduction over all neurons, by worker 0: its order of summation must not depend on the team."""
    ops = needed_for(op.body.ops, [reduction])
    count = frame.size(f"{op.owner}.n")
    with frame.once(op.flag), frame.b.from_(reduction.loc):
        elements = Elements(frame)
        elements.emit(ops, At.one)
        body = Block((i64,), ("i",))
        with frame.b.at(body):
            elements.index[At.neuron] = body.args[0]
            elements.emit(ops, At.neuron)
            frame.b.yield_(elements.values[reduction.value])
        kind = "add" if reduction.kind == "mean" else reduction.kind
        total = frame.reduce(kind, frame.number(0), count, body)
        if reduction.kind == "mean":
            total = frame.b.div(total, frame.b.cast(count, total.type.dtype))
        elements.write(reduction.field, total)
