"""What the symbols of a module name, and whether an op may use a field the way it does.

The rules of step level: a map over neurons sees the fields of its population and single values; the maps of a
projection see those of its synapses, and those of the pre and post population as `[pre]` and `[post]`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from nnc.compiler.ir import batch, loop, model, step
from nnc.compiler.ir.core import Op
from nnc.compiler.ir.types import At, DType, boolean, i64

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nnc.compiler.ir.attributes import Symbol
    from nnc.compiler.ir.types import Type

Table = dict[str, Op]

REFERENCES: Final[Mapping[str, tuple[tuple[str, tuple[type[Op], ...]], ...]]] = {
    "model.call": (("callee", (model.Function,)),),
    "model.population": (("neuron", (model.Neuron,)),),
    "model.projection": (
        ("synapse", (model.Synapse,)),
        ("pre", (model.Population,)),
        ("post", (model.Population,)),
        ("shares", (model.Projection,)),
    ),
    "model.equation": (("variable", (model.State,)),),
    "model.ode": (("variable", (model.State,)),),
    "model.assign": (("variable", (model.State,)),),
    "model.ddt": (("variable", (model.State,)),),
    "step.synapses": (("pre", (step.Neurons,)), ("post", (step.Neurons,)), ("shares", (step.Synapses,))),
    "step.events": (("owner", (step.Neurons,)),),
    "step.stencil": (("owner", (model.Projection, step.Synapses)),),
    "step.procedural": (("owner", (model.Projection, step.Synapses)),),
    "step.ring": (("source", (step.Field,)),),
    "step.map": (
        ("owner", (step.Neurons, step.Synapses)),
        ("events", (step.Events,)),
        ("flag", (step.Field,)),
    ),
    "step.read": (("field", (step.Field,)),),
    "step.write": (("field", (step.Field,)),),
    "step.accumulate": (("field", (step.Field,)),),
    "step.delayed_read": (("field", (step.Field,)), ("owner", (step.Synapses,))),
    "step.read_ring": (("ring", (step.Ring,)),),
    "step.push": (("ring", (step.Ring,)),),
    "step.emit": (("events", (step.Events,)),),
    "step.delay": (("owner", (step.Synapses,)),),
    "step.fill": (("field", (step.Field,)),),
    "step.record": (("fields", (step.Field, step.Events)),),
    "step.order": (("maps", (step.Map,)),),
    "loop.field": (("extent", (loop.Size,)),),
    "loop.team": (("domain", (loop.Size,)),),
    "loop.batch": (("domains", (loop.Size,)),),
    "loop.record": (("fields", (loop.Field,)),),
    "mem.field": (("field", (loop.Field,)),),
    "mem.size": (("size", (loop.Size,)),),
    "mem.pick_field": (("fields", (loop.Field,)),),
    "mem.pick_size": (("sizes", (loop.Size,)),),
}
"""Per op: the attributes that name something declared in the module, and what it may be."""


@dataclass
class Scope:
    """The symbols seen at a place: those of the module, those of the model around it, and the map around it."""

    symbols: Table
    inner: Table = field(default_factory=dict)
    map: step.Map | None = None

    def find(self, name: str) -> Op | None:
        """What a symbol names."""
        return self.inner.get(name) or self.symbols.get(name)


def key_of(op: Op, symbol: str) -> str:
    """Under which key a table holds a declaration. Sizes have a name space of their own: `@pop0.n` may also be an
    attribute `n` of the user's model."""
    return f"size {symbol}" if isinstance(op, loop.Size) else symbol


def owner_of(symbol: str) -> str:
    """The population or projection that a field belongs to."""
    return symbol.partition(".")[0]


def unresolved(op: Op, scope: Scope) -> tuple[str, Symbol] | None:
    """The first symbol of an op that names nothing, or the wrong kind of thing, with what is wrong."""
    for attribute, kinds in REFERENCES.get(op.name, ()):
        value = op.attributes.get(attribute)
        names = value if isinstance(value, tuple) else () if value is None else (value,)
        for name in cast("tuple[Symbol, ...]", names):
            found = scope.find(f"size {name}" if kinds == (loop.Size,) else name)
            if found is None:
                return f"{name!r} is not declared", name
            if not isinstance(found, kinds):
                wanted = " or ".join(k.name for k in kinds)
                return f"{name!r} is a {found.name}; a {wanted} is needed here", name
    return None


