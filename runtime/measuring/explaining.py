"""What the compiler and the cost model have decided for a network, and why."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from nnc.compiler.driver import lower
from nnc.compiler.ir import batch, loop
from nnc.compiler.options import Options
from nnc.compiler.passes import PROFILE_PIPELINE
from nnc.compiler.passes.choose_propagation import PROCEDURAL, RULES
from nnc.compiler.passes.merge_alike import MergeAlike
from nnc.compiler.passes.narrow_traces import judge, projections
from nnc.runtime.measuring.metering import label
from nnc.runtime.running.compiling import cores_for, describe
from nnc.runtime.running.team import AUTO, GRAIN, TUNE, team_size
from nnc.runtime.running.tuning import may_share, tuner_for
from nnc.runtime.running.work import work_of

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Op
    from nnc.runtime.networks.network import Network
    from nnc.runtime.running.compiling import Compiled

_REASONS = {choice.layout: choice.reason for choice in (*RULES.values(), PROCEDURAL)}


def explain(network: Network, compiled: Compiled) -> str:
    """Lines on threads, the order of sums, shared loops, the storage of each projection, and event-driven variables."""
    found = [_threads(network, compiled), _order(network, compiled), *_batches(network)]
    return "\n".join([*found, *_storages(network, compiled), *_traces(network)])


def _batches(network: Network) -> list[str]:
    """Which populations and projections share a loop."""
    if len(network.get_populations()) + len(network.get_projections(suppress_error=True)) < MergeAlike.minimum:
        return []
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


def _order(network: Network, compiled: Compiled) -> str:
    asked = network.config_["determinism"]
    if getattr(compiled.program, "determinism", "strict") == "strict":
        why = "as asked for" if asked == "strict" else "as always on a CPU"
        return f"sums: strict, {why}: in a fixed order, with the same bits on every target"
    why = "as asked for" if asked else "the default on a GPU ('strict' gives the bits of the CPU)"
    return f"sums: fast, {why}: what spikes add is added in any order"


def _traces(network: Network) -> list[str]:
    """Which event-driven variables neurons hold for their synapses, and why others are held by each synapse."""
    owners = {f"proj{p.id}": p for p in network.get_projections(suppress_error=True) if p.event_driven()}
    if not owners:
        return []
    module = lower(describe(network), Options(), "order-equations")
    lines = []
    for synapse, projection in projections(module):
        if projection.sym in owners:
            owner = owners[projection.sym]
            for verdict in judge(module, synapse, projection):
                held = "each synapse" if verdict.side is None else f"{verdict.side.value} neurons"
                reason = verdict.reason if verdict.side is not None else owner.apart_because() or verdict.reason
                lines.append(f"{owner.name}: '{verdict.variable}' is held by {held}: {reason}")
    return lines


def _threads(network: Network, compiled: Compiled) -> str:
    asked, team = network.config_["num_threads"], compiled.state.block.team
    if hasattr(compiled.program, "team_for"):
        return f"threads: {team} blocks of threads, as many as the device holds at once and the neurons fill"
    work = work_of(network)
    fits = team_size(AUTO, work)
    grains = f"a step does {work} units of work, {work / GRAIN:.2g} grains of {GRAIN}, on {cores_for(network)} cores"
    if asked == TUNE:
        return _tuned(network, compiled, grains)
    if asked == AUTO and compiled.plan.verdict is not None:
        return f"threads: {team}, by the measurement of num_threads='{TUNE}': {compiled.plan.verdict}"
    if asked == AUTO:
        return f"threads: {team}, since {grains}"
    remark = "" if fits == team else f"; num_threads='{AUTO}' would take {fits}"
    return f"threads: {team}, as asked for ({grains}{remark})"


def _tuned(network: Network, compiled: Compiled, grains: str) -> str:
    """What was tried, and what came out."""
    tuner = network._tuning or tuner_for(network, compiled)
    team, verdict = compiled.state.block.team, tuner.verdict
    if verdict is not None:
        origin = "measured in this run" if tuner.fresh else "kept from an earlier run"
        return f"threads: {team}, {origin}: {verdict}"
    if len(tuner.teams) < 2:
        return f"threads: {team}, since there is one core, or no memory to try others"
    if not may_share(compiled.program):
        return f"threads: {team}, since {grains}; no others are tried while a profile is taken"
    return f"threads: {team} so far, since {grains}; others are tried once runs take {tuner.needs:.2g} s in all"


def _storages(network: Network, compiled: Compiled) -> list[str]:
    lines = []
    state = compiled.state
    for projection in network.get_projections(suppress_error=True):
        symbol = f"proj{projection.id}"
        storage = state.storages.get(symbol)
        if storage is None or not projection.synapses.expected:
            continue
        specs = [f for f in state.block.layout.fields if f.name.startswith(f"{symbol}.")]
        size = sum(state.block.fields.peek(f.name).nbytes for f in specs) / projection.synapses.expected
        packed = [f.name.partition(".")[2] for f in specs if f.place is not None]
        side = f"; {', '.join(packed)} lie side by side, since events of post neurons reach them" if packed else ""
        reason = _REASONS.get(storage.kind, "")
        lines.append(f"{projection.name}: {storage.kind}, {size:.3g} bytes per synapse: {reason}{side}")
    return lines
