"""Programs in exact rational numbers: random ones that are straight lines in x, and what they evaluate to."""

from __future__ import annotations

import operator
from fractions import Fraction
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from nnc.compiler.ir import arith
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block, Value
from nnc.compiler.ir.types import DType, boolean, f64

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBERS = st.fractions(-3, 3, max_denominator=4)
OPS: dict[str, Callable[..., Fraction | bool]] = {
    "arith.add": operator.add,
    "arith.sub": operator.sub,
    "arith.mul": operator.mul,
    "arith.div": operator.truediv,
    "arith.neg": operator.neg,
    "arith.fma": lambda a, b, c: a * b + c,
    "arith.select": lambda c, a, b: a if c else b,
    "arith.cast": lambda a: a,
}


def rational(value: Value, known: dict[Value, Fraction | bool]) -> Fraction | bool:
    """The number that a value is; `known` gives the leaves. ZeroDivisionError where it is none."""
    if value not in known:
        op = value.op
        assert op is not None
        operands = [rational(v, known) for v in op.operands]
        known[value] = Fraction(op.value) if isinstance(op, arith.Const) else OPS[op.name](*operands)
    return known[value]


class Straight:
    """Draws a random program that is affine in x, the first argument of the block; the others are free of x."""

    def __init__(self, draw: st.DrawFn, block: Block, x: Value, free: list[Value], conditions: list[Value]) -> None:
        self.draw = draw
        self.b = Builder(block)
        self.lines = [x]
        self.free = [*free, self.b.const(1.0, DType.f64), self.b.const(-1.0, DType.f64)]
        self.conditions = conditions

    def value(self, size: int) -> Value:
        """A value made by so many ops."""
        for _ in range(size):
            self.grow()
        return self.lines[-1]

    def grow(self) -> None:
        line, other, free = (self.draw(st.sampled_from(v)) for v in (self.lines, self.lines, self.free))
        b = self.b
        match self.draw(st.sampled_from(("add", "sub", "mul", "div", "neg", "fma", "select", "shift", "rsub", "free"))):
            case "add":
                made = b.add(line, other)
            case "sub":
                made = b.sub(line, other)
            case "mul":
                made = b.mul(line, free) if self.draw(st.booleans()) else b.mul(free, line)
            case "div":
                made = b.div(line, free)
            case "neg":
                made = b.neg(line)
            case "fma":
                made = b.fma(free, line, other)
            case "select":
                made = b.select(self.draw(st.sampled_from(self.conditions)), line, other)
            case "shift":
                made = b.add(line, free)
            case "rsub":
                made = b.sub(free, line)
            case _:
                self.free.append(b.div(b.like(1, free), free))
                return
        self.lines.append(made)


def block_of(reals: int, conditions: int) -> Block:
    """A block whose arguments are some f64 and some bool values."""
    return Block([f64] * reals + [boolean] * conditions)
