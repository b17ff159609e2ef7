"""`lower-to-loops`: from ordered maps over elements to buffers, loops and phases of a team of workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from nnc.compiler.ir import loop, step
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.passes.lower_to_loops.declare import declare
from nnc.compiler.passes.lower_to_loops.draws import lower_fill
from nnc.compiler.passes.lower_to_loops.followers import join_followers
from nnc.compiler.passes.lower_to_loops.frame import Frame, Network
from nnc.compiler.passes.lower_to_loops.fresh import fresh_sums
from nnc.compiler.passes.lower_to_loops.neurons import lower_neurons, lower_once, lower_posts, lower_pres, lower_push
from nnc.compiler.passes.lower_to_loops.spikes import (
    lower_arrivals,
    lower_back_spikes,
    lower_firings,
    lower_spikes,
    pre_fields_changed,
)
from nnc.compiler.passes.lower_to_loops.stencils import lower_stencil
from nnc.compiler.passes.lower_to_loops.synapses import lower_synapses
from nnc.compiler.passes.lower_to_loops.unread import drop_unread_partners
from nnc.compiler.passes.manager import Pass

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from nnc.compiler.ir.core import Op
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context

_MAPS: Final[dict[str, Callable[[Frame, step.Map], None]]] = {
    "neurons": lower_neurons,
    "pres": lower_pres,
    "posts": lower_posts,
    "once": lower_once,
    "spikes": lower_spikes,
    "back_spikes": lower_back_spikes,
    "arrivals": lower_arrivals,
    "firings": lower_firings,
    "synapses": lower_synapses,
}


@dataclass(frozen=True)
class LowerToLoops(Pass):
    """Declares the state block and writes `@run`, one phase per map, fill, push and record, in their order.

    Needs `step.order`, layouts that are chosen, and no `step.random` or `step.delayed_read`. Gives the same bits for
    every number of workers: a worker writes only what it owns, reductions over a population are done by one. With
    `laps` the end of each is marked with its name.
    """

    laps: bool = False

    name: ClassVar[str] = "lower-to-loops"
    takes: ClassVar[Level] = "step"
    gives: ClassVar[Level] = "loop"

    def run(self, module: Module, context: Context) -> bool:  # noqa: D102
        network = Network(module)
        if not _check(module, context):
            return False
        frame = Frame(network)
        schedule = ordered(module)
        fresh = fresh_sums(schedule, network)
        along = join_followers(schedule, network)
        declarations = declare(module, network)
        for op in schedule:
            with frame.b.from_(op.loc):
                _lower(frame, op, fresh, along.get(op))
                if self.laps:
                    frame.b.op(loop.Lap, kernel=Symbol(_kernel(op)))
        module.body.erase_all()
        for declaration in (*declarations, *frame.declared.values()):
            module.body.append(declaration)
        module.body.append(frame.func)
        drop_unread_partners(module)
        return True


def ordered(module: Module) -> list[Op]:
    """Maps in the order of `step.order`; each fill, push and record behind the maps in front of it in the program."""
    program = [op for op in module.body.ops if isinstance(op, (step.Map, step.Fill, step.Push, step.Record))]
    maps = {str(op.sym): op for op in program if isinstance(op, step.Map)}
    orders = [op for op in module.body.ops if isinstance(op, step.Order)]
    sequence = [maps[str(s)] for s in orders[0].maps] if orders else list(maps.values())
    place = {op: index for index, op in enumerate(sequence)}
    keyed: list[tuple[int, Op]] = []
    last = -1
    for op in program:
        if isinstance(op, step.Map):
            last = max(last, place[op])
            keyed.append((place[op], op))
        else:
            keyed.append((last, op))
    # a map sorts in front of what is placed behind it
    return [op for _, op in sorted(keyed, key=lambda item: (item[0], not isinstance(item[1], step.Map)))]


def _lower(frame: Frame, op: Op, fresh: Collection[Op], follower: step.Map | None) -> None:
    if isinstance(op, step.Map) and op.domain == "synapses" and str(op.owner) in frame.network.stencils:
        lower_stencil(frame, op, fresh, follower)
    elif isinstance(op, step.Map):
        _MAPS[op.domain](frame, op)
    elif isinstance(op, step.Fill):
        lower_fill(frame, op)
    elif isinstance(op, step.Push):
        lower_push(frame, op)
    elif isinstance(op, step.Record):
        frame.b.op(loop.Record, frame.step, when=op.when, fields=op.fields)


def _kernel(op: Op) -> str:
    """What a phase is called in a profile."""
    if isinstance(op, step.Map):
        return str(op.sym).removeprefix("map.")
    if isinstance(op, step.Fill):
        return f"{op.field}.fill"
    if isinstance(op, step.Push):
        return f"{op.ring}.push"
    assert isinstance(op, step.Record)
    return f"record.{op.when}"


def _check(module: Module, context: Context) -> bool:
    good = True
    for op in module.body.ops:
        if not isinstance(op, step.Map) or op.domain != "spikes":
            continue
        for read in pre_fields_changed(op):
            good = False
            context.diagnostics.error(
                "N0412",
                f"a spike changes {read.field} of the post neuron and reads it of the pre neuron",
                read.loc,
                help="the result would depend on the order of the spikes; copy the attribute to another variable in "
                "the neuron's equations and read that one",
            )
    return good
