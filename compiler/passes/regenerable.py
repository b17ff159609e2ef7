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

_REFUSED: Final = {
    "back_spikes": "spikes of post neurons change synapses, and those of a procedural projection are not stored",
    "synapses": "this visits the synapses of each post neuron, and a procedural projection has rows by pre neuron",
    "spikes": "spikes visit the synapses of each pre neuron, and a procedural projection has rows by post neuron",
}


def check_regenerable(module: Module, rule: Procedural, diagnostics: Diagnostics) -> bool:
    """Say what would have to be stored, or visited in another order; gives whether there is nothing of the kind."""
    owner = str(rule.owner)
    found: list[tuple[str, Loc]] = []
    for op in module.body.ops:
        if not isinstance(op, step.Field) or op.type.at is not At.syn or not op.sym.startswith(f"{owner}."):
            continue
        name = op.sym.partition(".")[2]
        if name != "w" or op.role != "param" or rule.weights == "one":
            what = f"a value of '{name}'" if op.role != "scratch" else "a random number"
            found.append((f"{what} is kept for each synapse, and those of a procedural projection are not stored", op.loc))
    stored = bool(found)
    for map in maps(module):
        if map.owner == owner and map.domain not in _DOMAINS[rule.rows] and not stored:
            loc = next((op.loc for op in map.body.ops if isinstance(op, step.Write | step.Accumulate)), map.loc)
            found.append((_REFUSED[map.domain], loc))
    for message, loc in found:
        diagnostics.error(CODE, message, loc, help=HELP)
    return not found
