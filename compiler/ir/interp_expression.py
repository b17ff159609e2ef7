"""Interpreter of an expression by itself: a block of model-level ops that yields one value, on arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnc.compiler.ir import model
from nnc.compiler.ir.interp_arith import convert, evaluate
from nnc.compiler.ir.interp_code import run_code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from nnc.compiler.ir.core import Block, Op

    Array = NDArray[Any]


def run_expression(
    block: Block,
    read: Callable[[Op], Array],
    functions: Mapping[str, model.Function],
    constants: Mapping[str, float],
) -> Array:
    """What a block yields. All arrays broadcast together.

    `read` gives the values of `model.get` (of attributes), `model.time` and `model.dt`; `functions` are all that may
    be called by name, `constants` the values of named constants. Raises `Recursion` for a function that calls itself.
    """

    def special(op: Op, operands: list[Array]) -> list[Array] | None:
        if isinstance(op, model.Get) and op.attr.startswith("const."):
            value = constants[op.attr.removeprefix("const.")]
            return evaluate("const", {"value": value}, [], [op.result.type.dtype])
        if isinstance(op, model.Get | model.Time | model.Dt):
            return [convert(read(op), op.result.type.dtype)]
        return None

    (value,) = run_code(block, special, (), functions, constants)
    return value
