"""Binomial numbers of any number of trials n and any probability p, as a bounded number of operations.

p above one half is swapped for 1 - p. Then:

- n is a literal up to `MOST_TERMS`: inversion. The number is the count of values of the distribution function that
  lie at or below a uniform number.
- n * p below `SEARCH_BELOW`: inversion as well, over so many terms that what lies behind them is rarer than the last
  bit of a double.
- else rejection from a table mountain: W. Hörmann, The generation of binomial random variates, Journal of Statistical
  Computation and Simulation 46 (1993), algorithm BTRS without its squeeze. Each attempt is accepted with a chance of
  0.73 (n * p near the limit) to 0.89; all attempts are made, the first that is accepted counts, and all of them fail
  more rarely than a 32-bit word repeats; then the number is the mode.

Everything is computed in double precision: in single precision the logarithms of n! would have no digits left.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Source = Callable[[str, int], Any]

MOST_TERMS: Final = 100
"""A literal number of trials up to which all terms of the distribution are written out."""

SEARCH_BELOW: Final = 16.0
"""Mean below which the distribution function is inverted for any n."""

SEARCH_TERMS: Final = 60
"""Terms of that: a binomial number of mean 16 is larger with a chance below 2 ** -53."""

ATTEMPTS: Final = 17
"""Attempts at rejection: each fails with a chance of at most 0.27, all of them below 2 ** -32."""

_BINET: Final = (1 / 12, 1 / 30, 53 / 210, 195 / 371, 22999 / 22737)
"""Coefficients of Stieltjes' continued fraction for Binet's function (Abramowitz and Stegun, 6.1.48)."""

_BINET_AT: Final = ((1.0, 0.08106146679532726), (2.0, 0.04134069595540929))
"""Its values where five coefficients are not enough; from 3 on they leave an error below 2e-9."""


def binomial(b: Any, trials: Any, chance: Any, known: Sequence[float | None], source: Source) -> Any:
    """A binomial number, in double precision; NaN unless n >= 0 and p is in [0, 1]. A fraction of n is cut off.

    `b`, `known` and `source` are those of `distributions.draw`.
    """
    n = b.math("floor", b.cast(trials, DType.f64))
    p = b.cast(chance, DType.f64)
    one, zero = b.like(1, p), b.like(0, p)
    swapped = b.cmp("gt", p, b.like(0.5, p))
    rarer = b.select(swapped, b.sub(one, p), p)
    count = _of_the_rarer(b, n, rarer, source, *known)
    count = b.select(swapped, b.sub(n, count), count)
    possible = b.and_(b.cmp("ge", n, zero), b.and_(b.cmp("ge", p, zero), b.cmp("le", p, one)))
    return b.select(possible, count, b.like(math.nan, count))


def _of_the_rarer(b: Any, n: Any, p: Any, source: Source, trials: float | None, chance: float | None) -> Any:
    if trials is not None and trials <= MOST_TERMS:
        return _search(b, n, p, source, int(max(trials, 0)))
    least, most = _means(trials, chance)
    if most < SEARCH_BELOW:
        return _search(b, n, p, source, SEARCH_TERMS)
    if least >= SEARCH_BELOW:
        return _reject(b, n, p, source)
    few = b.cmp("lt", b.mul(n, p), b.like(SEARCH_BELOW, p))
    return b.select(few, _search(b, n, p, source, SEARCH_TERMS), _reject(b, n, p, source))


def _means(trials: float | None, chance: float | None) -> tuple[float, float]:
    """The least and the greatest mean that the rarer outcome can have."""
    most = math.inf if trials is None else trials / 2
    if trials is None or chance is None:
        return 0.0, most
    mean = math.floor(trials) * min(chance, 1 - chance)
    return mean, mean


def _search(b: Any, n: Any, p: Any, source: Source, terms: int) -> Any:
    """How many values of the distribution function lie at or below a uniform number."""
    u = source("wide", 0)
    one, zero = b.like(1, p), b.like(0, p)
    odds = b.div(p, b.sub(one, p))
    term = b.math("exp", b.mul(n, b.math("log1p", b.neg(p))))
    below, count = term, zero
    for k in range(terms):
        count = b.add(count, b.select(b.cmp("ge", u, below), one, zero))
        ratio = b.mul(b.mul(b.sub(n, b.like(k, n)), b.like(1 / (k + 1), n)), odds)
        term = b.mul(term, b.max(ratio, zero))
        below = b.add(below, term)
    return b.min(count, n)


def _reject(b: Any, n: Any, p: Any, source: Source) -> Any:
    one, half = b.like(1, p), b.like(0.5, p)
    q = b.sub(one, p)
    deviation = b.math("sqrt", b.mul(b.mul(n, p), q))
    width = b.add(b.like(1.15, p), b.mul(b.like(2.53, p), deviation))
    slope = b.add(b.add(b.like(-0.0873, p), b.mul(b.like(0.0248, p), width)), b.mul(b.like(0.01, p), p))
    middle = b.add(b.mul(n, p), half)
    height = b.mul(b.add(b.like(2.83, p), b.div(b.like(5.1, p), width)), deviation)
    mode = b.math("floor", b.mul(b.add(n, one), p))
    odds, top = b.div(p, q), b.add(b.sub(n, mode), one)
    peak = _log_share(b, n, mode, odds, top)
    result = mode
    for attempt in reversed(range(ATTEMPTS)):
        high, v = _halves(b, source("wide", 1 + attempt))
        u = b.sub(high, half)
        edge = b.sub(half, b.abs(u))
        stretch = b.add(b.div(b.add(slope, slope), edge), width)
        k = b.math("floor", b.add(b.mul(stretch, u), middle))
        inside = b.and_(b.cmp("ge", k, b.like(0, k)), b.cmp("le", k, n))
        hat = b.add(b.div(slope, b.mul(edge, edge)), width)
        bound = b.sub(_log_share(b, n, b.min(b.max(k, b.like(0, k)), n), odds, top), peak)
        below = b.cmp("le", b.math("log", b.div(b.mul(v, height), hat)), bound)
        result = b.select(b.and_(inside, below), k, result)
    return result


def _halves(b: Any, u: Any) -> tuple[Any, Any]:
    """The upper 27 and the lower 26 bits of a uniform number, as two: the first in (0, 1), the second in [0, 1)."""
    scaled = b.mul(u, b.like(2.0**27, u))
    whole = b.math("floor", scaled)
    return b.mul(b.add(whole, b.like(0.5, u)), b.like(2.0**-27, u)), b.sub(scaled, whole)


def _log_share(b: Any, n: Any, k: Any, odds: Any, top: Any) -> Any:
    """log of the probability of k, but for a term that is the same for all k: Stirling's formula, with its rest.

    Written in quotients near 1 (`top` is n - mode + 1), whose logarithms lose no digits to each other.
    """
    one, half = b.like(1, k), b.like(0.5, k)
    x, y = b.add(k, one), b.add(b.sub(n, k), one)
    main = b.mul(b.add(k, half), b.math("log", b.div(b.mul(odds, y), x)))
    rest = b.mul(b.add(n, one), b.math("log", b.div(top, y)))
    return b.sub(b.add(main, rest), b.add(_binet(b, x), _binet(b, y)))


def _binet(b: Any, x: Any) -> Any:
    """log gamma(x) - ((x - 1/2) log x - x + log(2 pi)/2)."""
    rest = x
    for coefficient in reversed(_BINET[1:]):
        rest = b.add(x, b.div(b.like(coefficient, x), rest))
    value = b.div(b.like(_BINET[0], x), rest)
    for at, exact in _BINET_AT:
        value = b.select(b.cmp("eq", x, b.like(at, x)), b.like(exact, x), value)
    return value
