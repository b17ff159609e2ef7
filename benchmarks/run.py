"""Time per simulated second against hand-written C, in one process, interleaved.

    python benchmarks/run.py [coba izhi ...] [--threads 1 2] [--targets llvm openmp] [--repeats 5] [--markdown]

Milliseconds per simulated second, medians of the repeats (CPU time for one thread, wall time else), `x floor` is the
ratio to the hand-written kernel of the same precision (one thread, gcc -O3 with loose maths), and the last column (mean
rate, or mean r) shows that all do the same work.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time

from floors import Floor
from networks import BENCHES, Bench, Ours

Key = tuple[str, int]


def timed(run: Floor | Ours, ms: float, cpu: bool) -> float:
    """Milliseconds per simulated second."""
    clock = time.process_time if cpu else time.perf_counter
    start = clock()
    run.simulate(ms)
    return (clock() - start) * 1e6 / ms


def compare(name: str, bench: Bench, precision: str, keys: list[Key], repeats: int, cells: str) -> None:
    """Print the rows of one network and precision."""
    with tempfile.TemporaryDirectory() as folder:
        runs: dict[Key, Floor | Ours] = {("floor", 1): Floor(bench, precision, folder)}
        for target, threads in keys:
            runs[target, threads] = Ours(bench, precision, target, threads)
        for run in runs.values():
            run.simulate(bench.window)
        times: dict[Key, list[float]] = {key: [] for key in runs}
        for _ in range(repeats):
            for key, run in runs.items():
                times[key].append(timed(run, bench.window, cpu=key[1] == 1))
        floor = statistics.median(times["floor", 1])
        for key, found in times.items():
            middle = statistics.median(found)
            row = (name, precision, *key, middle, min(found), middle / floor, runs[key].sanity(), bench.unit)
            print(cells.format(*row), flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="network", help=", ".join(BENCHES), default=list(BENCHES))
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--targets", nargs="+", default=["llvm", "openmp"])
    parser.add_argument("--precisions", nargs="+", default=["double", "float"], choices=["double", "float"])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--markdown", action="store_true", help="print a table for a README")
    a = parser.parse_args()
    head = ("network", "precision", "what", "threads", "ms/s", "min", "x floor", "rate")
    if a.markdown:
        print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
        cells = "| {} | {} | {} | {} | {:.1f} | {:.1f} | {:.2f} | {:.2f} {} |"
    else:
        print("{:12}{:10}{:>8}{:>9}{:>10}{:>10}{:>9}{:>10}".format(*head))
        cells = "{:12}{:10}{:>8}{:>9}{:>10.1f}{:>10.1f}{:>9.2f}{:>10.2f} {}"
    keys = [(target, threads) for target in a.targets for threads in a.threads]
    for name in a.names:
        for precision in a.precisions:
            compare(name, BENCHES[name], precision, keys, a.repeats, cells)


if __name__ == "__main__":
    main()
