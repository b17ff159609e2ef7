"""COBA against a page of hand-written C, in one process, interleaved.

    python benchmarks/coba.py [--neurons 4000] [--synapses 80] [--threads 1 2] [--repeats 7]

Prints milliseconds per simulated second (CPU for one thread, wall else; median and minimum of the repeats), the ratio
to the hand-written kernel of the same precision (one thread, gcc -O3 -ffast-math), and the mean rate of each as a
check that they do the same work.
"""

from __future__ import annotations

import argparse
import ctypes
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import nnc as ann

if TYPE_CHECKING:
    from collections.abc import Callable

DT = 0.1
FLAGS = ["-O3", "-march=native", "-mprefer-vector-width=512", "-ffast-math", "-shared", "-fPIC"]


class Floor:
    """The hand-written kernel; the C compiler may use fast maths, nnc may not."""

    def __init__(self, n: int, k: int, precision: str, folder: str) -> None:
        real = np.float32 if precision == "float" else np.float64
        library = Path(folder, f"coba_{precision}.so")
        source = Path(__file__).parent / "floor" / "coba.c"
        subprocess.run(["gcc", *FLAGS, f"-DREAL={precision}", str(source), "-o", str(library)], check=True)
        self.function = ctypes.CDLL(str(library)).coba
        self.function.restype = ctypes.c_long
        rng = np.random.default_rng(6)
        rows = [np.flatnonzero(rng.random(n) < k / n).astype(np.uint32) for _ in range(n)]
        few = k < 200
        scale = 80 / k
        constants = [DT / 20, -40, 0, -80, -50, -60, 1 - DT / 5, 1 - DT / 10, 0.6 * scale, 6.7 * scale, 50]
        state = [rng.normal(-55, 5, n), rng.normal(4, 1.5, n) * few, rng.normal(20, 12, n) * few]
        self.arrays = [
            *(np.ascontiguousarray(x, real) for x in state),
            np.zeros(n, np.int32),
            np.array(constants, real),
            np.cumsum([0, *map(len, rows)]).astype(np.uint32),
            np.concatenate(rows),
            np.zeros(n, np.uint32),
        ]
        self.n, self.spikes = n, 0

    def simulate(self, ms: float) -> None:
        pointers = [ctypes.c_void_p(a.ctypes.data) for a in self.arrays]
        self.spikes += self.function(ctypes.c_long(round(ms / DT)), self.n, self.n * 4 // 5, *pointers)

    def rate(self, ms: float) -> float:
        return self.spikes / self.n / ms * 1000


class Ours:
    """The same network on nnc."""

    def __init__(self, n: int, k: int, precision: str, target: str, threads: int) -> None:
        self.net = net = ann.Network(dt=DT, seed=7)
        net.config(dtype=ann.float32 if precision == "float" else ann.float64, num_threads=threads)
        cell = ann.Neuron(
            parameters=dict(El=-60.0, Vr=-60.0, Vt=-50.0, tau=20.0, te=5.0, ti=10.0, Ee=0.0, Ei=-80.0, I=20.0),
            equations=[
                "tau * dv/dt = (El - v) + g_exc * (Ee - v) + g_inh * (Ei - v) + I",
                "te * dg_exc/dt = -g_exc",
                "ti * dg_inh/dt = -g_inh",
            ],
            spike="v > Vt",
            reset="v = Vr",
            refractory=5.0,
        )
        pop = net.create(n, cell)
        rng = np.random.default_rng(1)
        pop.v = rng.normal(-55, 5, n)
        if k < 200:
            pop.g_exc = rng.normal(4, 1.5, n)
            pop.g_inh = rng.normal(20, 12, n)
        scale = 80 / k
        for lo, hi, name, w in ((0, n * 4 // 5, "exc", 0.6), (n * 4 // 5, n, "inh", 6.7)):
            net.connect(pop[lo:hi], pop, name).fixed_probability(probability=k / n, weights=w * scale)
        self.monitor = net.monitor(pop, "spike")
        net.compile(silent=True, compiler="gcc" if target == "openmp" else "default")
        self.n, self.count = n, 0

    def simulate(self, ms: float) -> None:
        self.net.simulate(ms)

    def rate(self, ms: float) -> float:
        spikes = self.monitor.get("spike")
        return sum(len(s) for s in spikes.values()) / self.n / ms * 1000


def timed(run: Callable[[float], None], ms: float) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    run(ms)
    return (time.process_time() - cpu) * 1e6 / ms, (time.perf_counter() - wall) * 1e6 / ms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, default=4000)
    parser.add_argument("--synapses", type=int, default=80)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--targets", nargs="+", default=["llvm", "openmp"])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--window", type=float, default=500.0, help="simulated ms per repeat")
    a = parser.parse_args()
    print(f"COBA, {a.neurons} neurons, {a.synapses} synapses per neuron; ms per simulated second")
    print(f"{'precision':10}{'what':>10}{'threads':>9}{'median':>10}{'min':>10}{'x floor':>9}{'Hz':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for precision in ("double", "float"):
            runs: dict[tuple[str, int], Floor | Ours] = {("floor", 1): Floor(a.neurons, a.synapses, precision, folder)}
            for target in a.targets:
                for threads in a.threads:
                    runs[target, threads] = Ours(a.neurons, a.synapses, precision, target, threads)
            times: dict[tuple[str, int], list[float]] = {key: [] for key in runs}
            for run in runs.values():
                run.simulate(100.0)
            for _ in range(a.repeats):
                for key, run in runs.items():
                    cpu, wall = timed(run.simulate, a.window)
                    times[key].append(cpu if key[1] == 1 else wall)
            floor = statistics.median(times["floor", 1])
            total = 100.0 + a.repeats * a.window
            for (what, threads), found in times.items():
                middle = statistics.median(found)
                print(
                    f"{precision:10}{what:>10}{threads:>9}{middle:>10.2f}{min(found):>10.2f}{middle / floor:>9.2f}"
                    f"{runs[what, threads].rate(total):>8.2f}"
                )


if __name__ == "__main__":
    main()
