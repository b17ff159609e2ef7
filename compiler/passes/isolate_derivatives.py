"""Pass `isolate-derivatives`: equations as written are solved for the derivative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nnc.compiler.ir import model
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.define import create
from nnc.compiler.passes.affine import affine
from nnc.compiler.passes.algebra import Algebra
from nnc.compiler.passes.inline import sweep
from nnc.compiler.passes.manager import Pass

if TYPE_CHECKING:
    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.ir.core import Value
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context


@dataclass(frozen=True)
class IsolateDerivatives(Pass):
    """Turns every `model.equation` into a `model.ode` whose body yields the derivative.

    Both sides must be affine in the derivative: a + k * dx/dt = b + m * dx/dt gives dx/dt = (b - a) / (k - m), without
    terms that are zero and without a division by one. Anything else is an error (N0510).
    """

    name: ClassVar[str] = "isolate-derivatives"
    takes: ClassVar[Level] = "model"
    gives: ClassVar[Level] = "model"

    def run(self, module: Module, context: Context) -> bool:
        """Solve every equation of the module."""
        equations = list(module.find(model.Equation))
        for equation in equations:
            _isolate(equation, context.diagnostics)
        return bool(equations)


def _isolate(equation: model.Equation, diagnostics: Diagnostics) -> None:
    derivative = _derivative(equation)
    if derivative is None:
        _refuse(equation, f"the equation of '{equation.variable}' must hold the derivative of it", diagnostics)
        return
    body = equation.body
    equal = body.terminator
    if not isinstance(equal, model.Equal):
        raise ValueError("the body of an equation ends in model.equal")
    builder = Builder(body, before=equal, loc=equal.loc if equal.loc.known else equation.loc)
    algebra = Algebra(builder)
    left, right = affine(builder, equal.lhs, derivative), affine(builder, equal.rhs, derivative)
    if left is None or right is None:
        _refuse(equation, f"cannot solve the equation for d{equation.variable}/dt: it is not linear in it", diagnostics)
        return
    coefficient = algebra.sub(left.slope, right.slope)
    if coefficient is None:
        _refuse(equation, f"d{equation.variable}/dt cancels out of the equation", diagnostics)
        return
    rate = algebra.div(algebra.sub(right.offset, left.offset), coefficient)
    builder.yield_(algebra.solid(rate, derivative))
    equal.erase()
    sweep(body)
    _replace(equation)


def _derivative(equation: model.Equation) -> Value | None:
    """The one value that stands for the derivative; None if there is none or one of another variable."""
    derivatives = list(equation.find(model.Ddt))
    if not derivatives or any(d.variable != equation.variable for d in derivatives):
        return None
    first, *others = derivatives
    for other in others:
        other.result.replace_by(first.result)
    return first.result


def _replace(equation: model.Equation) -> None:
    block = equation.parent
    if block is None:
        raise ValueError("an equation stands in a model")
    regions, equation.regions = equation.regions, []
    made = create(
        model.Ode,
        regions=regions,
        loc=equation.loc,
        variable=equation.variable,
        method=equation.method,
        lagging=equation.lagging or None,
        exact=equation.exact or None,
    )
    block.insert_before(equation, made)
    equation.erase()


def _refuse(equation: model.Equation, message: str, diagnostics: Diagnostics) -> None:
    help = f"write the equation as 'factor * d{equation.variable}/dt + terms = right side', with the derivative once"
    diagnostics.error("N0510", message, equation.loc, help=help)
