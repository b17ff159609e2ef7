"""What must not matter does not change a bit: names, order, what nobody reads, how a run is cut, who looks on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import nnc as ann

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Run = dict[str, NDArray[Any]]

pytestmark = pytest.mark.filterwarnings("ignore::nnc.runtime.errors.NNCWarning")
STEPS = 24
NAMES = {"v": "potential", "u": "u_2", "x": "zz", "b": "_b", "c": "C", "tau": "time_constant", "f": "squared"}

NEURON = [
    "tau*dv/dt = f(c) - v + 0.2*u + {input} + 0.1*Normal(0.0, 1.0) : {method}",
    "du/dt = 0.05*(v - u) : {method}, max=2.0",
]
SPIKING = {"spike": "v > 0.6 + 0.1*b", "reset": "v = -0.1\nu += 0.2", "refractory": "c"}
FUNCTION = "f(x) = x*x + 0.4"


@dataclass(frozen=True)
class Variant:
    """A way to write the same network. All fields but `kind` and `method` must not matter."""

    kind: str
    method: str
    rename: bool = False
    swap: bool = False
    unused: bool = False
    stranger: bool = False
    cuts: tuple[int, ...] = (STEPS,)
    recorded: bool = False
    target: str = "llvm"

    def text(self, text: str) -> str:
        """A text with the names of this variant."""
        if not self.rename:
            return text
        return re.sub(r"(?<![\w.])(d?)(" + "|".join(NAMES) + r")\b(?!\()|\bf(?=\()", self._renamed, text)

    @staticmethod
    def _renamed(match: re.Match[str]) -> str:
        return NAMES["f"] if match[2] is None else match[1] + NAMES[match[2]]

    def name(self, name: str) -> str:
        """An attribute's name in this variant."""
        return NAMES.get(name, name) if self.rename else name


def neuron(variant: Variant) -> ann.Neuron:
    spiking = variant.kind == "spiking"
    equations = [e.format(method=variant.method, input="g_exc" if spiking else "sum(exc)") for e in NEURON]
    parameters = ["tau = 10.0 : population", "b = 0.5", "c = 0.8"]
    if variant.swap:
        equations.reverse()
        parameters.reverse()
    equations.append("dx/dt = 0.1*(v*b - x)")
    if spiking:
        equations.append("5.0*dg_exc/dt = -g_exc : exponential")
    else:
        equations.append("r = clip(v + 0.3*x, 0.0, 2.0)")
    if variant.unused:
        parameters.insert(1, "nobody = 3.0")
        equations.append("idle = 2.0*v - nobody")
    texts: dict[str, Any] = dict(SPIKING) if spiking else {}
    texts = {k: variant.text(v) for k, v in texts.items()}
    return ann.Neuron(
        parameters=variant.text("\n".join(parameters)),
        equations=variant.text("\n".join(equations)),
        functions=variant.text(FUNCTION),
        **texts,
    )


def synapse(variant: Variant) -> ann.Synapse:
    parameters = ["eta = 0.05 : projection", "k = 0.4"]
    equations = ["10.0*dp/dt = -p + pre.{r}*k".replace("{r}", "r"), "dw/dt = eta*(post.v - w)"]
    equations = [re.sub(r"post\.v", f"post.{variant.name('v')}", e) for e in equations]
    if variant.swap:
        parameters.reverse()
        equations.reverse()
    if variant.unused:
        parameters.append("spare = 1.0")
        equations.append("alone = spare + p")
    events = {"pre_spike": "g_target += w*(1.0 + p)\nq = q + 1"} if variant.kind == "spiking" else {"psp": "w*pre.r"}
    return ann.Synapse(parameters="\n".join(parameters), equations="\n".join(equations), **events)


def run(variant: Variant) -> Run:
    """All that a network holds after some steps, by the names it has without renaming."""
    net = ann.Network(dt=1.0, seed=5)
    net.config(paradigm=variant.target, num_threads=2)
    prefix = "renamed_" if variant.rename else ""
    cell = neuron(variant)
    left, right = net.create(70, cell, name=f"{prefix}left"), net.create(9, cell, name=f"{prefix}right")
    draw = np.random.default_rng(2)
    for pop in (left, right):
        setattr(pop, variant.name("v"), draw.uniform(0.0, 0.9, pop.size))
        setattr(pop, variant.name("c"), draw.uniform(0.5, 1.6, pop.size))
    one = net.connect(left, right, "exc", synapse(variant), name=f"{prefix}one")
    one.fixed_probability(probability=0.3, weights=ann.Uniform(0.0, 0.5), delays=2.0)
    two = net.connect(right, right, "exc", name=f"{prefix}two")
    two.all_to_all(weights=0.05)
    monitors = []
    if variant.stranger:
        net.create(33, ann.Neuron(equations="z = z + Uniform(0.0, 1.0)\nr = z"))
    if variant.recorded:
        wanted = ["spike", "v", "u"] if variant.kind == "spiking" else ["r", "v"]
        monitors = [net.monitor(pop, [variant.name(n) for n in wanted]) for pop in (left, right)]
    net.compile(silent=True)
    if variant.recorded:
        monitors.append(net.monitor(next(iter(one.dendrites)), "w"))
    for steps in variant.cuts:
        net.simulate(float(steps))
        for monitor in monitors:
            monitor.get()
    pops = enumerate((left, right))
    out = {f"{i}.{name}": np.asarray(pop.get(variant.name(name))) for i, pop in pops for name in "vuxc"}
    for name in ("w", "p"):
        out[f"one.{name}"] = np.concatenate([np.asarray(d.get(name)) for d in one.dendrites])
    return out


VARIANTS = {
    "renamed": {"rename": True},
    "in another order": {"swap": True},
    "with what nobody reads": {"unused": True},
    "beside a population without synapses": {"stranger": True},
    "cut in two": {"cuts": (7, STEPS - 7)},
    "step by step": {"cuts": (1,) * STEPS},
    "recorded": {"recorded": True},
    "all at once": {
        "rename": True,
        "swap": True,
        "unused": True,
        "stranger": True,
        "cuts": (5, 0, STEPS - 5),
        "recorded": True,
    },
}


@pytest.fixture(scope="module")
def plain() -> dict[tuple[str, str], Run]:
    return {}


@pytest.mark.parametrize("change", VARIANTS)
@pytest.mark.parametrize(("kind", "method"), [("rate", "explicit"), ("spiking", "midpoint")])
def test_what_does_not_matter_changes_no_bit(
    kind: str, method: str, change: str, plain: dict[tuple[str, str], Run]
) -> None:
    base = Variant(kind, method)
    if (kind, method) not in plain:
        plain[kind, method] = run(base)
    expected, found = plain[kind, method], run(replace(base, **VARIANTS[change]))
    assert expected.keys() == found.keys()
    for name, values in expected.items():
        assert values.tobytes() == found[name].tobytes(), name
        assert values.size


@pytest.mark.parametrize(("kind", "method"), [("rate", "explicit"), ("spiking", "midpoint")])
def test_the_networks_are_alive(kind: str, method: str, plain: dict[tuple[str, str], Run]) -> None:
    result = plain.get((kind, method)) or run(Variant(kind, method))
    assert len(np.unique(result["one.w"])) > 20
    assert len(np.unique(result["0.v"])) > 20
    assert not np.array_equal(result["one.w"], run(Variant(kind, "rk4"))["one.w"])
