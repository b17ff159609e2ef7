"""Executes the code of one neuron or synapse model by itself, with the interpreter of the model level."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.ir import model, step
from nnc.compiler.ir.interp_code import run_code
from nnc.compiler.ir.verify import verify
from nnc.compiler.passes.discretise import Discretise
from nnc.compiler.passes.inline_functions import InlineFunctions
from nnc.compiler.passes.isolate_derivatives import IsolateDerivatives
from nnc.compiler.passes.manager import Context, Pass
from nnc.compiler.passes.order_equations import OrderEquations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.ir.core import Block, Op
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
    """The surroundings of one element: its state, by name, and what its code is told of the rest of a network.

    `draw` gives the random numbers by occurrence.
    """

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
        """Run some code; `masked` code leaves the state of a refractory neuron alone."""
        run_code(block, lambda op, operands: self.special(op, operands, masked))

    def special(self, op: Op, operands: list[Any], masked: bool) -> list[Any] | None:
        match op:
            case model.Set(attr=attr):
                if op.always or self.active or not masked or attr.startswith("g_"):
                    assert op.value.type.dtype is self.types[attr].dtype, "values are stored in the attribute's type"
                    self.state[attr] = operands[0]
                return []
            case model.Transmit():
                self.transmitted.append(float(operands[0]))
                return []
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
        return None


def machine(module: Module, state: Mapping[str, Any] | None = None, dt: float = 1.0, **options: Any) -> Machine:
    """A machine for a model as written: lowers it first, raising the errors of the passes."""
    lower(module).raise_if_errors()
    return Machine(module, dict(state or {}), dt, **options)
