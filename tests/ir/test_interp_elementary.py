"""Accuracy and special values of the elementary functions, as the interpreter computes them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np
import pytest
from scipy import special
from support.native_math import CHUNK, NativeFunction, worst_f32

from nnc.compiler.ir.interp import evaluate
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Callable

INF, NAN = math.inf, math.nan
ULP = 2.5

EXACT: dict[str, Callable[..., Any]] = {
    "exp": mpmath.exp,
    "exp2": lambda x: mpmath.mpf(2) ** x,
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "log1p": mpmath.log1p,
    "log2": lambda x: mpmath.log(x, 2),
    "log10": mpmath.log10,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "asin": mpmath.asin,
    "acos": mpmath.acos,
    "atan": mpmath.atan,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "asinh": mpmath.asinh,
    "acosh": mpmath.acosh,
    "atanh": mpmath.atanh,
    "erf": mpmath.erf,
}
NUMPY: dict[str, Callable[..., Any]] = {
    "cbrt": np.cbrt,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "erf": np.vectorize(math.erf, otypes=[np.float64]),
    **{
        n: getattr(np, n)
        for n in ["exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "sinh", "cosh", "tanh"]
    },
}
DOMAIN = {
    "exp": (-745.0, 709.7),
    "exp2": (-1074.0, 1023.9),
    "expm1": (-50.0, 709.7),
    "sinh": (-710.0, 710.0),
    "cosh": (-710.0, 710.0),
    "erf": (-7.0, 7.0),
    "log": (0.0, INF),
    "log2": (0.0, INF),
    "log10": (0.0, INF),
    "log1p": (-1.0, INF),
    "acosh": (1.0, INF),
    "asin": (-1.0, 1.0),
    "acos": (-1.0, 1.0),
    "atanh": (-1.0, 1.0),
    "sin": (-(2.0**50), 2.0**50),
    "cos": (-(2.0**50), 2.0**50),
    "tan": (-(2.0**50), 2.0**50),
}


def apply(name: str, dtype: DType, *operands: Any) -> np.ndarray[Any, Any]:
    arrays = [np.asarray(x, dtype.numpy) for x in operands]
    return evaluate(f"math.{name}", {}, arrays, [dtype])[0]


def samples(name: str, count: int, seed: int = 1) -> np.ndarray[Any, Any]:
    """Numbers of the domain: uniform, near its ends, near 1, and of all magnitudes."""
    rng = np.random.default_rng(seed)
    sign = rng.choice([-1.0, 1.0], count)
    lo, hi = DOMAIN.get(name, (-INF, INF))
    parts = [
        rng.uniform(-3, 3, count),
        sign * (1 + rng.normal(0, 0.01, count)),
        sign * 10.0 ** rng.uniform(-20, 3, count),
        sign * 10.0 ** rng.uniform(-300, 300, count),
        rng.uniform(max(lo, -1e15), min(hi, 1e15), count),
    ]
    x = np.concatenate(parts)
    return x[(x > lo) & (x < hi)]


def ulps(value: float, exact: Any) -> float:
    nearest = abs(float(exact))
    unit = 2.0**-1074 if nearest < 2.0**-1022 else math.ulp(nearest)
    return float(abs(mpmath.mpf(value) - exact) / unit)


@pytest.mark.parametrize("name", sorted(EXACT))
def test_f64_functions_are_within_the_bound(name: str) -> None:
    x = samples(name, 60)
    y = apply(name, DType.f64, x)
    with mpmath.workprec(200 if name in ("sin", "cos", "tan") else 120):
        errors = [ulps(float(b), EXACT[name](mpmath.mpf(float(a)))) for a, b in zip(x, y, strict=True)]
    worst = int(np.argmax(errors))
    assert errors[worst] < ULP, (x[worst], y[worst])


def f32_error(name: str, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Error in ulp of f32, against NumPy in f64; infinite where a special value is wrong."""
    y = apply(name, DType.f32, x)
    with np.errstate(all="ignore"):
        exact = NUMPY[name](x.astype(np.float64))
        rounded = exact.astype(np.float32)
        error = np.abs(y - exact) / np.spacing(np.maximum(np.abs(rounded), np.float32(2.0**-126))).astype(np.float64)
    same = (y == rounded) | (np.isnan(y) & np.isnan(rounded))
    ends = ~np.isfinite(rounded) | ~np.isfinite(y)
    # one ulp below overflow, f32 results may round to infinity or not
    near = np.isinf(rounded) ^ np.isinf(y)
    top = near & (np.abs(np.where(np.isinf(y), rounded, y)) > np.float32(3.402822e38))
    return np.where(same | top, 0.0, np.where(ends, INF, error))


@pytest.mark.parametrize("name", sorted(set(EXACT) - {"erf"}))
def test_f32_functions_are_within_the_bound_on_all_magnitudes(name: str) -> None:
    bits = np.random.default_rng(7).integers(0, 2**32, 100_000, dtype=np.uint32)
    with np.errstate(over="ignore"):
        x = np.concatenate([bits.view(np.float32), samples(name, 4000).astype(np.float32)])
    error = f32_error(name, x)
    assert error.max() < ULP, x[error.argmax()]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(EXACT))
