"""Formulas say what the IR says: their value as a reader sees them is that of the expression they were made from."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.seen_maths import power, value_of_latex, value_of_mathml

import nnc as ann
from nnc.compiler.ir import model
from nnc.runtime.reporting import maths
from nnc.runtime.reporting.catalogue import module_of
from nnc.runtime.reporting.latex import display, latex
from nnc.runtime.reporting.mathml import mathml
from nnc.runtime.reporting.models import symbols
from nnc.runtime.reporting.names import symbols_of
from nnc.runtime.reporting.reading import Reader

NAMES = {"v": 0.75, "tau": -2.5, "w_exc": 3.25, "x1": 0.0, "El": -7.5}
SEEN = NAMES | {"x_1": 0.0}
PARAMETERS = "\n".join(f"{name} = {value}" for name, value in NAMES.items())

Pair = tuple[str, Callable[[], Any]]
"""An expression as a text of the language, and its value computed with NumPy."""


def formula_of(text: str) -> maths.Expr:
    """The formula of `r = text` in a neuron."""
    net = ann.Network(dt=1.0)
    net.create(1, ann.Neuron(parameters=PARAMETERS, equations=f"r = {text}"))
    (neuron,) = module_of(net).find(model.Neuron)
    (assign,) = neuron.find(model.Assign)
    return Reader(symbols(neuron)).read(assign.body.ops[-1].operands[0])


def number(x: float) -> Pair:
    return repr(x), lambda: np.float64(x)


def binary(sign: str, f: Callable[[Any, Any], Any]) -> Callable[[Pair, Pair], Pair]:
    return lambda a, b: (f"({a[0]}) {sign} ({b[0]})", lambda: f(a[1](), b[1]()))


def unary(name: str, f: Callable[[Any], Any]) -> Callable[[Pair], Pair]:
    return lambda a: (f"{name}({a[0]})", lambda: f(a[1]()))


def positive(x: Any) -> Any:
    return x if x > 0.0 else np.float64(0.0)


def negative(x: Any) -> Any:
    return x if x < 0.0 else np.float64(0.0)


def step(x: Any) -> Any:
    return np.float64(1.0 if x > 0.0 else 0.0 if x < 0.0 else 0.5)


def clip(x: Pair, a: Pair, b: Pair) -> Pair:
    def value() -> Any:
        low, high, inner = a[1](), b[1](), x[1]()
        return low if inner < low else high if inner > high else inner

    return f"clip({x[0]}, {a[0]}, {b[0]})", value


def choice(condition: Pair, a: Pair, b: Pair) -> Pair:
    return f"(if {condition[0]}: {a[0]} else: {b[0]})", lambda: a[1]() if condition[1]() else b[1]()


def as_number(condition: Pair) -> Pair:
    return f"({condition[0]}) * 2.0", lambda: np.float64(bool(condition[1]())) * 2.0


def whole_power(a: Pair, n: int) -> Pair:
    return f"({a[0]})**{n}", lambda: power(a[1](), float(n))


leaves = st.one_of(
    st.sampled_from(sorted(NAMES)).map(lambda n: (n, lambda: np.float64(NAMES[n]))),
    st.sampled_from([0.0, 1.0, -1.0, 2.5, -0.125, 3e-7, 2.5e10, -4e12, 123456.0]).map(number),
)


ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
COMPARISONS = {"<": operator.lt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne}
LOGIC = {"and": lambda a, b: bool(a) and bool(b), "or": lambda a, b: bool(a) or bool(b)}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "exp": np.exp,
    "abs": np.abs,
    "floor": np.floor,
    "sqrt": np.sqrt,
    "cbrt": np.cbrt,
    "tanh": np.tanh,
    "-": operator.neg,
    "pos": positive,
    "neg": negative,
    "Heaviside": step,
}
KINDS = (*ARITHMETIC, *ARITHMETIC, "-", "function", "function", "power", "power", "clip", "choice", "number")


@st.composite
def expressions(draw: st.DrawFn, depth: int = 4) -> Pair:
    kind = draw(st.sampled_from(KINDS)) if depth else "leaf"
    inner = expressions(depth - 1 - draw(st.integers(0, depth - 1))) if depth else leaves
    if kind in ARITHMETIC:
        return binary(kind, ARITHMETIC[kind])(draw(inner), draw(inner))
    match kind:
        case "function":
            name = draw(st.sampled_from(sorted(FUNCTIONS)))
            return unary(name, FUNCTIONS[name])(draw(inner))
        case "power":
            return whole_power(draw(inner), draw(st.sampled_from([2, 3, 4, 5, 7, 8, -1, -2, -3])))
        case "clip":
            return clip(draw(inner), draw(inner), draw(inner))
        case "choice":
            return choice(draw(conditions(inner)), draw(inner), draw(inner))
        case "number":
            return as_number(draw(conditions(inner)))
    return draw(leaves)


@st.composite
def conditions(draw: st.DrawFn, inner: st.SearchStrategy[Pair], depth: int = 2) -> Pair:
    kind = draw(st.sampled_from(["<", ">=", "==", "!=", "and", "or", "not"])) if depth else "<"
    if kind in COMPARISONS:
        return binary(kind, COMPARISONS[kind])(draw(inner), draw(inner))
    first = draw(conditions(inner, depth - 1))
    if kind == "not":
        return f"not ({first[0]})", lambda: not first[1]()
    return binary(kind, LOGIC[kind])(first, draw(conditions(inner, depth - 1)))


@given(expressions())
def test_a_reader_of_latex_and_of_mathml_computes_the_value_of_the_expression(pair: Pair) -> None:
    text, value = pair
    formula = formula_of(text)
    with np.errstate(all="ignore"):
        expected = value()
    for seen in (value_of_latex(latex(formula), SEEN), value_of_mathml(mathml(formula), SEEN)):
        np.testing.assert_array_equal(np.float64(seen), np.float64(expected))


def nestings() -> list[Pair]:
    """Every operation within every other, on either side."""
    v, tau, w = ((n, lambda n=n: np.float64(NAMES[n])) for n in ("v", "tau", "w_exc"))
    twos = [*(binary(s, f) for s, f in ARITHMETIC.items()), *(_compared(s, f) for s, f in COMPARISONS.items())]
    ones = [*(unary(name, f) for name, f in FUNCTIONS.items()), *(lambda a, n=n: whole_power(a, n) for n in (2, 3, -1))]
    small = [*(f(v, tau) for f in twos), *(f(tau) for f in ones), number(-2.5), number(3e-7), v]
    small.append(choice(binary(">=", operator.ge)(tau, tau), v, tau))
    return [
        *(f(a, w) for f in twos for a in small),
        *(f(w, a) for f in twos for a in small),
        *(f(a) for f in ones for a in small),
    ]


def _compared(sign: str, f: Callable[[Any, Any], Any]) -> Callable[[Pair, Pair], Pair]:
    return lambda a, b: as_number(binary(sign, f)(a, b))


def test_every_operation_within_every_other_is_read_as_it_was_meant() -> None:
    for text, value in nestings():
        formula = formula_of(text)
        with np.errstate(all="ignore"):
            expected = np.float64(value())
        for seen in (value_of_latex(latex(formula), SEEN), value_of_mathml(mathml(formula), SEEN)):
            np.testing.assert_array_equal(np.float64(seen), expected, err_msg=text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v - (tau - v)", r"v - \left(\tau - v\right)"),
        ("v - tau - v", r"v - \tau - v"),
        ("v * (tau + 1.0) * 2.0", r"v \, \left(\tau + 1\right) \cdot 2"),
        ("-v * tau", r"-v \, \tau"),
        ("(-v)**2", r"{\left(-v\right)}^{2}"),
        ("-v**2", r"-{v}^{2}"),
        ("(v / tau)**2.5", r"{\left(\frac{v}{\tau}\right)}^{2.5}"),
        ("v**3 * w_exc", r"{v}^{3} \, w_{\mathrm{exc}}"),
        ("1.0 / v**2", r"\frac{1}{{v}^{2}}"),
        ("v * v", r"v \, v"),
        ("exp(-v / tau)", r"\exp\left(-\frac{v}{\tau}\right)"),
        ("pos(v)", r"\left[ v \right]^{+}"),
        ("Heaviside(v)", r"\operatorname{H}\left(v\right)"),
        ("clip(v, 0.0, 1.0)", r"\operatorname{clip}\left(v, 0, 1\right)"),
        (
            "ite(0.0 < v < 1.0, v, El)",
            r"\begin{cases} v & \text{if } 0 < v < 1 \\ \mathit{El} & \text{otherwise} \end{cases}",
        ),
        (
            "(v > 1.0 and v < 2.0 or v > 5.0) * 1.0",
            r"\left[ \left(v > 1 \wedge v < 2\right) \vee v > 5 \right] \cdot 1",
        ),
        ("modulo(v, 3)", r"\operatorname{rem}\left(\operatorname{trunc}\left(v\right), 3\right)"),
        ("pi * dt + t", r"\pi \, \Delta t + t"),
        ("1e-9 * v", r"10^{-9} \, v"),
        ("sum(exc)", r"\Sigma_{\mathrm{exc}}"),
        ("Normal(0.0, v)", r"\operatorname{Normal}\left(0, v\right)"),
    ],
)
def test_formulas_keep_the_form_that_was_written(text: str, expected: str) -> None:
    assert latex(formula_of(text)) == expected


def test_several_conditions_are_the_rows_of_one_brace() -> None:
    shown = latex(formula_of("if v > 2.0: 1.0 else: if v > 1.0: 2.0 else: 3.0"))
    assert shown.count(r"\begin{cases}") == 1
    assert shown.count(r"\text{if }") == 2


def test_names_that_would_look_alike_are_written_out() -> None:
    found = symbols_of(["tau_1", "tau1", "v", "lambda", "_x", "a__b"])
    shown = [latex(s) for s in found.values()]
    assert shown == [
        r"\mathtt{tau\_1}",
        r"\mathtt{tau1}",
        "v",
        r"\lambda",
        r"\mathtt{\_x}",
        r"\mathtt{a\_\_b}",
    ]
    assert len(set(shown)) == len(shown)


@given(st.lists(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True), unique=True, max_size=8))
def test_no_two_names_of_a_model_have_one_symbol(names: list[str]) -> None:
    found = symbols_of(names)
    for shown in (latex, mathml):
        assert len({shown(s) for s in found.values()}) == len(names)


@given(st.floats(min_value=0.0, allow_nan=False, allow_infinity=False), st.booleans())
def test_numbers_are_shown_with_all_their_digits(value: float, single: bool) -> None:
    with np.errstate(over="ignore"):
        value = float(np.float32(value)) if single else value
    if not np.isfinite(value):
        return
    mantissa, exponent = maths.digits(value, single)
    shown = float(f"{mantissa}e{exponent or 0}")
    assert (np.float32(shown) if single else shown) == (np.float32(value) if single else value)


def test_long_sums_are_continued_on_lines_of_their_own() -> None:
    terms = " + ".join(f"v * exp(-{k}.0 / tau)" for k in range(1, 9))
    formula = maths.Relation(maths.Symbol("r"), "=", formula_of(terms))
    shown = display(formula)
    assert shown.startswith(r"\begin{aligned}")
    assert 2 <= shown.count("&") <= 8
    rows = ElementTree.fromstring(mathml(formula, block=True)).iter("{http://www.w3.org/1998/Math/MathML}mtr")
    assert len(list(rows)) == shown.count("&")
