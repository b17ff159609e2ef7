"""Semi-implicit Euler: the variable itself is taken at the end of the step, all others at its start.

For tau * dx/dt = S - x the step is x + dt / (dt + tau) * (S - x). In the form dt * dx/dt = X * s with X = a + k * x
that is x + X * (s / (1 - k * s)).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.passes.discretise.euler import advance
from nnc.compiler.passes.discretise.linear_form import Linear, one_by_one
from nnc.compiler.passes.discretise.system import Rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.ir import model
    from nnc.compiler.ir.core import Value
    from nnc.compiler.passes.discretise.scope import Scope
    from nnc.compiler.passes.discretise.system import System


def semiimplicit(scope: Scope, odes: Sequence[model.Ode], diagnostics: Diagnostics) -> list[Value]:
    """New values of the variables; order 1; N0511 where an ODE is not linear."""
    return one_by_one(scope, odes, diagnostics, _advanced)


def _advanced(form: Linear) -> Value:
    time = relaxed(form.system, form.slope, form.rate.scale)
    return advance(form.system, form.system.start[0], Rate(form.rate.core, time))


def relaxed(system: System, slope: Value | None, time: Value) -> Value:
    """time / (1 - slope * time)."""
    b, algebra = system.builder, system.algebra
    rest = algebra.sub(b.like(1, time), algebra.mul(slope, time))
    return time if slope is None or rest is None else b.div(time, rest)
