"""Networks: populations, projections, monitors, and the program that runs them."""

from __future__ import annotations

import copy
import inspect
import time
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from nnc.runtime.block.streams import fresh_seed, kernel_seed, stream
from nnc.runtime.equations.constants import Constant
from nnc.runtime.equations.definitions import Definitions
from nnc.runtime.errors import (
    NNCRuntimeError,
    NNCTypeError,
    NNCValueError,
    not_yet,
    warn,
)
from nnc.runtime.io.saving import SavedNetwork
from nnc.runtime.measuring.metering import Metering
from nnc.runtime.measuring.profiling import Timings, start_profile
from nnc.runtime.networks.clock import Clock, Learning
from nnc.runtime.networks.commandline import read_command_line
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.copies import Copies
from nnc.runtime.networks.extending import Extending
from nnc.runtime.networks.known import Known, fixed, magic_populations, warn_of_strays
from nnc.runtime.networks.lookups import LookUps
from nnc.runtime.networks.registry import REGISTRY
from nnc.runtime.networks.userfile import read_user_file
from nnc.runtime.parallel.runs import Runs
from nnc.runtime.populations.population import Population
from nnc.runtime.projections.projection import Projection
from nnc.runtime.recording.monitor import Monitor
from nnc.runtime.remarks import show_remarks
from nnc.runtime.running.compiling import Compiled, device_of, options_of, timings_of
from nnc.runtime.running.simulating import Simulating

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from nnc.compiler.diagnostics import Source
    from nnc.compiler.options import Options
    from nnc.runtime.block.state import State
    from nnc.runtime.equations.neuron import Neuron
    from nnc.runtime.equations.synapse import Synapse
    from nnc.runtime.running.callbacks import Callback


