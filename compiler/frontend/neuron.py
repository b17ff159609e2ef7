"""The analysis of neurons: outputs, conductances, spikes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.frontend import flags, places
from nnc.compiler.frontend import syntax as ast
from nnc.compiler.frontend.analysis import Analysis, mark_assigned
from nnc.compiler.frontend.model import AttributeInfo, NeuronModel
from nnc.compiler.frontend.names import check, walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.description import Globals, NeuronDescription
    from nnc.compiler.diagnostics import Loc
    from nnc.compiler.frontend.declare import Entry
    from nnc.compiler.frontend.model import EventStatement
    from nnc.compiler.frontend.names import Scope
    from nnc.compiler.frontend.places import Kind

    Events = list[tuple[EventStatement, Entry]]


class NeuronAnalysis(Analysis):
    """One neuron, from its description to its model."""

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
        """The checked model; raises `DiagnosticError`."""
        self.finish()
        declared = [*self.parameters, *self.variables()]
        self.check_rate(declared)
        implicit = self.implicit(declared)
        scope = self.scope([*declared, *implicit])
        self.check_statements(scope, places.equations(self.owner, self.kind))
        self.event_driven(self.kind)
        self._check_conditions(scope)
        reset, axon_reset = self._events(scope, "reset", self.reset), self._events(scope, "axon_reset", self.axon_reset)
        self._check_refractory(scope)
        self.finish()
        conductances = [a for a in implicit if a.name.startswith("g_")]
        return NeuronModel(
            name=self.given.name,
            kind=self.kind,
            attributes=mark_assigned(scope.attributes.values(), (*reset, *axon_reset)),
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
        after = self.reset or self.axon_reset or self.given.axon_spike or self.given.refractory
        if self.kind == "rate" and after:
            help = "add the condition, for example spike='v > 30.0'; a rate-coded neuron has no reset"
            self.diagnostics.error("N0214", "the spike condition is missing", self.given.loc, help=help)
        elif self.kind == "rate" and r is None:
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

    def _check_conditions(self, scope: Scope) -> None:
        for condition, what in ((self.spike, "the spike condition"), (self.axon_spike, "the axonal condition")):
            if condition is not None:
                check(condition.value, scope, places.condition(what), self.diagnostics)

    def _events(self, scope: Scope, what: str, events: Events) -> tuple[EventStatement, ...]:
        found = tuple(e for e, _ in events)
        self.check_events(found, scope, what, places.reset(what))
        return found

    def _check_refractory(self, scope: Scope) -> None:
        name = self.given.refractory
        if isinstance(name, str) and name not in scope.attributes:
            help = "give a number of ms, or the name of a parameter or variable of the neuron"
            what = f"the refractory period names no attribute: '{name}'"
            self.diagnostics.error("N0211", what, self.given.loc, help=help)


def _zero(conductance: AttributeInfo) -> ast.Assignment:
    name = ast.Name(conductance.name, conductance.loc)
    return ast.Assignment(name, "=", ast.Number(0.0, False, conductance.loc), (), conductance.loc)