def test_every_f32_argument_is_within_the_bound(name: str) -> None:
    worst, where = worst_f32(name, special.erf if name == "erf" else NUMPY[name])
    assert worst < ULP, where


@pytest.mark.parametrize("name", sorted(EXACT))
def test_machine_code_that_tries_all_arguments_has_the_bits_of_the_interpreter(name: str) -> None:
    bits = np.random.default_rng(8).integers(0, 2**32, CHUNK, dtype=np.uint32)
    x = bits.view(np.float32)
    y, expected = NativeFunction(name, DType.f32)(x), apply(name, DType.f32, x)
    same = (y.view(np.int32) == expected.view(np.int32)) | (np.isnan(y) & np.isnan(expected))
    assert same.all(), x[~same][:5]


SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, INF, -INF, NAN, 5e-324, -5e-324, 2.2e-308, 1.7e308, -1.7e308, 1e-30, -1e-30]


@pytest.mark.parametrize("name", sorted(EXACT))
@pytest.mark.parametrize("dtype", [DType.f32, DType.f64])
def test_special_values_are_those_of_c(name: str, dtype: DType) -> None:
    with np.errstate(all="ignore"):
        x = np.array(SPECIAL).astype(dtype.numpy)
        expected = NUMPY[name](x.astype(np.float64)).astype(dtype.numpy)
    y = apply(name, dtype, x)
    beyond = (np.abs(x) > 1e15) & (dtype is DType.f64) if name in ("sin", "cos", "tan") else np.zeros(len(x), bool)
    for a, got, want in zip(x[~beyond], y[~beyond], expected[~beyond], strict=True):
        if np.isnan(want):
            assert np.isnan(got), (a, got)
        elif want == 0 or np.isinf(want):
            assert got == want, (a, got)
            assert np.signbit(got) == np.signbit(want), (a, got)
        else:
            assert abs(got - want) <= 2.5 * np.spacing(np.abs(want)), (a, got, want)


@pytest.mark.parametrize("dtype", [DType.f32, DType.f64])
def test_overflow_and_underflow_happen_at_the_right_arguments(dtype: DType) -> None:
    top = np.finfo(dtype.numpy).max
    last = dtype.numpy.type(math.log(float(top)))
    while np.exp(np.float64(last)) > float(top):
        last = np.nextafter(last, dtype.numpy.type(0))
    for name in ("exp", "expm1"):
        assert np.isfinite(apply(name, dtype, last))
        assert np.isinf(apply(name, dtype, np.nextafter(np.nextafter(last, dtype.numpy.type(INF)), INF)))
    limit = 1024 if dtype is DType.f64 else 128
    assert np.isinf(apply("exp2", dtype, limit))
    least = np.finfo(dtype.numpy).smallest_subnormal
    assert apply("exp2", dtype, math.log2(float(least))) == least
    assert apply("exp", dtype, -746.0) == 0


@pytest.mark.parametrize("dtype", [DType.f32, DType.f64])
def test_pow_has_the_special_values_of_c(dtype: DType) -> None:
    edge = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 1.5, -1.5, INF, -INF, NAN, 2.0**53, 2.0**53 + 2]
    x, y = (v.ravel().astype(dtype.numpy) for v in np.meshgrid(edge, edge))
    with np.errstate(all="ignore"):
        want = np.power(x, y)
    got = apply("pow", dtype, x, y)
    nans = np.isnan(want)
    assert np.array_equal(np.isnan(got), nans)
    assert np.array_equal(np.signbit(got[~nans]), np.signbit(want[~nans]))
    np.testing.assert_allclose(got[~nans], want[~nans], rtol=4 * np.finfo(dtype.numpy).eps)


def test_f64_pow_is_within_the_bound() -> None:
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.uniform(0.5, 2, 300), 10 ** rng.uniform(-300, 300, 300), 1 + rng.normal(0, 1e-6, 100)])
    y = rng.uniform(-1, 1, 700) * np.minimum(1e9, 700 / np.maximum(np.abs(np.log(x)), 1e-9))
    got = apply("pow", DType.f64, x, y)
    with mpmath.workprec(200):
        errors = [
            ulps(float(g), mpmath.mpf(float(a)) ** mpmath.mpf(float(b))) for a, b, g in zip(x, y, got, strict=True)
        ]
    assert max(errors) < 1.1


