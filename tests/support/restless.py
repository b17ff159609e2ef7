"""A tuner that never settles: another number of workers every few steps, whatever it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.codegen.target import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnc.runtime.networks.network import Network
    from nnc.runtime.running.compiling import Compiled

TEAMS = (2, 3, 1, 5, 2)


class Restless:
    """Takes the teams of `TEAMS` in turn, for 1, 2 or 3 steps each."""

    def __init__(self, network: Network, compiled: Compiled) -> None:
        self._network, self.pieces = network, 0

    def advance(self, steps: int, go: Callable[[int], tuple[int, Status]]) -> Status:
        """See `Tuner.advance`."""
        while True:
            self._network._running().share(self._network, TEAMS[self.pieces % len(TEAMS)])
            self.pieces += 1
            wanted = min(steps, 1 + self.pieces % 3)
            done, status = go(wanted)
            steps -= done
            if steps <= 0 or status is not Status.DONE:
                return status
