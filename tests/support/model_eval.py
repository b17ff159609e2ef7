"""Executes the straight-line code of one neuron or synapse model: a second, small definition of what it means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.ir import model, step
from nnc.compiler.ir.interp import evaluate
from nnc.compiler.ir.verify import verify
from nnc.compiler.passes.discretise import Discretise
from nnc.compiler.passes.inline_functions import InlineFunctions
from nnc.compiler.passes.isolate_derivatives import IsolateDerivatives
from nnc.compiler.passes.manager import Context, Pass
from nnc.compiler.passes.order_equations import OrderEquations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.ir.core import Block, Op, Value
    from nnc.compiler.ir.model import Module

PASSES: tuple[Pass, ...] = (InlineFunctions(), IsolateDerivatives(), OrderEquations(), Discretise())


def lower(module: Module, passes: Iterable[Pass] = PASSES) -> Diagnostics:
    """Run and verify the passes of the model level, stopping after the first that reports errors."""
    context = Context()
    for each in passes:
        each.run(module, context)
        if context.diagnostics.errors:
            break
        verify(module, each.gives)
    return context.diagnostics


@dataclass
class Machine:
    """The state of one element and the code that changes it. `draw` gives the random numbers by occurrence."""

    module: Module
    state: dict[str, Any]
    dt: float = 1.0
    step: int = 0
    draw: Callable[[int], float] = lambda occurrence: 0.5
    active: bool = True
    transmitted: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.owner,) = [op for op in self.module.body.ops if isinstance(op, (model.Neuron, model.Synapse))]
        self.types = {op.sym: op.type for op in self.owner.body.ops if isinstance(op, (model.State, model.Param))}
        for name, type in self.types.items():
            initial = -10000 if name == "last_event" else 0
            self.state[name] = np.asarray(self.state.get(name, initial), type.dtype.numpy)

    def advance(self) -> None:
        """One step: all updates in order."""
        for op in self.owner.body.ops:
            if isinstance(op, model.Update):
                self.execute(op.body, op.locality == "local")
        self.step += 1

    def trajectory(self, name: str, steps: int) -> list[float]:
        """Values of an attribute after each of some steps."""
        values = []
        for _ in range(steps):
            self.advance()
            values.append(float(self.state[name]))
        return values

    def event(self, kind: type[Op]) -> None:
        """Execute the statements of an event."""
        for op in self.owner.body.ops:
            if isinstance(op, kind):
                self.execute(op.regions[0], False)

    def execute(self, block: Block, masked: bool) -> None:
        values: dict[Value, Any] = {}
        for op in block.ops:
            operands = [values[v] for v in op.operands]
            if isinstance(op, model.Set):
                if op.always or self.active or not masked or op.attr.startswith("g_"):
                    dtype = self.types[op.attr].dtype
                    assert op.value.type.dtype is dtype, "values are stored in the type of the attribute"
                    self.state[op.attr] = operands[0]
            elif isinstance(op, model.Transmit):
                self.transmitted.append(float(operands[0]))
            else:
                results = self.results(op, operands)
                values.update(zip(op.results, results, strict=True))

    def results(self, op: Op, operands: list[Any]) -> list[Any]:
        match op:
            case model.Get(attr=attr, side="self"):
                return [self.state[attr]]
            case model.Get(attr=attr, side=side):
                return [np.float64(self.state[f"{side}.{attr}"])]
            case model.Sum(target=target):
                return [np.float64(self.state[f"sum_{target}"])]
            case model.Time():
                return [op.result.type.dtype.numpy.type(self.step * self.dt)]
            case model.Dt():
                return [op.result.type.dtype.numpy.type(self.dt)]
            case model.Random(draw=draw):
                return [np.float64(self.draw(draw))]
            case step.Index():
                return [np.int64(self.step)]
        return evaluate(op.name, op.attributes, operands, [r.type.dtype for r in op.results])


def machine(module: Module, state: Mapping[str, Any] | None = None, dt: float = 1.0, **options: Any) -> Machine:
    """A machine for a model as written: lowers it first, raising the errors of the passes."""
    lower(module).raise_if_errors()
    return Machine(module, dict(state or {}), dt, **options)
