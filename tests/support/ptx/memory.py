"""Memory of a device: one arena for all state spaces, with what is allocated and what has been written, by byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from support.ptx.errors import MemoryFault

if TYPE_CHECKING:
    from numpy.typing import NDArray

BASE = 0x7000_0000_0000
"""Address of the first byte."""

ZONE = 256
"""Bytes between two allocations that belong to neither."""

LIVE, DEFINED = 1, 2
SPACES = {"global": 0, "const": 0, "shared": 1, "local": 2}
_TYPES = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
_ALL_DEFINED = {w: t(int.from_bytes(bytes([DEFINED]) * w, "little")) for w, t in _TYPES.items()}


class Memory:
    """An arena of `size` bytes; addresses are integers from `BASE`."""

    def __init__(self, size: int = 1 << 25) -> None:
        self.size = size
        self.bytes = np.zeros(size, np.uint8)
        self.state = np.zeros(size, np.uint8)
        self._values = {w: self.bytes.view(t) for w, t in _TYPES.items()}
        self._states = {w: self.state.view(t) for w, t in _TYPES.items()}
        self.blocks: dict[int, int] = {}
        """Size of each live allocation, by address."""
        self.names: dict[int, str] = {}
        self._next = ZONE
        self.owners = np.full(size // ZONE + 1, -1, np.int32)
        """For each zone, the block or thread that it belongs to; -1 for global memory."""
        self.spaces = np.zeros(size // ZONE + 1, np.uint8)

    def alloc(self, size: int, name: str = "", space: str = "global", owner: int = -1) -> int:
        """So many bytes that hold nothing yet. Freed memory is never given out again, so that its use is seen."""
        start, self._next = self._next, self._next + -(-size // ZONE) * ZONE + ZONE
        if self._next > self.size:
            raise MemoryError(f"the stand-in for a device has {self.size} bytes")
        self.state[start : start + size] = LIVE
        self.owners[start // ZONE : self._next // ZONE] = owner
        self.spaces[start // ZONE : self._next // ZONE] = SPACES[space]
        self.blocks[BASE + start] = size
        self.names[BASE + start] = name
        return BASE + start

    def free(self, address: int) -> None:
        """Give an allocation back."""
        size = self.blocks.pop(address)
        self.state[address - BASE : address - BASE + size] = 0

    def free_bytes(self) -> int:
        """What can still be allocated."""
        return max(0, self.size - self._next - ZONE)

    def write(self, address: int, data: bytes | NDArray[Any]) -> None:
        """Copy from the host."""
        flat = np.frombuffer(data, np.uint8)
        start = self._range(address, len(flat), "a copy to the device")
        self.bytes[start : start + len(flat)] = flat
        self.state[start : start + len(flat)] = DEFINED

    def read(self, address: int, size: int) -> NDArray[np.uint8]:
        """Copy to the host; what nobody wrote reads as it happens to be, as on a device."""
        start = self._range(address, size, "a copy from the device")
        return self.bytes[start : start + size].copy()

    def undefine(self, address: int, size: int) -> None:
        """Forget what was written."""
        self.state[address - BASE : address - BASE + size] = LIVE

    def _range(self, address: int, size: int, what: str) -> int:
        start = address - BASE
        if not 0 <= start <= self.size - size or not self.state[start : start + size].all():
            raise MemoryFault(f"{what} touches {size} bytes at {address:#x}, {self.place(address)}")
        return start

    def place(self, address: int) -> str:
        """Where an address is, in words."""
        below = [a for a in self.names if a <= address]
        if not below:
            return "which is no memory"
        start = max(below)
        name = self.names[start] or f"allocation {start:#x}"
        freed = "" if start in self.blocks else " (freed)"
        return f"byte {address - start} of {name}{freed}, which has {self.blocks.get(start, 0)} bytes"

    def offsets(self, addresses: NDArray[np.uint64], width: int, where: str) -> NDArray[np.int64]:
        """Positions in the arena, all inside of it and aligned."""
        offsets = addresses - np.uint64(BASE)
        outside = offsets > np.uint64(self.size - width)
        if outside.any():
            self._fault("is outside of all memory", addresses, outside, width, where)
        if width > 1:
            crooked = (offsets & np.uint64(width - 1)) != 0
            if crooked.any():
                self._fault("is not aligned", addresses, crooked, width, where)
        return offsets.view(np.int64)

    def belongs(
        self, offsets: NDArray[np.int64], space: str | None, blocks: NDArray[Any], threads: NDArray[Any], where: str
    ) -> None:
        """Shared memory is for its block, local memory for its thread, and an access that names a space is to it."""
        zones = offsets // ZONE
        spaces = self.spaces[zones]
        if space is not None and (spaces != SPACES[space]).any():
            self._fault(f"is not to {space} memory", offsets + BASE, spaces != SPACES[space], 1, where)
        if spaces.any():
            foreign = self.owners[zones] != np.choose(spaces, (-1, blocks, threads))
            if foreign.any():
                self._fault("is to memory of another block or thread", offsets + BASE, foreign, 1, where)

    def load(self, offsets: NDArray[np.int64], width: int, where: str) -> NDArray[Any]:
        """Values of some width at offsets."""
        index = offsets // width if width > 1 else offsets
        states = self._states[width][index]
        bad = states != _ALL_DEFINED[width]
        if bad.any():
            dead = bad & (self.state[offsets] == 0)
            if dead.any():
                self._fault("reads outside of what is allocated", offsets + BASE, dead, width, where)
            self._fault("reads what nobody has written", offsets + BASE, bad, width, where)
        return self._values[width][index]

    def store(self, offsets: NDArray[np.int64], width: int, values: NDArray[Any], where: str) -> None:
        """Write values of some width."""
        index = offsets // width if width > 1 else offsets
        states = self._states[width]
        if (states[index] != _ALL_DEFINED[width]).any():
            for byte in range(width):
                dead = self.state[offsets + byte] == 0
                if dead.any():
                    self._fault("writes outside of what is allocated", offsets + BASE, dead, width, where)
        self._values[width][index] = values
        states[index] = _ALL_DEFINED[width]

    def _fault(self, what: str, addresses: NDArray[Any], bad: NDArray[np.bool_], width: int, where: str) -> None:
        address = int(addresses[bad][0])
        count = int(bad.sum())
        raise MemoryFault(
            f"{where}: an access of {width} bytes at {address:#x} {what} ({count} threads; {self.place(address)})"
        )
