"""Stop conditions: whether a step was the last one that a run wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import model, step
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.types import At, DType, boolean, value_type
from nnc.compiler.passes.instantiate.body import Body
from nnc.compiler.passes.instantiate.populations import NeuronBody

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.ir.core import Op, Value
    from nnc.compiler.passes.instantiate.scene import Population, Scene

OR: Final = "stop.any"
"""Flag: one population whose condition holds is enough; else all that are watched must hold."""

WATCHED: Final = "stop.watched"
"""Flag of a population: its condition counts."""

HELD: Final = "stop.held"
"""1 if the condition of a population held after the step, else 0."""


def declare(scene: Scene) -> None:
    """The flags, where there are conditions."""
    populations = _with_condition(scene)
    for pop in populations:
        scene.declare(pop.field(WATCHED), boolean, "param", pop.loc)
        scene.declare(pop.field(HELD), value_type(scene.float), "scratch", pop.loc)
    if populations:
        scene.declare(OR, boolean, "param", populations[0].loc)


def stops(scene: Scene) -> None:
    """After everything else in a step: the conditions that are watched, and the end of the run if they hold."""
    populations = _with_condition(scene)
    for pop in populations:
        _test(scene, pop)
    if populations:
        _end(scene, populations)


def _with_condition(scene: Scene) -> list[Population]:
    return [pop for pop in scene.populations.values() if pop.bodies(model.Stop)]


class _After(NeuronBody):
    """Code of one neuron that sees the state and the time after the step."""

    def time(self, dtype: DType) -> Value:
        """Time at the end of the step in ms."""
        after = self._once("after", lambda: self.b.add(self.index(), self.b.const(1, DType.i64)))
        return self._once(("time", dtype), lambda: self.milliseconds(after, dtype))

    def translate(self, op: Op, operands: Sequence[Value]) -> Value | None:
        """Also whether the neuron fired."""
        if isinstance(op, model.Spiked):
            return self.b.cmp("eq", self.own("last_spike"), self.index())
        return super().translate(op, operands)


def _test(scene: Scene, pop: Population) -> None:
    """Reduce the condition over the population: the largest of 0 and 1 for any, the smallest for all."""
    (stop,) = [op for op in pop.body.ops if isinstance(op, model.Stop)]
    body = _After(scene, pop)
    (holds,) = body.run(stop.body)
    number = body.per_neuron(body.b.cast(holds, scene.float))
    kind = "max" if stop.over == "any" else "min"
    body.b.op(step.Accumulate, number, kind=kind, field=Symbol(pop.field(HELD)))
    body.finish("stop.test", "neurons", 9, flag=pop.field(WATCHED))


def _end(scene: Scene, populations: Sequence[Population]) -> None:
    body = Body(scene, populations[0], populations[0].loc)
    b = body.b
    watched = [body.read(pop.field(WATCHED), At.one) for pop in populations]
    held = [b.cmp("gt", body.read(pop.field(HELD), At.one), b.const(0, scene.float)) for pop in populations]
    some = watching = b.const(False, DType.bool)
    every = b.const(True, DType.bool)
    for wanted, holds in zip(watched, held, strict=True):
        watching = b.or_(watching, wanted)
        some = b.or_(some, b.and_(wanted, holds))
        every = b.and_(every, b.or_(b.not_(wanted), holds))
    enough = b.select(body.read(OR, At.one), some, b.and_(watching, every))
    b.op(step.Stop, enough)
    body.finish("stop", "once", 9)
