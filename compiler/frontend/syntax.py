"""The abstract syntax of the equation language: frozen nodes, each with its place in the user's text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nnc.compiler.diagnostics import UNKNOWN, Loc


@dataclass(frozen=True)
class Number:
    """A numeric literal; `integer` as written without point or exponent."""

    value: float
    integer: bool
    loc: Loc = UNKNOWN


@dataclass(frozen=True)
class Bool:
    """`True` or `False` (also `true`, `false`)."""

    value: bool
    loc: Loc = UNKNOWN


@dataclass(frozen=True)
class Name:
    """A bare name."""

    name: str
    loc: Loc = UNKNOWN


@dataclass(frozen=True)
class Attribute:
    """`pre.x` or `post.x`."""

    side: Literal["pre", "post"]
    name: str
    loc: Loc = UNKNOWN


@dataclass(frozen=True)
class Call:
    """`f(a, b)`, also `pre.sum(exc)` (then `side` is set). `keywords` are `name=value` arguments."""

    name: str
    arguments: tuple[Expr, ...]
    keywords: tuple[tuple[str, Expr], ...] = ()
    side: Literal["pre", "post"] | None = None
    name_loc: Loc = UNKNOWN
    loc: Loc = UNKNOWN


@dataclass(frozen=True)
class Unary:
    """`-x`, `+x`, `not x`."""

    operator: Literal["-", "+", "not"]
    operand: Expr
    loc: Loc = UNKNOWN


BinaryOperator = Literal["+", "-", "*", "/", "%", "//", "**", "and", "or"]


@dataclass(frozen=True)
class Binary:
    """Arithmetic and logic of two operands (`^` is `**`, `&` is `and`, `|` is `or`)."""

    operator: BinaryOperator
    left: Expr
    right: Expr
    loc: Loc = UNKNOWN


Comparator = Literal["<", "<=", ">", ">=", "==", "!="]


@dataclass(frozen=True)
class Compare:
    """`a < b <= c`: a chain means conjunction (`is` is `==`, `is not` is `!=`)."""

    first: Expr
    rest: tuple[tuple[Comparator, Expr], ...]
    loc: Loc = UNKNOWN


@dataclass(frozen=True)
class Conditional:
    """`if c: a else: b`, `a if c else b` or `ite(c, a, b)`."""

    condition: Expr
    then: Expr
    other: Expr
    loc: Loc = UNKNOWN


@dataclass(frozen=True)
class Derivative:
    """`dv/dt`."""

    variable: str
    loc: Loc = UNKNOWN


Expr = Number | Bool | Name | Attribute | Call | Unary | Binary | Compare | Conditional | Derivative


@dataclass(frozen=True)
class Flag:
    """`init=0.5`, `exponential`, `min = a + b`; the value is absent for bare words."""

    name: str
    value: Expr | None
    loc: Loc = UNKNOWN


@dataclass(frozen=True)
class Assignment:
    """`x = e`, `x += e`, ... with flags."""

    target: Name
    operator: Literal["=", "+=", "-=", "*=", "/="]
    value: Expr
    flags: tuple[Flag, ...] = ()
    loc: Loc = UNKNOWN


@dataclass(frozen=True)
class Ode:
    """An equation whose left side holds one derivative; solved for it by a pass."""

    variable: str
    left: Expr
    right: Expr
    flags: tuple[Flag, ...] = ()
    variable_loc: Loc = UNKNOWN
    loc: Loc = UNKNOWN


Statement = Assignment | Ode


@dataclass(frozen=True)
class Parameter:
    """`tau = 10.0 : population` of a parameter text."""

    name: Name
    value: Expr | None
    flags: tuple[Flag, ...] = ()
    loc: Loc = UNKNOWN


@dataclass(frozen=True)
class FunctionDefinition:
    """`f(x, y) = expression : float, int, float`."""

    name: Name
    arguments: tuple[Name, ...]
    body: Expr
    types: tuple[str, ...] = ()
    loc: Loc = UNKNOWN


@dataclass(frozen=True)
class Condition:
    """An expression with optional flags: spike conditions, stop conditions, `creating`, `pruning`."""

    value: Expr
    flags: tuple[Flag, ...] = ()
    loc: Loc = UNKNOWN


def children(node: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside one."""
    match node:
        case Call(arguments=arguments, keywords=keywords):
            return (*arguments, *(v for _, v in keywords))
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Compare(first=first, rest=rest):
            return (first, *(e for _, e in rest))
        case Conditional(condition=condition, then=then, other=other):
            return (condition, then, other)
        case _:
            return ()
