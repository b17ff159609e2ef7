"""Synapses made by a function of the user."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nnc.runtime.connectors.from_sparse import from_sparse
from nnc.runtime.connectors.lil import LILConnectivity
from nnc.runtime.connectors.rule import Ends, Wired, check_delays, check_weights, wire_pairs
from nnc.runtime.errors import NNCTypeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class FromFunction:
    """What a user function returned: pairs in ranks of the whole populations, with weights and delays (ms)."""

    pre: NDArray[np.int64]
    post: NDArray[np.int64]
    weights: NDArray[np.float64]
    delays: NDArray[np.float64]
    multiple: bool = True
    name: ClassVar[str] = "User-defined"

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """The pairs, sorted. Raises for ranks outside the populations and for pairs that come twice."""
        return wire_pairs("from_function", ends, self.post, self.pre, self.weights, self.delays)


def from_function(method: Callable[..., Any], ends: Ends, arguments: Mapping[str, Any]) -> FromFunction:
    """Call `method(pre, post[, dt], **arguments)`.

    It returns a `LILConnectivity`, a sparse matrix of weights, or (post ranks, pre ranks, weights, delays).
    """
    result = method(ends.pre, ends.post, **_with_dt(method, ends.dt, arguments))
    if isinstance(result, LILConnectivity):
        return _checked(*result.arrays())
    if hasattr(result, "tocoo"):
        sparse = from_sparse(result, 0.0)
        pre, post = ends.pre_ranks[sparse.pre], ends.post_ranks[sparse.post]
        return _checked(post, pre, sparse.weights, np.zeros(len(pre)))
    if isinstance(result, tuple | list) and len(result) == 4:
        post, pre, w, d = (np.asarray(x) for x in result)
        n = len(pre)
        return _checked(post, pre, np.broadcast_to(w, n), np.broadcast_to(d, n))
    raise NNCTypeError(
        f"from_function: '{getattr(method, '__name__', method)}' must return a LILConnectivity, a scipy sparse matrix "
        f"or (post, pre, weights, delays), not {type(result).__name__}"
    )


def _with_dt(method: Callable[..., Any], dt: float, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of the call: `dt` where the function has room for it."""
    parameters = list(inspect.signature(method).parameters.values())
    required = [
        p.name
        for p in parameters[2:]
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.name not in arguments
    ]
    if any(p.name == "dt" for p in parameters) and "dt" not in arguments:
        return {**arguments, "dt": dt}
    return {**arguments, required[0]: dt} if required else dict(arguments)


def _checked(post: Any, pre: Any, weights: Any, delays: Any) -> FromFunction:
    return FromFunction(
        np.asarray(pre, np.int64).reshape(-1),
        np.asarray(post, np.int64).reshape(-1),
        check_weights("from_function", np.asarray(weights)),
        check_delays("from_function", np.asarray(delays)),
    )
