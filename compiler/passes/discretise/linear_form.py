"""The linear part of an ODE: dt * dx/dt = core * scale with core = offset + slope * x."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nnc.compiler.passes.affine import affine
from nnc.compiler.passes.discretise.system import Rate, System

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.ir import model
    from nnc.compiler.ir.core import Value
    from nnc.compiler.passes.discretise.scope import Scope


class Linear(NamedTuple):
    """An ODE that is linear in its own variable; a slope of None says that x does not occur."""

    system: System
    rate: Rate
    offset: Value | None
    slope: Value | None


def linear_form(scope: Scope, ode: model.Ode, diagnostics: Diagnostics, *, frozen: bool = True) -> Linear | None:
    """The linear form, or None after an error (N0511).

    With `frozen`, nonlinear functions of x count as part of the offset, at the old value, if there is a linear term.
    """
    system = System(scope, [ode])
    (rate,) = system.rates()
    with scope.builder.from_(ode.loc):
        line = affine(scope.builder, rate.core, system.stored[0], frozen=frozen)
    if line is None or (line.slope is None and not line.exact):
        _refuse(ode, diagnostics)
        return None
    return Linear(system, rate, line.offset, line.slope)


def one_by_one(
    scope: Scope, odes: Sequence[model.Ode], diagnostics: Diagnostics, advanced: Callable[[Linear], Value]
) -> list[Value]:
    """New values, each by `advanced` from the linear form of its ODE; the old value after an error."""
    new = []
    for ode in odes:
        form = linear_form(scope, ode, diagnostics)
        with scope.builder.from_(ode.loc):
            new.append(scope.read(ode.variable) if form is None else advanced(form))
    return new


def _refuse(ode: model.Ode, diagnostics: Diagnostics) -> None:
    name, method = ode.variable, ode.method.replace("_", "-")
    diagnostics.error(
        "N0511",
        f"the method '{method}' needs an equation that is linear in '{name}'",
        ode.loc,
        help="use the method 'explicit', 'midpoint' or 'rk4' for this equation",
    )
