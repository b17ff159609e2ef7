"""Which of several ways to do the same is fastest, found out while it is done.

The ways are tried in turn, round after round, so that a change of the load meets all of them, and the least time of
each counts. A way that has lost clearly is tried no more. Of two ways the earlier one is taken unless the other is
clearly faster. What a way is (a number of workers, a storage, a program) makes no difference here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        self.seconds: dict[Way, float] = {}
        """The least seconds per step of each way so far."""

    def next(self) -> Way | None:
        """The way to measure now; None once all is known."""
        if not self._queue and self._rounds > 0:
            self._rounds -= 1
            least = min(self.seconds.values(), default=0.0)
            self._ways = [w for w in self._ways if self.seconds.get(w, 0.0) <= LOST * least]
            # one way that is left has nothing to be compared with
            self._queue = [w for w in self._ways for _ in range(self._pieces)] if len(self._ways) > 1 else []
        return self._queue[0] if self._queue else None

    def took(self, seconds: float) -> None:
        """The way that `next` named has taken so many seconds per step."""
        way = self._queue.pop(0)
        self.seconds[way] = min(seconds, self.seconds.get(way, seconds))

    def best(self) -> Way:
        """The way to take, of those measured."""
        ways = list(self.seconds)
        chosen = ways[0]
        for way in ways[1:]:
            if self.seconds[way] < (1.0 - MARGIN) * self.seconds[chosen]:
                chosen = way
        return chosen
