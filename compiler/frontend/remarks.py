"""What looks like a mistake in a model but is none by the rules: warnings and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.diagnostics import Diagnostics
from nnc.compiler.frontend import syntax as ast
from nnc.compiler.frontend.builtins import KNOWN_FUNCTIONS
from nnc.compiler.frontend.model import AttributeRef, NeuronModel, SynapseModel
from nnc.compiler.frontend.names import walk
from nnc.compiler.frontend.values import number
from nnc.compiler.graphs import circles

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from nnc.compiler.diagnostics import Diagnostic
    from nnc.compiler.frontend.model import EventStatement, Model
    from nnc.compiler.frontend.syntax import Expr

_CONSTANTS = ("pi",)
_QUOTIENTS = ("/", "//", "%")


def remarks(model: Model) -> tuple[Diagnostic, ...]:
    """What can be said about a model by itself."""
    d = Diagnostics()
    for expr in expressions(model):
        for inner in walk(expr):
            _zero_divisor(inner, d)
    _shadows(model, d)
    _circles(model, d)
    return tuple(d)


def unused(model: Model, from_outside: Collection[str]) -> tuple[Diagnostic, ...]:
    """N0703, N0704: attributes that nothing reads. `from_outside` are those that others read as `pre.x`, `post.x`.

    A variable that no equation reads may be there to be recorded, so that is only a note.
    """
    d = Diagnostics()
    read = {*from_outside, *_read(model)}
    for info in model.attributes:
        if info.name in read or info.implicit or info.name in ("r", "w"):
            continue
        help = "remove it, or check the spelling where it is meant to be used"
        if info.role == "parameter" and not info.assigned:
            d.warning("N0703", f"no equation reads the parameter '{info.name}'", info.loc, help=help)
        elif info.role == "variable" and not info.name.startswith("g_"):
            d.note("N0704", f"no equation reads the variable '{info.name}'", info.loc, help=help)
    return tuple(d)


def expressions(model: Model) -> Iterator[Expr]:
    """Every expression of a model: equations, bounds, conditions, event statements, functions."""
    for statement in model.statements:
        if isinstance(statement, ast.Ode):
            yield statement.left
            yield statement.right
        else:
            yield statement.value
    for info in model.attributes:
        yield from (b.value for b in info.bounds)
    for event in events(model):
        yield event.assignment.value
        yield from (b.value for b in event.bounds)
    if isinstance(model, NeuronModel):
        yield from (c.value for c in (model.spike, model.axon_spike) if c is not None)
    if isinstance(model, SynapseModel) and model.psp is not None:
        yield model.psp
    if isinstance(model, SynapseModel):
        yield from (rule.condition for rule in (model.creating, model.pruning) if rule is not None)
    yield from (f.body for f in model.functions)


def events(model: Model) -> tuple[EventStatement, ...]:
    """The statements executed at events, in order."""
    if isinstance(model, NeuronModel):
        return (*model.reset, *model.axon_reset)
    if isinstance(model, SynapseModel):
        return (*model.pre_spike, *model.post_spike, *model.pre_axon_spike)
    return ()


def _read(model: Model) -> Iterator[str]:
    for expr in expressions(model):
        yield from (e.name for e in walk(expr) if isinstance(e, ast.Name))
    yield from (e.assignment.target.name for e in events(model) if e.assignment.operator != "=")
    yield from (s.target.name for s in model.statements if isinstance(s, ast.Assignment) and s.operator != "=")
    yield from (a.init.name for a in model.attributes if isinstance(a.init, AttributeRef))
    if isinstance(model, NeuronModel) and isinstance(model.refractory, str):
        yield model.refractory


def _zero_divisor(expr: Expr, d: Diagnostics) -> None:
    divisor: Expr | None = None
    if isinstance(expr, ast.Binary) and expr.operator in _QUOTIENTS:
        divisor = expr.right
    elif isinstance(expr, ast.Call) and expr.name == "modulo" and len(expr.arguments) == 2:
        divisor = expr.arguments[1]
    if divisor is not None and number(divisor) == 0:
        help = "the quotient is infinite or not a number in every step"
        d.warning("N0701", "division by zero", divisor.loc, help=help)


def _shadows(model: Model, d: Diagnostics) -> None:
    for info in model.attributes:
        if info.implicit:
            continue
        if info.name in _CONSTANTS:
            help = "equations read the attribute; choose another name to keep the constant"
            d.warning("N0702", f"'{info.name}' hides the constant of the language", info.loc, help=help)
        elif info.name in KNOWN_FUNCTIONS:
            help = f"'{info.name}' alone is the attribute, '{info.name}(...)' still the function; choose another name"
            d.warning("N0702", f"'{info.name}' is also a function of the language", info.loc, help=help)


def _circles(model: Model, d: Diagnostics) -> None:
    """N0411: assignments that need each other are legal, but one of them is a step behind."""
    assigned = {s.target.name: s for s in model.statements if isinstance(s, ast.Assignment)}
    graph = {
        name: [e.name for e in walk(s.value) if isinstance(e, ast.Name) and e.name in assigned]
        for name, s in assigned.items()
    }
    for circle in circles(graph):
        names = [name for name in assigned if name in circle]
        if len(names) > 1:
            what = "these assignments need each other: " + ", ".join(f"'{name}'" for name in names)
            order = "they are executed in the order of the text; a later one is read with its value of the last step"
            d.note("N0411", what, assigned[names[0]].loc, notes=(order,))
