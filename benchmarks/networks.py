"""The benchmark networks, on nnc. Parameters are those of the hand-written kernels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

import nnc as ann
from nnc.extensions.convolution import Convolution, Pooling


@dataclass(frozen=True)
class Bench:
    """A network to time: `kernel` is the family, `window` the simulated ms of one timed repeat.

    `k` synapses per neuron, None for all; `unit` is that of the number that shows that the same work was done.
    """

    kernel: str
    n: int
    k: int | None
    dt: float
    window: float
    unit: str = "Hz"

    @property
    def thresholds(self) -> list[float]:
        """Brunel: distribution function of the external input per step, 1000 sources at twice the threshold rate."""
        mean = 2 * 20.0 / (0.1 * 1000 * 20.0) * self.dt * 1000
        terms = [math.exp(-mean) * mean**i / math.factorial(i) for i in range(12)]
        return [float(x) for x in np.cumsum(terms)]


BENCHES = {
    "coba": Bench("coba", 4000, 80, 0.1, 300.0),
    "coba20k": Bench("coba", 20000, 80, 0.1, 100.0),
    "brunel": Bench("brunel", 12500, 1250, 0.1, 40.0),
    "izhi": Bench("izhi", 1000, None, 1.0, 1000.0),
    "rate1k": Bench("rate", 1000, None, 1.0, 300.0, "r"),
    "rate4k": Bench("rate", 4000, None, 1.0, 30.0, "r"),
    "rates_k100": Bench("rate", 20000, 100, 1.0, 40.0, "r"),
    "conv": Bench("conv", 256 * 256, None, 1.0, 50.0, "r"),
}

FILTERS, TAPS = 8, 7
"""Of `conv`: so many square filters of so many taps along a side, then the maximum of 2 x 2."""


class Ours:
    """A network on nnc, compiled."""

    def __init__(self, bench: Bench, precision: str, target: str, threads: int) -> None:
        self.bench, self.time = bench, 0.0
        self.net = ann.Network(dt=bench.dt, seed=7)
        self.net.config(dtype=ann.float32 if precision == "float" else ann.float64, num_threads=threads)
        self.rng = np.random.default_rng(1)
        self.pop: Any = getattr(self, f"_{bench.kernel}")(bench.n)
        self.monitor = self.net.monitor(self.pop, "spike") if bench.unit == "Hz" else None
        self.net.compile(silent=True, compiler="gcc" if target == "openmp" else "default")

    def simulate(self, ms: float) -> None:
        """Simulate."""
        self.net.simulate(ms)
        self.time += ms

    def sanity(self) -> float:
        """Mean rate in Hz, or mean r."""
        if self.monitor is None:
            return float(np.mean(self.pop.r))
        return sum(len(s) for s in self.monitor.get("spike").values()) / self.bench.n / self.time * 1000

    def _coba(self, n: int) -> Any:
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
        pop = self.net.create(n, cell)
        pop.v = self.rng.normal(-55, 5, n)
        pop.g_exc = self.rng.normal(4, 1.5, n)
        pop.g_inh = self.rng.normal(20, 12, n)
        self._exc_inh(pop, 0.6, 6.7)
        return pop

    def _exc_inh(self, pop: Any, exc: float, inh: float, **options: Any) -> None:
        n, k = self.bench.n, self.bench.k or self.bench.n
        for part, target, w in ((pop[: n * 4 // 5], "exc", exc), (pop[n * 4 // 5 :], "inh", inh)):
            self.net.connect(part, pop, target).fixed_probability(probability=k / n, weights=w, **options)

    def _brunel(self, n: int) -> Any:
        kicks = " + ".join(f"ite(u > {c!r}, 1.0, 0.0)" for c in self.bench.thresholds)
        cell = ann.Neuron(
            parameters=dict(tau=20.0, Vt=20.0, Vr=10.0, J=0.1, kick=20.0 / self.bench.dt),
            equations=[
                "u = Uniform(0.0, 1.0)",
                f"tau * dv/dt = -v + kick * (g_exc - g_inh + J * ({kicks}))",
            ],
            spike="v > Vt",
            reset="v = Vr",
            refractory=2.0,
        )
        pop = self.net.create(n, cell)
        pop.v = self.rng.uniform(0.0, 20.0, n)
        self._exc_inh(pop, 0.1, 0.5, delays=1.5)
        return pop

    def _izhi(self, n: int) -> Any:
        local = {"sd": 5.0, "a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0}
        cell = ann.Neuron(
            parameters={k: ann.Parameter(x, locality="local") for k, x in local.items()},
            equations=[
                "I = g_exc - g_inh + sd * Normal(0.0, 1.0)",
                "mid = v + 0.5 * (0.04 * v^2 + 5.0 * v + 140.0 - u + I)",
                "v = mid + 0.5 * (0.04 * mid^2 + 5.0 * mid + 140.0 - u + I)",
                "u += a * (b * v - u)",
            ],
            spike="v >= 30.0",
            reset="v = c\nu += d",
        )
        pop = self.net.create(n, cell)
        ne = n * 4 // 5
        exc, inh = pop[:ne], pop[ne:]
        re, ri = self.rng.random(ne), self.rng.random(n - ne)
        exc.c, exc.d = -65.0 + 15.0 * re**2, 8.0 - 6.0 * re**2
        inh.sd, inh.a, inh.b, inh.d = 2.0, 0.02 + 0.08 * ri, 0.25 - 0.05 * ri, 2.0
        pop.v, pop.u = -65.0, -13.0
        for part, target, w in ((exc, "exc", 0.5), (inh, "inh", 1.0)):
            self.net.connect(part, pop, target).all_to_all(weights=ann.Uniform(0.0, w), allow_self_connections=True)
        return pop

    def _rate(self, n: int) -> Any:
        cell = ann.Neuron(parameters=dict(tau=10.0, bias=1.0), equations="tau * dr/dt + r = sum(exc) + bias")
        pop, k = self.net.create(n, cell), self.bench.k
        projection = self.net.connect(pop, pop, "exc")
        if k is None:
            projection.all_to_all(weights=ann.Uniform(0.0, 1.0 / n), allow_self_connections=True)
        else:
            projection.fixed_number_pre(k, weights=ann.Uniform(0.0, 1.0 / k))
        return pop

    def _conv(self, n: int) -> Any:
        side = math.isqrt(n)
        pixel = ann.Neuron(parameters={"r": ann.Parameter(0.0, locality="local")})
        cell = ann.Neuron(equations="r = sum(exc)")
        image = self.net.create((side, side), pixel)
        image.r = self.rng.random((side, side))
        middle = self.net.create((side, side, FILTERS), cell)
        pop = self.net.create((side // 2, side // 2, FILTERS), cell)
        Convolution(image, middle, "exc").connect_filters(weights=np.full((FILTERS, TAPS, TAPS), 1.0 / TAPS**2))
        Pooling(middle, pop, "exc", operation="max").connect_pooling(extent=(2, 2, 1))
        return pop