@pytest.mark.parametrize("dtype", [DType.f32, DType.f64])
def test_atan2_has_the_special_values_of_c(dtype: DType) -> None:
    edge = [0.0, -0.0, 1.0, -1.0, 1e-30, -1e-30, 1e30, -1e30, INF, -INF, NAN, 3.0, -7.5]
    y, x = (v.ravel().astype(dtype.numpy) for v in np.meshgrid(edge, edge))
    want, got = np.arctan2(y, x), apply("atan2", dtype, y, x)
    nans = np.isnan(want)
    assert np.array_equal(np.isnan(got), nans)
    assert np.array_equal(np.signbit(got[~nans]), np.signbit(want[~nans]))
    np.testing.assert_allclose(got[~nans], want[~nans], rtol=4 * np.finfo(dtype.numpy).eps, atol=0)


def test_f64_atan2_and_hypot_are_within_the_bound() -> None:
    rng = np.random.default_rng(4)
    scale = 10.0 ** rng.uniform(-290, 290, 400)
    y, x = scale * rng.normal(size=400), scale * rng.normal(size=400)
    angles, lengths = apply("atan2", DType.f64, y, x), apply("hypot", DType.f64, y, x)
    with mpmath.workprec(200):
        for a, b, angle, length in zip(y, x, angles, lengths, strict=True):
            assert ulps(float(angle), mpmath.atan2(float(a), float(b))) < ULP
            assert ulps(float(length), mpmath.hypot(float(a), float(b))) < ULP


@pytest.mark.parametrize("dtype", [DType.f32, DType.f64])
def test_hypot_neither_overflows_nor_underflows(dtype: DType) -> None:
    big, small = np.finfo(dtype.numpy).max / 2, np.finfo(dtype.numpy).smallest_subnormal
    assert np.isfinite(apply("hypot", dtype, big, big))
    assert apply("hypot", dtype, 3 * small, 4 * small) == 5 * small
    assert np.isinf(apply("hypot", dtype, -INF, NAN))
    assert np.isnan(apply("hypot", dtype, 1.0, NAN))


@pytest.mark.parametrize("dtype", [DType.f32, DType.f64])
def test_round_and_sign(dtype: DType) -> None:
    x = [-2.5, -0.5, -0.49999997, -0.0, 0.0, 0.49999997, 0.5, 1.5, 8388609.0, INF, NAN]
    got = apply("round", dtype, x)
    np.testing.assert_array_equal(got, [-3.0, -1.0, -0.0, -0.0, 0.0, 0.0, 1.0, 2.0, 8388609.0, INF, NAN])
    assert np.signbit(got[2])
    assert np.signbit(got[3])
    np.testing.assert_array_equal(apply("sign", dtype, [-INF, -2.0, -0.0, 0.0, 3.0, NAN]), [-1, -1, 0, 0, 1, NAN])


def test_f64_trigonometry_is_accurate_next_to_multiples_of_half_pi() -> None:
    x = np.array([n * math.pi / 2 for n in (1, 2, 3, 10**6 + 1, 10**12, 10**15)] + [6381956970095103.0 * 2.0**-3])
    x = x[np.abs(x) < 2.0**51]
    for name in ("sin", "cos", "tan"):
        y = apply(name, DType.f64, x)
        with mpmath.workprec(300):
            assert max(ulps(float(b), EXACT[name](mpmath.mpf(float(a)))) for a, b in zip(x, y, strict=True)) < ULP


def nearest_to_multiples_of_half_pi() -> list[float]:
    """f64 numbers in [2^40, 2^51) whose distance to a multiple of pi/2 is smallest, by continued fractions."""
    found = []
    with mpmath.workprec(300):
        for exponent in range(40, 51):
            unit = 2.0 ** (exponent - 52)
            y, last, here = mpmath.pi / 2 / unit, 0, 1
            while here < 2**53:
                found += [here * k * unit for k in range(1, 20) if 2**52 <= here * k < 2**53]
                whole = int(mpmath.floor(y))
                last, here = here, whole * here + last
                y = 1 / (y - whole)
    return found


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_f64_trigonometry_is_accurate_up_to_its_end(name: str) -> None:
    """Also for the arguments that are hardest to reduce."""
    hard = nearest_to_multiples_of_half_pi()
    assert len(hard) > 50
    x = np.array([*hard, *np.random.default_rng(5).uniform(2.0**50, 2.0**51, 40), np.nextafter(2.0**51, 0.0)])
    y = apply(name, DType.f64, x)
    with mpmath.workprec(300):
        assert max(ulps(float(b), EXACT[name](mpmath.mpf(float(a)))) for a, b in zip(x, y, strict=True)) < ULP


def test_f64_trigonometry_gives_nan_beyond_its_range() -> None:
    assert np.isnan(apply("sin", DType.f64, [2.0**51, 1e300, INF])).all()


PHILOX = [
    ((0,) * 4, (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "words"), PHILOX)
def test_philox_gives_the_known_answers_of_random123(
    counter: tuple[int, ...], key: tuple[int, ...], words: tuple[int, ...]
) -> None:
    operands = [np.array(x, np.uint32).view(np.int32) for x in (*counter, *key)]
    got = evaluate("random.philox", {}, operands, [DType.i32] * 4)
    assert tuple(int(w.view(np.uint32)) for w in got) == words
