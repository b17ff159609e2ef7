"""Taking the rows of recorders as native code does (docs/design.md, "Programs and targets")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Array = NDArray[Any]

END, TARGETS, SPIKES = 0, 1, 2


class Recording(Protocol):
    """The part of a state block that recorders use."""

    fields: Mapping[str, Array]
    sizes: Mapping[str, int]
    team: int
    recorders: Sequence[Any]

    def count_of(self, recorder: Any) -> int:
        """Elements in a row; for spikes the number of neurons."""
        ...


def record(block: Recording, k: int, targets: bool, p: int) -> bool:
    """Worker p's part of step k for all recorders; True if one of spikes has too little room for another step."""
    full = False
    for recorder in block.recorders:
        kind = int(recorder.kind)
        if k < recorder.start:
            continue
        if kind == SPIKES and not targets and p == 0:
            full |= _spikes(block, recorder, k)
        elif kind == (TARGETS if targets else END) and (k - recorder.phase) % recorder.period == 0:
            _values(block, recorder, k, p)
    return full


def _values(block: Recording, recorder: Any, k: int, p: int) -> None:
    count = block.count_of(recorder)
    row = (k - recorder.first) // recorder.period
    if row >= len(recorder.rows):
        return
    lo, hi = count * p // block.team, count * (p + 1) // block.team
    source = block.fields[recorder.source]
    chosen = slice(lo, hi) if recorder.ranks is None else recorder.ranks[lo:hi]
    recorder.rows[row, lo:hi] = source[chosen]


def _spikes(block: Recording, recorder: Any, k: int) -> bool:
    n, team = block.count_of(recorder), block.team
    entries, counts = block.fields[recorder.source], block.fields[f"{recorder.source}.count"]
    row = k % (len(counts) // team)
    for q in range(team):
        start = row * n + min(n, 64 * (-(-n // 64) * q // team))
        found = entries[start : start + int(counts[row * team + q])]
        found = found[: len(recorder.rows) - recorder.cursor]
        place = slice(recorder.cursor, recorder.cursor + len(found))
        recorder.rows[place, 0] = k
        recorder.rows[place, 1] = found.astype(np.int64)
        recorder.cursor += len(found)
    return bool(len(recorder.rows) - recorder.cursor < 2 * n)
