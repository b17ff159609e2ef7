"""From a network to its IR: populations, projections, and each one's model written out with its own localities."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from nnc.compiler.description import PopulationDescription
from nnc.compiler.frontend.analysis import global_functions
from nnc.compiler.frontend.bodies import Bodies
from nnc.compiler.frontend.links import (
    Network,
    attribute_types,
    check_projection,
    check_promotions,
    localities,
    seen_from,
)
from nnc.compiler.frontend.lower_expr import Meaning, constant_symbol
from nnc.compiler.ir import model, procedural, stencil
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.define import create
from nnc.compiler.ir.names import attribute_symbol
from nnc.compiler.ir.types import At, DType, value_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnc.compiler.description import NetworkDescription, ProjectionDescription
    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.frontend import syntax as ast
    from nnc.compiler.frontend.model import Model
    from nnc.compiler.ir.core import Block
    from nnc.compiler.ir.types import Type

REFRACTORY = "refractory"
"""The parameter that holds the refractory period where it is no attribute of the model."""


def build_module(description: NetworkDescription, diagnostics: Diagnostics) -> model.Module:
    """The network at level `model`. What does not fit between its objects is reported; then the module is partial."""
    return _Build(description, diagnostics).module()


class _Build:
    def __init__(self, description: NetworkDescription, diagnostics: Diagnostics) -> None:
        self.description = description
        self.diagnostics = diagnostics
        self.network = Network(description)
        self.dtype = DType.f32 if description.precision == "float" else DType.f64
        self.functions = {f.name.name: f for f in global_functions(description.globals, diagnostics)}
        self.constants = frozenset(description.globals.constants)

    def module(self) -> model.Module:
        """Models first, then what is made of them, so that the text reads from the part to the whole."""
        module = create(model.Module, sym=Symbol("net"), dt=float(self.description.dt))
        if self.diagnostics.errors:
            return module
        body = module.body
        self.shared(body)
        for population in self.description.populations:
            if check_promotions(population, "neuron", self.diagnostics):
                self.neuron(body, population)
        for projection in self.description.projections:
            fits = check_projection(projection, self.network, self.diagnostics)
            if fits and check_promotions(projection, "synapse", self.diagnostics):
                self.synapse(body, projection)
        for population in self.description.populations:
            self.population(body, population)
        for projection in self.description.projections:
            self.projection(body, projection)
        _drop_unused_constants(module)
        return module

    def shared(self, body: Block) -> None:
        """Constants and global functions."""
        builder = Builder(body)
        for name in self.description.globals.constants:
            builder.op(model.Constant, sym=constant_symbol(name), type=value_type(self.dtype))
        meaning = Meaning(self.dtype, At.one, {}, constants=self.constants, functions=self.functions)
        Bodies(builder, meaning).functions(self.functions.values())

    # -- models

    def neuron(self, body: Block, population: PopulationDescription) -> None:
        """`model.neuron` of a population."""
        neuron = population.model
        op = create(model.Neuron, sym=_model_symbol(population.symbol), kind=neuron.kind, loc=neuron.loc)
        body.append(op)
        builder = Builder(op.body, loc=neuron.loc)
        types = attribute_types(population, self.dtype, At.neuron)
        self.declare(builder, population, types)
        number = isinstance(neuron.refractory, float) or (neuron.refractory is None and population.refractory)
        if neuron.kind == "spiking" and number:
            at = At.neuron if REFRACTORY in population.arrays else At.one
            types = {**types, REFRACTORY: value_type(self.dtype, at)}
            builder.op(model.Param, sym=Symbol(REFRACTORY), type=types[REFRACTORY], locality="local")
        if neuron.kind == "rate":
            for target in self.network.inputs(population):
                type = value_type(self.dtype, At.neuron)
                builder.op(model.Input, sym=Symbol(f"sum_{target}"), target=target, type=type)
        bodies = self.bodies(builder, neuron, types, At.neuron)
        bodies.functions(neuron.functions)
        bodies.statements(neuron)
        if neuron.spike is not None:
            bodies.condition(model.Spike, neuron.spike)
            bodies.events(model.Reset, neuron.reset, neuron)
        if neuron.axon_spike is not None:
            bodies.condition(model.AxonSpike, neuron.axon_spike)
            bodies.events(model.AxonReset, neuron.axon_reset, neuron)
        if neuron.kind == "spiking" and (number or neuron.refractory is not None):
            bodies.refractory(REFRACTORY if number else str(neuron.refractory))
        if population.stop is not None:
            bodies.stop(population.stop)

    def synapse(self, body: Block, projection: ProjectionDescription) -> None:
        """`model.synapse` of a projection."""
        synapse = projection.model
        operation = None if synapse.operation == "sum" else synapse.operation
        symbol = _model_symbol(projection.symbol)
        op = create(model.Synapse, sym=symbol, kind=synapse.kind, operation=operation, loc=synapse.loc)
        body.append(op)
        builder = Builder(op.body, loc=synapse.loc)
        types = attribute_types(projection, self.dtype, At.syn)
        self.declare(builder, projection, types)
        pre, post = self.network.ends(projection)
        bodies = self.bodies(
            builder,
            synapse,
            types,
            At.syn,
            pre=seen_from(attribute_types(pre, self.dtype, At.neuron), At.pre),
            post=seen_from(attribute_types(post, self.dtype, At.neuron), At.post),
        )
        bodies.functions(synapse.functions)
        bodies.statements(synapse)
        if synapse.psp is not None:
            bodies.psp(synapse.psp)
        bodies.events(model.OnPre, synapse.pre_spike, synapse)
        if post.model.kind == "spiking":
            bodies.events(model.OnPost, synapse.post_spike, synapse)
        bodies.events(model.OnAxon, synapse.pre_axon_spike, synapse)

    def declare(
        self, builder: Builder, owner: PopulationDescription | ProjectionDescription, types: Mapping[str, Type]
    ) -> None:
        """`model.param`, `model.stream` and `model.state` of every attribute, in order."""
        streams = owner.streams if isinstance(owner, PopulationDescription) else frozenset()
        for info in localities(owner).values():
            with builder.from_(info.loc):
                if info.name in streams:
                    builder.op(model.Stream, sym=attribute_symbol(info.name), type=types[info.name])
                    continue
                op = model.State if info.assigned else model.Param
                builder.op(op, sym=attribute_symbol(info.name), type=types[info.name], locality=info.locality)

    def bodies(
        self,
        builder: Builder,
        owner: Model,
        types: Mapping[str, Type],
        at: At,
        pre: Mapping[str, Type] | None = None,
        post: Mapping[str, Type] | None = None,
    ) -> Bodies:
        """What writes the statements of a model, with its own numbering of random draws."""
        functions: dict[str, ast.FunctionDefinition] = {**self.functions, **{f.name.name: f for f in owner.functions}}
        meaning = Meaning(
            self.dtype,
            at,
            types,
            pre or {},
            post or {},
            self.constants,
            functions,
            count(),
            strict=self.description.globals.strict,
            exact_time=self.description.globals.exact_time,
        )
        return Bodies(builder, meaning)

    # -- objects

    def population(self, body: Block, population: PopulationDescription) -> None:
        """`model.population`."""
        Builder(body, loc=population.model.loc).op(
            model.Population,
            sym=Symbol(population.symbol),
            neuron=_model_symbol(population.symbol),
            targets=tuple(self.network.targets(population)),
            rate_window=population.rate_window or None,
            windows=population.windows or None,
            can_disable=population.can_disable or None,
        )

    def projection(self, body: Block, projection: ProjectionDescription) -> None:
        """`model.projection`."""
        pre, post = self.network.ends(projection)
        Builder(body, loc=projection.model.loc).op(
            model.Projection,
            sym=Symbol(projection.symbol),
            synapse=_model_symbol(projection.symbol),
            pre=Symbol(pre.symbol),
            post=Symbol(post.symbol),
            targets=projection.targets,
            full=projection.full or None,
            no_self=projection.no_self or None,
            delay=projection.delay,
            index=projection.index,
            wide_rows=projection.wide_rows or None,
            transmission_flag=projection.transmission_flag or None,
            update_flag=projection.update_flag or None,
            plasticity_flag=projection.plasticity_flag or None,
            shares=None if projection.shares is None else Symbol(f"proj{projection.shares}"),
            alike=projection.alike or None,
        )
        if projection.stencil is not None:
            given = projection.stencil
            Builder(body, loc=projection.model.loc).op(
                stencil.Stencil,
                owner=Symbol(projection.symbol),
                pre=given.pre,
                post=given.post,
                taps=given.taps,
                axis=given.axis,
                stride=given.stride,
                start=given.start,
                bank=given.bank or None,
                centres=given.centres or None,
                outside=given.outside,
                fill=given.fill or None,
            )
        if projection.procedural is not None:
            Builder(body, loc=projection.model.loc).op(
                procedural.Procedural,
                owner=Symbol(projection.symbol),
                rule=projection.procedural.rule,
                rows=projection.procedural.rows,
                weights=projection.procedural.weights,
            )


def _model_symbol(owner: str) -> Symbol:
    return Symbol(f"{owner}.model")


def _drop_unused_constants(module: model.Module) -> None:
    """Constants that nobody reads need no place in the state block."""
    read = {get.attr for get in module.find(model.Get)}
    for constant in list(module.find(model.Constant)):
        if constant.sym not in read:
            constant.erase()
