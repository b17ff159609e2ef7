"""`parallel_run`: one function on many copies of a network, as a method of networks and as a module function."""

from __future__ import annotations

import inspect
import os
import reprlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from nnc.runtime.block.streams import fresh_seed
from nnc.runtime.errors import NNCTypeError, NNCValueError
from nnc.runtime.parallel.executor import How, OnError, run_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nnc.runtime.networks.network import Network


@dataclass(frozen=True)
class Replicas:
    """Call k: makes a network like the original, with its own seed and arguments, and gives it to the method."""

    original: Network
    method: Callable[..., Any]
    seeds: Sequence[int]
    constructor: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    arguments: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    numbered: bool = False

    def __call__(self, k: int) -> Any:
        """The result of run k."""
        from nnc.runtime.networks.copies import replica

        args, kwargs = _arguments_of(self.original, {name: each[k] for name, each in self.constructor.items()})
        network = replica(self.original, args, kwargs, self.seeds[k])
        network.compile(silent=True)
        extra = {name: each[k] for name, each in self.arguments.items()}
        return self.method(k, network, **extra) if self.numbered else self.method(network, **extra)

    def label(self, k: int) -> str:
        """The number of a run and its arguments."""
        return _label(k, {**self.constructor, **self.arguments})


@dataclass(frozen=True)
class Given:
    """Call k: gives network k to the method."""

    networks: Sequence[Network]
    method: Callable[..., Any]
    arguments: Mapping[str, Sequence[Any]]

    def __call__(self, k: int) -> Any:
        """The result of run k."""
        return self.method(k, self.networks[k], **{name: each[k] for name, each in self.arguments.items()})

    def label(self, k: int) -> str:
        """The number of a run and its arguments."""
        return _label(k, self.arguments)


class Runs:
    """The part of a network that runs copies of itself."""

    _parallel_runs: int

    def parallel_run(
        self,
        method: Callable[..., Any],
        number: int,
        max_processes: int = -1,
        seeds: Any = None,
        measure_time: bool = False,
        *,
        sequential: bool = False,
        executor: Any = None,
        progress: bool | None = None,
        chunksize: int = 1,
        on_error: OnError = "raise",
        **kwargs: Any,
    ) -> list[Any]:
        """`method(net, ...)` on `number` fresh networks like this one, in parallel; the results in order.

        Each is built by the constructor of the subclass (of a plain `Network`: from copies of its objects) and starts
        at t = 0. Keywords that the constructor knows go to it, others to the method; a list is dealt out, one entry
        per run. `seeds`: None (different ones), "same", "sequential" (seed + 1, ...), a number s (s, s + 1, ...) or a
        list. Runs are in forked processes: this network stays as it is. `max_processes=0` or `sequential` stays in this
        process; `executor` is any executor of concurrent.futures.
        """
        network = cast("Network", self)
        count = _count(number)
        dealt = {name: _dealt(name, value, count) for name, value in kwargs.items()}
        known = _constructor_names(network)
        call = Replicas(
            network,
            _callable(method),
            _seeds(network, seeds, count),
            {name: each for name, each in dealt.items() if name in known},
            {name: each for name, each in dealt.items() if name not in known},
        )
        if not network.compiled:
            network.compile(silent=True)
        how = How(_processes(network, max_processes, sequential), executor, progress, chunksize, on_error)
        return _timed(call, count, how, measure_time)


def parallel_run(
    method: Callable[..., Any],
    networks: Sequence[Network] | None = None,
    number: int = 0,
    max_processes: int = -1,
    measure_time: bool = False,
    sequential: bool = False,
    same_seed: bool = False,
    annarchy_json: str = "",
    visible_cores: Sequence[int] = (),
    *,
    executor: Any = None,
    progress: bool | None = None,
    chunksize: int = 1,
    on_error: OnError = "raise",
    **args: Any,
) -> list[Any]:
    """`method(idx, net, ...)` on given networks, or on `number` copies of the magic network; the results in order.

    Each of `args` is a sequence with an entry per network. Copies get the seeds seed, seed + 1, ... if `setup(seed=)`
    was used (`same_seed`: all the same). Runs are in forked processes, so networks of the script stay as they are, but
    with `sequential` or `max_processes=0` in this one. `executor` is any executor of concurrent.futures.
    """
    from nnc.runtime.networks.magic import magic_network

    if len(visible_cores) and len(visible_cores) != max_processes:
        raise NNCValueError("parallel_run: visible_cores needs max_processes, and as many cores as that")
    if len(visible_cores) and executor is not None:
        raise NNCValueError("parallel_run: visible_cores are for the processes of nnc, not for those of an executor")
    _callable(method)
    if networks is not None:
        chosen = list(networks)
        call: Replicas | Given = Given(chosen, method, _columns(method, args, len(chosen)))
        for network in chosen:
            if not network.compiled:
                network.compile(silent=True)
        count, first = len(chosen), chosen[0] if chosen else magic_network()
    elif number:
        count, first = _count(number), magic_network()
        columns = _columns(method, args, count)
        if not first.compiled:
            first.compile(silent=True)
        call = Replicas(first, method, _magic_seeds(first, count, same_seed), {}, columns, numbered=True)
    else:
        raise NNCValueError("parallel_run: give networks, or the number of copies of the magic network")
    processes = _processes(first, max_processes, sequential)
    how = How(processes, executor, progress, chunksize, on_error, _checked_cores(visible_cores))
    return _timed(call, count, how, measure_time)


