"""From a neuron or synapse as the user gave it to a checked model, with everything implicit added.

All errors of a model are raised together; texts that cannot be parsed are reported first, since what they would have
defined is then missing everywhere. Warnings and notes stay with the model.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

from nnc.compiler.diagnostics import Diagnostics
from nnc.compiler.frontend import checks, flags, places
from nnc.compiler.frontend import syntax as ast
from nnc.compiler.frontend.builtins import FUNCTION_TYPES, METHODS
from nnc.compiler.frontend.declare import Declare
from nnc.compiler.frontend.model import AttributeInfo, EventStatement, NeuronModel, SynapseModel
from nnc.compiler.frontend.names import Scope, check, walk
from nnc.compiler.frontend.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nnc.compiler.description import Globals, NeuronDescription, SynapseDescription
    from nnc.compiler.diagnostics import Loc
    from nnc.compiler.frontend.declare import Entry
    from nnc.compiler.frontend.places import Kind, Place

    Description = NeuronDescription | SynapseDescription
    Events = list[tuple[EventStatement, Entry]]


def analyse_neuron(description: NeuronDescription, globals: Globals) -> NeuronModel:
    """The checked model of a neuron. Raises `DiagnosticError` with all that is wrong."""
    return _Neuron(description, globals).model()


def analyse_synapse(
    description: SynapseDescription, globals: Globals, pre_kind: Literal["rate", "spiking"] | None = None
) -> SynapseModel:
    """The checked model of a synapse whose presynaptic population is of this kind (None: guessed from the model).

    Raises `DiagnosticError` with all that is wrong.
    """
    return _Synapse(description, globals, pre_kind).model()


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


class _Analysis:
    """What neurons and synapses have in common."""

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


def _assigned(attributes: Iterable[AttributeInfo], events: Iterable[EventStatement]) -> tuple[AttributeInfo, ...]:
    """The attributes, those marked that are variables or that events assign."""
    written = {e.assignment.target.name for e in events}
    return tuple(replace(a, assigned=a.role == "variable" or a.name in written) for a in attributes)


class _Neuron(_Analysis):
    owner = "neuron"

    def __init__(self, description: NeuronDescription, globals: Globals) -> None:
        super().__init__(description, globals)
        self.given = description
        self.kind: Kind = "rate" if description.spike is None else "spiking"
        self.spike = self.texts.condition(description.spike)
        self.axon_spike = self.texts.condition(description.axon_spike)
        self.reset = self.declare.events(description.reset, "reset", flags.RESET)
        self.axon_reset = self.declare.events(description.axon_reset, "axon_reset", flags.RESET)
        for condition in (self.spike, self.axon_spike):
            if condition is not None:
                flags.read_flags(condition.flags, flags.CONDITION, self.owner, self.diagnostics)

    def model(self) -> NeuronModel:
        self.finish()
        declared = [*self.parameters, *self.variables()]
        self.check_rate(declared)
        implicit = self.implicit(declared)
        scope = self.scope([*declared, *implicit])
        self.check_statements(scope, places.equations(self.owner, self.kind))
        self.event_driven(self.kind)
        self.check_conditions(scope)
        reset, axon_reset = self.events(scope, "reset", self.reset), self.events(scope, "axon_reset", self.axon_reset)
        self.check_refractory(scope)
        self.finish()
        conductances = [a for a in implicit if a.name.startswith("g_")]
        return NeuronModel(
            name=self.given.name,
            kind=self.kind,
            attributes=_assigned(scope.attributes.values(), (*reset, *axon_reset)),
            statements=(*self.statements(), *(_zero(a) for a in conductances)),
            functions=tuple(self.functions),
            uses=scope.seen.uses(),
            loc=self.given.loc,
            diagnostics=tuple(self.diagnostics),
            targets=self.targets(scope),
            spike=self.spike,
            axon_spike=self.axon_spike,
            reset=reset,
            axon_reset=axon_reset,
            refractory=self.given.refractory or None,
        )

    def check_rate(self, declared: Sequence[AttributeInfo]) -> None:
        """N0206, N0207: `r` is the output of rate-coded neurons and the mean rate of spiking ones."""
        r = next((a for a in declared if a.name == "r"), None)
        if self.kind == "rate" and r is None:
            help = "define its output, for example 'r = pos(v)'"
            self.diagnostics.error("N0206", "a rate-coded neuron must define 'r'", self.given.loc, help=help)
        if self.kind == "spiking" and r is not None:
            help = "use another name; 'r' is the mean firing rate, see compute_firing_rate()"
            self.diagnostics.error("N0207", "a spiking neuron has its own 'r'", r.loc, help=help)

    def implicit(self, declared: Sequence[AttributeInfo]) -> list[AttributeInfo]:
        """`r`, and `g_x` for every conductance that is read but not defined."""
        if self.kind == "rate":
            return []
        table = {a.name: a for a in declared}
        found: dict[str, Loc] = {}
        for name in self.read():
            if name.name in table or not name.name.startswith("g_") or name.name in ("g_", "g_target"):
                continue
            found.setdefault(name.name, name.loc)
        for a in declared:
            if a.role == "parameter" and a.name.startswith("g_"):
                help = "conductances of spiking neurons are named so; another name would say that this is none"
                self.diagnostics.note("N0610", f"the parameter '{a.name}' is not a target", a.loc, help=help)
        r = [] if "r" in table else [AttributeInfo("r", "variable", loc=self.given.loc, implicit=True)]
        return r + [AttributeInfo(n, "variable", loc=loc, implicit=True) for n, loc in found.items()]

    def read(self) -> list[ast.Name]:
        """All names that the equations read."""
        out: list[ast.Name] = []
        for entry in self.entries:
            statement = entry.statement
            sides = (statement.left, statement.right) if isinstance(statement, ast.Ode) else (statement.value,)
            out += [e for side in sides for e in walk(side) if isinstance(e, ast.Name)]
        return out

    def targets(self, scope: Scope) -> tuple[str, ...]:
        """What the neuron reads: conductances, or the targets of sums."""
        if self.kind == "rate":
            return tuple(scope.seen.targets)
        attributes = scope.attributes
        used = [n.name for n in self.read()] + [a.name for a in attributes.values() if a.role == "variable"]
        conductances = [n for n in dict.fromkeys(used) if n.startswith("g_") and n != "g_"]
        return tuple(n[2:] for n in conductances if n in attributes and attributes[n].role == "variable")

    def check_conditions(self, scope: Scope) -> None:
        for condition, what in ((self.spike, "the spike condition"), (self.axon_spike, "the axonal condition")):
            if condition is not None:
                check(condition.value, scope, places.condition(what), self.diagnostics)

    def events(self, scope: Scope, what: str, events: Events) -> tuple[EventStatement, ...]:
        found = tuple(e for e, _ in events)
        self.check_events(found, scope, what, places.reset(what))
        return found

    def check_refractory(self, scope: Scope) -> None:
        name = self.given.refractory
        if isinstance(name, str) and name not in scope.attributes:
            help = "give a number of ms, or the name of a parameter or variable of the neuron"
            what = f"the refractory period names no attribute: '{name}'"
            self.diagnostics.error("N0211", what, self.given.loc, help=help)


def _zero(conductance: AttributeInfo) -> ast.Assignment:
    name = ast.Name(conductance.name, conductance.loc)
    return ast.Assignment(name, "=", ast.Number(0.0, False, conductance.loc), (), conductance.loc)


class _Synapse(_Analysis):
    owner = "synapse"

    def __init__(self, description: SynapseDescription, globals: Globals, pre_kind: Kind | None) -> None:
        super().__init__(description, globals)
        self.given = description
        self.psp = self.texts.expression(description.psp)
        self.pre_spike = self.declare.events(description.pre_spike, "pre_spike", flags.EVENT)
        self.post_spike = self.declare.events(description.post_spike, "post_spike", flags.EVENT)
        self.axon = self.declare.events(description.pre_axon_spike, "pre_axon_spike", flags.EVENT)
        eventful = bool(self.pre_spike or self.post_spike or self.axon)
        driven = any(e.flags.method == "event_driven" for e in self.entries)
        self.kind: Kind = pre_kind or ("spiking" if eventful or driven else "rate")

    def model(self) -> SynapseModel:
        self.check_api()
        self.finish()
        declared = self.declared()
        scope = self.scope(declared)
        self.check_statements(scope, places.equations(self.owner, self.kind))
        self.event_driven(self.kind)
        psp = self.checked_psp(scope)
        pre_spike, post_spike, axon = self.checked_events(scope, psp)
        self.finish()
        return SynapseModel(
            name=self.given.name,
            kind=self.kind,
            attributes=_assigned(declared, (*pre_spike, *post_spike, *axon)),
            statements=self.statements(),
            functions=tuple(self.functions),
            uses=scope.seen.uses(),
            loc=self.given.loc,
            diagnostics=tuple(self.diagnostics),
            psp=psp,
            operation=cast("Literal['sum', 'max', 'min', 'mean']", self.given.operation),
            pre_spike=pre_spike,
            post_spike=post_spike,
            pre_axon_spike=axon,
        )

    def check_api(self) -> None:
        """N0601 to N0605: what the arguments of `Synapse` demand together."""
        d, given = self.diagnostics, self.given
        for rule in (given.creating, given.pruning):
            if rule is not None:
                help = "create and remove synapses from Python between calls of simulate()"
                d.error("N0601", "structural plasticity by equations is not supported yet", given.loc, help=help)
        if given.operation not in ("sum", "max", "min", "mean"):
            help = "operations are 'sum', 'max', 'min' and 'mean'"
            d.error("N0602", f"unknown operation '{given.operation}'", given.loc, help=help)
        elif given.operation != "sum" and self.kind == "spiking":
            help = "operations other than the sum reduce the psp of rate-coded synapses"
            d.error("N0603", "spiking synapses can only sum", given.loc, help=help)
        if self.axon and self.post_spike:
            help = "use two projections"
            d.error("N0604", "pre_axon_spike and post_spike exclude each other", given.loc, help=help)
        if self.kind == "rate" and (self.pre_spike or self.post_spike or self.axon):
            help = "the presynaptic population is rate-coded and has no spikes"
            d.warning("N0605", "the event statements of this synapse are never executed", given.loc, help=help)

    def declared(self) -> list[AttributeInfo]:
        """Parameters with `w`, variables, and those that only events define."""
        variables = self.variables()
        known = {a.name for a in (*self.parameters, *variables)}
        parameters = list(self.parameters)
        if "w" not in known:
            parameters.append(AttributeInfo("w", "parameter", loc=self.given.loc, implicit=True))
            known.add("w")
        names = {*known, *(e.name for e in self.event_entries())}
        for entry in self.event_entries():
            if entry.name == "g_target":
                continue
            if entry.name in known:
                self.ignored_init(entry)
                continue
            known.add(entry.name)
            info = self.declare.variable(entry, names, self.method())
            variables.append(replace(info, bounds=()))
        return [*parameters, *variables]

    def event_entries(self) -> list[Entry]:
        return [entry for _, entry in (*self.pre_spike, *self.post_spike, *self.axon)]

    def ignored_init(self, entry: Entry) -> None:
        if entry.init is not None:
            help = f"'{entry.name}' is defined elsewhere: give it there"
            self.diagnostics.warning("N0613", "this initial value is not used", entry.statement.loc, help=help)

    def checked_psp(self, scope: Scope) -> ast.Expr | None:
        """The psp, or the default one of rate-coded synapses."""
        if self.psp is not None:
            check(self.psp, scope, places.psp(self.kind), self.diagnostics)
            return self.psp
        if self.kind == "spiking":
            return None
        scope.seen.sides.add(("pre", "r"))
        loc = self.given.loc
        return ast.Binary("*", ast.Name("w", loc), ast.Attribute("pre", "r", loc), loc)

    def checked_events(self, scope: Scope, psp: ast.Expr | None) -> tuple[tuple[EventStatement, ...], ...]:
        """Statements on pre, post and axonal events, in the order of execution."""
        out: list[tuple[EventStatement, ...]] = []
        for what, events in (
            ("pre_spike", self.pre_spike),
            ("post_spike", self.post_spike),
            ("pre_axon_spike", self.axon),
        ):
            found = [e for e, _ in events]
            self.check_events(found, scope, what, places.event(what))
            self.warn_conductance_names(found)
            out.append(tuple(self.target_first(found)))
        if self.kind == "rate":
            return (), (), ()
        if psp is None and not any(e.assignment.target.name == "g_target" for e in out[0]):
            out[0] = (self.transmit_weight(), *out[0])
        return tuple(out)

    def transmit_weight(self) -> EventStatement:
        """`g_target += w`, which a synapse without any transmission of its own is given."""
        loc = self.given.loc
        if self.given.pre_spike:
            help = "write 'g_target += 0' for a synapse that transmits nothing"
            self.diagnostics.note("N0612", "'g_target += w' is added to pre_spike", loc, help=help)
        return EventStatement(ast.Assignment(ast.Name("g_target", loc), "+=", ast.Name("w", loc), (), loc))

    def target_first(self, events: Sequence[EventStatement]) -> list[EventStatement]:
        """Transmission first, with the values from before the event; a warning where the text says otherwise."""
        changed: dict[str, Loc] = {}
        for event in events:
            statement = event.assignment
            if statement.target.name != "g_target":
                changed.setdefault(statement.target.name, statement.loc)
                continue
            for expr in walk(statement.value):
                if isinstance(expr, ast.Name) and expr.name in changed:
                    help = f"write 'g_target' first; a change of '{expr.name}' acts from the next spike on"
                    what = f"'g_target' is transmitted with the value of '{expr.name}' before this event"
                    self.diagnostics.warning("N0611", what, expr.loc, help=help)
        return sorted(events, key=lambda e: e.assignment.target.name != "g_target")

    def warn_conductance_names(self, events: Sequence[EventStatement]) -> None:
        for event in events:
            target = event.assignment.target
            if target.name.startswith("g_") and target.name != "g_target":
                what = f"'{target.name}' is a variable of the synapse, not the conductance of the post neuron"
                self.diagnostics.warning("N0610", what, target.loc, help="write 'g_target'")
