"""Formulas as trees, before they are LaTeX or MathML, and where brackets are needed in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal


@dataclass(frozen=True)
class Number:
    """A number that is not negative; `single`: of single precision, which decides on the digits shown."""

    value: float
    single: bool = False


@dataclass(frozen=True)
class Symbol:
    """A name: its base, subscripts, and whether it belongs to the pre or the post neuron of a synapse.

    `literal`: shown letter by letter, underscores included.
    """

    base: str
    subscripts: tuple[str, ...] = ()
    side: str = ""
    literal: bool = False


@dataclass(frozen=True)
class Words:
    """Plain words in a formula."""

    text: str


@dataclass(frozen=True)
class Binary:
    """Two operands; `/` is a fraction, `^` a power."""

    operator: Literal["+", "-", "*", "/", "^"]
    left: Expr
    right: Expr


@dataclass(frozen=True)
class Negative:
    """An expression with its sign changed."""

    operand: Expr


@dataclass(frozen=True)
class Compare:
    """A chain of comparisons: one sign less than operands."""

    operands: tuple[Expr, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True)
class Logic:
    """Two conditions."""

    operator: Literal["and", "or", "xor"]
    left: Expr
    right: Expr


@dataclass(frozen=True)
class Not:
    """A condition that does not hold."""

    operand: Expr


@dataclass(frozen=True)
class Call:
    """A function by its name in the language."""

    name: str
    arguments: tuple[Expr, ...]


FenceKind = Literal["abs", "floor", "ceil", "norm1", "norm2", "mean", "iverson", "positive", "negative"]


@dataclass(frozen=True)
class Fence:
    """Something that is said by what stands around it: a magnitude, a norm, a mean, the positive part."""

    kind: FenceKind
    operand: Expr


@dataclass(frozen=True)
class Root:
    """A square or cube root."""

    degree: Literal[2, 3]
    operand: Expr


@dataclass(frozen=True)
class Cases:
    """The value of the first branch whose condition holds, else the last one."""

    branches: tuple[tuple[Expr, Expr], ...]
    otherwise: Expr


@dataclass(frozen=True)
class Derivative:
    """The derivative of a variable by time."""

    variable: Symbol


@dataclass(frozen=True)
class Over:
    """A value for each synapse taken together: `sum`, `max`, `min` or `mean`."""

    operation: Literal["sum", "max", "min", "mean"]
    body: Expr


@dataclass(frozen=True)
class Relation:
    """A statement: two sides with a sign between them, `=` for equations and `<-` for what an event does."""

    left: Expr
    sign: Literal["=", "<-"]
    right: Expr


@dataclass(frozen=True)
class Bracket:
    """Round brackets, placed by `bracketed`."""

    operand: Expr


Expr = (
    Number
    | Symbol
    | Words
    | Binary
    | Negative
    | Compare
    | Logic
    | Not
    | Call
    | Fence
    | Root
    | Cases
    | Derivative
    | Over
    | Relation
    | Bracket
)

WIDTH: Final = 12
"""Numbers and names side by side that a line has room for."""

_ATOM: Final = 9
_SCRIPTED: Final = 8
"""Cannot be the base of a power as it is, but needs no brackets elsewhere."""

_PRODUCT: Final = 6
_SUM: Final = 5
_COMPARISON: Final = 4
_NOT: Final = 3
_LOGIC: Final = {"and": 2, "or": 1, "xor": 1}
_OPERANDS: Final = {"+": (_SUM, _PRODUCT), "-": (_SUM, _PRODUCT), "*": (_PRODUCT, _SCRIPTED)}
"""How strongly the left and the right operand must bind, so that order of evaluation is what was written."""


def binding(expr: Expr) -> int:
    """How strongly an expression holds together."""
    match expr:
        case Relation():
            return -1
        case Cases():
            return 0
        case Logic(operator=operator):
            return _LOGIC[operator]
        case Not():
            return _NOT
        case Compare():
            return _COMPARISON
        case Negative():
            return _SUM
        case Over():
            return _PRODUCT
        case Number(value=value, single=single):
            return _PRODUCT if digits(value, single)[1] else _ATOM
        case Binary(operator=operator):
            return {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _SCRIPTED, "^": _SCRIPTED}[operator]
        case Call() | Derivative():
            return _SCRIPTED
        case Fence(kind=kind):
            return _SCRIPTED if kind in ("positive", "negative") else _ATOM
        case Symbol(side=side):
            return _SCRIPTED if side else _ATOM
    return _ATOM


def digits(value: float, single: bool = False) -> tuple[str, str]:
    """Mantissa and power of ten of a number as they are shown, the latter empty for numbers of common size.

    They are the fewest digits that read back as the number in its precision.
    """
    import numpy as np

    shortest = np.format_float_scientific(np.float32(value) if single else np.float64(value), trim="-", exp_digits=1)
    mantissa, _, exponent = shortest.partition("e")
    power = int(exponent or 0)
    if -4 <= power < 6:
        plain = np.format_float_positional(np.float32(value) if single else np.float64(value), trim="-")
        return plain, ""
    return mantissa, str(power)


def bracketed(expr: Expr) -> Expr:
    """The same with brackets wherever the order of evaluation would be read otherwise."""
    match expr:
        case Binary(operator="/", left=left, right=right):
            return replace(expr, left=bracketed(left), right=bracketed(right))
        case Binary(operator="^", left=left, right=right):
            return replace(expr, left=_within(left, _ATOM), right=bracketed(right))
        case Binary(operator=operator, left=left, right=right):
            first, second = _OPERANDS[operator]
            return replace(expr, left=_within(left, first), right=_within(right, second))
        case Negative(operand=operand):
            return Negative(_within(operand, _PRODUCT))
        case Compare(operands=operands):
            return replace(expr, operands=tuple(_within(o, _SUM) for o in operands))
        case Logic(operator=operator, left=left, right=right):
            least = _LOGIC[operator]
            return replace(expr, left=_logical(left, operator, least), right=_logical(right, operator, least + 1))
        case Not(operand=operand):
            return Not(_within(operand, _SCRIPTED))
        case Call(arguments=arguments):
            return replace(expr, arguments=tuple(_argument(a) for a in arguments))
        case Fence(operand=operand) | Root(operand=operand):
            return replace(expr, operand=bracketed(operand))
        case Cases(branches=branches, otherwise=otherwise):
            return Cases(tuple((_within(v, 1), _within(c, 1)) for v, c in branches), _within(otherwise, 1))
        case Over(body=body):
            return replace(expr, body=_within(body, _PRODUCT))
        case Relation(left=left, right=right):
            return replace(expr, left=bracketed(left), right=bracketed(right))
    return expr


def _within(expr: Expr, least: int) -> Expr:
    inner = bracketed(expr)
    return inner if binding(expr) >= least else Bracket(inner)


def _logical(expr: Expr, operator: str, least: int) -> Expr:
    """Operands that are other operations get brackets, whatever binds stronger: few readers know."""
    mixed = isinstance(expr, Logic) and expr.operator != operator
    return Bracket(bracketed(expr)) if mixed else _within(expr, least)


def _argument(expr: Expr) -> Expr:
    return bracketed(expr) if isinstance(expr, Relation) else _within(expr, 1)


def leads_with_digit(expr: Expr) -> bool:
    """Whether an expression begins with a digit, so that a product needs a visible sign in front of it."""
    match expr:
        case Number():
            return True
        case Binary(operator="*" | "^" | "+" | "-", left=left):
            return leads_with_digit(left)
        case Compare(operands=operands):
            return leads_with_digit(operands[0])
    return False


def terms(expr: Expr) -> list[tuple[str, Expr]]:
    """The terms of a sum with their signs; a bracketed tree in, bracketed trees out."""
    if isinstance(expr, Binary) and expr.operator in ("+", "-"):
        return [*terms(expr.left), (expr.operator, expr.right)]
    return [("", expr)]


def folded(expr: Expr) -> list[list[tuple[str, Expr]]]:
    """The terms of a sum, see `terms`, on as many lines as they take."""
    rows: list[list[tuple[str, Expr]]] = [[]]
    room = WIDTH
    for sign, term in terms(expr):
        size = _size(term)
        if rows[-1] and size > room:
            rows.append([])
            room = WIDTH
        room -= size
        rows[-1].append((sign, term))
    return rows


def _size(expr: Expr) -> int:
    match expr:
        case Binary(operator="/", left=left, right=right):
            return max(_size(left), _size(right))
        case Binary(left=left, right=right) | Logic(left=left, right=right):
            return _size(left) + _size(right)
        case Call(arguments=arguments):
            return 1 + sum(map(_size, arguments))
        case Compare(operands=operands):
            return sum(map(_size, operands))
        case Cases(branches=branches, otherwise=otherwise):
            return max(_size(otherwise), *(_size(v) + _size(c) for v, c in branches)) + 1
        case Negative(operand=inner) | Not(operand=inner) | Bracket(operand=inner):
            return _size(inner)
        case Fence(operand=inner) | Root(operand=inner):
            return _size(inner)
    return 1
