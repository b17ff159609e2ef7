"""`num_threads="tune"`: the number of workers is found by measurement while the network runs.

Results do not depend on the number of workers, so no step is done for the measurement alone: the first stretches of a
run are done by teams of different sizes, and the fastest goes on. What costs time is to share the state among other
workers (synapses that arriving spikes walk lie in the order of their owners), and that is kept to a small part of the
time of the run.
"""

from __future__ import annotations

import datetime
import time
from typing import TYPE_CHECKING, Final

from nnc.compiler.codegen.target import Status
from nnc.runtime.building.limits import available_memory
from nnc.runtime.measuring.metering import Metered
from nnc.runtime.running.compiling import cores_for
from nnc.runtime.running.cores import is_busy, load_of_machine
from nnc.runtime.running.stretches import interrupts_deferred
from nnc.runtime.running.trials import ROUNDS, Trials
from nnc.runtime.running.verdicts import Verdict, keep_verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnc.compiler.codegen.target import Program
    from nnc.runtime.networks.network import Network
    from nnc.runtime.running.compiling import Compiled

PIECE: Final = 0.003
"""Seconds of one measurement."""

WORTH: Final = 0.2
"""Seconds that a network has to run in all for tuning to begin."""

SHARE: Final = 0.03
"""The part of this time that may be spent on sharing the state among other workers."""

CHUNK: Final = 1.0
"""Seconds of steps between two looks at how long they take."""

WINDOW: Final = 0.25
"""Seconds of steps that such a look is about, at least."""

DRIFT: Final = 1.5
"""Steps that take so many times longer, or shorter, than when the workers were chosen, in two looks, are tried anew."""

PAUSE: Final = 20
"""Between two trials lies so many times the time of a trial."""

SHARING_BYTES: Final = 40
"""Memory for each synapse that moves when a state is shared anew: two indices, two places and a value."""

_FIRST: Final = 16
"""Steps of the first piece, when nothing is known of their cost."""

_GROWTH: Final = 8
"""How many times longer a piece may be than the longest before."""


def candidates(cores: int) -> tuple[int, ...]:
    """Teams to try: each size up to 4, then doubled, and all cores."""
    doubled = [1, 2, 3, *(4 << i for i in range(cores.bit_length()))]
    return tuple(sorted({*(n for n in doubled if n < cores), cores}))


