"""`hoist-time`: what depends on parameters alone is computed once per run, not once per step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from nnc.compiler.ir import arith, loop
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.define import PURE
from nnc.compiler.ir.types import buffer_type, i64
from nnc.compiler.passes.hoist import written_fields
from nnc.compiler.passes.manager import Pass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnc.compiler.ir.attributes import Attr
    from nnc.compiler.ir.core import Op, Value
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context

CHEAP_MATH: Final = frozenset({"math.floor", "math.ceil", "math.trunc", "math.rint", "math.sign"})
"""Functions that cost less than the load that would replace them."""


@dataclass(frozen=True)
class HoistTime(Pass):
    """Values per neuron that depend only on what no step changes, and that cost more than a load (division, root,
    elementary functions), are computed by a phase in front of the loop over steps into scratch buffers
    `@pop.fixed<i>`, and loaded in the steps. Run `hoist` before, which moves single values. Nothing a run writes moves.
    """

    name: ClassVar[str] = "hoist-time"
    takes: ClassVar[Level] = "loop"
    gives: ClassVar[Level] = "loop"

    def run(self, module: Module, context: Context) -> bool:  # noqa: D102
        changed = False
        for func in list(module.find(loop.Func)):
            work = _Function(module, func)
            for time in list(func.find(loop.TimeLoop)):
                for team in [op for op in time.body.ops if isinstance(op, loop.Team)]:
                    for inner in list(team.find(loop.For)):
                        changed |= work.relieve(time, team, inner)
        return changed


def is_expensive(op: Op) -> bool:
    """Whether computing the op takes longer than loading its result."""
    if isinstance(op, (arith.Div, arith.Rem)):
        return True
    return op.name.startswith("math.") and op.name not in CHEAP_MATH


def covers_part(inner: loop.For, team: loop.Team) -> bool:
    """Whether a loop goes over the elements of a worker, or over a block of them."""
    _, lo, hi = team.body.args
    if inner.lo is lo and inner.hi is hi:
        return True
    outer = inner.parent_op
    if not isinstance(outer, loop.For) or inner.lo is not outer.body.args[0] or not covers_part(outer, team):
        return False
    return isinstance(inner.hi.op, arith.Min) and hi in inner.hi.op.operands


class _Function:
    def __init__(self, module: Module, func: loop.Func) -> None:
        self.module = module
        self.func = func
        self.extents = {str(op.sym): op.extent for op in module.body.ops if isinstance(op, loop.Field)}
        self.written = written_fields(func)

    def relieve(self, time: loop.TimeLoop, team: loop.Team, inner: loop.For) -> bool:
        """Take out of one loop what can be."""
        if not covers_part(inner, team):
            return False
        fixed = _Fixed(self, time, inner, (team.domain,))
        roots = fixed.roots()
        if not roots:
            return False
        buffers = {root: self._buffer(str(team.domain), root) for root in roots}
        self._prologue(time, team, inner, buffers)
        for root, buffer in buffers.items():
            _load_instead(inner, root, buffer)
        return True

    def _buffer(self, domain: str, root: Value) -> Value:
        """A new scratch buffer for a value, declared and referred to."""
        assert root.op is not None
        owner = domain.removesuffix(".n")
        number = 0
        while f"{owner}.fixed{number}" in self.extents:
            number += 1
        name = Symbol(f"{owner}.fixed{number}")
        extent = (Symbol(domain),)
        self.extents[str(name)] = extent
        kind = buffer_type(root.type.dtype)
        attributes: dict[str, Attr] = {"sym": name, "type": kind, "extent": extent, "role": "scratch"}
        self.module.body.insert_before(self.func, loop.Field((), (), attributes, (), root.op.loc))
        start = Builder(self.func.body, self.func.body.ops[0], root.op.loc)
        value = start.value(loop.FieldRef, types=(kind,), field=name)
        value.hint = str(name).replace(".", "_")
        return value

    def _prologue(self, time: loop.TimeLoop, team: loop.Team, inner: loop.For, roots: dict[Value, Value]) -> None:
        """The phase that fills the buffers. A worker computes what it will read: no barrier is needed."""
        assert time.parent is not None
        body, elements = Block((i64, i64, i64), ("p", "lo", "hi")), Block((i64,), ("i",))
        time.parent.insert_before(time, loop.Team((), (), {"domain": team.domain}, (body,), team.loc))
        _, lo, hi = body.args
        body.append(loop.For((lo, hi), (), {"simd": True}, (elements,), inner.loc))
        mapping: dict[Value, Value] = {inner.body.args[0]: elements.args[0]}
        for op in _slice(roots, inner):
            elements.append(op.clone(mapping))
        b = Builder(elements)
        for root, buffer in roots.items():
            b.op(loop.Store, mapping[root], buffer, elements.args[0])


def _slice(roots: Iterable[Value], inner: loop.For) -> list[Op]:
    """What some values are computed from inside a loop, in order."""
    wanted = {root.op for root in roots}
    for op in reversed(inner.body.ops):
        if op in wanted:
            wanted.update(value.op for value in op.operands)
    return [op for op in inner.body.ops if op in wanted]


def _load_instead(inner: loop.For, root: Value, buffer: Value) -> None:
    """Replace a value by a load; what it was computed from goes if nothing else needs it."""
    assert root.op is not None
    computed = _slice([root], inner)
    b = Builder(inner.body, root.op, root.op.loc)
    root.replace_by(b.value(loop.Load, buffer, inner.body.args[0], types=(root.type,)))
    for op in reversed(computed):
        if all(not r.uses for r in op.results):
            op.erase()


class _Fixed:
    """The values in the body of a loop that no step changes, and which of them to keep in memory."""

    def __init__(self, work: _Function, time: loop.TimeLoop, inner: loop.For, domain: tuple[Symbol, ...]) -> None:
        self.inner = inner
        self.index = inner.body.args[0]
        self.time = time
        self.fixed: set[Value] = set()
        self.costly: set[Value] = set()
        for op in inner.body.ops:
            if self._is_parameter(op, work, domain):
                self.fixed.add(op.results[0])
            elif op.spec.has(PURE) and len(op.results) == 1 and all(self._known(v) for v in op.operands):
                self.fixed.add(op.results[0])
                if is_expensive(op) or any(v in self.costly for v in op.operands):
                    self.costly.add(op.results[0])

    def _known(self, value: Value) -> bool:
        return value in self.fixed or made_before(self.time, value)

    def _is_parameter(self, op: Op, work: _Function, domain: tuple[Symbol, ...]) -> bool:
        if not isinstance(op, loop.Load) or op.index is not self.index or not isinstance(op.buffer.op, loop.FieldRef):
            return False
        name = str(op.buffer.op.field)
        return name not in work.written and work.extents.get(name) == domain

    def roots(self) -> list[Value]:
        """In the order of the program: costly values that something changing uses, or two things use."""
        found: dict[Value, None] = {}
        for op in self.inner.walk():
            if op is self.inner or (op.results and op.results[0] in self.fixed):
                continue
            for value in op.operands:
                self._visit(value, found)
        order = {op: i for i, op in enumerate(self.inner.body.ops)}
        return sorted(found, key=lambda v: order[v.op] if v.op is not None else -1)

    def _visit(self, value: Value, found: dict[Value, None]) -> None:
        if value not in self.costly or value in found:
            return
        assert value.op is not None
        inputs = [v for v in value.op.operands if v in self.costly]
        if is_expensive(value.op) or all(len({user for user, _ in v.uses}) == 1 for v in inputs):
            found[value] = None
            return
        for each in inputs:
            self._visit(each, found)


def made_before(time: loop.TimeLoop, value: Value) -> bool:
    """Whether a value is made outside the loop over steps."""
    block = value.owner if isinstance(value.owner, Block) else value.owner.parent
    while block is not None and block.parent is not None:
        if block.parent is time:
            return False
        block = block.parent.parent
    return True
