"""Pass `choose-propagation`: how the synapses of each projection lie in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from nnc.compiler.ir import procedural, step
from nnc.compiler.passes.manager import Pass
from nnc.compiler.passes.program import maps
from nnc.compiler.passes.regenerable import check_regenerable

if TYPE_CHECKING:
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context


class Facts(NamedTuple):
    """What a projection does."""

    scatters: bool
    """Spikes that arrive walk the synapses of one pre neuron."""
    full: bool
    """Every pre neuron meets every post neuron."""


class Choice(NamedTuple):
    """A layout and why it is the best."""

    layout: str
    reason: str


RULES: Final[dict[Facts, Choice]] = {
    Facts(True, True): Choice("dense_pre", "a spike reads one row of weights straight on; no indices at all"),
    Facts(True, False): Choice("csr_pre", "a spike reads only its own synapses, cut by the worker that owns the posts"),
    Facts(False, True): Choice("dense_post", "a sum reads one row of weights straight on; no indices at all"),
    Facts(False, False): Choice("csr_post", "a sum gathers the synapses of one post neuron in a fixed order"),
}


PROCEDURAL: Final = Choice("procedural", "rows are made again whenever they are needed, nothing is stored per synapse")
"""Where the script asks for it (`step.procedural`)."""


@dataclass(frozen=True)
class ChoosePropagation(Pass):
    """Chooses `layout` and `back` of every `step.synapses` whose layout is still `auto`.

    What decides is whether spikes walk the synapses, and whether there are indices at all (`RULES`). Delays do not:
    with one delay for each synapse spikes are walked once per delay, over the same rows. `back`, the index by post
    neuron beside `csr_pre`, is asked for where events of post neurons walk the synapses; by-post layouts have it.
    A projection with a `step.procedural` is `procedural`; it is an error if something needs its synapses stored.
    """

    name: ClassVar[str] = "choose-propagation"
    takes: ClassVar[Level] = "step"
    gives: ClassVar[Level] = "step"

    def run(self, module: Module, context: Context) -> bool:  # noqa: D102
        domains: dict[str, set[str]] = {}
        for map in maps(module):
            domains.setdefault(map.owner, set()).add(map.domain)
        rules = {op.owner: op for op in module.body.ops if isinstance(op, procedural.Procedural)}
        changed = False
        for op in module.body.ops:
            if isinstance(op, step.Synapses) and op.layout == "auto" and op.sym in rules:
                check_regenerable(module, rules[op.sym], context.diagnostics)
                op.layout = PROCEDURAL.layout
                changed = True
            elif isinstance(op, step.Synapses) and op.layout == "auto":
                walked = domains.get(op.sym, set())
                op.layout = RULES[Facts("spikes" in walked, op.full)].layout
                if op.layout == "csr_pre" and "back_spikes" in walked:
                    op.back = True
                changed = True
        return changed
