"""Sums whose order is left open (`determinism="fast"`): a store of a sum becomes an atomic addition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnc.compiler.codegen.cuda.hazards import key
from nnc.compiler.codegen.llvm_expr import TYPES
from nnc.compiler.ir import arith, loop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.codegen.cuda.emit import KernelEmitter
    from nnc.compiler.ir.core import Value


def only_sums(op: loop.For) -> bool:
    """Whether all that a loop changes are sums that it does not read otherwise."""
    changing = (loop.Compact, loop.Record, loop.Stop, loop.Barrier)
    stores = [inner for inner in op.walk() if isinstance(inner, loop.Store)]
    if not stores or any(isinstance(inner, changing) for inner in op.walk()):
        return False
    if any(added(store) is None for store in stores):
        return False
    sums = {key(store.buffer) for store in stores}
    loads = [inner for inner in op.walk() if isinstance(inner, loop.Load) and key(inner.buffer) in sums]
    return len(loads) == len(stores)


@dataclass(frozen=True)
class Addition:
    """What is added to an element: one value, or two that are multiplied; nothing if `unless` holds."""

    terms: Sequence[Value]
    unless: Value | None = None


def added(store: loop.Store) -> Addition | None:
    """What a store adds to the element that it replaces; None if it does something else."""
    value, unless, uses = store.value, None, 1
    if isinstance(value.op, arith.Select) and _is_old(value.op.operands[1], store, uses=2):
        unless, _, value = value.op.operands
        uses = 2
    sum_ = value.op
    if isinstance(sum_, arith.Add):
        for old, term in ((sum_.lhs, sum_.rhs), (sum_.rhs, sum_.lhs)):
            if _is_old(old, store, uses):
                return Addition((term,), unless)
    if isinstance(sum_, arith.Fma) and _is_old(sum_.operands[2], store, uses):
        return Addition(sum_.operands[:2], unless)
    return None


def _is_old(value: Value, store: loop.Store, uses: int) -> bool:
    load = value.op
    return (
        isinstance(load, loop.Load)
        and key(load.buffer) == key(store.buffer)
        and load.index is store.index
        and len(value.uses) == uses
    )


def add_atomically(e: KernelEmitter, store: loop.Store) -> None:
    """Write the addition."""
    addition = added(store)
    assert addition is not None, "only_sums was asked before"
    if addition.unless is None:
        _add(e, store, addition.terms)
        return
    then, end = e.labels("counts", "counted")
    e.branch(e.values[addition.unless], end, then)
    e.start(then)
    _add(e, store, addition.terms)
    e.jump(end)
    e.start(end)


def _add(e: KernelEmitter, store: loop.Store, terms: Sequence[Value]) -> None:
    dtype = store.buffer.type.dtype
    kind, values = TYPES[dtype], [e.values[v] for v in terms]
    real = "f" if dtype.is_float else ""
    term = values[0] if len(values) == 1 else e.let(f"{real}mul {kind} {values[0]}, {values[1]}")
    place = e.address(store.buffer, store.index)
    e.do(f'atomicrmw {real}add ptr {place}, {kind} {term} syncscope("device") monotonic')
