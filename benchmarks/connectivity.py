"""Time and memory of building connectivity, a process for each row.

    python benchmarks/connectivity.py [connector ...] [--threads 1 2] [--synapses 20] [--markdown]

`cpu` and `wall` are seconds of `compile()`, its programs being in the cache (a first run of the same row puts them
there); `block` are bytes per synapse of the projection in the state block, `rss` what the process has grown by per
synapse, `peak` the most it had in addition while building. Single precision, spiking neurons.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nnc as ann

Connect = Callable[[Any, int, int], Any]


def _uniform() -> Any:
    return ann.Uniform(0.0, 1.0)


CONNECTORS: dict[str, Connect] = {
    "fixed_probability": lambda p, n, k: p.fixed_probability(k / n, weights=0.1),
    "fixed_probability, own weights": lambda p, n, k: p.fixed_probability(k / n, weights=_uniform()),
    "fixed_probability, normal weights": lambda p, n, k: p.fixed_probability(k / n, weights=ann.Normal(0.5, 0.1)),
    "fixed_probability, own delays": lambda p, n, k: p.fixed_probability(k / n, 0.1, delays=ann.Uniform(0.1, 5.0)),
    "fixed_probability, STDP": lambda p, n, k: p.fixed_probability(k / n, weights=_uniform()),
    "fixed_number_pre": lambda p, n, k: p.fixed_number_pre(k, weights=0.1),
    "fixed_number_post": lambda p, n, k: p.fixed_number_post(k, weights=0.1),
    "all_to_all": lambda p, n, k: p.all_to_all(weights=0.1),
    "all_to_all, own weights": lambda p, n, k: p.all_to_all(weights=_uniform()),
    "one_to_one": lambda p, n, k: p.one_to_one(weights=0.1),
    "gaussian": lambda p, n, k: p.gaussian(amp=1.0, sigma=0.1),
    "dog": lambda p, n, k: p.dog(amp_pos=1.0, sigma_pos=0.1, amp_neg=0.5, sigma_neg=0.2),
}


def neurons(name: str, synapses: float) -> int:
    """How many neurons give about so many synapses."""
    if name.startswith("all_to_all"):
        return round(math.sqrt(synapses))
    if name == "one_to_one":
        return round(synapses / 10.0)
    return {"gaussian": 110, "dog": 90}[name] ** 2 if name in ("gaussian", "dog") else 20_000


def rss() -> int:
    """Bytes of memory that this process has."""
    status = Path("/proc/self/statm").read_text(encoding="ascii")
    return int(status.split()[1]) * resource.getpagesize()


def build(name: str, threads: int, synapses: float) -> dict[str, float]:
    """Build one network; the figures of a row."""
    net = ann.Network(dt=0.1, seed=1)
    net.config(dtype=ann.float32, num_threads=threads)
    cell = ann.Neuron(
        parameters="tau = 20.0", equations="tau * dv/dt = 1.2 - v + g_exc", spike="v > 1.0", reset="v = 0.0"
    )
    n = neurons(name, synapses)
    side = round(math.sqrt(n))
    geometry = (side, side) if name in ("gaussian", "dog") else n
    synapse = ann.STDP() if name.endswith("STDP") else None
    pre, post = net.create(geometry, cell), net.create(geometry, cell)
    proj = CONNECTORS[name](net.connect(pre, post, "exc", synapse=synapse), n, round(synapses / n))
    before = rss()
    cpu, wall = time.process_time(), time.perf_counter()
    net.compile()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {
        "synapses": proj.nb_synapses,
        "cpu": cpu,
        "wall": wall,
        "block": proj.size_in_bytes() / proj.nb_synapses,
        "rss": (rss() - before) / proj.nb_synapses,
        "peak": (peak - before) / proj.nb_synapses,
    }


def row(name: str, threads: int, synapses: float) -> dict[str, float]:
    """The figures of a row, from a process of its own; the second of two, so that programs are in the cache."""
    command = [sys.executable, __file__, name, "--threads", str(threads), "--synapses", str(synapses), "--here"]
    found: dict[str, float] = {}
    for _ in range(2):
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="connector", help=", ".join(CONNECTORS), default=list(CONNECTORS))
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--synapses", type=float, default=20.0, help="millions")
    parser.add_argument("--markdown", action="store_true", help="print a table for a README")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.here:
        print(json.dumps(build(a.names[0], a.threads[0], a.synapses * 1e6)))
        return
    head = ("connector", "threads", "synapses", "cpu", "wall", "block", "rss", "peak")
    cells = "{:34}{:>8}{:>11.2f}{:>8.2f}{:>8.2f}{:>8.2f}{:>8.2f}{:>8.2f}"
    if a.markdown:
        cells = "| {} | {} | {:.2f} | {:.2f} | {:.2f} | {:.2f} | {:.2f} | {:.2f} |"
        print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
    else:
        print("{:34}{:>8}{:>11}{:>8}{:>8}{:>8}{:>8}{:>8}".format(*head))
    for name in a.names:
        for threads in a.threads:
            found = row(name, threads, a.synapses)
            figures = (found[key] for key in ("cpu", "wall", "block", "rss", "peak"))
            print(cells.format(name, threads, found["synapses"] / 1e6, *figures), flush=True)


if __name__ == "__main__":
    main()
