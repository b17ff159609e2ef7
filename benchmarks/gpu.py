"""The GPU against the CPU targets and ANNarchy's CUDA back end, as Markdown for docs/gpu.md.

    python benchmarks/gpu.py [coba izhi ...] [--precisions double float] [--repeats 3] [--annarchy PYTHON] [--smallest]

What a launch and a meeting of all blocks cost, and the bandwidth of a copy; wall milliseconds per simulated second of
networks (`specs.py`) on one CPU thread and on the GPU in both orders of sums, the least of repeats that alternate, and
whether the state at the end has the bits of the CPU; how much of the bandwidth the large ones use. ANNarchy is given by
the interpreter of the environment that has it. `--smallest` shrinks everything, to try the program itself.
"""

from __future__ import annotations

import argparse
import datetime
import gc
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from contest import Inside, Lap, Missing, Outside
from device import bandwidth, barrier_cost, launch_cost
from networks import Ours
from specs import BENCHES, EVENTS, Bench

from nnc.compiler import __version__
from nnc.compiler.codegen.cuda import CUDATarget
from nnc.compiler.codegen.target import TargetUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NETWORKS = ("coba", "coba20k", "brunel", "rates_k1000", "izhi")
RATES = (0.001, 0.01, 0.1)
"""Fractions of neurons that fire in a step, for the propagation of spikes alone."""

ORDERS = ("strict", "fast")
PEER = "annarchy on cuda"


class Sizes(NamedTuple):
    """How much is measured. `shrink`: networks are made as small as they go."""

    repeats: int
    copied: int = 1 << 30
    steps: int = 20000
    shrink: bool = False

    def fit(self, bench: Bench) -> Bench:
        """The network to measure."""
        if not self.shrink:
            return bench
        k = None if bench.k is None else 8
        return replace(bench, n=70, k=k, window=2 * bench.dt, warm=bench.dt)


def heading() -> str:
    """The device, its driver, the day."""
    driver = CUDATarget().driver()
    device, library = driver.device, type(driver).__module__.rpartition(".")[2]
    capability = ".".join(map(str, device.capability))
    return (
        f"{device.name}, capability {capability}, {device.processors} processors, {device.memory / 2**30:.1f} GiB, "
        f"driver {device.driver} through {library}, {datetime.datetime.now().date().isoformat()}, nnc {__version__}."
    )