def misused(op: Op, scope: Scope) -> str | None:
    """What is wrong with how an op uses the (resolved) symbols it names, or None."""
    rule = _RULES.get(op.name)
    return rule(op, scope) if rule is not None else None


def seen_as(declared: step.Field | step.Ring, scope: Scope) -> frozenset[At]:
    """The localities that a field can have for the map at hand; empty if it cannot be seen there."""
    at = declared.type.at
    around = scope.map
    if at is At.one or around is None:
        return frozenset({at})
    owner = owner_of(declared.sym)
    if around.domain == "neurons":
        return frozenset({At.neuron}) if at is At.neuron and owner == around.owner else frozenset()
    if around.domain == "once":
        return frozenset()
    synapses = scope.symbols.get(around.owner)
    if not isinstance(synapses, step.Synapses):
        return frozenset()
    if at is At.neuron:
        found = {At.pre} if owner == synapses.pre else set[At]()
        if owner == synapses.post:
            found.add(At.post)
    else:
        found = {at} if owner == around.owner or declared.sym == f"{synapses.shares}.w" else set()
    return frozenset(found & {_SIDES[around.domain]} if around.domain in _SIDES else found)


_SIDES: Final = {"posts": At.post, "firings": At.post, "pres": At.pre, "arrivals": At.pre}
"""What is at hand in the maps over the neurons at one side of a projection."""


def _listed(places: frozenset[At]) -> str:
    return " or ".join(sorted(f"[{a.value}]" if a is not At.one else "one value" for a in places))


def _seen(declared: step.Field | step.Ring, scope: Scope) -> str | None:
    if seen_as(declared, scope) or scope.map is None:
        return None
    return f"{declared.sym!r} cannot be seen in a map over {scope.map.domain} in {scope.map.owner!r}"


def _element(declared: DType, used: DType, name: Symbol) -> str | None:
    return None if declared is used else f"{name!r} holds {declared.value}, not {used.value}"


def _read(op: Op, scope: Scope) -> str | None:
    assert isinstance(op, step.Read)
    declared = cast("step.Field", scope.find(op.field))
    places = seen_as(declared, scope)
    used = op.result.type
    wrong = _seen(declared, scope) or _element(declared.type.dtype, used.dtype, op.field)
    if wrong is None and used.at not in places:
        return f"{op.field!r} is read as {_listed(places)} here, not as {_listed(frozenset({used.at}))}"
    return wrong


def _write(op: Op, scope: Scope) -> str | None:
    """In a map over events, statements are executed in order, so the last one wins and a value may be narrowed."""
    assert isinstance(op, step.Write)
    declared = cast("step.Field", scope.find(op.field))
    value = op.value.type
    wrong = _seen(declared, scope) or _element(declared.type.dtype, value.dtype, op.field)
    if wrong is not None:
        return wrong
    places = seen_as(declared, scope)
    in_order = scope.map is not None and scope.map.domain in ("spikes", "back_spikes")
    if places == {At.pre} and declared.narrowed and value.at.join(At.pre) is At.pre:
        return None if scope.map is not None and scope.map.domain in _SIDES else f"{op.field!r} is per pre neuron"
    if any(at is not At.pre and (value.at.join(at) is at or (in_order and at is At.post)) for at in places):
        return None
    return f"{op.field!r}, {_listed(places)}, cannot take a value per [{value.at.value or 'one'}]: use step.accumulate"


def _accumulate(op: Op, scope: Scope) -> str | None:
    assert isinstance(op, step.Accumulate)
    declared = cast("step.Field", scope.find(op.field))
    value = op.value.type
    wrong = _seen(declared, scope) or _element(declared.type.dtype, value.dtype, op.field)
    if wrong is not None:
        return wrong
    places = seen_as(declared, scope)
    if any(at is not At.pre and value.at.join(at) is not None for at in places):
        return None
    return f"nothing can be accumulated into {op.field!r} here"


