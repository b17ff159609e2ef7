"""Fields and maps of projections: transmission, events, synaptic equations, and the flags that gate them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import model, procedural, stencil, step
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.define import create
from nnc.compiler.ir.types import At, DType, boolean, i64, value_type
from nnc.compiler.passes.instantiate.body import Body

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from nnc.compiler.ir.core import Block, Op, Value
    from nnc.compiler.passes.instantiate.scene import Projection, Scene

    Place = Literal["psp", "update", "event", "axon", "trace"]

SIDES: Final = ("pre", "post")

NEVER: Final = -10000.0
"""Step of the last spike of a neuron outside of its population, as of one that has not fired."""

EVENTS = {"on_pre": model.OnPre, "on_axon": model.OnAxon, "on_post": model.OnPost}


def declare(scene: Scene, proj: Projection) -> None:
    """The projection and its fields."""
    op = proj.op
    scene.declarations.append(
        create(
            step.Synapses,
            sym=op.sym,
            pre=op.pre,
            post=op.post,
            kind=proj.kind,
            layout="stencil" if proj.stencil is not None else None,
            full=op.full or None,
            no_self=op.no_self or None,
            delay=op.delay,
            index=op.index,
            wide_rows=op.wide_rows or None,
            shares=op.shares,
            loc=op.loc,
        )
    )
    if proj.stencil is not None:
        moved = stencil.Stencil((), (), dict(proj.stencil.attributes), (), proj.stencil.loc)
        if proj.bodies(model.OnPre):
            moved.fill = NEVER
        scene.declarations.append(moved)
    if proj.procedural is not None:
        rule = procedural.Procedural((), (), dict(proj.procedural.attributes), (), proj.procedural.loc)
        scene.declarations.append(rule)
    for name, attribute in proj.attributes.items():
        role = "param" if isinstance(attribute, model.Param) else "state"
        held = any(proj.field(name) in proj.narrowed(side) for side in SIDES)
        scene.declare(proj.field(name), attribute.type, role, attribute.loc, narrowed=held)
    for name in ("transmission", "update", "plasticity"):
        if op.attributes.get(f"{name}_flag"):
            scene.declare(proj.field(name), boolean, "param", proj.loc)
    if op.update_flag:
        scene.declare(proj.field("update.period"), i64, "param", proj.loc)
        scene.declare(proj.field("update.offset"), i64, "param", proj.loc)
        scene.declare(proj.field("gate.update"), boolean, "scratch", proj.loc)
    if len(proj.event_flags) > 1:
        scene.declare(proj.field("gate.events"), boolean, "scratch", proj.loc)


class SynapseBody(Body):
    """Code of one synapse. The place decides what `pre.x` means: language specification, 6.5."""

    def __init__(self, scene: Scene, proj: Projection, place: Place) -> None:
        super().__init__(scene, proj, proj.loc)
        self.proj = proj
        self.place = place
        self.target: str | None = proj.inputs[0] if proj.inputs else None
        self.sequential = False

    def translate(self, op: Op, operands: Sequence[Value]) -> Value | None:
        """Also what a synapse sees of its neurons, and what it sends."""
        match op:
            case model.LastSpike(side=side):
                return self.last_spike(self.proj.at(side), At(side), op.result.type.dtype)
            case model.Sum():
                return self.sum(op)
            case model.Reduce(kind=kind, attr=attr, side=side):
                return self.read(self.proj.at(side).field(f"{kind}_{attr}"), At.one)
            case model.Coincident():
                return self.coincident()
            case model.GetTarget():
                return self.conductance(op)
            case model.Transmit(mode=mode):
                self.transmit(mode, operands[0])
                return None
        return super().translate(op, operands)

    def get(self, op: model.Get) -> Value:
        """Value of an attribute of the synapse, or of one of its neurons."""
        if op.side == "self":
            shared = op.attr == "w" and self.proj.shares is not None
            return self._shared_weight() if shared else super().get(op)
        population = self.proj.at(op.side)
        if op.attr in population.streams:
            self.scene.diagnostics.error(
                "N0614",
                f"a synapse cannot see '{op.attr}', which has a new value in every step",
                op.loc,
                help="give it to a variable of the neuron and read that one",
            )
        symbol = population.field(op.attr)
        at = At.one if self.scene.type_of(symbol).at is At.one else At(op.side)
        return self.read(symbol, at) if op.side == "post" else self.of_pre(symbol, at)

    def _shared_weight(self) -> Value:
        symbol = f"{self.proj.shares}.w"
        return self.read(symbol, self.scene.type_of(symbol).at)

    def of_pre(self, symbol: str, at: At) -> Value:
        """What has travelled from the pre neuron, or, in events, what it has now."""
        if self.place in ("event", "axon"):
            return self.read(symbol, at)
        return self._delayed(symbol, at)

    def _delayed(self, symbol: str, at: At) -> Value:
        at = At.syn if self.proj.delay == "each" else at
        less = int(self.place == "update")

        def delayed() -> Value:
            result = value_type(self.scene.type_of(symbol).dtype, at)
            owner = Symbol(self.proj.symbol)
            value = self.b.value(
                step.DelayedRead, types=(result,), field=Symbol(symbol), owner=owner, less=less or None
            )
            value.hint = symbol.rpartition(".")[2]
            return value

        return self._once(("delayed", symbol), delayed)

    def sum(self, op: model.Sum) -> Value:
        """The input of one of the neurons; in psp, where it is just being summed up, that of the step before."""
        population = self.proj.at(op.side)
        wanted = [op.target] if op.target else list(dict.fromkeys(population.targets))
        values = [self._sum(op.side, population.field(f"sum_{t}")) for t in wanted if t in population.targets]
        if not values:
            return self.b.const(0, op.result.type.dtype)
        total = values[0]
        for value in values[1:]:
            total = self.b.add(total, value)
        return self.b.cast(total, op.result.type.dtype)

    def _sum(self, side: str, symbol: str) -> Value:
        if self.place != "psp":
            return self.of_pre(symbol, At.pre) if side == "pre" else self.read(symbol, At.post)
        if side == "pre" and self.proj.delay != "one":
            return self.of_pre(symbol, At.pre)
        return self.read(f"{symbol}.last", At(side))

    def dt(self, dtype: DType) -> Value:
        """Length of a step; equations that run once in some steps take longer ones."""
        short = super().dt(dtype)
        if self.place != "update" or not self.proj.op.update_flag:
            return short
        return self._once(("dt", dtype), lambda: self.b.mul(short, self.b.cast(period(self), dtype)))

    def coincident(self) -> Value:
        """Whether the post neuron last spiked when the arriving spike was emitted."""
        last = self.read(self.proj.post.field("last_spike"), At.post)
        return self.b.cmp("eq", last, self.b.sub(self.index(), self._delay()))

    def _delay(self) -> Value:
        if self.proj.delay == "one" or self.place == "axon":
            return self.b.const(1, DType.i64)
        at = At.syn if self.proj.delay == "each" else At.one
        return self.b.value(step.Delay, types=(value_type(DType.i64, at),), owner=Symbol(self.proj.symbol))

    def set(self, name: str, value: Value, always: bool) -> None:
        """Give an attribute a new value; the weight only if it is plastic."""
        if name == "w" and self.proj.op.plasticity_flag:
            old = self.own("w")
            plastic = self.read(self.proj.field("plasticity"), At.one)
            value = self.b.select(plastic, self.b.cast(value, old.type.dtype), old)
        super().set(name, value, always)

    def conductance(self, op: model.GetTarget) -> Value:
        """Present value of the target at hand."""
        if self.target is None:
            return self.b.const(0, op.result.type.dtype)
        at = self.scene.type_of(self.target).at
        return self.read(self.target, At.post if at is At.neuron else at)

    def transmit(self, mode: str, value: Value) -> None:
        """Change the target at hand. Where its value is also read or replaced, changes are made to that value."""
        if self.target is None:
            return
        symbol = self.target
        at = At.post if self.scene.type_of(symbol).at is At.neuron else At.one
        if mode == "set":
            self.assign(symbol, at, value)
        elif self.sequential:
            self.assign(symbol, at, self.b.add(self.read(symbol, at), value))
        else:
            stored = self.b.cast(value, self.scene.type_of(symbol).dtype)
            if self.proj.stencil is not None:
                stored = self.b.select(self.arrived(), stored, self.b.like(0, stored))
            self.b.op(step.Accumulate, stored, kind="add", field=Symbol(symbol))

    def arrived(self) -> Value:
        """Whether a spike of the pre neuron arrives in this step, for synapses that are visited in every step."""

        def made() -> Value:
            last = self._delayed(self.proj.pre.field("last_spike"), At.pre)
            return self.b.cmp("eq", last, self.b.sub(self.index(), self._delay()))

        return self._once("arrived", made)

    def event(self, body: Block) -> None:
        """The statements of an event, in order; what is sent goes to every target, computed from its own value."""
        self.sequential = any(
            isinstance(op, model.GetTarget) or (isinstance(op, model.Transmit) and op.mode == "set") for op in body.ops
        )
        if len(self.proj.inputs) < 2:
            self.run(body)
            return
        own = _needs_target(body)
        first, *others = self.proj.inputs
        values: dict[str, dict[Value, Value]] = {target: {} for target in self.proj.inputs}
        for op in body.ops:
            self.target = first
            self.step(op, values[first])
            for self.target in others:
                if op in own:
                    self.step(op, values[self.target])
                else:
                    values[self.target].update({r: values[first][r] for r in op.results})
        self.target = first


def _needs_target(body: Block) -> set[Op]:
    """The ops that differ between targets: `get_target`, `transmit`, and what is computed from the former only to be
    sent."""
    varying: set[Value] = set()
    own: set[Op] = set()
    for op in body.ops:
        if isinstance(op, (model.GetTarget, model.Transmit)) or any(v in varying for v in op.operands):
            if isinstance(op, model.Set):
                continue
            own.add(op)
            varying.update(op.results)
    return own


def period(body: Body) -> Value:
    """Steps between two updates of the synapses, at least 1."""
    return body.b.max(body.own("update.period"), body.b.const(1, DType.i64))


def gates(scene: Scene, proj: Projection) -> None:
    """Phase 1: whether the maps of a projection run in this step, where that takes more than one flag."""
    if not proj.has_gates:
        return
    body = Body(scene, proj, proj.loc)
    b = body.b
    go = b.const(True, DType.bool)
    flags = [body.read(flag, At.one) for flag in proj.event_flags]
    if flags:
        go = flags[0]
        for flag in flags[1:]:
            go = b.and_(go, flag)
    if len(flags) > 1:
        body.set_own("gate.events", go)
    if proj.op.update_flag:
        since = b.sub(body.index(), body.own("update.offset"))
        due = b.cmp("eq", b.rem(since, period(body)), b.const(0, DType.i64))
        wanted = b.and_(body.own("update"), due)
        body.set_own("gate.update", b.and_(go, wanted) if flags else wanted)
    body.finish("gates", "once", 1)


def arrive(scene: Scene, proj: Projection) -> None:
    """Phase 1: spikes that arrive, axonal events, continuous transmission."""
    events = {"on_pre": ("event", "spikes"), "on_axon": ("axon", "axon")}
    for name, (place, source) in events.items():
        if source == "axon" and not proj.pre.axonal:
            continue
        for code in proj.bodies(EVENTS[name]):
            if proj.pre.spiking and _checked(scene, proj, code):
                body = SynapseBody(scene, proj, "axon" if place == "axon" else "event")
                body.event(code)
                if proj.stencil is None:
                    arriving, held = proj.pre.field(source), proj.narrowed("pre")
                    body.finish(name, "spikes", 1, events=arriving, flag=proj.event_gate, without=held)
                    _neurons(scene, proj, code, f"{name}.neurons", "arrivals", 1, arriving, held)
                else:
                    body.finish(name, "synapses", 1, flag=proj.event_gate)
    for code in proj.bodies(model.Psp):
        body = SynapseBody(scene, proj, "psp")
        (value,) = body.run(code)
        summed = proj.operation == "sum" or (proj.post.spiking and proj.stencil is None)
        kind = "add" if summed else proj.operation
        for symbol in proj.inputs:
            stored = body.b.cast(value, scene.type_of(symbol).dtype)
            body.b.op(step.Accumulate, stored, kind=kind, field=Symbol(symbol))
        body.finish("psp", "synapses", 1, flag=proj.event_gate)


def update(scene: Scene, proj: Projection) -> None:
    """Phase 7: equations of the projection, of its post neurons, of its synapses."""
    places = {"global": ("global", "once"), "semiglobal": ("posts", "posts"), "local": ("update", "synapses")}
    for locality, (name, domain) in places.items():
        for code in proj.updates(locality):
            body = SynapseBody(scene, proj, "update")
            body.run(code.body)
            body.finish(name, domain, 7, flag=proj.update_gate)
    for side in SIDES:
        for code in proj.updates(side):
            body = SynapseBody(scene, proj, "trace")
            body.run(code.body)
            body.finish(f"traces.{side}", f"{side}s", 7)


def post_events(scene: Scene, proj: Projection) -> None:
    """Phase 8: statements of the synapses of neurons that have fired in this step."""
    for code in proj.bodies(model.OnPost):
        if proj.post.spiking and _checked(scene, proj, code):
            body = SynapseBody(scene, proj, "event")
            body.event(code)
            events, held = proj.post.field("spikes"), proj.narrowed("post")
            body.finish("on_post", "back_spikes", 8, events=events, flag=proj.event_gate, without=held)
            _neurons(scene, proj, code, "on_post.neurons", "firings", 8, events, held)


def _neurons(
    scene: Scene, proj: Projection, code: Block, name: str, domain: str, phase: int, events: str, held: frozenset[str]
) -> None:
    """What an event changes of all synapses of its neuron, held by the neuron: once, after they have been visited."""
    if held:
        body = SynapseBody(scene, proj, "event")
        body.target = None
        body.run(code)
        rest = frozenset(proj.field(name) for name in proj.attributes) - held
        body.finish(name, domain, phase, events=events, flag=proj.event_gate, without=rest)


def _checked(scene: Scene, proj: Projection, code: Block) -> bool:
    """Events happen to single synapses: they cannot change what all share."""
    for op in code.ops:
        if isinstance(op, model.Set) and scene.type_of(proj.field(str(op.attr))).at is At.one:
            scene.diagnostics.error(
                "N0305",
                f"an event cannot change '{op.attr}', which is one value for the whole projection",
                op.loc,
                help="make it a local variable",
            )
            return False
    return True
