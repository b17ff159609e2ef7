"""What each op on numbers gives, special values included."""

from __future__ import annotations

import math
import operator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnc.compiler.ir.interp import FOLDABLE, evaluate, fold
from nnc.compiler.ir.types import DType

INF, NAN = math.inf, math.nan
FLOATS = [0.0, -0.0, 1.0, -1.0, 0.1, 1.5, -2.5, 3e38, -1e-45, INF, -INF, NAN]
INTS = {
    DType.i32: [0, 1, -1, 2, 7, -7, 31, 32, 33, 2**31 - 1, -(2**31)],
    DType.i64: [0, 1, -1, 2, 7, -7, 63, 64, 65, 2**63 - 1, -(2**63)],
}


def one(name: str, dtype: DType, *operands: Any, result: DType | None = None, **attributes: Any) -> Any:
    """An op on single operands of one type."""
    with np.errstate(over="ignore"):
        arrays = [np.asarray(x).astype(dtype.numpy) for x in operands]
    return evaluate(name, attributes, arrays, [result or dtype])[0].item()


def wrap(value: int, dtype: DType) -> int:
    size = 1 << dtype.bits
    value %= size
    return value - size if value >= size // 2 else value


def truncated(a: int, b: int) -> int:
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


INTEGER_LAWS = {
    "arith.add": lambda a, b, bits: a + b,
    "arith.sub": lambda a, b, bits: a - b,
    "arith.mul": lambda a, b, bits: a * b,
    "arith.div": lambda a, b, bits: truncated(a, b) if b else 0,
    "arith.rem": lambda a, b, bits: a - truncated(a, b) * b if b else 0,
    "arith.and": lambda a, b, bits: a & b,
    "arith.or": lambda a, b, bits: a | b,
    "arith.xor": lambda a, b, bits: a ^ b,
    "arith.shl": lambda a, b, bits: a << (b % bits),
    "arith.shr": lambda a, b, bits: (a % (1 << bits)) >> (b % bits),
    "arith.sar": lambda a, b, bits: a >> (b % bits),
    "arith.min": lambda a, b, bits: min(a, b),
    "arith.max": lambda a, b, bits: max(a, b),
}


@pytest.mark.parametrize("name", sorted(INTEGER_LAWS))
@pytest.mark.parametrize("dtype", [DType.i32, DType.i64])
def test_integers_wrap_and_are_total(name: str, dtype: DType) -> None:
    for a in INTS[dtype]:
        for b in INTS[dtype]:
            want = wrap(INTEGER_LAWS[name](a, b, dtype.bits), dtype)
            assert one(name, dtype, a, b) == want, (a, b)


@pytest.mark.parametrize("dtype", [DType.i32, DType.i64])
def test_integer_unary_ops_wrap(dtype: DType) -> None:
    for a in INTS[dtype]:
        assert one("arith.neg", dtype, a) == wrap(-a, dtype)
        assert one("arith.abs", dtype, a) == wrap(abs(a), dtype)
        assert one("arith.not", dtype, a) == ~a


def test_mulhi_is_the_upper_half_of_the_unsigned_product() -> None:
    for a in INTS[DType.i32]:
        for b in INTS[DType.i32]:
            want = wrap(((a % 2**32) * (b % 2**32)) >> 32, DType.i32)
            assert one("arith.mulhi", DType.i32, a, b) == want


def same(a: float, b: float) -> bool:
    return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))


@pytest.mark.parametrize("dtype", [DType.f32, DType.f64])
def test_min_and_max_give_the_second_with_a_nan(dtype: DType) -> None:
    for a in FLOATS:
        for b in FLOATS:
            with np.errstate(over="ignore"):
                x, y = (float(dtype.numpy.type(v)) for v in (a, b))
            assert same(one("arith.min", dtype, a, b), x if x < y else y)
            assert same(one("arith.max", dtype, a, b), x if x > y else y)


@pytest.mark.parametrize("dtype", [DType.f32, DType.f64])
def test_sign_ops_change_the_sign_bit_only(dtype: DType) -> None:
    for a in FLOATS:
        assert math.copysign(1, one("arith.neg", dtype, a)) == -math.copysign(1, a)
        assert math.copysign(1, one("arith.abs", dtype, a)) == 1


