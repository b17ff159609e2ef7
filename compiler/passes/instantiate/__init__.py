"""Pass `instantiate`: from models, populations and projections to the fields and maps of one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nnc.compiler.ir import step
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.define import create
from nnc.compiler.passes.instantiate import populations, projections, stops
from nnc.compiler.passes.instantiate.scene import Scene
from nnc.compiler.passes.manager import Pass

if TYPE_CHECKING:
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context


@dataclass(frozen=True)
class Instantiate(Pass):
    """Writes the fields of every population and projection, and the maps of all phases, in the order of a step.

    Afterwards nothing of the model level is left. In a map every field is read at most once in front of its first
    write and written at most once, at the end; what does not change is not written, and a map without effect is not
    made. Errors: N0305 (an event changes a value that is shared), N0203 (a reserved name), N0312 (a distribution).
    """

    name: ClassVar[str] = "instantiate"
    takes: ClassVar[Level] = "model"
    gives: ClassVar[Level] = "step"

    def run(self, module: Module, context: Context) -> bool:  # noqa: D102
        scene = Scene(module, context.diagnostics)
        for constant in scene.constants:
            scene.declare(str(constant.sym), constant.type, "constant", constant.loc)
        for pop in scene.populations.values():
            populations.declare(scene, pop)
        for proj in scene.projections:
            projections.declare(scene, proj)
        stops.declare(scene)
        if context.diagnostics.errors:
            return False
        _program(scene)
        module.body.erase_all()
        for op in [*scene.declarations, *scene.program]:
            module.body.append(op)
        return True


def _program(scene: Scene) -> None:
    """All maps and what stands between them, phase by phase; each phase in the order of creation."""
    pops, projs = scene.populations.values(), scene.projections
    for proj in projs:
        projections.gates(scene, proj)
    for pop in pops:
        populations.zero(scene, pop)
    for proj in projs:
        projections.arrive(scene, proj)
    _record(scene, "targets", [symbol for pop in pops for symbol in populations.targets(pop)])
    for pop in pops:
        populations.update(scene, pop)
    for pop in pops:
        populations.reduce(scene, pop)
    for proj in projs:
        projections.update(scene, proj)
    for proj in projs:
        projections.post_events(scene, proj)
    stops.stops(scene)
    _record(scene, "end", _recorded_at_end(scene))


def _record(scene: Scene, when: str, symbols: list[str]) -> None:
    if symbols:
        scene.program.append(create(step.Record, when=when, fields=tuple(Symbol(s) for s in symbols)))


def _recorded_at_end(scene: Scene) -> list[str]:
    """Attributes of users, without the targets, and spikes."""
    early = {symbol for pop in scene.populations.values() for symbol in populations.targets(pop)}
    symbols: list[str] = []
    for owner in scene.owners():
        symbols += [owner.field(n) for n in owner.attributes if owner.field(n) not in early]
    symbols += [str(op.sym) for op in scene.declarations if isinstance(op, step.Events)]
    return symbols


__all__ = ["Instantiate"]
