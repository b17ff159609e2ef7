"""Tables that turn out not to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.ir import arith, loop
from nnc.compiler.ir.rewrite import erase_all

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Op, Value
    from nnc.compiler.ir.model import Module


def drop_unread_partners(module: Module) -> None:
    """Do without `back_pre` where nothing that goes through synapses by post neuron asks for the pre neuron.

    Most rules of plasticity do not: 2 or 4 bytes per synapse less.
    """
    tables = {str(op.sym): op for op in module.body.ops if isinstance(op, loop.Field) and op.sym.endswith(".back_pre")}
    if not tables:
        return
    readers: dict[str, list[Op]] = {name: [] for name in tables}
    for op in module.walk():
        if isinstance(op, loop.FieldRef) and str(op.field) in tables:
            readers[str(op.field)].append(op)
    for name, references in readers.items():
        unused = [_only_loaded(reference.results[0]) for reference in references]
        if all(found is not None for found in unused):
            erase_all([op for found in unused for op in found or ()])
            erase_all(references)
            tables[name].erase()


def _only_loaded(value: Value) -> list[Op] | None:
    """The ops that read a value if nothing comes of any of them, users last; else None."""
    found: list[Op] = []
    for user, _ in value.uses:
        if not isinstance(user, loop.Load | arith.Cast):
            return None
        further = _only_loaded(user.results[0])
        if further is None:
            return None
        found += [user, *further]
    return found
