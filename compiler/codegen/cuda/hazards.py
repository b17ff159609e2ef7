"""Where the threads that execute the code of one worker have to meet: before an access that another thread's earlier
one must not overtake, and nowhere else.

Two accesses need a meeting between them if they may touch the same buffer, one of them writes, and they are not both
the leader's. Buffers never overlap on a device. Branches are taken by all threads alike, so what is known after one is
what holds either way; what a loop does is known where it starts, since it may come round.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import loop

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Block, Op, Value


class Touch(enum.Flag):
    """What has been done to a buffer, and by whom, since the threads last met."""

    ALL_READ = enum.auto()
    LEADER_WRITES = enum.auto()
    ALL_WRITE = enum.auto()


_FORBIDS: Final = {
    Touch.ALL_READ: Touch.LEADER_WRITES | Touch.ALL_WRITE,
    Touch.LEADER_WRITES: Touch.ALL_READ | Touch.ALL_WRITE,
    Touch.ALL_WRITE: Touch.ALL_READ | Touch.LEADER_WRITES | Touch.ALL_WRITE,
}
"""The earlier accesses that each kind must not overtake, nor be overtaken by."""

Accesses = dict[str, Touch]
"""Kinds of access by buffer."""

EVERYTHING: Final = "*"
"""Stands for every buffer."""


class Hazards:
    """What is pending: accesses since the threads last met."""

    def __init__(self) -> None:
        self.pending: Accesses = {}

    def clear(self) -> None:
        """The threads have met."""
        self.pending = {}

    def conflict(self, accesses: Accesses) -> bool:
        """Whether the threads must meet before these accesses."""
        return any(_clash(self.pending, name, touch) for name, touch in accesses.items())

    def note(self, accesses: Accesses) -> None:
        """These accesses are done."""
        self.pending = union(self.pending, accesses)


def union(*several: Accesses) -> Accesses:
    """All of several sets of accesses."""
    found: Accesses = {}
    for accesses in several:
        for name, touch in accesses.items():
            found[name] = found.get(name, Touch(0)) | touch
    return found


def _clash(pending: Accesses, name: str, touch: Touch) -> bool:
    forbidden = Touch(0)
    for kind, others in _FORBIDS.items():
        if kind in touch:
            forbidden |= others
    if name == EVERYTHING:
        return any(forbidden & there for there in pending.values())
    return bool(forbidden & (pending.get(name, Touch(0)) | pending.get(EVERYTHING, Touch(0))))


def key(buffer: Value) -> str:
    """The name of a buffer: that of a field, or of scratch memory."""
    op = buffer.op
    return f"@{op.field}" if isinstance(op, loop.FieldRef) else f"scratch {id(buffer)}"


WARPS: Final = "the counts of warps"
"""Shared memory of compactions."""

STAGE: Final = "the terms of a sum"
"""Shared memory of reductions."""


def of_block(block: Block, *, divided: bool) -> Accesses:
    """What the ops of a region do, those in regions of theirs included; `divided`: each thread for its own elements."""
    return union(*(of_op(op, divided=divided) for op in block.ops))


def of_op(op: Op, *, divided: bool = False) -> Accesses:
    """What an op does. A store outside of divided work is the leader's."""
    if isinstance(op, loop.Load):
        return {key(op.buffer): Touch.ALL_READ}
    if isinstance(op, loop.Store):
        return {key(op.buffer): Touch.ALL_WRITE if divided else Touch.LEADER_WRITES}
    if isinstance(op, loop.Compact):
        return {
            key(op.mask): Touch.ALL_READ | Touch.ALL_WRITE,
            key(op.list): Touch.ALL_WRITE,
            key(op.counts): Touch.ALL_READ | Touch.LEADER_WRITES,
            WARPS: Touch.ALL_READ | Touch.ALL_WRITE,
        }
    if isinstance(op, loop.Record):
        return {EVERYTHING: Touch.ALL_READ, "recorders": Touch.ALL_READ | Touch.ALL_WRITE}
    apart = isinstance(op, loop.Reduce) or (isinstance(op, loop.For) and bool(op.simd or op.independent))
    found = union(*(of_block(block, divided=divided or apart) for block in op.regions))
    return union(found, {STAGE: Touch.ALL_READ | Touch.ALL_WRITE}) if isinstance(op, loop.Reduce) else found


def holds_loops(op: loop.For) -> bool:
    """Whether there is a loop, a reduction or a list to make inside of a loop."""
    return any(isinstance(inner, loop.For | loop.Reduce | loop.Compact) for inner in op.walk() if inner is not op)