def table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> None:
    """Print a table row by row, as they are measured."""
    print(f"\n| {' | '.join(head)} |\n{'|---' * len(head)}|", flush=True)
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def costs(sizes: Sizes) -> tuple[float, Iterator[tuple[str, str]]]:
    """The bandwidth of a copy in bytes per second, and all that is not a network, in words."""
    speed = bandwidth(min(sizes.copied, CUDATarget().driver().free_bytes() // 4), 10, sizes.repeats)
    launch, barrier = launch_cost(10 * sizes.repeats), barrier_cost(sizes.steps, sizes.repeats)
    words = (
        ("a call of one step, launch included", f"{launch * 1e6:.1f} us"),
        ("a meeting of all blocks", f"{barrier * 1e6:.2f} us"),
        ("bandwidth of a copy", f"{speed / 1e9:.0f} GB/s"),
    )
    return speed, iter(words)


class Race:
    """One network in one precision: the CPU, the GPU in both orders, and ANNarchy, in turn."""

    def __init__(self, name: str, bench: Bench, precision: str, annarchy: str | None, stack: ExitStack) -> None:
        self.bench = bench
        self.ours = {"llvm": Ours(bench, precision, "llvm", 1)}
        self.ours |= {order: Ours(bench, precision, "cuda", 1, order) for order in ORDERS}
        self.runs: dict[str, Inside | Outside] = {key: Inside(each, bench) for key, each in self.ours.items()}
        self.missing = ""
        if annarchy is not None:
            try:
                self.runs[PEER] = Outside(PEER, annarchy, name, bench, precision, 1)
            except Missing as reason:
                self.missing = str(reason)
        for run in self.runs.values():
            stack.callback(run.close)

    def best(self, repeats: int) -> dict[str, float]:
        """Wall milliseconds per simulated second."""
        laps: dict[str, list[Lap]] = {key: [] for key in self.runs}
        for _ in range(repeats):
            for key, run in self.runs.items():
                laps[key].append(run.lap())
        return {key: min(lap.wall for lap in found) for key, found in laps.items()}

    def row(self, name: str, precision: str, repeats: int) -> list[str]:
        """Everything about it."""
        times = self.best(repeats)
        peer = times.get(PEER)
        cuda = min(times[order] for order in ORDERS)
        same = self.ours["strict"].state() == self.ours["llvm"].state()
        return [
            name,
            precision,
            f"{times['llvm']:.1f}",
            *(f"{times[order]:.1f}" for order in ORDERS),
            *(f"{times[order] * self.bench.dt:.2f}" for order in ORDERS),
            f"{1000.0 / cuda:.1f}",
            self.missing or (f"{peer:.1f} ({peer / cuda:.1f} x)" if peer else ""),
            "yes" if same else "NO",
            f"{self.runs['llvm'].sanity():.2f}, {self.runs['fast'].sanity():.2f} {self.bench.unit}",
        ]


RACE_HEAD = (
    "network", "precision", "llvm, ms/s", "strict, ms/s", "fast, ms/s", "strict, us/step", "fast, us/step",
    "x real time", "ANNarchy CUDA, ms/s", "strict has the bits of llvm", "shows: llvm, fast",
)  # fmt: skip


def races(names: Sequence[str], precisions: Sequence[str], annarchy: str | None, sizes: Sizes) -> Iterator[list[str]]:
    """A row for each network and precision."""
    for name in names:
        for precision in precisions:
            with ExitStack() as stack:
                race = Race(name, sizes.fit(BENCHES[name]), precision, annarchy, stack)
                yield race.row(name, precision, sizes.repeats)
            del race
            gc.collect()


def bytes_per_synapse(bench: Bench, precision: str) -> int:
    """What must be read of a synapse that is visited: an index and a weight."""
    return (2 if bench.n <= 1 << 16 else 4) + (8 if precision == "double" else 4)


BANDWIDTH_HEAD = ("kernel", "precision", "order", "synapses visited per step", "us/step", "GB/s", "of the copy")


def fractions(precisions: Sequence[str], speed: float, sizes: Sizes) -> Iterator[list[str]]:
    """The large ones: sums over all synapses of a rate network, and the propagation of spikes through 10^8 synapses.

    From the latter the time of the same neurons without synapses is taken off.
    """

    def row(name: str, precision: str, order: str, visited: float, seconds: float, size: int) -> list[str]:
        moved = visited * size / max(seconds, 1e-12)
        cells = (f"{visited:.3g}", f"{seconds * 1e6:.1f}", f"{moved / 1e9:.0f}", f"{moved / speed:.0%}")
        return [name, precision, order, *cells]

    def step(run: Inside) -> float:
        return min(run.lap().wall for _ in range(sizes.repeats)) * run.bench.dt * 1e-6

    rates, events = sizes.fit(BENCHES["rates_k1000"]), sizes.fit(EVENTS)
    for precision in precisions:
        run = Inside(Ours(rates, precision, "cuda", 1), rates)
        visited = rates.n * (rates.k or rates.n)
        yield row("rates_k1000", precision, "both", visited, step(run), bytes_per_synapse(rates, precision))
    for precision in precisions:
        for order in ORDERS:
            runs = [Inside(Ours(each, precision, "cuda", 1, order), each) for each in (events, replace(events, k=0))]
            for fires in RATES:
                for each in runs:
                    each.run.pop.rate = fires
                seconds = step(runs[0]) - step(runs[1])
                visited = events.n * fires * (events.k or events.n)
                size = bytes_per_synapse(events, precision)
                yield row(f"spikes, {fires:.1%} fire", precision, order, visited, seconds, size)
            runs.clear()
            gc.collect()


def main(words: Sequence[str] | None = None) -> None:
    """The command line."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="network", help=", ".join(BENCHES), default=list(NETWORKS))
    parser.add_argument("--precisions", nargs="+", default=["double", "float"], choices=["double", "float"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--annarchy", metavar="PYTHON", help="interpreter that has ANNarchy and nvcc")
    parser.add_argument("--smallest", action="store_true", help="tiny networks: times mean nothing")
    a = parser.parse_args(words)
    unknown = [name for name in a.names if name not in BENCHES]
    if unknown:
        parser.error(f"unknown network {unknown[0]}; there are {', '.join(BENCHES)}")
    sizes = Sizes(1, 1 << 12, 3, shrink=True) if a.smallest else Sizes(a.repeats)
    try:
        print(heading())
    except TargetUnavailable as error:
        raise SystemExit(str(error)) from error
    speed, found = costs(sizes)
    table(("what", "cost"), found)
    table(RACE_HEAD, races(a.names, a.precisions, a.annarchy, sizes))
    table(BANDWIDTH_HEAD, fractions(a.precisions, speed, sizes))


if __name__ == "__main__":
    main()
