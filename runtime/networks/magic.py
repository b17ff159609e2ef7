"""The magic network, which module-level constructors and functions work on."""

from __future__ import annotations

import functools
import sys
import time
import warnings
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from nnc.runtime.errors import NNCWarning, warn
from nnc.runtime.networks.network import Network
from nnc.runtime.networks.registry import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType

    from nnc.runtime.equations.functions import UserFunction
    from nnc.runtime.populations.population import Population
    from nnc.runtime.projections.projection import Projection
    from nnc.runtime.recording.monitor import Monitor

_P = ParamSpec("_P")
_R = TypeVar("_R")


def magic_network() -> Network:
    """The network of the module-level functions, number 0."""
    if REGISTRY.magic is None:
        Network(_role="magic")  # type: ignore[call-arg]
    assert REGISTRY.magic is not None
    return REGISTRY.magic


def first_home(network: Network) -> Network:
    """Where a population goes that was made without `net.create` and is to belong to a network.

    While the magic network is compiled and other networks live, it waits for `net.create(population)`; running the
    magic network says if it waits in vain.
    """
    if not (network.is_magic and network.compiled and REGISTRY.alive()):
        return network
    if REGISTRY.waiting is None:
        Network(_role="waiting")  # type: ignore[call-arg]
    assert REGISTRY.waiting is not None
    return REGISTRY.waiting


def _optimization_flags(**keys: Any) -> None:
    """Settings of performance, as `setup` takes them."""
    setup(**keys)


def network_of(net_id: int, network: Network | None = None) -> Network:
    """A network given as such or by its number."""
    if network is not None:
        return network
    if net_id == 0 and REGISTRY.template["warn_legacy"]:
        _warn_of_legacy(sys._getframe(1))
    return magic_network() if net_id == 0 else REGISTRY.find(net_id)


def _warn_of_legacy(caller: FrameType) -> None:
    name = caller.f_code.co_name
    if caller.f_globals.get("__name__") == __name__:
        warn(f"{name}() works on the global network, which is deprecated: call it on a Network")


def setup(**keys: Any) -> None:
    """Settings of the magic network and of all networks made later.

    `dt` (ms), `seed`, `method`, `precision="double"|"float"` (or `dtype`), `num_threads` (1; "auto" takes as many as
    the work of a step is worth, "tune" measures), `paradigm` ("openmp" for C, "cuda"; the default compiles in memory
    and needs no compiler), and others that scripts of the reference use.
    """
    import numpy as np

    magic_network().config(**keys)
    with warnings.catch_warnings():  # told once by the line above
        warnings.simplefilter("ignore", NNCWarning)
        REGISTRY.template.set(keys)
    if keys.get("seed") is not None:
        np.random.seed(int(keys["seed"]) & 0xFFFFFFFF)


def compile(*args: Any, net_id: int = 0, **kwargs: Any) -> None:
    """Compile the magic network, see `Network.compile`."""
    network_of(net_id).compile(*args, **kwargs)


def simulate(
    duration: float,
    measure_time: bool = False,
    progress_bar: bool = False,
    callbacks: bool = True,
    show_monitor_memory_estimate: bool = False,
    net_id: int = 0,
) -> None:
    """Run the magic network for a duration in ms."""
    network_of(net_id).simulate(duration, measure_time, progress_bar, callbacks, show_monitor_memory_estimate)


def simulate_until(
    max_duration: float,
    population: Any = None,
    operator: str = "and",
    measure_time: bool = False,
    progress_bar: bool = False,
    net_id: int = 0,
    *,
    populations: Any = None,
) -> float:
    """Run the magic network until stop conditions hold; gives the simulated time in ms."""
    network = network_of(net_id)
    return network.simulate_until(
        max_duration, population, operator, measure_time, progress_bar, populations=populations
    )


def callbacks_enabled(net_id: int = 0) -> bool:
    """Whether `simulate` calls the callbacks."""
    return network_of(net_id).callbacks_enabled()


def enable_callbacks(net_id: int = 0) -> None:
    """Let `simulate` call the callbacks (again)."""
    network_of(net_id).enable_callbacks()


def disable_callbacks(net_id: int = 0) -> None:
    """Keep the callbacks, but do not call them."""
    network_of(net_id).disable_callbacks()


def clear_all_callbacks(net_id: int = 0) -> None:
    """Forget all callbacks."""
    network_of(net_id).clear_all_callbacks()


def step(net_id: int = 0) -> None:
    """Run the magic network for one step."""
    network_of(net_id).step()


