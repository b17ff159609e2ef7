"""What a launch does, in numbers that say something of its time on a device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SECTOR = 32
"""Bytes that memory is read and written in."""


@dataclass
class Counts:
    """`meetings` of a block, `steps`: instructions of a warp, `requests` of a warp to global memory and their
    `sectors`, and `useful` bytes of them. `longest`: instructions of the warp that has most.
    """

    meetings: int = 0
    steps: int = 0
    requests: int = 0
    sectors: int = 0
    useful: int = 0
    longest: int = 0
    _each: NDArray[np.int64] | None = None

    def executed(self, lanes: NDArray[np.int64], count: int, warps: int) -> None:
        """So many instructions of some threads."""
        if self._each is None or len(self._each) != warps:
            self._each = np.zeros(warps, np.int64)
        active = np.unique(lanes // 32)
        self._each[active] += count
        self.steps += count * len(active)
        self.longest = int(self._each.max())

    def touched(self, lanes: NDArray[np.int64], offsets: NDArray[np.int64], width: int) -> None:
        """An access of some threads to global memory."""
        warps = lanes // 32
        self.requests += len(np.unique(warps))
        self.sectors += len(np.unique(warps << 40 | offsets // SECTOR))
        self.useful += len(np.unique(warps << 40 | offsets)) * width
