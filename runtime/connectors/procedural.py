"""Rules whose synapses are made again whenever they are needed (`storage="procedural"`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from nnc.runtime.building.regenerated import Regenerated, Side, Span, row_rule
from nnc.runtime.connectors.rule import Ends, Values, Wired, as_range, ranks_of, selves_of
from nnc.runtime.errors import NNCValueError
from nnc.runtime.networks.config import PROCEDURAL as STORAGE
from nnc.runtime.random import DiscreteUniform, Exponential, LogNormal, Normal, RandomDistribution, Uniform

if TYPE_CHECKING:
    from collections.abc import Callable

_PARAMETERS: Final[dict[type[RandomDistribution], tuple[str, Callable[[Any], tuple[float, float]]]]] = {
    Uniform: ("uniform", lambda d: (d.min, d.max)),
    DiscreteUniform: ("discrete_uniform", lambda d: (d.min, d.max)),
    Normal: ("normal", lambda d: (d.mu, d.sigma)),
    LogNormal: ("log_normal", lambda d: (d.mu, d.sigma)),
    Exponential: ("exponential", lambda d: (d.Lambda, d.Lambda)),
}


@dataclass(frozen=True, eq=False)
class ProceduralProbability:
    """Each pair with the same probability, independently; `rows` is the side whose rows are made."""

    probability: float
    rows: Side
    weights: Values
    delays: float = 0.0
    selves: bool = False
    multiple: ClassVar[bool] = False
    name: ClassVar[str] = "Random with fixed probability, procedural"

    def expected(self, ends: Ends) -> int:
        """The mean number of synapses."""
        selves = 0 if self.selves else selves_of(ends)
        return round(self.probability * (len(ends.pre_ranks) * len(ends.post_ranks) - selves))

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """The rule with a key of 63 bits, which is all that is drawn."""
        pre, post = (_span(side, ranks) for side, ranks in zip(("pre", "post"), ranks_of(_CALL, ends), strict=True))
        key = int(generator.integers(1 << 63))
        width = post.count if self.rows == "pre" else pre.count
        rule = row_rule(key, width, self.probability, *_law(self.weights))
        no_self = ends.same and not self.selves
        made = Regenerated(ends.n_pre, ends.n_post, pre, post, self.rows, rule, self.expected(ends), no_self)
        return Wired(made)


_CALL: Final = "fixed_probability"


def refuse(call: str) -> None:
    """Raise for a connector that has no rows to make again."""
    raise NNCValueError(
        f"{call}: storage='{STORAGE}' makes synapses again from a rule whenever they are needed, which "
        f"{_SUPPORTED} can do; {call} takes another storage, or none"
    )


_SUPPORTED: Final = "fixed_probability"


def check_law(call: str, weights: Values, delays: Values, multiple: bool) -> None:
    """Raise unless all weights and delays follow from the rule."""
    if isinstance(weights, np.ndarray) or (isinstance(weights, RandomDistribution) and not _known(weights)):
        known = ", ".join(kind.__name__ for kind in _PARAMETERS)
        raise NNCValueError(
            f"{call}: with storage='{STORAGE}' weights are a number or one of the distributions {known} without a "
            f"seed of its own, not {weights!r}"
        )
    if not isinstance(delays, float):
        raise NNCValueError(
            f"{call}: with storage='{STORAGE}' all synapses have one delay, a number of ms, not {delays!r}"
        )
    if multiple:
        raise NNCValueError(
            f"{call}: with storage='{STORAGE}' no weights are stored, so force_multiple_weights has no meaning"
        )


def _known(weights: RandomDistribution) -> bool:
    return type(weights) in _PARAMETERS and not weights.has_own_generator


def _law(weights: Values) -> tuple[str | None, tuple[float, ...]]:
    """Name and parameters of the distribution of weights."""
    if not isinstance(weights, RandomDistribution):
        return None, ()
    name, parameters = _PARAMETERS[type(weights)]
    bounds = weights.bounds() if name not in ("uniform", "discrete_uniform") else (-np.inf, np.inf)
    return name, tuple(float(x) for x in (*parameters(weights), *bounds))


def _span(side: str, ranks: np.ndarray[Any, np.dtype[np.int64]]) -> Span:
    found = as_range(ranks) if len(ranks) else (0, 0)
    if found is None:
        raise NNCValueError(
            f"{_CALL}: with storage='{STORAGE}' the {side} neurons are a whole population or a range of one, "
            "pop[a:b], not chosen neurons"
        )
    return Span(*found)
