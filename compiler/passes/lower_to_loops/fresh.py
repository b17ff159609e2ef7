"""Sums that need no zero to be added to: the first of a step writes what it has."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nnc.compiler.ir import arith, step
from nnc.compiler.ir.effects import effects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.ir.core import Op
    from nnc.compiler.passes.lower_to_loops.frame import Network


def fresh_sums(schedule: list[Op], network: Network) -> set[Op]:
    """The sums over taps of filters that find the zero of this step: it is taken out, since they need not read it.

    Every post neuron has taps, so each of them gets its sum. A map that has nothing left to do leaves the schedule.
    """
    found: set[Op] = set()
    for index, op in enumerate(schedule):
        if not isinstance(op, step.Map) or op.flag or op.domain != "synapses" or str(op.owner) not in network.stencils:
            continue
        for each in op.body.ops:
            if not isinstance(each, step.Accumulate) or _touches(op.body.ops, str(each.field)) > 1:
                continue
            zero = _zero(schedule[:index], str(each.field), network.population_of(str(op.owner)))
            if zero is not None:
                zero.erase()
                found.add(each)
    schedule[:] = [op for op in schedule if not (isinstance(op, step.Map) and _idle(op))]
    return found


def _touches(ops: Sequence[Op], field: str) -> int:
    """How many of some ops read or write a field."""
    return sum(field in (found := effects(op)).reads | found.writes or _records(op, field) for op in ops)


def _records(op: Op, field: str) -> bool:
    return isinstance(op, step.Record) and field in map(str, op.fields)


def _zero(before: Sequence[Op], field: str, population: str) -> step.Write | None:
    """The zero that is the last thing done to a field, for all neurons of a population."""
    last = next((op for op in reversed(before) if _touches([op], field)), None)
    if not isinstance(last, step.Map) or last.flag or last.domain != "neurons" or str(last.owner) != population:
        return None
    if _touches(last.body.ops, field) > 1:
        return None
    write = next(op for op in last.body.ops if _touches([op], field))
    if not isinstance(write, step.Write) or not isinstance(write.value.op, arith.Const):
        return None
    value = write.value.op.value
    return write if isinstance(value, float) and value == 0.0 and math.copysign(1.0, value) > 0.0 else None


def _idle(op: step.Map) -> bool:
    """Whether a map has no effect."""
    return all(effects(inner).removable for inner in op.body.ops)
