"""Rules that a model must keep, one function each; every violation is reported with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.frontend import syntax as ast
from nnc.compiler.frontend.builtins import KNOWN_FUNCTIONS, RESERVED, RESERVED_IN_SYNAPSES
from nnc.compiler.frontend.model import AttributeRef
from nnc.compiler.frontend.names import is_reduction
from nnc.compiler.graphs import circles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from nnc.compiler.diagnostics import Diagnostics, Loc
    from nnc.compiler.frontend.flags import Owner
    from nnc.compiler.frontend.model import AttributeInfo, EventStatement
    from nnc.compiler.frontend.names import Scope
    from nnc.compiler.frontend.syntax import Expr

_WIDTH = {"global": 0, "semiglobal": 1, "local": 2}
_DEPENDENCY_CODES = {("neuron", "global"): "N0302", ("synapse", "semiglobal"): "N0303", ("synapse", "global"): "N0304"}


def unique_names(attributes: Sequence[AttributeInfo], d: Diagnostics) -> None:
    """N0202: every name is defined once, over parameters and variables together."""
    first: dict[str, AttributeInfo] = {}
    for info in attributes:
        before = first.setdefault(info.name, info)
        if before is not info:
            help = "each attribute has one definition; a variable has one equation"
            what = f"'{info.name}' is defined more than once"
            d.error("N0202", what, info.loc, help=help, related=((before.loc, "first defined here"),))


def allowed_names(attributes: Iterable[AttributeInfo], owner: Owner, d: Diagnostics) -> None:
    """N0203: no attribute bears a name that the language needs."""
    reserved = RESERVED | (RESERVED_IN_SYNAPSES if owner == "synapse" else frozenset())
    for info in attributes:
        if info.name in reserved:
            d.error("N0203", f"'{info.name}' is a reserved name", info.loc, help="choose another name")


def function_names(functions: Iterable[ast.FunctionDefinition], shared: bool, d: Diagnostics) -> None:
    """N0213, N0202: user functions have names of their own, each once; so have their arguments."""
    first: dict[str, ast.FunctionDefinition] = {}
    for f in functions:
        name = f.name.name
        if name in KNOWN_FUNCTIONS:
            help = "choose another name"
            d.error("N0213", f"'{name}' is a function of the language", f.name.loc, help=help)
        if name in first:
            help = "a global function is defined once in a network" if shared else "keep one of the definitions"
            d.error("N0202", f"the function '{name}' is defined more than once", f.name.loc, help=help)
        first.setdefault(name, f)
        seen: set[str] = set()
        for argument in f.arguments:
            if argument.name in seen:
                d.error("N0202", f"two arguments are named '{argument.name}'", argument.loc, help="rename one of them")
            seen.add(argument.name)


def function_types(functions: Iterable[ast.FunctionDefinition], known: Iterable[str], d: Diagnostics) -> None:
    """N0114: the types of a function are those of its value and of each argument."""
    words = tuple(known)
    for f in functions:
        if f.types and len(f.types) != len(f.arguments) + 1:
            help = f"give {len(f.arguments) + 1} types: of the value, then of each argument"
            d.error("N0114", f"'{f.name.name}' has {len(f.types)} types", f.loc, help=help)
        for word in f.types:
            if word not in words:
                help = "types are " + ", ".join(f"'{w}'" for w in words)
                d.error("N0114", f"'{word}' is no type", f.loc, help=help)


def dependencies(statement: ast.Statement, scope: Scope, d: Diagnostics) -> None:
    """N0302 to N0304: a shared variable depends on nothing that differs among those who share it."""
    info = scope.attributes.get(statement.variable if isinstance(statement, ast.Ode) else statement.target.name)
    if info is None or info.locality == "local":
        return
    sides = (statement.left, statement.right) if isinstance(statement, ast.Ode) else (statement.value,)
    for expr in (*sides, *(b.value for b in info.bounds)):
        for loc, what in _narrower(expr, info, scope):
            _report_dependency(info, scope.owner, what, loc, d)
    if isinstance(info.init, AttributeRef):
        other = scope.attributes[info.init.name]
        if _WIDTH[other.locality] > _WIDTH[info.locality]:
            _report_dependency(info, scope.owner, f"the {other.locality} '{other.name}'", info.loc, d)


def _report_dependency(info: AttributeInfo, owner: Owner, what: str, loc: Loc, d: Diagnostics) -> None:
    kind = {"global": "global", "semiglobal": "postsynaptic"}[info.locality]
    help = f"make '{info.name}' local, or what it reads {kind}"
    message = f"the {kind} variable '{info.name}' cannot depend on {what}"
    d.error(_DEPENDENCY_CODES[owner, info.locality], message, loc, help=help)


def _narrower(expr: Expr, info: AttributeInfo, scope: Scope) -> Iterator[tuple[Loc, str]]:
    """The places in an expression that differ among those who share the variable."""
    match expr:
        case ast.Name(name=name, loc=loc) if name in scope.attributes:
            other = scope.attributes[name]
            if _WIDTH[other.locality] > _WIDTH[info.locality]:
                yield loc, f"the {other.locality} '{name}'"
        case ast.Name(name="t_last" | "t_pre" as name, loc=loc):
            yield loc, f"'{name}'"
        case ast.Name(name="t_post", loc=loc) if info.locality == "global":
            yield loc, "'t_post'"
        case ast.Attribute(side=side, name=name, loc=loc) if side == "pre" or info.locality == "global":
            yield loc, f"'{side}.{name}'"
        case ast.Call() if is_reduction(expr):
            return
        case ast.Call(name="sum", side=side, loc=loc):
            if side != "post" or info.locality == "global":
                yield loc, "an input sum"
        case _:
            for child in ast.children(expr):
                yield from _narrower(child, info, scope)


def event_targets(
    events: Sequence[EventStatement], scope: Scope, what: str, d: Diagnostics, writes_target: bool = False
) -> None:
    """N0210, N0305: events of single neurons or synapses assign attributes that are theirs."""
    for event in events:
        target = event.assignment.target
        if target.name == "g_target" and writes_target:
            continue
        info = scope.attributes.get(target.name)
        if info is None:
            help = f"define '{target.name}' in 'equations' or 'parameters'"
            if target.name == "g_target":
                help = "the conductance is reached from 'pre_spike' and 'pre_axon_spike' of a synapse"
            d.error("N0210", f"{what} assigns '{target.name}', which is no attribute", target.loc, help=help)
        elif info.locality != "local":
            of = "neuron" if scope.owner == "neuron" else "synapse"
            help = f"make '{info.name}' local: this is executed for one {of} at a time"
            d.error("N0305", f"{what} assigns '{info.name}', which is shared", target.loc, help=help)


def initial_values(attributes: Mapping[str, AttributeInfo], d: Diagnostics) -> None:
    """N0401: initial values do not refer to each other in a circle."""
    graph = {a.name: {a.init.name} if isinstance(a.init, AttributeRef) else set() for a in attributes.values()}
    for circle in circles(graph):
        names = [n for n in attributes if n in circle]
        info = attributes[names[0]]
        what = ", ".join(f"'{n}'" for n in names)
        d.error("N0401", f"circular initial values: {what}", info.loc, help="give one of them a number")
