"""Time of a synaptic event, and memory of a synapse, for stored synapses and such that are made again.

    python benchmarks/procedural.py [--neurons 1000 3162 10000] [--probability 0.1] [--precision double]
    python benchmarks/procedural.py --huge

Neurons fire in turn, each every 50 steps; what they send has no effect, so all networks of a row do the same. Columns:
nanoseconds of processor time per synaptic event, less those of the same network without synapses, the least of repeats
that are taken in turn, on one thread; and bytes of the state block per synapse. `--huge` runs a network of 10^9
synapses for one round of spikes.
"""

from __future__ import annotations

import argparse
import resource
import time
from typing import Any

import numpy as np

import nnc as ann

PERIOD = 50
VARIANTS: dict[str, dict[str, Any]] = {
    "stored, one weight": dict(weights=0.01),
    "stored, uniform weights": dict(weights=ann.Uniform(0.0, 0.02)),
    "procedural, one weight": dict(weights=0.01, storage="procedural"),
    "procedural, uniform weights": dict(weights=ann.Uniform(0.0, 0.02), storage="procedural"),
    "procedural, normal weights": dict(weights=ann.Normal(0.01, 0.001), storage="procedural"),
    "procedural, fixed numbers": dict(weights=0.01, storage="procedural", fixed=True),
}


def network(n: int, probability: float, precision: str, **rule: Any) -> tuple[ann.Network, Any]:
    """Neurons that fire in turn and listen to each other."""
    net = ann.Network(dt=1.0, seed=1)
    net.config(precision=precision)
    cell = ann.Neuron(equations="c += 1.0\ng_exc = 0.0", spike="c >= 50.0", reset="c = 0.0")
    pop = net.create(n, cell)
    pop.c = np.random.default_rng(1).integers(0, PERIOD, n)
    proj = net.connect(pop, pop, "exc")
    if rule.pop("fixed", False):
        proj.fixed_number_post(round(probability * n), **rule)
    else:
        proj.fixed_probability(probability, **rule)
    net.compile(silent=True)
    return net, proj


def row(n: int, probability: float, precision: str, repeats: int) -> list[tuple[str, float, float]]:
    """Variant, nanoseconds per event, bytes per synapse."""
    made = {name: network(n, probability, precision, **rule) for name, rule in VARIANTS.items()}
    made["nothing"] = network(n, 0.0, precision, weights=0.01)
    synapses = n * (n - 1) * probability
    best = dict.fromkeys(made, float("inf"))
    for _ in range(repeats):
        for name, (net, _) in made.items():
            start = time.process_time()
            net.simulate(PERIOD)
            best[name] = min(best[name], time.process_time() - start)
    nothing = best.pop("nothing")
    return [(k, (t - nothing) / synapses * 1e9, made[k][1].size_in_bytes() / synapses) for k, t in best.items()]


def huge(n: int, probability: float) -> None:
    """A network whose synapses would not fit, built and run."""
    start = time.perf_counter()
    net, proj = network(n, probability, "float", weights=ann.Uniform(0.0, 0.02), storage="procedural")
    built = time.perf_counter() - start
    cpu = time.process_time()
    net.simulate(PERIOD)
    cpu = time.process_time() - cpu
    expected = proj.synapses.expected
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{expected:.3g} synapses: built in {built:.2f} s, {cpu:.2f} s for one spike of each neuron", end=" ")
    print(f"({cpu / expected * 1e9:.2f} ns per event), {peak:.0f} MB at most, all of Python included")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, nargs="+", default=[1000, 3162, 10000])
    parser.add_argument("--probability", type=float, default=0.1)
    parser.add_argument("--precision", choices=("double", "float"), default="double")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--huge", action="store_true")
    a = parser.parse_args()
    if a.huge:
        huge(100_000, 0.1)
        return
    print(f"{'synapses':>9}  {'':28}{'ns per event':>13}{'bytes per synapse':>19}")
    for n in a.neurons:
        for name, nanoseconds, size in row(n, a.probability, a.precision, a.repeats):
            print(f"{n * n * a.probability:9.2g}  {name:28}{nanoseconds:13.2f}{size:19.3g}", flush=True)


if __name__ == "__main__":
    main()
