"""From the model level of the IR to formulas: what each op of a region says, as a tree."""

from __future__ import annotations

import math
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Final, Literal, cast

import numpy as np

from nnc.compiler.ir import arith, model
from nnc.compiler.ir.types import DType
from nnc.runtime.reporting import names, patterns
from nnc.runtime.reporting.maths import (
    Binary,
    Call,
    Cases,
    Compare,
    Derivative,
    Expr,
    Fence,
    FenceKind,
    Logic,
    Negative,
    Not,
    Number,
    Root,
    Symbol,
    Words,
)
from nnc.runtime.reporting.names import of_side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnc.compiler.ir.core import Op, Value

_SIGNS: Final = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
_ROUNDED: Final = {"floor": "floor", "ceil": "ceil"}
_DISTRIBUTIONS: Final = {
    "uniform": "Uniform",
    "discrete_uniform": "DiscreteUniform",
    "normal": "Normal",
    "log_normal": "LogNormal",
    "exponential": "Exponential",
    "gamma": "Gamma",
    "binomial": "Binomial",
}


class Reader:
    """Reads values of one model. `symbols` are those of its attributes; arguments of functions go by their names."""

    def __init__(
        self,
        symbols: Mapping[str, Symbol],
        pre: Mapping[str, Symbol] | None = None,
        post: Mapping[str, Symbol] | None = None,
    ) -> None:
        self._symbols = {"self": symbols, "pre": pre or {}, "post": post or {}}
        self._read: dict[Value, Expr] = {}
        self.used: set[str] = set()
        """Functions, distributions and marks that formulas read so far have, by the names of `notation`."""

    def read(self, value: Value) -> Expr:
        """The formula of a value."""
        found = self._read.get(value)
        if found is None:
            found = self._read[value] = self._value(value)
        return found

    def attribute(self, name: str, side: str = "self") -> Symbol:
        """The symbol of an attribute by its symbol in the IR."""
        plain = name.removeprefix("own.").removeprefix("const.")
        return of_side(self._symbols[side], plain, side)

    def _value(self, value: Value) -> Expr:
        if value.op is None:
            return names.symbol_of(value.hint or f"x{value.index}")
        base, times = patterns.power_of(value)
        if times > 1:
            return Binary("^", self.read(base), Number(float(times)))
        return self._op(value.op)

    def _note(self, name: str) -> None:
        self.used.add(name)

    @singledispatchmethod
    def _op(self, op: Op) -> Expr:
        raise NotImplementedError(f"{op.name} has no formula")

    # Numbers and arithmetic

    @_op.register
    def _(self, op: arith.Const) -> Expr:
        return constant(op.value, op.result.type.dtype)

    @_op.register
    def _(self, op: arith.Binary) -> Expr:
        kind = op.name.partition(".")[2]
        if kind in ("min", "max"):
            return self._extreme(op, kind)
        sign = _SIGNS.get(kind)
        if kind == "pow":
            return Binary("^", self.read(op.lhs), self.read(op.rhs))
        if sign is None:
            self._note(kind)
            return Call(kind, (self.read(op.lhs), self.read(op.rhs)))
        return self._arithmetic(sign, self.read(op.lhs), self.read(op.rhs))

    @staticmethod
    def _arithmetic(sign: str, left: Expr, right: Expr) -> Expr:
        operator = cast('Literal["+", "-", "*", "/"]', sign)
        if operator in ("*", "/") and isinstance(left, Negative):
            return Negative(Binary(operator, left.operand, right))
        return Binary(operator, left, right)

    def _extreme(self, op: arith.Binary, kind: str) -> Expr:
        if patterns.is_number(op.rhs, 0.0):
            return self._fence("positive" if kind == "max" else "negative", op.lhs)
        return Call(kind, (self.read(op.lhs), self.read(op.rhs)))

    @_op.register
    def _(self, op: arith.Neg) -> Expr:
        return Negative(self.read(op.operand))

    @_op.register
    def _(self, op: arith.Abs) -> Expr:
        return self._fence("abs", op.operand)

    @_op.register
    def _(self, op: arith.FloatUnary) -> Expr:
        kind = op.name.partition(".")[2]
        if kind in _ROUNDED:
            return self._fence(cast("FenceKind", kind), op.operand)
        if kind in ("sqrt", "cbrt"):
            return Root(2 if kind == "sqrt" else 3, self.read(op.operand))
        if kind == "trunc" and _is_integer(op.operand):
            return self.read(op.operand)
        if kind == "exp2":
            return Binary("^", Number(2.0), self.read(op.operand))
        self._note(kind)
        return Call(kind, (self.read(op.operand),))

    @_op.register
    def _(self, op: arith.Cast) -> Expr:
        given, wanted = op.operand.type.dtype, op.result.type.dtype
        if given is wanted or (wanted.is_float and given is not DType.bool):
            return self.read(op.operand)
        if given is DType.bool:
            return self._fence("iverson", op.operand)
        if wanted is DType.bool:
            return self._truth(op.operand)
        if given.is_int:
            return self.read(op.operand)
        self._note("trunc")
        return Call("trunc", (self.read(op.operand),))

    def _truth(self, value: Value) -> Expr:
        return Compare((self.read(value), Number(0.0)), ("ne",))

    @_op.register
    def _(self, op: arith.Broadcast) -> Expr:
        return self.read(op.operand)

    # Conditions

    @_op.register
    def _(self, op: arith.Cmp) -> Expr:
        if op.lhs is op.rhs and op.predicate == "ne":
            self._note("isnan")
            return Call("isnan", (self.read(op.lhs),))
        return Compare((self.read(op.lhs), self.read(op.rhs)), (str(op.predicate),))

    @_op.register
    def _(self, op: arith.And) -> Expr:
        chain = patterns.chain_of(op)
        if chain is not None:
            operands = [chain[0].lhs, *(c.rhs for c in chain)]
            return Compare(tuple(map(self.read, operands)), tuple(str(c.predicate) for c in chain))
        return Logic("and", self.read(op.lhs), self.read(op.rhs))

    @_op.register
    def _(self, op: arith.Or) -> Expr:
        return Logic("or", self.read(op.lhs), self.read(op.rhs))

    @_op.register
    def _(self, op: arith.Xor) -> Expr:
        return Logic("xor", self.read(op.lhs), self.read(op.rhs))

    @_op.register
    def _(self, op: arith.Not) -> Expr:
        return Not(self.read(op.operand))

    @_op.register
    def _(self, op: arith.Select) -> Expr:
        step, clip = patterns.step_of(op), patterns.clip_of(op)
        if step is not None:
            self._note("Heaviside")
            return Call("Heaviside", (self.read(step),))
        if clip is not None:
            self._note("clip")
            return Call("clip", tuple(map(self.read, clip)))
        branch = self.read(op.then), self.read(op.condition)
        other = self.read(op.other)
        if isinstance(other, Cases):
            return Cases((branch, *other.branches), other.otherwise)
        return Cases((branch,), other)

    # The model

    @_op.register
    def _(self, op: model.Get) -> Expr:
        return self.attribute(str(op.attr), str(op.side or "self"))

    @_op.register
    def _(self, op: model.Ddt) -> Expr:
        return Derivative(self.attribute(str(op.variable)))

    @_op.register
    def _(self, op: model.Time) -> Expr:
        return names.TIME

    @_op.register
    def _(self, op: model.Dt) -> Expr:
        self._note("dt")
        return names.STEP

    @_op.register
    def _(self, op: model.LastSpike) -> Expr:
        side = str(op.side or "self")
        self._note("t_last" if side == "self" else f"t_{side}")
        return names.T_LAST if side == "self" else Symbol("t", (side,))

    @_op.register
    def _(self, op: model.Coincident) -> Expr:
        return Words("the post neuron fired when the spike was emitted")

    @_op.register
    def _(self, op: model.Spiked) -> Expr:
        return Words("the neuron fired")

    @_op.register
    def _(self, op: model.GetTarget) -> Expr:
        self._note("g_target")
        return names.TARGET

    @_op.register
    def _(self, op: model.Sum) -> Expr:
        self._note("sum")
        side = str(op.side or "self")
        return Symbol("Sigma", (str(op.target),) if op.target else (), "" if side == "self" else side)

    @_op.register
    def _(self, op: model.Reduce) -> Expr:
        inner = self.attribute(str(op.attr), str(op.side or "self"))
        kind = str(op.kind)
        self._note(f"{kind} of a population")
        if kind in ("norm1", "norm2", "mean"):
            return Fence(cast("FenceKind", kind), inner)
        return Call(f"{kind} of a population", (inner,))

    @_op.register
    def _(self, op: model.Random) -> Expr:
        name = _DISTRIBUTIONS[str(op.distribution)]
        self._note(name)
        return Call(name, tuple(map(self.read, op.parameters)))

    @_op.register
    def _(self, op: model.Call) -> Expr:
        return Call(str(op.callee).removeprefix(model.FUNCTION_PREFIX), tuple(map(self.read, op.arguments)))

    def _fence(self, kind: FenceKind, value: Value) -> Expr:
        if kind in ("iverson", "positive", "negative"):
            self._note(kind)
        return Fence(kind, self.read(value))


def _is_integer(value: Value) -> bool:
    return isinstance(value.op, arith.Const) and float(cast("float", value.op.value)).is_integer()


def constant(value: object, dtype: DType = DType.f64) -> Expr:
    """A number of the IR; a negative one is what it is the negative of."""
    if dtype is DType.bool:
        return Words("true" if value else "false")
    number = float(cast("float", value))
    if math.isnan(number):
        return Words("NaN")
    single = dtype is DType.f32
    if abs(number) == (float(np.float32(math.pi)) if single else math.pi):
        shown: Expr = names.PI
    else:
        shown = Number(abs(number), single)
    return Negative(shown) if math.copysign(1.0, number) < 0.0 else shown
