"""What objects of a network know of each other: types of attributes, inputs, and checks across projections."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nnc.compiler.description import PopulationDescription
from nnc.compiler.diagnostics import did_you_mean
from nnc.compiler.frontend import syntax as ast
from nnc.compiler.frontend.checks import dependencies
from nnc.compiler.frontend.names import Scope, is_reduction
from nnc.compiler.ir.types import At, DType, value_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nnc.compiler.description import NetworkDescription, ProjectionDescription
    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.frontend.flags import Owner
    from nnc.compiler.frontend.model import AttributeInfo, SynapseModel
    from nnc.compiler.frontend.syntax import Expr
    from nnc.compiler.ir.types import Type

_DTYPES = {"int": DType.i32, "bool": DType.bool}


class Network:
    """A network with the connections between its objects."""

    def __init__(self, description: NetworkDescription) -> None:
        self.populations = {p.id: p for p in description.populations}
        self.projections = description.projections

    def ends(self, projection: ProjectionDescription) -> tuple[PopulationDescription, PopulationDescription]:
        """The pre- and the postsynaptic population."""
        return self.populations[projection.pre], self.populations[projection.post]

    def targets(self, population: PopulationDescription) -> list[str]:
        """The targets that projections bring to a population, each once, in order of creation."""
        return list(dict.fromkeys(t for p in self.projections if p.post == population.id for t in p.targets))

    def inputs(self, population: PopulationDescription) -> list[str]:
        """The targets that a rate-coded population reads, then further ones that projections bring to it."""
        return list(dict.fromkeys((*population.model.targets, *self.targets(population))))


def localities(owner: PopulationDescription | ProjectionDescription) -> dict[str, AttributeInfo]:
    """The attributes of an object by name; parameters that were global only by default and differ now are local."""
    promoted = {
        a.name: replace(a, locality="local")
        for a in owner.model.attributes
        if a.soft and a.locality == "global" and a.name in owner.arrays
    }
    return {a.name: promoted.get(a.name, a) for a in owner.model.attributes}


def attribute_types(owner: PopulationDescription | ProjectionDescription, dtype: DType, each: At) -> dict[str, Type]:
    """Types of the attributes of an object, with the locality of what is stored; `each` is that of what differs."""

    streams = owner.streams if isinstance(owner, PopulationDescription) else frozenset()

    def at(info: AttributeInfo) -> At:
        if info.locality == "semiglobal":
            return At.post
        differs = info.assigned or info.name in owner.arrays or info.name in streams
        return each if info.locality == "local" and differs else At.one

    return {a.name: value_type(attribute_dtype(a, dtype), at(a)) for a in localities(owner).values()}


def attribute_dtype(info: AttributeInfo, dtype: DType) -> DType:
    """The element type of an attribute in a network whose float type is `dtype`."""
    return _DTYPES.get(info.kind, dtype)


def seen_from(types: Mapping[str, Type], side: At) -> dict[str, Type]:
    """Types of a population's attributes as its synapses see them."""
    return {n: t if t.at is At.one else t.with_at(side) for n, t in types.items()}


def check_promotions(owner: PopulationDescription | ProjectionDescription, kind: Owner, d: Diagnostics) -> bool:
    """Whether no shared variable depends on a parameter that was given different values; else it is reported."""
    before = len(d.errors)
    scope = Scope(kind, localities(owner), frozenset(), {})
    for statement in owner.model.statements:
        dependencies(statement, scope, d)
    return len(d.errors) == before


def check_projection(projection: ProjectionDescription, network: Network, d: Diagnostics) -> bool:
    """Whether the synapse fits its two populations; what does not is reported."""
    before = len(d.errors)
    pre, post = network.ends(projection)
    for expr in _expressions(projection.model):
        _check_reads(expr, {"pre": pre, "post": post}, network, d)
    if projection.delay == "each" and projection.model.psp is not None:
        _check_delayed(projection.model.psp, pre, d)
    _check_events(projection, pre, post, d)
    return len(d.errors) == before


