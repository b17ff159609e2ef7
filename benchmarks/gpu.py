"""COBA and a rate network on a GPU against the CPU targets: bits first, then time.

    python benchmarks/gpu.py [--neurons 4000 20000] [--window 200]

Prints the device, microseconds per step (wall, median of repeats, after a warm-up), and whether the state after the
run has the bits of the `llvm` target.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

import nnc as ann
from nnc.compiler.codegen.cuda.driver import open_driver


def coba(net: ann.Network, n: int) -> None:
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
    draw = np.random.default_rng(1)
    pop.v, pop.g_exc, pop.g_inh = draw.normal(-55, 5, n), draw.normal(4, 1.5, n), draw.normal(20, 12, n)
    net.connect(pop[: n * 4 // 5], pop, "exc").fixed_probability(probability=80 / n, weights=0.6)
    net.connect(pop[n * 4 // 5 :], pop, "inh").fixed_probability(probability=80 / n, weights=6.7)


def rate(net: ann.Network, n: int) -> None:
    pop = net.create(n, ann.Neuron(parameters="tau = 10.0 : population", equations="tau*dr/dt + r = sum(exc) + 1.0"))
    net.connect(pop, pop, "exc").all_to_all(weights=ann.Uniform(0.0, 1.0 / n))


def measure(build, n: int, target: str, precision: str, window: float, repeats: int) -> tuple[float, bytes, float]:
    net = ann.Network(dt=0.1, seed=3)
    net.config(paradigm=target, precision=precision)
    build(net, n)
    begin = time.perf_counter()
    net.compile(silent=True)
    made = time.perf_counter() - begin
    pop = net.get_populations()[0]
    times = []
    for number in range(repeats + 1):
        begin = time.perf_counter()
        net.simulate(window)
        if number:
            times.append((time.perf_counter() - begin) / window * 0.1 * 1e6)
    state = b"".join(np.asarray(pop.get(a)).tobytes() for a in pop.attributes)
    return statistics.median(times), state, made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, nargs="+", default=[4000, 20000])
    parser.add_argument("--window", type=float, default=200.0)
    parser.add_argument("--repeats", type=int, default=3)
    a = parser.parse_args()
    device = open_driver().device
    print(f"{device.name}, capability {device.capability}, {device.processors} processors, driver {device.driver}")
    print(f"{'network':10}{'neurons':>9}{'precision':>11}{'llvm us/step':>14}{'cuda us/step':>14}{'same bits':>11}")
    for name, build, sizes in (("coba", coba, a.neurons), ("rate", rate, [1000, 4000])):
        for n in sizes:
            for precision in ("double", "float"):
                cpu, bits, _ = measure(build, n, "llvm", precision, a.window, a.repeats)
                gpu, theirs, _ = measure(build, n, "cuda", precision, a.window, a.repeats)
                print(f"{name:10}{n:>9}{precision:>11}{cpu:>14.2f}{gpu:>14.2f}{bits == theirs!s:>11}", flush=True)


if __name__ == "__main__":
    main()
