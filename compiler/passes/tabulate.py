"""`tabulate`: what a batch would compute of its members in every step, though it never changes, is kept in tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from nnc.compiler.ir import arith, batch, loop
from nnc.compiler.ir.batch import is_over_members
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.define import PURE
from nnc.compiler.ir.types import DType, buffer_type, i64
from nnc.compiler.passes.hoist import is_single, single_fields, written_fields
from nnc.compiler.passes.hoist_time import made_before
from nnc.compiler.passes.manager import Pass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.ir.core import Value
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context

ROOM: Final = 1 << 18
"""Bytes of tables at most, which lie on the stack of each worker."""

_PICKS: Final = (batch.PickField, batch.PickSize, batch.PickNumber)


@dataclass(frozen=True)
class Tabulate(Pass):
    """Values of the members of a batch that no step changes (bounds, parameters, what follows from them) are computed
    by a loop over the members in front of the loop over steps, each into a table of this worker's scratch memory.

    The row of a ring, `k rem depth` of step k, is the row of the step before and one more: it is kept in a table too,
    which saves the division. Needs `map-threads`. `hoist` before it brings such values out of inner loops. Nothing a
    run writes is tabulated.
    """

    name: ClassVar[str] = "tabulate"
    takes: ClassVar[Level] = "loop"
    gives: ClassVar[Level] = "loop"

    def run(self, module: Module, context: Context) -> bool:  # noqa: D102
        changed = False
        singles = single_fields(module)
        for func in module.find(loop.Func):
            room = ROOM
            for time in list(func.find(loop.TimeLoop)):
                for members in [op for op in time.find(loop.For) if is_over_members(op)]:
                    roots = _roots(time, members, singles - written_fields(func))
                    rows = _rows(time, members)
                    kinds = [root.type.dtype for root in (*roots, *(row.results[0] for row in rows))]
                    need = (members.trips or 0) * sum(kind.numpy.itemsize for kind in kinds)
                    if roots and need <= room:
                        tables = _Tables(func, time, members)
                        tables.count(rows)
                        tables.keep(roots)
                        room -= need
                        changed = True
        return changed


def _roots(time: loop.TimeLoop, members: loop.For, given: frozenset[str]) -> list[Value]:
    """What is worth a table: all but picks, if something that changes uses it."""
    fixed: set[Value] = {members.body.args[0]}
    for op in members.body.ops:
        known = op.spec.has(PURE) or is_single(op, given)
        if known and not op.regions and all(v in fixed or made_before(time, v) for v in op.operands):
            fixed.update(op.results)
    made = [op.results[0] for op in members.body.ops if op.results and op.results[0] in fixed]
    worth = [v for v in made if not isinstance(v.op, _PICKS) and not v.type.buffer]
    return [v for v in worth if any(not (user.results and user.results[0] in fixed) for user, _ in v.uses)]


def _rows(time: loop.TimeLoop, members: loop.For) -> list[arith.Rem]:
    """Numbers of steps modulo a size, where every step does the loop over members once."""
    if members.parent is not time.body:
        return []
    rows = [op for op in members.body.ops if isinstance(op, arith.Rem) and op.operands[0] is time.body.args[0]]
    return [op for op in rows if isinstance(op.operands[1].op, batch.PickSize)]


class _Tables:
    """The tables of one loop over members: `fill` writes them before the first step."""

    def __init__(self, func: loop.Func, time: loop.TimeLoop, members: loop.For) -> None:
        assert time.parent is not None
        self.time, self.members = time, members
        self.start = Builder(func.body, func.body.ops[0], members.loc)
        self.body = Block((i64,), (members.body.args[0].hint,))
        self.fill = Builder(self.body)
        self.mapping = {members.body.args[0]: self.body.args[0]}
        ends = (members.lo, members.hi)
        time.parent.insert_before(time, loop.For(ends, (), {}, (self.body,), members.loc))

    def table(self, root: Value) -> Value:
        """Scratch memory with an entry per member."""
        kind, count = buffer_type(root.type.dtype), max(1, self.members.trips or 0)
        table = self.start.value(loop.Alloca, types=(kind,), count=count)
        table.hint = root.hint
        return table

    def computed(self, roots: Sequence[Value]) -> None:
        """Compute some values before the first step."""
        wanted = {root.op for root in roots if root not in self.mapping}
        for op in reversed(self.members.body.ops):
            if op in wanted:
                wanted.update(v.op for v in op.operands if v not in self.mapping)
        for op in [op for op in self.members.body.ops if op in wanted]:
            self.fill.insert(op.clone(self.mapping))

    def keep(self, roots: Sequence[Value]) -> None:
        """Load values that never change from tables instead of computing them."""
        self.computed(roots)
        for root in roots:
            assert root.op is not None
            table = self.table(root)
            self.fill.op(loop.Store, self.mapping[root], table, self.body.args[0])
            b = Builder(self.members.body, root.op, root.op.loc)
            root.replace_by(b.value(loop.Load, table, self.members.body.args[0], types=(root.type,)))
        erase_unused(self.members.body)

    def count(self, rows: Sequence[arith.Rem]) -> None:
        """Count the rows of rings on, from one before that of the first step."""
        self.computed([row.operands[1] for row in rows])
        for row in rows:
            depth, table, one = row.operands[1], self.table(row.results[0]), self.fill.const(1, DType.i64)
            first = self.fill.rem(self.time.lo, self.mapping[depth])
            self.fill.op(loop.Store, self.fill.sub(first, one), table, self.body.args[0])
            b, member = Builder(self.members.body, row, row.loc), self.members.body.args[0]
            after = b.add(b.value(loop.Load, table, member, types=(i64,)), b.const(1, DType.i64))
            now = b.select(b.cmp("eq", after, depth), b.const(0, DType.i64), after)
            b.op(loop.Store, now, table, member)
            row.replace_by(now)


def erase_unused(block: Block) -> None:
    """Take out what nothing uses any more, last first."""
    for op in reversed(list(block.ops)):
        if (op.spec.has(PURE) or isinstance(op, loop.Load)) and all(not r.uses for r in op.results):
            op.erase()
