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

from nnc.runtime.errors import NNCRuntimeError, NNCTypeError, NNCValueError
from nnc.runtime.networks.registry import REGISTRY
from nnc.runtime.running.progress import on_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

OnError = Literal["raise", "return"]


@dataclass(frozen=True)
class How:
    """How runs are carried out. `processes`: None for as many as there are cores, 0 for this very process.

    `progress`: a bar, by default on a terminal. `chunksize` runs make one task. `on_error`: a run that fails makes
    everything fail, or its exception is the result. `cores`: each process stays on one of these.
    """

    processes: int | None = None
    executor: Any = None
    progress: bool | None = None
    chunksize: int = 1
    on_error: OnError = "raise"
    cores: Sequence[int] = ()

    def __post_init__(self) -> None:
        if self.on_error not in ("raise", "return"):
            raise NNCValueError(f"on_error is 'raise' or 'return', not {self.on_error!r}")
        if self.chunksize < 1:
            raise NNCValueError(f"chunksize is at least 1, not {self.chunksize}")


@dataclass(frozen=True)
class Failure:
    """A run that raised."""

    error: Exception


class RunError(NNCRuntimeError):
    """A run failed. `index` is its number, `results` what the runs before it gave (None for the others)."""

    def __init__(self, text: str, index: int, results: list[Any]) -> None:
        super().__init__(text)
        self.index = index
        self.results = results


def run_all(
    call: Callable[[int], Any], number: int, how: How, label: Callable[[int], str] = "run {}".format
) -> list[Any]:
    """`[call(0), ..., call(number - 1)]`. A run that fails raises `RunError` with its label and its cause."""
    results: list[Any] = [None] * number
    with_bar = _bar(number, how.progress)
    try:
        for indices, outcomes in _outcomes(call, number, how):
            for index, outcome in zip(indices, outcomes, strict=True):
                if isinstance(outcome, Failure) and how.on_error == "raise":
                    error = outcome.error
                    text = f"{label(index)} failed with {type(error).__name__}: {error}"
                    raise RunError(text, index, results) from error
                results[index] = outcome.error if isinstance(outcome, Failure) else outcome
                with_bar.update(1)
    finally:
        with_bar.close()
    return results


def cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _outcomes(call: Callable[[int], Any], number: int, how: How) -> Iterator[tuple[Sequence[int], list[Any]]]:
    tasks = [range(first, min(number, first + how.chunksize)) for first in range(0, number, how.chunksize)]
    if how.executor is not None:
        submit = submitter(how.executor)
        yield from _collect([(task, submit(perform, call, task)) for task in tasks])
        return
    processes = min(cores() if how.processes is None else how.processes, len(tasks))
    if processes < 1:
        for task in tasks:
            yield task, perform(call, task)
        return
    with _pool(call, processes, how.cores) as submit:
        yield from _collect([(task, submit(task)) for task in tasks])


def _collect(futures: list[tuple[Sequence[int], Future[list[Any]]]]) -> Iterator[tuple[Sequence[int], list[Any]]]:
    try:
        for task, future in futures:
            yield task, _result(future, len(task))
    except BrokenExecutor:
        raise NNCRuntimeError("a process that carried out runs has died (killed, or out of memory)") from None
    finally:
        for _, future in futures:
            future.cancel()


def _result(future: Future[list[Any]], runs: int) -> list[Any]:
    """The outcomes of a task; what its executor raises (a lost worker, what cannot be pickled) fails its runs."""
    try:
        return future.result()
    except BrokenExecutor:
        raise
    except Exception as error:
        return [Failure(error)] * runs


def submitter(executor: Any) -> Callable[..., Future[list[Any]]]:
    """The method of an executor that takes tasks. A client of Dask stands for its executor."""
    if hasattr(executor, "get_executor"):
        executor = executor.get_executor(pure=False)
    submit: Callable[..., Future[list[Any]]] | None = getattr(executor, "submit", None)
    if submit is None:
        raise NNCTypeError(f"executor is one of concurrent.futures, or a client of Dask, not {executor!r}")
    return submit


@contextmanager
def _pool(
    call: Callable[[int], Any], processes: int, pinned: Sequence[int]
) -> Iterator[Callable[[Sequence[int]], Future[list[Any]]]]:
    """What submits tasks to processes; they are forked where that is possible, so that the function is not pickled."""
    forked = "fork" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if forked else None)
    initial: Any = (_begin, (call if forked else None, list(pinned), context.Value("i", 0)))
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


def _begin(call: Callable[[int], Any] | None, pinned: Sequence[int], taken: Any) -> None:
    """A process starts: it keeps what it has to do (if it was forked), and stays on a core of its own if it has to."""
    REGISTRY.worker = call
    pin = getattr(os, "sched_setaffinity", None)
    if not pinned or pin is None:
        return
    with taken.get_lock():
        number = taken.value
        taken.value += 1
    pin(0, {pinned[number % len(pinned)]})


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


def _bar(number: int, wanted: bool | None) -> Any:
    if not (number > 1 and on_terminal() if wanted is None else wanted):
        return _NoBar()
    from tqdm.auto import tqdm

    return tqdm(total=number, unit="run")
