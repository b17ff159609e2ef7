"""Formulas as MathML Core, which browsers show without any script or font from the network."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from nnc.runtime.reporting import maths
from nnc.runtime.reporting.latex import latex
from nnc.runtime.reporting.maths import bracketed, digits, folded, leads_with_digit
from nnc.runtime.reporting.names import GREEK
from nnc.runtime.reporting.notation import SHOWN, WITH_BASE

if TYPE_CHECKING:
    from nnc.runtime.reporting.maths import Expr

NAMESPACE: Final = "http://www.w3.org/1998/Math/MathML"
_SIGNS: Final = {"lt": "<", "le": "≤", "gt": ">", "ge": "≥", "eq": "=", "ne": "≠"}
_LOGIC: Final = {"and": "∧", "or": "∨", "xor": "⊕"}
_FENCES: Final = {
    "abs": ("|", "|", "", ""),
    "floor": ("⌊", "⌋", "", ""),
    "ceil": ("⌈", "⌉", "", ""),
    "norm1": ("‖", "‖", "msub", "1"),
    "norm2": ("‖", "‖", "msub", "2"),
    "mean": ("⟨", "⟩", "", ""),
    "iverson": ("[", "]", "", ""),
    "positive": ("[", "]", "msup", "+"),
    "negative": ("[", "]", "msup", "−"),
}
_OVER: Final = {"sum": '<mo movablelimits="false">∑</mo>', "max": "<mi>max</mi>", "min": "<mi>min</mi>"}
_TIMES: Final = '<mo lspace="0" rspace="0.17em">&#x2062;</mo>'
_APPLY: Final = "<mo>&#x2061;</mo>"


def mathml(expr: Expr, block: bool = False) -> str:
    """A formula as a `math` element, with its LaTeX as the text for those who cannot see it."""
    placed = bracketed(expr)
    body = _lines(placed) if block else _mathml(placed)
    mode = ' display="block"' if block else ""
    return f'<math xmlns="{NAMESPACE}"{mode} alttext={quoteattr(latex(expr))}>{body}</math>'


def _lines(placed: Expr) -> str:
    if not isinstance(placed, maths.Relation):
        return _mathml(placed)
    rows = [
        "".join(f"<mo>{_minus(s)}</mo>{_mathml(e)}" if s else _mathml(e) for s, e in row)
        for row in folded(placed.right)
    ]
    left, sign = _mathml(placed.left), f"<mo>{_relation(placed.sign)}</mo>"
    if len(rows) == 1:
        return f"<mrow>{left}{sign}{rows[0]}</mrow>"
    first, *more = rows
    lines = [(f"{left}{sign}", first), *(("", f'<mspace width="2em"></mspace>{row}') for row in more)]
    cells = "".join(
        f'<mtr><mtd style="text-align:right;padding-right:0">{a}</mtd><mtd style="text-align:left">{b}</mtd></mtr>'
        for a, b in lines
    )
    return f'<mtable displaystyle="true">{cells}</mtable>'


def _relation(sign: str) -> str:
    return "=" if sign == "=" else "←"


def _minus(sign: str) -> str:
    return "−" if sign == "-" else sign


@singledispatch
def _mathml(expr: Expr) -> str:
    raise TypeError(f"{expr!r} is no formula")


@_mathml.register
def _(expr: maths.Number) -> str:
    mantissa, power = digits(expr.value, expr.single)
    if mantissa == "inf":
        return "<mi>∞</mi>"
    if not power:
        return f"<mn>{mantissa}</mn>"
    minus, size = ("<mo>−</mo>", power[1:]) if power.startswith("-") else ("", power)
    ten = f"<msup><mn>10</mn><mrow>{minus}<mn>{size}</mn></mrow></msup>"
    return ten if mantissa == "1" else f"<mrow><mn>{mantissa}</mn><mo>⋅</mo>{ten}</mrow>"


@_mathml.register
def _(expr: maths.Symbol) -> str:
    side = f'<mi mathvariant="normal">{expr.side}</mi>'
    if expr.base == "dt":
        return "<mi>Δt</mi>"
    base = f"<mi>{escape(expr.base)}</mi>" if expr.literal else _letter(expr.base, slanted=True)
    below = "<mo>,</mo>".join(_letter(s, slanted=False) for s in expr.subscripts)
    below = f"<mrow>{below}</mrow>"
    if expr.subscripts and expr.side:
        return f"<msubsup>{base}{below}{side}</msubsup>"
    if expr.subscripts:
        return f"<msub>{base}{below}</msub>"
    return f"<msup>{base}{side}</msup>" if expr.side else base


def _letter(text: str, slanted: bool) -> str:
    if text.isdigit():
        return f"<mn>{text}</mn>"
    if text in GREEK:
        upright = ' mathvariant="normal"' if text[0].isupper() else ""
        return f"<mi{upright}>{GREEK[text]}</mi>"
    style = ' style="font-style:italic"' if slanted and len(text) > 1 else ""
    return f"<mi{style}>{escape(text)}</mi>"


@_mathml.register
def _(expr: maths.Words) -> str:
    return f"<mtext>{escape(expr.text)}</mtext>"


@_mathml.register
def _(expr: maths.Binary) -> str:
    left, right = _mathml(expr.left), _mathml(expr.right)
    match expr.operator:
        case "/":
            return f"<mfrac>{left}{right}</mfrac>"
        case "^":
            return f"<msup>{left}{right}</msup>"
        case "*":
            return f"<mrow>{left}{'<mo>⋅</mo>' if leads_with_digit(expr.right) else _TIMES}{right}</mrow>"
    return f"<mrow>{left}<mo>{_minus(expr.operator)}</mo>{right}</mrow>"


@_mathml.register
def _(expr: maths.Negative) -> str:
    return f'<mrow><mo form="prefix">−</mo>{_mathml(expr.operand)}</mrow>'


@_mathml.register
def _(expr: maths.Compare) -> str:
    first, *rest = expr.operands
    more = (f"<mo>{escape(_SIGNS[s])}</mo>{_mathml(o)}" for s, o in zip(expr.signs, rest, strict=True))
    return f"<mrow>{_mathml(first)}{''.join(more)}</mrow>"


@_mathml.register
def _(expr: maths.Logic) -> str:
    return f"<mrow>{_mathml(expr.left)}<mo>{_LOGIC[expr.operator]}</mo>{_mathml(expr.right)}</mrow>"


@_mathml.register
def _(expr: maths.Not) -> str:
    return f"<mrow><mo>¬</mo>{_mathml(expr.operand)}</mrow>"


@_mathml.register
def _(expr: maths.Call) -> str:
    arguments = "<mo>,</mo>".join(_mathml(a) for a in expr.arguments)
    return f"<mrow>{_function(expr.name)}{_APPLY}{_fenced('(', arguments, ')')}</mrow>"


def _function(name: str) -> str:
    if name in WITH_BASE:
        return f"<msub><mi>log</mi><mn>{WITH_BASE[name]}</mn></msub>"
    shown = f'<mi mathvariant="normal">{escape(SHOWN.get(name, name))}</mi>'
    return f"<msub>{shown}<mi>pop</mi></msub>" if name.endswith("of a population") else shown


def _fenced(left: str, body: str, right: str) -> str:
    return f'<mrow><mo form="prefix">{left}</mo><mrow>{body}</mrow><mo form="postfix">{right}</mo></mrow>'


@_mathml.register
def _(expr: maths.Fence) -> str:
    left, right, script, mark = _FENCES[expr.kind]
    inside = _fenced(left, _mathml(expr.operand), right)
    if not script:
        return inside
    shown = f"<mn>{mark}</mn>" if mark.isdigit() else f"<mo>{mark}</mo>"
    return f"<{script}>{inside}{shown}</{script}>"


@_mathml.register
def _(expr: maths.Root) -> str:
    inside = _mathml(expr.operand)
    return f"<mroot>{inside}<mn>3</mn></mroot>" if expr.degree == 3 else f"<msqrt>{inside}</msqrt>"


@_mathml.register
def _(expr: maths.Cases) -> str:
    rows = [(_mathml(v), f"<mrow><mtext>if&#160;</mtext>{_mathml(c)}</mrow>") for v, c in expr.branches]
    rows.append((_mathml(expr.otherwise), "<mtext>otherwise</mtext>"))
    style = ' style="text-align:left"'
    cells = "".join(f"<mtr><mtd{style}>{value}</mtd><mtd{style}>{when}</mtd></mtr>" for value, when in rows)
    return f'<mrow><mo form="prefix" stretchy="true">{{</mo><mtable>{cells}</mtable></mrow>'


@_mathml.register
def _(expr: maths.Derivative) -> str:
    d = '<mi mathvariant="normal">d</mi>'
    return f"<mfrac><mrow>{d}{_mathml(expr.variable)}</mrow><mrow>{d}<mi>t</mi></mrow></mfrac>"


@_mathml.register
def _(expr: maths.Over) -> str:
    body = _mathml(expr.body)
    if expr.operation == "mean":
        return f"<msub>{_fenced('⟨', body, '⟩')}<mi>pre</mi></msub>"
    return f"<mrow><munder>{_OVER[expr.operation]}<mi>pre</mi></munder>{body}</mrow>"


@_mathml.register
def _(expr: maths.Relation) -> str:
    return f"<mrow>{_mathml(expr.left)}<mo>{_relation(expr.sign)}</mo>{_mathml(expr.right)}</mrow>"


@_mathml.register
def _(expr: maths.Bracket) -> str:
    return _fenced("(", _mathml(expr.operand), ")")
