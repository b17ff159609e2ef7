"""Values of a synapse side by side in memory, where events reach synapses one by one.

A post-synaptic spike visits synapses that lie anywhere in the order by pre neuron. If each of four variables has an
array of its own, a visit takes four cache lines; in one record it takes one. Rows of arriving spikes read records
straight on, like arrays. So the fields that are reached through the index `back` of a projection are packed, unless
something else than events touches them: loops over all synapses are better off with arrays. All must be equally wide
(as with double precision): LLVM reads rows of such records as vectors, those of others it does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.compiler.ir import arith, loop
from nnc.compiler.ir.batch import fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from nnc.compiler.codegen.layout import Layout
    from nnc.compiler.ir.core import Op, Value

ALIGNMENT: Final = 64
"""Every array of a block begins at a multiple of so many bytes."""

LARGEST: Final = 64
"""Bytes of a record at most: a cache line."""

_EVENTS: Final = (".spikes", ".axon")


@dataclass(frozen=True)
class Place:
    """Where a field is in the records of a group, in bytes."""

    group: str
    offset: int
    record: int


def places(module: Op) -> dict[str, Place]:
    """The fields of a loop-level module that are packed, with their places."""
    fields = {str(op.sym): op for op in module.find(loop.Field)}
    groups: dict[str, set[str]] = {}
    apart: set[str] = set()
    tables: set[tuple[str, ...]] = set()
    for func in module.find(loop.Func):
        for op in func.walk():
            if not isinstance(op, (loop.Load, loop.Store)):
                continue
            names = tuple(name for name in fields_of(op.buffer) if _is_of_synapses(fields[name]))
            reached = set(_loaded(op.index))
            for name in names:
                if f"{_owner(name)}.back" in reached:
                    groups.setdefault(_owner(name), set()).add(name)
            if not _of_an_event(op):
                apart.update(names)
            if len(names) > 1:
                tables.add(names)
    while True:
        found: dict[str, Place] = {}
        for owner, members in groups.items():
            found |= _arrange(owner, [(fields[n].type.dtype.numpy.itemsize, n) for n in sorted(members - apart)])
        # One loop goes through all fields of a table with the same stride.
        uneven = {n for t in tables if len({n in found and found[n].record for n in t}) > 1 for n in t if n in found}
        if not uneven:
            return found
        apart |= uneven


def _owner(name: str) -> str:
    return name.partition(".")[0]


def _is_of_synapses(field: loop.Field) -> bool:
    return [str(e) for e in field.extent] == [f"{_owner(str(field.sym))}.nnz"]


def _arrange(owner: str, members: Sequence[tuple[int, str]]) -> Mapping[str, Place]:
    """Records of members of one width; nothing for fewer than two, or if they do not fit a cache line."""
    widths = {size for size, _ in members}
    record = sum(size for size, _ in members)
    if len(members) < 2 or len(widths) > 1 or record > LARGEST:
        return {}
    width = widths.pop()
    return {name: Place(f"{owner}.nnz", width * i, record) for i, (_, name) in enumerate(members)}


def _loaded(value: Value) -> Iterator[str]:
    """The fields whose elements an index is made of."""
    op = value.op
    if isinstance(op, loop.Load):
        yield from fields_of(op.buffer)
    if isinstance(op, (loop.Load, arith.Cast, arith.Add, arith.Sub)):
        operands = (op.index,) if isinstance(op, loop.Load) else op.operands
        for operand in operands:
            yield from _loaded(operand)


def _of_an_event(op: Op) -> bool:
    """Whether the loop that an access stands in goes over the synapses of a neuron in a list of events."""
    outer = op.parent_op
    while outer is not None:
        if isinstance(outer, loop.For) and any(name.endswith(_EVENTS) for name in _loaded(outer.lo)):
            return True
        outer = outer.parent_op
    return False


def aligned(length: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Zeros at a 64-byte boundary, with whole 64-byte lines behind them."""
    lines = -(-max(1, length * dtype.itemsize) // ALIGNMENT)
    raw = np.zeros((lines + 1) * ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + length * dtype.itemsize].view(dtype)


def allocate(layout: Layout, sizes: Mapping[str, int], names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """New arrays of zeros for some fields; those of a group are views of the same records."""
    records: dict[str, NDArray[Any]] = {}
    made: dict[str, NDArray[Any]] = {}
    for name in names:
        spec, length = layout[name], layout.length(name, sizes)
        place = spec.place
        if place is None or not length:
            made[name] = aligned(length, spec.dtype.numpy)
            continue
        if place.group not in records:
            records[place.group] = aligned(length * place.record, np.dtype(np.uint8))
        made[name] = np.ndarray((length,), spec.dtype.numpy, records[place.group].data, place.offset, (place.record,))
    return made


def stride(layout: Layout, name: str) -> int:
    """Elements from one value of a field to the next."""
    spec = layout[name]
    return 1 if spec.place is None else spec.place.record // spec.dtype.numpy.itemsize


def first_of(layout: Layout, name: str) -> tuple[int, int] | None:
    """Number of the field at the start of the records that a field is in, and the field's offset; None if alone."""
    place = layout[name].place
    if place is None:
        return None
    for index, field in enumerate(layout.fields):
        if field.place is not None and field.place.group == place.group and field.place.offset == 0:
            return index, place.offset
    raise LookupError(f"nothing is at the start of the records of {name}")


def spread(ranks: NDArray[np.int32] | None, count: int, step: int) -> NDArray[np.int32]:
    """Positions of the elements that a recorder takes, in a field with gaps between its values."""
    wanted = np.arange(count, dtype=np.int64) if ranks is None else ranks.astype(np.int64)
    return np.ascontiguousarray(wanted * step, np.int32)
