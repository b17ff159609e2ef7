"""Random networks of the models of `whole_models`, as the compiler is given them, with synapses and initial values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from support.described import built, neuron, synapse
from support.whole_models import CONSTANTS, GLOBAL_FUNCTION, neuron_texts, synapse_texts

from nnc.compiler.description import Globals, NetworkDescription, PopulationDescription, ProjectionDescription
from nnc.compiler.diagnostics import Source
from nnc.compiler.frontend.stop import analyse_stop
from nnc.compiler.ir.interp import Connectivity

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from support.whole_models import NeuronTexts, SynapseTexts

    from nnc.compiler.ir.model import Module

    Array = NDArray[Any]

SIZES: Final = (1, 2, 5, 12, 70, 131)
KNOWN: Final = Globals(functions=(Source(GLOBAL_FUNCTION),), constants=CONSTANTS)
STOPS: Final = (None, None, None, "v > 1.5", "u > -5 : all")


@dataclass
class Wires:
    """Synapses of a projection in canonical order, and the ranges of a full one."""

    pre: Array
    post: Array
    delays: Array | int = 1
    pre_first: int = 0
    pre_count: int = 0
    post_first: int = 0
    post_count: int = 0

    @property
    def connectivity(self) -> Connectivity:
        """The same for the interpreters of models and steps."""
        return Connectivity(self.pre, self.post, self.delays, self.pre_first)


@dataclass
class Population:
    """A population of a random network: its neuron, and what the compiler is told of it."""

    model: NeuronTexts
    size: int
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Projection:
    """A projection of a random network."""

    model: SynapseTexts
    pre: int
    post: int
    wires: Wires
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class WholeNetwork:
    """A random network. Two of the same seed are the same."""

    seed: int
    precision: Any
    populations: list[Population]
    projections: list[Projection]
    values: dict[str, Any] = field(default_factory=dict)
    """Switches and periods by field; all else is drawn from the name of the field."""
    exact: bool = False
    """Event-driven variables count all steps."""

    def module(self) -> Module:
        """The verified module as the front end builds it. Raises `DiagnosticError` for what the language forbids."""
        populations = [self._population(i, p) for i, p in enumerate(self.populations)]
        projections = [self._projection(i, p, populations) for i, p in enumerate(self.projections)]
        known = replace(KNOWN, exact_time=self.exact)
        return built(NetworkDescription(0.5, self.precision, tuple(populations), tuple(projections), known))

    @property
    def longest_delay(self) -> int:
        """In steps."""
        return max((int(np.max(p.wires.delays, initial=1)) for p in self.projections), default=1)

    def _population(self, i: int, pop: Population) -> PopulationDescription:
        analysed = neuron(KNOWN, **pop.model.texts)
        facts = dict(pop.facts)
        if facts.get("stop") is not None:
            facts["stop"] = analyse_stop(Source(facts["stop"]), analysed, KNOWN)
        return PopulationDescription(i, analysed, pop.model.arrays, **facts)

    def _projection(self, i: int, proj: Projection, populations: list[PopulationDescription]) -> ProjectionDescription:
        analysed = synapse(KNOWN, populations[proj.pre].model.kind, **proj.model.texts)
        facts = dict(proj.facts)
        return ProjectionDescription(i, analysed, proj.pre, proj.post, arrays=proj.model.arrays, **facts)

    def __str__(self) -> str:
        parts = [f"network of seed {self.seed}, {self.precision}, {self.values}"]
        for i, pop in enumerate(self.populations):
            parts.append(f"pop{i} of {pop.size}, {pop.facts}, arrays {sorted(pop.model.arrays)}: {pop.model}")
        for i, proj in enumerate(self.projections):
            head = f"proj{i} {proj.pre}->{proj.post}, {len(proj.wires.pre)} synapses, {proj.facts}"
            parts.append(f"{head}, arrays {sorted(proj.model.arrays)}: {proj.model}")
        return "\n".join(parts)

    __repr__ = __str__


def random_network(seed: int) -> WholeNetwork:
    """A network; a function of the seed alone."""
    random = Random(seed)
    targets = ["exc", "inh"][: random.choice([1, 2, 2])]
    populations = []
    for _ in range(random.choice([1, 1, 2, 2, 3])):
        size = random.choice(SIZES if not populations else SIZES[:4])
        populations.append(Population(neuron_texts(random, targets), size))
    network = WholeNetwork(seed, random.choice(["double", "double", "float"]), populations, [])
    for _ in range(random.choice([0, 1, 1, 2, 2, 3])):
        network.projections.append(_projection(random, network, targets))
    for i, pop in enumerate(populations):
        _population_facts(random, network, i, pop)
    return network


def _population_facts(random: Random, network: WholeNetwork, i: int, pop: Population) -> None:
    if random.random() < 0.15:
        pop.facts["can_disable"] = True
        network.values[f"pop{i}.enabled"] = random.random() < 0.5
    if pop.model.spiking and random.random() < 0.25:
        window = random.randint(1, 6)
        pop.facts["rate_window"] = True
        network.values |= {f"pop{i}.rate.window": window, f"pop{i}.rate.scale": 1000.0 / (0.5 * window)}
    stop = random.choice(STOPS)
    if stop is not None:
        pop.facts["stop"] = stop
        network.values |= {f"pop{i}.stop.watched": random.random() < 0.7, "stop.any": random.random() < 0.5}


def _projection(random: Random, network: WholeNetwork, targets: list[str]) -> Projection:
    i = len(network.projections)
    pre, post = (random.randrange(len(network.populations)) for _ in range(2))
    source, end = network.populations[pre], network.populations[post]
    delay = random.choice(["one", "one", "uniform", "each"])
    full = delay != "each" and random.random() < 0.35
    wires = _full(random, source.size, end.size, pre == post) if full else _sparse(random, source.size, end.size)
    if delay == "uniform":
        wires.delays = random.randint(1, 5)
    elif delay == "each":
        wires.delays = np.array([random.randint(1, 4) for _ in wires.pre], np.int64)
    facts: dict[str, Any] = {"delay": delay, "full": full, "index": random.choice(["u16", "i32"])}
    if full:
        pairs = wires.pre_count * wires.post_count
        facts["no_self"] = pairs > len(wires.pre)
    facts["wide_rows"] = random.random() < 0.2
    several = end.model.spiking and len(targets) > 1 and random.random() < 0.2
    facts["targets"] = tuple(targets) if several else (random.choice(targets),)
    for name in ("transmission", "plasticity"):
        if random.random() < 0.15:
            facts[f"{name}_flag"] = True
            network.values[f"proj{i}.{name}"] = random.random() < 0.5
    if random.random() < 0.15:
        facts["update_flag"] = True
        network.values |= {
            f"proj{i}.update": random.random() < 0.8,
            f"proj{i}.update.period": random.choice([0, 1, 2, 3]),
            f"proj{i}.update.offset": random.choice([0, 1, 2]),
        }
    return Projection(synapse_texts(random, source.model, end.model), pre, post, wires, facts)


def _sparse(random: Random, n_pre: int, n_post: int) -> Wires:
    chance = random.choice([0.0, 0.1, 0.3, 0.8])
    chance = min(chance, 150 / (n_pre * n_post))
    post, pre = np.nonzero(np.random.default_rng(random.randrange(2**32)).random((n_post, n_pre)) < chance)
    return Wires(pre, post)


def _full(random: Random, n_pre: int, n_post: int, recurrent: bool) -> Wires:
    first, post_first = random.randrange(n_pre), random.randrange(n_post)
    pre_count, post_count = random.randint(1, n_pre - first), random.randint(1, n_post - post_first)
    post_count = min(post_count, max(1, 200 // pre_count))
    post, pre = (a.ravel() for a in np.mgrid[post_first : post_first + post_count, first : first + pre_count])
    keep = (pre != post) | (not (recurrent and random.random() < 0.5))
    return Wires(pre[keep], post[keep], 1, first, pre_count, post_first, post_count)


def repeated(network: WholeNetwork, times: int) -> WholeNetwork:
    """The same network many times over; the synapses of every other projection go on to the next copy.

    Facts, sizes and switches of the copies are the same, drawn values are not.
    """
    many = WholeNetwork(network.seed, network.precision, [], [])
    count = len(network.populations)
    for copy in range(times):
        for i, pop in enumerate(network.populations):
            many.values |= _renamed(network.values, f"pop{i}.", f"pop{copy * count + i}.")
            many.populations.append(Population(pop.model, pop.size, dict(pop.facts)))
        for i, proj in enumerate(network.projections):
            stays = proj.facts["full"] and proj.pre == proj.post
            end = copy if stays else (copy + i % 2) % times
            many.values |= _renamed(network.values, f"proj{i}.", f"proj{len(many.projections)}.")
            ends = copy * count + proj.pre, end * count + proj.post
            many.projections.append(Projection(proj.model, *ends, proj.wires, dict(proj.facts)))
    many.values |= {name: value for name, value in network.values.items() if name.startswith("stop.")}
    return many


def _renamed(values: dict[str, Any], before: str, after: str) -> dict[str, Any]:
    return {after + name.removeprefix(before): value for name, value in values.items() if name.startswith(before)}
