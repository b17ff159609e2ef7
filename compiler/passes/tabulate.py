"""`tabulate`: what a batch would compute of its members in every step, though it never changes, is kept in tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from nnc.compiler.ir import batch, loop
from nnc.compiler.ir.batch import fields_of, is_over_members
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.define import PURE
from nnc.compiler.ir.types import buffer_type, i64
from nnc.compiler.passes.hoist import is_single, single_fields, written_fields
from nnc.compiler.passes.hoist_time import made_before
from nnc.compiler.passes.manager import Pass

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Op, Value
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

    Needs `map-threads`. `hoist` before it brings such values out of inner loops. Nothing a run writes is tabulated.
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
                    need = (members.trips or 0) * sum(root.type.dtype.numpy.itemsize for root in roots)
                    if roots and need <= room:
                        _tabulate(func, time, members, roots)
                        room -= need
                        changed = True
        return changed


def _roots(time: loop.TimeLoop, members: loop.For, given: frozenset[str]) -> list[Value]:
    """What is worth a table: all but picks, if something that changes uses it."""
    fixed: set[Value] = {members.body.args[0]}
    for op in members.body.ops:
        pure = op.spec.has(PURE) or (is_single(op, given) and bool(fields_of(op.operands[0])))
        if pure and not op.regions and all(v in fixed or made_before(time, v) for v in op.operands):
            fixed.update(op.results)
    made = [op.results[0] for op in members.body.ops if op.results and op.results[0] in fixed]
    worth = [v for v in made if not isinstance(v.op, _PICKS) and not v.type.buffer]
    return [v for v in worth if any(not (user.results and user.results[0] in fixed) for user, _ in v.uses)]


def _tabulate(func: loop.Func, time: loop.TimeLoop, members: loop.For, roots: list[Value]) -> None:
    assert time.parent is not None
    wanted = {root.op for root in roots}
    for op in reversed(members.body.ops):
        if op in wanted:
            wanted.update(value.op for value in op.operands)
    body = Block((i64,), (members.body.args[0].hint,))
    time.parent.insert_before(time, loop.For((members.lo, members.hi), (), {}, (body,), members.loc))
    mapping = {members.body.args[0]: body.args[0]}
    for op in [op for op in members.body.ops if op in wanted]:
        body.append(op.clone(mapping))
    fill, start = Builder(body), Builder(func.body, func.body.ops[0], members.loc)
    for root in roots:
        assert root.op is not None
        kind = buffer_type(root.type.dtype)
        table = start.value(loop.Alloca, types=(kind,), count=max(1, members.trips or 0))
        table.hint = root.hint
        fill.op(loop.Store, mapping[root], table, body.args[0])
        b = Builder(members.body, root.op, root.op.loc)
        root.replace_by(b.value(loop.Load, table, members.body.args[0], types=(root.type,)))
    for op in reversed(list(members.body.ops)):
        if op in wanted and all(not r.uses for r in op.results):
            op.erase()
