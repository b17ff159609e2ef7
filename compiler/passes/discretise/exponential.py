"""Exponential Euler: exact for linear equations with constant coefficients.

For tau * dx/dt = S - x the step is x + (1 - exp(-dt/tau)) * (S - x). In the form dt * dx/dt = X * s, with
X = a + k * x, that is x + X * (expm1(k * s) / k): the same X as in explicit Euler, and a factor that leaves the loop
where k and s are parameters. Where k is 0 the factor is s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.passes.algebra import literal
from nnc.compiler.passes.discretise.linear_form import one_by_one

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.ir import model
    from nnc.compiler.ir.core import Value
    from nnc.compiler.passes.discretise.scope import Scope
    from nnc.compiler.passes.discretise.system import System


def exponential(scope: Scope, odes: Sequence[model.Ode], diagnostics: Diagnostics) -> list[Value]:
    """New values of the variables, each with all others as they were; N0511 where an ODE is not linear."""
    return one_by_one(scope, odes, diagnostics, lambda form: growth(form.system, form.slope, form.rate.scale))


def growth(system: System, slope: Value | None, time: Value) -> Value:
    """(exp(slope * time) - 1) / slope, and `time` where the slope is 0."""
    b = system.builder
    if slope is None:
        return time
    number = literal(slope)
    if number == -1:
        return b.neg(b.math("expm1", b.neg(time)))
    quotient = b.div(b.math("expm1", b.mul(slope, time)), slope)
    if number is not None and number != 0:
        return quotient
    return b.select(b.cmp("eq", slope, b.like(0, slope)), time, quotient)
