"""Pass `order-equations`: the order in which the statements of a model are executed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from nnc.compiler.ir import model
from nnc.compiler.ir.define import create
from nnc.compiler.passes.dependencies import owners
from nnc.compiler.passes.manager import Pass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nnc.compiler.ir.core import Op
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.dependencies import Owner
    from nnc.compiler.passes.manager import Context

LOCALITIES = ("global", "semiglobal", "local")


@dataclass(frozen=True)
class OrderEquations(Pass):
    """Puts statements in order: global, semiglobal, local, each in the order of the text.

    Maximal runs of consecutive ODEs of one locality become a `model.block`; the assignments between them stay.
    Event-driven ODEs interrupt no run and come last, outside of blocks: events execute them.
    """

    name: ClassVar[str] = "order-equations"
    takes: ClassVar[Level] = "model"
    gives: ClassVar[Level] = "model"

    def run(self, module: Module, context: Context) -> bool:
        """Order every neuron and synapse."""
        return any([_order(owner) for owner in owners(module)])


def _order(owner: Owner) -> bool:
    body = owner.body
    statements = [op for op in body.ops if isinstance(op, (model.Ode, model.Assign))]
    if not statements:
        return False
    locality = {op.sym: op.locality for op in body.ops if isinstance(op, model.State)}
    place = body.ops.index(statements[0])
    for statement in statements:
        statement.detach()
    timed = [s for s in statements if not _event_driven(s)]
    ordered: list[Op] = []
    for kind in LOCALITIES:
        ordered += _blocks(kind, [s for s in timed if locality[s.variable] == kind])
    for i, op in enumerate([*ordered, *(s for s in statements if _event_driven(s))]):
        body.insert(place + i, op)
    return True


def _blocks(locality: str, statements: Sequence[model.Ode | model.Assign]) -> Iterable[Op]:
    for is_run, run in groupby(statements, lambda s: isinstance(s, model.Ode)):
        if not is_run:
            yield from run
            continue
        odes = list(run)
        block = create(model.BlockOp, locality=locality, loc=odes[0].loc)
        for ode in odes:
            block.body.append(ode)
        yield block


def _event_driven(statement: model.Ode | model.Assign) -> bool:
    return isinstance(statement, model.Ode) and statement.method == "event_driven"
