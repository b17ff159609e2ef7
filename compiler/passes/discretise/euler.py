"""Explicit (forward) Euler: x + dt * f(x)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.passes.discretise.system import Rate, System

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.ir import model
    from nnc.compiler.ir.core import Value
    from nnc.compiler.passes.discretise.scope import Scope


def explicit(scope: Scope, odes: Sequence[model.Ode], diagnostics: Diagnostics) -> list[Value]:
    """New values of the variables; order 1."""
    system = System(scope, odes)
    return [advance(system, x, rate) for x, rate in zip(system.start, system.rates(), strict=True)]


def advance(system: System, x: Value, rate: Rate) -> Value:
    """x + dt * f."""
    return system.builder.add(x, system.builder.mul(rate.core, rate.scale))
