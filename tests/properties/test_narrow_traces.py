"""Variables that neurons hold for their synapses: random rules mean the same on every level and target, and what they
mean when each synapse holds its own."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from support.stages import Trail
from support.whole_models import NeuronTexts, SynapseTexts
from support.whole_networks import Population, Projection, WholeNetwork, Wires

import nnc as ann
from nnc.compiler.ir import step
from nnc.compiler.ir.types import At

PRE = ("dx/dt = -rate*x", "4.0*dx/dt = a - x : max=0.9", "dx/dt = -0.2*x + 0.03")
SECOND = ("7.0*du/dt = -u", "du/dt = -rate*u : min=-0.4")
POST = ("5.0*dy/dt = -y", "dy/dt = a - 0.5*y : min=0.1")
AT_PRE = ("x += a", "x = 1.0", "x *= 0.5", "x = clip(x + u, 0.0, 1.2)", "u += 0.1*x", "u = 0.3")
AT_POST = ("y += 0.2", "y = y*0.8 + a", "y = 1.0 : max=0.7")
CHANGES = ("w = clip(w - 0.01*y, 0.0, 1.0)", "w += 0.02*x : max=1.0", "w *= 1.0 - 0.01*u*y", "v = x - y")


def rule(seed: int) -> dict[str, str]:
    """Texts of a synapse whose traces can all be narrowed. Statements of an event stand in any order."""
    random = Random(seed)

    def some(*choices: tuple[str, ...]) -> str:
        chosen = [s for c in choices for s in random.sample(c, random.randint(1, min(3, len(c))))]
        random.shuffle(chosen)
        return "\n".join(chosen)

    equations = [random.choice(kind) for kind in (PRE, SECOND, POST)]
    marked = [e + (", event-driven" if " : " in e else " : event-driven") for e in equations]
    random.shuffle(marked)
    return {
        "parameters": "a = 0.2; rate = 0.15",
        "equations": "\n".join(marked),
        "pre_spike": "g_target += w*(1.0 + x)\n" + some(AT_PRE, CHANGES),
        "post_spike": some(AT_POST, CHANGES),
    }


def network(seed: int) -> WholeNetwork:
    """Two populations that fire often, and synapses of a random rule in one of all kinds of storage."""
    random = Random(-1 - seed)
    cell = {
        "equations": "c = Uniform(0, 1) : population\nv += 0.2 + 0.2*c\ng_exc *= 0.5",
        "spike": "v > 0.8",
        "reset": "v = -0.8",
    }
    neuron = NeuronTexts(dict(cell), True, ["v"], ["exc"], frozenset())
    pops = [Population(neuron, 66), Population(neuron, 3)]
    pre, post = random.choice([(0, 1), (0, 0), (1, 0)])
    n, m = pops[pre].size, pops[post].size
    full = pre != post and random.random() < 0.5
    if full:
        grid, at = np.mgrid[0:m, 0:n]
        wires = Wires(at.ravel(), grid.ravel(), 1, 0, n, 0, m)
    else:
        there, at = np.nonzero(np.random.default_rng(seed).random((m, n)) < (0.05 if pre == post else 0.5))
        wires = Wires(at, there)
    facts: dict[str, Any] = {"alike": True, "full": full, "targets": ("exc",), "delay": "one"}
    if random.random() < 0.5:
        wires.delays = random.randint(2, 3)
        facts["delay"] = "uniform"
    values: dict[str, Any] = {}
    if random.random() < 0.3:
        facts["transmission_flag"] = True
        values["proj0.transmission"] = random.random() < 0.7
    synapse = SynapseTexts(rule(seed), frozenset({"w"}))
    projection = Projection(synapse, pre, post, wires, facts)
    return WholeNetwork(seed, random.choice(["double", "float"]), pops, [projection], values, exact=True)


@pytest.mark.parametrize("seed", range(4))
def test_a_rule_is_the_same_after_every_pass_and_on_every_target(seed: int) -> None:
    trail = Trail(network(seed), steps=8, teams=(1, 2))
    module = trail.run()
    trail.on_targets(module)
    assert trail.lowered is not None
    found = {str(f.sym): f for f in trail.lowered.step_module.find(step.Field)}
    sides = {name: found[f"proj0.{name}"].type.at for name in "xuy" if f"proj0.{name}" in found}
    assert sides == {"x": At.pre, "u": At.pre, "y": At.post}
    assert "proj0.last_event" not in found


def learned(seed: int, apart: bool, target: str, precision: str, threads: int = 1) -> dict[str, Any]:
    """What a rule makes of synapses whose spikes it does not change."""
    net = ann.Network(dt=0.5, seed=2)
    net.config(event_time="exact", precision=precision, paradigm=target, num_threads=threads)
    cell = ann.Neuron(
        parameters=dict(drive=ann.Parameter(0.2, locality="local")),
        equations="v += drive\n5.0*dg_exc/dt = -g_exc",
        spike="v > 1.0",
        reset="v = 0.0",
    )
    draw = np.random.default_rng(seed)
    pops = [net.create(n, cell) for n in (80, 70)]
    for pop in pops:
        pop.drive = draw.uniform(0.02, 0.2, pop.size)
    link = net.connect(pops[0], pops[seed % 2], "exc", ann.Synapse(**rule(seed)))
    link.fixed_probability(0.2, weights=ann.Uniform(0.2, 0.8), delays=(0.5, 1.5)[seed % 3 == 0])
    watched = net.monitor(pops[seed % 2], ["g_exc", "spike"])
    net.compile(silent=True)
    if apart:
        link.x = [np.arange(len(row)) for row in link.w]
        link.x = 0.0
    assert ("held by each synapse" in net.explain()) == apart
    net.simulate(40.0)
    return {"w": np.concatenate(link.w), "g": watched.get("g_exc")}


@pytest.mark.parametrize("seed", range(4))
def test_neurons_hold_what_synapses_would(seed: int) -> None:
    precision = ("double", "float")[seed % 2]
    held, own = (learned(seed, apart, "llvm", precision) for apart in (False, True))
    tolerance = 1e-11 if precision == "double" else 2e-4
    assert np.ptp(held["w"]) > 0.01
    for name, values in held.items():
        np.testing.assert_allclose(values, own[name], rtol=tolerance, atol=tolerance)
