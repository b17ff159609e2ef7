"""Exponential Euler: exact for linear equations with constant coefficients.

For tau * dx/dt = S - x the step is x + (1 - exp(-dt/tau)) * (S - x). In the form dt * dx/dt = X * s, with
X = a + k * x, that is x + X * (expm1(k * s) / k): the same X as in explicit Euler, and a factor that leaves the loop
where k and s are parameters. Where k is 0 the factor is s; and where a is 0 the step is x * exp(k * s).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.passes.algebra import literal
from nnc.compiler.passes.discretise.lagging import earlier
from nnc.compiler.passes.discretise.linear_form import one_by_one

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.ir import model
    from nnc.compiler.ir.core import Value
    from nnc.compiler.passes.algebra import Algebra
    from nnc.compiler.passes.discretise.linear_form import Linear
    from nnc.compiler.passes.discretise.scope import Scope


def exponential(scope: Scope, odes: Sequence[model.Ode], diagnostics: Diagnostics) -> list[Value]:
    """New values of the variables, each with all others as they were; N0511 where an ODE is not linear."""
    lagging = {ode.variable for ode in odes if ode.lagging}
    return one_by_one(
        scope,
        odes,
        diagnostics,
        lambda form: after(form, form.rate.scale, scope if form.system.odes[0].variable in lagging else None),
    )


def after(form: Linear, time: Value, lagging: Scope | None = None) -> Value:
    """The variable of a linear ODE after a time, in units of the core: x * exp(k * time) if it decays to 0.

    With `lagging`, the factor exp(k * time) is that from before the update of shared variables.
    """
    b, algebra, x = form.system.builder, form.system.algebra, form.system.start[0]
    exponent = algebra.mul(form.slope, time)
    past = None if lagging is None or exponent is None else earlier(lagging, exponent)
    if past is not None and form.slope is not None:
        return b.add(x, b.mul(form.rate.core, b.div(b.math("expm1", past), form.slope)))
    if form.offset is None and exponent is not None:
        return b.mul(x, b.math("exp", exponent))
    return b.add(x, b.mul(form.rate.core, _growth(algebra, form.slope, time)))


def _growth(algebra: Algebra, slope: Value | None, time: Value) -> Value:
    """(exp(slope * time) - 1) / slope, and `time` where the slope is 0."""
    b = algebra.builder
    exponent = algebra.mul(slope, time)
    if slope is None or exponent is None:
        return time
    quotient = algebra.solid(algebra.div(b.math("expm1", exponent), slope), time)
    if literal(slope) not in (None, 0):
        return quotient
    return b.select(b.cmp("eq", slope, b.like(0, slope)), time, quotient)
