"""Errors of the elementary functions in units in the last place: `python tools/measure_ulp.py`.

    python tools/measure_ulp.py [--f64 2000] [--f32 200000] [--exhaustive] [--write docs/maths.md] [name ...]

The functions are computed as every target computes them (the interpreter runs the same expansion). f64 is compared
with mpmath at 200 bits or more on numbers of all magnitudes; f32 with NumPy in f64 on random bit patterns and the same
numbers, or with `--exhaustive` on all 2^32, by machine code of the same expansion (a minute or more per function).
`--write` puts the table into a page between its marks. Run it from the root of the repository.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import mpmath
import numpy as np
from scipy import special

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "typing"), str(ROOT / "tests")]

from support.native_math import worst_f32 as worst_of_all_f32  # noqa: E402

from nnc.compiler.ir.interp import evaluate  # noqa: E402
from nnc.compiler.ir.types import DType  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Array = NDArray[Any]

BEGIN, END = "<!-- begin: tools/measure_ulp.py -->", "<!-- end -->"
INF: Final = math.inf
WIDE: Final = 2.0**50
"""Arguments of sin, cos and tan in f64 are reduced well up to here."""

EXACT: Final[dict[str, Callable[..., Any]]] = {
    **{name: getattr(mpmath, name) for name in ("exp", "expm1", "sinh", "cosh", "tanh", "log", "log1p", "log10")},
    **{name: getattr(mpmath, name) for name in ("asinh", "acosh", "atanh", "sin", "cos", "tan", "asin", "acos")},
    **{name: getattr(mpmath, name) for name in ("atan", "erf", "hypot", "atan2")},
    "exp2": lambda x: mpmath.mpf(2) ** x,
    "log2": lambda x: mpmath.log(x, 2),
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "pow": lambda x, y: x**y,
}
NUMPY: Final[dict[str, Callable[..., Array]]] = {
    **{name: getattr(np, name) for name in ("exp", "exp2", "expm1", "sinh", "cosh", "tanh", "log", "log1p", "log2")},
    **{name: getattr(np, name) for name in ("log10", "cbrt", "sin", "cos", "tan", "hypot")},
    **{name: getattr(np, f"arc{name[1:]}") for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh", "atan2")},
    "erf": special.erf,
    "pow": np.power,
}
TWO: Final = ("hypot", "atan2", "pow")
DOMAIN: Final[dict[str, tuple[float, float]]] = {
    "exp": (-708.0, 709.7),
    "exp2": (-1022.0, 1023.9),
    "expm1": (-50.0, 709.7),
    "sinh": (-710.0, 710.0),
    "cosh": (-710.0, 710.0),
    "erf": (-7.0, 7.0),
    **dict.fromkeys(("log", "log2", "log10"), (0.0, INF)),
    "log1p": (-1.0, INF),
    "acosh": (1.0, INF),
    **dict.fromkeys(("asin", "acos", "atanh"), (-1.0, 1.0)),
    **dict.fromkeys(("sin", "cos", "tan"), (-WIDE, WIDE)),
}


def apply(name: str, dtype: DType, *operands: Array) -> Array:
    """The function as programs compute it."""
    return evaluate(f"math.{name}", {}, [np.asarray(x, dtype.numpy) for x in operands], [dtype])[0]


def samples(name: str, count: int, seed: int) -> Array:
    """Numbers of the domain: uniform, near 1, and of all magnitudes."""
    rng = np.random.default_rng(seed)
    low, high = DOMAIN.get(name, (-INF, INF))
    each = -(-count // 5)
    sign = rng.choice([-1.0, 1.0], each)
    parts = [
        rng.uniform(-3, 3, each),
        sign * (1 + rng.normal(0, 0.01, each)),
        sign * 10.0 ** rng.uniform(-20, 3, each),
        sign * 10.0 ** rng.uniform(-300, 300, each),
        rng.uniform(max(low, -1e15), min(high, 1e15), each),
    ]
    x = np.concatenate(parts)
    return x[(x > low) & (x < high)]


def pairs(name: str, count: int, seed: int) -> tuple[Array, Array]:
    """Pairs of arguments whose results are normal numbers."""
    rng = np.random.default_rng(seed)
    if name == "pow":
        x = 10.0 ** rng.uniform(-30, 30, count)
        return x, rng.uniform(-1, 1, count) * 700.0 / np.maximum(1.0, np.abs(np.log(x)))
    magnitude = 10.0 ** rng.uniform(-100, 100, count)
    return magnitude * rng.normal(size=count), magnitude * rng.normal(size=count)


def ulps(value: float, exact: Any) -> float:
    """The error of a number in units in the last place of the exact result."""
    nearest = abs(float(exact))
    unit = 2.0**-1074 if nearest < 2.0**-1022 else math.ulp(nearest)
    return float(abs(mpmath.mpf(value) - exact) / unit)


def worst_f64(name: str, count: int) -> float:
    """The largest error among samples, against mpmath."""
    arguments = pairs(name, count, 3) if name in TWO else (samples(name, count, 3),)
    results = apply(name, DType.f64, *arguments)
    with mpmath.workprec(200):
        rows = zip(results, *arguments, strict=True)
        return max(ulps(float(y), EXACT[name](*(mpmath.mpf(float(a)) for a in x))) for y, *x in rows)


def worst_f32(name: str, arguments: Iterator[tuple[Array, ...]]) -> float:
    """The largest error among arguments, against NumPy in f64; only finite results count."""
    worst = 0.0
    for given in arguments:
        x = [a.astype(np.float32) for a in given]
        with np.errstate(all="ignore"):
            y = apply(name, DType.f32, *x).astype(np.float64)
            exact = NUMPY[name](*(a.astype(np.float64) for a in x))
            unit = np.spacing(np.maximum(np.abs(exact.astype(np.float32)), np.float32(2.0**-126))).astype(np.float64)
            error = np.abs(y - exact) / unit
        error = error[np.isfinite(exact) & np.isfinite(y) & (np.abs(exact) < float(np.finfo(np.float32).max))]
        worst = max(worst, float(error.max(initial=0.0)))
    return worst


def arguments_f32(name: str, count: int) -> Iterator[tuple[Array, ...]]:
    """Random bit patterns and samples."""
    if name in TWO:
        yield pairs(name, count, 5)
        return
    yield (np.random.default_rng(5).integers(0, 2**32, count, dtype=np.uint32).view(np.float32),)
    yield (samples(name, count, 5),)


def table(names: list[str], f64: int, f32: int, exhaustive: bool) -> str:
    """The measured errors as a table."""
    lines = ["| function | f64, ulp | f32, ulp |", "|---|---|---|"]
    with np.errstate(all="ignore"):
        for name in names:
            everywhere = exhaustive and name not in TWO
            narrow = worst_of_all_f32(name, NUMPY[name])[0] if everywhere else worst_f32(name, arguments_f32(name, f32))
            wide = worst_f64(name, f64)
            lines.append(f"| `{name}` | {wide:.2f} | {narrow:.2f} |")
    how = "all arguments" if exhaustive else f"{2 * f32} arguments (`pow`, `hypot`, `atan2`: {f32})"
    lines += ["", f"Largest error found: f64 on {f64} arguments, f32 on {how}."]
    return "\n".join(lines)


def main() -> None:
    """Print the table, or write it into a page."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="name", help="functions to measure; all by default")
    parser.add_argument("--f64", type=int, default=2000, help="number of f64 arguments")
    parser.add_argument("--f32", type=int, default=200_000, help="number of f32 arguments")
    parser.add_argument("--exhaustive", action="store_true", help="all f32 arguments")
    parser.add_argument("--write", type=Path, help="page to write the table into")
    given = parser.parse_args()
    unknown = sorted(set(given.names) - set(EXACT))
    if unknown:
        sys.exit(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(EXACT))}")
    text = table(given.names or sorted(EXACT), given.f64, given.f32, given.exhaustive)
    if given.write is None:
        print(text)
        return
    page = given.write.read_text(encoding="utf-8")
    before, after = page.partition(BEGIN)[0], page.partition(END)[2]
    given.write.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