def _delayed_read(op: Op, scope: Scope) -> str | None:
    assert isinstance(op, step.DelayedRead)
    declared = cast("step.Field", scope.find(op.field))
    at = At.one if declared.type.at is At.one else At.pre
    wrong = _element(declared.type.dtype, op.result.type.dtype, op.field)
    synapses = cast("step.Synapses", scope.find(op.owner))
    if wrong is None and owner_of(op.field) != synapses.pre:
        return f"{op.field!r} is not of the pre population of {op.owner!r}"
    allowed = {at, At.syn if synapses.delay == "each" else at}
    return wrong or (None if op.result.type.at in allowed else f"{op.field!r} is read per [{at.value or 'one'}] here")


def _read_ring(op: Op, scope: Scope) -> str | None:
    assert isinstance(op, step.ReadRing)
    declared = cast("step.Ring", scope.find(op.ring))
    if op.index.type.dtype is not DType.i64:
        return "the index is an i64"
    wrong = _element(declared.type.dtype, op.result.type.dtype, op.ring)
    whose = At.neuron if scope.map is not None and scope.map.domain == "neurons" else At.pre
    at = (At.one if declared.type.at is At.one else whose).join(op.index.type.at)
    return wrong or (None if op.result.type.at is at else f"the result is per {whose.value}, joined with the index")


def _ring(op: Op, scope: Scope) -> str | None:
    assert isinstance(op, step.Ring)
    source = cast("step.Field", scope.find(op.source))
    return None if source.type is op.type else f"{op.source!r} has type {source.type}, not {op.type}"


def _map(op: Op, scope: Scope) -> str | None:
    assert isinstance(op, step.Map)
    owner = scope.find(op.owner)
    wanted = {"neurons": step.Neurons, "once": (step.Neurons, step.Synapses)}.get(op.domain, step.Synapses)
    if not isinstance(owner, cast("type[Op]", wanted)):
        return f"a map over {op.domain} cannot be in {op.owner!r}"
    if (op.events is not None) != (op.domain in ("spikes", "back_spikes", "arrivals", "firings")):
        return "events are named by maps over events, and by no others"
    if op.flag is not None and cast("step.Field", scope.find(op.flag)).type is not boolean:
        return f"the flag {op.flag!r} must be one bool"
    return None


def _emit(op: Op, scope: Scope) -> str | None:
    assert isinstance(op, step.Emit)
    return None if op.condition.type.dtype is DType.bool else "the condition must be bool"


def _stop(op: Op, scope: Scope) -> str | None:
    assert isinstance(op, step.Stop)
    return None if op.condition.type is boolean else "the condition must be one bool"


def _index(op: Op, scope: Scope) -> str | None:
    return None if op.results[0].type is i64 else "the number of a step is one i64"


def _field_ref(op: Op, scope: Scope) -> str | None:
    assert isinstance(op, (loop.FieldRef, batch.PickField))
    for name in (op.field,) if isinstance(op, loop.FieldRef) else op.fields:
        declared: Type = cast("loop.Field", scope.find(name)).type
        if declared is not op.result.type:
            return f"{name!r} has type {declared}, not {op.result.type}"
    return None


def _get(op: Op, scope: Scope) -> str | None:
    """Attributes of the pre and post neuron are found when the synapse meets its populations."""
    assert isinstance(op, (model.Get, model.Set))
    if isinstance(op, model.Get) and op.side != "self":
        return None
    found = scope.find(op.attr)
    if not isinstance(found, (model.Param, model.State, model.Stream, model.Input, model.Constant)):
        return f"{op.attr!r} is not declared"
    if isinstance(op, model.Get):
        same = found.type is op.result.type
        return None if same else f"{op.attr!r} has type {found.type}, not {op.result.type}"
    return _element(found.type.dtype, op.value.type.dtype, op.attr)


_RULES: Final[Mapping[str, Callable[[Op, Scope], str | None]]] = {
    "step.read": _read,
    "step.write": _write,
    "step.accumulate": _accumulate,
    "step.delayed_read": _delayed_read,
    "step.read_ring": _read_ring,
    "step.ring": _ring,
    "step.map": _map,
    "step.emit": _emit,
    "step.stop": _stop,
    "step.index": _index,
    "mem.field": _field_ref,
    "mem.pick_field": _field_ref,
    "model.get": _get,
    "model.set": _get,
}
