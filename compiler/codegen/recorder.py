"""Recorders: rows of a field, or spikes, that native code takes while it runs."""

from __future__ import annotations

import ctypes
import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.diagnostics import NNCError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class LayoutError(NNCError):
    """A block does not fit a program, or sizes and arrays do not fit a layout."""


class RecorderKind(enum.IntEnum):
    """What a recorder takes, and when in a step."""

    END = 0
    """Values at the end of a step."""
    TARGETS = 1
    """Values of sums and conductances, when `loop.record targets` runs."""
    SPIKES = 2
    """Pairs (step, neuron), at the end of a step."""
    OFF = 3
    """Nothing."""


class NativeRecorder(ctypes.Structure):
    """`struct nnc_recorder`."""

    _fields_ = [
        *((name, ctypes.c_int64) for name in ("kind", "source", "element", "count")),
        ("ranks", ctypes.c_void_p),
        ("rows", ctypes.c_void_p),
        *((name, ctypes.c_int64) for name in ("period", "phase", "cursor", "capacity", "start", "reserved")),
    ]


@dataclass(eq=False)
class Recorder:
    """Rows of a field, or spikes, taken by native code during a run.

    Values are taken in the steps k >= `start` with (k - `phase`) divisible by `period`; each stretch (one call of
    `Program.run`) starts at row 0 of `rows`, so read `taken` after every stretch. Spikes are pairs (step, neuron);
    those of a stretch follow those before until `clear`.
    """

    kind: RecorderKind
    source: str
    ranks: NDArray[np.int32] | None = None
    period: int = 1
    phase: int = 0
    start: int = 0
    rows: NDArray[Any] = field(default_factory=lambda: np.zeros((0, 0)))
    cursor: int = 0
    positions: NDArray[np.int32] | None = None
    """Where the elements are in a field with gaps; set by `StateBlock.describe_recorder`."""

    first: int = 0
    """First recorded step of the stretch; set by `StateBlock.prepare`."""

    def __post_init__(self) -> None:
        if self.period < 1:
            raise LayoutError(f"the period of a recorder is at least 1 step, not {self.period}")
        if self.ranks is not None:
            self.ranks = np.ascontiguousarray(self.ranks, np.int32)

    def first_due(self, t0: int) -> int:
        """The first step >= t0 in which a row is taken."""
        begin = max(t0, self.start)
        return begin + (self.phase - begin) % self.period

    def due(self, t0: int, t1: int) -> int:
        """How many rows are taken in steps [t0, t1)."""
        if self.kind in (RecorderKind.SPIKES, RecorderKind.OFF):
            return 0
        return max(0, -(-(t1 - self.first_due(t0)) // self.period))

    def taken(self, t0: int, t1: int) -> NDArray[Any]:
        """The rows of a stretch that did steps [t0, t1) (values), or all pairs since `clear` (spikes). A view."""
        return self.rows[: self.cursor if self.kind is RecorderKind.SPIKES else self.due(t0, t1)]

    def steps(self, t0: int, t1: int) -> NDArray[np.int64]:
        """The steps of the rows taken in steps [t0, t1)."""
        return self.first_due(t0) + self.period * np.arange(self.due(t0, t1), dtype=np.int64)

    def due_until(self, t: int) -> int:
        """How many rows a stretch that ended before step t has taken."""
        return max(0, -(-(t - self.first) // self.period))

    def clear(self) -> None:
        """Forget the spikes held."""
        self.cursor = 0