def reset(
    populations: bool = True,
    projections: bool = False,
    synapses: bool = False,
    monitors: bool = True,
    reseed_rng: bool | None = None,
    net_id: int = 0,
) -> None:
    """Set the magic network back to t = 0, see `Network.reset`."""
    network_of(net_id).reset(populations, projections, synapses, monitors, reseed_rng)


def clear(functions: bool = True, neurons: bool = True, synapses: bool = True, constants: bool = True) -> None:
    """Forget all objects of the magic network; other networks live on. Settings stay."""
    old = REGISTRY.magic
    REGISTRY.magic = None
    if old is None:
        return
    new = magic_network()
    if not functions:
        new._functions.update(old._functions)
    if not constants:
        for constant in old.get_constants():
            new.add_constant(constant)


def get_time(net_id: int = 0) -> float:
    """Time in ms."""
    return network_of(net_id).time


def set_time(t: float, net_id: int = 0) -> None:
    """Set the time in ms."""
    network_of(net_id).time = t


def get_current_step(net_id: int = 0) -> int:
    """Number of the next step."""
    return network_of(net_id).current_step


def set_current_step(n: int, net_id: int = 0) -> None:
    """Set the number of the next step."""
    network_of(net_id).current_step = n


def dt(net_id: int = 0) -> float:
    """Step size in ms."""
    return network_of(net_id).dt


def set_seed(seed: int, use_seed_seq: bool = True, net_id: int = 0) -> None:
    """Set the seed of the noise to come."""
    network_of(net_id).set_seed(seed)


def add_function(function: str) -> None:
    """A function for all equations: `"f(x) = 1 / (1 + exp(-x))"`."""
    magic_network().add_function(function)


def functions(name: str, network: Network | None = None) -> UserFunction:
    """A function of `add_function` as a function of Python."""
    return network_of(0, network).functions(name)


def save(filename: Any, populations: bool = True, projections: bool = True, net_id: int = 0) -> None:
    """Write the state of the magic network, see `Network.save`."""
    network_of(net_id).save(filename, populations, projections)


def load(
    filename: Any,
    populations: bool = True,
    projections: bool = True,
    pickle_encoding: str | None = None,
    net_id: int = 0,
) -> None:
    """Take over the state of a file, see `Network.load`."""
    network_of(net_id).load(filename, populations, projections, pickle_encoding)


def save_parameters(filename: Any, net_id: int = 0, current: bool = False) -> None:
    """Write the global parameters of the magic network to a JSON file, see `Network.save_parameters`."""
    network_of(net_id).save_parameters(filename, current)


def load_parameters(
    filename: Any, global_only: bool = True, verbose: bool = False, net_id: int = 0
) -> dict[str, float]:
    """Set the parameters of a JSON file; gives its section "network"."""
    return network_of(net_id).load_parameters(filename, global_only, verbose)


def populations(net_id: int = 0) -> list[Population]:
    """All populations."""
    return network_of(net_id).get_populations()


def projections(
    net_id: int = 0, post: Any = None, pre: Any = None, target: str | None = None, suppress_error: bool = False
) -> list[Projection]:
    """All projections, or those between given ends."""
    return network_of(net_id).get_projections(post, pre, target, suppress_error)


def monitors(net_id: int = 0, obj: Any = None) -> list[Monitor]:
    """All monitors, or those of an object."""
    return network_of(net_id).get_monitors(obj)


def get_population(name: str, net_id: int = 0) -> Population | None:
    """The population of a name, or None with a warning."""
    return network_of(net_id).get_population(name)


def get_projection(name: str, net_id: int = 0) -> Projection | None:
    """The projection of a name, or None with a warning."""
    return network_of(net_id).get_projection(name)


def enable_learning(
    projections: Iterable[Projection] | None = None,
    period: float | None = None,
    offset: float | None = None,
    net_id: int = 0,
) -> None:
    """Let all (or some) projections learn."""
    network_of(net_id).enable_learning(projections, period, offset)


def disable_learning(projections: Iterable[Projection] | None = None, net_id: int = 0) -> None:
    """Stop learning in all (or some) projections."""
    network_of(net_id).disable_learning(projections)


def get_global_config(key: str) -> Any:
    """A setting of the magic network."""
    return magic_network().config_[key]


def timeit(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Decorator: every call prints the name of the function, its arguments and how long it took."""

    @functools.wraps(function)
    def timed(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        begin = time.perf_counter()
        result = function(*args, **kwargs)
        elapsed = time.perf_counter() - begin
        words = [*map(repr, args), *(f"{name}={value!r}" for name, value in kwargs.items())]
        print(f"{function.__name__}({', '.join(words)}) took {elapsed:.6f} seconds.")
        return result

    return timed
