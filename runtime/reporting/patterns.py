"""What the front end writes out in several ops, recognised: powers, positive parts, step functions, chains.

The front end uses one value several times where the text has it once, and never else; so an op whose operands are one
and the same value comes from such a function.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import arith

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Op, Value


LARGEST: Final = 8
"""The largest exponent that the front end writes out as a product; larger ones are powers of powers."""


def power_of(value: Value) -> tuple[Value, int]:
    """The base and the exponent of a product of equal factors; exponent 1 where it is none."""
    op = value.op
    if not isinstance(op, arith.Mul):
        return value, 1
    base, times = power_of(op.lhs)
    if op.lhs is op.rhs:
        return (base, 2 * times) if 2 * times <= LARGEST else (op.lhs, 2)
    if 1 < times < LARGEST and op.rhs is base:
        return base, times + 1
    return value, 1


def is_number(value: Value, number: float) -> bool:
    """Whether a value is this number, sign of zero included."""
    op = value.op
    if not isinstance(op, arith.Const):
        return False
    return op.value == number and math.copysign(1.0, float(op.value)) == math.copysign(1.0, number)


def step_of(op: Op) -> Value | None:
    """x, if an op is `Heaviside(x)`."""
    if not isinstance(op, arith.Select):
        return None
    inner = op.other.op
    if not (isinstance(inner, arith.Select) and is_number(op.then, 1.0)):
        return None
    above, below = op.condition.op, inner.condition.op
    if not (isinstance(above, arith.Cmp) and isinstance(below, arith.Cmp)):
        return None
    same = above.lhs is below.lhs and above.rhs is below.rhs and is_number(above.rhs, 0.0)
    signs = above.predicate == "gt" and below.predicate == "lt"
    values = inner.then is above.rhs and is_number(inner.other, 0.5)
    return above.lhs if same and signs and values else None


def clip_of(op: Op) -> tuple[Value, Value, Value] | None:
    """x, low and high, if an op is `clip(x, low, high)`."""
    if not isinstance(op, arith.Select):
        return None
    inner, below = op.other.op, op.condition.op
    if not (isinstance(inner, arith.Select) and isinstance(below, arith.Cmp) and below.predicate == "lt"):
        return None
    above = inner.condition.op
    if not (isinstance(above, arith.Cmp) and above.predicate == "gt"):
        return None
    x, low, high = below.lhs, below.rhs, above.rhs
    fits = op.then is low and above.lhs is x and inner.then is high and inner.other is x
    return (x, low, high) if fits else None


def chain_of(op: arith.And) -> list[arith.Cmp] | None:
    """The comparisons of a chain such as `a < b < c`, which share their operands in the middle."""
    last = op.rhs.op
    first = op.lhs.op
    if not isinstance(last, arith.Cmp):
        return None
    if isinstance(first, arith.Cmp):
        found = [first]
    elif isinstance(first, arith.And):
        found = chain_of(first) or []
    else:
        return None
    return [*found, last] if found and found[-1].rhs is last.lhs else None
