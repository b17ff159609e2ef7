"""Running a compiled network: stretches of steps in native code, with recorders and signals looked after between."""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from nnc.compiler.codegen.target import Status
from nnc.compiler.session import current as current_session
from nnc.runtime.errors import NNCTypeError, NNCValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

    from nnc.runtime.projections.structural import StructuralPhase
    from nnc.runtime.recording.monitor import Monitor
    from nnc.runtime.running.compiling import Compiled
    from nnc.runtime.running.watch import Watch

STRETCH: Final = 0.05
"""Seconds of wall time between two looks at signals."""

ROOM: Final = 1 << 24
"""Bytes of recorded rows that a stretch may take."""

_LONGEST: Final = 1 << 20

_UNWATCHED: Final = 1e-3
"""Seconds of steps that the watch is told of together: the first stretches of a run are shorter than a look."""


def steps_in(duration: float, dt: float) -> int:
    """Steps that make up a duration in ms: rounded where it is a multiple of dt but for round-off, else up."""
    if isinstance(duration, bool | str) or not hasattr(duration, "__float__"):
        raise NNCTypeError(f"a duration is a number of ms, not {duration!r}")
    if not 0.0 <= float(duration) < math.inf:
        raise NNCValueError(f"a duration is a finite, non-negative number of ms, not {duration}")
    exact = float(duration) / dt
    nearest = round(exact)
    return nearest if abs(exact - nearest) <= max(1e-6, 1e-15 * exact) else math.ceil(exact)


def steps_of_the_reference(duration: float, dt: float, callbacks: bool) -> int:
    """Steps that the reference simulator makes: round-off counts, and with callbacks the last part of a step does not.

    Durations that `steps_in` refuses are expected to have been refused.
    """
    exact = float(duration) / dt
    return math.trunc(exact) if callbacks else math.ceil(exact)


def advance(
    compiled: Compiled,
    monitors: Sequence[Monitor],
    steps: int,
    progress: Callable[[int], object] | None = None,
    cores: Sequence[int] = (),
    watch: Watch | None = None,
    structural: StructuralPhase | None = None,
) -> Status:
    """Do a number of steps, or fewer if a stop condition holds; `progress` is told how many, from time to time.

    The threads run on the given `cores` only, if there are any and the system can do that. `watch` looks at the state
    between stretches.

    Whatever is raised, the state is that at the end of a step and no record is lost.
    """
    session = current_session()
    if session is not None:
        session.before_simulation()
    with interrupts_deferred() as interrupted, _pinned(cores):
        try:
            return _run(compiled, monitors, steps, interrupted, progress, watch, structural)
        finally:
            for monitor in monitors:
                monitor.flush()


def _run(
    compiled: Compiled,
    monitors: Sequence[Monitor],
    steps: int,
    interrupted: Callable[[], bool],
    progress: Callable[[int], object] | None,
    watch: Watch | None,
    structural: StructuralPhase | None,
) -> Status:
    block, program = compiled.state.block, compiled.program
    start, end = block.t, block.t + steps
    unwatched = 0.0
    while block.t < end:
        first = block.t
        last = min(end, first + min(compiled.stretch, block.steps_for(ROOM)))
        if structural is not None:
            last = structural.end(first, last)
        begin = time.perf_counter()
        for timed in compiled.inputs:
            last = timed.prepare(compiled.state, first, last)
        if watch is not None and (compiled.inputs or first == start):
            watch.begin()
        try:
            status = program.run(block, first, last)
        finally:
            for monitor in monitors:
                monitor.drain(first, block.t)
            for timed in compiled.inputs:
                timed.took(block.t - first)
        if progress is not None:
            progress(block.t - first)
        unwatched += time.perf_counter() - begin
        if watch is not None and (unwatched > _UNWATCHED or block.t == end or status is Status.STOPPED):
            watch.after(unwatched)
            unwatched = 0.0
        if structural is not None and block.t > first and structural.perform(block.t - 1) and watch is not None:
            watch.begin()
        if interrupted():
            raise KeyboardInterrupt
        if status is Status.STOPPED:
            return status
        elapsed = max(time.perf_counter() - begin, 1e-9)
        done = max(1, block.t - first)
        compiled.stretch = max(1, min(_LONGEST, 4 * compiled.stretch, int(done * STRETCH / elapsed)))
    return Status.DONE


@contextmanager
def _pinned(cores: Sequence[int]) -> Iterator[None]:
    """Threads started in here run on some cores only."""
    if not cores or sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def interrupts_deferred() -> Iterator[Callable[[], bool]]:
    """Ctrl-C sets a flag instead of raising somewhere in the middle; other handlers than Python's own stay."""
    seen: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        seen.append(number)

    ours = threading.current_thread() is threading.main_thread()
    ours = ours and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(seen)
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
