"""What `compat="strict"` reproduces of the reference simulator's reading of expressions.

Most texts reach a C compiler there as they are written, so that quotients of integers are integers (D08 of the
language specification) and `2*modulo(a, b)` is `(2*a) % b` (D12). Differential equations, `x += e` and functions are
evaluated before, with real quotients, but for the branches of conditionals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.frontend import syntax as ast

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnc.compiler.frontend.syntax import Expr

    Integers = Callable[[str, str], bool]


def is_conditional(expr: Expr) -> bool:
    """Whether an expression is a conditional in the form of a statement, `if c: a else: b`."""
    return isinstance(expr, ast.Conditional) and expr.loc.text.startswith("if")


def written_out(statement: ast.Assignment) -> bool:
    """Whether the value of an assignment reaches the C compiler as it is written."""
    return statement.operator == "=" or is_conditional(statement.value)


def is_integer(expr: Expr, attribute: Integers) -> bool:
    """Whether C computes an expression with integers. `attribute(side, name)`: whether an attribute holds some."""
    match expr:
        case ast.Number(integer=integer):
            return integer
        case ast.Bool() | ast.Compare():
            return True
        case ast.Name(name=name):
            return attribute("self", name)
        case ast.Attribute(side=side, name=name):
            return attribute(side, name)
        case ast.Unary(operator=operator, operand=operand):
            return operator == "not" or is_integer(operand, attribute)
        case ast.Binary(operator="and" | "or"):
            return True
        case ast.Binary(operator="+" | "-" | "*" | "/", left=left, right=right):
            return is_integer(left, attribute) and is_integer(right, attribute)
        case ast.Conditional(then=then, other=other):
            return is_integer(then, attribute) and is_integer(other, attribute)
        case ast.Call(name="modulo", side=None):
            return True
    return False


def is_remainder(expr: Expr) -> bool:
    """Whether an expression is a call of `modulo`, which takes in the factors in front of it."""
    return isinstance(expr, ast.Call) and expr.name == "modulo" and expr.side is None and len(expr.arguments) == 2
