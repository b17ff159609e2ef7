"""The ops of a step-level module that do something, and their place in the order of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import step

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Op
    from nnc.compiler.ir.model import Module

ACTIONS: Final = (step.Map, step.Fill, step.Push, step.Record)

FILL: Final = 3
PUSH: Final = 5
RECORD: Final = {"targets": 2, "end": 10}


def actions(module: Module) -> list[Op]:
    """Maps, fills, pushes and records, in the order of the program."""
    return [op for op in module.body.ops if isinstance(op, ACTIONS)]


def maps(module: Module) -> list[step.Map]:
    """The maps, in the order of the program."""
    return [op for op in module.body.ops if isinstance(op, step.Map)]


def phases(module: Module) -> dict[Op, float]:
    """The phase of every action. Draws are filled in phase 3, or in front of the first phase that reads them."""
    program = actions(module)
    read: dict[str, float] = {}
    for op in program:
        if isinstance(op, step.Map):
            for inner in op.body.ops:
                if isinstance(inner, step.Read):
                    read[inner.field] = min(read.get(inner.field, op.phase), op.phase)
    found: dict[Op, float] = {}
    for op in program:
        if isinstance(op, step.Map):
            found[op] = op.phase
        elif isinstance(op, step.Record):
            found[op] = RECORD[op.when]
        elif isinstance(op, step.Push):
            found[op] = PUSH
        elif isinstance(op, step.Fill):
            found[op] = min(FILL, read.get(op.field, FILL) - 0.5)
    return found


def declare(module: Module, op: Op) -> None:
    """Add a declaration behind the others."""
    block = module.body
    first = next((i for i, o in enumerate(block.ops) if isinstance(o, (*ACTIONS, step.Order))), len(block.ops))
    block.insert(first, op)


def act(module: Module, op: Op) -> None:
    """Add an action at the end of its phase."""
    block = module.body
    block.append(op)
    place = phases(module)
    mine = place[op]
    op.detach()
    later = next((o for o in block.ops if (o in place and place[o] > mine) or isinstance(o, step.Order)), None)
    if later is None:
        block.append(op)
    else:
        block.insert_before(later, op)
