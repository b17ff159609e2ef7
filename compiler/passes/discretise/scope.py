"""Where straight-line code is written: reads of attributes, shared as long as they hold, and stores with clamps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.ir import arith, model
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.types import value_type
from nnc.compiler.passes.inline import inline

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from nnc.compiler.ir.core import Block, Op, Value
    from nnc.compiler.ir.types import DType, Type
    from nnc.compiler.passes.dependencies import Owner


class Scope:
    """Code of one model, written at one place in the order of execution.

    A read is written once and shared until the attribute is set; random draws, inputs and reductions are the same
    numbers wherever their occurrence is copied to, as the stages of a method want it.
    """

    def __init__(self, owner: Owner, block: Block, before: Op | None = None) -> None:
        self.owner = owner
        self.builder = Builder(block, before)
        self.types: dict[str, Type] = {}
        self.parameters: set[str] = set()
        for op in owner.body.ops:
            if isinstance(op, (model.State, model.Param)):
                self.types[op.sym] = op.type
            if isinstance(op, model.Param):
                self.parameters.add(op.sym)
        self.lagging: set[str] = set()
        """Shared variables whose values from before their update are read."""

        self._shared: dict[Hashable, Value] = {}

    def read(self, variable: str) -> Value:
        """The present value of an own attribute."""
        key = ("self", variable)
        if key not in self._shared:
            types = (self.types[variable],)
            self._shared[key] = self.builder.value(model.Get, types=types, attr=Symbol(variable))
        return self._shared[key]

    def step(self, dtype: DType) -> Value:
        """The step size in ms."""
        if "dt" not in self._shared:
            self._shared["dt"] = self.builder.value(model.Dt, types=(value_type(dtype),))
        return self._shared["dt"]

    def evaluate(
        self, body: Block, state: Mapping[str, Value], arguments: Mapping[Value, Value] | None = None
    ) -> Value:
        """Copy a region that yields one value, with the variables in `state` read as those values."""

        def rewrite(op: Op, operands: Sequence[Value]) -> Value | None:
            if isinstance(op, model.Get) and op.side == "self" and op.attr in state:
                return state[op.attr]
            return self._reading(op, operands)

        (value,) = inline(self.builder, body, dict(arguments or {}), rewrite)
        return value

    def store(self, statement: model.Ode | model.Assign, value: Value) -> None:
        """Set the variable of a statement, then clamp it as the statement says."""
        with self.builder.from_(statement.loc):
            self.set(statement.variable, value)
            if not statement.clamp.ops:
                return
            argument = statement.clamp.args[0]
            new = self.builder.cast(self.read(statement.variable), argument.type.dtype)
            bounded = self.evaluate(statement.clamp, {}, {argument: new})
            if bounded is not new:
                self.set(statement.variable, bounded, always=True)

    def set(self, variable: str, value: Value, always: bool = False) -> None:
        """Set an own attribute, converted to the type it is stored as."""
        stored = self.builder.cast(value, self.types[variable].dtype)
        self.builder.op(model.Set, stored, attr=Symbol(variable), always=always or None)
        self._shared.pop(("self", variable), None)

    def invariant(self, value: Value) -> bool:
        """Whether a value depends on nothing but numbers, parameters and the step size."""
        op = value.op
        if isinstance(op, model.Get):
            return op.side == "self" and (op.attr in self.parameters or op.attr.startswith("const."))
        if isinstance(op, (arith.Const, model.Dt)):
            return True
        if op is None or not op.name.startswith(("arith.", "math.")):
            return False
        return all(self.invariant(v) for v in op.operands)

    def _reading(self, op: Op, operands: Sequence[Value]) -> Value | None:
        match op:
            case model.Get(attr=attr, side=side):
                key: Hashable = (side, attr)
            case model.Random(draw=draw):
                key = ("draw", draw)
            case model.Sum(target=target, side=side):
                key = ("sum", side, target)
            case model.Reduce(kind=kind, attr=attr, side=side):
                key = ("reduce", kind, side, attr)
            case model.Dt():
                key = "dt"
            case _:
                return None
        if key not in self._shared:
            copy = type(op)(operands, [r.type for r in op.results], dict(op.attributes), (), op.loc)
            self._shared[key] = self.builder.insert(copy).results[0]
        return self._shared[key]
