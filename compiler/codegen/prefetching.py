"""Synapses of the next neuron of a list are fetched while those of this one are done.

Neurons that spike have their synapses anywhere in memory. What a processor fetches by itself follows each row once it
has begun, so every row starts with a wait for memory: in Brunel's network (12 500 neurons, 31 MB of indices) that was
more than a quarter of a step. The list tells in time which row is next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.compiler.codegen.packing import places
from nnc.compiler.codegen.staging import index_ops, is_indirect
from nnc.compiler.ir import loop
from nnc.compiler.ir.batch import fields_of
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.types import DType, i64

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nnc.compiler.codegen.packing import Place
    from nnc.compiler.ir.core import Op, Value

LINE: Final = 64
"""Bytes of a cache line."""

MOST: Final = 64
"""Lines of an array that are fetched ahead: the rest of a longer row the processor fetches when it is there."""


def fetch_ahead(module: Op) -> Op:
    """Let loops over the rows that a list names fetch the row after the one at hand; in place."""
    packed: Mapping[str, Place] | None = None
    for func in module.find(loop.Func):
        for neurons in [op for op in func.find(loop.For) if not op.simd and op.step == 1]:
            for row in [op for op in neurons.body.ops if isinstance(op, loop.For) and _is_named(op, neurons)]:
                packed = places(module) if packed is None else packed
                _Ahead(neurons, row, packed).write()
    return module


def _is_named(row: loop.For, neurons: loop.For) -> bool:
    """Whether the bounds of a loop are read from a table at what is read from a list."""
    bounds = (*index_ops(row.lo, neurons), *index_ops(row.hi, neurons))
    return any(isinstance(op, loop.Load) and is_indirect(op.index, neurons) for op in bounds)


class _Ahead:
    """Writes what fetches the next row, in front of the loop over this one."""

    def __init__(self, neurons: loop.For, row: loop.For, packed: Mapping[str, Place]) -> None:
        self.neurons, self.row, self.packed = neurons, row, packed
        self.b = Builder(neurons.body, row, row.loc)

    def write(self) -> None:
        """A loop for each distance between the elements that share a line."""
        widths: dict[int, list[Value]] = {}
        for buffer, width in self._arrays():
            widths.setdefault(max(1, LINE // width), []).append(buffer)
        if not widths:
            return
        lo, hi = self._next_row()
        b = self.b
        for elements, buffers in sorted(widths.items()):
            end = b.min(hi, b.add(lo, b.const(MOST * elements, DType.i64)))
            body = Block((i64,), ("ahead",))
            b.op(loop.For, lo, end, regions=(body,), step=elements)
            inside = Builder(body, None, self.row.loc)
            for buffer in buffers:
                inside.op(loop.Prefetch, buffer, body.args[0])

    def _arrays(self) -> Iterator[tuple[Value, int]]:
        """What the row is read from straight on, one array of each group of records; with bytes per element.

        Members of a batch have their records alike (`packing`), so the first of them tells.
        """
        loops = {self.row.body.args[0]} | {inner.body.args[0] for inner in self.row.find(loop.For)}
        seen: set[str] = set()
        for op in self.row.walk():
            if not isinstance(op, loop.Load) or op.index not in loops or not fields_of(op.buffer):
                continue
            names = fields_of(op.buffer)
            place = self.packed.get(names[0])
            group = place.group if place else names[0]
            if group not in seen:
                seen.add(group)
                yield op.buffer, place.record if place else op.buffer.type.dtype.numpy.itemsize

    def _next_row(self) -> tuple[Value, Value]:
        """The bounds of the next row of the list; of this one again if it is the last."""
        neurons, b = self.neurons, self.b
        at = neurons.body.args[0]
        last = b.sub(neurons.hi, b.const(1, DType.i64))
        mapping = {at: b.min(b.add(at, b.const(1, DType.i64)), last)}
        needed = {*index_ops(self.row.lo, neurons), *index_ops(self.row.hi, neurons)}
        for op in [op for op in neurons.body.ops if op in needed]:
            b.insert(op.clone(mapping))
        return mapping[self.row.lo], mapping[self.row.hi]
