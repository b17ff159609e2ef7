"""Whole networks against a second, slow implementation of the specified step, which knows only lists and loops.

Connectivity, delays and weights are read from the compiled network; everything else is computed anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.bench import Bench

import nnc as ann

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

STEPS = 60


@dataclass
class Synapse:
    """One synapse of the slow implementation."""

    pre: int
    post: int
    delay: int
    w: float
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    event: int = -10000


def synapses_of(proj: ann.Projection) -> list[Synapse]:
    """The synapses by post neuron, pre neurons ascending."""
    found = []
    delays, weights = proj.delay, proj.w
    for row, (post, pres) in enumerate(zip(proj.post_ranks, proj.pre_ranks, strict=True)):
        for column, pre in enumerate(pres):
            delay = delays if isinstance(delays, float) else delays[row][column]
            weight = weights if isinstance(weights, float) else weights[row][column]
            found.append(Synapse(pre, post, max(1, round(delay)), weight))
    return found


CELL = {
    "parameters": "b = 0.0",
    "equations": "10*dv/dt = b - v + 5*g_exc - g_inh\n5*dg_inh/dt = -g_inh\nu = 0.9*u + 0.1*v",
    "spike": "v > 1",
    "reset": "v = 0; u += 1",
    "refractory": 2.0,
}
PLASTIC = {
    "equations": "10*dx/dt = -x : event-driven\n20*dy/dt = -y : event-driven\n10*dz/dt = pre.v - z + post.u",
    "pre_spike": "g_target += w; x += 1; w = clip(w - 0.05*y + 0.001*z, 0.0, 1.0)",
    "post_spike": "y += 1; w = clip(w + 0.04*x + 0.01*pre.u, 0.0, 1.0)",
}


class Cells:
    """The neurons of `CELL`."""

    def __init__(self, b: NDArray[Any]) -> None:
        n = len(b)
        self.b, self.hold = b, np.zeros(n, int)
        self.v, self.u, self.exc, self.inh = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
        self.past: list[NDArray[Any]] = []
        self.spikes: list[list[int]] = []

    def update(self) -> None:
        """Phase 4."""
        active = self.hold == 0
        dv = 0.1 * (self.b - self.v + 5 * self.exc - self.inh)
        self.inh = self.inh - 0.2 * self.inh
        self.v = np.where(active, self.v + dv, self.v)
        self.u = np.where(active, 0.9 * self.u + 0.1 * self.v, self.u)
        self.exc = np.zeros_like(self.exc)
        fired = active & (self.v > 1)
        self.hold = np.where(fired, 2, np.maximum(self.hold - 1, 0))
        self.v = np.where(fired, 0.0, self.v)
        self.u = np.where(fired, self.u + 1, self.u)
        self.spikes.append(np.flatnonzero(fired).tolist())
        self.past.append(self.v)

    def emitted(self, step: int) -> list[int]:
        """Spikes of a step."""
        return self.spikes[step] if step >= 0 else []


def event(s: Synapse, elapsed: int, step: int) -> None:
    s.x *= exp(-elapsed / 10)
    s.y *= exp(-elapsed / 20)
    s.event = step


def slow_run(cells: Cells, plastic: list[Synapse], fixed: list[Synapse]) -> None:
    """All steps of `recurrent`."""
    for k in range(STEPS):
        for s in plastic:
            if s.pre in cells.emitted(k - s.delay):
                cells.exc[s.post] += s.w
                event(s, k - 1 - s.event, k)
                s.x += 1
                s.w = min(max(s.w - 0.05 * s.y + 0.001 * s.z, 0.0), 1.0)
        for s in fixed:
            if s.pre in cells.emitted(k - s.delay):
                cells.inh[s.post] += s.w
        cells.update()
        for s in plastic:
            seen = cells.past[k - s.delay + 1][s.pre] if k - s.delay + 1 >= 0 else 0.0
            s.z += 0.1 * (seen - s.z + cells.u[s.post])
        for s in plastic:
            if s.post in cells.spikes[k]:
                event(s, k - s.event, k)
                s.y += 1
                s.w = min(max(s.w + 0.04 * s.x + 0.01 * cells.u[s.pre], 0.0), 1.0)


RULES: dict[str, Callable[[ann.Projection], Any]] = {
    "dense": lambda p: p.all_to_all(weights=ann.Uniform(0.0, 0.2)),
    "dense, with itself": lambda p: p.all_to_all(0.1, delays=2.0, allow_self_connections=True),
    "sparse": lambda p: p.fixed_probability(0.3, weights=ann.Uniform(0.0, 0.5)),
    "sparse, delayed": lambda p: p.fixed_probability(0.3, weights=0.3, delays=4.0),
    "sparse, each delayed": lambda p: p.fixed_number_pre(
        5, weights=ann.Uniform(0.0, 0.5), delays=ann.DiscreteUniform(1, 6)
    ),
    "one by one": lambda p: p.one_to_one(weights=0.4, delays=3.0),
}


@pytest.mark.parametrize("part", [False, True], ids=["all", "views"])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("team", [1, 3])
def test_a_recurrent_plastic_network(rule: str, part: bool, team: int) -> None:
    bench = Bench(num_threads=team)
    n = 70 if team == 3 else 25
    pop = bench.net.create(n, ann.Neuron(**CELL))
    pop.b = b = np.linspace(0.5, 3.0, n)
    pre, post = (pop[3 : n - 3], pop[[*range(1, n - 6), n - 1]]) if part else (pop, pop)
    plastic = bench.net.connect(pre, post, "exc", ann.Synapse(**PLASTIC))
    fixed = bench.net.connect(pop[n // 2 :], pop, "inh")
    RULES[rule](plastic)
    fixed.fixed_probability(0.2, weights=ann.Uniform(0.0, 1.0), delays=2.0)
    bench.net.compile(silent=True)
    monitor = bench.net.monitor(pop, "spike")
    slow = Cells(b)
    synapses = synapses_of(plastic)
    slow_run(slow, synapses, synapses_of(fixed))
    bench.net.simulate(STEPS)
    spikes = monitor.get("spike")
    assert sum(map(len, spikes.values())) > n
    assert {i: times for i, times in spikes.items() if times} == by_neuron(slow.spikes)
    for name in "vu":
        assert np.allclose(pop.get(name), getattr(slow, name), rtol=1e-9, atol=1e-12), name
    assert np.allclose(pop.g_inh, slow.inh, rtol=1e-9, atol=1e-12)
    for name in "xyzw":
        assert np.allclose(np.concatenate(plastic.get(name)), [getattr(s, name) for s in synapses], rtol=1e-9), name


def by_neuron(spikes: list[list[int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for step, neurons in enumerate(spikes):
        for neuron in neurons:
            found.setdefault(neuron, []).append(step)
    return found


@pytest.mark.parametrize("operation", ["sum", "max", "min", "mean"])
@pytest.mark.parametrize("rule", RULES)
def test_a_recurrent_rate_network_that_learns(rule: str, operation: str) -> None:
    bench = Bench(num_threads=2)
    n = 40
    pop = bench.net.create(
        n,
        ann.Neuron(
            parameters="b = 0.0", equations="10*dv/dt = b - v + sum(exc)/(1 + mean(r)) : init = 0.2\nr = pos(v)"
        ),
    )
    pop.b = b = np.linspace(-0.5, 1.0, n)
    synapse = ann.Synapse(
        psp="w * pre.r / (1 + post.r)",
        operation=operation,
        equations="""
            th += 0.1*(post.r - th) : postsynaptic
            c += 0.01 : projection
            dw/dt = 0.05*pre.r*(post.r - th) - c*w : min = 0.0, max = 0.6
        """,
    )
    proj = bench.net.connect(pop[2:], pop[:-2], "exc", synapse)
    RULES[rule](proj)
    bench.net.compile(silent=True)
    synapses = synapses_of(proj)
    v, r, th, c = np.full(n, 0.2), np.zeros(n), np.zeros(n), 0.0
    old, mean = [], 0.0

    def seen(step: int, pre: int) -> float:
        return old[step][pre] if step >= 0 else 0.0

    for k in range(STEPS):
        total = np.zeros(n)
        for post in proj.post_ranks:
            values = [s.w * seen(k - s.delay, s.pre) / (1 + r[s.post]) for s in synapses if s.post == post]
            total[post] = {"sum": sum, "max": max, "min": min, "mean": np.mean}[operation](values)
        v = v + 0.1 * (b - v + total / (1 + mean))
        r = np.maximum(v, 0.0)
        old.append(r)
        mean = r.mean()
        c += 0.01
        th[proj.post_ranks] += 0.1 * (r[proj.post_ranks] - th[proj.post_ranks])
        for s in synapses:
            s.w = min(max(s.w + 0.05 * seen(k - s.delay + 1, s.pre) * (r[s.post] - th[s.post]) - c * s.w, 0.0), 0.6)
    bench.net.simulate(STEPS)
    assert np.allclose(pop.v, v, rtol=1e-9)
    assert np.allclose(proj.th, th[proj.post_ranks], rtol=1e-9)
    assert proj.c == pytest.approx(c)
    assert np.allclose(np.concatenate(proj.w), [s.w for s in synapses], rtol=1e-9, atol=1e-12)
