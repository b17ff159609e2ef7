"""Whether memory grows when networks are built, run and thrown away again and again.

`python tools/leaks.py` makes 1000 networks, of four kinds in turn, prints the resident memory every 100 and fails if
it grows by more than the limit after the first `--warm` cycles. `--target openmp` does it with another target.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import nnc as ann

RATE = {"parameters": "tau = 10.0", "equations": "tau*dr/dt = sum(exc) - r + Uniform(0.0, 1.0)"}
CELL = {
    "parameters": "tau = 10.0",
    "equations": "tau*dv/dt = 1.5 - v + g_exc\n5.0*dg_exc/dt = -g_exc",
    "spike": "v > 1.0",
    "reset": "v = 0.0",
    "refractory": 2.0,
}
SIZE = 200
"""Neurons of a network: what a cycle allocates is some 100 kB, 1000 times as much if nothing of it is freed."""


def rates(net: Any) -> None:
    """Rate-coded, with learning and delays."""
    pop = net.create(SIZE, ann.Neuron(**RATE))
    proj = net.connect(pop, pop, "exc", ann.Hebb(eta=0.001))
    proj.fixed_probability(0.1, weights=ann.Uniform(0.0, 0.1), delays=ann.DiscreteUniform(1, 5))
    net.monitor(pop, "r")
    net.monitor(proj, "w", period=10.0)


def spikes(net: Any) -> None:
    """Spiking, with plasticity."""
    pop = net.create(SIZE, ann.Neuron(**CELL))
    net.connect(pop, pop, "exc", ann.STDP()).fixed_probability(0.1, weights=0.01, delays=3.0)
    net.monitor(pop, ["v", "spike"])


def inputs(net: Any) -> None:
    """Inputs with schedules of their own."""
    rate = net.create(ann.TimedArray(rates=np.random.default_rng(1).random((20, SIZE)), schedule=2.0))
    source = net.create(ann.SpikeSourceArray([[float(k % 20)] for k in range(SIZE)]))
    poisson = net.create(ann.PoissonPopulation(SIZE, rates=100.0))
    post, cells = net.create(20, ann.Neuron(**RATE)), net.create(20, ann.Neuron(**CELL))
    net.connect(rate, post, "exc").all_to_all(weights=0.01)
    net.connect(source, cells, "exc").all_to_all(weights=0.01)
    net.connect(poisson, cells, "exc").fixed_number_pre(5, weights=0.01)
    net.monitor(cells, "spike")


def rewired(net: Any) -> None:
    """Synapses that come and go."""
    net.config(structural_plasticity=True)
    pop = net.create(50, ann.Neuron(**RATE))
    rule = ann.Synapse(creating="pre.r > 0.2 : proba=0.1", pruning="w > 0.0 : proba=0.1")
    proj = net.connect(pop, pop, "exc", rule)
    proj.fixed_probability(0.2, weights=0.1)
    net.monitor(proj, "w", period=5.0)


KINDS = (rates, spikes, inputs, rewired)


def cycle(number: int, target: str, folder: Path) -> None:
    """Builds, runs, resets, saves and loads a network, and lets it go in one of several ways."""
    net = ann.Network(dt=1.0, seed=number)
    net.config(paradigm=target, num_threads=1 + number % 2 if target in ("llvm", "openmp") else 1)
    KINDS[number % len(KINDS)](net)
    net.compile(silent=True)
    for projection in net.get_projections(suppress_error=True):
        if projection.has_rules:
            projection.start_creating()
            projection.start_pruning()
    net.simulate(20.0)
    if number % 3 == 0:
        net.reset()
        net.simulate(5.0)
    for monitor in net.get_monitors()[: number % 2]:
        monitor.get()
    if number % 5 == 0 and KINDS[number % len(KINDS)] is not rewired:
        net.save(folder / "state.npz")
        net.load(folder / "state.npz")
    if number % 7 == 0:
        net.copy(state=True).simulate(2.0)
    if number % 11 == 0:
        net.clear()


def resident() -> float:
    """Resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> int:
    """Runs the cycles and judges the growth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=1000)
    parser.add_argument("--warm", type=int, default=200, help="cycles after which memory must stay where it is")
    parser.add_argument("--limit", type=float, default=5.0, help="MB that it may grow after those")
    parser.add_argument("--target", default="llvm")
    options = parser.parse_args()
    first, begin = 0.0, time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, options.cycles + 1):
            cycle(number, options.target, Path(folder))
            if number == options.warm or number % 100 == 0:
                gc.collect()
                print(f"{number:5} networks: {resident():7.1f} MB, {time.perf_counter() - begin:6.1f} s", flush=True)
            if number == options.warm:
                first = resident()
    gc.collect()
    growth = resident() - first
    print(
        f"grown by {growth:.1f} MB in the last {options.cycles - options.warm} cycles; allowed are {options.limit} MB"
    )
    return 0 if growth <= options.limit else 1


if __name__ == "__main__":
    sys.exit(main())
