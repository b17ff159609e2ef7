"""Values, operations and blocks: the graph that every stage of the compiler works on.

Control flow is structured: an op holds regions, each a single block, and nothing jumps. So a value dominates the
ops after it in its block and in the blocks nested there, and one walk verifies everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from nnc.compiler.diagnostics import UNKNOWN, Loc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nnc.compiler.ir.attributes import Attr
    from nnc.compiler.ir.define import OpSpec
    from nnc.compiler.ir.types import Type

OpT = TypeVar("OpT", bound="Op")


class Value:
    """The result of an op or the argument of a block."""

    __slots__ = ("hint", "index", "owner", "type", "uses")

    def __init__(self, type: Type, owner: Op | Block, index: int, hint: str | None = None) -> None:
        self.type = type
        self.owner = owner
        self.index = index
        self.hint = hint
        self.uses: list[tuple[Op, int]] = []

    @property
    def op(self) -> Op | None:
        """The op that makes this value; None for a block argument."""
        return self.owner if isinstance(self.owner, Op) else None

    def replace_by(self, other: Value) -> None:
        """Make every use of this value a use of the other."""
        if other is self:
            return
        for user, index in self.uses:
            user._operands[index] = other
            other.uses.append((user, index))
        self.uses = []
        if other.hint is None:
            other.hint = self.hint

    def __repr__(self) -> str:
        return f"%{self.hint or '?'}: {self.type}"


class Op:
    """One operation. Subclasses are declared in the op-set files with `nnc.compiler.ir.define`."""

    __slots__ = ("_operands", "attributes", "loc", "parent", "regions", "results")

    name: ClassVar[str]
    spec: ClassVar[OpSpec]

    def __init__(
        self,
        operands: Sequence[Value] = (),
        result_types: Sequence[Type] = (),
        attributes: dict[str, Attr] | None = None,
        regions: Sequence[Block] = (),
        loc: Loc = UNKNOWN,
    ) -> None:
        self._operands = list(operands)
        for index, value in enumerate(self._operands):
            value.uses.append((self, index))
        self.results = [Value(t, self, i) for i, t in enumerate(result_types)]
        self.attributes: dict[str, Attr] = attributes or {}
        self.regions = list(regions)
        for region in self.regions:
            region.parent = self
        self.parent: Block | None = None
        self.loc = loc

    @property
    def operands(self) -> Sequence[Value]:
        """The values read; change them with `set_operand`."""
        return self._operands

    def set_operand(self, index: int, value: Value) -> None:
        """Read another value instead."""
        self._operands[index].uses.remove((self, index))
        self._operands[index] = value
        value.uses.append((self, index))

    def set_operands(self, values: Sequence[Value]) -> None:
        """Read these values instead of all present ones."""
        self.drop_operands()
        self._operands = list(values)
        for index, value in enumerate(self._operands):
            value.uses.append((self, index))

    def drop_operands(self) -> None:
        """Stop reading anything."""
        for index, value in enumerate(self._operands):
            value.uses.remove((self, index))
        self._operands = []

    def detach(self) -> None:
        """Take this op out of its block, keeping it alive."""
        if self.parent is not None:
            self.parent.ops.remove(self)
            self.parent = None

    def erase(self) -> None:
        """Remove this op and all it holds; its results must be unused."""
        for result in self.results:
            if result.uses:
                raise ValueError(f"erasing {self.name}, whose result is still used by {result.uses[0][0].name}")
        for region in self.regions:
            region.erase_all()
        self.drop_operands()
        self.detach()

    def replace_by(self, *values: Value) -> None:
        """Replace the results by these values and erase the op."""
        for result, value in zip(self.results, values, strict=True):
            result.replace_by(value)
        self.erase()

    @property
    def parent_op(self) -> Op | None:
        """The op that holds the block of this one."""
        return self.parent.parent if self.parent is not None else None

    def walk(self) -> Iterator[Op]:
        """This op and all ops in it, each before the ops it holds. Ops may be erased while walking."""
        yield self
        for region in self.regions:
            for op in list(region.ops):
                yield from op.walk()

    def find(self, kind: type[OpT]) -> Iterator[OpT]:
        """All ops of a class in this one."""
        for op in self.walk():
            if isinstance(op, kind):
                yield op

    def clone(self: OpT, mapping: dict[Value, Value] | None = None) -> OpT:
        """A deep copy; operands found in `mapping` are replaced, and the map learns all copied values."""
        table = mapping if mapping is not None else {}
        copy = type(self)(
            [table.get(v, v) for v in self._operands],
            [r.type for r in self.results],
            dict(self.attributes),
            (),
            self.loc,
        )
        for old, new in zip(self.results, copy.results, strict=True):
            table[old] = new
            new.hint = old.hint
        for region in self.regions:
            block = region.clone(table)
            block.parent = copy
            copy.regions.append(block)
        return copy

    def verify_op(self) -> str | None:
        """What is wrong with this op beyond its declaration, or None. Overridden by op classes."""
        return None

    def __repr__(self) -> str:
        return f"<{self.name} at {self.loc}>"


class Block:
    """A sequence of ops with arguments; also used as the (single-block) region of an op."""

    __slots__ = ("args", "ops", "parent")

    def __init__(self, arg_types: Iterable[Type] = (), hints: Sequence[str | None] = ()) -> None:
        self.args = [Value(t, self, i) for i, t in enumerate(arg_types)]
        for arg, hint in zip(self.args, hints, strict=False):
            arg.hint = hint
        self.ops: list[Op] = []
        self.parent: Op | None = None

    def append(self, op: OpT) -> OpT:
        """Put an op at the end."""
        op.parent = self
        self.ops.append(op)
        return op

    def insert(self, index: int, op: OpT) -> OpT:
        """Put an op at a place."""
        op.parent = self
        self.ops.insert(index, op)
        return op

    def insert_before(self, anchor: Op, op: OpT) -> OpT:
        """Put an op in front of another one of this block."""
        return self.insert(self.ops.index(anchor), op)

    def erase_all(self) -> None:
        """Erase all ops, last first."""
        for op in reversed(list(self.ops)):
            for result in op.results:
                result.uses = []
            op.erase()

    def clone(self, mapping: dict[Value, Value]) -> Block:
        """A deep copy, see `Op.clone`."""
        block = Block([a.type for a in self.args], [a.hint for a in self.args])
        mapping.update(zip(self.args, block.args, strict=True))
        for op in self.ops:
            block.append(op.clone(mapping))
        return block

    @property
    def terminator(self) -> Op | None:
        """The last op."""
        return self.ops[-1] if self.ops else None

    def __iter__(self) -> Iterator[Op]:
        return iter(list(self.ops))


def yields(block: Block, count: int, name: str = "yield") -> str | None:
    """What is wrong with a block that must end in a terminator of so many operands, or None."""
    last = block.terminator
    if last is None or last.name != name:
        return f"the region must end in {name}"
    if len(last.operands) != count:
        return f"the region must give {count} value{'s' * (count != 1)}, not {len(last.operands)}"
    return None


def walk_values(op: Op, visit: Callable[[Value], Any]) -> None:
    """Call `visit` for every value defined in an op, block arguments included."""
    for inner in op.walk():
        for result in inner.results:
            visit(result)
        for region in inner.regions:
            for arg in region.args:
                visit(arg)
