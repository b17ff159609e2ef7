"""Removes what nothing needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nnc.compiler.ir.define import TERMINATOR
from nnc.compiler.ir.effects import own_effects
from nnc.compiler.ir.rewrite import erase_all
from nnc.compiler.passes.manager import Pass

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Block, Op
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context


@dataclass(frozen=True)
class DCE(Pass):
    """Remove ops without effect whose results nobody uses, and loops that do nothing.

    One walk from the last op to the first: an op is needed if it has an effect or a needed op reads it. Writes stay,
    read or not: fields are the state that the user sees. Declarations stay.
    """

    name: ClassVar[str] = "dce"

    def run(self, module: Module, context: Context) -> bool:
        """See the class."""
        needed: set[Op] = set()
        dead: list[Op] = []
        for region in module.regions:
            _sweep(region, needed, dead)
        erase_all(dead)
        return bool(dead)


def _sweep(block: Block, needed: set[Op], dead: list[Op]) -> bool:
    """Find what is needed in a block, users before what they use; True if anything in it has an effect.

    Whether an op that holds others is needed is known only after them: if it is not, they are not either.
    """
    live = False
    for op in reversed(block.ops):
        # Regions are visited even if the op is needed anyway, for there is dead code inside needed loops.
        inside = [_sweep(region, needed, dead) for region in op.regions]
        terminator = op.spec.has(TERMINATOR)
        if any(inside) or not own_effects(op).removable:
            live |= not terminator
        elif not any(user in needed for result in op.results for user, _ in result.uses):
            needed.difference_update(op.walk())
            dead.append(op)
            continue
        needed.add(op)
    return live
