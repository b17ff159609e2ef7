"""expand-math: elementary functions and Philox become arithmetic that every target executes alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nnc.compiler.ir import elementary, random
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.elementary.philox import in_step
from nnc.compiler.passes.manager import Context, Pass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnc.compiler.ir.core import Block, Op
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module


@dataclass(frozen=True)
class ExpandMath(Pass):
    """Replace every `math.*` op that is no primitive, and `random.philox`, by its expansion.

    The expansion is the one that the interpreter runs for the op, so no bit changes. It is branch-free; its ops carry
    the place of the op in the user's file. Repeated constants are left to `cse`. Blocks of Philox that do not wait for
    each other are written round by round: a processor looks ahead over less than a block.
    """

    name: ClassVar[str] = "expand-math"
    takes: ClassVar[Level] = "any"
    gives: ClassVar[Level] = "any"

    def run(self, module: Module, context: Context) -> bool:
        """Expand all; True if there was one."""
        found = [op for op in module.walk() if op.name in elementary.EXPANDED]
        for op in found:
            if not isinstance(op, random.Philox):
                expand(op)
        for block in dict.fromkeys(op.parent for op in found if isinstance(op, random.Philox)):
            assert block is not None
            for together in _apart(block):
                _in_step(together)
        return bool(found)


def _apart(block: Block) -> Iterator[list[random.Philox]]:
    """The blocks of Philox in a region, in groups such that nothing uses one before the last of them."""
    group: list[random.Philox] = []
    for op in list(block.ops):
        if group and (op.regions or any(value.op in group for value in op.operands)):
            yield group
            group = []
        if isinstance(op, random.Philox):
            group.append(op)
    if group:
        yield group


def _in_step(group: list[random.Philox]) -> None:
    last = group[-1]
    assert last.parent is not None
    builder = Builder(last.parent, before=last, loc=last.loc)
    for op, words in zip(group, in_step(builder, [op.operands for op in group]), strict=True):
        op.replace_by(*words)


def expand(op: Op) -> None:
    """Replace one op of `elementary.EXPANDED`."""
    assert op.parent is not None
    builder = Builder(op.parent, before=op, loc=op.loc)
    values = elementary.expand(builder, op.name, op.results[0].type.dtype, op.operands)
    op.replace_by(*values)
