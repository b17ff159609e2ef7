"""Elementary functions of our own, so that every target gives the same bits.

Each is written once, branch-free, in + - * / sqrt fma, rounding, integer ops, bitcasts and selects. `expand` emits
one as IR (given a `Builder`) or computes it (given the interpreter's `ArrayOps`). Errors are below 2.5 ulp in both
float types; special values are those of C. In f32 the common functions are computed in f32, all others in f64 and
rounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnc.compiler.ir.elementary import exponential, inverse, logarithm, power, special, trigonometric
from nnc.compiler.ir.elementary.num import Num, Ops
from nnc.compiler.ir.elementary.philox import philox
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["EXPANDED", "FUNCTIONS", "Num", "Ops", "expand"]

FUNCTIONS: dict[str, Callable[..., Num]] = {
    "exp": exponential.exp,
    "exp2": exponential.exp2,
    "expm1": exponential.expm1,
    "sinh": exponential.sinh,
    "cosh": exponential.cosh,
    "tanh": exponential.tanh,
    "log": logarithm.log,
    "log1p": logarithm.log1p,
    "log2": logarithm.log2,
    "log10": logarithm.log10,
    "asinh": logarithm.asinh,
    "acosh": logarithm.acosh,
    "atanh": logarithm.atanh,
    "pow": power.pow,
    "cbrt": power.cbrt,
    "hypot": power.hypot,
    "sin": trigonometric.sin,
    "cos": trigonometric.cos,
    "tan": trigonometric.tan,
    "asin": inverse.asin,
    "acos": inverse.acos,
    "atan": inverse.atan,
    "atan2": inverse.atan2,
    "erf": special.erf,
    "round": special.round,
    "sign": special.sign,
}
"""Body of each `math.*` function that is no primitive of the targets, by its short name."""

_NATIVE_F32 = frozenset({"exp", "exp2", "expm1", "tanh", "log", "log1p", "round", "sign"})

EXPANDED = frozenset({f"math.{name}" for name in FUNCTIONS} | {"random.philox"})
"""Names of the ops that `expand` knows."""


def expand(ops: Ops, name: str, dtype: DType, operands: Sequence[Any]) -> list[Any]:
    """Values of the results of an op of `EXPANDED`; `dtype` is their element type. KeyError for any other op."""
    if name == "random.philox":
        return philox(ops, operands)
    short = name.removeprefix("math.")
    function = FUNCTIONS[short]
    arguments = [Num(ops, v, dtype) for v in operands]
    if dtype is DType.f32 and short not in _NATIVE_F32:
        arguments = [a.cast(DType.f64) for a in arguments]
    return [function(*arguments, dtype).cast(dtype).value]
