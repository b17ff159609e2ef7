"""Pass `order-maps`: which action of a step needs which, and an order that respects it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nnc.compiler.graphs import topological
from nnc.compiler.ir import step
from nnc.compiler.ir.define import create
from nnc.compiler.ir.effects import effects
from nnc.compiler.passes.manager import Pass
from nnc.compiler.passes.program import actions, phases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.ir.core import Op, Value
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context


@dataclass(frozen=True)
class OrderMaps(Pass):
    """Puts the actions of a step in order and names the maps in `step.order`.

    The order is that of the phases, within a phase that of the program, as far as the dependences found from effects
    leave a choice; any other order that respects them gives the same state.
    """

    name: ClassVar[str] = "order-maps"
    takes: ClassVar[Level] = "step"
    gives: ClassVar[Level] = "step"

    def run(self, module: Module, context: Context) -> bool:  # noqa: D102
        before = list(module.body.ops)
        program = by_phase(module)
        place = {op: index for index, op in enumerate(program)}
        order = topological(dependences(program), key=place.__getitem__)
        arrange(module, order)
        return before != module.body.ops


def by_phase(module: Module) -> list[Op]:
    """The actions by phase, within a phase in the order of the program."""
    place = phases(module)
    return sorted(actions(module), key=place.__getitem__)


def dependences(program: Sequence[Op]) -> dict[Op, set[Op]]:
    """Which actions must come before which: those that touch the same place, one of them writing, in the order given.

    Edges to the last writer of a place, and from its readers to the next one, are enough: the rest follows.
    """
    graph: dict[Op, set[Op]] = {op: set() for op in program}
    writer: dict[str | Value, Op] = {}
    readers: dict[str | Value, list[Op]] = {}
    for op in program:
        found = effects(op)
        for place in found.reads | found.writes:
            if place in writer:
                graph[writer[place]].add(op)
        for place in found.writes:
            for reader in readers.pop(place, ()):
                graph[reader].add(op)
            writer[place] = op
        for place in found.reads - found.writes:
            readers.setdefault(place, []).append(op)
    return graph


def arrange(module: Module, order: Sequence[Op]) -> None:
    """Put the actions behind the declarations in this order, and write `step.order`."""
    chosen = set(order)
    rest = [op for op in module.body.ops if op not in chosen and not isinstance(op, step.Order)]
    for old in [op for op in module.body.ops if isinstance(op, step.Order)]:
        old.erase()
    module.body.ops = [*rest, *order]
    module.body.append(create(step.Order, maps=tuple(op.sym for op in order if isinstance(op, step.Map))))