class _Prepared(type):
    """Makes the base part of a network before the constructor of a subclass runs, which needs not call it."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        network: Any = cls.__new__(cls)  # type: ignore[call-overload]
        own = set(inspect.signature(cls.__init__).parameters)  # type: ignore[misc]
        settings = {key: kwargs[key] for key in ("dt", "seed") if key in kwargs}
        network._prepare(kwargs.pop("_role", None), kwargs.pop("_like", None))
        network._settle(**settings)
        network._made = (args, kwargs)
        before = magic_populations()
        network.__init__(*args, **{k: v for k, v in kwargs.items() if k in own or k not in settings})
        warn_of_strays(network, before)
        return network


class Network(
    LookUps,
    Definitions,
    Clock,
    Learning,
    Simulating,
    SavedNetwork,
    Copies,
    Runs,
    Known,
    Extending,
    Metering,
    metaclass=_Prepared,
):
    """Populations, projections and monitors that are compiled and simulated together.

    `Network(dt=..., seed=...)`, then `create`, `connect`, `monitor`, `compile`, `simulate`; or a subclass whose
    constructor makes the objects. Structure is frozen by `compile()`; monitors may be made at any time. The same seed
    and script give the same numbers, whatever the number of threads and the target.
    """

    id: int
    _made: tuple[tuple[Any, ...], dict[str, Any]]

    def __init__(self, everything: bool = False, *, dt: float | None = None, seed: int | None = None) -> None:
        if not isinstance(everything, bool):
            raise NNCTypeError("Network: pass dt and seed by keyword, as in Network(dt=0.1, seed=1)")
        self._settle(dt=dt, seed=seed)
        if everything:
            self.add_everything()

    def _prepare(self, role: str | None, like: Network | None) -> None:
        self.id = REGISTRY.number(self, role)
        self.config_ = Config(REGISTRY.template if like is None else like.config_)
        if like is not None:
            self.config_.set({"seed": None})
        self._seed = fresh_seed() if self.config_["seed"] is None else int(self.config_["seed"])
        self._rng: np.random.Generator | None = None
        self._populations: list[Population] = []
        self._projections: list[Projection] = []
        self._monitors: list[Monitor] = []
        self._directory = "annarchy"
        self._copies: dict[Any, Any] = {}
        self._constants: dict[str, Constant] = {}
        self._constant_values: dict[str, float] = {}
        self._functions: dict[str, Source] = {}
        self._compiled: Compiled | None = None
        self._options: Options | None = None
        self._timings = Timings(f"network {self.id}")
        self._stale = False
        self._rewired: list[Projection] = []
        self._replays = 0
        self._parallel_runs = 0
        self._callbacks: list[Callback] = []
        self._callbacks_on = True
        self._seconds = self._compile_seconds = 0.0
        self._steps_done = 0
        if role != "magic" and REGISTRY.magic is not None:
            for constant in REGISTRY.magic._constants.values():
                constant.copy_for(self)

    def _settle(self, dt: float | None = None, seed: int | None = None) -> None:
        if dt is not None:
            self.config_.set({"dt": dt})
        if seed is not None:
            self.config_.set({"seed": seed})
            self._seed = int(self.config_["seed"])
            self._rng = None

    # Settings

    @property
    def dt(self) -> float:
        """Step size in ms."""
        return self.config_.dt

    @dt.setter
    def dt(self, value: float) -> None:
        self.config(dt=value)

    @property
    def seed(self) -> int:
        """Seed of all random numbers of the network."""
        return self._seed

    @seed.setter
    def seed(self, value: int) -> None:
        raise fixed("seed", "give it to Network(seed=...), or call set_seed")

    @property
    def default_rng(self) -> np.random.Generator:
        """A generator that scripts may draw from, seeded by the seed."""
        if self._rng is None:
            self._rng = stream(self._seed, "script")
        return self._rng

    @default_rng.setter
    def default_rng(self, value: object) -> None:
        raise fixed("default_rng", "it follows from the seed")

    def stream(self, *key: str | int) -> np.random.Generator:
        """The generator for one use."""
        return stream(self._seed, *key)

    def config(self, **keys: Any) -> dict[str, Any]:
        """Change settings of this network; gives all of them. See `setup` for the keys."""
        fixed = ("dt", "dtype", "precision", "seed", "method", "structural_plasticity", "compat", "event_time")
        if self.compiled and any(k in keys for k in fixed):
            raise NNCRuntimeError(f"{', '.join(k for k in fixed if k in keys)}: fixed by compile()")
        if self._populations and keys.get("dt", self.dt) != self.dt:
            warn("dt is changed although there are populations; delays and periods set so far keep their steps")
        self.config_.set(keys)
        if keys.get("seed") is not None:
            self._settle(seed=keys["seed"])
        return dict(self.config_)

    # Objects

    def create(
        self,
        geometry: Any = None,
        neuron: Neuron | type[Neuron] | None = None,
        stop_condition: str | None = None,
        name: str | None = None,
        population: Any = None,
        storage_order: str = "post_to_pre",
    ) -> Population:
        """A population of this network: `net.create(geometry=100, neuron=Izhikevich)`."""
        instance = population if population is not None else geometry
        if isinstance(instance, Population):
            if neuron is not None or stop_condition is not None or None not in (geometry, population):
                raise NNCTypeError("net.create takes an instance of a population and no other argument")
            return self._adopt(instance, name)
        if population is not None:
            raise NNCTypeError(f"net.create(population=...) takes an instance of a population, not {population!r}")
        if geometry is None or neuron is None:
            raise NNCTypeError("net.create takes a geometry and a neuron")
        return Population(geometry, neuron, name, stop_condition, storage_order, network=self)

    def connect(
        self,
        pre: Any = None,
        post: Any = None,
        target: str | list[str] = "",
        synapse: Synapse | type[Synapse] | None = None,
        name: str | None = None,
        projection: Any = None,
        disable_omp: bool = True,
    ) -> Projection:
        """A projection of this network; call a connector on it: `net.connect(a, b, "exc").all_to_all(weights=1.0)`."""
        instance = projection if projection is not None else pre
        if isinstance(instance, Projection):
            if post is not None or target or synapse is not None or None not in (pre, projection):
                raise NNCTypeError("net.connect takes an instance of a projection and no other argument")
            if instance.network is not self:
                raise NNCValueError(f"projection '{instance.name}' belongs to another network")
            return instance
        if projection is not None:
            raise NNCTypeError(f"net.connect(projection=...) takes an instance of a projection, not {projection!r}")
        if pre is None or post is None:
            raise NNCTypeError("net.connect takes pre, post and target")
        return Projection(pre, post, target, synapse, name, disable_omp, network=self)

    def monitor(
        self,
        obj: Any,
        variables: str | list[str] = (),  # type: ignore[assignment]
        period: float | None = None,
        period_offset: float | None = None,
        start: bool = True,
        name: str | None = None,
        *,
        to: str | Path | None = None,
        overwrite: bool = False,
    ) -> Monitor:
        """A monitor of this network; its `get` gives arrays in the geometry of the population.

        `to` is a file to stream into, see `Monitor`; one that is there already is replaced only with `overwrite`.
        """
        return Monitor(obj, variables, period, period_offset, start, name, to=to, overwrite=overwrite, network=self)

    def constant(self, name: str, value: float) -> Constant:
        """A constant of this network only."""
        return Constant(name, value, network=self)

    def add_population(self, population: Population, name: str | None) -> int:
        """Register a new population; gives its number."""
        self._open("a population")
        if name is not None and any(p.name == name for p in self._populations):
            if self.is_magic:
                raise NNCValueError(f"there is a population '{name}' already")
            warn(f"there are two populations '{name}'; look-ups find the first")
        self._populations.append(population)
        return 1 + max((p.id for p in self._populations[:-1]), default=-1)

    def _adopt(self, population: Population, name: str | None) -> Population:
        """A copy of a population in this network; the original leaves the magic network."""
        owner = population.network
        if owner is self and not self.compiled:
            return population
        if owner.is_magic and any(population in (p.pre_population, p.post_population) for p in owner._projections):
            raise NNCValueError(f"population '{population.name}' has projections in the magic network")
        copied = copy.copy(population)
        default = population.name == population.class_name
        copied._rebind(self, name or (None if default else population.name))
        if owner in (REGISTRY.magic, REGISTRY.waiting) and population in owner._populations:
            owner._populations.remove(population)
        return copied

    def add_projection(self, projection: Projection) -> int:
        """Register a new projection; gives its number."""
        self._open("a projection")
        self._projections.append(projection)
        return len(self._projections) - 1

    def add_monitor(self, monitor: Monitor) -> None:
        """Register a new monitor, which starts at once if the network is compiled."""
        self._monitors.append(monitor)
        if self._compiled is not None:
            monitor.attach(self._compiled.state, self.current_step)

    def _open(self, what: str) -> None:
        if self.compiled:
            raise NNCRuntimeError(f"the network is compiled: {what} must be created before compile()")

    # Compilation

    @property
    def compiled(self) -> bool:
        """Whether there is a program."""
        return self._compiled is not None

    @property
    def state(self) -> Any:
        """The state of the compiled network. Raises before compile."""
        return self._running().state

    def compile(
        self,
        directory: str = "annarchy",
        clean: bool = False,
        populations: Any = None,
        projections: Any = None,
        compiler: str = "default",
        compiler_flags: str | list[str] = "default",
        add_sources: str = "",
        extra_libs: str = "",
        cuda_config: Mapping[Any, Any] | None = None,
        annarchy_json: str = "",
        silent: bool = False,
        debug_build: bool = False,
        trace_calls: str | None = None,
        profile_enabled: bool = False,
    ) -> None:
        """Draw connectivity and initial values, and make the program. A second call has no effect.

        `compiler` (with `compiler_flags`) chooses the target `openmp`, else `setup(paradigm=...)` does; the default
        needs no compiler. Programs are kept in the user's cache, so nothing is written to `directory`.
        """
        if self._compiled is not None:
            print("The network is already compiled; a second compile() has no effect.")
            return
        for given, own in ((populations, self._populations), (projections, self._projections)):
            if given is not None and list(given) != own:
                not_yet("compiling part of a network", "make a network of the objects that you need")
        if add_sources or extra_libs:
            not_yet("add_sources and extra_libs", "write functions of the model with Neuron(functions=...)")
        if not self._populations:
            raise NNCRuntimeError("the network has no population: create one before compile()")
        begin = time.perf_counter()
        if any(projection.has_rules for projection in self._projections):
            self.config_.set({"structural_plasticity": True})
        line = read_command_line()
        line.check()
        self.config_.underlay(line.settings)
        user_file = read_user_file(annarchy_json)
        device = (cuda_config or {}).get("device", device_of(self.config_, line.device or user_file.device))
        timings = timings_of(self, trace_calls, profile_enabled)
        options = options_of(
            self.config_, compiler, compiler_flags, clean or line.clean, debug_build, user_file, device
        )
        self._compiled = Compiled.build(self, options, kernel_seed(self._seed, 0), timings)
        self._options, self._timings, self._directory = options, timings, directory
        self._stale = False
        self._compile_seconds = time.perf_counter() - begin
        start_profile(timings, self.config_)
        for monitor in self._monitors:
            monitor.attach(self._compiled.state, 0)
        if self.config_["verbose"] and not silent:
            print(self.summary())
            if self.config_["show_time"]:
                print(timings)
        show_remarks(self)
        self._compiled.release(self)
        if line.report is not None:
            self.report(line.report)

    def changed(self, rewired: Projection | None = None) -> None:
        """A fact that the program relies on has changed (the synapses, if `rewired`): make a new one before a step."""
        self._stale = self.compiled
        if rewired is not None and rewired not in self._rewired:
            self._rewired.append(rewired)

    def current_state(self) -> State:
        """The state of a program that fits what scripts have assigned. Raises before compile."""
        return self._current().state

    def up_to_date(self) -> None:
        """Make the program that fits what scripts have assigned now, not before the next step."""
        self._current()

    def rewired(self, projections: Iterable[Projection], step: int | None) -> None:
        """Tell the monitors that synapses came or went, in a step or (None) between two."""
        for projection in projections:
            for monitor in self._monitors:
                monitor.rewired(projection, step)

    def _running(self) -> Compiled:
        if self._compiled is None:
            raise NNCRuntimeError("the network is not compiled: call compile() first")
        return self._compiled

    def _current(self) -> Compiled:
        """The compiled network with a program that fits what scripts have assigned."""
        compiled = self._running()
        if self._stale:
            assert self._options is not None
            for monitor in self._monitors:
                monitor.detach(compiled.state)
            compiled = self._compiled = compiled.rebuild(self, self._options, self._rewired)
            self._stale = False
            self._rewired = []
            for monitor in self._monitors:
                monitor.attach(compiled.state, compiled.state.block.t)
            compiled.release(self)
        return compiled

    # Simulation

    def set_seed(self, seed: int) -> None:
        """Set the seed of the noise of the steps to come, and of everything drawn later."""
        self._settle(seed=seed)
        if self._compiled is not None:
            self._compiled.state.block.seed = kernel_seed(self._seed, 0)

    def generators(self) -> dict[str, Any]:
        """Where all random numbers stand: the seed, the noise of the steps, the generator of the script."""
        script = None if self._rng is None else self._rng.bit_generator.state
        return {"seed": self._seed, "replays": self._replays, "noise": self.state.block.seed, "script": script}

    def take_generators(self, saved: Mapping[str, Any]) -> None:
        """Let random numbers go on from where `generators` told they stood."""
        self._seed, self._replays = int(saved["seed"]), int(saved["replays"])
        self.state.block.seed = int(saved["noise"])
        self._rng = None
        if saved["script"] is not None:
            self.default_rng.bit_generator.state = dict(saved["script"])

    def write_switches(self) -> None:
        """Tell the program what is switched on and off."""
        self._running().write_flags(self)

    def set_flag(self, name: str, on: bool | int) -> None:
        """Set a switch of the program if it has it; else the next program gets it."""
        if self._compiled is not None and self._compiled.state.has(name):
            self._compiled.state.write(name, on)

    def field(self, name: str, size: int) -> NDArray[Any]:
        """The values of a field of the state, or zeros before compile and where there is none."""
        if self._compiled is None or not self._compiled.state.has(name):
            return np.zeros(size)
        values: NDArray[Any] = self._compiled.state.read(name)
        return values

    def last_spikes(self, population: Population) -> NDArray[np.int64]:
        """Ranks of the neurons that fired in the last step."""
        return self._running().last_spikes(population)

    # The object itself

    def clear(self) -> None:
        """Free the memory of the network; it is not to be used any more."""
        self._compiled = None
        self._copies.clear()
        self._populations.clear()
        self._projections.clear()
        self._monitors.clear()
        self._constants.clear()
        self._constant_values.clear()
        self._functions.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.clear()
