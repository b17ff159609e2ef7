"""Running PTX: a state block mirrored on a device, and one launch per stretch of steps.

Fields live on the device. What Python has taken out of the block since the last run is uploaded before the next one
(it may have been written to), and what the kernel may have changed is downloaded when Python takes it out again.
"""

from __future__ import annotations

import contextlib
import ctypes
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.codegen.cuda.driver import DriverError
from nnc.compiler.codegen.cuda.emit import THREADS
from nnc.compiler.codegen.layout import NativeBlock, check_fits
from nnc.compiler.codegen.recorder import NativeRecorder, RecorderKind
from nnc.compiler.codegen.target import Status

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.compiler.codegen.cuda.driver import Driver
    from nnc.compiler.codegen.layout import Layout, StateBlock
    from nnc.compiler.codegen.recorder import Recorder
    from nnc.compiler.options import Determinism

_FIXED = ("param", "constant")
"""Roles of fields that a kernel does not write."""


class CUDAProgram:
    """A kernel on one device. One worker of the team is one block of threads."""

    def __init__(
        self, layout: Layout, ptx: str, entry: str, driver: Driver, determinism: Determinism = "strict"
    ) -> None:
        self.layout = layout
        self.determinism = determinism
        self._driver = driver
        self._function = driver.function(ptx, entry)
        self._resident = driver.resident(self._function, THREADS)
        self._mirrors: weakref.WeakKeyDictionary[StateBlock, Mirror] = weakref.WeakKeyDictionary()
        self._lost: weakref.WeakKeyDictionary[StateBlock, list[str]] = weakref.WeakKeyDictionary()
        """Blocks that a device has failed with, and the fields whose values were newer there."""

    @property
    def resident(self) -> int:
        """How many workers fit on the device at once."""
        return self._resident

    def team_for(self, largest: int) -> int:
        """The number of workers to make a block for, if its largest population has so many neurons."""
        return max(1, min(self._resident, self._driver.device.processors, -(-largest // 64)))

    def run(self, block: StateBlock, t0: int, t1: int) -> Status:
        """Do steps [t0, t1), see `Program.run`."""
        check_fits(self.layout, block)
        if block.team > self._resident:
            name = self._driver.device.name
            raise DriverError(f"{block.team} workers do not fit on {name} at once: at most {self._resident}")
        lost = self._lost.get(block)
        if lost:
            raise DriverError(
                f"the device failed at t = {t0} steps, and the newest values of {_some(lost)} are lost\n"
                f"  = help: load a checkpoint, or build the network anew"
            )
        block.prepare(t0, t1)
        mirror = self._mirrors.get(block)
        if mirror is None:
            mirror = self._mirrors[block] = Mirror(self._driver, block)
        address = mirror.upload(block)
        try:
            self._driver.launch(self._function, block.team, THREADS, address, t0, t1)
            mirror.download(block)
        except DriverError as error:
            del self._mirrors[block]
            lost = self._lost[block] = mirror.lose()
            older = f"; {_some(lost)} have the values that were last read" if lost else ""
            raise DriverError(f"{error}\n  = the network is at step {t0}, its state can be read{older}") from error
        block.finish()
        return Status(block.status)


class Mirror:
    """The memory of one state block on the device."""

    def __init__(self, driver: Driver, block: StateBlock) -> None:
        self._driver = driver
        self._buffers: dict[str, tuple[int, int]] = {}
        self._stale: set[str] = set()
        self._native = NativeBlock()
        self._recorders: Any = (NativeRecorder * 1)()
        self._fields = block.fields
        weakref.finalize(self, _release, driver, self._buffers)
        self._check_room(block)
        method = weakref.WeakMethod(self.fetch)
        block.fields.fetch = lambda name: _through(method, name)

    def fetch(self, name: str) -> None:
        """Bring the newer values of a field to the host."""
        if name in self._stale:
            self._stale.discard(name)
            self._driver.download(self._fields.peek(name), self._buffers[name][0])

    def upload(self, block: StateBlock) -> int:
        """Bring the device up to date; gives the address of the struct."""
        for spec in block.layout.fields:
            array = self._fields.peek(spec.name)
            moved = self._room(spec.name, array.nbytes)
            if moved or spec.name in self._fields.touched or spec.name in self._fields.pinned:
                self._driver.upload(self._buffers[spec.name][0], array)
        self._fields.touched.clear()
        table = np.array([self._buffers[f.name][0] for f in block.layout.fields] or [0], np.uint64)
        sizes = np.array([block.sizes[s] for s in block.layout.sizes] or [0], np.int64)
        ctypes.memmove(ctypes.addressof(self._native), block.address, ctypes.sizeof(NativeBlock))
        self._native.field = self._place(" fields", table)
        self._native.size = self._place(" sizes", sizes)
        self._native.recorders = self._place_recorders(block)
        return self._place(" block", _bytes(self._native))

    def download(self, block: StateBlock) -> None:
        """Fetch the struct and the records; other fields wait until they are asked for."""
        self._stale = {f.name for f in block.layout.fields if f.role not in _FIXED}
        for name in self._fields.pinned:
            self.fetch(name)
        self._driver.download(_bytes(self._native), self._buffers[" block"][0])
        native = block.native
        native.t, native.stop_after, native.status = self._native.t, self._native.stop_after, self._native.status
        if not block.recorders:
            return
        self._driver.download(_bytes(self._recorders), self._buffers[" recorders"][0])
        for number, (recorder, theirs) in enumerate(zip(block.recorders, self._recorders, strict=False)):
            self._take(number, recorder, int(theirs.cursor), native.t)
            block.set_cursor(number, int(theirs.cursor))

    def _take(self, number: int, recorder: Recorder, cursor: int, t: int) -> None:
        """Download the rows that the stretch has filled."""
        address = self._buffers[f" rows{number}"][0]
        first, last = (recorder.cursor, cursor) if recorder.kind is RecorderKind.SPIKES else (0, recorder.due_until(t))
        rows = recorder.rows[first:last]
        if rows.size:
            self._driver.download(rows, address + first * recorder.rows.strides[0])

    def _place_recorders(self, block: StateBlock) -> int:
        count = max(1, len(block.recorders))
        self._recorders = (NativeRecorder * count)()
        for number, recorder in enumerate(block.recorders):
            entry = self._recorders[number]
            block.describe_recorder(entry, recorder)
            self._room(f" rows{number}", recorder.rows.nbytes)
            entry.rows = self._buffers[f" rows{number}"][0]
            if recorder.ranks is not None and recorder.kind is not RecorderKind.SPIKES:
                entry.ranks = self._place(f" ranks{number}", recorder.ranks)
        return self._place(" recorders", _bytes(self._recorders))

    def _place(self, name: str, array: NDArray[Any]) -> int:
        self._room(name, array.nbytes)
        address = self._buffers[name][0]
        self._driver.upload(address, array)
        return address

    def _room(self, name: str, size: int) -> bool:
        """Make sure that a buffer has room; True if it is a new one."""
        address, capacity = self._buffers.get(name, (0, -1))
        if size <= capacity:
            return False
        if address:
            self._driver.free(address)
            del self._buffers[name]
        try:
            self._buffers[name] = (self._driver.alloc(max(size, 1)), size)
        except DriverError as error:
            raise self._too_little(size) from error
        return True

    def _check_room(self, block: StateBlock) -> None:
        needed = sum(block.fields.peek(f.name).nbytes for f in block.layout.fields)
        needed += sum(r.rows.nbytes for r in block.recorders)
        if needed > self._driver.free_bytes():
            raise self._too_little(needed)

    def _too_little(self, needed: int) -> DriverError:
        return DriverError(
            f"{_size(needed)} more are needed on {self._driver.device.name}, where {_size(self._driver.free_bytes())} "
            f"are free\n  = help: use single precision, record less, or target 'llvm'"
        )

    def lose(self) -> list[str]:
        """The device has failed: the host keeps what it has. Gives the fields whose newer values are lost."""
        lost, self._stale = sorted(self._stale), set()
        self._fields.fetch = None
        with contextlib.suppress(DriverError):  # a context that is gone has taken its memory along
            _release(self._driver, self._buffers)
        self._buffers.clear()
        return lost


def _size(count: int) -> str:
    return f"{count / 2**20:.1f} MiB" if count >= 1 << 20 else f"{count} bytes"


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _through(method: Any, name: str) -> None:
    fetch = method()
    if fetch is not None:
        fetch(name)


def _bytes(structure: Any) -> NDArray[np.uint8]:
    return np.frombuffer(structure, np.uint8)


def _release(driver: Driver, buffers: dict[str, tuple[int, int]]) -> None:
    for address, _ in buffers.values():
        driver.free(address)
    buffers.clear()
