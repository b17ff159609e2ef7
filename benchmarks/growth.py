"""What a synaptic event costs as a network grows, and what compiling the network costs.

    python benchmarks/growth.py [--synapses 1e5 1e6 1e7 5e7] [--kinds spikes rates dense] [--precision double]
                                [--target llvm] [--markdown]

`spikes`: neurons that fire in turn, a hundredth of them in every step, each reaching a tenth of all neurons with one
weight for all; `rates`: weighted sums over as many synapses with weights of their own; `dense`: the same over all
pairs. One thread. `ns` are nanoseconds per synapse visited, the least of the repeats, by `net.profile`, in the kernel
that visits them. `KiB` is what that kernel goes through in a step, which is what has to fit a cache. `roofline` is the
share of what this machine can do with as many bytes in the same cache, or memory: where `ns` grows and `roofline` does
not fall, it is for the memory alone. `compile` is the CPU time in ms of making the program, nothing of it from a cache.
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import tempfile
import time
from typing import Any

import numpy as np

import nnc as ann
from nnc.compiler import compile as compile_network
from nnc.compiler.options import Options
from nnc.runtime.running.compiling import describe

SHARE, PART = 0.1, 100
HEAD = ("kind", "synapses", "neurons", "visited/step", "KiB", "ns", "roofline", "compile")


def spikes(net: ann.Network, synapses: float) -> Any:
    """Neurons that count down to their next spike: as many in every step."""
    n = round(math.sqrt(synapses / SHARE))
    cell = ann.Neuron(
        equations=["left -= 1.0", "g_exc *= 0.5"],
        spike="left <= 0.0",
        reset=f"left = {float(PART)}",
    )
    pop = net.create(n, cell)
    pop.left = np.random.default_rng(1).permutation(n) % PART + 1.0
    net.connect(pop, pop, "exc").fixed_probability(SHARE, weights=0.1)
    return pop


def rates(net: ann.Network, synapses: float) -> Any:
    """Rows of synapses with weights of their own."""
    n = round(math.sqrt(synapses / SHARE))
    pop, row = net.create(n, _unit()), round(n * SHARE)
    net.connect(pop, pop, "exc").fixed_number_pre(row, weights=ann.Uniform(0.0, 1.0 / row))
    return pop


def dense(net: ann.Network, synapses: float) -> Any:
    """All pairs."""
    n = round(math.sqrt(synapses))
    pop = net.create(n, _unit())
    net.connect(pop, pop, "exc").all_to_all(weights=ann.Uniform(0.0, 1.0 / n), allow_self_connections=True)
    return pop


KINDS = {"spikes": spikes, "rates": rates, "dense": dense}
KERNELS = {"spikes": "on_pre", "rates": "psp", "dense": "psp"}


def _unit() -> ann.Neuron:
    return ann.Neuron(parameters=dict(tau=10.0), equations="tau * dr/dt + r = sum(exc) + 1.0")


def _made(net: ann.Network, target: str) -> float:
    """Seconds of CPU to make the program once more; a C compiler's are counted."""
    before = os.environ.get("NNC_CACHE_DIR")
    with tempfile.TemporaryDirectory() as empty:
        os.environ["NNC_CACHE_DIR"] = empty
        begin = _cpu()
        compile_network(describe(net), options=Options(target=target))
        spent = _cpu() - begin
    os.environ.pop("NNC_CACHE_DIR") if before is None else os.environ.update(NNC_CACHE_DIR=before)
    return spent


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def measure(kind: str, synapses: float, options: argparse.Namespace) -> tuple[str, ...]:
    """One row."""
    net = ann.Network(dt=1.0, seed=1)
    net.config(precision=options.precision)
    pop = KINDS[kind](net, synapses)
    net.compile(silent=True, compiler="gcc" if options.target == "openmp" else "default")
    made = _made(net, options.target)
    count = net.get_projections()[0].nb_synapses
    per_step = count / PART if kind == "spikes" else count
    whole = PART if kind == "spikes" else 1
    steps = whole * max(3, math.ceil(options.visits / per_step / whole))
    net.simulate(float(steps))
    best, roofline, size = math.inf, 0.0, 0.0
    for _ in range(options.repeats):
        profile = net.profile(float(steps))
        kernel = next(k for k in profile.kernels if k.kernel.endswith(KERNELS[kind]))
        assert kernel.seconds is not None
        if kernel.seconds < best:
            best, roofline = kernel.seconds, kernel.roofline or 0.0
            size = kernel.work.bytes / steps / 1024
    ns = best / (per_step * steps) * 1e9
    cells = (kind, f"{count:.2g}", str(pop.size), f"{per_step:.0f}", f"{size:.0f}", f"{ns:.3f}", f"{roofline:.0%}")
    return (*cells, f"{made * 1e3:.0f}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--synapses", type=float, nargs="+", default=[1e5, 1e6, 1e7, 5e7])
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--precision", default="double", choices=["double", "float"])
    parser.add_argument("--target", default="llvm", choices=["llvm", "openmp"])
    parser.add_argument("--visits", type=float, default=5e7, help="synapses visited in one repeat")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    cells = (
        "| " + " | ".join(["{}"] * len(HEAD)) + " |"
        if options.markdown
        else "{:8}{:>10}{:>9}{:>14}{:>10}{:>9}{:>10}{:>9}"
    )
    print(cells.format(*HEAD))
    if options.markdown:
        print("|---" * len(HEAD) + "|")
    for kind in options.kinds:
        for synapses in options.synapses:
            print(cells.format(*measure(kind, synapses, options)), flush=True)


if __name__ == "__main__":
    main()
