"""What a reader sees of a formula, evaluated: groups that cannot be seen, such as braces and `mrow`, count for nothing.

LaTeX and MathML become one sequence of visible tokens, and a small parser of its own computes their value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

_GREEK = {"τ": "tau"}
_FUNCTIONS = {
    "exp": np.exp,
    "ln": np.log,
    "log_10": np.log10,
    "arctan": np.arctan,
    "tanh": np.tanh,
    "max": lambda a, b: a if a > b else b,
    "min": lambda a, b: a if a < b else b,
    "H": lambda x: np.float64(1.0 if x > 0 else 0.0 if x < 0 else 0.5),
    "clip": lambda x, a, b: a if x < a else b if x > b else x,
    "rem": np.fmod,
}
_LATEX = re.compile(
    r"(?P<case>\\begin\{cases\}|\\end\{cases\}|\\\\|&)|(?P<if>\\text\{if \})|(?P<else>\\text\{otherwise\})"
    r"|(?P<fn>\\operatorname\{\w+\}|\\log_\{10\}|\\(?:exp|ln|max|min|arctan|tanh)(?![a-z]))"
    r"|(?P<open>\\left(?:\(|\[|\\l[a-z]+))|(?P<close>\\right(?:\)|\]|\\r[a-z]+))"
    r"|(?P<name>(?:\\mathit\{\w+\}|\\tau|[A-Za-z])(?:_\{(?:[^{}]|\{[^{}]*\})*\})?)"
    r"|(?P<op>\\,|\\cdot|\\wedge|\\vee|\\neg?(?![a-z])|\\leq|\\geq|\\neq|[-+<>=,])"
    r"|(?P<number>\d+(?:\.\d+)?)|(?P<frac>\\frac)|(?P<root>\\sqrt(?:\[3\])?)|(?P<brace>[{}^])|(?P<space>\s+)"
)
_OPERATORS = {
    r"\,": "*",
    r"\cdot": "*",
    r"\wedge": "and",
    r"\vee": "or",
    r"\neg": "not",
    r"\leq": "<=",
    r"\geq": ">=",
    r"\neq": "!=",
    "\u2062": "*",
    "⋅": "*",
    "−": "-",
    "∧": "and",
    "∨": "or",
    "¬": "not",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
}
_FENCES = {"lvert": "|(", "rvert": "|)", "lfloor": "_(", "rfloor": "_)", "lceil": "^(", "rceil": "^)"}
_MARKS = {"|": "|", "⌊": "_", "⌋": "_", "⌈": "^", "⌉": "^"}
_CLOSING = {"(": ")", "[": "]", "|(": "|)", "_(": "_)", "^(": "^)"}

Token = tuple[str, Any]


def value_of_latex(text: str, names: Mapping[str, float]) -> Any:
    """The value of a formula in LaTeX."""
    return _Seen(latex_tokens(text), names).whole()


def value_of_mathml(text: str, names: Mapping[str, float]) -> Any:
    """The value of a `math` element."""
    return _Seen(mathml_tokens(ElementTree.fromstring(text)), names).whole()


def latex_tokens(text: str) -> list[Token]:
    """Visible tokens; braces stay only where they are the ends of fractions, roots and exponents."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _LATEX.match(text, at)
        assert match is not None, f"not understood: {text[at : at + 30]!r}"
        assert match.lastgroup is not None
        at = match.end()
        if match.lastgroup != "space":
            found.append(_latex_token(match.lastgroup, match[0]))
    return _without_bases(found)


def _latex_token(kind: str, text: str) -> Token:
    if kind == "fn":
        return kind, "log_10" if "log" in text else re.sub(r"\\operatorname|[{}\\]", "", text)
    if kind in ("open", "close"):
        mark = re.sub(r"\\left|\\right|\\", "", text)
        return kind, _FENCES.get(mark, mark)
    if kind == "name":
        return kind, re.sub(r"\\mathit|\\mathrm|[{}\\]", "", text)
    if kind == "number":
        return kind, np.float64(text)
    return kind, _OPERATORS.get(text, text)


def _without_bases(tokens: list[Token]) -> list[Token]:
    """Without the braces around bases of powers, which nobody sees."""
    stack: list[int] = []
    drop: set[int] = set()
    for k, token in enumerate(tokens):
        if token == ("brace", "{"):
            stack.append(k)
        elif token == ("brace", "}"):
            start = stack.pop()
            if tokens[k + 1 : k + 2] == [("brace", "^")]:
                drop |= {start, k}
    return [t for k, t in enumerate(tokens) if k not in drop]


def mathml_tokens(element: ElementTree.Element) -> list[Token]:
    """Visible tokens of an element in the vocabulary of `latex_tokens`."""
    tag, text, parts = element.tag.partition("}")[2], (element.text or "").strip(), list(element)
    left, right = [("brace", "{")], [("brace", "}")]
    match tag:
        case "math" | "mrow" | "mtd":
            return _applied([t for p in parts for t in mathml_tokens(p)])
        case "mn":
            return [("number", np.float64(text))]
        case "mi":
            return [("name", _GREEK.get(text, text))]
        case "msub":
            base, below = ("".join(p.itertext()) for p in parts)
            return [("name", f"{_GREEK.get(base, base)}_{below}")]
        case "mo":
            return [_operator(text or element.text or "", element.get("form"))]
        case "mtext":
            return [("if", "")] if text.startswith("if") else [("else", "")]
        case "mfrac":
            return [("frac", ""), *left, *mathml_tokens(parts[0]), *right, *left, *mathml_tokens(parts[1]), *right]
        case "msqrt" | "mroot":
            return [("root", r"\sqrt[3]" if tag == "mroot" else r"\sqrt"), *left, *mathml_tokens(parts[0]), *right]
        case "msup":
            return [*mathml_tokens(parts[0]), ("brace", "^"), *left, *mathml_tokens(parts[1]), *right]
        case "mtable":
            rows = [[t for cell in row for t in (*mathml_tokens(cell), ("case", "&"))][:-1] for row in parts]
            inside = [t for row in rows for t in (*row, ("case", r"\\"))][:-1]
            return [("case", r"\begin{cases}"), *inside, ("case", r"\end{cases}")]
    raise AssertionError(f"element {tag}")


