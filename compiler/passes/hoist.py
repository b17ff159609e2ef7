"""`hoist`: what a loop computes anew in every round, though it never changes, is computed once in front of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nnc.compiler.ir import arith, batch, loop
from nnc.compiler.ir.batch import fields_of
from nnc.compiler.ir.define import PURE
from nnc.compiler.passes.manager import Pass

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Block, Op, Value
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context

_PHASES = (loop.Team, batch.Batch, loop.Once)


@dataclass(frozen=True)
class Hoist(Pass):
    """Moves pure ops out of all loops, phases and conditions on whose values they do not depend, and loads of the
    only element of a buffer out of those that never write it.

    Every op is total, so computing one that a loop of no rounds would not have reached is harmless. Out of a phase, a
    load goes only if the whole loop over steps never writes the buffer: between phases it would belong to none.
    Order is kept, nothing is moved twice, and a second run changes nothing.
    """

    name: ClassVar[str] = "hoist"
    takes: ClassVar[Level] = "loop"
    gives: ClassVar[Level] = "loop"

    def run(self, module: Module, context: Context) -> bool:  # noqa: D102
        return any([_Function(func).run() for func in module.find(loop.Func)])


def is_single(op: Op, singles: frozenset[str]) -> bool:
    """Whether a load is of the one element of a buffer: its index is a zero that needs no check."""
    if not isinstance(op, loop.Load):
        return False
    index, names = op.index.op, fields_of(op.buffer)
    return bool(names) and singles.issuperset(names) and isinstance(index, arith.Const) and index.value == 0


def single_fields(module: Op) -> frozenset[str]:
    """The declared buffers of one element."""
    return frozenset(str(op.sym) for op in module.regions[0].ops if isinstance(op, loop.Field) and not op.extent)


def written_buffers(op: Op) -> set[Value]:
    """The buffers that an op, or one in it, writes."""
    out: set[Value] = set()
    for inner in op.walk():
        if isinstance(inner, loop.Store):
            out.add(inner.buffer)
        elif isinstance(inner, loop.Compact):
            out.update((inner.mask, inner.list, inner.counts))
    return out


def written_fields(op: Op) -> frozenset[str]:
    """The fields among them, by name: two references to a field are two values."""
    return frozenset(name for buffer in written_buffers(op) for name in fields_of(buffer))


class _Function:
    """Decides from the top down where each op ends up: in the block of the innermost scope it depends on."""

    def __init__(self, func: loop.Func) -> None:
        assert func.parent_op is not None
        self.func = func
        self.singles = single_fields(func.parent_op)
        self.changed = False
        self.home: dict[Value, int] = {}
        self.blocks: list[Block] = [func.body]
        self.written: list[frozenset[str]] = [frozenset()]
        self.holders: list[Op] = []
        self.moved: list[list[Op]] = []

    def run(self) -> bool:
        for arg in self.func.body.args:
            self.home[arg] = 0
        self._block(self.func.body)
        return self.changed

    def _block(self, block: Block) -> None:
        """Visit a block whose enclosing scopes are on the stack; rebuild it without the ops that leave."""
        depth = len(self.blocks) - 1
        kept: list[Op] = []
        self.moved.append([])
        for op in block.ops:
            target = self._target(op, depth)
            for result in op.results:
                self.home[result] = target
            if target < depth:
                self.moved[target].append(op)
                self.changed = True
                continue
            for region in op.regions:
                self._enter(op, region)
            # what the regions of this op sent here stands in front of it
            kept.extend(self.moved[depth])
            self.moved[depth].clear()
            kept.append(op)
        self.moved.pop()
        block.ops = kept
        for op in kept:
            op.parent = block

    def _enter(self, op: Op, region: Block) -> None:
        for arg in region.args:
            self.home[arg] = len(self.blocks)
        self.blocks.append(region)
        self.written.append(written_fields(op))
        self.holders.append(op)
        self._block(region)
        self.blocks.pop()
        self.written.pop()
        self.holders.pop()

    def _target(self, op: Op, depth: int) -> int:
        """Depth of the block where an op may stand at the outermost."""
        if op.regions or not (op.spec.has(PURE) or is_single(op, self.singles)):
            return depth
        lowest = max((self.home[v] for v in op.operands), default=0)
        if op.spec.has(PURE):
            return min(depth, lowest)
        assert isinstance(op, loop.Load)
        return self._load_target(op, lowest, depth)

    def _load_target(self, op: loop.Load, lowest: int, depth: int) -> int:
        fields = fields_of(op.buffer)
        # `written[d]` is what the op that holds the block of depth d writes
        target = depth
        while target > lowest and self.written[target].isdisjoint(fields):
            target -= 1
        time = self._depth_of((loop.TimeLoop,))
        phase = self._depth_of(_PHASES)
        if time is not None and phase is not None and time <= target < phase:
            return phase
        return target

    def _depth_of(self, kinds: tuple[type[Op], ...]) -> int | None:
        """Depth of the block of the outermost op of some kinds around."""
        return next((d for d, holder in enumerate(self.holders, 1) if isinstance(holder, kinds)), None)
