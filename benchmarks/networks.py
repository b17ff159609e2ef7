"""The benchmark networks on nnc."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from specs import BRUNEL, COBA, CUBA, FILTERS, HH, OJA, RATE, STDP, STDP1K, TAPS, G

import nnc as ann
from nnc.extensions.convolution import Convolution, Pooling

if TYPE_CHECKING:
    from specs import Bench

_PAIR_PRE = """
    g_target += w
    x += up
    w = clip(w - y, 0.0, w_max)
"""
_PAIR_POST = """
    y += dn
    w = clip(w + x, 0.0, w_max)
"""


def pair_rule(w_max: float, p: dict[str, float] = STDP) -> ann.Synapse:
    """Additive pair STDP with event-driven traces."""
    up = p["a_pre"] * w_max
    values = dict(tp=p["tau_pre"], tq=p["tau_post"], up=up, dn=up * p["ratio"], w_max=w_max)
    return ann.Synapse(
        parameters={name: ann.Parameter(value) for name, value in values.items()},
        equations=[
            ann.Variable("tp * dx/dt = -x", method="event-driven"),
            ann.Variable("tq * dy/dt = -y", method="event-driven"),
        ],
        pre_spike=_PAIR_PRE,
        post_spike=_PAIR_POST,
    )


class Ours:
    """A network on nnc, compiled. `order`: the `determinism` of a GPU."""

    def __init__(self, bench: Bench, precision: str, target: str, threads: int | str, order: str | None = None) -> None:
        self.bench, self.time = bench, 0.0
        self.net = ann.Network(dt=bench.dt, seed=7)
        self.net.config(dtype=ann.float32 if precision == "float" else ann.float64, num_threads=threads)
        if target == "cuda":
            self.net.config(paradigm=target, determinism=order)
        self.net.config(event_time="reference" if bench.reference else "exact")
        self.rng = np.random.default_rng(1)
        self.pop: Any = getattr(self, f"_{bench.kind}")(bench.n)
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
        return sum(len(s) for s in self.monitor.get("spike").values()) / self.pop.size / self.time * 1000

    def state(self) -> bytes:
        """All values of the neurons."""
        return b"".join(np.asarray(self.pop.get(name)).tobytes() for name in self.pop.attributes)

    def _exc_inh(self, pop: Any, exc: float, inh: float, synapse: Any = None) -> None:
        n, k = self.bench.n, self.bench.k or self.bench.n
        parts = ((pop[: self.bench.ne], "exc", exc, synapse), (pop[self.bench.ne :], "inh", inh, None))
        for part, target, w, rule in parts:
            self.net.connect(part, pop, target, rule).fixed_probability(probability=k / n, weights=w)

    def _coba(self, n: int) -> Any:
        c, b = COBA, self.bench
        cell = ann.Neuron(
            parameters=dict(
                El=c["e_l"],
                Vr=c["v_r"],
                Vt=c["v_t"],
                tau=c["tau_m"],
                te=c["tau_e"],
                ti=c["tau_i"],
                Ee=c["e_e"],
                Ei=c["e_i"],
                I=c["drive"],
            ),
            equations=[
                "tau * dv/dt = (El - v) + g_exc * (Ee - v) + g_inh * (Ei - v) + I",
                "te * dg_exc/dt = -g_exc",
                "ti * dg_inh/dt = -g_inh",
            ],
            spike="v > Vt",
            reset="v = Vr",
            refractory=c["refrac"],
        )
        pop = self.net.create(n, cell)
        pop.v = self.rng.normal(-55, 5, n)
        if (b.k or n) < 200:
            pop.g_exc = self.rng.normal(4, 1.5, n)
            pop.g_inh = self.rng.normal(20, 12, n)
        exc = c["w_e"] * b.scale
        self._exc_inh(pop, exc, c["w_i"] * b.scale, pair_rule(2 * exc) if b.plastic else None)
        return pop

    def _cuba(self, n: int) -> Any:
        c = CUBA
        cell = ann.Neuron(
            parameters=dict(El=c["e_l"], Vr=c["v_r"], Vt=c["v_t"], tau=c["tau_m"], te=c["tau_e"], ti=c["tau_i"]),
            equations=[
                "tau * dv/dt = (El - v) + g_exc - g_inh",
                "te * dg_exc/dt = -g_exc",
                "ti * dg_inh/dt = -g_inh",
            ],
            spike="v > Vt",
            reset="v = Vr",
            refractory=c["refrac"],
        )
        pop = self.net.create(n, cell)
        pop.v = self.rng.uniform(-60.0, -50.0, n)
        self._exc_inh(pop, c["w_e"], c["w_i"])
        return pop

    def _cobahh(self, n: int) -> Any:
        c = HH
        names = ("c", "g_l", "g_na", "g_k", "e_l", "e_na", "e_k", "v_off", "e_e", "e_i", "tau_e", "tau_i", "v_spike")
        equations = [
            "last = v",
            "q = v - voff",
            "am = 0.32 * (13.0 - q) / (exp((13.0 - q) / 4.0) - 1.0)",
            "bm = 0.28 * (q - 40.0) / (exp((q - 40.0) / 5.0) - 1.0)",
            "ah = 0.128 * exp((17.0 - q) / 18.0)",
            "bh = 4.0 / (1.0 + exp((40.0 - q) / 5.0))",
            "an = 0.032 * (15.0 - q) / (exp((15.0 - q) / 5.0) - 1.0)",
            "bn = 0.5 * exp((10.0 - q) / 40.0)",
            "nak = gna * m * m * m * h",
            "kk = gk * n * n * n * n",
        ]
        exponential = [
            "dm/dt = am * (1.0 - m) - bm * m",
            "dh/dt = ah * (1.0 - h) - bh * h",
            "dn/dt = an * (1.0 - n) - bn * n",
            "c * dv/dt = gl * (el - v) + nak * (ena - v) + kk * (ek - v) + g_exc * (ee - v) + g_inh * (ei - v)",
            "taue * dg_exc/dt = -g_exc",
            "taui * dg_inh/dt = -g_inh",
        ]
        cell = ann.Neuron(
            parameters={name.replace("_", ""): c[name] for name in names},
            equations=[*equations, *(ann.Variable(e, method="exponential") for e in exponential)],
            spike="(v > vspike) and (last <= vspike)",
            reset="",
        )
        pop = self.net.create(n, cell)
        pop.v = c["e_l"] + self.rng.normal(size=n) * 5 - 5
        pop.g_exc = np.maximum(0, self.rng.normal(4, 1.5, n) * 10)
        pop.g_inh = np.maximum(0, self.rng.normal(20, 12, n) * 10)
        self._exc_inh(pop, c["w_e"], c["w_i"])
        return pop

    def _brunel(self, n: int) -> Any:
        b, j, ne = BRUNEL, self.bench.j, self.bench.ne
        kicks = " + ".join(f"ite(u > {c!r}, 1.0, 0.0)" for c in self.bench.thresholds)
        cell = ann.Neuron(
            parameters=dict(tau=b["tau_m"], Vt=b["v_t"], Vr=b["v_r"], J=j, kick=b["tau_m"] / self.bench.dt),
            equations=[
                "u = Uniform(0.0, 1.0)",
                f"tau * dv/dt = -v + kick * (g_exc - g_inh + J * ({kicks}))",
            ],
            spike="v > Vt",
            reset="v = Vr",
            refractory=b["refrac"],
        )
        pop = self.net.create(n, cell)
        pop.v = self.rng.uniform(0.0, b["v_t"], n)
        parts: list[tuple[Any, Any, str, float, Any]] = [(pop[:ne], pop, "exc", j, None)]
        if self.bench.plastic:
            parts = [(pop[:ne], pop[:ne], "exc", j, pair_rule(2 * j)), (pop[:ne], pop[ne:], "exc", j, None)]
        for pre, post, target, w, rule in (*parts, (pop[ne:], pop, "inh", j * G, None)):
            projection = self.net.connect(pre, post, target, rule)
            projection.fixed_probability(probability=0.1, weights=w, delays=b["delay"])
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
        ne = self.bench.ne
        exc, inh = pop[:ne], pop[ne:]
        re, ri = self.rng.random(ne), self.rng.random(n - ne)
        exc.c, exc.d = -65.0 + 15.0 * re**2, 8.0 - 6.0 * re**2
        inh.sd, inh.a, inh.b, inh.d = 2.0, 0.02 + 0.08 * ri, 0.25 - 0.05 * ri, 2.0
        pop.v, pop.u = -65.0, -13.0
        for part, target, w in ((exc, "exc", 0.5), (inh, "inh", 1.0)):
            self.net.connect(part, pop, target).all_to_all(weights=ann.Uniform(0.0, w), allow_self_connections=True)
        return pop

    def _stdp1k(self, n: int) -> Any:
        c = STDP1K
        source = self.net.create(ann.PoissonPopulation(n, rates=c["rate_hz"]))
        cell = ann.Neuron(
            parameters=dict(
                tau=c["tau_m"], te=c["tau_e"], Vt=c["v_t"], Vr=c["v_r"], El=c["e_l"], pull=c["e_e"] - c["v_r"]
            ),
            equations=["tau * dv/dt = g_exc * pull + El - v", "te * dg_exc/dt = -g_exc"],
            spike="v > Vt",
            reset="v = Vr",
        )
        pop = self.net.create(1, cell)
        pop.v = c["v_r"]
        projection = self.net.connect(source, pop, "exc", pair_rule(c["g_max"], c))
        projection.all_to_all(weights=ann.Uniform(0.0, c["g_max"]))
        return pop

    def _rate(self, n: int) -> Any:
        cell = ann.Neuron(parameters=dict(RATE), equations="tau * dr/dt + r = sum(exc) + bias")
        rule = None
        if self.bench.plastic:
            learning = "tau * dw/dt = pre.r * post.r - alpha * post.r^2 * w"
            rule = ann.Synapse(parameters=dict(OJA), equations=learning)
        pop, k = self.net.create(n, cell), self.bench.k
        projection = self.net.connect(pop, pop, "exc", rule)
        if k is None:
            projection.all_to_all(weights=ann.Uniform(0.0, 1.0 / n), allow_self_connections=True)
        else:
            projection.fixed_number_pre(k, weights=ann.Uniform(0.0, 1.0 / k))
        return pop

    def _events(self, n: int) -> Any:
        cell = ann.Neuron(
            parameters="rate = 0.01 : population",
            equations=["u = Uniform(0.0, 1.0)", "v = g_exc"],
            spike="u < rate",
            reset="",
        )
        pop = self.net.create(n, cell)
        if self.bench.k:
            self.net.connect(pop, pop, "exc").fixed_number_post(self.bench.k, weights=ann.Uniform(0.0, 1.0))
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
