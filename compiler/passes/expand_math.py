"""expand-math: elementary functions and Philox become arithmetic that every target executes alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nnc.compiler.ir import elementary
from nnc.compiler.ir.builder import Builder
from nnc.compiler.passes.manager import Context, Pass

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Op
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module


@dataclass(frozen=True)
class ExpandMath(Pass):
    """Replace every `math.*` op that is no primitive, and `random.philox`, by its expansion.

    The expansion is the one that the interpreter runs for the op, so no bit changes. It is branch-free; its ops carry
    the place of the op in the user's file. Repeated constants are left to `cse`.
    """

    name: ClassVar[str] = "expand-math"
    takes: ClassVar[Level] = "any"
    gives: ClassVar[Level] = "any"

    def run(self, module: Module, context: Context) -> bool:
        """Expand all; True if there was one."""
        found = [op for op in module.walk() if op.name in elementary.EXPANDED]
        for op in found:
            expand(op)
        return bool(found)


def expand(op: Op) -> None:
    """Replace one op of `elementary.EXPANDED`."""
    assert op.parent is not None
    builder = Builder(op.parent, before=op, loc=op.loc)
    values = elementary.expand(builder, op.name, op.results[0].type.dtype, op.operands)
    op.replace_by(*values)
