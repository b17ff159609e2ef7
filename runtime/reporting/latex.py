"""Formulas as LaTeX; `amsmath` is needed for cases, aligned lines and operator names."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Final

from nnc.runtime.reporting import maths
from nnc.runtime.reporting.maths import bracketed, digits, folded, leads_with_digit
from nnc.runtime.reporting.names import GREEK
from nnc.runtime.reporting.notation import LETTERS, SHOWN, WITH_BASE

if TYPE_CHECKING:
    from nnc.runtime.reporting.maths import Expr

_SIGNS: Final = {"lt": "<", "le": r"\leq", "gt": ">", "ge": r"\geq", "eq": "=", "ne": r"\neq"}
_LOGIC: Final = {"and": r"\wedge", "or": r"\vee", "xor": r"\oplus"}
_FENCES: Final = {
    "abs": (r"\left\lvert ", r" \right\rvert"),
    "floor": (r"\left\lfloor ", r" \right\rfloor"),
    "ceil": (r"\left\lceil ", r" \right\rceil"),
    "norm1": (r"\left\lVert ", r" \right\rVert_{1}"),
    "norm2": (r"\left\lVert ", r" \right\rVert_{2}"),
    "mean": (r"\left\langle ", r" \right\rangle"),
    "iverson": (r"\left[ ", r" \right]"),
    "positive": (r"\left[ ", r" \right]^{+}"),
    "negative": (r"\left[ ", r" \right]^{-}"),
}
_OVER: Final = {"sum": r"\sum_{\mathrm{pre}} ", "max": r"\max_{\mathrm{pre}} ", "min": r"\min_{\mathrm{pre}} "}
_LETTERS: Final = {letter: name for name, letter in GREEK.items()} | {"μ": "mu", "µ": "mu"}
_LAST_LATIN: Final = 0x17F
_SPECIAL: Final = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{c: f"\\{c}" for c in "_#$%&"},
}


def latex(expr: Expr) -> str:
    """A formula, to stand between dollars."""
    return _latex(bracketed(expr))


def display(expr: Expr) -> str:
    """A formula on lines of its own: statements whose right side is a long sum are continued below."""
    placed = bracketed(expr)
    if not isinstance(placed, maths.Relation):
        return _latex(placed)
    left, sign = _latex(placed.left), _relation(placed.sign)
    rows = [" ".join(f"{s} {_latex(e)}".strip() for s, e in row) for row in folded(placed.right)]
    if len(rows) == 1:
        return f"{left} {sign} {rows[0]}"
    body = " \\\\\n".join([f"{left} {sign}{{}} & {rows[0]}", *(f"& \\quad {{}} {row}" for row in rows[1:])])
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


def escaped(text: str) -> str:
    """Plain text as LaTeX that every engine takes: Greek letters are maths, other rare characters their numbers."""
    return "".join(_SPECIAL.get(c) or _rare(c) for c in text)


def _rare(character: str) -> str:
    if character in _LETTERS:
        return f"\\ensuremath{{\\{_LETTERS[character]}}}"
    return character if ord(character) <= _LAST_LATIN else f"[U+{ord(character):04X}]"


def _relation(sign: str) -> str:
    return "=" if sign == "=" else r"\leftarrow"


@singledispatch
def _latex(expr: Expr) -> str:
    raise TypeError(f"{expr!r} is no formula")


@_latex.register
def _(expr: maths.Number) -> str:
    mantissa, power = digits(expr.value, expr.single)
    if mantissa == "inf":
        return r"\infty"
    if not power:
        return mantissa
    return f"10^{{{power}}}" if mantissa == "1" else f"{mantissa} \\cdot 10^{{{power}}}"


@_latex.register
def _(expr: maths.Symbol) -> str:
    side = f"^{{\\mathrm{{{expr.side}}}}}" if expr.side else ""
    if expr.base == "dt":
        return r"\Delta t"
    if expr.literal:
        return f"\\mathtt{{{escaped(expr.base)}}}{side}"
    subscripts = ",".join(_piece(s, r"\mathrm") for s in expr.subscripts)
    return _piece(expr.base, r"\mathit") + (f"_{{{subscripts}}}" if subscripts else "") + side


def _piece(text: str, font: str) -> str:
    if text in GREEK:
        return f"\\{text}"
    if len(text) == 1 or text.isdigit():
        return escaped(text)
    return f"{font}{{{escaped(text)}}}"


@_latex.register
def _(expr: maths.Words) -> str:
    return f"\\text{{{escaped(expr.text)}}}"


@_latex.register
def _(expr: maths.Binary) -> str:
    left, right = _latex(expr.left), _latex(expr.right)
    match expr.operator:
        case "/":
            return f"\\frac{{{left}}}{{{right}}}"
        case "^":
            return f"{{{left}}}^{{{right}}}"
        case "*":
            sign = r"\cdot" if leads_with_digit(expr.right) else r"\,"
            return f"{left} {sign} {right}"
    return f"{left} {expr.operator} {right}"


@_latex.register
def _(expr: maths.Negative) -> str:
    return f"-{_latex(expr.operand)}"


@_latex.register
def _(expr: maths.Compare) -> str:
    first, *rest = expr.operands
    return _latex(first) + "".join(f" {_SIGNS[s]} {_latex(o)}" for s, o in zip(expr.signs, rest, strict=True))


@_latex.register
def _(expr: maths.Logic) -> str:
    return f"{_latex(expr.left)} {_LOGIC[expr.operator]} {_latex(expr.right)}"


@_latex.register
def _(expr: maths.Not) -> str:
    return f"\\neg {_latex(expr.operand)}"


@_latex.register
def _(expr: maths.Call) -> str:
    arguments = ", ".join(_latex(a) for a in expr.arguments)
    return f"{_function(expr.name)}\\left({arguments}\\right)"


def _function(name: str) -> str:
    if name in WITH_BASE:
        return f"\\log_{{{WITH_BASE[name]}}}"
    shown = SHOWN.get(name, name)
    below = r"_{\mathrm{pop}}" if name.endswith("of a population") else ""
    if shown in LETTERS or shown in ("max", "min"):
        return f"\\{shown}{below}"
    return f"\\operatorname{{{escaped(shown)}}}"


@_latex.register
def _(expr: maths.Fence) -> str:
    left, right = _FENCES[expr.kind]
    return f"{left}{_latex(expr.operand)}{right}"


@_latex.register
def _(expr: maths.Root) -> str:
    return f"\\sqrt{'[3]' if expr.degree == 3 else ''}{{{_latex(expr.operand)}}}"


@_latex.register
def _(expr: maths.Cases) -> str:
    rows = [f"{_latex(value)} & \\text{{if }} {_latex(condition)}" for value, condition in expr.branches]
    body = " \\\\ ".join([*rows, f"{_latex(expr.otherwise)} & \\text{{otherwise}}"])
    return f"\\begin{{cases}} {body} \\end{{cases}}"


@_latex.register
def _(expr: maths.Derivative) -> str:
    return f"\\frac{{\\mathrm{{d}} {_latex(expr.variable)}}}{{\\mathrm{{d}} t}}"


@_latex.register
def _(expr: maths.Over) -> str:
    if expr.operation == "mean":
        return f"\\left\\langle {_latex(expr.body)} \\right\\rangle_{{\\mathrm{{pre}}}}"
    return f"{_OVER[expr.operation]}{_latex(expr.body)}"


@_latex.register
def _(expr: maths.Relation) -> str:
    return f"{_latex(expr.left)} {_relation(expr.sign)} {_latex(expr.right)}"


@_latex.register
def _(expr: maths.Bracket) -> str:
    return f"\\left({_latex(expr.operand)}\\right)"
