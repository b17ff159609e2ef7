"""Networks for tests that compare targets: the three of the examples, small, and random ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

import nnc as ann

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Run = dict[str, "NDArray[Any]"]


def izhikevich(net: ann.Network) -> None:
    """The pulse-coupled network, 130 neurons, with noise and per-neuron parameters."""
    pop = net.create(130, ann.Izhikevich)
    exc, inh = pop[:100], pop[100:]
    draw = np.random.default_rng(5)
    re, ri = draw.random(100), draw.random(30)
    exc.noise, inh.noise = 5.0, 2.0
    exc.c, exc.d = -65.0 + 15.0 * re**2, 8.0 - 6.0 * re**2
    inh.a, inh.b, inh.d = 0.02 + 0.08 * ri, 0.25 - 0.05 * ri, 2.0
    net.connect(exc, pop, "exc").all_to_all(weights=ann.Uniform(0.0, 4.0))
    net.connect(inh, pop, "inh").all_to_all(weights=ann.Uniform(0.0, 8.0))


def coba(net: ann.Network) -> None:
    """Conductance-based integrate-and-fire neurons, 300 of them, refractory, with one shared weight."""
    cell = ann.Neuron(
        parameters=dict(El=-60.0, Vr=-60.0, Vt=-50.0, tau=20.0, te=5.0, ti=10.0, Ee=0.0, Ei=-80.0, I=20.0),
        equations=[
            "tau * dv/dt = (El - v) + g_exc * (Ee - v) + g_inh * (Ei - v) + I",
            "te * dg_exc/dt = -g_exc",
            "ti * dg_inh/dt = -g_inh : exponential",
        ],
        spike="v > Vt",
        reset="v = Vr",
        refractory=5.0,
    )
    pop = net.create(300, cell)
    draw = np.random.default_rng(5)
    pop.v = draw.normal(-55.0, 5.0, 300)
    pop.g_exc = draw.normal(4.0, 1.5, 300)
    net.connect(pop[:240], pop, "exc").fixed_probability(probability=0.1, weights=0.6)
    net.connect(pop[240:], pop, "inh").fixed_probability(probability=0.1, weights=ann.Uniform(3.0, 8.0), delays=1.5)


def rate(net: ann.Network) -> None:
    """Leaky integrators with noise: a dense and a sparse projection."""
    unit = ann.LeakyIntegrator(tau=10.0, B=1.0, noise="0.5 * Normal(0.0, 1.0)")
    left, right = net.create(70, unit), net.create(90, unit)
    net.connect(left, right, "exc").all_to_all(weights=ann.Uniform(0.0, 0.02))
    net.connect(right, right, "exc").fixed_probability(probability=0.3, weights=ann.Normal(0.0, 0.02))
    net.connect(right, left, "inh").all_to_all(weights=0.003)


THREE: dict[str, tuple[Callable[[ann.Network], None], float]] = {
    "izhikevich": (izhikevich, 1.0),
    "coba": (coba, 0.1),
    "rate": (rate, 1.0),
}


def run(
    build: Callable[[ann.Network], None],
    *,
    steps: int,
    dt: float = 1.0,
    target: str = "llvm",
    team: int = 1,
    precision: str = "double",
    seed: int = 11,
    determinism: str = "strict",
) -> Run:
    """All attributes of all populations, and the spikes, after some steps of a fresh network."""
    net = ann.Network(dt=dt, seed=seed)
    net.config(paradigm=target, num_threads=team, precision=precision, determinism=determinism)
    build(net)
    monitors = {p.name: net.monitor(p, "spike") for p in net.get_populations() if p.neuron_type.type == "spike"}
    net.compile(silent=True)
    net.simulate(steps * dt)
    out: Run = {}
    for pop in net.get_populations():
        for name in pop.attributes:
            out[f"{pop.name}.{name}"] = np.asarray(pop.get(name))
    for name, monitor in monitors.items():
        spikes = monitor.get("spike")
        out[f"{name}.spike"] = np.array([(t, n) for n, times in sorted(spikes.items()) for t in times]).reshape(-1, 2)
    return out


def assert_same_bits(a: Run, b: Run) -> None:
    """Every array equal bit for bit (NaNs of the same bits included)."""
    assert a.keys() == b.keys()
    for name, left in a.items():
        right = b[name]
        assert left.dtype == right.dtype, name
        assert left.shape == right.shape, name
        same = left.tobytes() == right.tobytes()
        assert same, f"{name}: {np.flatnonzero(left.ravel() != right.ravel())[:5]} of {left.size} differ"


@dataclass(frozen=True)
class RandomNetwork:
    """A network drawn by hypothesis; calling it builds it."""

    sizes: tuple[int, ...]
    spiking: bool
    equations: tuple[str, ...]
    refractory: float
    links: tuple[tuple[int, int, str, str, float], ...]

    def __call__(self, net: ann.Network) -> None:
        """Create the populations and projections."""
        if self.spiking:
            cell = ann.Neuron(
                parameters="a = 0.7\nb = 12.0 : population\nc = 0.3",
                equations="\n".join(self.equations),
                spike="v > 1.0",
                reset="v = 0.1*c\nu += 0.2",
                refractory=self.refractory,
            )
        else:
            cell = ann.Neuron(
                parameters="a = 0.7\nb = 12.0 : population\nc = 0.3",
                equations="\n".join((*self.equations, "r = clip(v + 0.5*u, -5.0, 5.0)")),
            )
        draw = np.random.default_rng(3)
        pops = []
        for size in self.sizes:
            pop = net.create(size, cell)
            pop.v = draw.uniform(-0.5, 0.9, size)
            pop.c = draw.uniform(0.1, 0.6, size)
            pops.append(pop)
        for pre, post, target, rule, delay in self.links:
            link = net.connect(pops[pre % len(pops)], pops[post % len(pops)], target)
            weights = ann.Uniform(-0.2, 0.4)
            if rule == "all":
                link.all_to_all(weights=weights, delays=delay)
            elif rule == "one":
                link.one_to_one(weights=0.3, delays=delay)
            elif rule == "same":
                link.fixed_probability(probability=0.3, weights=0.1, delays=delay)
            else:
                link.fixed_probability(probability=0.4, weights=weights, delays=delay)


_TERMS = [
    "a*u", "c", "-v", "0.3*tanh(v)", "exp(-v*v)", "u*v/(1.0 + v^2)", "sin(b*v)", "cos(u + a)", "abs(v - c)", "a^2*v",
    "0.1*Uniform(-1.0, 1.0)", "0.1*Normal(0.0, 1.0)", "(if v > c: a else: -u)", "ite(u < 0.2 and v > 0.1, 0.3, 0.1)",
    "sqrt(abs(u))", "log(1.0 + v^2)", "max(u, v)", "min(a, c)", "pos(u)", "0.01*t", "1/3", "floor(2.0*v)/4.0",
]  # fmt: skip


@st.composite
def random_networks(draw: st.DrawFn) -> RandomNetwork:
    """Small networks of one or two populations with random equations, methods and connections."""
    spiking = draw(st.booleans())
    gains = ["g_exc", "g_inh"] if spiking else ["sum(exc)", "sum(inh)"]
    expression = st.lists(st.sampled_from(_TERMS), min_size=1, max_size=4).map(" + ".join)
    method = draw(st.sampled_from(["", " : explicit", " : midpoint", " : rk4"]))
    first = f"b * dv/dt = {draw(expression)} + {gains[0]} - v{method}"
    second = draw(
        st.sampled_from(
            [
                f"u = 0.5*u + 0.1*({draw(expression)}) : min = -2.0, max = 2.0",
                f"du/dt = 0.1*({draw(expression)} - u){method}",
                f"b * du/dt + u = c - {gains[1]} : exponential",
                f"u += 0.1*(v - u) + 0.1*{gains[1]} : max = 3.0",
            ]
        )
    )
    equations = [first, second]
    if draw(st.booleans()):
        equations.reverse()
    if spiking and draw(st.booleans()):
        equations.append("b * dg_exc/dt = -g_exc : exponential")
    sizes = draw(st.sampled_from([(1,), (5,), (63, 65), (130,), (8, 3)]))
    link = st.tuples(
        st.integers(0, 1),
        st.integers(0, 1),
        st.sampled_from(["exc", "inh"]),
        st.sampled_from(["all", "some", "one", "same"]),
        st.sampled_from([0.0, 1.0, 2.0, 3.0]),
    )
    links = tuple(draw(st.lists(link, max_size=3)))
    return RandomNetwork(sizes, spiking, tuple(equations), draw(st.sampled_from([0.0, 2.0])), links)
