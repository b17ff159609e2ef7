"""Sparse matrices that scripts make for the connector `from_sparse`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.errors import NNCRuntimeError, NNCTypeError, NNCValueError
from nnc.runtime.random import RandomDistribution

if TYPE_CHECKING:
    from nnc.runtime.networks.network import Network

_MISSING: Any = object()


def sparse_random_matrix(
    pre: Any,
    post: Any,
    proba: float = _MISSING,
    weights: Any = _MISSING,
    *,
    p: float = _MISSING,
    weight: Any = _MISSING,
) -> Any:
    """A matrix of shape (pre, post), scipy LIL, in which every pre neuron meets Binomial(post, `proba`) post neurons.

    `pre`, `post`: populations, views or numbers of neurons; `weights`: a number or a distribution. `p` and `weight` are
    the names of older scripts. The numbers come from the network of the populations (else the global one).
    """
    probability = _either("sparse_random_matrix", "proba", proba, p)
    value = _either("sparse_random_matrix", "weights", weights, weight)
    is_number = isinstance(probability, int | float | np.number) and not isinstance(probability, bool)
    if not is_number or not 0.0 <= probability <= 1.0:
        raise NNCValueError(f"sparse_random_matrix: proba is a probability between 0 and 1, not {probability!r}")
    shape = _count("pre", pre), _count("post", post)
    generator = _network(pre, post).default_rng
    counts = generator.binomial(shape[1], float(probability), shape[0])
    columns = [np.sort(generator.choice(shape[1], n, replace=False)) for n in counts]
    matrix = _lil(shape)
    data = _split(_values(value, int(counts.sum()), generator), counts)
    for row, places in enumerate(columns):
        matrix.rows[row], matrix.data[row] = places.tolist(), data[row]
    return matrix


def sparse_delays_from_weights(
    weights: Any = _MISSING, delays: Any = _MISSING, *, weight_matrix: Any = _MISSING, delay: Any = _MISSING
) -> Any:
    """A scipy LIL matrix with the structure of `weights`, filled with `delays` in ms: a number or a distribution.

    `weight_matrix` and `delay` are the names of older scripts.
    """
    matrix = _either("sparse_delays_from_weights", "weights", weights, weight_matrix)
    value = _either("sparse_delays_from_weights", "delays", delays, delay)
    if not hasattr(matrix, "tolil"):
        raise NNCTypeError(
            f"sparse_delays_from_weights: weights are a scipy sparse matrix, not {type(matrix).__name__}"
        )
    made = matrix.tolil(copy=True)
    counts = np.array([len(row) for row in made.rows], np.int64)
    drawn = _values(value, int(counts.sum()), _network().default_rng)
    for row, data in enumerate(_split(drawn, counts)):
        made.data[row] = data
    return made


def _values(value: Any, count: int, generator: np.random.Generator) -> np.ndarray[Any, Any]:
    if isinstance(value, RandomDistribution):
        return value.draw(count, generator).astype(np.float64)
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return np.full(count, float(value))
    raise NNCValueError(f"a sparse matrix is filled with a number or a distribution, not with {value!r}")


def _split(values: np.ndarray[Any, Any], counts: np.ndarray[Any, Any]) -> list[list[float]]:
    return [part.tolist() for part in np.split(values, np.cumsum(counts)[:-1])]


def _either(what: str, name: str, first: Any, second: Any) -> Any:
    given = [v for v in (first, second) if v is not _MISSING]
    if len(given) != 1:
        raise NNCTypeError(f"{what} takes {name}" + (" once" if given else ""))
    return given[0]


def _count(what: str, end: Any) -> int:
    size = getattr(end, "size", end)
    if isinstance(size, int | np.integer) and not isinstance(size, bool) and size > 0:
        return int(size)
    raise NNCTypeError(f"sparse_random_matrix: {what} is a population or a number of neurons, not {end!r}")


def _network(*ends: Any) -> Network:
    from nnc.runtime.networks.magic import magic_network

    populations = (getattr(end, "population", end) for end in ends)
    found: Network | None = next((p.network for p in populations if hasattr(p, "network")), None)
    return found or magic_network()


def _lil(shape: tuple[int, int]) -> Any:
    try:
        sparse = importlib.import_module("scipy.sparse")
    except ImportError:
        raise NNCRuntimeError("sparse matrices need the package scipy: pip install scipy") from None
    return sparse.lil_matrix(shape)
