"""What the names of an expression mean at its place; unknown and misplaced ones are reported."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nnc.compiler.diagnostics import did_you_mean
from nnc.compiler.frontend import syntax as ast
from nnc.compiler.frontend.builtins import DISTRIBUTIONS, FUNCTIONS, KNOWN_FUNCTIONS, REDUCTIONS
from nnc.compiler.frontend.model import Uses
from nnc.compiler.frontend.places import PREDEFINED
from nnc.compiler.frontend.values import arrange, number, signature

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.frontend.flags import Owner
    from nnc.compiler.frontend.model import AttributeInfo
    from nnc.compiler.frontend.places import Place
    from nnc.compiler.frontend.syntax import Expr


@dataclass
class Seen:
    """Collects what a model reads, for `Uses`."""

    sides: set[tuple[str, str]] = field(default_factory=set)
    sums: set[tuple[str, str]] = field(default_factory=set)
    reductions: set[tuple[str, str, str]] = field(default_factory=set)
    times: set[str] = field(default_factory=set)
    targets: list[str] = field(default_factory=list)
    all_targets: bool = False
    random: bool = False

    def uses(self) -> Uses:
        """The collected facts, sorted."""

        def of(pairs: set[tuple[str, str]], side: str) -> tuple[str, ...]:
            return tuple(sorted(n for s, n in pairs if s == side))

        return Uses(
            pre=of(self.sides, "pre"),
            post=of(self.sides, "post"),
            pre_sums=of(self.sums, "pre"),
            post_sums=of(self.sums, "post"),
            reductions=tuple(sorted(self.reductions)),
            t_last="t_last" in self.times,
            t_pre="t_pre" in self.times,
            t_post="t_post" in self.times,
            all_targets=self.all_targets,
            random=self.random,
        )


@dataclass(frozen=True)
class Scope:
    """The names of a model: its attributes, the constants of the network, and the user functions it may call."""

    owner: Owner
    attributes: Mapping[str, AttributeInfo]
    constants: frozenset[str]
    functions: Mapping[str, ast.FunctionDefinition]
    seen: Seen = field(default_factory=Seen)


def walk(expr: Expr) -> Iterator[Expr]:
    """An expression and all in it."""
    yield expr
    for child in ast.children(expr):
        yield from walk(child)


def is_reduction(call: ast.Call) -> bool:
    """Whether a call reduces over a population: `max(r)` does, `max(a, b)` does not."""
    if call.side is not None or call.name not in REDUCTIONS:
        return False
    return call.name not in ("max", "min") or len(call.arguments) == 1


def check(expr: Expr, scope: Scope, place: Place, d: Diagnostics, arguments: frozenset[str] = frozenset()) -> None:
    """Report every name, call and reading of `expr` that does not fit; remember in `scope.seen` what is read."""
    _Check(scope, place, d, arguments).visit(expr)


class _Check:
    def __init__(self, scope: Scope, place: Place, d: Diagnostics, arguments: frozenset[str]) -> None:
        self.scope = scope
        self.place = place
        self.d = d
        self.arguments = arguments

    def visit(self, expr: Expr) -> None:
        match expr:
            case ast.Name():
                self.name(expr)
            case ast.Attribute():
                self.attribute(expr)
            case ast.Call():
                self.call(expr)
            case ast.Binary(operator="/", left=ast.Number(integer=True), right=ast.Number(integer=True)):
                self.quotient(expr)
            case _:
                for child in ast.children(expr):
                    self.visit(child)

    def quotient(self, expr: ast.Binary) -> None:
        value = number(expr)
        if isinstance(value, float) and not value.is_integer():
            help = "write the numbers with a point to silence this"
            self.d.note("N0314", f"'{expr.loc.text}' is a real quotient: {value:g}", expr.loc, help=help)

    # -- names

    def name(self, expr: ast.Name) -> None:
        name = expr.name
        if name in self.arguments or (self.place.attributes and name in self.scope.attributes):
            return
        if name in self.scope.constants or name in self.place.names:
            if name not in self.scope.constants:
                self.scope.seen.times.add(name)
            return
        if name in PREDEFINED:
            help = PREDEFINED[name]
            self.d.error("N0208", f"'{name}' is not available in {self.place.what}", expr.loc, help=help)
            return
        if self.scope.owner == "neuron" and self.place.attributes and name.startswith("g_"):
            help = f"use it in an equation, or define it there: 'tau*d{name}/dt = -{name}'"
            self.d.error("N0212", f"no equation uses the conductance '{name}'", expr.loc, help=help)
            return
        self.d.error("N0201", f"unknown name '{name}'", expr.loc, help=self.advice(name))

    def advice(self, name: str) -> str:
        known = self.known()
        if not self.place.attributes and name in self.scope.attributes:
            return "a function sees its arguments and the constants only: hand the attribute over as an argument"
        if name[:1] == "d" and name[1:] in known:
            return f"a derivative stands on the left side of its equation only; here 'd{name[1:]}' would be a name"
        if name in KNOWN_FUNCTIONS or name in self.scope.functions:
            return f"'{name}' is a function: call it with parentheses"
        if name == "w" and self.scope.owner == "neuron":
            return "weights belong to synapses"
        return did_you_mean(name, known) or "declare it as a parameter, or define it by an equation"

    def known(self) -> list[str]:
        own = list(self.scope.attributes) if self.place.attributes else []
        return [*self.arguments, *own, *sorted(self.scope.constants), *sorted(self.place.names)]

    def attribute(self, expr: ast.Attribute) -> None:
        if self.place.sides:
            self.scope.seen.sides.add((expr.side, expr.name))
            return
        what = f"'{expr.side}.{expr.name}' is not available in {self.place.what}"
        help = "a neuron sees its synapses by sum(target) or g_target" if self.scope.owner == "neuron" else None
        self.d.error("N0208", what, expr.loc, help=help or "'pre.' and 'post.' belong to equations, psp and events")

    # -- calls

    def call(self, call: ast.Call) -> None:
        if call.name == "sum":
            self.sum(call)
        elif call.side is not None:
            help = f"'{call.side}.' stands in front of an attribute, or of sum(target)"
            self.d.error("N0204", f"'{call.side}.{call.name}' is no function", call.name_loc, help=help)
        elif is_reduction(call):
            self.reduction(call)
        elif call.name in DISTRIBUTIONS:
            self.draw(call)
        else:
            self.function(call)

    def function(self, call: ast.Call) -> None:
        for child in ast.children(call):
            self.visit(child)
        name, count = call.name, len(call.arguments)
        user = self.scope.functions.get(name)
        if user is not None:
            takes, arity = len(user.arguments) == count, f"{len(user.arguments)} argument(s)"
        elif name in FUNCTIONS:
            takes, arity = FUNCTIONS[name].takes(count), FUNCTIONS[name].arity
        elif name == "ite":
            takes, arity = False, "3 arguments: condition, value if true, value if false"
        else:
            self.d.error("N0204", f"unknown function '{name}'", call.name_loc, help=self.function_advice(name))
            return
        if call.keywords:
            self.d.error("N0205", f"'{name}' takes no keywords", call.loc, help=f"'{name}' takes {arity}, by position")
        elif not takes:
            help = f"'{name}' takes {arity}"
            self.d.error("N0205", f"'{name}' is called with {count} argument(s)", call.loc, help=help)

    def function_advice(self, name: str) -> str:
        if name in self.scope.attributes or name in self.arguments or name in self.scope.constants:
            return f"'{name}' is a number: write '{name} * (...)' to multiply"
        known = (*sorted(KNOWN_FUNCTIONS), *self.scope.functions)
        return did_you_mean(name, known) or "define it in 'functions' or by add_function"

    def sum(self, call: ast.Call) -> None:
        if not self.place.inputs:
            self.misplaced_sum(call)
            return
        if call.side is not None and not self.place.sides:
            help = "a neuron reads its own input: 'sum(exc)'"
            self.d.error("N0208", f"'{call.side}.sum' is not available in {self.place.what}", call.loc, help=help)
            return
        if self.scope.owner == "synapse" and call.side is None:
            help = "write 'pre.sum(target)' or 'post.sum(target)'"
            self.d.error("N0311", "a synapse has no input of its own", call.loc, help=help)
            return
        target = call.arguments[0] if len(call.arguments) == 1 and not call.keywords else None
        if isinstance(target, ast.Name):
            if call.side is None:
                self.target(target.name)
            else:
                self.scope.seen.sums.add((call.side, target.name))
        elif call.side is None and not call.arguments and not call.keywords:
            self.scope.seen.all_targets = True
        else:
            help = f"write '{call.side + '.' if call.side else ''}sum(exc)' with the name of a target, unquoted"
            self.d.error("N0607", "an input sum takes the name of one target", call.loc, help=help)

    def misplaced_sum(self, call: ast.Call) -> None:
        if self.scope.owner == "neuron" and self.place.what.startswith("the equations"):
            help = "a spiking neuron reads its input as a conductance, 'g_exc' for the target 'exc'"
        else:
            help = "read it in an equation, and use that variable here"
        self.d.error("N0311", f"an input sum is not available in {self.place.what}", call.loc, help=help)

    def target(self, name: str) -> None:
        if name not in self.scope.seen.targets:
            self.scope.seen.targets.append(name)

    def reduction(self, call: ast.Call) -> None:
        kind = call.name
        if not self.place.reductions:
            help = "read it in an equation, and use that variable here"
            self.d.error(
                "N0309", f"'{kind}' over a population is not available in {self.place.what}", call.loc, help=help
            )
            return
        what = call.arguments[0] if len(call.arguments) == 1 and not call.keywords else None
        if self.scope.owner == "neuron" and isinstance(what, ast.Name):
            self.reduce_own(kind, what)
        elif self.scope.owner == "synapse" and isinstance(what, ast.Attribute):
            self.scope.seen.reductions.add((what.side, kind, what.name))
        else:
            example = f"{kind}(r)" if self.scope.owner == "neuron" else f"{kind}(pre.r)"
            help = f"write '{example}': one attribute, no computation; a variable can hold what is to be reduced"
            self.d.error("N0308", f"'{kind}' takes one attribute of a population", call.loc, help=help)

    def reduce_own(self, kind: str, what: ast.Name) -> None:
        info = self.scope.attributes.get(what.name)
        if info is None or info.locality != "local":
            local = [n for n, a in self.scope.attributes.items() if a.locality == "local"]
            help = did_you_mean(what.name, local) or "reductions are over attributes that differ between neurons"
            self.d.error("N0308", f"there is no local attribute '{what.name}'", what.loc, help=help)
            return
        self.scope.seen.reductions.add(("self", kind, what.name))

    def draw(self, call: ast.Call) -> None:
        if not self.place.draws:
            help = "draw it in an equation, and use that variable here"
            self.d.error("N0310", f"random numbers are not available in {self.place.what}", call.loc, help=help)
            return
        self.scope.seen.random = True
        parameters = arrange(call, self.d)
        inner = _Check(self.scope, replace(self.place, draws=False, inputs=False), self.d, self.arguments)
        for child in ast.children(call):
            inner.visit(child)
        values = [number(p) for p in parameters or ()]
        if values and all(v is not None for v in values):
            wrong = DISTRIBUTIONS[call.name].valid([float(v or 0.0) for v in values])
            if wrong is not None:
                help = signature(call.name)
                self.d.error("N0312", f"impossible parameters of {call.name}: {wrong}", call.loc, help=help)
