"""Interpreter of an expression by itself: a block of model-level ops that yields one value, on arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnc.compiler.ir import model
from nnc.compiler.ir.define import TERMINATOR
from nnc.compiler.ir.interp_arith import convert, evaluate
from nnc.compiler.ir.interp_function import run_function

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from nnc.compiler.ir.core import Block, Op, Value

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
    values: dict[Value, Array] = {}
    for op in block.ops:
        operands = [values[v] for v in op.operands]
        if op.spec.has(TERMINATOR):
            return operands[0]
        types = [r.type.dtype for r in op.results]
        if isinstance(op, model.Call):
            callee = op.callee.removeprefix(model.FUNCTION_PREFIX)
            made = [run_function(functions, callee, operands, constants)]
        elif isinstance(op, model.Get) and op.attr.startswith("const."):
            made = evaluate("const", {"value": constants[op.attr.removeprefix("const.")]}, [], types)
        elif isinstance(op, model.Get | model.Time | model.Dt):
            made = [convert(read(op), types[0])]
        else:
            made = evaluate(op.name, op.attributes, operands, types)
        values.update(zip(op.results, made, strict=True))
    raise ValueError("the block yields no value")
