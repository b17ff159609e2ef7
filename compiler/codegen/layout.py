"""The state block: every byte that lives while a network runs, as Python owns it and as native code sees it.

`Layout` lists the sizes and fields that a program declares, in order. `StateBlock` allocates them and keeps the C
struct that all targets read (`struct nnc_block` in docs/design.md). `Recorder` is one entry of its table of recorders.
"""

from __future__ import annotations

import ctypes
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from nnc.compiler.codegen import packing
from nnc.compiler.codegen.packing import aligned as aligned
from nnc.compiler.codegen.recorder import LayoutError, NativeRecorder, Recorder, RecorderKind
from nnc.compiler.ir import loop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from nnc.compiler.codegen.packing import Place
    from nnc.compiler.ir.core import Op
    from nnc.compiler.ir.types import DType, Type

ABI: Final = 1
"""Version of the struct; a program refuses a block of another one."""

NEVER: Final = (1 << 63) - 1
"""Value of `stop_after` while nothing asks for a stop."""

BARRIER_COUNT: Final = 3
BARRIER_SENSE: Final = 11
"""The words of `barrier` that workers write: in a block aligned to 64 bytes each has a cache line of its own."""

BARRIER_PAUSES: Final = 14

PAUSES: Final = 1000
"""How often a worker looks whether the others have come before it sleeps: some 20 microseconds."""


@dataclass(frozen=True)
class LayoutField:
    """A buffer of the block; its length is the product of the sizes of `extent` (empty: 1).

    `place` is where its values are in the records of a group of fields, None for an array of its own.
    """

    name: str
    dtype: DType
    extent: tuple[str, ...]
    role: str
    place: Place | None = None


@dataclass(frozen=True)
class Layout:
    """Sizes and fields of a program in the order of the native tables. Names are those of the IR without `@`."""

    sizes: tuple[str, ...]
    fields: tuple[LayoutField, ...]

    @staticmethod
    def of(module: Op, pack: bool = False) -> Layout:
        """What the `loop.size` and `loop.field` ops of a module declare; with `pack`, records where they pay."""
        places = packing.places(module) if pack else {}
        sizes: list[str] = []
        fields: list[LayoutField] = []
        for op in module.regions[0]:
            if isinstance(op, loop.Size):
                sizes.append(str(op.sym))
            elif isinstance(op, loop.Field):
                kind = cast("Type", op.type)
                name, extent = str(op.sym), tuple(str(s) for s in op.extent)
                fields.append(LayoutField(name, kind.dtype, extent, str(op.role), places.get(name)))
        return Layout(tuple(sizes), tuple(fields))

    @cached_property
    def fingerprint(self) -> int:
        """63 bits that differ for layouts that differ in anything native code relies on."""
        text = repr((ABI, self.sizes, [(f.name, f.dtype.value, f.extent, f.place) for f in self.fields]))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1

    @cached_property
    def field_index(self) -> Mapping[str, int]:
        """Position of each field."""
        return {f.name: i for i, f in enumerate(self.fields)}

    @cached_property
    def size_index(self) -> Mapping[str, int]:
        """Position of each size."""
        return {s: i for i, s in enumerate(self.sizes)}

    def __getitem__(self, name: str) -> LayoutField:
        return self.fields[self.field_index[name]]

    def length(self, name: str, sizes: Mapping[str, int]) -> int:
        """Number of elements of a field."""
        total = 1
        for size in self[name].extent:
            total *= sizes[size]
        return total

    def resolve(self, sizes: Mapping[str, int], team: int) -> dict[str, int]:
        """All declared sizes, in order: those given, `team`, and those derived (`x.n1`, `x.n64`, `team_n1.x`).

        Raises `LayoutError` for a size that is neither given nor derived, or negative.
        """
        known = {**sizes, "team": team}
        found = {name: _size(name, known) for name in self.sizes}
        missing = [name for name, value in found.items() if value is None]
        if missing:
            raise LayoutError(f"sizes are missing: {', '.join(missing)}")
        complete = cast("dict[str, int]", found)
        for name, value in complete.items():
            if value < 0:
                raise LayoutError(f"size {name} is negative: {value}")
        return complete


