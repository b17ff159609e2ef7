"""Calling a function for 0 .. n - 1 somewhere else: in forked processes, or wherever an executor puts it.

Results come in order, whatever runs first. By default processes are forked: they have everything the script has, so
the function may be any closure. An executor of `concurrent.futures` (or one that works like it) gets tasks that it
has to pickle itself.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import warnings
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.reduction import ForkingPickler
from typing import TYPE_CHECKING, Any, Literal

from nnc.runtime.errors import NNCRuntimeError, NNCValueError
from nnc.runtime.registry import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

OnError = Literal["raise", "return"]


@dataclass(frozen=True)
class How:
    """How runs are carried out. `processes`: None for as many as there are cores, 0 for this very process.

    `chunksize` runs make one task. `on_error`: a run that fails makes everything fail, or its exception is the result.
    """

    processes: int | None = None
    executor: Any = None
    progress: bool = False
    chunksize: int = 1
    on_error: OnError = "raise"

    def __post_init__(self) -> None:
        if self.on_error not in ("raise", "return"):
            raise NNCValueError(f"on_error is 'raise' or 'return', not {self.on_error!r}")
        if self.chunksize < 1:
            raise NNCValueError(f"chunksize is at least 1, not {self.chunksize}")


@dataclass(frozen=True)
class Failure:
    """A run that raised."""

    error: Exception


def run_all(call: Callable[[int], Any], number: int, how: How) -> list[Any]:
    """`[call(0), ..., call(number - 1)]`. A run that fails raises `NNCRuntimeError` with its number and its cause."""
    results: list[Any] = [None] * number
    with_bar = _bar(number, how.progress)
    try:
        for indices, outcomes in _outcomes(call, number, how):
            for index, outcome in zip(indices, outcomes, strict=True):
                results[index] = _value(index, outcome, how.on_error)
                with_bar.update(1)
    finally:
        with_bar.close()
    return results


def _value(index: int, outcome: Any, on_error: OnError) -> Any:
    if not isinstance(outcome, Failure):
        return outcome
    if on_error == "return":
        return outcome.error
    error = outcome.error
    raise NNCRuntimeError(f"run {index} failed with {type(error).__name__}: {error}") from error


def cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _outcomes(call: Callable[[int], Any], number: int, how: How) -> Iterator[tuple[Sequence[int], list[Any]]]:
    tasks = [range(first, min(number, first + how.chunksize)) for first in range(0, number, how.chunksize)]
    if how.executor is not None:
        yield from _collect([(task, how.executor.submit(perform, call, task)) for task in tasks])
        return
    processes = min(cores() if how.processes is None else how.processes, len(tasks))
    if processes < 1:
        for task in tasks:
            yield task, perform(call, task)
        return
    with _pool(call, processes) as submit:
        yield from _collect([(task, submit(task)) for task in tasks])


def _collect(futures: list[tuple[Sequence[int], Future[list[Any]]]]) -> Iterator[tuple[Sequence[int], list[Any]]]:
    try:
        for task, future in futures:
            yield task, future.result()
    except BrokenExecutor:
        raise NNCRuntimeError("a process that carried out runs has died (killed, or out of memory)") from None
    finally:
        for _, future in futures:
            future.cancel()


@contextmanager
def _pool(call: Callable[[int], Any], processes: int) -> Iterator[Callable[[Sequence[int]], Future[list[Any]]]]:
    """What submits tasks to processes; they are forked where that is possible, so that the function is not pickled."""
    forked = "fork" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if forked else None)
    initial: Any = (_remember, (call,)) if forked else (None, ())
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with warnings.catch_warnings():
        # Threads of libraries (BLAS) are idle at this point; Python cannot know that, and warns of any thread.
        warnings.filterwarnings("ignore", message=".*multi-threaded, use of fork", category=DeprecationWarning)
        executor = ProcessPoolExecutor(processes, context, *initial)
        try:
            yield (
                (lambda task: executor.submit(_perform_remembered, task))
                if forked
                else (lambda task: executor.submit(perform, call, task))
            )
        finally:
            executor.shutdown(wait=True, cancel_futures=True)


def _remember(call: Callable[[int], Any]) -> None:
    REGISTRY.worker = call


def _perform_remembered(task: Sequence[int]) -> list[Any]:
    assert REGISTRY.worker is not None
    done: list[Any] = []
    # In a thread of its own, because OpenMP runtimes forget in forked threads that their helpers are gone.
    thread = threading.Thread(target=lambda: done.extend(perform(REGISTRY.worker, task, True)))
    thread.start()
    thread.join()
    return done


def perform(call: Any, task: Sequence[int], portable: bool = False) -> list[Any]:
    """The results of some runs, exceptions as `Failure`; `portable`: all of them can be sent to another process."""
    outcomes: list[Any] = []
    for index in task:
        try:
            outcome = call(index)
            if portable:
                ForkingPickler.dumps(outcome)
        except Exception as error:
            outcome = Failure(_sendable(error) if portable else error)
        outcomes.append(outcome)
    return outcomes


def _sendable(error: Exception) -> Exception:
    """The error, or its text where the error itself does not survive the way between processes."""
    try:
        returned = ForkingPickler.loads(ForkingPickler.dumps(error))
    except Exception:
        return NNCRuntimeError(f"{type(error).__name__}: {error}")
    return error if type(returned) is type(error) else NNCRuntimeError(str(error))


class _NoBar:
    def update(self, n: int) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Nothing to do."""


def _bar(number: int, wanted: bool) -> Any:
    if not wanted:
        return _NoBar()
    from tqdm.auto import tqdm

    return tqdm(total=number, unit="run")
