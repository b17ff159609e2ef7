"""What a projection whose synapses are not stored (`step.procedural`) must leave alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import step
from nnc.compiler.ir.types import At
from nnc.compiler.passes.program import maps

if TYPE_CHECKING:
    from nnc.compiler.diagnostics import Diagnostics, Loc
    from nnc.compiler.ir.model import Module
    from nnc.compiler.ir.procedural import Procedural

CODE: Final = "N0615"
HELP: Final = "connect the projection with another storage, such as storage='csr'"

_DOMAINS: Final = {"pre": ("spikes", "posts", "once"), "post": ("synapses", "posts", "once")}
"""What maps may walk, where rows are those of a side."""

_STORED: Final = "{} is kept for each synapse, and those of a procedural projection are not stored"

_REFUSED: Final = {
    "back_spikes": "spikes of post neurons change synapses, and those of a procedural projection are not stored",
    "synapses": "this visits the synapses of each post neuron, and a procedural projection has rows by pre neuron",
    "spikes": "spikes visit the synapses of each pre neuron, and a procedural projection has rows by post neuron",
}


def check_regenerable(module: Module, rule: Procedural, diagnostics: Diagnostics) -> bool:
    """Say what would have to be stored, or visited in another order; gives whether there is nothing of the kind."""
    owner = str(rule.owner)
    mine = [map for map in maps(module) if map.owner == owner]
    writes = [op for map in mine for op in map.body.ops if isinstance(op, step.Write)]
    values = {str(op.field): op.value.op for op in writes}
    written = {field: op.loc for field, op in values.items() if op is not None and op.loc.source is not None}
    found: list[tuple[str, Loc]] = []
    for op in module.body.ops:
        if not isinstance(op, step.Field) or op.type.at is not At.syn or not op.sym.startswith(f"{owner}."):
            continue
        name = op.sym.partition(".")[2]
        if name != "w" or op.role != "param" or rule.weights == "one":
            what = f"a value of '{name}'" if op.role != "scratch" else "a random number"
            found.append((_STORED.format(what), written.get(op.sym, op.loc)))
    if not found:
        for map in mine:
            if map.domain not in _DOMAINS[rule.rows]:
                found.append((_REFUSED[map.domain], _place(map)))
    for message, loc in found:
        diagnostics.error(CODE, message, loc, help=HELP)
    return not found


def _place(map: step.Map) -> Loc:
    """Where what a map computes is written."""
    values = [op.value.op for op in map.body.ops if isinstance(op, step.Write | step.Accumulate)]
    return next((value.loc for value in values if value is not None), map.loc)
