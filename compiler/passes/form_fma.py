"""form-fma: products that are added become fused multiply-adds, the same ones for every target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nnc.compiler.ir import arith, loop
from nnc.compiler.ir.builder import Builder
from nnc.compiler.passes.manager import Context, Pass

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Op, Value
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module


@dataclass(frozen=True)
class FormFma(Pass):
    """Contract products of floats that have no other use and stand in the block of their sum.

    `a*b + c` becomes `fma(a, b, c)`, `a*b - c` becomes `fma(a, b, -c)`, `c - a*b` becomes `fma(-a, b, c)` (a constant
    factor takes the sign), and a `loop.reduce add` of a product one of kind `fma`. Where both operands of a sum are
    products the left one is fused. One rounding of each contracted pair goes away, so values change in the last bits:
    this pass is where that happens, in program order, and nowhere else. It runs before `expand-math`, whose bodies
    are written with the roundings that they need.
    """

    name: ClassVar[str] = "form-fma"
    takes: ClassVar[Level] = "any"
    gives: ClassVar[Level] = "any"

    def run(self, module: Module, context: Context) -> bool:
        """Contract all; True if there was one."""
        changed = False
        for op in list(module.walk()):
            if isinstance(op, (arith.Add, arith.Sub)):
                changed |= _contract(op)
            elif isinstance(op, loop.Reduce):
                changed |= _contract_reduction(op)
        return changed


def _product(value: Value, user: Op) -> arith.Mul | None:
    """The multiplication that makes a value, if it can move into this user."""
    op = value.op
    if not isinstance(op, arith.Mul) or op.parent is not user.parent or len(value.uses) != 1:
        return None
    return op if value.type.dtype.is_float else None


def _contract(op: arith.Add | arith.Sub) -> bool:
    left, right = _product(op.lhs, op), _product(op.rhs, op)
    product = left or right
    if product is None:
        return False
    assert op.parent is not None
    b = Builder(op.parent, before=op, loc=op.loc.fuse(product.loc))
    x, y, summand = product.lhs, product.rhs, op.rhs if left else op.lhs
    if isinstance(op, arith.Sub):
        if left:
            summand = b.neg(summand)
        elif isinstance(y.op, arith.Const):
            y = b.neg(y)
        else:
            x = b.neg(x)
    fused = b.fma(x, y, summand)
    fused.hint = op.result.hint
    op.replace_by(fused)
    product.erase()
    return True


def _contract_reduction(op: loop.Reduce) -> bool:
    end = op.body.terminator
    if op.kind != "add" or end is None:
        return False
    product = _product(end.operands[0], end)
    if product is None:
        return False
    op.kind = "fma"
    end.set_operands([product.lhs, product.rhs])
    product.erase()
    return True
