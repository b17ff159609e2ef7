"""Distributions as arithmetic on uniform and normal numbers: written once, as IR or computed by the interpreter.

A distribution takes a fixed count of draws, so that a draw stays a pure function of what it is for. Gamma numbers of
any shape are made by so many trials of a rejection method that all of them fail less often than a 32-bit word repeats;
binomial numbers have a file of their own.
"""

from __future__ import annotations

import math
import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.compiler.ir.binomial import binomial
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_SHAPE: Final = 8
"""Shape of a gamma number up to which so many exponential numbers are added up."""

TRIALS: Final = 8
"""Trials of a gamma number of any shape: each is accepted with a chance of at least 0.95, one of them but for 3e-11."""


def draw(
    b: Any,
    distribution: str,
    parameters: Sequence[Any],
    known: Sequence[float | None],
    source: Callable[[str, int], Any],
) -> Any:
    """A number of a distribution (language specification, 2.10).

    `b` is a `Builder`, or computes on arrays what that would write. `known` are the parameters that are literals;
    `source(kind, nth)` is the nth underlying draw: `uniform` in [0, 1), `wide` (the same in double precision, whatever
    that of the network) or `normal`. Impossible parameters give NaN, or what the formula makes of them.
    """
    first, second = parameters[0], parameters[-1]
    match distribution:
        case "uniform" if known[0] == 0.0 and (known[-1] or 0.0) > 0.0:
            return b.mul(second, source("uniform", 0))
        case "uniform":
            return b.add(first, b.mul(b.sub(second, first), source("uniform", 0)))
        case "discrete_uniform":
            return _discrete_uniform(b, first, second, source("uniform", 0))
        case "normal":
            return _normal(b, first, second, source("normal", 0))
        case "log_normal":
            return b.math("exp", _normal(b, first, second, source("normal", 0)))
        case "exponential":
            return b.div(_exponential(b, source("uniform", 0)), first)
        case "gamma":
            return _gamma(b, first, second, known[0], source)
        case "binomial":
            return binomial(b, first, second, known, source)
    raise ValueError(f"unknown distribution {distribution}")


def uniform64(b: Any, high: Any, low: Any) -> Any:
    """A uniform number in [0, 1) of 53 bits from two words of 32.

    The bits of both parts become the last ones of 2^20 + x and 1/2 + y, which are exact, as are all sums. A vector unit
    converts no integers of 64 bits, or (AVX-512) takes as long; Philox leaves words in 64 bits.
    """
    word = b.const(0xFFFFFFFF, DType.i64)
    a = b.and_(b.cast(high, DType.i64), word)
    c = b.shr(b.and_(b.cast(low, DType.i64), word), b.const(11, DType.i64))
    x = b.bitcast(b.or_(a, b.const(_bits(2.0**20), DType.i64)), DType.f64)
    y = b.bitcast(b.or_(c, b.const(_bits(0.5), DType.i64)), DType.f64)
    return b.add(b.sub(x, b.const(2.0**20 + 0.5, DType.f64)), y)


def _bits(value: float) -> int:
    """The bits of a double as an integer."""
    return int(np.float64(value).view(np.int64))


def box_muller(b: Any, u: Any, v: Any) -> tuple[Any, Any]:
    """Two standard normal numbers from uniform ones, u in (0, 1] and v in [0, 1)."""
    radius = b.math("sqrt", b.mul(b.like(-2.0, u), b.math("log", u)))
    angle = b.mul(b.like(2.0 * math.pi, v), v)
    return b.mul(radius, b.math("cos", angle)), b.mul(radius, b.math("sin", angle))


def stream_of(owner: str, occurrence: int, nth: int = 0) -> int:
    """32 bits that name the draws of an occurrence; nth counts those of one number that takes several."""
    return zlib.crc32(f"{owner}:{occurrence}:{nth}".encode())


def _normal(b: Any, mu: Any, sigma: Any, z: Any) -> Any:
    return b.add(mu, b.mul(sigma, z))


def _exponential(b: Any, u: Any) -> Any:
    return b.neg(b.math("log1p", b.neg(u)))


def _discrete_uniform(b: Any, lo: Any, hi: Any, u: Any) -> Any:
    """Rounding may reach the end of the range, hence the bound."""
    count = b.add(b.sub(hi, lo), b.like(1, lo))
    return b.min(b.add(lo, b.math("floor", b.mul(u, count))), hi)


def _gamma(b: Any, shape: Any, scale: Any, number: float | None, source: Callable[[str, int], Any]) -> Any:
    """A small whole shape: the sum of so many exponential numbers; a half more: half the square of a normal one."""
    if number is None or not 0 < number <= MOST_SHAPE or number * 2 != int(number * 2):
        return b.mul(scale, _gamma_of_any_shape(b, shape, source))
    terms = [_exponential(b, source("uniform", nth)) for nth in range(int(number))]
    if number != int(number):
        z = source("normal", int(number))
        terms.append(b.mul(b.like(0.5, z), b.mul(z, z)))
    total = terms[0]
    for term in terms[1:]:
        total = b.add(total, term)
    return b.mul(scale, total)


def _gamma_of_any_shape(b: Any, shape: Any, source: Callable[[str, int], Any]) -> Any:
    """G. Marsaglia, W. W. Tsang: A simple method for generating gamma variables (ACM TOMS 26, 2000), all trials made.

    A shape below 1 is raised by 1, and the result multiplied by a power of a uniform number. NaN for shapes that are
    not above 0.
    """
    one, zero = b.like(1, shape), b.like(0, shape)
    small = b.cmp("lt", shape, one)
    d = b.sub(b.select(small, b.add(shape, one), shape), b.like(1 / 3, shape))
    c = b.div(one, b.math("sqrt", b.mul(b.like(9, d), d)))
    result = d
    for trial in range(TRIALS):
        z, u = source("normal", 2 * trial), source("uniform", 2 * trial + 1)
        root = b.add(b.mul(c, z), one)
        v = b.mul(root, b.mul(root, root))
        chance = b.add(b.mul(b.like(0.5, z), b.mul(z, z)), b.mul(d, b.add(b.sub(one, v), b.math("log", v))))
        accepted = b.and_(b.cmp("gt", root, zero), b.cmp("lt", b.math("log1p", b.neg(u)), chance))
        result = b.select(accepted, b.mul(d, v), result)
    power = b.math("exp", b.neg(b.div(_exponential(b, source("uniform", 2 * TRIALS)), shape)))
    result = b.mul(result, b.select(small, power, one))
    return b.select(b.cmp("gt", shape, zero), result, b.like(math.nan, shape))