class Tuner:
    """Chooses one of several teams for a network; `team` is the one at work.

    `change` shares the state among another number of workers, which is expected to take `cost` seconds until that
    has been measured. `known` is a verdict that holds already; `keep` is given every new one, but for those of a
    machine with more to do than it has cores: they are no good for other runs.
    """

    def __init__(
        self,
        teams: tuple[int, ...],
        team: int,
        change: Callable[[int], object],
        cost: float,
        known: Verdict | None = None,
        keep: Callable[[Verdict], object] | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.teams, self.team = teams, team
        self.verdict = known
        self.fresh = False
        """Whether the verdict was found here, not in an earlier run."""
        self._change, self._cost, self._keep, self._clock = change, cost, keep, clock
        self._trials: Trials[int] | None = None
        self._spent = self._changing = 0.0
        self._pace: float | None = None
        self._longest = 1
        self._steps, self._seconds, self._drifts = 0, 0.0, 0
        self._not_before = 0.0
        self._trial_began = 0.0

    def advance(self, steps: int, go: Callable[[int], tuple[int, Status]]) -> Status:
        """Do some steps by `go`, which is told how many and tells how many it has done and why it ended."""
        left, status = steps, Status.DONE
        while True:
            if self._trials is None and self._worth(left):
                self._begin(left)
            team = self._next(self._trials, left) if self._trials is not None else None
            if self._trials is not None and team is None:
                self._decide(self._trials)
            if team is not None:
                self._move(team)
            begin, wanted = self._clock(), min(left, self._length(PIECE if team is not None else CHUNK))
            done, status = go(wanted)
            self._note(done, self._clock() - begin, trial=team is not None)
            left -= done
            if left <= 0 or status is not Status.DONE or done < wanted:
                return status

    @property
    def needs(self) -> float:
        """Seconds of runs before teams are tried."""
        return max(WORTH, len(self.teams) * self._cost / SHARE)

    def _length(self, seconds: float) -> int:
        """Steps that take so long, as far as is known."""
        if self._pace is None:
            return _FIRST
        return max(1, min(_GROWTH * self._longest, int(seconds / max(self._pace, 1e-9))))

    def _note(self, done: int, seconds: float, trial: bool) -> None:
        """Some steps have taken some seconds."""
        self._spent += seconds
        if done < 1:
            return
        if trial:
            assert self._trials is not None
            self._trials.took(seconds / done)
            return
        self._pace, self._longest = seconds / done, max(done, self._longest)
        self._steps, self._seconds = self._steps + done, self._seconds + seconds
        if self._seconds >= WINDOW:
            self._look(self._seconds / self._steps)
            self._steps, self._seconds = 0, 0.0

    def _look(self, pace: float) -> None:
        expected = self.verdict.seconds.get(self.team) if self.verdict is not None else None
        drifted = expected is not None and not expected / DRIFT <= pace <= expected * DRIFT
        self._drifts = self._drifts + 1 if drifted else 0

    def _rounds(self, left: int) -> int:
        """Visits of each team that the state may be shared anew for."""
        allowed = SHARE * self._horizon(left) - self._changing
        return int(min(ROUNDS, allowed / max(1e-9, self._cost * len(self.teams))))

    def _horizon(self, left: int) -> float:
        """Seconds of this run, with those before it."""
        return self._spent + left * (self._pace or 0.0)

    def _worth(self, left: int) -> bool:
        """Whether teams are to be tried now."""
        if self._pace is None or len(self.teams) < 2 or (self.verdict is not None and self._drifts < 2):
            return False
        known = self._spent >= max(PIECE, self._not_before)
        return known and self._horizon(left) >= WORTH and self._rounds(left) > 0

    def _begin(self, left: int) -> None:
        rounds = self._rounds(left)
        self._trials = Trials(self.teams, rounds, -(-ROUNDS // rounds))
        self._trial_began = self._spent

    def _next(self, trials: Trials[int], left: int) -> int | None:
        """The team to measure; None if all is known, or if to know more would take more than may be spent."""
        dear = self._changing + self._cost > SHARE * self._horizon(left)
        return None if dear and len(trials.seconds) > 1 else trials.next()

    def _decide(self, trials: Trials[int]) -> None:
        self._trials = None
        self._not_before = self._spent + PAUSE * (self._spent - self._trial_began)
        self._drifts, self._steps, self._seconds = 0, 0, 0.0
        workers = trials.best()
        cores, today = self.teams[-1], datetime.date.today().isoformat()
        self.verdict = Verdict(workers, trials.seconds, cores, load_of_machine(), today)
        self.fresh = True
        self._move(workers)
        self._pace = trials.seconds[workers]
        if self._keep is not None and not is_busy(cores):
            self._keep(self.verdict)

    def _move(self, team: int) -> None:
        """Let another team go on."""
        if team == self.team:
            return
        begin = self._clock()
        self._change(team)
        self.team = team
        self._cost = self._clock() - begin
        self._changing += self._cost


def may_share(program: Program) -> bool:
    """Whether a program may go on with other workers: a device decides for itself, and a profile is of one number."""
    return not hasattr(program, "team_for") and not isinstance(program, Metered)


def _fits(compiled: Compiled) -> bool:
    """Whether there is memory to share the state anew."""
    free = available_memory()
    return free is None or SHARING_BYTES * compiled.moved < free


def tuner_for(network: Network, compiled: Compiled) -> Tuner:
    """What tunes a network, from the verdict of an earlier run if there is one."""
    name = compiled.plan.name

    def change(team: int) -> None:
        with interrupts_deferred() as interrupted:
            network._running().share(network, team)
        if interrupted():
            raise KeyboardInterrupt

    def keep(verdict: Verdict) -> None:
        if name is not None:
            keep_verdict(name, verdict)

    teams = candidates(cores_for(network)) if _fits(compiled) else (compiled.state.block.team,)
    return Tuner(teams, compiled.state.block.team, change, compiled.sharing_seconds(), compiled.plan.verdict, keep)
