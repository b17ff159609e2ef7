"""What all connectors share: the ends of a projection, what comes out, and checks of weights and delays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from nnc.runtime.errors import NNCTypeError, NNCValueError
from nnc.runtime.projections.connectivity import Connectivity
from nnc.runtime.random import RandomDistribution

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values = Any
"""Weights or delays as given: a number, a `RandomDistribution`, or an array with a value per synapse (post-major)."""


@dataclass(frozen=True, eq=False)
class Ends:
    """The neurons a projection connects: their ranks in the whole populations, and the sizes of these.

    `same`: both ends belong to one population, so that pairs of a neuron with itself can occur. `pre` and `post` are
    the population objects themselves, for user functions. `threads` is how many may build; results do not depend on it.
    """

    pre_ranks: NDArray[np.int64]
    post_ranks: NDArray[np.int64]
    n_pre: int
    n_post: int
    same: bool
    dt: float
    pre: Any = None
    post: Any = None
    threads: int = 1


@dataclass(frozen=True, eq=False)
class Wired:
    """The synapses, and weights and delays (ms) in canonical order where the rule itself decides on them."""

    synapses: Connectivity
    weights: NDArray[Any] | None = None
    delays: NDArray[Any] | None = None


def selves_of(ends: Ends) -> int:
    """How many neurons are at both ends."""
    if not ends.same:
        return 0
    there = np.zeros(ends.n_pre, np.bool_)
    there[ends.pre_ranks] = True
    return int(there[ends.post_ranks].sum())


def ranks_of(rule: str, ends: Ends) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pre and post ranks, ascending. Raises where a neuron comes twice: it would get two synapses of another."""
    pre, post = np.sort(ends.pre_ranks), np.sort(ends.post_ranks)
    for side, ranks in (("pre", pre), ("post", post)):
        if (ranks[1:] == ranks[:-1]).any():
            twice = ranks[:-1][ranks[1:] == ranks[:-1]][0]
            raise NNCValueError(f"{rule}: neuron {twice} is twice among the {side} neurons")
    return pre, post


class Rule(Protocol):
    """A connector with its arguments."""

    @property
    def name(self) -> str:
        """As shown to users."""
        ...

    @property
    def weights(self) -> Values:
        """Weights as given."""
        ...

    @property
    def delays(self) -> Values:
        """Delays in ms as given."""
        ...

    @property
    def multiple(self) -> bool:
        """A weight per synapse even where one number would do."""
        ...

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """The synapses between two ends; random rules draw from the generator only."""
        ...


def check_weights(rule: str, weights: Values) -> Values:
    """The weights if they are a number, a distribution or an array of numbers."""
    if isinstance(weights, RandomDistribution):
        return weights
    if isinstance(weights, int | float | np.number) and not isinstance(weights, bool):
        return float(weights)
    if isinstance(weights, list | tuple | np.ndarray):
        return _numbers(rule, "weights", weights)
    raise NNCTypeError(f"{rule}: weights are a number, a distribution or an array, not {weights!r}")


def check_delays(rule: str, delays: Values) -> Values:
    """The delays (ms) if they are a number, a bounded distribution or an array. None stands for one step."""
    if delays is None:
        return 0.0
    if isinstance(delays, RandomDistribution):
        if not np.isfinite(delays.bounds()[1]):
            raise NNCValueError(f"{rule}: a distribution of delays needs an upper bound; give it max=...")
        return delays
    if isinstance(delays, int | float | np.number) and not isinstance(delays, bool):
        if not 0.0 <= float(delays) < np.inf:
            raise NNCValueError(f"{rule}: a delay is a finite, non-negative number of ms, not {delays}")
        return float(delays)
    if isinstance(delays, list | tuple | np.ndarray):
        values = _numbers(rule, "delays", delays)
        if not (np.isfinite(values) & (values >= 0.0)).all():
            raise NNCValueError(f"{rule}: delays are finite, non-negative numbers of ms")
        return values
    raise NNCTypeError(f"{rule}: delays are a number, a distribution or an array of ms, not {delays!r}")


def wire_pairs(
    rule: str, ends: Ends, post: NDArray[np.int64], pre: NDArray[np.int64], weights: Values, delays: Values
) -> Wired:
    """Listed pairs, sorted, with their weights and delays (arrays as long, or numbers for all).

    Raises for ranks outside the populations and for pairs that come twice.
    """
    for what, ranks, n in (("pre", pre, ends.n_pre), ("post", post, ends.n_post)):
        if len(ranks) and not (ranks.min() >= 0 and ranks.max() < n):
            raise NNCValueError(f"{rule}: a {what} rank is outside of the population of {n} neurons")
    order = np.lexsort((pre, post))
    synapses = Connectivity.of_pairs(ends.n_pre, ends.n_post, post[order], pre[order], is_sorted=True)
    w, d = (values[order] if isinstance(values, np.ndarray) else None for values in (weights, delays))
    return Wired(synapses, w, d)


def check_number(rule: str, number: object) -> int:
    """A count of synapses."""
    if isinstance(number, int | np.integer) and not isinstance(number, bool) and number >= 0:
        return int(number)
    raise NNCValueError(f"{rule}: number is a non-negative integer, not {number!r}")


def _numbers(rule: str, what: str, values: object) -> NDArray[np.float64]:
    try:
        return np.asarray(values, np.float64).reshape(-1)
    except (TypeError, ValueError):
        raise NNCValueError(f"{rule}: {what} must be numbers, got {values!r}") from None


def as_range(ranks: NDArray[np.int64]) -> tuple[int, int] | None:
    """(first, count) of ranks that are consecutive, else None."""
    if len(ranks) == 0 or not (np.diff(ranks) == 1).all():
        return None
    return int(ranks[0]), len(ranks)
