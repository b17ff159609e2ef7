"""What more workers cost or gain, on an idle machine or a busy one, and what they could gain at most.

    python benchmarks/threads.py [coba20k rate1k ...] [--threads 1 2 4] [--targets llvm openmp] [--precision float]

Wall milliseconds per simulated second, the best of the repeats, which alternate; the load of the machine is printed.
`x one` is how many times faster than one worker. `bound` is what the machine allows: as many independent copies of the
network, with one worker each, run side by side, and together do so many times the work of one that runs alone; caches
and memory that they share keep it below their number. `auto` is the number of workers that the cost model takes, and
`us/step` the time of a step with one worker.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from networks import Ours
from specs import BENCHES

from nnc.runtime.running.team import AUTO, team_size
from nnc.runtime.running.work import work_of

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

DEFAULT = ("coba", "coba20k", "cobahh", "brunel", "brunel_stdp", "rate1k", "rates_k100", "conv")
ROW = "{:14}{:8}{:>9}{:>10}{:>8}{:>8}{:>10}{:>6}"


def lap(run: Ours, ms: float) -> float:
    """The time of one repeat, in ms per simulated second."""
    begin = time.perf_counter()
    run.simulate(ms)
    return (time.perf_counter() - begin) * 1e6 / ms


def repeat(pipe: Connection, name: str, precision: str, target: str, ms: float) -> None:
    """A copy of a network that runs whenever it is told to, until it is told to stop; then it says so."""
    run = Ours(BENCHES[name], precision, target, 1)
    run.simulate(BENCHES[name].warm)
    pipe.send("ready")
    while pipe.recv() == "go":
        while not pipe.poll():
            run.simulate(ms)
        pipe.recv()
        pipe.send("idle")


class Copies:
    """Copies of a network in processes of their own."""

    def __init__(self, stack: ExitStack, count: int, *network: object) -> None:
        processes = multiprocessing.get_context("spawn")
        self.pipes = []
        for _ in range(count):
            here, there = processes.Pipe()
            process = processes.Process(target=repeat, args=(there, *network), daemon=True)
            process.start()
            stack.callback(process.join)
            stack.callback(here.send, "end")
            self.pipes.append(here)
        self._all("ready")

    def _all(self, word: str) -> None:
        for pipe in self.pipes:
            assert pipe.recv() == word

    def beside(self, run: Ours, ms: float) -> float:
        """The time of one repeat while all copies run."""
        for pipe in self.pipes:
            pipe.send("go")
        time.sleep(0.01)
        try:
            return lap(run, ms)
        finally:
            for pipe in self.pipes:
                pipe.send("stop")
            self._all("idle")


def compare(name: str, target: str, options: argparse.Namespace) -> None:
    """Measure one network and print its rows."""
    bench, precision, counts = BENCHES[name], options.precision, sorted({1, *options.threads})
    runs = {count: Ours(bench, precision, target, count) for count in counts}
    for run in runs.values():
        run.simulate(bench.warm)
    one = runs[1]
    wanted = options.seconds * 1e6 / min(lap(one, 20 * bench.dt) for _ in range(5))
    ms = max(1, round(wanted / bench.dt)) * bench.dt
    times = dict.fromkeys(counts, float("inf"))
    beside = dict.fromkeys(counts[1:], float("inf"))
    with ExitStack() as stack:
        copies = {n: Copies(stack, n - 1, name, precision, target, ms) for n in counts[1:]}
        for _ in range(options.repeats):
            for count, run in runs.items():
                times[count] = min(times[count], lap(run, ms))
            for count, others in copies.items():
                beside[count] = min(beside[count], others.beside(one, ms))
    auto = team_size(AUTO, work_of(one.net))
    for count, best in times.items():
        gain = "" if count == 1 else f"{times[1] / best:.2f}"
        bound = "" if count == 1 else f"{count * times[1] / beside[count]:.2f}"
        step = f"{times[1] * bench.dt:.1f}" if count == 1 else ""
        mark = str(auto) if count == 1 else ""
        print(ROW.format(name, target, count, f"{best:.1f}", gain, bound, step, mark), flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", default=DEFAULT, metavar="network")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--targets", nargs="+", default=["llvm", "openmp"])
    parser.add_argument("--precision", default="double", choices=["double", "float"])
    parser.add_argument("--seconds", type=float, default=0.02, help="of one repeat with one worker, about")
    parser.add_argument("--repeats", type=int, default=12)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(ROW.format("network", "target", "threads", "ms/s", "x one", "bound", "us/step", "auto"), flush=True)
    for name in options.names:
        for target in options.targets:
            compare(name, target, options)


if __name__ == "__main__":
    main()