def _timed(call: Replicas | Given, count: int, how: How, measure_time: bool) -> list[Any]:
    begin = time.perf_counter()
    results = run_all(call, count, how, call.label)
    if measure_time:
        print(f"Running {count} networks took {time.perf_counter() - begin} seconds.")
    return results


def _processes(network: Network, wanted: int, sequential: bool) -> int | None:
    """A GPU cannot be shared with forked processes, so there runs are one after the other."""
    if sequential or network.config_.target == "cuda":
        return 0
    return None if wanted < 0 else wanted


def _checked_cores(given: Sequence[int]) -> list[int]:
    there = os.cpu_count() or 1
    if any(not isinstance(c, int | np.integer) or isinstance(c, bool) or not 0 <= c < there for c in given):
        raise NNCValueError(
            f"parallel_run: visible_cores is {list(given)}, but this machine has the cores 0 to {there - 1}"
        )
    return [int(core) for core in given]


def _label(k: int, arguments: Mapping[str, Sequence[Any]]) -> str:
    """The number of a run and what it was given."""
    said = ", ".join(f"{name}={reprlib.repr(each[k])}" for name, each in arguments.items())
    return f"run {k} ({said})" if said else f"run {k}"


def _callable(method: Any) -> Callable[..., Any]:
    if not callable(method):
        raise NNCTypeError(f"parallel_run: method must be a function, not {method!r}")
    function: Callable[..., Any] = method
    return function


def _count(number: object) -> int:
    if isinstance(number, int | np.integer) and not isinstance(number, bool) and number > 0:
        return int(number)
    raise NNCValueError(f"parallel_run: number is the number of runs, not {number!r}")


def _columns(method: Callable[..., Any], args: Mapping[str, Any], count: int) -> dict[str, Sequence[Any]]:
    """The extra arguments of `method(idx, net, ...)`, checked against its signature."""
    parameters = list(inspect.signature(method).parameters.values())
    free = any(p.kind is p.VAR_KEYWORD for p in parameters)
    extra = [p for p in parameters[2:] if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    missing = [p.name for p in extra if p.default is p.empty and p.name not in args]
    unknown = [name for name in args if not free and name not in {p.name for p in extra}]
    if len(parameters) < 2 or missing or unknown:
        said = [f"it needs {missing}"] * bool(missing) + [f"it does not take {unknown}"] * bool(unknown)
        raise NNCTypeError(f"parallel_run: method is called as method(idx, net, ...): {'; '.join(said) or 'it is not'}")
    for name, values in args.items():
        if not hasattr(values, "__len__") or isinstance(values, str) or len(values) != count:
            raise NNCValueError(f"parallel_run: '{name}' takes a list of {count} values, one per network")
    return dict(args)


def _dealt(name: str, value: Any, count: int) -> Sequence[Any]:
    if not isinstance(value, list):
        return [value] * count
    if len(value) != count:
        raise NNCValueError(f"parallel_run: the list '{name}' has {len(value)} entries for {count} runs")
    return value


def _seeds(network: Network, given: Any, count: int) -> list[int]:
    if given is None:
        network._parallel_runs += 1
        sequence = np.random.SeedSequence(entropy=network.seed, spawn_key=(1, network._parallel_runs))
        return [int(word) for word in sequence.generate_state(count)]
    if given == "same":
        return [network.seed] * count
    if given == "sequential":
        return [network.seed + 1 + k for k in range(count)]
    if isinstance(given, int | np.integer) and not isinstance(given, bool):
        return [int(given) + k for k in range(count)]
    if isinstance(given, list | tuple | np.ndarray) and len(given) == count:
        return [int(seed) for seed in given]
    raise NNCValueError(f"parallel_run: seeds are None, 'same', 'sequential', a number or {count} numbers")


def _magic_seeds(magic: Network, count: int, same: bool) -> list[int]:
    base = magic.config_["seed"]
    if same:
        return [int(base) if base is not None else fresh_seed()] * count
    return [int(base) + k for k in range(count)] if base is not None else _seeds(magic, None, count)


def _constructor_names(network: Network) -> set[str]:
    """The parameters of its constructor that a run may give: those with a default, and those given to the original."""
    from nnc.runtime.networks.network import Network

    if type(network) is Network:
        return set()
    parameters = list(_signature(network).parameters.values())
    given = set(_bound(network).arguments)
    return {
        p.name
        for p in parameters
        if p.name in given or (p.default is not p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD))
    }


def _arguments_of(network: Network, changed: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments the original was made with, some of them changed; dt and seed are given apart."""
    from nnc.runtime.networks.network import Network

    if type(network) is Network:
        return (), {}
    bound = _bound(network)
    bound.arguments.update(changed)
    ordered = {name: bound.arguments[name] for name in bound.signature.parameters if name in bound.arguments}
    complete = inspect.BoundArguments(bound.signature, cast("Any", ordered))
    return complete.args, {k: v for k, v in complete.kwargs.items() if k not in ("dt", "seed")}


def _signature(network: Network) -> inspect.Signature:
    signature = inspect.signature(type(network).__init__)
    return signature.replace(parameters=list(signature.parameters.values())[1:])


def _bound(network: Network) -> inspect.BoundArguments:
    args, kwargs = network._made
    own = _signature(network)
    settings = {k: v for k, v in kwargs.items() if k in own.parameters or k not in ("dt", "seed")}
    return own.bind_partial(*args, **settings)
