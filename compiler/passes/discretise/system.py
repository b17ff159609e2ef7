"""The ODEs that a method integrates together, and their increments in a form that hoisting likes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nnc.compiler.ir import arith
from nnc.compiler.passes.algebra import Algebra
from nnc.compiler.passes.inline import DependsOn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.ir import model
    from nnc.compiler.ir.core import Value
    from nnc.compiler.passes.discretise.scope import Scope


class Rate(NamedTuple):
    """dt times a derivative, as core * scale."""

    core: Value
    scale: Value


class System:
    """Some ODEs at the state where their block begins.

    `start` holds the values of the variables, in the floating-point type of the network; `stored` the same as they are
    read, in the type they are stored as.
    """

    def __init__(self, scope: Scope, odes: Sequence[model.Ode]) -> None:
        self.scope = scope
        self.builder = scope.builder
        self.algebra = Algebra(scope.builder)
        self.odes = odes
        self.stored = [scope.read(ode.variable) for ode in odes]
        dtypes = [_yielded(ode).type.dtype for ode in odes]
        self.start = [self.builder.cast(v, t) for v, t in zip(self.stored, dtypes, strict=True)]

    def rates(self, state: Sequence[Value] | None = None) -> list[Rate]:
        """dt * derivative of every variable at a state (default: the start).

        The scale is free of the variables. Factors that stay the same during a run go there, and so do divisors:
        `dt * (X / tau)` becomes `X * (dt / tau)`, one division that can leave the loop.
        """
        now = self.stored if state is None else self._as_stored(state)
        names = {ode.variable: value for ode, value in zip(self.odes, now, strict=True)}
        moving = DependsOn(now)
        return [self._rate(ode, names, moving) for ode in self.odes]

    def _as_stored(self, state: Sequence[Value]) -> list[Value]:
        pairs = zip(state, self.stored, strict=True)
        return [self.builder.cast(new, old.type.dtype) for new, old in pairs]

    def _rate(self, ode: model.Ode, names: dict[str, Value], moving: DependsOn) -> Rate:
        with self.builder.from_(ode.loc):
            core = self.scope.evaluate(ode.body, names)
            scale = self.scope.step(core.type.dtype)
            while True:
                match core.op:
                    case arith.Div(lhs=a, rhs=b) if not moving(b):
                        core, scale = a, self.builder.div(scale, b)
                    case arith.Mul(lhs=a, rhs=b) if self.scope.invariant(a):
                        core, scale = b, self.builder.mul(scale, a)
                    case arith.Mul(lhs=a, rhs=b) if self.scope.invariant(b):
                        core, scale = a, self.builder.mul(scale, b)
                    case arith.Neg(operand=a):
                        core, scale = a, self.builder.neg(scale)
                    case _:
                        return Rate(core, scale)


def _yielded(ode: model.Ode) -> Value:
    end = ode.body.terminator
    if end is None:
        raise ValueError("the body of an ODE ends in yield")
    return end.operands[0]
