"""What the compiler and the cost model have decided for a network, and why."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from nnc.compiler.driver import lower
from nnc.compiler.ir import batch, loop
from nnc.compiler.options import Options
from nnc.compiler.passes import PROFILE_PIPELINE
from nnc.compiler.passes.choose_propagation import RULES
from nnc.compiler.passes.merge_alike import MergeAlike
from nnc.runtime.measuring.metering import label
from nnc.runtime.running.cores import cores
from nnc.runtime.running.team import AUTO, GRAIN, team_size, work_of

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Op
    from nnc.runtime.networks.network import Network
    from nnc.runtime.running.compiling import Compiled

_REASONS = {choice.layout: choice.reason for choice in RULES.values()}


def explain(network: Network, compiled: Compiled) -> str:
    """Lines on the number of threads, on loops over what is alike, and on the storage of each projection."""
    return "\n".join([_threads(network, compiled), *_batches(network), *_storages(network, compiled)])


def _batches(network: Network) -> list[str]:
    """Which populations and projections share a loop."""
    if len(network.get_populations()) + len(network.get_projections(suppress_error=True)) < MergeAlike.minimum:
        return []
    from nnc.runtime.running.compiling import describe

    options = Options(target=network.target, pipeline=PROFILE_PIPELINE)
    module = lower(describe(network), options, upto=MergeAlike.name)
    lines = []
    for time in module.find(loop.TimeLoop):
        for op, lap in itertools.pairwise(time.body.ops):
            count = _members(op)
            if count and isinstance(lap, loop.Lap):
                lines.append(f"{label(network, str(lap.kernel))}: one loop for {count} that are alike")
    return lines


def _members(op: Op) -> int:
    """The number of members of a merged phase; 0 for another one."""
    if isinstance(op, batch.Batch):
        return len(op.domains)
    first = op.body.ops[-1] if isinstance(op, loop.Once) and op.body.ops else op
    return (first.trips or 0) if isinstance(first, loop.For) and batch.is_over_members(first) else 0


def _threads(network: Network, compiled: Compiled) -> str:
    asked, team = network.config_["num_threads"], compiled.state.block.team
    if hasattr(compiled.program, "team_for"):
        return f"threads: {team} blocks of threads, as many as the device holds at once and the neurons fill"
    work = work_of(network)
    fits = team_size(AUTO, work)
    grains = f"a step visits {work} neurons and synapses, {work / GRAIN:.2g} grains of {GRAIN}, on {cores()} cores"
    if asked == AUTO:
        return f"threads: {team}, since {grains}"
    remark = "" if fits == team else f"; num_threads='{AUTO}' would take {fits}"
    return f"threads: {team}, as asked for ({grains}{remark})"


def _storages(network: Network, compiled: Compiled) -> list[str]:
    lines = []
    state = compiled.state
    for projection in network.get_projections(suppress_error=True):
        symbol = f"proj{projection.id}"
        storage = state.storages.get(symbol)
        if storage is None or not projection.synapses.count:
            continue
        specs = [f for f in state.block.layout.fields if f.name.startswith(f"{symbol}.")]
        size = sum(state.block.fields.peek(f.name).nbytes for f in specs) / projection.synapses.count
        packed = [f.name.partition(".")[2] for f in specs if f.place is not None]
        side = f"; {', '.join(packed)} lie side by side, since events of post neurons reach them" if packed else ""
        reason = _REASONS.get(storage.kind, "")
        lines.append(f"{projection.name}: {storage.kind}, {size:.3g} bytes per synapse: {reason}{side}")
    return lines
