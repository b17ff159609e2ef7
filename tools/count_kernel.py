"""What a step of a spiking network does on a GPU, counted by the interpreter of PTX: the tables of docs/gpu.md.

    python tools/count_kernel.py

Of networks with two projections: meetings of a block, instructions of the warp that has most, loads and stores of a
warp to global memory and the sectors of 32 bytes that they touch, per step and block. Of the synapses that spikes reach
alone (the same network without them taken off): sectors, loads and stores, instructions of a warp per synapse.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from support.ptx.counts import Counts
from support.ptx.device import InterpretedDriver

import nnc as ann
from nnc.compiler.codegen import cuda

STEPS = 3


def counted(net: ann.Network, blocks: int) -> Counts:
    """What some steps of a network do, after the first two."""
    driver = InterpretedDriver(processors=blocks, size=1 << 26, races=False)
    cuda._device = lambda number: driver
    net.compile(silent=True)
    net.simulate(2.0)
    driver.counts = counts = Counts()
    net.simulate(float(STEPS))
    return counts


def neurons(size: int, fires: float, determinism: str) -> tuple[ann.Network, ann.Population]:
    """Neurons that fire at random and look at what arrives."""
    net = ann.Network(dt=1.0, seed=3)
    net.config(paradigm="cuda", determinism=determinism, precision="float", on_nonfinite="ignore")
    equations = ["5.0 * dv/dt = g_exc + g_inh - v", "u = Uniform(0.0, 1.0)"]
    cell = ann.Neuron(parameters=f"rate = {fires} : population", equations=equations, spike="u < rate", reset="")
    return net, net.create(size, cell)


def step(size: int, k: int, fires: float, blocks: int, determinism: str) -> None:
    """Print a row for a whole step: a shared weight for four fifths of the neurons, own ones for the others."""
    net, pop = neurons(size, fires, determinism)
    net.connect(pop[: size * 4 // 5], pop, "exc").fixed_probability(k / size, weights=0.01)
    net.connect(pop[size * 4 // 5 :], pop, "inh").fixed_probability(k / size, weights=ann.Uniform(0.0, 1.0))
    found, each = counted(net, blocks), STEPS * blocks
    cells = (found.meetings / each, found.longest / STEPS, found.requests / each, found.sectors / each)
    print(f"| {size} x {k}, {blocks} blocks | {determinism} | {' | '.join(f'{c:.0f}' for c in cells)} |", flush=True)


def synapses(size: int, k: int, fires: float, blocks: int, determinism: str) -> None:
    """Print a row for the synapses alone."""
    net, pop = neurons(size, fires, determinism)
    net.connect(pop, pop, "exc").fixed_number_post(k, weights=ann.Uniform(0.0, 1.0))
    monitor = net.monitor(pop, "spike")
    found = counted(net, blocks)
    # those of the last step are on their way, and those before the first counted one arrive in it
    reached = k * sum(1 for times in monitor.get("spike").values() for t in times if 1 <= t < 1 + STEPS)
    bare, other = neurons(size, fires, determinism)
    bare.monitor(other, "spike")
    without = counted(bare, blocks)
    pairs = (("sectors", 2), ("requests", 2), ("steps", 1))
    cells = [f"{(getattr(found, n) - getattr(without, n)) / reached:.{digits}f}" for n, digits in pairs]
    print(f"| {k // blocks} | {determinism} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Both tables."""
    warnings.simplefilter("ignore")
    for size, k, fires, blocks in ((4000, 80, 0.002, 63), (4000, 400, 0.01, 8)):
        for determinism in ("strict", "fast"):
            step(size, k, fires, blocks, determinism)
    for k in (400, 80):
        for determinism in ("strict", "fast"):
            synapses(2000, k, 0.02, 8, determinism)


if __name__ == "__main__":
    main()
