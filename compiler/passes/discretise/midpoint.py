"""Midpoint: k = f(x), x + dt * f(x + dt/2 * k), all variables of the system at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.passes.discretise.euler import advance
from nnc.compiler.passes.discretise.system import Rate, System

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.ir import model
    from nnc.compiler.ir.core import Value
    from nnc.compiler.passes.discretise.scope import Scope


def midpoint(scope: Scope, odes: Sequence[model.Ode], diagnostics: Diagnostics) -> list[Value]:
    """New values of the variables; order 2. Time, draws and all else are frozen over the stages."""
    system = System(scope, odes)
    middle = system.rates(part(system, system.rates(), 0.5))
    return [advance(system, x, rate) for x, rate in zip(system.start, middle, strict=True)]


def part(system: System, rates: Sequence[Rate], fraction: float) -> list[Value]:
    """The state that is a fraction of a step away from the start, at these rates."""
    b = system.builder
    return [
        advance(system, x, Rate(r.core, b.mul(r.scale, b.like(fraction, r.scale))))
        for x, r in zip(system.start, rates, strict=True)
    ]
