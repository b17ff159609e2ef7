"""Time per simulated second: nnc against hand-written C and whichever peers are there, all in turn in one run.

    python benchmarks/run.py [coba izhi ...] [--threads 1 2] [--targets llvm openmp] [--repeats 5] [--markdown]
                             [--annarchy PYTHON] [--brian2 PYTHON] [--nest PYTHON]

Milliseconds per simulated second, minima and medians of the repeats (CPU time, wall time where several threads are
compared).
`x floor` is the ratio of minima to the hand-written kernel of the same precision (one thread); `peer / nnc` how much
longer the peer takes than the faster target of nnc with one thread. `shows` (mean rate, or mean r) tells that all do
the same work. A peer is given by the interpreter of the environment in which it is installed. NumPy's gemv (and SciPy's
sparse product) takes part in rate networks. `--markdown` prints a line per network, with the goal for `x floor`.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
from contextlib import ExitStack

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from blas import Blas
from contest import PEERS, Inside, Lap, Missing, Outside
from floors import Floor
from networks import Ours
from specs import BENCHES, Bench
from tables import HEAD, PLAIN, Key, Measured, head, line, lines


class Comparison:
    """One network in one precision."""

    def __init__(self, name: str, precision: str, options: argparse.Namespace) -> None:
        self.name, self.precision, self.options = name, precision, options
        self.bench: Bench = BENCHES[name]
        self.runs: dict[Key, Inside | Outside] = {}

    def enter(self, stack: ExitStack) -> None:
        """Build all that take part; peers that cannot are named and left out."""
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        bench, precision = self.bench, self.precision
        if not self.options.no_floor:
            self._add(stack, Key("floor", 1), Inside(Floor(bench, precision, folder), bench))
        for target in self.options.targets:
            for threads in self.options.threads:
                self._add(stack, Key(target, threads), Inside(Ours(bench, precision, target, threads), bench))
        if Blas.fits(bench) and not self.options.no_floor:
            self._add(stack, Key("numpy", 1), Inside(Blas(bench, precision), bench))
        for peer in PEERS:
            python = getattr(self.options, peer)
            if python is None:
                continue
            try:
                self._add(stack, Key(peer, 1), Outside(peer, python, self.name, bench, precision, 1))
            except Missing as reason:
                print(f"# {self.name} {precision} {peer}: {reason}", flush=True)

    def _add(self, stack: ExitStack, key: Key, run: Inside | Outside) -> None:
        self.runs[key] = run
        stack.callback(run.close)

    def measure(self) -> Measured:
        """All repeats, in turn."""
        laps: dict[Key, list[Lap]] = {key: [] for key in self.runs}
        for _ in range(self.options.repeats):
            for key, run in self.runs.items():
                laps[key].append(run.lap())
        one = set(self.options.threads) == {1}
        times = {key: [lap.cpu if one else lap.wall for lap in found] for key, found in laps.items()}
        shows = {key: run.sanity() for key, run in self.runs.items()}
        return Measured(self.name, self.precision, self.bench, tuple(self.options.targets), times, shows)


def main() -> None:
    """The command line."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="network", help=", ".join(BENCHES), default=list(BENCHES))
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--targets", nargs="+", default=["llvm", "openmp"])
    parser.add_argument("--precisions", nargs="+", default=["double", "float"], choices=["double", "float"])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--markdown", action="store_true", help="print a table for a README")
    parser.add_argument("--no-floor", action="store_true", help="neither hand-written kernels nor NumPy")
    for peer in PEERS:
        parser.add_argument(f"--{peer}", metavar="PYTHON", help=f"interpreter that has {peer}")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHES]
    if unknown:
        parser.error(f"unknown network {unknown[0]}; there are {', '.join(BENCHES)}")
    print(head(options.targets, options.threads) if options.markdown else PLAIN.format(*HEAD), flush=True)
    for name in options.names:
        for precision in options.precisions:
            with ExitStack() as stack:
                comparison = Comparison(name, precision, options)
                comparison.enter(stack)
                measured = comparison.measure()
                found = [line(measured, options.threads)] if options.markdown else lines(measured)
                print(*found, sep="\n", flush=True)
            del comparison
            gc.collect()


if __name__ == "__main__":
    main()
