"""What runs where: one small script per feature, run on every target in both precisions; writes `docs/support.md`.

`python tools/support_table.py` runs them all (some minutes). A feature is supported by a target if what it records is
the same, bit for bit, as in the interpreter of the IR; on `cuda`, if PTX can be made of it (what that computes is
tested by tests/conformance/test_cuda_support.py). `tests/project/test_support.py` checks some rows in every run, and
all with `-m slow`.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import nnc as ann
from nnc.compiler.driver import stage_text
from nnc.compiler.options import Options
from nnc.extensions.ann_to_snn_conversion.building import Roles, build
from nnc.extensions.ann_to_snn_conversion.scaling import scales
from nnc.extensions.ann_to_snn_conversion.torch_layers import read_torch
from nnc.runtime.running.compiling import describe

if TYPE_CHECKING:
    from collections.abc import Callable

TARGETS: Final = ("interp", "llvm", "openmp", "cuda")
PRECISIONS: Final = ("double", "float")
PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "support.md"
STEPS: Final = 12
YES: Final = "yes"

WEIGHTS: Final = np.array([[0.4, -0.3, 0.7], [0.25, 0.9, -0.6]])
DELAYS: Final = np.array([[1.0, 2.0, 4.0], [3.0, 1.0, 2.0]])


def ramp(net: Any, n: Any = 3) -> Any:
    """Rate-coded neurons with different rates that grow."""
    pop = net.create(n, ann.Neuron(parameters="k = 1.0", equations="r = k*t"))
    pop.k = 0.1 + np.arange(float(pop.size))
    return pop


def sums(net: Any, equations: str = "r = sum(exc)", n: Any = 2, **more: Any) -> Any:
    """Rate-coded neurons that receive them."""
    return net.create(n, ann.Neuron(equations=equations, **more))


def fires(net: Any) -> Any:
    """Neurons that fire every 2, 3 and 4 steps."""
    pop = net.create(3, ann.Neuron(parameters="p = 2.0", equations="c += 1.0", spike="c >= p", reset="c = 0.0"))
    pop.p = np.array([2.0, 3.0, 4.0])
    return pop


def cells(net: Any, equations: str = "3.0*dv/dt = 0.2 - v + g_exc", **more: Any) -> Any:
    """Spiking neurons that receive them."""
    model = {"spike": "v > 0.6", "reset": "v = 0.0", **more}
    return net.create(2, ann.Neuron(equations=equations, **model))


def rated(*, delays: Any = 0.0, post: str = "r = sum(exc)", connect: Any = None, **model: Any) -> Any:
    """A rate-coded projection."""

    def build(net: Any) -> None:
        proj = net.connect(ramp(net), sums(net, post), "exc", ann.Synapse(**model) if model else None)
        if connect is None:
            proj.from_matrix(WEIGHTS, delays=delays)
        else:
            connect(proj)

    return build


def spiked(*, delays: Any = 0.0, target: Any = "exc", connect: Any = None, **model: Any) -> Any:
    """A spiking projection."""

    def build(net: Any) -> None:
        proj = net.connect(fires(net), cells(net), target, ann.Synapse(**model) if model else None)
        if connect is None:
            proj.from_matrix(WEIGHTS, delays=delays)
        else:
            connect(proj)

    return build


def method(name: str) -> Any:
    """Two coupled equations with a numerical method."""
    return lambda net: sums(net, f"5.0*dr/dt = 1.0 - r - u : {name}\n9.0*du/dt = r - u : {name}")


def shipped(model: Any) -> Any:
    """A standard model: a neuron that is driven, or a synapse."""

    def build(net: Any) -> None:
        if issubclass(model, ann.Synapse):
            spiking = model in (ann.STDP, ann.STP)
            pre, post = (fires(net), cells(net)) if spiking else (ramp(net), sums(net))
            net.connect(pre, post, "exc", model()).from_matrix(np.abs(WEIGHTS))
            return
        pop = net.create(2, model())
        pre = ramp(net) if model().type == "rate" else fires(net)
        net.connect(pre, pop, "exc").from_matrix(np.abs(WEIGHTS))

    return build


def inputs(make: Callable[[], Any], spiking: bool) -> Any:
    """An input population, and neurons that listen."""

    def build(net: Any) -> None:
        source = net.create(make())
        net.connect(source, cells(net) if spiking else sums(net), "exc").all_to_all(weights=0.3)

    return build


def decoded(net: Any) -> None:
    """From spikes to rates."""
    net.connect(ann.DecodingProjection(fires(net), sums(net), "exc", window=4.0)).from_matrix(WEIGHTS)


def injected(net: Any) -> None:
    """From rates to currents."""
    net.connect(ann.CurrentInjection(ramp(net, 2), cells(net), "exc")).connect_current()


def structural(net: Any) -> None:
    """Synapses that come and go by rules."""
    net.config(structural_plasticity=True)
    rule = ann.Synapse(creating="pre.r > 2.0 : proba=0.5, w=0.2", pruning="pre.r < 1.0 : proba=0.5")
    net.connect(ramp(net), sums(net), "exc", rule).from_matrix(np.array([[1.0, None, None], [None, 1.0, None]]))


def switched(net: Any) -> None:
    """Learning that is switched off and slowed down."""
    proj = net.connect(ramp(net), sums(net), "exc", ann.Hebb(eta=0.01)).from_matrix(WEIGHTS)
    proj.plasticity = False
    other = net.connect(proj.pre, proj.post, "exc", ann.Hebb(eta=0.01)).from_matrix(WEIGHTS)
    other.transmission = False


def rate_of_spikes(net: Any) -> None:
    """Mean firing rates."""
    fires(net).compute_firing_rate(6.0)


def disabled(net: Any) -> None:
    """A population that stands still."""
    ramp(net).disable()


def converted(net: Any) -> None:
    """Spiking layers made from a small convolutional network."""
    filters, matrix = np.array([[[[0.6, -0.2], [0.3, 0.5]]]]), np.array([[0.4, 0.9, -0.3, 0.2], [0.5, -0.1, 0.7, 0.3]])
    layers = [("Conv2d", "conv", {"padding": "same"}), "ReLU", ("MaxPool2d", {"kernel_size": 2}), "Flatten"]
    chain = read_torch(
        {"conv.weight": filters, "conv.bias": [0.1], "fc.weight": matrix}, (1, 4, 4), [*layers, ("Linear", "fc")]
    )
    roles = Roles("CPN", None, "spike_count", 100.0, None, biases=True)
    image, *_ = build(net, chain, roles, scales(chain, None, True))
    image.rates = 100.0 + 50.0 * np.arange(16.0).reshape(image.geometry)


FEATURES: Final[dict[str, Any]] = {
    "rate-coded neurons": lambda net: ramp(net),
    "spiking neurons": lambda net: fires(net),
    "refractory period": lambda net: cells(net, "3.0*dv/dt = 2.0 - v", refractory=3.0),
    "conditionals, functions, constants": lambda net: sums(
        net, "c = if t > 3.0: f(t) else: 1.0\nr = ite(c > 2.0, sin(c), exp(-c))", functions="f(x) = x**2 + 1.0"
    ),
    "bounds, initial values, types": lambda net: sums(
        net, "n += 1 : int, init=3, max=9\nb = t > 2.0 : bool\nr = n*0.1 : min=0.5"
    ),
    "population-wide variables": lambda net: sums(net, "g = t*2.0 : population\nr = g + 1.0"),
    "mean, max, min, norms of a population": lambda net: sums(
        net, "r = t + 0.5*Uniform(0.0, 1.0)\nm = mean(r) + norm2(r)"
    ),
    "random numbers in equations": lambda net: sums(net, "r = Uniform(0.0, 1.0) + Normal(0.0, 1.0)"),
    "other distributions in equations": lambda net: sums(
        net,
        "r = Exponential(2.0) + Gamma(2.0, 1.0)\nd = DiscreteUniform(1, 6) + Binomial(9, 0.3)\ne = LogNormal(0.0, 1.0)",
    ),
    **{
        f"method {name}": method(name)
        for name in ("explicit", "implicit", "semiimplicit", "exponential", "midpoint", "rk4")
    },
    "weighted sums": rated(),
    "psp of both neurons": rated(psp="w*(pre.r - post.r)"),
    **{f"operation {name}": rated(operation=name) for name in ("max", "min", "mean")},
    "delays": rated(delays=3.0),
    "delays of their own": rated(delays=DELAYS),
    "learning, rate-coded": rated(equations="tau*dw/dt = pre.r*post.r - w : min=0.0, max=2.0", parameters="tau = 50.0"),
    "values per post neuron": rated(
        parameters="g = 2.0 : postsynaptic", equations="z = g*post.r : postsynaptic", psp="w*z*pre.r"
    ),
    "synaptic noise": rated(equations="n = Uniform(0.5, 1.5)", psp="w*n*pre.r"),
    "all_to_all": rated(connect=lambda proj: proj.all_to_all(weights=0.5)),
    "one_to_one": rated(connect=lambda proj: proj.one_to_one(weights=0.5)),
    "fixed_probability": rated(connect=lambda proj: proj.fixed_probability(0.6, weights=ann.Uniform(0.0, 1.0))),
    "synapses that are not stored, rate-coded": rated(
        connect=lambda proj: proj.fixed_probability(0.6, weights=ann.Normal(0.0, 1.0), storage="procedural")
    ),
    "synapses that are not stored, spikes": spiked(
        connect=lambda proj: proj.fixed_probability(0.6, weights=0.3, storage="procedural")
    ),
    "synapses that are not stored, fixed numbers": spiked(
        connect=lambda proj: proj.fixed_number_post(2, weights=ann.Uniform(0.0, 1.0), storage="procedural")
    ),
    "fixed_number_pre": rated(connect=lambda proj: proj.fixed_number_pre(2, weights=ann.Normal(0.0, 1.0))),
    "spikes, one weight for all": spiked(connect=lambda proj: proj.all_to_all(weights=0.3)),
    "spikes": spiked(),
    "spikes with delays": spiked(delays=3.0),
    "spikes with delays of their own": spiked(delays=DELAYS),
    "several targets": lambda net: net.connect(
        fires(net), cells(net, "3.0*dv/dt = 0.2 - v + g_exc - 0.5*g_inh"), ["exc", "inh"]
    ).from_matrix(WEIGHTS),
    "events before and after": spiked(
        parameters="a = 0.1",
        equations="5.0*dx/dt = -x : event-driven",
        pre_spike="x += a\ng_target += w",
        post_spike="w += x",
    ),
    "synaptic variables in every step": spiked(equations="9.0*dw/dt = 0.5 - w", pre_spike="g_target += w"),
    "continuous transmission between spiking neurons": spiked(psp="w*(pre.c - post.v)"),
    "learning and transmission switched": switched,
    "mean firing rate": rate_of_spikes,
    "disabled population": disabled,
    "structural plasticity": structural,
    "InputArray": inputs(lambda: ann.InputArray(3), spiking=False),
    "TimedArray": inputs(lambda: ann.TimedArray(rates=WEIGHTS, schedule=3.0, period=8.0), spiking=False),
    "SpikeSourceArray": inputs(lambda: ann.SpikeSourceArray([[1.0, 5.0], [2.0], []]), spiking=True),
    "PoissonPopulation": inputs(lambda: ann.PoissonPopulation(9, rates=200.0), spiking=True),
    "PoissonPopulation, equation": inputs(lambda: ann.PoissonPopulation(9, rates="100.0*(1.0 + sin(t))"), spiking=True),
    "TimedPoissonPopulation": inputs(
        lambda: ann.TimedPoissonPopulation(9, rates=[50.0, 400.0], schedule=[0.0, 6.0]), spiking=True
    ),
    "HomogeneousCorrelatedSpikeTrains": inputs(
        lambda: ann.HomogeneousCorrelatedSpikeTrains(9, rates=200.0, corr=0.3, tau=5.0), spiking=True
    ),
    "DecodingProjection": decoded,
    "CurrentInjection": injected,
    **{model.__name__: shipped(model) for model in (*ann.list_standard_neurons(), *ann.list_standard_synapses())},
    "ANN-to-SNN conversion": converted,
}


def recorded(build: Any, target: str, precision: str, *, run: bool = False) -> dict[str, Any]:
    """All attributes after a run, and all spikes; for `cuda` the PTX, unless it is to be run."""
    text = target == "cuda" and not run
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = ann.Network(dt=1.0, seed=3)
        net.config(precision=precision, paradigm="llvm" if text else target, determinism="strict")
        build(net)
        monitors = [net.monitor(p, "spike") for p in net.get_populations() if p.is_spiking]
        net.compile(silent=True)
        if text:
            return {"ptx": stage_text(describe(net), "ptx", Options())}
        for projection in net.get_projections(suppress_error=True):
            if projection.has_rules:
                projection.start_creating()
                projection.start_pruning()
        net.simulate(float(STEPS))
    found: dict[str, Any] = {str(i): sorted(m.get("spike").items()) for i, m in enumerate(monitors)}
    for obj in [*net.get_populations(), *net.get_projections(suppress_error=True)]:
        found |= {f"{obj.name}.{name}": obj._values.packed(name).tobytes() for name in obj.attributes}
    found |= {p.name: p.pre_ranks for p in net.get_projections(suppress_error=True)}
    return found


def cell(name: str, target: str, precision: str) -> str:
    """What the table says of a feature on a target."""
    try:
        found = recorded(FEATURES[name], target, precision)
        if target == "cuda":
            return YES if ".visible .entry" in found["ptx"] else "no kernel"
        same = target == "interp" or found == recorded(FEATURES[name], "interp", precision)
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}".replace("|", "/")
    return YES if same else "other bits"


def row(name: str) -> str:
    """One line of the table."""
    return f"| {name} | " + " | ".join(cell(name, t, p) for t in TARGETS for p in PRECISIONS) + " |"


def page(rows: list[str]) -> str:
    """The document."""
    head = " | ".join(f"{target} {precision}" for target in TARGETS for precision in PRECISIONS)
    return (
        f"""# What runs where

Written by `python tools/support_table.py`, which runs one small script per feature on every target in both precisions.
`yes`: it runs, and everything it computes has the same bits as in the interpreter of the IR (`interp`). On `cuda`: PTX
is made of it, which `tests/conformance/test_cuda_support.py` runs in an interpreter: the same bits ([gpu.md](gpu.md)).

| feature | {head} |
|---|{"---|" * (len(TARGETS) * len(PRECISIONS))}
"""
        + "\n".join(rows)
        + "\n"
    )


def main() -> int:
    """Runs everything and writes the page."""
    rows = []
    for name in FEATURES:
        rows.append(row(name))
        print(rows[-1], flush=True)
    PAGE.write_text(page(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
