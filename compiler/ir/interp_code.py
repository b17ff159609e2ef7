"""Executing a region of the model level: straight-line code on arrays, one element of them per neuron or synapse.

What the code sees of its object (attributes, inputs, events, random numbers) is the business of whoever runs it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from nnc.compiler.ir import model
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.define import TERMINATOR
from nnc.compiler.ir.interp_arith import ArrayOps, convert, dtype_of, evaluate
from nnc.compiler.ir.interp_function import run_function

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from nnc.compiler.ir.core import Op, Value

    Array = NDArray[Any]
    Special = Callable[[Op, list[Array]], Sequence[Array] | None]

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def run_code(
    block: Block,
    special: Special,
    arguments: Sequence[Array] = (),
    functions: Mapping[str, model.Function] = NOTHING,
    constants: Mapping[str, float] = NOTHING,
) -> list[Array]:
    """Execute the ops of a block in order; gives what its terminator yields, nothing if it has none.

    `special` gives the results of an op of the model level, after doing what the op does, and None for an op on
    numbers. `arguments` are those of the block, `functions` all that may be called, by name, and `constants` the values
    of the named constants that they read. All arrays broadcast together.
    """
    values: dict[Value, Array] = dict(zip(block.args, arguments, strict=True))
    for op in block.ops:
        operands = [values[v] for v in op.operands]
        if op.spec.has(TERMINATOR):
            return operands
        results = special(op, operands)
        if results is None:
            results = _numbers(op, operands, functions, constants)
        values.update(zip(op.results, results, strict=True))
    return []


def part_of(block: Block, names: Collection[str]) -> Block:
    """Those ops of a block that set some attributes, and what they are computed from."""
    wanted: set[Op] = set()
    for op in reversed(block.ops):
        if op in wanted or (isinstance(op, model.Set) and op.attr in names):
            wanted |= {op, *(v.op for v in op.operands if v.op is not None)}
    part = Block()
    copies: dict[Value, Value] = {}
    for op in block.ops:
        if op in wanted:
            part.append(op.clone(copies))
    return part


def _numbers(
    op: Op, operands: list[Array], functions: Mapping[str, model.Function], constants: Mapping[str, float]
) -> Sequence[Array]:
    if isinstance(op, model.Call):
        callee = op.callee.removeprefix(model.FUNCTION_PREFIX)
        return [convert(run_function(functions, callee, operands, constants), op.result.type.dtype)]
    return evaluate(op.name, op.attributes, operands, [r.type.dtype for r in op.results])


class DrawOps(ArrayOps):
    """The methods of `Builder` that distributions use, executed on arrays."""

    def like(self, value: float, other: Array) -> Array:
        """A constant of the type of an array."""
        return self.const(value, dtype_of(other))

    def math(self, name: str, *args: Array) -> Array:
        """Any function of `math.*`."""
        return evaluate(f"math.{name}", {}, args, [dtype_of(args[0])])[0]
