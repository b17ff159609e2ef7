"""Projections whose synapses are made again whenever they are needed, and the numbers that their rules draw.

The op stands beside the projection, on model and step level. The definition is written once, on a `Builder` or on
arrays: it is what `lower-to-loops` writes and what `interp_procedural` computes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from nnc.compiler.ir import distributions
from nnc.compiler.ir.attributes import SYMBOL, enum_kind
from nnc.compiler.ir.core import Op
from nnc.compiler.ir.define import attribute, operation
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Sequence

DISTRIBUTIONS: Final = ("uniform", "discrete_uniform", "normal", "log_normal", "exponential")
"""What weights may be drawn from."""

NUMBERS: Final = ("scale", "first", "second", "low", "high")
"""Parameters of a rule, `@owner.rule.NAME`: see `gaps` and `weights`."""

SIZES: Final = {"probability": ("key", "chunk", "batch"), "number": ("key", "number")}
"""Sizes of a rule, `@owner.rule.NAME`: 63 random bits, columns of a chunk, elements that are made at once, synapses of
a row."""

TILE: Final = 32
"""Elements of 16 counters that lie side by side: element e of a chunk has counter (e >> 5) * 16 + (e & 15), and the
first or second half of its four words: half (e >> 4) & 1."""

MOST: Final = 256
"""The greatest number of elements that are made at once, a multiple of `TILE`."""

NEVER: Final = -1e300
"""The scale of a rule whose probability is 0: all gaps are too long."""


@operation("step.procedural")
class Procedural(Op):
    """The synapses of `owner` follow from a rule; none is stored.

    A row has the partners of one neuron of the side `rows`. The columns of a row are the neurons of a range of the
    other side.

    With the rule `probability` the columns are cut into chunks of `@owner.rule.chunk`. In each chunk the gaps between
    synapses are drawn until its end is passed: column x(e) = x(e-1) + 1 + gap(e), x(-1) being the one in front of the
    chunk. Gaps are geometric, so each column is a synapse with the same probability, independently. If the projection
    has `no_self`, the column of the neuron itself is then left out.

    With the rule `number` a row has `@owner.rule.number` different columns, R. W. Floyd's sample (J. Bentley,
    Programming pearls: A sample of brilliance, CACM 30, 1987): of the n columns but that of the neuron itself, if there
    is `no_self`, element e takes the one number t below n - number + e + 1, or n - number + e if t is taken already.

    `weights`: `one` for all (field `w`), or the distribution that the weight of each element is drawn from; there is no
    memory for `w` then. Draws have the counter (counter of the element, chunk, row, s) and the key `@owner.rule.key`; s
    is 0 for gaps and 1 for weights.
    """

    owner = attribute(SYMBOL)
    rule = attribute(enum_kind("probability", "number"))
    rows = attribute(enum_kind("pre", "post"))
    weights = attribute(enum_kind("one", *DISTRIBUTIONS))
    syntax = "$owner $rule by $rows weights $weights"


def scale_of(probability: float) -> float:
    """What logarithms of uniform numbers are multiplied by to give gaps between successes of a probability."""
    if probability <= 0.0:
        return NEVER
    return 1.0 / math.log1p(-probability) if probability < 1.0 else -0.0


def gap(b: Any, high: Any, low: Any, scale: Any, most: Any) -> Any:
    """Columns between two synapses (i32), at most `most` (f64), from two words.

    A uniform number u in (0, 1) of 52 bits is above (1 - p) ** k with the chance that a gap is below k.
    """
    a = b.cast(b.shr(high, b.const(6, DType.i32)), DType.f64)
    c = b.cast(b.shr(low, b.const(6, DType.i32)), DType.f64)
    whole = b.add(b.add(b.mul(a, b.const(2.0**26, DType.f64)), c), b.const(0.5, DType.f64))
    logarithm = b.math("log", b.mul(whole, b.const(2.0**-52, DType.f64)))
    return b.cast(b.min(b.math("floor", b.mul(logarithm, scale)), most), DType.i32)


def choice(b: Any, high: Any, low: Any, count: Any) -> Any:
    """A number (i32) below `count` (f64, whole, at most 2^31), all equally likely, from two words.

    The product stays below `count`: it is less by more than half of what lies between two doubles there.
    """
    return b.cast(b.math("floor", b.mul(distributions.uniform64(b, high, low), count)), DType.i32)


def weights(b: Any, distribution: str, parameters: Sequence[Any], words: Sequence[Any]) -> list[Any]:
    """The weights (f64) of the two elements that have the halves of a counter, from its four words.

    `parameters` are `first` and `second` of the distribution and the bounds `low` and `high` of its values.
    """
    first, second, low, high = parameters
    u, v = (distributions.uniform64(b, *pair) for pair in (words[:2], words[2:]))
    numbers = (u, v)
    if distribution in ("normal", "log_normal"):
        numbers = distributions.box_muller(b, b.add(u, b.const(2.0**-53, DType.f64)), v)
    drawn = [_drawn(b, distribution, first, second, number) for number in numbers]
    return [b.min(b.max(value, low), high) for value in drawn]


def _drawn(b: Any, distribution: str, first: Any, second: Any, number: Any) -> Any:
    """Every fma is written as one: `form-fma` finds none to form, and arrays have the bits of programs."""
    match distribution:
        case "uniform":
            return b.fma(b.sub(second, first), number, first)
        case "normal":
            return b.fma(second, number, first)
        case "log_normal":
            return b.math("exp", b.fma(second, number, first))
        case _:
            return distributions.draw(b, distribution, (first, second), (None, None), lambda *_: number)
