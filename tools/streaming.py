"""How much memory a process takes while it records more than that: `python tools/streaming.py FILE --gigabytes 10`.

Records a variable of 100,000 neurons in every step into a file, prints the size of the recording, the peak of the
process's resident memory and its growth over that before the run.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import nnc as ann

NEURONS = 100_000


def peak() -> float:
    """Peak resident memory in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> None:
    """Record and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("file", type=Path)
    options.add_argument("--gigabytes", type=float, default=10.0)
    given = options.parse_args()
    net = ann.Network(seed=1)
    pop = net.create(NEURONS, ann.Neuron(equations="r = Uniform(0.0, 1.0)"))
    net.monitor(pop, "r", to=given.file)
    net.compile()
    net.simulate(2.0)
    before, begin = peak(), time.perf_counter()
    steps = round(given.gigabytes * 1e9 / (8 * NEURONS))
    net.simulate(float(steps))
    written = 8 * NEURONS * steps / 1e9
    print(f"{written:.2f} GB recorded in {time.perf_counter() - begin:.1f} s")
    print(f"peak memory {peak():.0f} MB, {before:.0f} MB before the run: {peak() - before:.0f} MB more")


if __name__ == "__main__":
    main()
