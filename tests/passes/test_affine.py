"""`affine` is exact in rational numbers, finds every line made of its rules, and refuses the rest."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.rationals import NUMBERS, Straight, block_of, rational

from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block, Value
from nnc.compiler.ir.types import DType, boolean, f64
from nnc.compiler.passes.affine import affine
from nnc.compiler.passes.inline import DependsOn


@settings(max_examples=150, deadline=None)
@given(data=st.data(), size=st.integers(1, 12))
def test_a_line_is_found_and_is_exact(data: st.DataObject, size: int) -> None:
    block = block_of(4, 2)
    x, *free = block.args[:4]
    program = Straight(data.draw, block, x, free, block.args[4:])
    value = program.value(size)
    line = affine(program.b, value, x)
    assert line is not None
    assert line.exact
    depends = DependsOn([x])
    assert not any(part is not None and depends(part) for part in (line.offset, line.slope))
    leaves = {a: data.draw(NUMBERS) for a in block.args[:4]} | {a: data.draw(st.booleans()) for a in block.args[4:]}
    for number in (Fraction(0), Fraction(1), Fraction(-7, 3)):
        known = leaves | {x: number}
        try:
            expected = rational(value, dict(known))
            offset, slope = (Fraction(0) if p is None else rational(p, dict(known)) for p in line[:2])
        except ZeroDivisionError:
            assume(False)
        assert offset + slope * number == expected


def cases() -> dict[str, tuple[Value, Builder, Value]]:
    block = Block([f64, f64, boolean], ["x", "p", "c"])
    x, p, c = block.args
    b = Builder(block)
    one = b.const(1.0, DType.f64)
    values = {
        "x * x": b.mul(x, x),
        "p / x": b.div(p, x),
        "x / (1 + x)": b.div(x, b.add(one, x)),
        "x ** p": b.math("pow", x, p),
        "x * exp(x)": b.mul(x, b.math("exp", x)),
        "exp(x)": b.math("exp", x),
        "max(x, 0)": b.max(x, one),
        "x > 1 ? x : p": b.select(b.cmp("gt", x, one), x, p),
        "exp(x) - x": b.sub(b.math("exp", x), x),
        "(x > 1 ? x : p) - x": b.sub(b.select(b.cmp("gt", x, one), x, p), x),
        "(c ? x : p) - x": b.sub(b.select(c, x, p), x),
        "exp(x) * p": b.mul(b.math("exp", x), p),
    }
    return {name: (value, b, x) for name, value in values.items()}


@pytest.mark.parametrize("name", [n for n in cases() if n != "(c ? x : p) - x"])
def test_what_is_no_line_is_refused(name: str) -> None:
    value, b, x = cases()[name]
    assert affine(b, value, x) is None


@pytest.mark.parametrize("name", ["x * x", "x / (1 + x)", "x ** p", "x * exp(x)"])
def test_powers_and_products_are_refused_even_if_functions_may_be_frozen(name: str) -> None:
    value, b, x = cases()[name]
    assert affine(b, value, x, frozen=True) is None


@pytest.mark.parametrize(
    ("name", "slope"),
    [
        ("p / x", None),
        ("exp(x)", None),
        ("max(x, 0)", None),
        ("exp(x) - x", -1.0),
        ("(x > 1 ? x : p) - x", -1.0),
        ("(c ? x : p) - x", -1.0),
        ("exp(x) * p", None),
    ],
)
def test_nonlinear_terms_may_be_frozen(name: str, slope: float | None) -> None:
    value, b, x = cases()[name]
    line = affine(b, value, x, frozen=True)
    assert line is not None
    assert not line.exact
    assert (None if line.slope is None else line.slope.op.attributes["value"]) == slope


def test_a_whole_conditional_is_followed_into_its_arms_when_frozen() -> None:
    value, b, x = cases()["x > 1 ? x : p"]
    line = affine(b, value, x, frozen=True)
    assert line is not None
    assert line.slope is not None
    assert line.slope.op.name == "arith.select"


def test_an_integer_that_is_converted_counts_as_x() -> None:
    block = Block([f64.with_dtype(DType.i32)])
    b = Builder(block)
    x = block.args[0]
    line = affine(b, b.mul(b.const(3.0, DType.f64), b.cast(x, DType.f64)), x)
    assert line is not None
    assert line.offset is None
    assert line.slope.op.attributes["value"] == 3.0
