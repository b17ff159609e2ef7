"""Compressed rows turned into compressed columns: from synapses by post neuron to synapses by pre neuron, and back.

A counting sort, written in the loop level of our own IR and compiled by the target `llvm` like any network: about 4 ns
per synapse where a sort by NumPy takes 25. Small projections, and machines without LLVM, are served by NumPy.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.compiler.codegen.layout import StateBlock, aligned, bounds
from nnc.compiler.codegen.target import get_target
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.compiler.codegen.target import Program
    from nnc.compiler.ir.model import Module

COMPILED_FROM: Final = 1 << 18
"""Synapses from which on loading the kernel (about 50 ms, when it is not in the cache 150) is worth it."""

_KERNEL: Final = """\
module @transpose dt = 1.0 {{
  loop.size @rows.n
  loop.size @rows.n1
  loop.size @columns.n
  loop.size @columns.n1
  loop.size @starts.n
  loop.size @entries.n
  loop.size @places.n
  loop.size @team
  loop.field @row : buf<i64> [@rows.n1] param
  loop.field @column : buf<{column}> [@entries.n] param
  loop.field @start : buf<i64> [@starts.n] state
  loop.field @cursor : buf<i64> [@starts.n] scratch
  loop.field @member : buf<{member}> [@entries.n] state
  loop.field @place : buf<{place}> [@places.n] state
  loop.func @run(%t0: i64, %t1: i64) {{
    %zero = const 0 : i64
    %one = const 1 : i64
    %n = mem.size @rows.n : i64
    %columns = mem.size @columns.n : i64
    %stride = mem.size @columns.n1 : i64
    %places = mem.size @places.n : i64
    %placed = arith.cmp gt %places, %zero : bool
    %row = mem.field @row : buf<i64>
    %column = mem.field @column : buf<{column}>
    %start = mem.field @start : buf<i64>
    %cursor = mem.field @cursor : buf<i64>
    %member = mem.field @member : buf<{member}>
    %place = mem.field @place : buf<{place}>
    %p = spmd.id : i64
    %p1 = arith.add %p, %one : i64
    %lo = spmd.bound %n, %p : i64
    %hi = spmd.bound %n, %p1 : i64
    %base = arith.mul %p, %stride : i64
    %base1 = arith.add %base, %one : i64
    %first = mem.load %row[%lo] : i64
    %last = mem.load %row[%hi] : i64
    loop.time %k: i64 = %t0 to %t1 {{
      mem.store %first, %start[%base]
      loop.for %j: i64 = %first to %last {{
        %c = mem.load %column[%j] : i32
        %c64 = arith.cast %c : i64
        %at = arith.add %base1, %c64 : i64
        %count = mem.load %start[%at] : i64
        %more = arith.add %count, %one : i64
        mem.store %more, %start[%at]
      }}
      loop.for %b: i64 = %zero to %columns {{
        %here = arith.add %base, %b : i64
        %next = arith.add %here, %one : i64
        %begin = mem.load %start[%here] : i64
        %held = mem.load %start[%next] : i64
        %end = arith.add %begin, %held : i64
        mem.store %begin, %cursor[%here]
        mem.store %end, %start[%next]
      }}
      loop.for %i: i64 = %lo to %hi {{
        %i1 = arith.add %i, %one : i64
        %from = mem.load %row[%i] : i64
        %to = mem.load %row[%i1] : i64
        %i32 = arith.cast %i : i32
        loop.for %e: i64 = %from to %to {{
          %d = mem.load %column[%e] : i32
          %d64 = arith.cast %d : i64
          %slot = arith.add %base, %d64 : i64
          %q = mem.load %cursor[%slot] : i64
          %q1 = arith.add %q, %one : i64
          mem.store %q1, %cursor[%slot]
          mem.store %i32, %member[%q]
          loop.if %placed {{
            {store}
          }}
        }}
      }}
    }}
  }}
}}
"""
"""Worker p: counts the columns of its rows, adds up, and puts every entry where its column has got to."""

_STORES: Final = {
    DType.i64: "mem.store %q, %place[%e]",
    DType.i32: "%q32 = arith.cast %q : i32\n            mem.store %q32, %place[%e]",
}


@dataclass(frozen=True, eq=False)
class Columns:
    """Entries by column: `start[p, c]:start[p, c + 1]` are those of column c in part p of the rows, rows ascending.

    `member` is the row of each, `place` where each entry of the rows has got to (empty if it was not asked for).
    """

    start: NDArray[np.int64]
    member: NDArray[Any]
    place: NDArray[Any]


def narrow(n: int) -> np.dtype[Any]:
    """The index type for n neurons in memory."""
    return np.dtype(np.uint16 if n <= 1 << 16 else np.int32)


def place_type(count: int) -> np.dtype[Any]:
    """The type of positions among so many synapses."""
    return np.dtype(np.int32 if count < 1 << 31 else np.int64)


def transpose(
    row: NDArray[np.int64],
    column: NDArray[Any],
    n_columns: int,
    *,
    parts: int = 1,
    member: NDArray[Any] | None = None,
    place: NDArray[Any] | bool = False,
) -> Columns:
    """Entries by column, for each part (as workers of a team own them) of the rows; parts are done at once.

    `row[i]:row[i + 1]` are the entries of row i among `column`, ascending. `member` and `place` are written to if
    they are given, else made; `place=True` asks for positions.
    """
    count, n_rows = len(column), len(row) - 1
    if member is None:
        member = aligned(count, narrow(n_rows))
    if place is True:
        place = aligned(count, place_type(count))
    elif place is False:
        place = np.zeros(0, place_type(count))
    program = _program(column.dtype.name, member.dtype.name, place.dtype.name) if count >= COMPILED_FROM else None
    if program is None:
        return _by_numpy(row, column, n_columns, parts, member, place)
    sizes = {"rows.n": n_rows, "columns.n": n_columns, "starts.n": parts * (n_columns + 1), "entries.n": 0}
    block = StateBlock(program.layout, {**sizes, "places.n": 0}, team=parts)
    block.sizes |= {"entries.n": count, "places.n": len(place)}
    results = {"member": member, "place": place}
    for name, array in {"row": row, "column": column, **results}.items():
        block.rebind(name, array if array.flags.writeable else array.copy())
    program.run(block, 0, 1)
    for name, array in results.items():
        if not np.shares_memory(array, block.fields[name]):
            array[...] = block.fields[name]
    return Columns(block.fields["start"].reshape(parts, n_columns + 1), member, place)


def kernel(column: DType, member: DType, place: DType) -> Module:
    """The loop-level module for index types."""
    types = {"column": column.value, "member": member.value, "place": place.value}
    return parse_module(_KERNEL.format(**types, store=_STORES[place]))


@functools.cache
def _program(column: str, member: str, place: str) -> Program | None:
    target = get_target("llvm")
    if target.available() is not None:
        return None
    types = {np.dtype(d.numpy).name: d for d in (DType.u16, DType.i32, DType.i64)}
    return target.load(target.emit(kernel(types[column], types[member], types[place])))


def _by_numpy(
    row: NDArray[np.int64],
    column: NDArray[Any],
    n_columns: int,
    parts: int,
    member: NDArray[Any],
    place: NDArray[Any],
) -> Columns:
    starts = np.empty((parts, n_columns + 1), np.int64)
    for p, (lo, hi) in enumerate(pairwise(bounds(len(row) - 1, parts))):
        first, last = int(row[lo]), int(row[hi])
        own = column[first:last]
        order = np.argsort(own, kind="stable")
        rows = np.repeat(np.arange(lo, hi, dtype=member.dtype), np.diff(row[lo : hi + 1]))
        member[first:last] = rows[order]
        if len(place):
            place[first:last][order] = np.arange(first, last, dtype=place.dtype)
        starts[p, 0] = first
        np.cumsum(np.bincount(own, minlength=n_columns), out=starts[p, 1:])
        starts[p, 1:] += first
    return Columns(starts, member, place)
