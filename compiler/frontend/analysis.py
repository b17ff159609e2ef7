"""What the analyses of neurons and of synapses have in common."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nnc.compiler.diagnostics import Diagnostics
from nnc.compiler.frontend import checks, flags, places
from nnc.compiler.frontend import syntax as ast
from nnc.compiler.frontend.builtins import FUNCTION_TYPES, METHODS
from nnc.compiler.frontend.declare import Declare
from nnc.compiler.frontend.names import Scope, check
from nnc.compiler.frontend.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nnc.compiler.description import Globals, NeuronDescription, SynapseDescription
    from nnc.compiler.frontend.model import AttributeInfo, EventStatement
    from nnc.compiler.frontend.places import Kind, Place

    Description = NeuronDescription | SynapseDescription


def global_functions(globals: Globals, diagnostics: Diagnostics) -> list[ast.FunctionDefinition]:
    """The functions of a network (`add_function`), checked."""
    texts = Texts(diagnostics, {})
    functions = [f for source in globals.functions for f in texts.functions(source)]
    checks.function_names(functions, True, diagnostics)
    checks.function_types(functions, FUNCTION_TYPES, diagnostics)
    _check_bodies(functions, {f.name.name: f for f in functions}, globals, "neuron", {}, diagnostics)
    return functions


def _check_bodies(
    functions: Iterable[ast.FunctionDefinition],
    visible: Mapping[str, ast.FunctionDefinition],
    globals: Globals,
    owner: flags.Owner,
    attributes: Mapping[str, AttributeInfo],
    diagnostics: Diagnostics,
) -> None:
    scope = Scope(owner, attributes, frozenset(globals.constants), visible)
    for f in functions:
        check(f.body, scope, places.FUNCTION, diagnostics, frozenset(a.name for a in f.arguments))


class Analysis:
    """The texts of a model, parsed, and the rules that hold for both kinds."""

    owner: flags.Owner

    def __init__(self, description: Description, globals: Globals) -> None:
        self.description = description
        self.globals = globals
        self.diagnostics = Diagnostics()
        self.texts = Texts(self.diagnostics, description.extra_values)
        self.declare = Declare(self.texts, self.owner, globals.constants, self.diagnostics)
        self.parameters = self.declare.parameters(description.parameters)
        self.entries = self.declare.entries(description.equations, flags.VARIABLE)
        self.functions = self.texts.functions(description.functions)

    def method(self) -> str:
        """The network's method in the IR's words."""
        return METHODS.get(self.globals.method, "explicit")

    def variables(self) -> list[AttributeInfo]:
        """The variables that the equations define."""
        return self.declare.variables(self.entries, [p.name for p in self.parameters], self.method())

    def scope(self, attributes: Sequence[AttributeInfo]) -> Scope:
        """Check the declarations and give the scope of the model."""
        d = self.diagnostics
        checks.unique_names(attributes, d)
        checks.allowed_names(attributes, self.owner, d)
        table = {a.name: a for a in reversed(attributes)}
        table = {a.name: table[a.name] for a in attributes}
        checks.initial_values(table, d)
        shared = global_functions(self.globals, d)
        checks.function_names(self.functions, False, d)
        checks.function_types(self.functions, FUNCTION_TYPES, d)
        visible = {f.name.name: f for f in (*shared, *self.functions)}
        _check_bodies(self.functions, visible, self.globals, self.owner, table, d)
        return Scope(self.owner, table, frozenset(self.globals.constants), visible)

    def check_statements(self, scope: Scope, place: Place) -> None:
        """Names, calls and dependencies of the equations and their bounds."""
        for entry in self.entries:
            statement = entry.statement
            if isinstance(statement, ast.Ode):
                check(statement.left, scope, place, self.diagnostics)
                check(statement.right, scope, place, self.diagnostics)
            else:
                check(statement.value, scope, place, self.diagnostics)
            for bound in entry.flags.bounds:
                check(bound.value, scope, places.bounds(self.owner), self.diagnostics)
            checks.dependencies(statement, scope, self.diagnostics)

    def check_events(self, events: Sequence[EventStatement], scope: Scope, what: str, place: Place) -> None:
        """Names and calls of event statements, and what they assign."""
        writes_target = "g_target" in place.names
        checks.event_targets(events, scope, what, self.diagnostics, writes_target)
        for event in events:
            check(event.assignment.value, scope, place, self.diagnostics)
            for bound in event.bounds:
                check(bound.value, scope, places.bounds(self.owner), self.diagnostics)

    def event_driven(self, kind: Kind) -> None:
        """N0502: only spiking synapses have events that could drive an equation."""
        if self.owner == "synapse" and kind == "spiking":
            return
        for entry in self.entries:
            if entry.flags.method == "event_driven":
                where = "neuron" if self.owner == "neuron" else "rate-coded synapse"
                help = "use the method 'exponential', which updates the variable in every step"
                loc = entry.flags.method_loc if entry.flags.method_loc.known else entry.loc
                self.diagnostics.error("N0502", f"a {where} has no events that drive '{entry.name}'", loc, help=help)

    def statements(self) -> tuple[ast.Statement, ...]:
        """The statements of the equations."""
        return tuple(e.statement for e in self.entries)

    def finish(self) -> None:
        """Raise if there is an error."""
        self.diagnostics.raise_if_errors()


def mark_assigned(attributes: Iterable[AttributeInfo], events: Iterable[EventStatement]) -> tuple[AttributeInfo, ...]:
    """The attributes, those marked that are variables or that events assign."""
    written = {e.assignment.target.name for e in events}
    return tuple(replace(a, assigned=a.role == "variable" or a.name in written) for a in attributes)