def _size(name: str, known: Mapping[str, int]) -> int | None:
    if name in known:
        return int(known[name])
    if name.endswith(".n1") and name[:-1] in known:
        return int(known[name[:-1]]) + 1
    if name.endswith(".n64") and name[:-2] in known:
        return -(-int(known[name[:-2]]) // 64) * 64
    if name.startswith("recording."):
        return 0
    if name.startswith("team_n1."):
        owner = name.removeprefix("team_n1.")
        if f"{owner}.n" in known:
            return known["team"] * (int(known[f"{owner}.n"]) + 1)
    return None


class NativeBlock(ctypes.Structure):
    """`struct nnc_block`."""

    _fields_ = [
        *((name, ctypes.c_int64) for name in ("abi", "fingerprint", "n_fields", "n_sizes")),
        ("field", ctypes.c_void_p),
        ("size", ctypes.c_void_p),
        *((name, ctypes.c_int64) for name in ("t", "stop_after", "status", "seed", "team", "n_recorders")),
        ("recorders", ctypes.c_void_p),
        ("barrier", ctypes.c_int64 * 16),
    ]


class Fields(dict[str, "NDArray[Any]"]):
    """The arrays of a block by name; a device that holds newer values is asked for them when an array is taken out.

    `touched` are the names taken out since a device last looked: their arrays may have been written to.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        super().__init__(arrays)
        self.touched: set[str] = set(arrays)
        self.pinned: set[str] = set()
        """Fields that Python keeps an array of: a device takes and gives them at every run."""
        self.fetch: Callable[[str], None] | None = None

    def __getitem__(self, name: str) -> NDArray[Any]:
        array = super().__getitem__(name)
        if self.fetch is not None:
            self.fetch(name)
        self.touched.add(name)
        return array

    def __setitem__(self, name: str, array: NDArray[Any]) -> None:
        super().__setitem__(name, array)
        self.touched.add(name)

    def read(self, name: str) -> NDArray[Any]:
        """The array with its newest values, not to be written to: a device need not take it back."""
        if self.fetch is not None:
            self.fetch(name)
        return super().__getitem__(name)

    def peek(self, name: str) -> NDArray[Any]:
        """The array, for its place and size; its values may be old."""
        return super().__getitem__(name)


class StateBlock:
    """The memory of one network for one program layout: arrays, sizes, time, seed, recorders.

    `fields` maps names to one-dimensional arrays that native code works on directly; write into them in place, and
    replace one only by `rebind`. Nothing here is thread-safe: change nothing while a program runs.
    """

    def __init__(self, layout: Layout, sizes: Mapping[str, int], *, team: int = 1, seed: int = 0, t: int = 0) -> None:
        if team < 1:
            raise LayoutError(f"a team has at least one worker, not {team}")
        self.layout = layout
        self.sizes: dict[str, int] = layout.resolve(sizes, team)
        self.fields = Fields(packing.allocate(layout, self.sizes, [f.name for f in layout.fields]))
        self.recorders: list[Recorder] = []
        self.pauses = PAUSES
        """How often a waiting worker looks again before it sleeps; 0 where there are more workers than cores."""
        self._buffer = aligned(ctypes.sizeof(NativeBlock), np.dtype(np.uint8))
        self.native = NativeBlock.from_buffer(cast("Any", self._buffer))
        self._field_table = (ctypes.c_void_p * max(1, len(layout.fields)))()
        self._size_table = (ctypes.c_int64 * max(1, len(layout.sizes)))()
        self._recorder_table = (NativeRecorder * 1)()
        self._fill(team, seed, t)

    def _fill(self, team: int, seed: int, t: int) -> None:
        native = self.native
        native.abi = ABI
        native.fingerprint = self.layout.fingerprint
        native.n_fields = len(self.layout.fields)
        native.n_sizes = len(self.layout.sizes)
        native.field = ctypes.addressof(self._field_table)
        native.size = ctypes.addressof(self._size_table)
        native.team = team
        native.stop_after = NEVER
        self.seed = seed
        self.t = t
        self._point()

    def _point(self) -> None:
        for i, f in enumerate(self.layout.fields):
            self._field_table[i] = self.fields.peek(f.name).ctypes.data
        for i, name in enumerate(self.layout.sizes):
            self._size_table[i] = self.sizes[name]

    @property
    def address(self) -> int:
        """Where the C struct is, at a 64-byte boundary; valid as long as the block lives."""
        return ctypes.addressof(self.native)

    @property
    def t(self) -> int:
        """The next step to do."""
        return int(self.native.t)

    @t.setter
    def t(self, value: int) -> None:
        self.native.t = value

    @property
    def seed(self) -> int:
        """Seed of the random numbers; its low 32 bits count."""
        return int(self.native.seed)

    @seed.setter
    def seed(self, value: int) -> None:
        self.native.seed = value & 0xFFFFFFFF

    @property
    def team(self) -> int:
        """Number of workers."""
        return int(self.native.team)

    def share(self, team: int) -> list[str]:
        """Change the number of workers. What depends on it becomes new zeroed arrays; gives the names of those."""
        if team < 1:
            raise LayoutError(f"a team has at least one worker, not {team}")
        self.native.team = team
        return self.resize({})

    @property
    def status(self) -> int:
        """Why the last run ended: 0 done, 1 a recorder is full, 2 a stop condition held."""
        return int(self.native.status)

    @property
    def stop_after(self) -> int:
        """The step count at which the run has to end."""
        return int(self.native.stop_after)

    def resize(self, sizes: Mapping[str, int]) -> list[str]:
        """Change sizes; fields whose length changes become new zeroed arrays. Gives the names of those."""
        resolved = self.layout.resolve({**self._independent(), **sizes}, self.team)
        changed = [
            f.name for f in self.layout.fields if self.layout.length(f.name, resolved) != len(self.fields.peek(f.name))
        ]
        self.sizes = resolved
        for name, array in packing.allocate(self.layout, resolved, changed).items():
            self.fields[name] = array
        self._point()
        return changed

    def _independent(self) -> dict[str, int]:
        derived = {name for name in self.sizes if name.endswith((".n1", ".n64")) or name.startswith("team_n1.")}
        bare = {name: value for name, value in self.sizes.items() if name not in derived}
        bare.update({n: v for n, v in self.sizes.items() if n in derived and _size(n, {**bare, "team": 1}) is None})
        return bare

    def rebind(self, name: str, array: NDArray[Any]) -> None:
        """Use another array for a field, without a copy if it is contiguous and aligned to 64 bytes."""
        spec, length = self.layout[name], self.layout.length(name, self.sizes)
        if array.dtype != spec.dtype.numpy or array.size != length:
            wanted = f"{length} of {spec.dtype.value}"
            raise LayoutError(f"field {name} holds {wanted}, not {array.size} of {array.dtype}")
        flat = array.reshape(-1)
        if spec.place is not None:
            self.fields[name][...] = flat
            return
        if not flat.flags.c_contiguous or not flat.flags.writeable or flat.ctypes.data % packing.ALIGNMENT:
            copy = aligned(length, spec.dtype.numpy)
            copy[...] = flat
            flat = copy
        self.fields[name] = flat
        self._point()

    def count_of(self, recorder: Recorder) -> int:
        """Elements in a row of a recorder; for spikes the number of neurons."""
        if recorder.kind is RecorderKind.SPIKES:
            return self.sizes[self.layout[recorder.source].extent[-1]]
        if recorder.ranks is not None:
            return len(recorder.ranks)
        return len(self.fields.peek(recorder.source))

    def add_recorder(self, recorder: Recorder) -> Recorder:
        """Let a recorder take part in the runs from now on."""
        index = self.layout.field_index.get(recorder.source)
        if index is None:
            raise LayoutError(f"there is no field {recorder.source} to record")
        if recorder.kind is RecorderKind.SPIKES:
            after = self.layout.fields[index + 1].name if index + 1 < len(self.layout.fields) else ""
            if after != f"{recorder.source}.count":
                raise LayoutError(f"{recorder.source} is no list of events")
        elif recorder.ranks is not None and len(recorder.ranks):
            low, high = int(recorder.ranks.min()), int(recorder.ranks.max())
            if low < 0 or high >= len(self.fields.peek(recorder.source)):
                raise LayoutError(f"ranks {low}..{high} are outside of field {recorder.source}")
        self.recorders.append(recorder)
        return recorder

    def remove_recorder(self, recorder: Recorder) -> None:
        """Stop recording; the rows stay with the recorder."""
        self.recorders.remove(recorder)

    def prepare(self, t0: int, t1: int) -> None:
        """Make ready for steps [t0, t1): room in the recorders, native tables, no stop, status 0. Targets call it."""
        if len(self._recorder_table) < len(self.recorders):
            self._recorder_table = (NativeRecorder * len(self.recorders))()
        for entry, recorder in zip(self._recorder_table, self.recorders, strict=False):
            self._make_room(recorder, t0, t1)
            self.describe_recorder(entry, recorder)
        native = self.native
        self._count_recorders()
        native.recorders = ctypes.addressof(self._recorder_table)
        native.n_recorders = len(self.recorders)
        native.t = t0
        native.stop_after = NEVER
        native.status = 0
        ctypes.memset(ctypes.addressof(native) + NativeBlock.barrier.offset, 0, NativeBlock.barrier.size)
        native.barrier[BARRIER_PAUSES] = self.pauses

    def _count_recorders(self) -> None:
        at_targets = sum(r.kind is RecorderKind.TARGETS for r in self.recorders)
        at_end = sum(r.kind in (RecorderKind.END, RecorderKind.SPIKES) for r in self.recorders)
        for name, count in (("recording.targets", at_targets), ("recording.end", at_end)):
            if name in self.sizes:
                self.sizes[name] = count
                self._size_table[self.layout.size_index[name]] = count

    def finish(self) -> None:
        """Read back what native code changed in the tables. Targets call it after a run."""
        for entry, recorder in zip(self._recorder_table, self.recorders, strict=False):
            recorder.cursor = int(entry.cursor)

    def _make_room(self, recorder: Recorder, t0: int, t1: int) -> None:
        recorder.first = recorder.first_due(t0)
        count = self.count_of(recorder)
        if recorder.kind is RecorderKind.SPIKES:
            if len(recorder.rows) - recorder.cursor < 2 * count or recorder.rows.dtype != np.int64:
                room = max(4 * count + recorder.cursor, 2 * len(recorder.rows), 1 << 12)
                rows = aligned(2 * room, np.dtype(np.int64)).reshape(room, 2)
                rows[: recorder.cursor] = recorder.rows[: recorder.cursor] if recorder.cursor else 0
                recorder.rows = rows
            return
        rows_due, dtype = recorder.due(t0, t1), self.layout[recorder.source].dtype.numpy
        if recorder.rows.shape[1:] != (count,) or len(recorder.rows) < rows_due or recorder.rows.dtype != dtype:
            recorder.rows = aligned(rows_due * count, dtype).reshape(rows_due, count)

    def steps_for(self, room: int) -> int:
        """In how many steps recorded rows take so many bytes; at least 1."""
        values = (r for r in self.recorders if r.kind in (RecorderKind.END, RecorderKind.TARGETS))
        per_step = sum(self.count_of(r) * self.layout[r.source].dtype.numpy.itemsize / r.period for r in values)
        return max(1, int(room / per_step)) if per_step else NEVER

    def set_cursor(self, number: int, cursor: int) -> None:
        """What a device says of a recorder, for `finish` to read back."""
        self._recorder_table[number].cursor = cursor

    def describe_recorder(self, entry: NativeRecorder, recorder: Recorder) -> None:
        """Fill an entry of the native table."""
        spikes = recorder.kind is RecorderKind.SPIKES
        spec = self.layout[recorder.source]
        entry.kind = int(recorder.kind)
        entry.source = self.layout.field_index[recorder.source]
        entry.element = spec.dtype.numpy.itemsize
        entry.count = self.count_of(recorder)
        entry.ranks = None if spikes or recorder.ranks is None else recorder.ranks.ctypes.data
        if spec.place is not None:
            recorder.positions = packing.spread(recorder.ranks, entry.count, packing.stride(self.layout, spec.name))
            entry.ranks = recorder.positions.ctypes.data
        entry.rows = recorder.rows.ctypes.data
        entry.period = self.sizes[spec.extent[0]] if spikes else recorder.period
        entry.phase = recorder.phase
        entry.cursor = recorder.cursor
        entry.capacity = len(recorder.rows)
        entry.start = recorder.start
        entry.reserved = recorder.first


def even(places: Sequence[int]) -> tuple[int, int] | None:
    """The first of some places and the distance from each to the next, if that is always the same."""
    step = places[1] - places[0] if len(places) > 1 else 0
    return (places[0], step) if list(places) == [places[0] + step * i for i in range(len(places))] else None


def bound(n: int, p: int, team: int) -> int:
    """First of the n elements that belong to worker p of a team: the meaning of `spmd.bound`."""
    return min(n, 64 * (-(-n // 64) * p // team))


def bounds(n: int, team: int) -> Sequence[int]:
    """The first element of every worker, and n."""
    return [bound(n, p, team) for p in range(team + 1)]


def check_fits(layout: Layout, block: StateBlock) -> None:
    """Raise `LayoutError` unless a block was made for a layout like this."""
    if block.layout.fingerprint == layout.fingerprint:
        return
    raise LayoutError(f"the block was made for another program: {_difference(layout, block.layout)}")


def _difference(want: Layout, have: Layout) -> str:
    def names(layout: Layout) -> Iterable[str]:
        return [*layout.sizes, *(f.name for f in layout.fields)]

    missing = [n for n in names(want) if n not in names(have)]
    surplus = [n for n in names(have) if n not in names(want)]
    if missing or surplus:
        return f"it lacks {missing or 'nothing'} and has {surplus or 'nothing'} in addition"
    return "types, extents or order differ"
