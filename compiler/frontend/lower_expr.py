"""Expressions of the language as ops of the IR."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, cast

from nnc.compiler.frontend import compat
from nnc.compiler.frontend import syntax as ast
from nnc.compiler.frontend.builtins import DISTRIBUTIONS, FUNCTION_TYPES, FUNCTIONS, raise_to
from nnc.compiler.frontend.names import is_reduction
from nnc.compiler.frontend.values import number, same
from nnc.compiler.ir import model
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.names import attribute_symbol
from nnc.compiler.ir.types import At, DType, join, value_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Literal

    from nnc.compiler.frontend.syntax import Expr
    from nnc.compiler.ir.builder import Builder
    from nnc.compiler.ir.core import Value
    from nnc.compiler.ir.types import Type

    Side = Literal["self", "pre", "post"]

_COMPARISON = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}


@dataclass(frozen=True)
class Meaning:
    """What names mean in the IR of one object.

    `own` are the types of its attributes, `pre` and `post` those of the neurons at the ends, as they are seen from a
    synapse. `at` is the locality of what is local. `draws` numbers the random draws of the object. `strict` and
    `exact_time` are those of `Globals`.
    """

    dtype: DType
    at: At
    own: Mapping[str, Type]
    pre: Mapping[str, Type] = field(default_factory=dict)
    post: Mapping[str, Type] = field(default_factory=dict)
    constants: frozenset[str] = frozenset()
    functions: Mapping[str, ast.FunctionDefinition] = field(default_factory=dict)
    draws: Iterator[int] = field(default_factory=count)
    strict: bool = False
    exact_time: bool = False

    def side(self, side: Side) -> Mapping[str, Type]:
        """The attributes of one side."""
        return {"self": self.own, "pre": self.pre, "post": self.post}[side]

    def side_at(self, side: Side) -> At:
        """The locality of what differs between the neurons of a side."""
        return {"self": self.at, "pre": At.pre, "post": At.post}[side]


class Lowering:
    """Writes expressions where the builder stands. `draw_at`: the locality at which random numbers are drawn.

    Values are of the float type of the network or booleans; `number` and `truth` convert.
    """

    def __init__(
        self, builder: Builder, meaning: Meaning, draw_at: At, arguments: Mapping[str, Value] | None = None
    ) -> None:
        self.builder = builder
        self.meaning = meaning
        self.draw_at = draw_at
        self.arguments = arguments or {}
        self.literal = False
        """Whether a C compiler of the reference simulator would get the text as it is."""

        self._drawn: list[tuple[ast.Call, Value]] = []

    def number(self, expr: Expr) -> Value:
        """The value of an expression as a float; true is 1."""
        return self.builder.cast(self.value(expr), self.meaning.dtype)

    def truth(self, expr: Expr) -> Value:
        """The value of an expression as a boolean; everything but 0 is true."""
        return self.builder.cast(self.value(expr), DType.bool)

    def stored(self, expr: Expr, dtype: DType) -> Value:
        """The value of an expression as an attribute of this type holds it."""
        return self.builder.cast(self.value(expr), dtype)

    def value(self, expr: Expr) -> Value:
        """The value of an expression, float or boolean."""
        with self.builder.from_(expr.loc):
            return self._value(expr)

    def read(self, name: str, side: Side = "self") -> Value:
        """The value of an attribute; integers become floats."""
        type = self.meaning.side(side)[name]
        value = self.builder.value(
            model.Get, types=(type,), attr=attribute_symbol(name), side=None if side == "self" else side
        )
        return self.builder.cast(value, self.meaning.dtype) if type.dtype.is_int else value

    def _value(self, expr: Expr) -> Value:
        match expr:
            case ast.Number(value=value):
                return self._const(value)
            case ast.Bool(value=flag):
                return self.builder.const(flag, DType.bool)
            case ast.Name(name=name):
                return self._name(name)
            case ast.Attribute(side=side, name=name):
                return self.read(name, side)
            case ast.Derivative(variable=name):
                at = self.meaning.own[name].at
                return self.builder.value(model.Ddt, types=(self._float(at),), variable=attribute_symbol(name))
            case ast.Unary():
                return self._unary(expr)
            case ast.Binary():
                return self._binary(expr)
            case ast.Compare():
                return self._compare(expr)
            case ast.Conditional():
                return self._conditional(expr)
            case ast.Call():
                return self._call(expr)

    def _const(self, value: float) -> Value:
        return self.builder.const(float(value), self.meaning.dtype)

    def _float(self, at: At) -> Type:
        return value_type(self.meaning.dtype, at)

    # -- names

    def _name(self, name: str) -> Value:
        if name in self.arguments:
            return self.arguments[name]
        if name in self.meaning.own:
            return self.read(name)
        if name in self.meaning.constants:
            return self.builder.value(model.Get, types=(self._float(At.one),), attr=constant_symbol(name))
        return self._predefined(name)

    def _predefined(self, name: str) -> Value:
        b = self.builder
        match name:
            case "t":
                return b.value(model.Time, types=(self._float(At.one),))
            case "dt":
                return b.value(model.Dt, types=(self._float(At.one),))
            case "pi":
                return self._const(3.141592653589793)
            case "t_last":
                return b.value(model.LastSpike, types=(self._float(self.meaning.at),))
            case "t_pre":
                return b.value(model.LastSpike, types=(self._float(At.pre),), side="pre")
            case "t_post":
                return b.value(model.LastSpike, types=(self._float(At.post),), side="post")
            case "spiked":
                return b.value(model.Spiked, types=(value_type(DType.bool, self.meaning.at),))
            case "g_target":
                return b.value(model.GetTarget, types=(self._float(At.post),))
        raise ValueError(f"{name} passed the checks without a meaning")

    # -- operators

    def _unary(self, expr: ast.Unary) -> Value:
        if expr.operator == "not":
            return self.builder.not_(self.truth(expr.operand))
        if expr.operator == "-" and isinstance(expr.operand, ast.Number):
            return self._const(-expr.operand.value)
        value = self.number(expr.operand)
        return self.builder.neg(value) if expr.operator == "-" else value

    def _binary(self, expr: ast.Binary) -> Value:
        b = self.builder
        if expr.operator == "and":
            return b.and_(self.truth(expr.left), self.truth(expr.right))
        if expr.operator == "or":
            return b.or_(self.truth(expr.left), self.truth(expr.right))
        left = self.number(expr.left)
        exponent = number(expr.right) if expr.operator == "**" and not self.literal else None
        if exponent is not None:
            return raise_to(b, left, float(exponent))
        if self.meaning.strict and expr.operator in ("*", "/") and compat.is_remainder(expr.right):
            return self._taken_in(expr, left)
        right = self.number(expr.right)
        if self.literal and expr.operator == "/" and self._integer(expr):
            return b.math("trunc", b.div(left, right))
        match expr.operator:
            case "+":
                return b.add(left, right)
            case "-":
                return b.sub(left, right)
            case "*":
                return b.mul(left, right)
            case "/":
                return b.div(left, right)
            case "%":
                return b.rem(left, right)
            case "//":
                return b.math("floor", b.div(left, right))
            case "**":
                return b.math("pow", left, right)

    def _integer(self, expr: Expr) -> bool:
        def attribute(side: str, name: str) -> bool:
            type = None if name in self.arguments else self.meaning.side(cast("Side", side)).get(name)
            return type is not None and not type.dtype.is_float

        return compat.is_integer(expr, attribute)

    def _taken_in(self, expr: ast.Binary, left: Value) -> Value:
        """`2*modulo(a, b)` as the remainder of `2*a`, where C takes it: with an integer in front."""
        assert isinstance(expr.right, ast.Call)
        b = self.builder
        first, divisor = (b.math("trunc", self.number(a)) for a in expr.right.arguments)
        if not self._integer(expr.left):
            remainder = b.rem(first, divisor)
            return b.mul(left, remainder) if expr.operator == "*" else b.div(left, remainder)
        product = b.mul(left, first) if expr.operator == "*" else b.math("trunc", b.div(left, first))
        return b.rem(product, divisor)

    def _compare(self, expr: ast.Compare) -> Value:
        left = self.number(expr.first)
        result: Value | None = None
        for sign, operand in expr.rest:
            right = self.number(operand)
            one = self.builder.cmp(_COMPARISON[sign], left, right)
            result = one if result is None else self.builder.and_(result, one)
            left = right
        return result if result is not None else self.builder.cast(left, DType.bool)

    def _conditional(self, expr: ast.Conditional) -> Value:
        condition, then, other = self.truth(expr.condition), self.value(expr.then), self.value(expr.other)
        if then.type.dtype is not other.type.dtype:
            then, other = (self.builder.cast(v, self.meaning.dtype) for v in (then, other))
        return self.builder.select(condition, then, other)

    # -- calls

    def _call(self, call: ast.Call) -> Value:
        if call.name == "sum":
            return self._sum(call)
        if is_reduction(call):
            return self._reduction(call)
        if call.name in DISTRIBUTIONS:
            return self._draw(call)
        if call.name in self.meaning.functions:
            return self._user_function(call, self.meaning.functions[call.name])
        return FUNCTIONS[call.name].lower(self.builder, [self.number(a) for a in call.arguments])

    def _sum(self, call: ast.Call) -> Value:
        side: Side = call.side or "self"
        target = call.arguments[0].name if call.arguments and isinstance(call.arguments[0], ast.Name) else ""
        type = self._float(self.meaning.side_at(side))
        return self.builder.value(model.Sum, types=(type,), target=target, side=call.side)

    def _reduction(self, call: ast.Call) -> Value:
        what = call.arguments[0]
        side = what.side if isinstance(what, ast.Attribute) else None
        name = what.name if isinstance(what, ast.Attribute | ast.Name) else ""
        type = self._float(At.one)
        return self.builder.value(model.Reduce, types=(type,), kind=call.name, attr=attribute_symbol(name), side=side)

    def _draw(self, call: ast.Call) -> Value:
        kind = DISTRIBUTIONS[call.name]
        if self.meaning.strict:
            # equal texts in one equation are one draw of the reference simulator (D15)
            for before, value in self._drawn:
                if same(before, call):
                    return value
        given = dict(zip(kind.parameters, call.arguments, strict=False)) | dict(call.keywords)
        draw = next(self.meaning.draws)
        parameters = [self.number(given[n]) for n in kind.parameters]
        type = self._float(self.draw_at)
        value = self.builder.value(model.Random, *parameters, types=(type,), distribution=kind.ir, draw=draw)
        self._drawn.append((call, value))
        return value

    def _user_function(self, call: ast.Call, function: ast.FunctionDefinition) -> Value:
        result, *types = function_types(function, self.meaning.dtype)
        arguments = [self.stored(a, t) for a, t in zip(call.arguments, types, strict=True)]
        at = join(*(a.type for a in arguments)) or At.one
        callee = function_symbol(function.name.name)
        value = self.builder.value(model.Call, *arguments, types=(value_type(result, at),), callee=callee)
        return self.builder.cast(value, self.meaning.dtype) if result.is_int else value


def constant_symbol(name: str) -> Symbol:
    """The symbol of a named constant."""
    return Symbol(f"const.{name}")


def function_symbol(name: str) -> Symbol:
    """The symbol of a user function, which no attribute can bear."""
    return Symbol(f"{model.FUNCTION_PREFIX}{name}")


def function_types(function: ast.FunctionDefinition, dtype: DType) -> Sequence[DType]:
    """Types of the value and of each argument."""
    words = function.types or ("float",) * (len(function.arguments) + 1)
    return [FUNCTION_TYPES[w] or dtype for w in words]
