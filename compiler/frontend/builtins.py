"""What the equation language knows by itself: functions and how they are written in the IR, distributions, names."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nnc.compiler.ir.arith import Const
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnc.compiler.ir.builder import Builder
    from nnc.compiler.ir.core import Value

    Lowering = Callable[[Builder, Sequence[Value]], Value]


@dataclass(frozen=True)
class Builtin:
    """A function of numbers: how many arguments it takes (`most` None: any number) and its IR.

    `lower` gets values of the float type and returns one of that type, or a bool.
    """

    least: int
    most: int | None
    lower: Lowering

    def takes(self, count: int) -> bool:
        """Whether it can be called with so many arguments."""
        return self.least <= count and (self.most is None or count <= self.most)

    @property
    def arity(self) -> str:
        """The number of arguments in words."""
        if self.most is None:
            return f"at least {self.least} arguments"
        return "1 argument" if self.least == 1 else f"{self.least} arguments"


@dataclass(frozen=True)
class Distribution:
    """A random distribution: its name in the IR and its parameters in order.

    `valid` says what is wrong with parameters that are numbers, or None.
    """

    ir: str
    parameters: tuple[str, ...]
    valid: Callable[[Sequence[float]], str | None]


def raise_to(builder: Builder, base: Value, exponent: float) -> Value:
    """base ** exponent as C pow; small integer exponents become products, exact to the rounding of each."""
    if not float(exponent).is_integer() or not 0 < abs(exponent) <= _LARGEST_PRODUCT:
        return builder.math("pow", base, builder.like(exponent, base))
    product = _product(builder, base, int(abs(exponent)))
    return product if exponent > 0 else builder.div(builder.like(1.0, base), product)


def _pow(b: Builder, a: Sequence[Value]) -> Value:
    op = a[1].op
    return raise_to(b, a[0], float(op.value)) if isinstance(op, Const) else b.math("pow", a[0], a[1])


_LARGEST_PRODUCT: Final = 8


def _product(builder: Builder, base: Value, times: int) -> Value:
    if times == 1:
        return base
    half = _product(builder, base, times // 2)
    square = builder.mul(half, half)
    return builder.mul(square, base) if times % 2 else square


def _math(name: str) -> Lowering:
    return lambda b, a: b.math(name, *a)


def _fold(step: Callable[[Builder, Value, Value], Value]) -> Lowering:
    def lower(b: Builder, a: Sequence[Value]) -> Value:
        value = a[0]
        for other in a[1:]:
            value = step(b, value, other)
        return value

    return lower


def _heaviside(b: Builder, a: Sequence[Value]) -> Value:
    zero = b.like(0.0, a[0])
    below = b.select(b.cmp("lt", a[0], zero), zero, b.like(0.5, a[0]))
    return b.select(b.cmp("gt", a[0], zero), b.like(1.0, a[0]), below)


def _clip(b: Builder, a: Sequence[Value]) -> Value:
    x, low, high = a
    return b.select(b.cmp("lt", x, low), low, b.select(b.cmp("gt", x, high), high, x))


def _modulo(b: Builder, a: Sequence[Value]) -> Value:
    return b.rem(b.math("trunc", a[0]), b.math("trunc", a[1]))


def _power(b: Builder, a: Sequence[Value]) -> Value:
    op = a[1].op
    if isinstance(op, Const):
        return raise_to(b, a[0], max(0.0, float(math.trunc(op.value))))
    return b.math("pow", a[0], b.max(b.math("trunc", a[1]), b.like(0.0, a[1])))


def _isfinite(b: Builder, a: Sequence[Value]) -> Value:
    return b.cmp("lt", b.abs(a[0]), b.like(math.inf, a[0]))


_SAME_NAME: Final = (
    *("cos", "sin", "tan", "acos", "asin", "atan", "cosh", "sinh", "tanh", "acosh", "asinh", "atanh"),
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "erf"),
    *("floor", "ceil", "round", "sign"),
)
_UNARY_MATH: Final = {**{name: name for name in _SAME_NAME}, "ln": "log", "ceiling": "ceil"}

_ABSOLUTE = Builtin(1, 1, lambda b, a: b.abs(a[0]))
_POSITIVE = Builtin(1, 1, lambda b, a: b.max(a[0], b.like(0.0, a[0])))
_NEGATIVE = Builtin(1, 1, lambda b, a: b.min(a[0], b.like(0.0, a[0])))

FUNCTIONS: Final[dict[str, Builtin]] = {
    **{name: Builtin(1, 1, _math(op)) for name, op in _UNARY_MATH.items()},
    "atan2": Builtin(2, 2, _math("atan2")),
    "hypot": Builtin(2, 2, _math("hypot")),
    "pow": Builtin(2, 2, _pow),
    "power": Builtin(2, 2, _power),
    "modulo": Builtin(2, 2, _modulo),
    "abs": _ABSOLUTE,
    "fabs": _ABSOLUTE,
    "pos": _POSITIVE,
    "positive": _POSITIVE,
    "neg": _NEGATIVE,
    "negative": _NEGATIVE,
    "Heaviside": Builtin(1, 1, _heaviside),
    "clip": Builtin(3, 3, _clip),
    "max": Builtin(2, None, _fold(lambda b, x, y: b.max(x, y))),
    "min": Builtin(2, None, _fold(lambda b, x, y: b.min(x, y))),
    "isnan": Builtin(1, 1, lambda b, a: b.cmp("ne", a[0], a[0])),
    "isfinite": Builtin(1, 1, _isfinite),
}
"""Functions of numbers (language specification, 2.8)."""

REDUCTIONS: Final = frozenset({"mean", "max", "min", "norm1", "norm2"})
"""Over a population; `max` and `min` of several arguments are functions instead."""


def _ordered(p: Sequence[float]) -> str | None:
    return None if p[0] < p[1] else "the lower end must be below the upper one"


def _spread(p: Sequence[float]) -> str | None:
    return None if p[1] >= 0.0 else "the standard deviation must not be negative"


def _rate(p: Sequence[float]) -> str | None:
    return None if p[0] > 0.0 else "the rate must be above zero"


def _gamma(p: Sequence[float]) -> str | None:
    return None if min(p) > 0.0 else "shape and scale must be above zero"


def _binomial(p: Sequence[float]) -> str | None:
    return None if p[0] >= 0.0 and 0.0 <= p[1] <= 1.0 else "it takes a number of trials and a probability"


DISTRIBUTIONS: Final[dict[str, Distribution]] = {
    "Uniform": Distribution("uniform", ("min", "max"), _ordered),
    "DiscreteUniform": Distribution("discrete_uniform", ("min", "max"), lambda p: _ordered((p[0], p[1] + 1.0))),
    "Normal": Distribution("normal", ("mu", "sigma"), _spread),
    "LogNormal": Distribution("log_normal", ("mu", "sigma"), _spread),
    "Exponential": Distribution("exponential", ("Lambda",), _rate),
    "Gamma": Distribution("gamma", ("alpha", "beta"), _gamma),
    "Binomial": Distribution("binomial", ("n", "p"), _binomial),
}
"""Distributions (language specification, 2.10)."""

RESERVED: Final = frozenset(
    {
        *("t", "dt", "t_pre", "t_post", "t_last", "last_spike", "rk_post", "rk_pre", "g_target"),
        *("i", "j", "active", "refractory", "size", "True", "False"),
        *("pos", "positive", "neg", "negative", "modulo", "fabs", "ite", "clip", "power", "round"),
    }
)
"""Names that no attribute may bear."""

RESERVED_IN_SYNAPSES: Final = frozenset({"delay", "pre", "post"})
"""Further names that no attribute of a synapse may bear."""

KNOWN_FUNCTIONS: Final = frozenset({*FUNCTIONS, *DISTRIBUTIONS, *REDUCTIONS, "sum", "ite"})
"""Every name that can be called without being defined."""

METHODS: Final[dict[str, str]] = {
    "explicit": "explicit",
    "implicit": "implicit",
    "semiimplicit": "semiimplicit",
    "exponential": "exponential",
    "midpoint": "midpoint",
    "rk4": "rk4",
    "runge-kutta4": "rk4",
    "event-driven": "event_driven",
    "exact": "event_driven",
}
"""The numerical methods as they are written, and their names in the IR."""

FUNCTION_TYPES: Final[dict[str, DType | None]] = {
    "float": None,
    "double": None,
    "int": DType.i32,
    "bool": DType.bool,
}
"""Type words of user functions; None is the network's float type."""
