"""Pass `narrow-traces`: event-driven variables that all synapses of a neuron share are held by the neuron.

A variable that only statements at pre events change, from nothing but what is one value or such a variable itself, is
the same in all synapses of a pre neuron if it starts so: f64[pre] instead of f64[syn]. So f64[post] for what only
events of the post neuron change. The numbers of steps that pass must not tell synapses apart either, so times must be
exact. Variables that neurons hold are solved in every step, which costs a multiplication per neuron, and events read a
value instead of computing exponentials. Either all event-driven variables of a synapse are narrowed or none is, so
that a projection has one way to count time.

By the rule of the reference simulator the stamp of the last event belongs to a synapse. Where only pre events exist
the pre neuron could have it, but the products that `form-fma` contracts would be others, and so the last bits.

`judge` says of each variable what was decided and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from nnc.compiler.ir import arith, model, stencil
from nnc.compiler.ir.types import At, join
from nnc.compiler.passes.manager import Pass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nnc.compiler.ir.core import Value
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context

SIDES: Final = ("pre", "post")


@dataclass(frozen=True)
class Verdict:
    """What became of an event-driven variable: the side whose neurons hold it, or None; and why."""

    variable: str
    side: At | None
    reason: str


@dataclass(frozen=True)
class NarrowTraces(Pass):
    """Gives event-driven variables of synapses the locality [pre] or [post] where that changes nothing."""

    name: ClassVar[str] = "narrow-traces"
    takes: ClassVar[Level] = "model"
    gives: ClassVar[Level] = "model"

    def run(self, module: Module, context: Context) -> bool:  # noqa: D102
        changed = False
        for synapse, projection in projections(module):
            sides = {v.variable: v.side for v in judge(module, synapse, projection) if v.side is not None}
            if sides:
                _narrow(synapse, sides)
                changed = True
        return changed


def held_by(state: model.State) -> str | None:
    """The side whose neurons hold a variable for their synapses."""
    side: str = state.type.at.value
    return side if state.locality == "local" and side in SIDES else None


def projections(module: Module) -> Iterator[tuple[model.Synapse, model.Projection]]:
    """Each projection with its synapse."""
    synapses = {op.sym: op for op in module.body.ops if isinstance(op, model.Synapse)}
    for op in module.body.ops:
        if isinstance(op, model.Projection):
            yield synapses[op.synapse], op


def judge(module: Module, synapse: model.Synapse, projection: model.Projection) -> list[Verdict]:
    """What becomes of the event-driven variables of a synapse."""
    odes = [ode for ode in synapse.find(model.Ode) if ode.method == "event_driven"]
    if not odes:
        return []
    names = [str(ode.variable) for ode in odes]
    found = _obstacle(module, synapse, projection)
    if not odes[0].exact:
        found = "each synapse has a stamp of its last event; setup(event_time='exact') does without"
    if found is not None:
        return [Verdict(name, None, found) for name in names]
    own = _Synapse(synapse)
    verdicts = [own.verdict(ode) for ode in odes]
    apart = next((v for v in verdicts if v.side is None), None)
    if apart is None:
        return verdicts
    reason = f"'{apart.variable}' is not the same for all synapses of a neuron"
    return [v if v.side is None else Verdict(v.variable, None, reason) for v in verdicts]


def _obstacle(module: Module, synapse: model.Synapse, projection: model.Projection) -> str | None:
    """What keeps all variables of a projection per synapse."""
    if not projection.alike:
        return "synapses may differ from the start, may be created, or are fewer than neurons"
    if projection.delay == "each":
        return "the spikes of a neuron arrive at different times"
    filters = any(isinstance(op, stencil.Stencil) and op.owner == projection.sym for op in module.body.ops)
    if synapse.kind != "spiking" or projection.shares is not None or filters:
        return "the synapses of this projection are not stored one by one"
    if next(synapse.find(model.OnAxon), None) is not None:
        return "axonal events change synapses"
    return None


class _Synapse:
    """What the equations and events of a synapse do to its event-driven variables."""

    def __init__(self, synapse: model.Synapse) -> None:
        self.types = {str(op.sym): op.type for op in synapse.body.ops if isinstance(op, (model.State, model.Param))}
        self.params = {str(op.sym) for op in synapse.body.ops if isinstance(op, model.Param)}
        self.odes = {str(ode.variable): ode for ode in synapse.find(model.Ode) if ode.method == "event_driven"}
        self.events: dict[At, list[model.OnPre | model.OnPost]] = {
            At.pre: [op for op in synapse.body.ops if isinstance(op, model.OnPre)],
            At.post: [op for op in synapse.body.ops if isinstance(op, model.OnPost)],
        }
        own = {get for name, ode in self.odes.items() for get in ode.find(model.Get) if get.attr == name}
        places = [op for op in synapse.body.ops if not isinstance(op, (model.OnPre, model.OnPost))]
        self.elsewhere = {str(get.attr) for op in places for get in op.find(model.Get) if get not in own}
        wrong = {name: self._equation(ode) for name, ode in self.odes.items()}
        self.wrong = {name: reason for name, reason in wrong.items() if reason is not None}
        candidates = self.odes.keys() - self.wrong.keys()
        post = self._sets(At.post)
        self.shared = {At.pre: self._fixpoint(At.pre, candidates - post)}
        self.shared[At.post] = self._fixpoint(At.post, candidates & post)

    def verdict(self, ode: model.Ode) -> Verdict:
        """What becomes of one variable, as far as the synapse decides."""
        name = str(ode.variable)
        if name in self.wrong:
            return Verdict(name, None, self.wrong[name])
        for side, shared in self.shared.items():
            if name in shared:
                return Verdict(name, side, f"only events of the {side.value} neuron change it")
        return Verdict(name, None, "what events add to it differs between synapses")

    def _sets(self, side: At) -> set[str]:
        return {str(op.attr) for event in self.events[side] for op in event.find(model.Set)} & self.odes.keys()

    def _equation(self, ode: model.Ode) -> str | None:
        """Why the variable cannot be narrowed, whatever events compute; None if nothing is against it."""
        if ode.variable == "w":
            return "it is the weight"
        if ode.variable in self._sets(At.pre) & self._sets(At.post):
            return "events of both neurons change it"
        if str(ode.variable) in self.elsewhere:
            return "other equations read it"
        for op in ode.walk():
            if isinstance(op, model.Get):
                one = self._one(op) and (op.attr in self.params or op.attr.startswith("const."))
                if op.side != "self" or not (op.attr == ode.variable or one):
                    return f"its equation reads '{op.attr}', which differs between synapses or changes"
            elif not (op is ode or isinstance(op, (*_NUMBERS, model.Dt)) or not op.results):
                return "its equation reads more than parameters"
        return None

    def _one(self, op: model.Get) -> bool:
        type = self.types.get(str(op.attr))
        return op.side == "self" and (op.attr.startswith("const.") or (type is not None and type.at is At.one))

    def _fixpoint(self, side: At, candidates: set[str]) -> set[str]:
        """The largest set of variables that events of a side compute from one another and single values alone."""
        found = set(candidates)
        sets = [op for event in self.events[side] for op in event.find(model.Set) if op.attr in found]
        while True:
            bad = {str(op.attr) for op in sets if op.attr in found and not self._alike(op.value, found)}
            if not bad:
                return found
            found -= bad

    def _alike(self, value: Value, narrow: set[str]) -> bool:
        op = value.op
        if isinstance(op, model.Get):
            return self._one(op) or (op.side == "self" and op.attr in narrow)
        if isinstance(op, (model.Dt, model.Time)):
            return True
        return isinstance(op, (*_NUMBERS, arith.Broadcast)) and all(self._alike(v, narrow) for v in op.operands)


_NUMBERS: Final = (arith.Elementwise, arith.Const)


def _narrow(synapse: model.Synapse, sides: Mapping[str, At]) -> None:
    """Give variables their localities, and all that is computed from them those that follow."""
    for op in synapse.body.ops:
        if isinstance(op, model.State) and op.sym in sides:
            op.type = op.type.with_at(sides[op.sym])
    for op in list(synapse.walk()):
        if isinstance(op, model.Get) and op.side == "self" and op.attr in sides:
            op.results[0].type = op.results[0].type.with_at(sides[op.attr])
        elif isinstance(op, model.Ode) and op.variable in sides:
            for argument in op.clamp.args:
                argument.type = argument.type.with_at(sides[op.variable])
            _stand_alone(synapse, op)
        elif isinstance(op, arith.Broadcast) and isinstance(op.parent_op, (model.OnPre, model.OnPost)):
            op.replace_by(op.operand)
        elif isinstance(op, arith.Elementwise):
            at = join(*(v.type for v in op.operands))
            for result in op.results:
                result.type = result.type.with_at(at or result.type.at)


def _stand_alone(synapse: model.Synapse, ode: model.Ode) -> None:
    """Take an equation out of its block: it is of another locality than the others."""
    block = ode.parent_op
    if isinstance(block, model.BlockOp):
        ode.detach()
        synapse.body.insert_before(block, ode)
        if not block.body.ops:
            block.erase()


__all__ = ["SIDES", "NarrowTraces", "Verdict", "held_by", "judge", "projections"]
