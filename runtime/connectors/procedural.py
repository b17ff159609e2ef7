"""Rules whose synapses are made again whenever they are needed (`storage="procedural"`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from nnc.runtime.building.regenerated import Regenerated, Side, Span, number_rule, row_rule
from nnc.runtime.connectors.rule import Ends, Values, Wired, as_range, ranks_of, selves_of
from nnc.runtime.errors import NNCValueError
from nnc.runtime.networks.config import PROCEDURAL as STORAGE
from nnc.runtime.random import DiscreteUniform, Exponential, LogNormal, Normal, RandomDistribution, Uniform

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnc.compiler.ir.interp_procedural import RowRule
    from nnc.runtime.connectors.rule import Rule

_PARAMETERS: Final[dict[type[RandomDistribution], tuple[str, Callable[[Any], tuple[float, float]]]]] = {
    Uniform: ("uniform", lambda d: (d.min, d.max)),
    DiscreteUniform: ("discrete_uniform", lambda d: (d.min, d.max)),
    Normal: ("normal", lambda d: (d.mu, d.sigma)),
    LogNormal: ("log_normal", lambda d: (d.mu, d.sigma)),
    Exponential: ("exponential", lambda d: (d.Lambda, d.Lambda)),
}


@dataclass(frozen=True, eq=False)
class Procedural:
    """What the rules share; `rows` is the side whose rows are made."""

    rows: Side
    weights: Values
    delays: float = 0.0
    selves: bool = False
    multiple: ClassVar[bool] = False
    name: ClassVar[str] = ""
    call: ClassVar[str] = ""

    def expected(self, ends: Ends) -> int:
        """The mean number of synapses."""
        raise NotImplementedError

    def rule_for(self, key: int, columns: Span, itself: int | None, ends: Ends) -> RowRule:
        """The rule of rows of these columns; `itself`: the first of them if no neuron may meet itself."""
        raise NotImplementedError

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """The rule with a key of 63 bits, which is all that is drawn."""
        ranks = zip(("pre", "post"), ranks_of(self.call, ends), strict=True)
        pre, post = (_span(self.call, side, ranks) for side, ranks in ranks)
        key = int(generator.integers(1 << 63))
        columns = post if self.rows == "pre" else pre
        no_self = ends.same and not self.selves
        rule = self.rule_for(key, columns, columns.first if no_self else None, ends)
        made = Regenerated(ends.n_pre, ends.n_post, pre, post, self.rows, rule, self.expected(ends), no_self)
        return Wired(made)


@dataclass(frozen=True, eq=False)
class ProceduralProbability(Procedural):
    """Each pair with the same probability, independently."""

    probability: float = 0.0
    name: ClassVar[str] = "Random with fixed probability, procedural"
    call: ClassVar[str] = "fixed_probability"

    def expected(self, ends: Ends) -> int:
        """The mean number of synapses."""
        selves = 0 if self.selves else selves_of(ends)
        return round(self.probability * (len(ends.pre_ranks) * len(ends.post_ranks) - selves))

    def rule_for(self, key: int, columns: Span, itself: int | None, ends: Ends) -> RowRule:
        """Independent of the neuron itself, which is left out afterwards."""
        return row_rule(key, columns.count, self.probability, *_law(self.weights))


@dataclass(frozen=True, eq=False)
class ProceduralNumber(Procedural):
    """Each neuron of the side `rows` draws `number` distinct partners."""

    number: int = 0

    @property
    def name(self) -> str:  # type: ignore[override]
        """As shown to users."""
        return f"Random {'divergent' if self.rows == 'pre' else 'convergent'}, procedural"

    @property
    def call(self) -> str:  # type: ignore[override]
        """The connector."""
        return f"fixed_number_{'post' if self.rows == 'pre' else 'pre'}"

    def expected(self, ends: Ends) -> int:
        """The number of synapses."""
        return self.number * len(ends.pre_ranks if self.rows == "pre" else ends.post_ranks)

    def rule_for(self, key: int, columns: Span, itself: int | None, ends: Ends) -> RowRule:
        """Raises where there are not so many partners."""
        others = columns.count - (1 if itself is not None and selves_of(ends) else 0)
        if self.number > others:
            beside = " beside the neuron itself" if others < columns.count else ""
            side = "post" if self.rows == "pre" else "pre"
            raise NNCValueError(f"{self.call}: {self.number} of {others} {side} neurons{beside} cannot be distinct")
        return number_rule(key, columns.count, self.number, itself, _law(self.weights))


def numbered(call: str, kind: str, number: int, weights: Values, delays: Values, selves: bool, multiple: bool) -> Rule:
    """The rule of `fixed_number_post` or `fixed_number_pre`. Raises where rows are needed by the other side."""
    rows: Side = "pre" if call == "fixed_number_post" else "post"
    if (kind == "spiking") != (rows == "pre"):
        needed, other = ("pre", "fixed_number_post") if kind == "spiking" else ("post", "fixed_number_pre")
        raise NNCValueError(
            f"{call}: with storage='{STORAGE}' the rows of {kind.replace('rate', 'rate-coded')} synapses are made by "
            f"{needed} neuron; {other} or fixed_probability can do that, or another storage"
        )
    check_law(call, weights, delays, multiple)
    return ProceduralNumber(rows, weights, delays, selves, number)


def refuse(call: str) -> None:
    """Raise for a connector that has no rows to make again."""
    raise NNCValueError(
        f"{call}: storage='{STORAGE}' makes synapses again from a rule whenever they are needed, which "
        f"fixed_probability, fixed_number_post and fixed_number_pre can do; {call} takes another storage, or none"
    )


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


def _span(call: str, side: str, ranks: np.ndarray[Any, np.dtype[np.int64]]) -> Span:
    found = as_range(ranks) if len(ranks) else (0, 0)
    if found is None:
        raise NNCValueError(
            f"{call}: with storage='{STORAGE}' the {side} neurons are a whole population or a range of one, "
            "pop[a:b], not chosen neurons"
        )
    return Span(*found)
