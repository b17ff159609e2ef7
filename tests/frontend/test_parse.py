"""The grammar, the assembling of lines, and what is said of texts that do not fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnc.compiler.diagnostics import Diagnostics, Source
from nnc.compiler.frontend import syntax as ast
from nnc.compiler.frontend.parse import (
    parse_condition,
    parse_equations,
    parse_expression,
    parse_functions,
    parse_parameters,
)


def show(node: ast.Expr) -> str:
    """An expression with every parenthesis written."""
    match node:
        case ast.Number(value=value):
            return f"{value:g}"
        case ast.Bool(value=flag):
            return str(flag)
        case ast.Name(name=name):
            return name
        case ast.Attribute(side=side, name=name):
            return f"{side}.{name}"
        case ast.Derivative(variable=name):
            return f"d{name}/dt"
        case ast.Unary(operator=operator, operand=operand):
            return f"({operator} {show(operand)})"
        case ast.Binary(operator=operator, left=left, right=right):
            return f"({show(left)} {operator} {show(right)})"
        case ast.Compare(first=first, rest=rest):
            return "(" + show(first) + "".join(f" {o} {show(e)}" for o, e in rest) + ")"
        case ast.Conditional(condition=c, then=a, other=b):
            return f"({show(c)} ? {show(a)} : {show(b)})"
        case ast.Call(name=name, arguments=arguments, keywords=keywords, side=side):
            inner = [show(a) for a in arguments] + [f"{k}={show(v)}" for k, v in keywords]
            return (f"{side}." if side else "") + f"{name}({', '.join(inner)})"


def expression(text: str) -> str:
    d = Diagnostics()
    node = parse_expression(Source(text), d)
    d.raise_if_errors()
    assert node is not None
    return show(node)


def errors(text: str) -> list[tuple[str, str]]:
    """(code, text under the caret) of every error."""
    d = Diagnostics()
    parse_equations(Source(text), d)
    return [(e.code, e.loc.text) for e in d.errors]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-2^2", "(- (2 ** 2))"),
        ("2**3^2", "(2 ** (3 ** 2))"),
        ("2^-x", "(2 ** (- x))"),
        ("a-b-c", "((a - b) - c)"),
        ("a/b*c", "((a / b) * c)"),
        ("a + b*c", "(a + (b * c))"),
        ("a // b % c", "((a // b) % c)"),
        ("a > 1 and a < 3", "((a > 1) and (a < 3))"),
        ("(v > 3) & (u<2)|b", "(((v > 3) and (u < 2)) or b)"),
        ("not a == b", "(not (a == b))"),
        ("not(a)or b", "((not a) or b)"),
        ("0 < v <= 1", "(0 < v <= 1)"),
        ("a is not b", "(a != b)"),
        ("a is b", "(a == b)"),
        ("a if c else b if d else e", "(c ? a : (d ? b : e))"),
        ("if c: a else: b", "(c ? a : b)"),
        ("if(c): if d: 1 else: 2 else: 3", "(c ? (d ? 1 : 2) : 3)"),
        ("1 + (if c: a else: b)", "(1 + (c ? a : b))"),
        ("ite(a > b, a, ite(b, 1, 2))", "((a > b) ? a : (b ? 1 : 2))"),
        ("elsewhere + iff", "(elsewhere + iff)"),
        (".5 + 1. + 1e-3 + 1_000 + 0x10", "((((0.5 + 1) + 0.001) + 1000) + 16)"),
        ("pre.sum(exc) + post.r", "(pre.sum(exc) + post.r)"),
        ("Normal(mu = 0.0, sigma=1.0)", "Normal(mu=0, sigma=1)"),
        ("sum()", "sum()"),
        ("delta/dt", "(delta / dt)"),
        ("dt/dt", "(dt / dt)"),
        ("\n a +\n b # c\n", "(a + b)"),
    ],
)
def test_expressions_follow_the_precedence_table(text: str, expected: str) -> None:
    assert expression(text) == expected


def test_statements_keep_operator_flags_and_place() -> None:
    text = "tau*dv/dt + v = a -\n   b : init = max(a, b), exponential # c\nx += 1; y = if c: 1 else: 2 : init=3"
    d = Diagnostics()
    ode, add, conditional = parse_equations(Source(text), d)
    d.raise_if_errors()
    assert isinstance(ode, ast.Ode)
    assert ode.variable == "v"
    assert [f.name for f in ode.flags] == ["init", "exponential"]
    assert show(ode.right) == "(a - b)"
    assert isinstance(add, ast.Assignment)
    assert (add.target.name, add.operator, add.loc.text) == ("x", "+=", "x += 1")
    assert [f.name for f in conditional.flags] == ["init"]


@pytest.mark.parametrize("left", ["dv/dt", "d v / dt", "tau*dv/dt", "(1+a)*dv/dt - b*v", "v + tau*dv / dt"])
def test_the_derivative_may_stand_anywhere_on_the_left(left: str) -> None:
    d = Diagnostics()
    (ode,) = parse_equations(Source(f"{left} = I"), d)
    assert isinstance(ode, ast.Ode)
    assert ode.variable == "v"
    assert not d.errors


def test_the_right_side_may_begin_on_the_next_line() -> None:
    d = Diagnostics()
    (ode,) = parse_equations(Source("tau*dv/dt =\n   -v"), d)
    assert show(ode.right) == "(- v)"  # type: ignore[union-attr]
    assert not d.errors


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("v = 3 ms", "N0101", "ms"),
        ("v = (3", "N0102", "("),
        ("v = 3)", "N0102", ")"),
        ("v + r = 2", "N0104", "v + r"),
        ("r", "N0103", "r"),
        ("v =", "N0101", "="),
        ("v = a = b", "N0106", "="),
        ("v = if c: 3", "N0107", "3"),
        ("x = else: 3", "N0107", "else"),
        ("v = 'a'", "N0101", "'"),
        ("dv/dt + du/dt = 3", "N0105", "du/dt"),
        ("dv/dt += 3", "N0105", "+="),
        ("v = 3 +* 4", "N0101", "*"),
        ("v = other.b", "N0108", "other"),
    ],
)
def test_errors_point_at_the_culprit(text: str, code: str, place: str) -> None:
    assert errors(text) == [(code, place)]


def test_every_bad_statement_is_reported() -> None:
    assert [c for c, _ in errors("v = 1)\nu = 3 ms\nw = 1")] == ["N0102", "N0101"]


def test_an_assignment_is_no_condition() -> None:
    d = Diagnostics()
    assert parse_condition(Source("v = 3"), d) is None
    assert [e.code for e in d.errors] == ["N0106"]


def test_parameters_are_one_per_line() -> None:
    d = Diagnostics()
    found = parse_parameters(Source("tau = 10.0 : population\n a = True ; b\n c = -2.0*3 : init=2, int"), d)
    assert [(p.name.name, p.value is None, [f.name for f in p.flags]) for p in found] == [
        ("tau", False, ["population"]),
        ("a", False, []),
        ("b", True, []),
        ("c", False, ["init", "int"]),
    ]
    assert not d.errors


def test_functions_have_arguments_body_and_types() -> None:
    d = Diagnostics()
    (f,) = parse_functions(Source("f(x, y) = x*y +\n 2 : float, int, int"), d)
    assert ([a.name for a in f.arguments], show(f.body), f.types) == (
        ["x", "y"],
        "((x * y) + 2)",
        ("float", "int", "int"),
    )


def test_the_caret_stands_under_the_culprit() -> None:
    d = Diagnostics()
    parse_equations(Source("\n  v = 3 ms\n", what="equations"), d)
    lines = d.errors[0].render().splitlines()
    assert lines[1].endswith("<equations>:2:9")
    assert lines[4].index("^") == lines[3].index("ms")


def test_very_deep_texts_are_refused_not_crashed_on() -> None:
    for text in ("v = " + "(" * 5000 + "1" + ")" * 5000, "v = " + "-" * 5000 + "1", "v = " + "2^" * 5000 + "1"):
        assert [c for c, _ in errors(text)] == ["N0102"]


WORDS = [
    "v",
    "dv/dt",
    "=",
    "+",
    "-",
    "*",
    "(",
    ")",
    "if",
    "else",
    ":",
    ",",
    "1.0",
    "sum",
    "pre",
    ".",
    "\n",
    ";",
    "#",
    "and",
    "not",
    "<",
    "==",
    "init",
    "^",
    " ",
    "+=",
    "Uniform",
    "[",
    "'",
    "é",
    "\t",
    "0x",
    "1e",
]


@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join) | st.text(max_size=40))
def test_any_text_gives_statements_or_errors_with_a_place(text: str) -> None:
    for parse in (parse_equations, parse_parameters, parse_condition, parse_expression, parse_functions):
        d = Diagnostics()
        parse(Source(text), d)
        for error in d.errors:
            assert error.loc.source is not None
            assert 0 <= error.loc.start <= error.loc.end <= len(text) + 1
            error.render()
