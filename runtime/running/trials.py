"""Which of several ways to do the same is fastest, found out while it is done.

The ways are tried in turn, round after round, so that a change of the load meets all of them. A way that has lost
clearly is tried no more. Of two ways the earlier one is taken unless the other is clearly faster, at its best and by
the median: on a busy machine many workers are fast for moments only. What a way is (a number of workers, a storage, a
program) makes no difference here.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Way = TypeVar("Way")

ROUNDS: Final = 5
MARGIN: Final = 0.1
"""How much less time a later way must take to be preferred to an earlier one: more than two measurements differ."""

LOST: Final = 2.0
"""A way that has taken so many times the best is out after a round."""


class Trials(Generic[Way]):
    """Trials of `ways`, those preferred first: `rounds` visits of each, `pieces` measurements in each visit."""

    def __init__(self, ways: Sequence[Way], rounds: int = ROUNDS, pieces: int = 1) -> None:
        self._ways = list(ways)
        self._rounds, self._pieces = rounds, pieces
        self._queue: list[Way] = []
        self._times: dict[Way, list[float]] = {}

    @property
    def seconds(self) -> dict[Way, float]:
        """The usual seconds per step (the median) of each way that was measured."""
        return {way: median(times) for way, times in self._times.items()}

    def next(self) -> Way | None:
        """The way to measure now; None once all is known."""
        if not self._queue and self._rounds > 0:
            self._rounds -= 1
            seconds = self.seconds
            best = min(seconds.values(), default=0.0)
            self._ways = [w for w in self._ways if seconds.get(w, 0.0) <= LOST * best]
            # one way that is left has nothing to be compared with
            self._queue = [w for w in self._ways for _ in range(self._pieces)] if len(self._ways) > 1 else []
        return self._queue[0] if self._queue else None

    def took(self, seconds: float) -> None:
        """The way that `next` named has taken so many seconds per step."""
        self._times.setdefault(self._queue.pop(0), []).append(seconds)

    def best(self) -> Way:
        """The way to take, of those measured."""
        ways = list(self._times)
        chosen = ways[0]
        for way in ways[1:]:
            if all(self._wins(way, chosen, of) for of in (min, median)):
                chosen = way
        return chosen

    def _wins(self, way: Way, other: Way, of: Callable[[list[float]], float]) -> bool:
        return of(self._times[way]) < (1.0 - MARGIN) * of(self._times[other])
