"""Values known before the network runs: numbers of parameters, initial values."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

from nnc.compiler.description import ConstantRef
from nnc.compiler.diagnostics import Loc
from nnc.compiler.frontend import syntax as ast
from nnc.compiler.frontend.builtins import DISTRIBUTIONS
from nnc.compiler.frontend.model import AttributeRef, DistributionCall

if TYPE_CHECKING:
    from collections.abc import Collection

    from nnc.compiler.description import Kind, Value
    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.frontend.model import InitialValue
    from nnc.compiler.frontend.syntax import Expr

_WORDS: dict[str, Value] = {"true": True, "false": False, "pi": math.pi}
_BOUNDS = ("min", "max")


def number(expr: Expr) -> Value | None:
    """The value of an expression of numbers alone, or None. Division is real; integers stay integers."""
    match expr:
        case ast.Number(value=value, integer=integer):
            return int(value) if integer else value
        case ast.Bool(value=flag):
            return flag
        case ast.Name(name=name):
            return _WORDS.get(name)
        case ast.Unary(operator=operator, operand=operand) if operator != "not":
            inner = number(operand)
            return None if inner is None else (-inner if operator == "-" else +inner)
        case ast.Binary(operator=operator, left=left, right=right):
            a, b = number(left), number(right)
            return None if a is None or b is None else _apply(operator, a, b)
    return None


def _apply(operator: ast.BinaryOperator, a: Value, b: Value) -> Value | None:
    try:
        match operator:
            case "+":
                return a + b
            case "-":
                return a - b
            case "*":
                return a * b
            case "/":
                return a / b
            case "//":
                return a // b
            case "%":
                return math.fmod(a, b)
            case "**":
                return math.pow(a, b)
    except (ArithmeticError, ValueError):
        return None
    return None


def same(a: object, b: object) -> bool:
    """Whether two expressions (or numbers) say the same, wherever they stand."""
    return _shape(a) == _shape(b)


def _shape(node: object) -> object:
    if isinstance(node, ast.Number | int | float):
        return float(node.value if isinstance(node, ast.Number) else node)
    if isinstance(node, tuple):
        return tuple(_shape(n) for n in node)
    if not dataclasses.is_dataclass(node):
        return node
    values = (getattr(node, f.name) for f in dataclasses.fields(node))
    return (type(node).__name__, *(_shape(v) for v in values if not isinstance(v, Loc)))


def stored(value: Value, kind: Kind) -> Value:
    """The value as an attribute of this type holds it; integers truncate towards zero."""
    if kind == "bool":
        return bool(value)
    return int(value) if kind == "int" else float(value)


def parameter_value(expr: Expr, kind: Kind, constants: Collection[str], d: Diagnostics) -> InitialValue:
    """The value of a parameter of a text: a number or a constant."""
    if isinstance(expr, ast.Name) and expr.name in constants:
        return ConstantRef(expr.name)
    value = number(expr)
    if value is not None and _storable(value, kind):
        return stored(value, kind)
    if isinstance(expr, ast.Call) and expr.name in DISTRIBUTIONS:
        help = "give random values from Python: Parameter(Uniform(0.0, 1.0), locality='local'), or pop.x = Uniform(...)"
    else:
        help = (
            "a parameter is a number, a computation with numbers, or the name of a Constant; equations compute the rest"
        )
    d.error("N0307", "the value of a parameter must be a number", expr.loc, help=help)
    return stored(0, kind)


def initial_value(
    expr: Expr, kind: Kind, attributes: Collection[str], constants: Collection[str], d: Diagnostics
) -> InitialValue:
    """The value of `init`: a number, an attribute of the model, a constant, or a distribution."""
    if isinstance(expr, ast.Name) and expr.name in attributes:
        return AttributeRef(expr.name)
    if isinstance(expr, ast.Name) and expr.name in constants:
        return ConstantRef(expr.name)
    if isinstance(expr, ast.Call) and expr.side is None and expr.name in DISTRIBUTIONS:
        return drawn(expr, d)
    value = number(expr)
    if value is not None and _storable(value, kind):
        return stored(value, kind)
    d.error(
        "N0306",
        "this cannot be an initial value",
        expr.loc,
        help="it may be a number, an attribute, a Constant, or a distribution such as Uniform(0.0, 1.0)",
    )
    return stored(0, kind)


def _storable(value: Value, kind: Kind) -> bool:
    return kind != "int" or (math.isfinite(value) and -(2**31) <= value < 2**31)


def drawn(call: ast.Call, d: Diagnostics) -> DistributionCall:
    """A distribution whose parameters are numbers, as a value to be drawn by the runtime."""
    known = DISTRIBUTIONS[call.name]
    values = [(e, number(e)) for e in (*call.arguments, *(e for _, e in call.keywords))]
    for expr, value in values:
        if value is None:
            help = "initial values are drawn before the first step, when no equation has been computed"
            d.error("N0306", "the parameters of an initial distribution must be numbers", expr.loc, help=help)
    numbers = [float(v or 0.0) for _, v in values]
    positional = tuple(numbers[: len(call.arguments)])
    keywords = tuple(zip((n for n, _ in call.keywords), numbers[len(call.arguments) :], strict=True))
    arranged = arrange(call, d, extra=_BOUNDS)
    if arranged is not None and all(v is not None for _, v in values):
        wrong = known.valid([float(number(e) or 0.0) for e in arranged])
        if wrong is not None:
            d.error("N0312", f"impossible parameters of {call.name}: {wrong}", call.loc, help=signature(call.name))
    return DistributionCall(call.name, positional, keywords)


def signature(name: str) -> str:
    """How a distribution is called."""
    return f"{name}({', '.join(DISTRIBUTIONS[name].parameters)})"


def arrange(call: ast.Call, d: Diagnostics, extra: tuple[str, ...] = ()) -> list[Expr] | None:
    """The parameters of a distribution in order, keywords put to their places; None after an error.

    `extra` are keywords that are allowed but no parameters.
    """
    names = DISTRIBUTIONS[call.name].parameters
    given: dict[str, Expr] = dict(zip(names, call.arguments, strict=False))
    fine = len(call.arguments) <= len(names)
    for name, value in call.keywords:
        if name in extra and name not in names:
            continue
        if name not in names or name in given:
            fine = False
        given[name] = value
    if not fine or len(given) != len(names):
        count = len(call.arguments) + len(call.keywords)
        d.error("N0205", f"{call.name} cannot be called so with {count} arguments", call.loc, help=signature(call.name))
        return None
    return [given[n] for n in names]
