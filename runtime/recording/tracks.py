"""What a monitor holds of one variable: rows with the steps they were taken in, and the segments of recording."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nnc.compiler.codegen.recorder import Recorder
    from nnc.runtime.projections.connectivity import Connectivity


EVENTS: Final[Mapping[str, str]] = {"spike": "spikes", "axon_spike": "axon"}
"""What is recorded as events, with the name of their list."""


@dataclass(frozen=True)
class Chunk:
    """Rows of one stretch of a run, row i that of step `steps[i]`; spikes are pairs (step, neuron), without steps."""

    rows: NDArray[Any]
    steps: NDArray[np.int64]
    wires: Connectivity | None = None
    """Of projections: the synapses then."""


@dataclass
class Track:
    """One variable that is recorded: its recorder while it runs, data so far, segments of time in steps."""

    variable: str
    recorder: Recorder | None = None
    chunks: list[Chunk] = field(default_factory=list)
    segments: list[list[int]] = field(default_factory=list)
    last: list[list[int]] = field(default_factory=list)
    """The segments of the data that were taken last."""

    last_steps: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """The steps of the rows that were taken last."""

    @property
    def count(self) -> int:
        """Rows, or spikes, held."""
        return sum(len(chunk.rows) for chunk in self.chunks)

    @property
    def nbytes(self) -> int:
        """Bytes of the rows in memory."""
        return sum(chunk.rows.nbytes for chunk in self.chunks)

    @property
    def wires(self) -> Connectivity | None:
        """Of projections: the synapses of the first rows held."""
        return self.chunks[0].wires if self.chunks else None

    @property
    def rewired(self) -> bool:
        """Whether synapses came or went between the rows held."""
        return any(chunk.wires is not self.wires for chunk in self.chunks)

    def keep(self, chunk: Chunk) -> None:
        """Take rows over."""
        self.chunks.append(chunk)

    def flush(self) -> None:
        """Bring to a safe place what is not there yet."""

    def rows(self, width: int) -> NDArray[Any]:
        """All rows held, shape (rows, width)."""
        return np.concatenate([chunk.rows for chunk in self.chunks]) if self.chunks else np.zeros((0, width))

    def steps(self) -> NDArray[np.int64]:
        """The steps of all rows held."""
        return np.concatenate([chunk.steps for chunk in self.chunks]) if self.chunks else np.zeros(0, np.int64)

    def spikes(self) -> NDArray[np.int64]:
        """All spikes held: pairs (step, neuron)."""
        return np.concatenate([chunk.rows for chunk in self.chunks]) if self.chunks else np.zeros((0, 2), np.int64)

    def open(self, step: int) -> None:
        """A segment begins, unless one is open."""
        if not self.segments or self.segments[-1][1] >= 0:
            self.segments.append([step, -1])

    def close(self, step: int) -> None:
        """The open segment ends."""
        if self.segments and self.segments[-1][1] < 0:
            self.segments[-1][1] = step

    def until(self, now: int) -> list[list[int]]:
        """The segments so far, the open one up to now."""
        return [[a, now if b < 0 else b] for a, b in self.segments]

    def note_taken(self, now: int) -> None:
        """The data held are about to be handed over."""
        self.last, self.last_steps = self.until(now), self.steps()

    def empty(self, now: int) -> None:
        """Data were handed over: what follows is a new recording."""
        self.chunks.clear()
        self.segments = [[now, -1]] if self.recorder is not None else []

    def forget(self) -> None:
        """Drop data and segments."""
        self.chunks.clear()
        self.segments.clear()
