"""Interpreter of user functions: `model.function` on arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnc.compiler.ir import model
from nnc.compiler.ir.define import TERMINATOR
from nnc.compiler.ir.interp_arith import convert, evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from nnc.compiler.ir.core import Value

    Array = NDArray[Any]


class Recursion(Exception):
    """A function needs its own value; the argument is its name."""


def run_function(
    functions: Mapping[str, model.Function],
    name: str,
    arguments: Sequence[Array],
    constants: Mapping[str, float],
    busy: frozenset[str] = frozenset(),
) -> Array:
    """The value of a function, elementwise: arguments are arrays that broadcast together, of any element type.

    `functions` are all that may be called, by name; `constants` the values of named constants. Raises `Recursion`.
    """
    if name in busy:
        raise Recursion(name)
    function = functions[name]
    values: dict[Value, Array] = {
        v: convert(a, v.type.dtype) for v, a in zip(function.body.args, arguments, strict=True)
    }
    for op in function.body.ops:
        operands = [values[v] for v in op.operands]
        if op.spec.has(TERMINATOR):
            return operands[0]
        types = [r.type.dtype for r in op.results]
        if isinstance(op, model.Call):
            callee = op.callee.removeprefix(model.FUNCTION_PREFIX)
            made = [run_function(functions, callee, operands, constants, busy | {name})]
        elif isinstance(op, model.Get):
            value = constants[op.attr.removeprefix("const.")]
            made = evaluate("const", {"value": value}, [], types)
        else:
            made = evaluate(op.name, op.attributes, operands, types)
        values.update(zip(op.results, made, strict=True))
    raise ValueError(f"@{name} yields no value")
