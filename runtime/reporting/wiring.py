"""Connectivity in words: the rule of a projection with its arguments, weights, delays, and number of synapses."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.extensions.convolution.shared import Shared, SharedProjection
from nnc.runtime.building.ghost import expected_synapses
from nnc.runtime.connectors.dog import DifferenceOfGaussians
from nnc.runtime.connectors.gaussian import Gaussian
from nnc.runtime.inputs.decoding import DecodingProjection
from nnc.runtime.populations.views import PopulationView
from nnc.runtime.random import RandomDistribution
from nnc.runtime.reporting.document import Cell, Code, Maths, Text, joined, sentence, text
from nnc.runtime.reporting.maths import Symbol
from nnc.runtime.reporting.names import symbol_of
from nnc.runtime.reporting.values import array, number, shown

if TYPE_CHECKING:
    from nnc.runtime.populations.population import Population
    from nnc.runtime.projections.projection import Projection

_LABELS: Final = {"amp": "amplitude", "amp_pos": "amplitude +", "amp_neg": "amplitude -", "sigma_pos": "sigma +"} | {
    "sigma_neg": "sigma -",
    "number": "number of synapses",
}
_ELSEWHERE: Final = frozenset({"weights", "delays", "multiple", "selves", "stored", "pre", "post", "shape", "name"})
"""Arguments of rules that have columns of their own, or that are lists of synapses."""


def end(given: Population | PopulationView) -> Cell:
    """The name of a population; of a part of it with its ranks."""
    if not isinstance(given, PopulationView):
        return (Code(given.name),)
    ranks = np.asarray(given.ranks)
    if len(ranks) and (np.diff(ranks) == 1).all():
        return sentence(Code(given.name), f", ranks {ranks[0]} to {ranks[-1]}")
    return sentence(Code(given.name), f", {len(ranks)} of its neurons")


def rule(projection: Projection) -> Cell:
    """The name of the rule and its arguments."""
    found = projection._rule
    if found is None:
        return text("not connected")
    cells = [text(found.name), *(_argument(name, value, projection) for name, value in _arguments(found))]
    if getattr(found, "selves", False) and projection.pre_population is projection.post_population:
        cells.append(text("self-connections allowed"))
    if isinstance(projection, DecodingProjection):
        cells.append(_window(projection))
    return joined([c for c in cells if c])


def _window(projection: DecodingProjection) -> Cell:
    """What the attribute of the pre neurons is that a decoding projection reads."""
    rate = projection._pre.mean_rate_over(projection.window)
    window = max(projection.window, projection.network.dt)
    return sentence(Maths(symbol_of(rate)), " is the mean firing rate over ", Maths(number(window)), " ms")


def _arguments(found: Any) -> list[tuple[str, Any]]:
    if not dataclasses.is_dataclass(found):
        return []
    return [(f.name, getattr(found, f.name)) for f in dataclasses.fields(found) if f.name not in _ELSEWHERE]


def _argument(name: str, value: Any, projection: Projection) -> Cell:
    if name == "probability":
        return sentence(Maths(Symbol("p")), " = ", Maths(number(value)))
    if isinstance(value, bool | str | int | float | np.number | RandomDistribution):
        return (Text(f"{_LABELS.get(name, name)} = "), *shown(value, projection.network))
    return ()


def weights(projection: Projection) -> Cell:
    """What the weights are, or are drawn from, when the projection is built."""
    if "w" in projection._given:
        return shown(projection._given["w"], projection.network)
    found = projection._rule
    if found is None or (isinstance(found, Shared) and not _needs_weights(projection)):
        return ()
    if isinstance(found, Gaussian | DifferenceOfGaussians):
        return text("by distance")
    given = getattr(found, "matrix", found.weights)
    return () if given is None else shown(given, projection.network)


def _needs_weights(projection: Projection) -> bool:
    return isinstance(projection, SharedProjection) and projection._uses_weights()


def delays(projection: Projection) -> Cell:
    """The delays in ms: those in use once they are drawn, else those asked for."""
    if projection._synapses is not None:
        used = projection._delays
        if isinstance(used, int):
            return _milliseconds(used * projection.network.dt)
        asked = None if projection._rule is None else projection._rule.delays
        if isinstance(asked, RandomDistribution):
            return (*shown(asked, projection.network), Text(" ms"))
        return (*array(used * projection.network.dt), Text(" ms"))
    asked = projection.delay
    if isinstance(asked, RandomDistribution):
        return (*shown(asked, projection.network), Text(" ms"))
    dt = projection.network.dt
    steps = np.maximum(np.rint(np.asarray(asked, np.float64) / dt), 1.0)
    return _milliseconds(float(steps) * dt) if steps.ndim == 0 else (*array(steps * dt), Text(" ms"))


def _milliseconds(value: float) -> Cell:
    return sentence(Maths(number(float(f"{value:.12g}"))), " ms")


def synapses(projection: Projection) -> Cell:
    """The number of synapses, before they are drawn the expected one."""
    if not projection.stores_synapses:
        return text("shared weights")
    if projection._synapses is not None:
        about = "about " if projection.regenerated is not None else ""
        return text(f"{about}{projection.synapses.expected}")
    if projection._rule is None:
        return ()
    count = expected_synapses(projection)
    return text("known after compile" if count is None else f"about {count}" if _random(projection) else str(count))


def _random(projection: Projection) -> bool:
    return hasattr(projection._rule, "probability")
