"""`place-barriers`: as few barriers in a step as keep workers from seeing each other's half-done work.

The phases of a step form a cycle. Two of them conflict where one writes elements that another worker touches in the
other; the barrier between them may stand after any phase from the first up to the second. Each conflict is thus an
arc of places on the cycle, and the barriers are the smallest set that hits every arc.

Recorders may read anything, but most runs have none: records get barriers of their own, under that condition.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from nnc.compiler.ir import batch, loop
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.batch import fields_of
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.types import DType, i64
from nnc.compiler.passes.hoist import single_fields, written_fields
from nnc.compiler.passes.manager import Pass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnc.compiler.ir.core import Op
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context


PHASES: Final = (loop.Team, batch.Batch, loop.Once)
"""The ops that are a phase of a step."""


@dataclass(frozen=True)
class PlaceBarriers(Pass):
    """Inserts `loop.barrier` between phases of the loop over steps.

    Relies on the rule that a worker writes only what it owns, on what a `loop.team` says it reads of others, and on
    single values belonging to worker 0. Barriers that are there are kept out of the reckoning: run it once.
    """

    name: ClassVar[str] = "place-barriers"
    takes: ClassVar[Level] = "loop"
    gives: ClassVar[Level] = "loop"

    def run(self, module: Module, context: Context) -> bool:  # noqa: D102
        singles = single_fields(module)
        changed = False
        for time in list(module.find(loop.TimeLoop)):
            phases = [Phase.of(op, singles) for op in time.body.ops if isinstance(op, PHASES)]
            for place in stab(conflicts(phases), len(phases)):
                index = time.body.ops.index(phases[place].op) + 1
                time.body.insert(index, loop.Barrier(loc=phases[place].op.loc))
                changed = True
            for op in [op for op in time.body.ops if isinstance(op, loop.Record)]:
                _enclose(op, time)
                changed = True
        return changed


def _enclose(record: loop.Record, time: loop.TimeLoop) -> None:
    """Let all workers meet before and after a record if there are recorders.

    Where they have just met anyway, they need not meet again.
    That also lets all of them see, at the end of the next step, that a recorder was full.
    """
    assert time.parent is not None
    before = Builder(time.parent, time, record.loc)
    count = before.value(loop.SizeRef, types=(i64,), size=Symbol(f"recording.{record.when}"))
    some = before.cmp("gt", count, before.const(0, DType.i64))
    count.hint = some.hint = "recording"
    body = Block()
    index = time.body.ops.index(record)
    met = index > 0 and isinstance(time.body.ops[index - 1], loop.Barrier)
    time.body.insert_before(record, loop.If((some,), (), {}, (body,), record.loc))
    record.detach()
    if not met:
        body.append(loop.Barrier(loc=record.loc))
    body.append(record)
    body.append(loop.Barrier(loc=record.loc))


class Whose(enum.Flag):
    """Whose elements of a field a worker touches in a phase."""

    OWN = enum.auto()
    """Those it owns, at any time in the step."""
    OTHERS = enum.auto()
    """Those that others may own."""
    PAST = enum.auto()
    """Those that others may own, in rows written in earlier steps and overwritten in later ones."""


@dataclass
class Phase:
    """What one phase reads and writes, by field."""

    op: Op
    reads: dict[str, Whose] = field(default_factory=dict)
    writes: dict[str, Whose] = field(default_factory=dict)
    stops: bool = False
    """Whether it may end the run after this step."""

    @staticmethod
    def of(op: Op, singles: frozenset[str]) -> Phase:
        """The accesses of a phase."""
        phase = Phase(op)
        team = not isinstance(op, loop.Once)
        shared, past = _others(op)
        for name in _loaded_fields(op):
            if name in shared or (name in singles) == team:
                phase.reads[name] = Whose.OTHERS
            else:
                phase.reads[name] = Whose.PAST if name in past else Whose.OWN
        for name in written_fields(op):
            phase.writes[name] = Whose.OTHERS if (name in singles) == team else Whose.OWN
        phase.stops = next(op.find(loop.Stop), None) is not None
        return phase


def _others(op: Op) -> tuple[set[str], set[str]]:
    """What a phase says it reads of other workers: fields, and rows of earlier steps of rings."""
    if not isinstance(op, (loop.Team, batch.Batch)):
        return set(), set()
    return set(map(str, op.shared)), set(map(str, op.past))


def _loaded_fields(op: Op) -> set[str]:
    return {name for load in op.find(loop.Load) for name in fields_of(load.buffer)}


Arc = range
"""Places on the cycle, from the first to the last that would do; numbers beyond the last phase are in the next step."""


def conflicts(phases: list[Phase]) -> list[Arc]:
    """One arc for every pair of phases that must not run at the same time. Place i is after phase i."""
    count = len(phases)
    arcs: list[Arc] = []
    for index, phase in enumerate(phases):
        if phase.stops:
            arcs.append(range(index, count))
        for name, how in phase.writes.items():
            for other, reader in enumerate(phases):
                arcs.extend(_between(index, how, other, reader.reads.get(name), count))
                if other > index:
                    arcs.extend(_between(index, how, other, reader.writes.get(name), count))
    return list(dict.fromkeys(arcs))


def _between(writer: int, how: Whose, reader: int, read: Whose | None, count: int) -> Iterator[Arc]:
    if read is None or (how is Whose.OWN and read is Whose.OWN):
        return
    for first, second in ((writer, reader), (reader, writer)):
        if read is Whose.PAST:
            yield range(first, second + count)
        elif first == second:
            raise ValueError("a phase touches what other workers write in it")
        else:
            yield range(first, second if first < second else second + count)


def stab(arcs: list[Arc], count: int) -> list[int]:
    """The smallest set of places on a cycle of `count` that hits all arcs, ascending.

    One place of the shortest arc must be taken: for each of them the rest is a problem on a line, which taking the
    last place of the arc that ends first solves. The first of the best solutions is given.
    """
    if not arcs:
        return []
    best: list[int] = []
    shortest = min(arcs, key=len)
    for first in shortest:
        origin = first % count
        rest = [_unrolled(arc, origin, count) for arc in arcs]
        places = [origin, *_stab_line([arc for arc in rest if arc is not None])]
        if not best or len(places) < len(best):
            best = places
    return sorted(place % count for place in best)


def _unrolled(arc: Arc, origin: int, count: int) -> Arc | None:
    """The same arc, starting behind the origin; None if it holds it."""
    start = origin + (arc.start - origin) % count
    stop = start + min(len(arc), count)
    return None if start == origin or stop > origin + count else range(start, stop)


def _stab_line(arcs: list[Arc]) -> list[int]:
    places: list[int] = []
    for arc in sorted(arcs, key=lambda a: a.stop):
        if not places or places[-1] not in arc:
            places.append(arc[-1])
    return places