@pytest.mark.parametrize("dtype", [DType.f32, DType.f64, DType.i32])
def test_comparisons_with_nan_are_false_but_for_ne(dtype: DType) -> None:
    for predicate in ("eq", "ne", "lt", "le", "gt", "ge"):
        for a in FLOATS if dtype.is_float else INTS[dtype]:
            for b in FLOATS if dtype.is_float else INTS[dtype]:
                with np.errstate(over="ignore"):
                    x, y = (dtype.numpy.type(v) for v in (a, b))
                want = bool(getattr(operator, predicate)(x, y))
                assert one("arith.cmp", dtype, a, b, result=DType.bool, predicate=predicate) is want


@pytest.mark.parametrize("source", [DType.f32, DType.f64])
@pytest.mark.parametrize("target", [DType.i32, DType.i64])
def test_float_to_integer_truncates_and_saturates(source: DType, target: DType) -> None:
    low, high = -(1 << (target.bits - 1)), (1 << (target.bits - 1)) - 1
    cases = {1.9: 1, -1.9: -1, -0.0: 0, NAN: 0, INF: high, -INF: low, 1e30: high, -1e30: low}
    for value, want in cases.items():
        assert one("arith.cast", source, value, result=target) == want
    edge = float(1 << (target.bits - 1))
    assert one("arith.cast", source, edge, result=target) == high
    assert one("arith.cast", source, -edge, result=target) == low
    below = float(np.nextafter(source.numpy.type(edge), source.numpy.type(0)))
    assert one("arith.cast", source, below, result=target) == min(int(below), high)


def test_other_conversions() -> None:
    assert one("arith.cast", DType.i64, 2**32 + 5, result=DType.i32) == 5
    assert one("arith.cast", DType.i64, 2**24 + 1, result=DType.f32) == 2.0**24
    assert one("arith.cast", DType.f64, 0.1, result=DType.f32) == float(np.float32(0.1))
    assert one("arith.cast", DType.f64, NAN, result=DType.bool) is True
    assert one("arith.cast", DType.f64, -0.0, result=DType.bool) is False
    assert one("arith.cast", DType.bool, True, result=DType.f32) == 1.0
    assert one("arith.bitcast", DType.f32, -0.0, result=DType.i32) == -(2**31)


def test_f32_is_computed_in_f32() -> None:
    a, b = np.float32(0.1), np.float32(0.7)
    assert one("arith.add", DType.f32, a, b) == float(a + b) != float(a) + float(b)
    assert one("arith.div", DType.f32, 1.0, 3.0) == float(np.float32(1.0) / np.float32(3.0))


finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e100, max_value=1e100)


@settings(max_examples=50)
@given(finite, finite, finite)
def test_fma_is_rounded_once(a: float, b: float, c: float) -> None:
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    got = one("arith.fma", DType.f64, a, b, c)
    assert got == float(exact)


def test_f32_fma_is_rounded_once_to_f32() -> None:
    # the product plus 2^-60 lies just above the middle of two f32: rounding by way of f64 would lose it
    a, b, c = 1.0 + 2.0**-12, 1.0 + 2.0**-12, 2.0**-60
    assert one("arith.fma", DType.f32, a, b, c) == 1.0 + 2.0**-11 + 2.0**-23


def test_arrays_broadcast() -> None:
    got = evaluate("arith.fma", {}, [np.array([1.0, 2.0]), np.array(3.0), np.array([[1.0], [2.0]])], [DType.f64])[0]
    np.testing.assert_array_equal(got, [[4.0, 7.0], [5.0, 8.0]])


BINARY = ["arith.add", "arith.sub", "arith.mul", "arith.div", "arith.rem", "arith.min", "arith.max", "math.pow"]


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("dtype", [DType.f32, DType.f64])
def test_folding_gives_the_value_of_the_op_or_nothing(name: str, dtype: DType) -> None:
    with np.errstate(over="ignore"):
        values = [float(dtype.numpy.type(v)) for v in FLOATS]
    for a in values:
        for b in values:
            folded, value = fold(name, {}, [a, b], dtype), one(name, dtype, a, b)
            if folded is None:
                assert math.isnan(value)
            else:
                assert same(float(folded), value)


def test_folding_knows_the_operand_types_of_mixed_ops() -> None:
    assert fold("arith.cmp", {"predicate": "lt"}, [1, 2], DType.bool) is True
    assert fold("arith.cast", {}, [2.7], DType.i32) == 2
    assert fold("arith.cast", {}, [True], DType.f32) == 1.0
    assert fold("arith.bitcast", {}, [1.0], DType.i32) == 0x3F800000
    assert fold("arith.bitcast", {}, [0x3F800000], DType.f32) == 1.0
    assert fold("arith.select", {}, [False, 1, 2], DType.i64) == 2
    assert fold("step.index", {}, [], DType.i64) is None
    assert "math.exp" in FOLDABLE