def _expressions(synapse: SynapseModel) -> Iterator[Expr]:
    for statement in synapse.statements:
        if isinstance(statement, ast.Ode):
            yield statement.left
            yield statement.right
        else:
            yield statement.value
    for info in synapse.attributes:
        yield from (b.value for b in info.bounds)
    if synapse.psp is not None:
        yield synapse.psp
    for rule in (synapse.creating, synapse.pruning):
        if rule is not None:
            yield rule.condition
    for event in (*synapse.pre_spike, *synapse.post_spike, *synapse.pre_axon_spike):
        yield event.assignment.value
        yield from (b.value for b in event.bounds)


def _check_reads(expr: Expr, ends: Mapping[str, PopulationDescription], network: Network, d: Diagnostics) -> None:
    """N0209, N0308, N0606: what is read of the populations is there."""
    match expr:
        case ast.Attribute(side=side, name=name):
            neuron = ends[side].model
            if neuron.attribute(name) is None:
                names = [a.name for a in neuron.attributes]
                help = did_you_mean(name, names) or "its attributes are " + ", ".join(names)
                what = f"the {side}synaptic population ({neuron.name}) has no attribute '{name}'"
                d.error("N0209", what, expr.loc, help=help)
            return
        case ast.Call() if is_reduction(expr):
            what_is_reduced = expr.arguments[0]
            if isinstance(what_is_reduced, ast.Attribute):
                _check_reduction(expr, what_is_reduced, ends, d)
        case ast.Call(name="sum", side=("pre" | "post") as side, arguments=(ast.Name(name=target),)):
            population = ends[side]
            targets = network.targets(population) if population.model.kind == "rate" else []
            if target not in targets:
                known = ", ".join(f"'{t}'" for t in targets) or "none"
                help = f"the inputs of the {side}synaptic population ({population.model.name}) are: {known}"
                d.error("N0606", f"no projection brings an input '{target}'", expr.loc, help=help)
            return
    for child in ast.children(expr):
        _check_reads(child, ends, network, d)


def _check_reduction(
    call: ast.Call, what: ast.Attribute, ends: Mapping[str, PopulationDescription], d: Diagnostics
) -> None:
    info = ends[what.side].model.attribute(what.name)
    if info is not None and info.locality != "local":
        help = f"'{what.name}' is one value: use '{what.side}.{what.name}'"
        d.error("N0308", f"'{call.name}' needs an attribute that differs between neurons", what.loc, help=help)


def _check_delayed(psp: Expr, pre: PopulationDescription, d: Diagnostics) -> None:
    """N0608: a value shared by all neurons has no delay of its own for every synapse."""
    match psp:
        case ast.Call() if is_reduction(psp):
            return
        case ast.Attribute(side="pre", name=name):
            info = pre.model.attribute(name)
            if info is not None and info.locality != "local" and info.assigned:
                help = "use one delay for all synapses, or make the variable local"
                d.error("N0608", f"'pre.{name}' is one value and cannot have different delays", psp.loc, help=help)
    for child in ast.children(psp):
        _check_delayed(child, pre, d)


def _check_events(
    projection: ProjectionDescription, pre: PopulationDescription, post: PopulationDescription, d: Diagnostics
) -> None:
    """N0605: spikes that statements wait for can happen."""
    synapse = projection.model
    if synapse.kind == "spiking" and pre.model.kind == "rate":
        help = "the presynaptic population is rate-coded and has no spikes"
        d.error("N0605", "this synapse needs presynaptic spikes", synapse.loc, help=help)
    if post.model.kind == "spiking":
        return
    if synapse.post_spike:
        help = "the postsynaptic population is rate-coded and has no spikes"
        d.warning("N0605", "the post_spike statements of this synapse are never executed", synapse.loc, help=help)
    if synapse.uses.t_post:
        help = "the postsynaptic population is rate-coded"
        d.error("N0605", "'t_post' needs postsynaptic spikes", synapse.loc, help=help)
    for statement in synapse.pre_spike:
        if statement.unless_post:
            help = "leave out the flag: the postsynaptic population is rate-coded"
            d.error("N0605", "'unless_post' needs postsynaptic spikes", statement.assignment.loc, help=help)
