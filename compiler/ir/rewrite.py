"""Local rewriting: patterns tried on every op in program order, each block rebuilt in one pass.

An op is visited after everything it reads has been simplified, and what a pattern makes is visited in turn, so a
single walk reaches the fixed point of patterns that look only at the operands of an op. The cost is linear: blocks are
rebuilt instead of edited, and replaced ops are taken out of the lists of uses together.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol, TypeVar

from nnc.compiler.ir import arith
from nnc.compiler.ir.define import create
from nnc.compiler.ir.types import value_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from nnc.compiler.ir.attributes import Attr
    from nnc.compiler.ir.core import Block, Op, Value
    from nnc.compiler.ir.types import Type

OpT = TypeVar("OpT", bound="Op")


class Listener(Protocol):
    """Is told of every replacement; `op` is still in place, `values` are what its results become."""

    def replaced(self, op: Op, values: Sequence[Value]) -> None:
        """An op is about to be replaced."""
        ...


class Rewriter:
    """What a pattern makes new ops with: they go in front of the op at hand and take its place in the user's file."""

    def __init__(self) -> None:
        self.made: list[Op] = []
        self.op: Op | None = None

    def make(self, cls: type[OpT], *operands: Value, types: Sequence[Type] | None = None, **attributes: Attr) -> OpT:
        """A new op."""
        assert self.op is not None
        op = create(cls, *operands, types=types, regions=(), loc=self.op.loc, **attributes)
        self.made.append(op)
        return op

    def value(self, cls: type[Op], *operands: Value, types: Sequence[Type] | None = None, **attributes: Attr) -> Value:
        """The result of a new op."""
        return self.make(cls, *operands, types=types, **attributes).results[0]

    def const(self, number: bool | int | float, like: Type) -> Value:
        """A constant of a type's elements, at that type's locality."""
        one = self.value(arith.Const, types=(value_type(like.dtype),), value=arith.normalise(number, like.dtype))
        return self.at(one, like)

    def at(self, value: Value, like: Type) -> Value:
        """A value, broadcast to the locality of a type if it is narrower."""
        if value.type is like:
            return value
        return self.value(arith.Broadcast, value, types=(like,))


def rewrite(
    root: Op,
    patterns: Mapping[str, Sequence[Callable[[Op, Rewriter], Value | None]]],
    listener: Listener | None = None,
) -> bool:
    """Try the patterns (by op name, the first that applies wins) on every op with one result in `root`.

    A pattern gives the value that replaces the result, or None if it does not apply; then it must have made nothing.
    Values must have the type of the result. Returns whether anything was replaced.
    """
    return _Driver(patterns, listener).blocks(root)


class _Driver:
    def __init__(
        self,
        patterns: Mapping[str, Sequence[Callable[[Op, Rewriter], Value | None]]],
        listener: Listener | None,
    ) -> None:
        self.patterns = patterns
        self.listener = listener
        self.rewriter = Rewriter()

    def blocks(self, op: Op) -> bool:
        changed = False
        for region in op.regions:
            changed |= self.block(region)
        return changed

    def block(self, block: Block) -> bool:
        changed = False
        pending = deque(block.ops)
        kept: list[Op] = []
        gone: list[Op] = []
        while pending:
            op = pending.popleft()
            value = self.apply(op)
            if value is None:
                kept.append(op)
                changed |= self.blocks(op)
                continue
            changed = True
            if self.listener is not None:
                self.listener.replaced(op, (value,))
            made = self.rewriter.made
            for new in made:
                new.parent = block
            pending.extendleft(reversed(made))
            op.results[0].replace_by(value)
            op.parent = None
            gone.append(op)
        block.ops = kept
        forget_operands(gone)
        return changed

    def apply(self, op: Op) -> Value | None:
        patterns = self.patterns.get(op.name)
        if not patterns or len(op.results) != 1:
            return None
        self.rewriter.made = []
        self.rewriter.op = op
        for pattern in patterns:
            value = pattern(op, self.rewriter)
            if value is not None:
                return value
        return None


def erase_all(ops: Iterable[Op]) -> None:
    """Erase many ops, and what they hold, in time linear in their number and that of the ops beside them.

    Their results may be used by each other only.
    """
    dead = set(ops)
    if not dead:
        return
    for block in {op.parent for op in dead if op.parent is not None}:
        block.ops = [op for op in block.ops if op not in dead]
    inner = [o for op in dead for o in op.walk()]
    forget_operands(inner)
    for op in dead:
        op.parent = None
        for result in op.results:
            if result.uses:
                raise ValueError(f"erasing {op.name}, whose result is still used by {result.uses[0][0].name}")


def forget_operands(ops: Iterable[Op]) -> None:
    """Take ops that are no longer in a block out of the uses of what they read."""
    gone = set(ops)
    for value in {v for op in gone for v in op.operands}:
        value.uses = [use for use in value.uses if use[0] not in gone]
    for op in gone:
        op._operands = []
