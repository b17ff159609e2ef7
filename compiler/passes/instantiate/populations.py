"""Fields and maps of populations: input sums, equations, spikes, refractoriness, firing rate, reductions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import arith, model, step
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.define import create
from nnc.compiler.ir.types import At, DType, boolean, i64, value_type
from nnc.compiler.passes.instantiate.body import Body

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.ir.core import Block, Op, Value
    from nnc.compiler.passes.instantiate.scene import Population, Scene

ROUND_OFF: Final = 1e-6
"""Added to a number of steps before it is cut to a whole one: 0.3 ms are 3 steps of 0.1 ms."""


def declare(scene: Scene, pop: Population) -> None:
    """The population, its fields and its events."""
    scene.declarations.append(create(step.Neurons, sym=Symbol(pop.symbol), loc=pop.loc))
    for name, op in pop.attributes.items():
        counted = name in pop.rates.values()
        type = op.type.with_at(At.neuron) if counted else op.type
        scene.declare(
            pop.field(name), type, "param" if isinstance(op, model.Param) and not counted else "state", op.loc
        )
    for name, stream in pop.streams.items():
        scene.declare(pop.field(name), stream.type, "param", stream.loc)
        _declare_ring(scene, pop, name, "ahead", f"{name}.depth")
    neuron = value_type(scene.float, At.neuron)
    if not pop.spiking:
        for target in pop.targets:
            scene.declare(pop.field(f"sum_{target}"), neuron, "state", pop.loc)
        for target in pop.old_sums:
            scene.declare(pop.field(f"sum_{target}.last"), neuron, "scratch", pop.loc)
    for reduction, dtype in pop.reductions.items():
        scene.declare(pop.field(reduction.name), value_type(dtype), "state", pop.loc)
    if pop.enabled is not None:
        scene.declare(pop.enabled, boolean, "param", pop.loc)
    if pop.spiking:
        _declare_spikes(scene, pop)


def _declare_spikes(scene: Scene, pop: Population) -> None:
    if pop.last_spike:
        scene.declare(pop.field("last_spike"), value_type(DType.i64, At.neuron), "state", pop.loc)
    if pop.bodies(model.Refractory):
        scene.declare(pop.field("hold"), value_type(DType.i32, At.neuron), "state", pop.loc)
    if pop.rates:
        _declare_rates(scene, pop)
    for name in ("spikes", "axon") if pop.axonal else ("spikes",):
        scene.declare_events(pop.field(name), pop.symbol, pop.loc)


def _declare_rates(scene: Scene, pop: Population) -> None:
    for rate in pop.rates:
        scene.declare(pop.field(f"{rate}.window"), i64, "param", pop.loc)
        scene.declare(pop.field(f"{rate}.scale"), value_type(scene.float), "param", pop.loc)
        scene.declare(pop.field(f"{rate}.count"), value_type(DType.i32, At.neuron), "state", pop.loc)
    scene.declare(pop.field("rate.fired"), value_type(DType.bool, At.neuron), "scratch", pop.loc)
    _declare_ring(scene, pop, "rate.fired", "past", "rate.depth")


def _declare_ring(scene: Scene, pop: Population, source: str, suffix: str, depth: str) -> None:
    symbol = pop.field(source)
    ring = create(
        step.Ring,
        sym=Symbol(f"{symbol}.{suffix}"),
        source=Symbol(symbol),
        type=scene.type_of(symbol),
        depth=Symbol(pop.field(depth)),
        loc=pop.loc,
    )
    scene.declarations.append(ring)


class NeuronBody(Body):
    """Code of one neuron. `active` is false in refractory neurons: they keep all but conductances."""

    def __init__(self, scene: Scene, pop: Population) -> None:
        super().__init__(scene, pop, pop.loc)
        self.pop = pop
        self.active: Value | None = None

    def get(self, op: model.Get) -> Value:
        """Value of an attribute, or of an input."""
        name = str(op.attr)
        if name in self.pop.input_targets:
            return self.total(self.pop.input_targets[name], op.result.type.dtype)
        if name in self.pop.streams:
            return self.row(f"{name}.ahead", self.index(), op.result.type.dtype)
        return super().get(op)

    def translate(self, op: Op, operands: Sequence[Value]) -> Value | None:
        """Also spike times, inputs and reductions."""
        match op:
            case model.LastSpike():
                return self.last_spike(self.pop, At.neuron, op.result.type.dtype)
            case model.Sum(target=target):
                return self.total(target, op.result.type.dtype)
            case model.Reduce(kind=kind, attr=attr):
                return self.own(f"{kind}_{attr}")
        return super().translate(op, operands)

    def row(self, ring: str, index: Value, dtype: DType) -> Value:
        """The value of a step in a ring of the population."""
        symbol = self.pop.field(ring)
        return self._once(
            ("row", symbol, index),
            lambda: self.b.value(step.ReadRing, index, types=(value_type(dtype, At.neuron),), ring=Symbol(symbol)),
        )

    def total(self, target: str, dtype: DType) -> Value:
        """The input of a target, or of all targets that are connected."""
        targets = [target] if target else list(dict.fromkeys(self.pop.targets))
        sums = [self.own(f"sum_{t}") for t in targets if t in self.pop.targets]
        if not sums:
            return self.b.const(0, dtype)
        value = sums[0]
        for other in sums[1:]:
            value = self.b.add(value, other)
        return self.b.cast(value, dtype)

    def set(self, name: str, value: Value, always: bool) -> None:
        """Give an attribute a new value, unless the neuron is refractory and the attribute stands still."""
        if self.active is None or always or name.startswith("g_") or self.locality(name) is At.one:
            return super().set(name, value, always)
        old = self.own(name)
        stored = self.b.cast(value, old.type.dtype)
        super().set(name, self.b.select(self.active, stored, old) if stored is not old else old, always)

    def per_neuron(self, value: Value) -> Value:
        """The value as one that each neuron has for itself."""
        if value.type.at is not At.one:
            return value
        return self.b.value(arith.Broadcast, value, types=(value.type.with_at(At.neuron),))

    def locality(self, name: str) -> At:
        """Whether an attribute is one value, or one per neuron."""
        return self.scene.type_of(self.pop.field(name)).at

    def statements(self, bodies: Sequence[Block], what: str) -> None:
        """Statements of an event of the neuron; they may change what the neuron has for itself."""
        for body in bodies:
            for op in body.ops:
                if isinstance(op, model.Set) and self.locality(str(op.attr)) is At.one:
                    self.scene.diagnostics.error(
                        "N0305",
                        f"{what} cannot change '{op.attr}', which is one value for the whole population",
                        op.loc,
                        help="make it a local variable",
                    )
                    return
            self.run(body)


def zero(scene: Scene, pop: Population) -> None:
    """Phase 1: sums start at zero; `.last` keeps those of the step before."""
    body = NeuronBody(scene, pop)
    if not pop.spiking:
        for target in pop.old_sums:
            body.set_own(f"sum_{target}.last", body.own(f"sum_{target}"))
        for target in dict.fromkeys(pop.targets):
            body.set_own(f"sum_{target}", body.b.const(0, scene.float))
    body.finish("zero", "neurons", 1, flag=pop.enabled)
    if pop.spiking and pop.rates and pop.can_disable:
        quiet = NeuronBody(scene, pop)
        quiet.set_own("rate.fired", quiet.b.const(False, DType.bool))
        quiet.finish("quiet", "neurons", 1)


def update(scene: Scene, pop: Population) -> None:
    """Phase 4: global variables; equations, spike test, reset and refractoriness; mean firing rate."""
    for code in pop.updates("global"):
        once = NeuronBody(scene, pop)
        once.run(code.body)
        once.finish("global", "once", 4, flag=pop.enabled)
    body = NeuronBody(scene, pop)
    refractory = [op for op in pop.body.ops if isinstance(op, model.Refractory)]
    if refractory:
        body.active = body.b.cmp("le", body.own("hold"), body.b.const(0, DType.i32))
    for code in pop.updates("local"):
        body.run(code.body)
    emits = _spikes(body, pop, refractory)
    for name, condition in emits.items():
        body.b.op(step.Emit, condition, events=Symbol(pop.field(name)))
    body.finish("update", "neurons", 4, flag=pop.enabled)
    if pop.rates and pop.spiking:
        _rates(scene, pop)


def _spikes(body: NeuronBody, pop: Population, refractory: Sequence[model.Refractory]) -> dict[str, Value]:
    """The spike test and all that follows from it; gives the conditions of the events."""
    active, body.active = body.active, None
    conditions = pop.bodies(model.Spike)
    if not conditions:
        return {}

    def tested(code: Block) -> Value:
        (condition,) = body.run(code)
        return condition if active is None else body.b.and_(condition, active)

    fired = tested(conditions[0])
    fired.hint = "fired"

    def reset() -> None:
        body.statements(pop.bodies(model.Reset), "a reset")
        for op in refractory:
            body.set_own("hold", _steps(body, body.run(op.body)[0], 0.0 if op.truncated else ROUND_OFF))
        if pop.last_spike:
            body.set_own("last_spike", body.index())

    if refractory:
        one = body.b.const(1, DType.i32)
        body.set_own("hold", body.b.sub(body.b.max(body.own("hold"), one), one))
    body.where(fired, reset)
    if pop.rates:
        body.set_own("rate.fired", fired)
    emits = {"spikes": fired}
    for code in pop.bodies(model.AxonSpike):
        # a neuron that has just spiked is tested again in the state after its reset
        axonal = body.b.and_(tested(code), body.b.not_(body.run(conditions[0])[0]))
        body.where(axonal, lambda: body.statements(pop.bodies(model.AxonReset), "an axonal reset"))
        emits["axon"] = axonal
    return emits


def _steps(body: Body, period: Value, round_off: float) -> Value:
    """A refractory period in ms as a number of steps."""
    b = body.b
    steps = b.div(b.cast(period, DType.f64), b.const(body.scene.dt, DType.f64))
    return b.cast(b.math("floor", b.add(steps, b.const(round_off, DType.f64))), DType.i32)


def _rates(scene: Scene, pop: Population) -> None:
    """The count of spikes in each window: what enters it minus what leaves it; goes on while the population is
    disabled, so that the counts stay right."""
    for rate, variable in pop.rates.items():
        body = NeuronBody(scene, pop)
        b = body.b
        leaving = body.row("rate.fired.past", b.sub(body.index(), body.own(f"{rate}.window")), DType.bool)
        change = b.sub(b.cast(body.own("rate.fired"), DType.i32), b.cast(leaving, DType.i32))
        count = b.add(body.own(f"{rate}.count"), change)
        body.set_own(f"{rate}.count", count)
        body.set_own(variable, b.mul(b.cast(count, scene.float), body.own(f"{rate}.scale")))
        body.finish("rate" if rate == "rate" else f"{rate}.rate", "neurons", 4)
    scene.program.append(create(step.Push, ring=Symbol(pop.field("rate.fired.past")), loc=pop.loc))


def reduce(scene: Scene, pop: Population) -> None:
    """Phase 6: reductions over the population."""
    body = NeuronBody(scene, pop)
    for reduction, dtype in pop.reductions.items():
        value = body.per_neuron(body.b.cast(body.own(reduction.attr), dtype))
        if reduction.kind == "norm1":
            value = body.b.abs(value)
        elif reduction.kind == "norm2":
            value = body.b.mul(value, value)
        kind = reduction.kind if reduction.kind in ("mean", "max", "min") else "add"
        body.b.op(step.Accumulate, value, kind=kind, field=Symbol(pop.field(reduction.name)))
    body.finish("reduce", "neurons", 6, flag=pop.enabled)
    roots = NeuronBody(scene, pop)
    for reduction in pop.reductions:
        if reduction.kind == "norm2":
            roots.set_own(reduction.name, roots.b.math("sqrt", roots.own(reduction.name)))
    roots.finish("roots", "once", 6, flag=pop.enabled)


def targets(pop: Population) -> list[str]:
    """The fields that are recorded in front of the neural update."""
    if not pop.spiking:
        return [pop.field(f"sum_{t}") for t in dict.fromkeys(pop.targets)]
    return [pop.field(name) for name in pop.attributes if name.startswith("g_")]
