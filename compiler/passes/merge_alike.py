"""`merge-alike`: phases that do the same for different objects become one loop over a table of them.

Networks of many small populations (basal ganglia, columns) have a phase for each of them and for each projection,
alike but for the symbols and a few numbers in them. What compiles and what runs of such a group is one kernel.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from nnc.compiler.ir import arith, batch, loop
from nnc.compiler.ir.attributes import Symbol, key
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block, Value
from nnc.compiler.ir.rewrite import erase_all
from nnc.compiler.ir.types import DType, i64
from nnc.compiler.passes.hoist import single_fields
from nnc.compiler.passes.manager import Pass
from nnc.compiler.passes.place_barriers import PHASES, Phase, Whose

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from nnc.compiler.ir.attributes import Attr
    from nnc.compiler.ir.core import Op
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context


@dataclass(frozen=True)
class MergeAlike(Pass):
    """Phases of a step that are the same but for the fields, sizes and numbers in them become one `loop.batch`, or one
    loop in a `loop.once`, if there are at least `minimum`.

    Members are done in the order of the program, and a phase moves in front of others only if they share nothing that
    one of them writes: no bit changes. In a batch no worker touches what another one writes, so it needs no barrier
    inside. Scratch memory of a worker holds nothing from phase to phase. On the GPU every phase is done by all blocks
    at once, so for the target `cuda` nothing is merged.
    """

    minimum: int = 4

    name: ClassVar[str] = "merge-alike"
    takes: ClassVar[Level] = "loop"
    gives: ClassVar[Level] = "loop"

    def run(self, module: Module, context: Context) -> bool:  # noqa: D102
        if context.options.target == "cuda":
            return False
        singles = single_fields(module)
        changed = False
        for time in list(module.find(loop.TimeLoop)):
            for stretch in list(_stretches(time.body, singles)):
                groups = _grouped(stretch, self.minimum)
                if any(len(group.members) > 1 for group in groups):
                    _rewrite(time.body, stretch, groups)
                    changed = True
        return changed


_ENTRY: Final[Mapping[type[Op], str]] = {loop.FieldRef: "field", loop.SizeRef: "size", arith.Const: "value"}
_LEAVES: Final = tuple(_ENTRY)


@dataclass(frozen=True, eq=False)
class _Leaf:
    """Something that may differ between phases that are alike: a reference to a field or size, or a number.

    It stands at an operand of an op, or is the result of an op of the phase itself (`place` None).
    """

    value: Value
    op: Op
    place: int | None

    @property
    def entry(self) -> Attr:
        """The symbol or the number."""
        made_by = self.value.op
        assert made_by is not None
        return made_by.attributes[_ENTRY[type(made_by)]]

    @property
    def kind(self) -> Hashable:
        """What all entries of a table have in common."""
        assert self.value.op is not None
        return (self.value.op.name, self.value.type)


@dataclass(eq=False)
class _Member:
    """A phase, with the mark of the end of its kernel; `shape` is the same for phases that are alike."""

    phase: Phase
    shape: Hashable = None
    leaves: list[_Leaf] = field(default_factory=list)
    lap: loop.Lap | None = None

    @property
    def op(self) -> Op:
        return self.phase.op


@dataclass(eq=False)
class _Group:
    """Members in their order, and all fields that they touch."""

    members: list[_Member] = field(default_factory=list)
    reads: dict[str, Whose] = field(default_factory=dict)
    writes: dict[str, Whose] = field(default_factory=dict)

    def add(self, member: _Member) -> None:
        self.members.append(member)
        for mine, its in ((self.reads, member.phase.reads), (self.writes, member.phase.writes)):
            for name, how in its.items():
                mine[name] = how if mine.get(name, how) is how else Whose.OTHERS

    def shares(self, member: _Member) -> list[tuple[Whose, Whose]]:
        """How the group and a member touch the fields that one of them writes."""
        phase = member.phase
        pairs = ((self.writes, phase.reads), (self.writes, phase.writes), (self.reads, phase.writes))
        return [(mine[n], its[n]) for mine, its in pairs for n in mine.keys() & its.keys()]

    def admits(self, member: _Member) -> bool:
        """Whether one loop may do the member after those of the group without a barrier between them."""
        return all(mine is Whose.OWN and its is Whose.OWN for mine, its in self.shares(member))


def _stretches(block: Block, singles: frozenset[str]) -> Iterator[list[_Member]]:
    """Phases one behind the other with nothing between them but the marks of kernels."""
    stretch: list[_Member] = []
    for op in block.ops:
        if isinstance(op, PHASES):
            member = _Member(Phase.of(op, singles))
            if not member.phase.stops:
                member.shape = _Shape(block, member.leaves).of(op)
            stretch.append(member)
        elif isinstance(op, loop.Lap) and stretch and stretch[-1].lap is None:
            stretch[-1].lap = op
        else:
            yield stretch
            stretch = []
    yield stretch


class _Shape:
    """Describes a phase by numbers for its values, and lists the leaves in the order of the text."""

    def __init__(self, time: Block, leaves: list[_Leaf]) -> None:
        self.time = time
        self.leaves = leaves
        self.known: dict[Value, int] = {}
        self.fits = True

    def of(self, op: Op) -> Hashable:
        """The shape of a phase; None for one that reads what the loop over steps computes outside of phases."""
        if not isinstance(op, (loop.Team, loop.Once)):
            return None
        shape = (op.name, self.block(op.regions[0]))
        return shape if self.fits else None

    def block(self, block: Block) -> Hashable:
        for arg in block.args:
            self.known[arg] = len(self.known)
        return tuple(self.op(op) for op in block.ops)

    def op(self, op: Op) -> Hashable:
        for result in op.results:
            self.known[result] = len(self.known)
        if isinstance(op, _LEAVES):
            # A number decides how a loop or a function is written.
            leaf = self.leaf(op.results[0], op, None)
            fixed = isinstance(op, arith.Const) and any(_is_written_by(user) for user, _ in op.results[0].uses)
            return (op.name, leaf, key(self.leaves[-1].entry) if fixed else None)
        operands = tuple(self.operand(op, place) for place in range(len(op.operands)))
        attributes = tuple((name, key(value)) for name, value in sorted(op.attributes.items()))
        types = tuple(r.type for r in op.results)
        return (op.name, operands, attributes, types, tuple(self.block(r) for r in op.regions))

    def operand(self, user: Op, place: int) -> Hashable:
        """A value of the phase by its number; one from outside by what it is, or as a leaf."""
        value = user.operands[place]
        op = value.op
        if value in self.known:
            return self.known[value]
        if isinstance(op, arith.Const) and _is_written_by(user):
            return ("number", key(op.value), value.type)
        if isinstance(op, _LEAVES):
            return self.leaf(value, user, place)
        self.fits &= op is None or op.parent is not self.time
        return ("outside", id(value))

    def leaf(self, value: Value, op: Op, place: int | None) -> Hashable:
        self.leaves.append(_Leaf(value, op, place))
        return self.leaves[-1].kind


def _is_written_by(user: Op) -> bool:
    """Whether a number that an op reads decides what code it becomes: bounds of loops, arguments of functions."""
    return bool(user.regions) or user.name.startswith("math.")


def _grouped(stretch: Sequence[_Member], minimum: int) -> list[_Group]:
    """The groups of a stretch in the order in which they are done; those that are too small are left apart."""
    shapes = Counter(m.shape for m in stretch if m.shape is not None)
    wanted = {m for m in stretch if shapes[m.shape] >= minimum}
    while True:
        groups = _scheduled(stretch, wanted)
        small = {m for g in groups if 1 < len(g.members) < minimum for m in g.members}
        if not small:
            return groups
        wanted -= small


def _scheduled(stretch: Sequence[_Member], wanted: set[_Member]) -> list[_Group]:
    """Each wanted member joins the last group of its shape, if it may pass all that stands behind that."""
    groups: list[_Group] = []
    last: dict[Hashable, int] = {}
    for member in stretch:
        place = last.get(member.shape) if member in wanted else None
        if place is None or not _may_join(groups, place, member):
            place = len(groups)
            groups.append(_Group())
            last[member.shape] = place
        groups[place].add(member)
    return groups


def _may_join(groups: Sequence[_Group], place: int, member: _Member) -> bool:
    return groups[place].admits(member) and not any(group.shares(member) for group in groups[place + 1 :])


def _rewrite(block: Block, stretch: Sequence[_Member], groups: Iterable[_Group]) -> None:
    """Put the groups where the phases stand."""
    place = block.ops.index(stretch[0].op)
    for member in stretch:
        member.op.detach()
        if member.lap is not None:
            member.lap.detach()
    for group in groups:
        op = group.members[0].op if len(group.members) == 1 else _merged(group.members)
        for each in (op, _lap([m.lap for m in group.members if m.lap is not None])):
            if each is not None:
                block.insert(place, each)
                place += 1


def _lap(laps: Sequence[loop.Lap]) -> loop.Lap | None:
    """The mark behind a group: `pop0..pop63.update` for `pop0.update` and the like."""
    if len(laps) > 1:
        first, last = (str(lap.kernel).partition(".") for lap in (laps[0], laps[-1]))
        laps[0].kernel = Symbol(f"{first[0]}..{last[0]}.{first[2]}")
    return laps[0] if laps else None


def _merged(members: Sequence[_Member]) -> Op:
    """One phase for all members: the code of the first, with tables where they differ."""
    first = members[0].op
    body = first.regions[0]
    first.regions = []
    member = Value(i64, body, 0, "b")
    body.args.insert(0, member)
    for place, arg in enumerate(body.args):
        arg.index = place
    tables = _Tables(Builder(body, body.ops[0] if body.ops else None, first.loc), member)
    for column in zip(*(m.leaves for m in members), strict=True):
        tables.use(column)
    erase_all(tables.spent)
    if isinstance(first, loop.Once):
        merged: Op = loop.Once((), (), {}, (Block(),), first.loc)
        start = Builder(merged.regions[0], None, first.loc)
        ends = [start.const(n, DType.i64) for n in (0, len(members))]
        start.op(loop.For, *ends, regions=(body,))
    else:
        merged = batch.Batch((), (), _described([m.op for m in members]), (body,), first.loc)
    erase_all([each.op for each in members[1:]])
    for inner in merged.find(loop.For):
        if inner.simd:
            inner.short = True
    return merged


def _described(teams: Sequence[Op]) -> dict[str, Attr]:
    """The domains of all members, and what they read of other workers."""
    attributes: dict[str, Attr] = {"domains": tuple(team.attributes["domain"] for team in teams)}
    for name in ("shared", "past"):
        named = dict.fromkeys(symbol for team in teams for symbol in getattr(team, name))
        if named:
            attributes[name] = tuple(named)
    return attributes


class _Tables:
    """The tables at the start of a merged phase, each made once; `spent` are the ops that they stand for.

    Those go when all tables are there: one of them may be what the tables are put in front of.
    """

    def __init__(self, b: Builder, member: Value) -> None:
        self.b, self.member = b, member
        self.made: dict[Hashable, Value] = {}
        self.spent: list[Op] = []

    def use(self, column: Sequence[_Leaf]) -> None:
        """Let the first member take its entry of a table, unless all have the same."""
        first, entries = column[0], tuple(leaf.entry for leaf in column)
        known = (first.kind, key(entries))
        if all(key(entry) == key(entries[0]) for entry in entries):
            return
        if known not in self.made:
            self.made[known] = self._table(first.value, entries)
        if first.place is None:
            first.value.replace_by(self.made[known])
            self.spent.append(first.op)
        else:
            first.op.set_operand(first.place, self.made[known])

    def _table(self, value: Value, entries: tuple[Attr, ...]) -> Value:
        assert value.op is not None
        cls, attribute = _PICKS[type(value.op)]
        picked = self.b.value(cls, self.member, types=(value.type,), **{attribute: entries})
        name = str(entries[0]) if isinstance(entries[0], Symbol) else ""
        picked.hint = name.partition(".")[2].replace(".", "_") or None
        return picked


_PICKS: Final[Mapping[type[Op], tuple[type[Op], str]]] = {
    loop.FieldRef: (batch.PickField, "fields"),
    loop.SizeRef: (batch.PickSize, "sizes"),
    arith.Const: (batch.PickNumber, "numbers"),
}
