"""The models of a network, each once, with the formulas that their IR says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from nnc.compiler.description import NetworkDescription, ProjectionDescription
from nnc.compiler.diagnostics import Diagnostics
from nnc.compiler.frontend.build import build_module
from nnc.compiler.frontend.functions import visible_functions
from nnc.compiler.frontend.rules import build_condition
from nnc.compiler.ir import model
from nnc.compiler.ir.types import DType
from nnc.runtime.populations.population import Population
from nnc.runtime.reporting import models
from nnc.runtime.reporting.document import Cell, Text, joined
from nnc.runtime.reporting.values import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnc.compiler.frontend.model import StructuralRule
    from nnc.compiler.ir import Module
    from nnc.runtime.networks.network import Network
    from nnc.runtime.projections.projection import Projection
    from nnc.runtime.reporting.document import Formulas
    from nnc.runtime.reporting.maths import Symbol


@dataclass
class Entry:
    """A model as it is shown, and the populations or projections that use it."""

    title: str
    kind: str
    description: str
    parts: tuple[Formulas, ...]
    plastic: bool
    owners: list[Population | Projection] = field(default_factory=list)


class Catalogue:
    """All models of a network. Models of one name and of one text are one; others of that name are numbered."""

    def __init__(self, network: Network) -> None:
        self.network = network
        module = module_of(network)
        self._functions = [op for op in module.body.ops if isinstance(op, model.Function)]
        self._models = {str(op.sym): op for op in module.body.ops if isinstance(op, model.Neuron | model.Synapse)}
        self.symbols = {name: models.symbols(op) for name, op in self._models.items()}
        self._used: set[str] = set()
        self.neurons = self._neurons()
        self.synapses = self._synapses()

    @property
    def used(self) -> frozenset[str]:
        """The marks of `notation` that formulas have."""
        return frozenset(self._used)

    def symbols_of(self, owner: Population | Projection) -> Mapping[str, Symbol]:
        """The symbols of the attributes of an object."""
        return self.symbols[f"{owner._values.symbol}.model"]

    def gathered(self) -> list[list[Projection]]:
        """Projections between parts of the same populations, with the same targets and synapse, together."""
        groups: dict[tuple[object, ...], list[Projection]] = {}
        for number, entry in enumerate(self.synapses):
            for p in entry.owners:
                assert not isinstance(p, Population)
                whole = p.pre is p.pre_population and p.post is p.post_population
                key = (number, type(p), p.pre_population.id, p.post_population.id, p.targets, p.id if whole else None)
                groups.setdefault(key, []).append(p)
        return sorted(groups.values(), key=lambda group: group[0].id)

    def _neurons(self) -> list[Entry]:
        entries: list[Entry] = []
        for population in self.network.get_populations():
            op = self._models[f"pop{population.id}.model"]
            parts = self._parts(models.equations(op, self._functions))
            kind = "rate-coded neuron" if op.kind == "rate" else "spiking neuron"
            given = population.neuron_type
            _file(entries, Entry(given.name, kind, given.description, parts, plastic=False), population)
        return entries

    def _synapses(self) -> list[Entry]:
        entries: list[Entry] = []
        for projection in self.network.get_projections(suppress_error=True):
            op = cast("model.Synapse", self._models[f"proj{projection.id}.model"])
            pre, post = (self.symbols[f"pop{p.id}.model"] for p in (projection._pre, projection._post))
            drives, rules = projection._post.is_spiking, _rules(projection)
            parts = self._parts(models.equations(op, self._functions, pre, post, rules, drives))
            kind = "rate-coded synapse" if op.kind == "rate" else "spiking synapse"
            weight = projection._model.attribute("w")
            plastic = bool(rules) or (weight is not None and weight.assigned)
            given = projection.synapse_type
            _file(entries, Entry(given.name, kind, given.description, parts, plastic), projection)
        return entries

    def _parts(self, found: models.Equations) -> tuple[Formulas, ...]:
        self._used |= found.used
        return found.parts


def _file(entries: list[Entry], new: Entry, owner: Population | Projection) -> None:
    name = new.title
    alike = [e for e in entries if e.title == name or e.title.startswith(f"{name} (")]
    same = next((e for e in alike if (e.kind, e.parts, e.plastic) == (new.kind, new.parts, new.plastic)), None)
    if same is None:
        new.title = name if not alike else f"{name} ({len(alike) + 1})"
        entries.append(new)
        same = new
    same.owners.append(owner)


def module_of(network: Network) -> Module:
    """The network at level `model`, which needs no synapses: built before and after `compile()` alike."""
    description = NetworkDescription(
        dt=network.dt,
        precision=network.config_.precision,
        populations=tuple(p.describe() for p in network.get_populations()),
        projections=tuple(_described(p) for p in network.get_projections(suppress_error=True)),
        globals=network.globals(),
    )
    diagnostics = Diagnostics()
    module = build_module(description, diagnostics)
    diagnostics.raise_if_errors()
    return module


def _described(projection: Projection) -> ProjectionDescription:
    return ProjectionDescription(
        id=projection.id,
        model=projection._local_model(),
        pre=projection._pre.id,
        post=projection._post.id,
        targets=projection._targets,
    )


def _rules(projection: Projection) -> dict[str, models.Rule]:
    own = projection._model
    given = {"Synapse is created if": own.creating, "Synapse is removed if": own.pruning}
    return {title: _rule(projection, rule) for title, rule in given.items() if rule is not None}


def _rule(projection: Projection, rule: StructuralRule) -> models.Rule:
    network, own = projection.network, projection._model
    globals = network.globals()
    block = build_condition(
        rule,
        DType.f32 if network.config_.precision == "float" else DType.f64,
        own.attributes,
        projection._pre._model.attributes,
        projection._post._model.attributes,
        globals.constants,
        visible_functions(globals, own.functions),
    )
    amounts = [("probability ", rule.proba)]
    if rule is own.creating:
        amounts.append(("weight ", rule.w))
        amounts += [] if rule.d is None else [("delay ", rule.d)]
    cells: list[Cell] = [(Text(what), *shown(value, network)) for what, value in amounts]
    return block, joined(cells)
