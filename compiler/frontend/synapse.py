"""The analysis of synapses: transmission, events, weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

from nnc.compiler.frontend import flags, places
from nnc.compiler.frontend import syntax as ast
from nnc.compiler.frontend.analysis import Analysis, mark_assigned
from nnc.compiler.frontend.model import AttributeInfo, EventStatement, SynapseModel
from nnc.compiler.frontend.names import check, walk
from nnc.compiler.frontend.rules import check_rule, read_rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.description import Globals, SynapseDescription
    from nnc.compiler.diagnostics import Loc
    from nnc.compiler.frontend.declare import Entry
    from nnc.compiler.frontend.names import Scope
    from nnc.compiler.frontend.places import Kind


class SynapseAnalysis(Analysis):
    """One synapse, from its description to its model."""

    owner = "synapse"

    def __init__(self, description: SynapseDescription, globals: Globals, pre_kind: Kind | None) -> None:
        super().__init__(description, globals)
        self.given = description
        self.psp = self.texts.expression(description.psp)
        self.pre_spike = self.declare.events(description.pre_spike, "pre_spike", flags.EVENT)
        self.post_spike = self.declare.events(description.post_spike, "post_spike", flags.EVENT)
        self.axon = self.declare.events(description.pre_axon_spike, "pre_axon_spike", flags.EVENT)
        self.creating = read_rule(description.creating, "creating", self.texts, globals.constants)
        self.pruning = read_rule(description.pruning, "pruning", self.texts, globals.constants)
        eventful = bool(self.pre_spike or self.post_spike or self.axon)
        driven = any(e.flags.method == "event_driven" for e in self.entries)
        self.kind: Kind = pre_kind or ("spiking" if eventful or driven else "rate")

    def model(self) -> SynapseModel:
        """The checked model; raises `DiagnosticError`."""
        self.check_api()
        self.finish()
        declared = self.declared()
        scope = self.scope(declared)
        self.check_statements(scope, places.equations(self.owner, self.kind))
        self.event_driven(self.kind)
        psp = self.checked_psp(scope)
        pre_spike, post_spike, axon = self.checked_events(scope, psp)
        check_rule(self.creating, "creating", scope, self.diagnostics)
        check_rule(self.pruning, "pruning", scope, self.diagnostics)
        self.finish()
        return SynapseModel(
            name=self.given.name,
            kind=self.kind,
            attributes=mark_assigned(declared, (*pre_spike, *post_spike, *axon)),
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
            creating=self.creating,
            pruning=self.pruning,
        )

    def check_api(self) -> None:
        """N0602 to N0605: what the arguments of `Synapse` demand together."""
        d, given = self.diagnostics, self.given
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
        names = {*known, *(e.name for e in self._event_entries())}
        for entry in self._event_entries():
            if entry.name == "g_target":
                continue
            if entry.name in known:
                self._ignored_init(entry)
                continue
            known.add(entry.name)
            info = self.declare.variable(entry, names, self.method())
            variables.append(replace(info, bounds=()))
        return [*parameters, *variables]

    def _event_entries(self) -> list[Entry]:
        return [entry for _, entry in (*self.pre_spike, *self.post_spike, *self.axon)]

    def _ignored_init(self, entry: Entry) -> None:
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
            self._warn_conductance_names(found)
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

    def _warn_conductance_names(self, events: Sequence[EventStatement]) -> None:
        for event in events:
            target = event.assignment.target
            if target.name.startswith("g_") and target.name != "g_target":
                what = f"'{target.name}' is a variable of the synapse, not the conductance of the post neuron"
                self.diagnostics.warning("N0610", what, target.loc, help="write 'g_target'")
