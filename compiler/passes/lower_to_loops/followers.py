"""Neuron maps that go along with the sums they read: while those of some neurons are in registers, these are updated.

A sum over the taps of filters is complete for a few posts at a time. Where the next map over the post population reads
it, that map is written into the loop which stores the sums, and need not fetch them from memory again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.ir import step
from nnc.compiler.ir.effects import effects, effects_of
from nnc.compiler.ir.types import At
from nnc.compiler.passes.lower_to_loops.frame import Elements, needed_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.ir.core import Op, Value
    from nnc.compiler.passes.lower_to_loops.frame import Frame, Network


def join_followers(schedule: list[Op], network: Network) -> dict[Op, step.Map]:
    """The map that each sum over taps takes along. They leave the schedule, in which what is in their way is moved."""
    found: dict[Op, step.Map] = {}
    for guest in [op for op in schedule if _may_follow(op)]:
        assert isinstance(guest, step.Map)
        place = schedule.index(guest)
        host = _last_sum(schedule[:place], guest, network)
        if host is None or host in found or not _apart(host, guest):
            continue
        start = schedule.index(host)
        sooner: list[Op] = []
        later: list[Op] = []
        for op in schedule[start + 1 : place]:
            mine = effects_of(_with_follower(op, found))
            blocked = [host, *later]
            (later if any(effects_of(_with_follower(o, found)).conflicts(mine) for o in blocked) else sooner).append(op)
        if any(effects_of(_with_follower(op, found)).conflicts(effects(guest)) for op in later):
            continue
        schedule[start : place + 1] = [*sooner, host, *later]
        found[host] = guest
    return found


def _may_follow(op: Op) -> bool:
    """Spikes are put on lists, and reductions are made, by blocks and by workers of their own."""
    if not isinstance(op, step.Map) or op.domain != "neurons" or op.flag:
        return False
    return not any(isinstance(inner, (step.Accumulate, step.Emit, step.Stop)) for inner in op.body.ops)


def _last_sum(before: Sequence[Op], guest: step.Map, network: Network) -> step.Map | None:
    """The sum over taps that a map reads, if it is the last to change what the map reads of sums."""
    reads = {str(op.field) for op in guest.body.ops if isinstance(op, step.Read)}
    for op in reversed(before):
        if not isinstance(op, step.Map) or op.domain != "synapses" or not effects(op).writes & reads:
            continue
        suits = not op.flag and str(op.owner) in network.stencils
        return op if suits and network.population_of(str(op.owner)) == str(guest.owner) else None
    return None


def _apart(host: step.Map, guest: step.Map) -> bool:
    """Whether the two share nothing but the sums, which the guest reads only: the host reads of other neurons."""
    sums = {str(op.field) for op in host.body.ops if isinstance(op, step.Accumulate)}
    return effects(host).conflicts(effects(guest)) <= sums - effects(guest).writes


def _with_follower(op: Op, found: dict[Op, step.Map]) -> list[Op]:
    return [op, found[op]] if op in found else [op]


class Follower:
    """Writes a neuron map into a loop over posts; made in front of that loop."""

    def __init__(self, frame: Frame, op: step.Map) -> None:
        self.ops = needed_for(op.body.ops, [o for o in op.body.ops if isinstance(o, step.Write)])
        self.outer = Elements(frame)
        self.outer.emit(self.ops, At.one)

    def at(self, neuron: Value, field: str, total: Value) -> None:
        """The update of one neuron, whose sum in a field is known."""
        elements = self.outer.inside()
        elements.index[At.neuron] = neuron
        for op in self.ops:
            if isinstance(op, step.Read) and str(op.field) == field:
                elements.values[op.result] = total
        elements.effects(self.ops)
