"""What more workers cost or gain, on an idle machine or a busy one.

    python benchmarks/threads.py [coba20k rate1k ...] [--threads 1 2 4] [--targets llvm openmp] [--ms 5]

Wall milliseconds per simulated second, the best of the repeats, which alternate; the load of the machine is printed.
"""

from __future__ import annotations

import argparse
import os
import time

from networks import Ours
from specs import BENCHES


def best(run: Ours, ms: float, known: float) -> float:
    """The least time so far, in ms per simulated second."""
    begin = time.perf_counter()
    run.simulate(ms)
    return min(known, (time.perf_counter() - begin) * 1e6 / ms)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", default=["coba20k", "rate1k"], metavar="network")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--targets", nargs="+", default=["llvm", "openmp"])
    parser.add_argument("--ms", type=float, default=5.0, help="simulated time of one repeat")
    parser.add_argument("--repeats", type=int, default=4)
    a = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for name in a.names:
        for target in a.targets:
            runs = {threads: Ours(BENCHES[name], "double", target, threads) for threads in a.threads}
            times = dict.fromkeys(runs, float("inf"))
            for run in runs.values():
                run.simulate(a.ms)
            for _ in range(a.repeats):
                for threads, run in runs.items():
                    times[threads] = best(run, a.ms, times[threads])
            print(f"{name:12}{target:8}" + "".join(f"  {t} threads {v:10.1f}" for t, v in times.items()), flush=True)


if __name__ == "__main__":
    main()
