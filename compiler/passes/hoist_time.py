"""`hoist-time`: what depends on parameters alone is computed once per run, not once per step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from nnc.compiler.ir import arith, batch, loop
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.batch import fields_of
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.define import PURE
from nnc.compiler.ir.types import buffer_type, i64
from nnc.compiler.passes.hoist import is_single, single_fields, written_fields
from nnc.compiler.passes.manager import Pass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
                for phase in [op for op in time.body.ops if isinstance(op, (loop.Team, batch.Batch))]:
                    for inner in list(phase.find(loop.For)):
                        changed |= work.relieve(time, phase, inner)
        return changed


def is_expensive(op: Op) -> bool:
    """Whether computing the op takes longer than loading its result."""
    if isinstance(op, (arith.Div, arith.Rem)):
        return True
    return op.name.startswith("math.") and op.name not in CHEAP_MATH


def covers_part(inner: loop.For, team: Shared) -> bool:
    """Whether a loop goes over the elements of a worker, or over a block of them."""
    *_, lo, hi = team.body.args
    if inner.lo is lo and inner.hi is hi:
        return True
    outer = inner.parent_op
    if not isinstance(outer, loop.For) or inner.lo is not outer.body.args[0] or not covers_part(outer, team):
        return False
    return isinstance(inner.hi.op, arith.Min) and hi in inner.hi.op.operands


Shared = loop.Team | batch.Batch
"""A phase of all workers, for one population or for each member of a batch."""


def domains_of(phase: Shared) -> tuple[Symbol, ...]:
    """The sizes that a phase goes over: one, or one for each member."""
    return (phase.domain,) if isinstance(phase, loop.Team) else tuple(phase.domains)


class _Function:
    def __init__(self, module: Module, func: loop.Func) -> None:
        self.module = module
        self.func = func
        self.extents = {str(op.sym): op.extent for op in module.body.ops if isinstance(op, loop.Field)}
        self.written = written_fields(func)
        self.singles = single_fields(module)

    def relieve(self, time: loop.TimeLoop, phase: Shared, inner: loop.For) -> bool:
        """Take out of one loop what can be."""
        if not covers_part(inner, phase):
            return False
        fixed = _Fixed(self, time, phase, inner)
        roots = fixed.roots()
        if not roots:
            return False
        names = {root: [self._declared(str(domain), root) for domain in domains_of(phase)] for root in roots}
        self._prologue(time, phase, inner, fixed, names)
        for root, fields in names.items():
            _load_instead(inner, root, self._buffer(phase, fields, root))
        return True

    def _declared(self, domain: str, root: Value) -> Symbol:
        """A new scratch field for a value."""
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
        return name

    def _buffer(self, phase: Shared, fields: Sequence[Symbol], root: Value) -> Value:
        """A reference to the field of a value, of the member at hand in a batch."""
        assert root.op is not None
        kind = buffer_type(root.type.dtype)
        if isinstance(phase, batch.Batch):
            b = Builder(phase.body, phase.body.ops[0] if phase.body.ops else None, root.op.loc)
            picked = b.value(batch.PickField, phase.body.args[0], types=(kind,), fields=tuple(fields))
            picked.hint = "fixed"
            return picked
        start = Builder(self.func.body, self.func.body.ops[0], root.op.loc)
        value = start.value(loop.FieldRef, types=(kind,), field=fields[0])
        value.hint = str(fields[0]).replace(".", "_")
        return value

    def _prologue(
        self, time: loop.TimeLoop, phase: Shared, inner: loop.For, fixed: _Fixed, roots: dict[Value, list[Symbol]]
    ) -> None:
        """The phase that fills the buffers. A worker computes what it will read: no barrier is needed."""
        assert time.parent is not None
        hints = [arg.hint for arg in phase.body.args]
        body, elements = Block([i64] * len(hints), hints), Block((i64,), ("i",))
        attributes: dict[str, Attr] = {n: v for n, v in phase.attributes.items() if n in ("domain", "domains")}
        before = type(phase)((), (), attributes, (body,), phase.loc)
        time.parent.insert_before(time, before)
        mapping: dict[Value, Value] = dict(zip(phase.body.args, body.args, strict=True))
        mapping[inner.body.args[0]] = elements.args[0]
        computed = _slice(roots, inner)
        given = {value for op in computed for value in op.operands if value in fixed.outer}
        for op in _slice(given, phase):
            body.append(op.clone(mapping))
        *_, lo, hi = body.args
        body.append(loop.For((lo, hi), (), {"simd": True}, (elements,), inner.loc))
        for op in computed:
            elements.append(op.clone(mapping))
        b = Builder(elements)
        for root, fields in roots.items():
            b.op(loop.Store, mapping[root], self._buffer(before, fields, root), elements.args[0])


def _slice(roots: Iterable[Value], around: Op) -> list[Op]:
    """What some values are computed from directly in the region of an op, in order."""
    ops = around.regions[0].ops
    wanted = {root.op for root in roots}
    for op in reversed(ops):
        if op in wanted:
            wanted.update(value.op for value in op.operands)
    return [op for op in ops if op in wanted]


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

    def __init__(self, work: _Function, time: loop.TimeLoop, phase: Shared, inner: loop.For) -> None:
        self.inner = inner
        self.index = inner.body.args[0]
        self.time = time
        self.fixed: set[Value] = set()
        self.costly: set[Value] = set()
        self.outer: set[Value] = set()
        """What the members of a batch have that no step changes: kept once for each, so it costs nothing."""
        if isinstance(phase, batch.Batch):
            self._see_members(work, phase)
        for op in inner.body.ops:
            if self._is_parameter(op, work, domains_of(phase)):
                self.fixed.add(op.results[0])
            elif op.spec.has(PURE) and len(op.results) == 1 and all(self._known(v) for v in op.operands):
                self.fixed.add(op.results[0])
                if is_expensive(op) or any(v in self.costly for v in op.operands):
                    self.costly.add(op.results[0])

    def _see_members(self, work: _Function, phase: batch.Batch) -> None:
        self.outer.add(phase.body.args[0])
        given = work.singles - work.written
        for op in phase.body.ops:
            known = (op.spec.has(PURE) and not op.regions) or is_single(op, given)
            if known and all(self._known(v) for v in op.operands):
                self.outer.update(op.results)

    def _known(self, value: Value) -> bool:
        return value in self.fixed or value in self.outer or made_before(self.time, value)

    def _is_parameter(self, op: Op, work: _Function, domains: tuple[Symbol, ...]) -> bool:
        if not isinstance(op, loop.Load) or op.index is not self.index:
            return False
        names = fields_of(op.buffer)
        of_each = names * len(domains) if len(names) == 1 else names
        fits = [work.extents[name] for name in of_each] == [(domain,) for domain in domains]
        return bool(names) and fits and work.written.isdisjoint(names)

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
