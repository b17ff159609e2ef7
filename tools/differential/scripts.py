"""What the scripts of the topics are made of. Imports neither simulator: both run the same lines.

A case builds some populations and projections and names what is recorded. All cases of a topic go into one network and
share its inputs: `waves` (rate-coded, smooth, positive and negative) and `sources` (spikes at fixed steps).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

WEIGHTS = np.array([[0.4, -0.3, 0.7], [0.25, 0.9, -0.6]])
"""Two receiving neurons (rows), three sending ones."""
GAINS = np.array([0.5, 1.25])
"""Values of the local parameter `k` of receiving neurons."""
DELAYS = [[1.0, 2.0, 4.0], [3.0, 1.0, 2.0]]
PERIODS = np.array([3.0, 5.0, 7.0])


@dataclass
class Script:
    """A network under construction in one of the simulators (`ann` is the imported module)."""

    ann: ModuleType
    net: Any
    monitors: dict[str, tuple[Any, str]] = field(default_factory=dict)
    shared: dict[str, Any] = field(default_factory=dict)
    case: str = ""

    def record(self, name: str, thing: Any, variables: str) -> None:
        """Record these variables of a population or projection."""
        if not variables:
            return
        monitor = self.net.monitor(thing, variables.split())
        for variable in variables.split():
            self.monitors[f"{self.case}/{name}.{variable}"] = monitor, variable

    def waves(self) -> Any:
        """Three rate-coded neurons: sines of different frequencies."""
        if "waves" not in self.shared:
            model = self.ann.Neuron(parameters="f = 0.3", equations="v = 0.5 + cos(f*t)\nr = sin(f*t + 0.2)")
            self.shared["waves"] = self.net.create(3, model)
            self.shared["waves"].f = np.array([0.31, 0.17, 0.43])
        return self.shared["waves"]

    def sources(self) -> Any:
        """Three neurons that fire every 3, 5 and 7 steps."""
        if "sources" not in self.shared:
            model = self.ann.Neuron(
                parameters="period = 3.0", equations="c += 1.0", spike="c >= period", reset="c = 0.0"
            )
            self.shared["sources"] = self.net.create(3, model)
            self.shared["sources"].period = PERIODS
        return self.shared["sources"]

    def cells(self, **model: Any) -> Any:
        """Two neurons; a local parameter `k` of theirs gets different values."""
        return self.standard(self.ann.Neuron(**model), "k" in str(model.get("parameters", "")))

    def standard(self, model: Any, gains: bool = False) -> Any:
        """Two neurons of a given model."""
        cells = self.net.create(2, model)
        if gains:
            cells.k = GAINS
        return cells

    def link(
        self, pre: Any, post: Any, target: Any = "exc", scale: float = 1.0, delays: Any = None, **model: Any
    ) -> Any:
        """All synapses between two populations, with weights of both signs; a model from keywords."""
        synapse = self.ann.Synapse(**model) if model else None
        return self.joined(pre, post, target, scale, delays, synapse)

    def joined(self, pre: Any, post: Any, target: Any, scale: float, delays: Any, synapse: Any) -> Any:
        """All synapses between two populations with this synapse."""
        given = {} if synapse is None else {"synapse": synapse}
        projection = self.net.connect(pre, post, target, **given)
        projection.from_matrix(WEIGHTS * scale, **({} if delays is None else {"delays": delays}))
        return projection


@dataclass(frozen=True)
class Case:
    """One script. `differs` names the item of the register of divergences that explains a difference, or says why."""

    build: Callable[[Script], None]
    differs: str = ""


@dataclass(frozen=True)
class Topic:
    """Cases that share a network: its step in ms and the number of steps."""

    cases: dict[str, Case]
    dt: float = 1.0
    steps: int = 60


def rate(equations: str, parameters: Any = "k = 1.0", record: str = "r v", differs: str = "", **more: Any) -> Case:
    """Rate-coded neurons that receive the waves."""

    def build(script: Script) -> None:
        cells = script.cells(parameters=parameters, equations=equations, **more)
        script.link(script.waves(), cells)
        script.record("cells", cells, record)

    return Case(build, differs)


def spiking(
    equations: str,
    spike: str = "v > 1.0",
    reset: str = "v = 0.0",
    parameters: Any = "k = 1.0",
    record: str = "v spike",
    differs: str = "",
    scale: float = 1.0,
    **more: Any,
) -> Case:
    """Spiking neurons that receive the sources' spikes."""

    def build(script: Script) -> None:
        cells = script.cells(parameters=parameters, equations=equations, spike=spike, reset=reset, **more)
        script.link(script.sources(), cells, scale=scale)
        script.record("cells", cells, record)

    return Case(build, differs)


def rate_synapse(
    record: str = "", delays: Any = None, differs: str = "", post: str = "r = sum(exc)", **model: Any
) -> Case:
    """Synapses between the waves and rate-coded neurons."""

    def build(script: Script) -> None:
        cells = script.cells(parameters="k = 1.0", equations=post)
        projection = script.link(script.waves(), cells, delays=delays, **model)
        script.record("cells", cells, "r")
        script.record("synapses", projection, record)

    return Case(build, differs)


LEAKY = "5.0*dv/dt = 0.8*k - v + g_exc"


def spiking_synapse(
    record: str = "",
    delays: Any = None,
    differs: str = "",
    post: str = LEAKY,
    cells: str = "v g_exc spike",
    target: Any = "exc",
    scale: float = 1.0,
    **model: Any,
) -> Case:
    """Synapses between the sources and leaky integrate-and-fire neurons."""

    def build(script: Script) -> None:
        found = script.cells(parameters="k = 1.0", equations=post, spike="v > 0.7", reset="v = 0.0")
        projection = script.link(script.sources(), found, target, delays=delays, scale=scale, **model)
        script.record("cells", found, cells)
        script.record("synapses", projection, record)

    return Case(build, differs)


def traces(script: Script) -> Iterator[tuple[str, np.ndarray]]:
    """What was recorded: one row per step, or rows (step, neuron) for spikes."""
    taken: dict[int, Any] = {}
    for name, (monitor, variable) in script.monitors.items():
        if id(monitor) not in taken:
            taken[id(monitor)] = monitor.get()
        yield name, table(taken[id(monitor)][variable], variable)


def table(values: Any, variable: str) -> np.ndarray:
    """Recorded values as an array of floats: (steps, elements), or (events, 2) for spikes."""
    if variable == "spike":
        pairs = sorted((step, neuron) for neuron, steps in values.items() for step in steps)
        return np.array(pairs, dtype=float).reshape(-1, 2)
    rows = [np.concatenate([np.ravel(np.asarray(part, dtype=float)) for part in np.atleast_1d(row)]) for row in values]
    return np.array(rows)
