"""Symbols of attributes. nnc keeps things of its own beside them, such as `@pop0.spikes` or `@pop0.sum_exc`; an
attribute that has such a name stands under `own.`, where nothing of nnc is.
"""

from __future__ import annotations

import re
from typing import Final

from nnc.compiler.ir.attributes import Symbol

_TAKEN: Final = re.compile(
    r"hold|spikes|axon|enabled|transmission|axon_transmission|update|plasticity|last_event"
    r"|row|post|pre|back|back_row|back_pre|delays|(draw|fixed)\d+|(sum|mean|max|min|norm1|norm2)_.*"
)


def attribute_symbol(name: str) -> Symbol:
    """The symbol of the attribute that a model calls `name`: bare in its model, after `@pop0.` or `@proj0.` else."""
    return Symbol(f"own.{name}" if _TAKEN.fullmatch(name) else name)


def conductance(target: str) -> str:
    """The symbol, in a spiking neuron, of what a target changes: of `exc` the conductance `g_exc`, of `.x` `x`."""
    return attribute_symbol(target[1:]) if target.startswith(".") else f"g_{target}"
