"""The classical Runge-Kutta method of order 4, all variables of the system at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.passes.discretise.euler import advance
from nnc.compiler.passes.discretise.midpoint import part
from nnc.compiler.passes.discretise.system import Rate, System

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.ir import model
    from nnc.compiler.ir.core import Value
    from nnc.compiler.passes.discretise.scope import Scope


def rk4(scope: Scope, odes: Sequence[model.Ode], diagnostics: Diagnostics) -> list[Value]:
    """New values x + dt/6 * (k1 + 2 k2 + 2 k3 + k4). Time, draws and all else are frozen over the stages."""
    system = System(scope, odes)
    k1 = system.rates()
    k2 = system.rates(part(system, k1, 0.5))
    k3 = system.rates(part(system, k2, 0.5))
    k4 = system.rates([advance(system, x, k) for x, k in zip(system.start, k3, strict=True)])
    return [advance(system, x, _mean(system, *k)) for x, *k in zip(system.start, k1, k2, k3, k4, strict=True)]


def _mean(system: System, k1: Rate, k2: Rate, k3: Rate, k4: Rate) -> Rate:
    # The scales are free of the variables, hence the same in all four stages.
    b = system.builder
    inner = b.mul(b.like(2, k2.core), b.add(k2.core, k3.core))
    total = b.add(b.add(k1.core, inner), k4.core)
    return Rate(total, b.div(k1.scale, b.like(6, k1.scale)))
