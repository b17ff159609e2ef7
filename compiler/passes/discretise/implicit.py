"""Implicit (backward) Euler: solves x' = x + dt * f(x') for the new values x' of all variables of the system.

Newton's method from the old values; every step solves (1 - dt * J) d = x + dt * f(y) - y by elimination. One step
is exact if f is linear. Else `NEWTON_STEPS` steps are written out, always as many: the first guess is wrong by
O(dt), and every step squares the error and multiplies it by dt, so after n steps it is O(dt ** (2 ** (n + 1) - 1));
with 5 steps, dt ** 63: below one rounding even where dt is so long that the solution nearly ceases to exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.compiler.passes.discretise.derivative import Derivative
from nnc.compiler.passes.discretise.gauss import solve
from nnc.compiler.passes.discretise.semiimplicit import relaxed
from nnc.compiler.passes.discretise.system import System
from nnc.compiler.passes.inline import DependsOn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.ir import model
    from nnc.compiler.ir.core import Value
    from nnc.compiler.passes.discretise.scope import Scope
    from nnc.compiler.passes.discretise.system import Rate

NEWTON_STEPS: Final = 5

Jacobian = list[list["Value | None"]]


def implicit(scope: Scope, odes: Sequence[model.Ode], diagnostics: Diagnostics) -> list[Value]:
    """New values of the variables; order 1."""
    system = System(scope, odes)
    rates = system.rates()
    slopes = _slopes(system, rates, system.stored)
    moving = DependsOn(system.stored)
    linear = not any(k is not None and moving(k) for row in slopes for k in row)
    if linear and len(odes) == 1:
        (x,), ((core, scale),), ((slope,),) = system.start, rates, slopes
        return [scope.builder.add(x, scope.builder.mul(core, relaxed(system, slope, scale)))]
    state = _newton(system, list(system.start), rates, slopes)
    for _ in range(0 if linear else NEWTON_STEPS - 1):
        rates = system.rates(state)
        state = _newton(system, state, rates, _slopes(system, rates, state))
    return state


def _slopes(system: System, rates: Sequence[Rate], state: Sequence[Value]) -> Jacobian:
    """Derivatives of the cores by the variables; row i belongs to equation i."""
    columns = [Derivative(system.algebra, x) for x in state]
    return [[column.of(rate.core) for column in columns] for rate in rates]


def _newton(system: System, state: list[Value], rates: Sequence[Rate], slopes: Jacobian) -> list[Value]:
    algebra = system.algebra
    matrix: Jacobian = []
    right: list[Value | None] = []
    for i, (core, scale) in enumerate(rates):
        one = system.builder.like(1, scale)
        diagonal = [one if i == j else None for j in range(len(rates))]
        products = [algebra.mul(k, scale) for k in slopes[i]]
        matrix.append([algebra.sub(d, p) for d, p in zip(diagonal, products, strict=True)])
        moved = None if state[i] is system.start[i] else algebra.sub(system.start[i], state[i])
        right.append(algebra.add(algebra.mul(core, scale), moved))
    change = solve(algebra, matrix, right)
    return [algebra.solid(algebra.add(y, d), y) for y, d in zip(state, change, strict=True)]
