"""`sweep`: a network per point of a parameter space."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from nnc.compiler.codegen.parcel import Parcel, packed, unpack
from nnc.runtime.errors import NNCTypeError, NNCValueError
from nnc.runtime.networks.network import Network
from nnc.runtime.parallel.executor import How, OnError, run_all

Point = dict[str, Any]


class SweepResult(NamedTuple):
    """One point of a sweep and what came out."""

    point: Point
    result: Any


@dataclass(frozen=True)
class Sweep:
    """Call k: the result at point k."""

    build: Callable[..., Any]
    run: Callable[..., Any] | None
    points: Sequence[Point]
    seeds: Sequence[int]
    parcel: Parcel = field(default_factory=dict, repr=False)
    """The compiled program of the first point, for workers with caches of their own."""

    def __call__(self, k: int) -> Any:
        """Build, compile and run at point k."""
        unpack(self.parcel)
        made = self.built(k)
        return made if self.run is None else self.run(made)

    def built(self, k: int) -> Any:
        """The compiled network of point k; what `build` gives, if that is the result."""
        seed = {} if not self.seeds or "seed" in self.points[k] else {"seed": self.seeds[k]}
        made = self.build(**self.points[k], **seed)
        if self.run is None:
            return made
        if not isinstance(made, Network):
            raise NNCTypeError(f"sweep: build must give a Network, not {type(made).__name__}")
        if not made.compiled:
            made.compile(silent=True)
        return made

    def label(self, k: int) -> str:
        """The number of a run and its parameters."""
        return f"run {k} ({', '.join(f'{name}={value!r}' for name, value in self.points[k].items())})"

    def with_program(self) -> Sweep:
        """The same sweep with the program of the first point, which is compiled here."""
        return replace(self, parcel=packed(lambda: self.built(0)))


def sweep(
    build: Callable[..., Any],
    params: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]],
    run: Callable[..., Any] | None = None,
    *,
    seed: int | None = None,
    processes: int | None = None,
    executor: Any = None,
    progress: bool | None = None,
    chunksize: int = 1,
    on_error: OnError = "raise",
) -> list[SweepResult]:
    """Run a network at every point of `params`, in parallel: pairs (point, result), in the order of the points.

    `params` is a table from names to lists, which stands for all combinations (the last name varies fastest), or a
    list of points. `build(**point)` makes the network, a subclass of `Network` or a function; it is compiled, and
    `run(network)` gives the result. Without `run`, `build` does it all and gives the result itself.

    `seed`: point k gets the k-th of the seeds that come from it, as `build(..., seed=)`. `processes` are forked (0:
    none, None: one per core); `executor` is any executor of concurrent.futures, here or on other machines, or a client
    of Dask. The first point is compiled here and its program sent along, so that workers compile nothing but points
    with other equations. `progress`: a bar, by default on a terminal. A run that fails raises `RunError` with its
    parameters; `on_error="return"` gives its exception as its result.
    """
    if not callable(build) or not (run is None or callable(run)):
        raise NNCTypeError("sweep: build and run are functions")
    listed = points(params)
    seeds = [] if seed is None else _seeds(build, seed, len(listed))
    how = How(processes, executor, progress, chunksize, on_error)
    call = Sweep(build, run, listed, seeds)
    if run is not None and listed and (executor is not None or processes != 0):
        with suppress(Exception):  # the run itself tells what is wrong
            call = call.with_program()
    results = run_all(call, len(listed), how, call.label)
    return [SweepResult(point, result) for point, result in zip(listed, results, strict=True)]


def points(params: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]]) -> list[Point]:
    """The points of a sweep in order."""
    if isinstance(params, Mapping):
        for name, values in params.items():
            if isinstance(values, str) or not hasattr(values, "__iter__"):
                raise NNCValueError(f"sweep: '{name}' takes a list of values, not {values!r}")
        return [dict(zip(params, values, strict=True)) for values in itertools.product(*params.values())]
    if isinstance(params, Sequence) and all(isinstance(point, Mapping) for point in params):
        return [dict(point) for point in params]
    raise NNCTypeError("sweep: params is a table from names to lists of values, or a list of points")


def _seeds(build: Callable[..., Any], seed: int, count: int) -> list[int]:
    taken = inspect.signature(build).parameters.values()
    known = isinstance(build, type) and issubclass(build, Network)
    if not known and not any(p.name == "seed" or p.kind is p.VAR_KEYWORD for p in taken):
        raise NNCTypeError("sweep: with a seed, build must have a parameter 'seed' and give it to the network")
    return [int(word) for word in np.random.SeedSequence(seed).generate_state(count)]