def _operator(text: str, form: str | None) -> Token:
    if text == "{":
        return "space", ""
    if text in "()[]|⌊⌋⌈⌉":
        kind = "open" if form == "prefix" else "close"
        mark = _MARKS.get(text)
        return kind, text if mark is None else mark + ("(" if kind == "open" else ")")
    return "op", _OPERATORS.get(text, text)


def _applied(tokens: list[Token]) -> list[Token]:
    out: list[Token] = []
    for token in tokens:
        if token == ("op", "\u2061"):
            out[-1] = ("fn", out[-1][1])
        elif token[0] != "space":
            out.append(token)
    return out


class _Seen:
    def __init__(self, tokens: list[Token], names: Mapping[str, float]) -> None:
        self.tokens = [*tokens, ("end", "")]
        self.names = names
        self.at = 0

    def whole(self) -> Any:
        with np.errstate(all="ignore"):
            value = self.logic()
        assert self.peek()[0] == "end", f"left over: {self.tokens[self.at :]}"
        return value

    def peek(self) -> Token:
        return self.tokens[self.at]

    def take(self, *wanted: Token) -> Token:
        token = self.peek()
        assert not wanted or token in wanted, f"{token} instead of {wanted}"
        self.at += 1
        return token

    def ops(self, *signs: str) -> bool:
        return self.peek()[0] == "op" and self.peek()[1] in signs

    def logic(self) -> Any:
        value, seen = self.inverse(), ""
        while self.ops("and", "or"):
            sign = self.take()[1]
            assert seen in ("", sign), "and beside or without brackets"
            seen = sign
            other = self.inverse()
            value = (value and other) if sign == "and" else (value or other)
        return value

    def inverse(self) -> Any:
        if self.ops("not"):
            self.take()
            return not self.atom()
        return self.compare()

    def compare(self) -> Any:
        left, holds = self.sum(), None
        while self.ops("<", ">", "<=", ">=", "=", "!="):
            sign, right = self.take()[1], self.sum()
            one = {
                "<": left < right,
                ">": left > right,
                "<=": left <= right,
                ">=": left >= right,
                "=": left == right,
                "!=": left != right,
            }[sign]
            holds = one if holds is None else holds and one
            left = right
        return left if holds is None else holds

    def sum(self) -> Any:
        if self.ops("-"):
            self.take()
            value = -self.product()
        else:
            value = self.product()
        while self.ops("+", "-"):
            value = value + self.product() if self.take()[1] == "+" else value - self.product()
        return value

    def product(self) -> Any:
        value = self.power()
        while self.ops("*"):
            self.take()
            value = value * self.power()
        return value

    def power(self) -> Any:
        opened = self.peek()
        value = self.atom()
        scripted = opened[0] in ("frac", "fn") and self.peek() == ("brace", "^")
        assert not scripted, "the base of a power needs brackets"
        if self.peek() != ("brace", "^"):
            return np.float64(bool(value)) if opened == ("open", "[") else value
        self.take()
        self.take(("brace", "{"))
        if opened == ("open", "[") and self.tokens[self.at + 1] == ("brace", "}"):
            sign = self.take()[1]
            self.take()
            return value if (value > 0.0 if sign == "+" else value < 0.0) else np.float64(0.0)
        exponent = self.logic()
        self.take(("brace", "}"))
        return power(value, exponent)

    def group(self) -> Any:
        self.take(("brace", "{"))
        value = self.logic()
        self.take(("brace", "}"))
        return value

    def atom(self) -> Any:
        kind, what = self.take()
        match kind:
            case "number":
                return what
            case "name":
                return np.float64(self.names[what])
            case "frac":
                above = self.group()
                return above / self.group()
            case "root":
                return np.cbrt(self.group()) if "3" in what else np.sqrt(self.group())
            case "open":
                return self.fenced(what)
            case "fn":
                return self.call(what)
        assert (kind, what) == ("case", r"\begin{cases}"), f"no operand: {what!r}"
        return self.cases()

    def fenced(self, left: str) -> Any:
        value = self.logic()
        self.take(("close", _CLOSING[left]))
        functions = {"|(": np.abs, "_(": np.floor, "^(": np.ceil}
        return functions[left](value) if left in functions else value

    def call(self, name: str) -> Any:
        self.take(("open", "("))
        arguments = [self.logic()]
        while self.ops(","):
            self.take()
            arguments.append(self.logic())
        self.take(("close", ")"))
        return _FUNCTIONS[name](*arguments)

    def cases(self) -> Any:
        chosen = None
        while True:
            value = self.logic()
            self.take(("case", "&"))
            if self.take()[0] == "else":
                break
            if self.logic() and chosen is None:
                chosen = value
            self.take(("case", r"\\"))
        self.take(("case", r"\end{cases}"))
        return value if chosen is None else chosen


def power(base: Any, exponent: Any) -> Any:
    """Powers as the language has them: products for small whole exponents."""
    if float(exponent).is_integer() and 0 < abs(exponent) <= 8:
        product = _product(base, int(abs(exponent)))
        return product if exponent > 0 else 1.0 / product
    return np.power(base, exponent)


def _product(base: Any, times: int) -> Any:
    if times == 1:
        return base
    half = _product(base, times // 2)
    return half * half * base if times % 2 else half * half
