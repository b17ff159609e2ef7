"""Functions and marks as they are shown, and what a reader has to be told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.runtime.reporting.maths import Call, Expr, Fence, Symbol
from nnc.runtime.reporting.names import STEP, T_LAST, TARGET

if TYPE_CHECKING:
    from collections.abc import Collection

SHOWN: Final = {
    "log": "ln",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "asinh": "arsinh",
    "acosh": "arcosh",
    "atanh": "artanh",
    "sign": "sgn",
    "rem": "rem",
    "rint": "round",
    "Heaviside": "H",
    "max of a population": "max",
    "min of a population": "min",
}
"""Names of functions where they are not those of the language."""

WITH_BASE: Final = {"log2": "2", "log10": "10"}
"""Logarithms with the base that stands below them."""

LETTERS: Final = frozenset({"ln", "exp", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh"})
"""Functions that LaTeX has a command for, `max` and `min` aside."""

_X: Final = Symbol("x")
_AB: Final = Symbol("a"), Symbol("b")

_MEANINGS: Final[dict[str, tuple[Expr, str]]] = {
    "positive": (Fence("positive", _X), "the positive part, max(x, 0)"),
    "negative": (Fence("negative", _X), "the negative part, min(x, 0)"),
    "iverson": (Fence("iverson", Symbol("c")), "1 where the condition c holds, else 0"),
    "Heaviside": (Call("Heaviside", (_X,)), "0 below zero, 1 above, 0.5 at zero"),
    "clip": (Call("clip", (_X, *_AB)), "x kept within a and b"),
    "rem": (Call("rem", _AB), "remainder of a divided by b, with the sign of a"),
    "trunc": (Call("trunc", (_X,)), "x without its fraction"),
    "round": (Call("round", (_X,)), "the nearest integer, ties away from zero"),
    "sign": (Call("sign", (_X,)), "-1, 0 or 1"),
    "isnan": (Call("isnan", (_X,)), "whether x is no number"),
    "expm1": (Call("expm1", (_X,)), "exp(x) - 1"),
    "log1p": (Call("log1p", (_X,)), "ln(1 + x)"),
    "erf": (Call("erf", (_X,)), "the error function"),
    "atan2": (Call("atan2", (Symbol("y"), _X)), "the angle of the point (x, y)"),
    "hypot": (Call("hypot", _AB), "the length of (a, b)"),
    "mean of a population": (Fence("mean", _X), "mean of x over all neurons of the population"),
    "max of a population": (Call("max of a population", (_X,)), "greatest x of all neurons of the population"),
    "min of a population": (Call("min of a population", (_X,)), "least x of all neurons of the population"),
    "norm1 of a population": (Fence("norm1", _X), "sum of the magnitudes of x over the population"),
    "norm2 of a population": (Fence("norm2", _X), "Euclidean norm of x over the population"),
    "Uniform": (Call("Uniform", _AB), "a random number from a to below b, drawn in each step"),
    "DiscreteUniform": (Call("DiscreteUniform", _AB), "a random integer from a to b, drawn in each step"),
    "Normal": (
        Call("Normal", (Symbol("mu"), Symbol("sigma"))),
        "a normal random number with this mean and standard deviation, drawn in each step",
    ),
    "LogNormal": (
        Call("LogNormal", (Symbol("mu"), Symbol("sigma"))),
        "a random number whose logarithm has this mean and standard deviation, drawn in each step",
    ),
    "Exponential": (
        Call("Exponential", (Symbol("lambda"),)),
        "an exponentially distributed random number with this rate, drawn in each step",
    ),
    "Gamma": (
        Call("Gamma", (Symbol("alpha"), Symbol("beta"))),
        "a gamma-distributed random number of this shape and scale, drawn in each step",
    ),
    "Binomial": (
        Call("Binomial", (Symbol("n"), Symbol("p"))),
        "the number of successes in n trials of probability p, drawn in each step",
    ),
    "dt": (STEP, "the step size"),
    "t_last": (T_LAST, "time of the last spike of the neuron"),
    "t_pre": (Symbol("t", ("pre",)), "time of the last presynaptic spike"),
    "t_post": (Symbol("t", ("post",)), "time of the last spike of the post neuron"),
    "g_target": (TARGET, "what the target of the projection names in the post neuron"),
    "sum": (Symbol("Sigma", ("x",)), "input by all synapses of the target x"),
    "sides": (Symbol("x", (), "pre"), "x of the pre neuron of a synapse; likewise of the post neuron"),
}


def legend(used: Collection[str]) -> list[tuple[Expr, str]]:
    """What is to be explained of the notation used, in a fixed order."""
    return [meaning for name, meaning in _MEANINGS.items() if name in used]
