"""Maps over all synapses: weighted sums by post neuron, and changes of the synapses themselves."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import step
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.types import At, i64
from nnc.compiler.passes.lower_to_loops.frame import Elements, Frame, needed_for
from nnc.compiler.passes.lower_to_loops.making import made_again
from nnc.compiler.passes.lower_to_loops.rows import Row, Rows

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Op, Value

NEUTRAL: Final = {"add": -0.0, "mean": -0.0, "max": -math.inf, "min": math.inf}
"""What changes no partial result, bit for bit."""


def lower_synapses(frame: Frame, op: step.Map) -> None:
    """Reductions by post neuron first (they see the old values), then what changes the synapses."""
    ops = op.body.ops
    sums = [o for o in ops if isinstance(o, step.Accumulate)]
    writes = [o for o in ops if isinstance(o, step.Write)]
    with frame.team(str(op.owner), op.flag) as (p, lo, hi):
        if sums:
            _sums(frame, op, sums, p, lo, hi)
        if writes:
            _updates(frame, op, needed_for(ops, writes), p, lo, hi)


def _sums(frame: Frame, op: step.Map, sums: list[step.Accumulate], p: Value, lo: Value, hi: Value) -> None:
    rule = frame.network.procedurals.get(str(op.owner))
    made = None if rule is None else made_again(frame, rule)
    rows = Rows(frame, frame.network.synapses[op.owner])
    ops = needed_for(op.body.ops, sums)
    elements = Elements(frame, frame.network.tied(str(op.owner)))
    elements.emit(ops, At.one)
    if made is not None:
        made.begin(elements)
    first, end = rows.own_posts(lo, hi)
    # rows that are made share the worker's memory
    with frame.loop(first, end, independent=made is None) as post:
        elements.index[At.post] = post
        elements.emit(ops, At.post)
        with nullcontext(rows.of_post(post)) if made is None else made.whole(p, post, elements) as row:
            for each in sums:
                with frame.b.from_(each.loc):
                    _sum(frame, rows, elements, row, needed_for(ops, [each]), each)


def _sum(frame: Frame, rows: Rows, outer: Elements, row: Row, ops: list[Op], op: step.Accumulate) -> None:
    post = outer.index[At.post]
    no_self = rows.dense and frame.network.synapses[rows.name].no_self
    elements = outer.inside()
    body = Block((i64,), ("j",))
    with frame.b.at(body):
        synapse, pre = row.at(body.args[0])
        elements.index.update({At.syn: synapse, At.pre: pre})
        elements.emit(ops, At.pre, At.syn)
        value = elements.values[op.value]
        if no_self:
            itself = frame.b.cmp("eq", pre, post)
            value = frame.b.select(itself, frame.b.like(NEUTRAL[op.kind], value), value)
        frame.b.yield_(value)
    count = frame.b.sub(row.hi, row.lo)
    if no_self:
        pres = rows.covers_pre(post)
        assert pres is not None, "only dense projections leave out the neuron itself"
        count = frame.b.sub(count, frame.b.cast(pres, count.type.dtype))
    with frame.when(frame.b.cmp("gt", count, frame.number(0))):
        total = frame.reduce("add" if op.kind == "mean" else op.kind, row.lo, row.hi, body)
        if op.kind == "mean":
            total = frame.b.div(total, frame.b.cast(count, total.type.dtype))
        elements.add(op.field, total)


def _updates(frame: Frame, op: step.Map, ops: list[Op], p: Value, lo: Value, hi: Value) -> None:
    """In the order of the layout, so that memory is read straight on."""
    rows = Rows(frame, frame.network.synapses[op.owner])
    elements = Elements(frame)
    elements.emit(ops, At.one)
    by_post = rows.layout.endswith("post")
    outer, inner = (At.post, At.pre) if by_post else (At.pre, At.post)
    first, end = rows.own_posts(lo, hi) if by_post else rows.pres()
    with frame.loop(first, end, independent=True) as neuron:
        elements.index[outer] = neuron
        elements.emit(ops, outer)
        row = rows.of_post(neuron) if by_post else rows.of_pre(p, lo, hi, neuron)
        with frame.loop(row.lo, row.hi, simd=True, hint="j") as j:
            synapse, other = row.at(j)
            elements.index.update({At.syn: synapse, inner: other})
            elements.effects(ops)
