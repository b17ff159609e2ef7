"""`map-threads`: the phases of a team become the code of one worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nnc.compiler.ir import batch, loop
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.types import DType, i64
from nnc.compiler.passes.manager import Pass

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Value
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context


@dataclass(frozen=True)
class MapThreads(Pass):
    """Puts the body of each `loop.team` in its place, with this worker's part of the domain, and that of each
    `loop.once` under the condition that this is worker 0. The bounds are computed once, at the start of the function.
    A `loop.batch` becomes a loop over its members, which computes the bounds of each.
    """

    name: ClassVar[str] = "map-threads"
    takes: ClassVar[Level] = "loop"
    gives: ClassVar[Level] = "loop"

    def run(self, module: Module, context: Context) -> bool:  # noqa: D102
        changed = False
        for func in module.find(loop.Func):
            worker = _Worker(func)
            for op in list(func.walk()):
                if isinstance(op, loop.Team):
                    worker.inline(op)
                elif isinstance(op, batch.Batch):
                    worker.go_through(op)
                elif isinstance(op, loop.Once):
                    worker.guard(op)
            changed |= worker.used
        return changed


class _Worker:
    """The values that tell a worker its part, made where the function starts when first asked for."""

    def __init__(self, func: loop.Func) -> None:
        first = func.body.ops[0] if func.body.ops else None
        self.b = Builder(func.body, first, func.loc)
        self._id: Value | None = None
        self._is_first: Value | None = None
        self._parts: dict[str, tuple[Value, Value]] = {}

    @property
    def used(self) -> bool:
        """Whether anything was asked for."""
        return self._id is not None

    @property
    def id(self) -> Value:
        """The number of the worker."""
        if self._id is None:
            self._id = self.b.value(loop.Id, types=(i64,))
            self._id.hint = "id"
        return self._id

    @property
    def is_first(self) -> Value:
        """Whether it is worker 0."""
        if self._is_first is None:
            self._is_first = self.b.cmp("eq", self.id, self.b.const(0, DType.i64))
            self._is_first.hint = "first"
        return self._is_first

    def part(self, op: loop.Team) -> tuple[Value, Value]:
        """First element of the worker's part of a domain, and the first behind it."""
        name = str(op.domain)
        if name not in self._parts:
            n = self.b.value(loop.SizeRef, types=(i64,), size=op.domain)
            self._parts[name] = self._bounds(self.b, n, name.replace(".", "_"))
        return self._parts[name]

    def _bounds(self, b: Builder, n: Value, stem: str) -> tuple[Value, Value]:
        after = b.add(self.id, b.const(1, DType.i64))
        lo, hi = (b.value(loop.Bound, n, p, types=(i64,)) for p in (self.id, after))
        n.hint, lo.hint, hi.hint = stem, f"{stem}_lo", f"{stem}_hi"
        return lo, hi

    def inline(self, op: loop.Team) -> None:
        """Replace a team by its body."""
        lo, hi = self.part(op)
        for arg, value in zip(op.body.args, (self.id, lo, hi), strict=True):
            arg.replace_by(value)
        assert op.parent is not None
        block = op.parent
        at = block.ops.index(op)
        moved, op.body.ops = op.body.ops, []
        for inner in moved:
            inner.parent = block
        block.ops[at:at] = moved
        op.erase()

    def go_through(self, op: batch.Batch) -> None:
        """Replace a batch by a loop over its members."""
        assert op.parent is not None
        zero, count = (self.b.const(n, DType.i64) for n in (0, len(op.domains)))
        moved, op.regions = op.body, [Block()]
        member, *rest = moved.args
        moved.args = [member]
        b = Builder(moved, moved.ops[0] if moved.ops else None, op.loc)
        n = b.value(batch.PickSize, member, types=(i64,), sizes=op.domains)
        for arg, value in zip(rest, (self.id, *self._bounds(b, n, "n")), strict=True):
            arg.replace_by(value)
        op.parent.insert_before(op, loop.For((zero, count), (), {}, (moved,), op.loc))
        op.erase()

    def guard(self, op: loop.Once) -> None:
        """Replace a phase of worker 0 by a condition around its body."""
        body = op.body
        op.regions = [Block()]
        assert op.parent is not None
        op.parent.insert_before(op, loop.If((self.is_first,), (), {}, (body,), op.loc))
        op.erase()
