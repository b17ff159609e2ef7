"""Networks: populations, projections, monitors, and the program that runs them."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np

from nnc.compiler.description import Globals
from nnc.compiler.frontend.source import calling_site
from nnc.runtime import running
from nnc.runtime.compiling import Compiled, options_of
from nnc.runtime.config import Config
from nnc.runtime.constants import Constant
from nnc.runtime.errors import (
    NNCKeyError,
    NNCRuntimeError,
    NNCTypeError,
    NNCValueError,
    not_yet,
    warn,
    with_hint,
)
from nnc.runtime.monitor import Monitor
from nnc.runtime.population import Population
from nnc.runtime.projection import Projection
from nnc.runtime.registry import REGISTRY
from nnc.runtime.streams import fresh_seed, kernel_seed, stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from nnc.compiler.diagnostics import Source
    from nnc.compiler.options import Options
    from nnc.runtime.attributes import Attributes
    from nnc.runtime.neuron import Neuron
    from nnc.runtime.synapse import Synapse


_T = TypeVar("_T", bound="Population | Projection | Monitor | Constant")


class _Prepared(type):
    """Makes the base part of a network before the constructor of a subclass runs, which needs not call it."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        network: Any = cls.__new__(cls)  # type: ignore[call-overload]
        own = set(inspect.signature(cls.__init__).parameters)  # type: ignore[misc]
        settings = {key: kwargs[key] for key in ("dt", "seed") if key in kwargs}
        network._prepare(magic=kwargs.pop("_magic", False))
        network._settle(**settings)
        network.__init__(*args, **{k: v for k, v in kwargs.items() if k in own or k not in settings})
        return network


class Network(metaclass=_Prepared):
    """Populations, projections and monitors that are compiled and simulated together.

    `Network(dt=..., seed=...)`, then `create`, `connect`, `monitor`, `compile`, `simulate`; or a subclass whose
    constructor makes the objects. Structure is frozen by `compile()`; monitors may be made at any time. The same seed
    and script give the same numbers, whatever the number of threads and the target.
    """

    id: int

    def __init__(self, everything: bool = False, *, dt: float | None = None, seed: int | None = None) -> None:
        if not isinstance(everything, bool):
            raise NNCTypeError("Network: pass dt and seed by keyword, as in Network(dt=0.1, seed=1)")
        if everything:
            not_yet("Network(everything=True)", "build the objects with net.create, net.connect and net.monitor")
        self._settle(dt=dt, seed=seed)

    def _prepare(self, magic: bool) -> None:
        self.id = REGISTRY.number(self, magic)
        self.config_ = Config(REGISTRY.template)
        self._seed = fresh_seed() if self.config_["seed"] is None else int(self.config_["seed"])
        self._rng: np.random.Generator | None = None
        self._populations: list[Population] = []
        self._projections: list[Projection] = []
        self._monitors: list[Monitor] = []
        self._constants: dict[str, Constant] = {}
        self._constant_values: dict[str, float] = {}
        self._functions: dict[str, Source] = {}
        self._compiled: Compiled | None = None
        self._options: Options | None = None
        self._stale = False
        self._replays = 0
        if not magic and REGISTRY.magic is not None:
            for constant in REGISTRY.magic._constants.values():
                self.add_constant(constant)

    def _settle(self, dt: float | None = None, seed: int | None = None) -> None:
        if dt is not None:
            self.config_.set({"dt": dt})
        if seed is not None:
            self.config_.set({"seed": seed})
            self._seed = int(self.config_["seed"])
            self._rng = None

    # Settings

    @property
    def is_magic(self) -> bool:
        """Whether this is the network of the module-level functions."""
        return self.id == 0

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

    @property
    def default_rng(self) -> np.random.Generator:
        """A generator that scripts may draw from, seeded by the seed."""
        if self._rng is None:
            self._rng = stream(self._seed, "script")
        return self._rng

    def stream(self, *key: str | int) -> np.random.Generator:
        """The generator for one use."""
        return stream(self._seed, *key)

    def config(self, **keys: Any) -> dict[str, Any]:
        """Change settings of this network; gives all of them. See `setup` for the keys."""
        if self.compiled and any(k in keys for k in ("dt", "dtype", "precision", "seed", "method")):
            raise NNCRuntimeError("dt, precision, method and seed are fixed by compile()")
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
        if population is not None or isinstance(geometry, Population):
            not_yet("net.create(instance)", "net.create(geometry, neuron)")
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
        if projection is not None or isinstance(pre, Projection):
            not_yet("net.connect(instance)", "net.connect(pre, post, target).<connector>(...)")
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
    ) -> Monitor:
        """A monitor of this network; its `get` gives arrays in the geometry of the population."""
        return Monitor(obj, variables, period, period_offset, start, name, network=self)

    def constant(self, name: str, value: float) -> Constant:
        """A constant of this network only."""
        return Constant(name, value, network=self)

    def boldmonitor(self, *args: Any, **kwargs: Any) -> None:
        """Not in this version."""
        not_yet("boldmonitor", "record the source variable with net.monitor")

    def add(self, objects: Any) -> None:
        """Not in this version."""
        not_yet("Network.add", "build the objects with net.create, net.connect and net.monitor")

    def get(self, obj: Any) -> Any:
        """The network's own version of an object: the object itself if it belongs to this network."""
        if isinstance(obj, list):
            return [self.get(o) for o in obj]
        if getattr(obj, "network", None) is self:
            return obj
        not_yet("Network.get of objects of other networks", "use the objects that net.create and net.connect return")

    def copy(self, *args: Any, **kwargs: Any) -> None:
        """Not in this version."""
        not_yet("Network.copy", "make another network with the same constructor")

    def parallel_run(self, *args: Any, **kwargs: Any) -> None:
        """Not in this version."""
        not_yet("parallel_run", "simulate the networks one after the other")

    def add_population(self, population: Population, name: str | None) -> int:
        """Register a new population; gives its number."""
        self._open("a population")
        if name is not None and any(p.name == name for p in self._populations):
            if self.is_magic:
                raise NNCValueError(f"there is a population '{name}' already")
            warn(f"there are two populations '{name}'; look-ups find the first")
        self._populations.append(population)
        return len(self._populations) - 1

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

    def add_constant(self, constant: Constant) -> None:
        """Make a constant known. Raises if the name stands for something else already."""
        known = self._constants.get(constant.name)
        if known is not None and known.value != constant.value:
            raise NNCValueError(f"there is a constant '{constant.name}' already; use its set() to change it")
        self._constants[constant.name] = constant
        self._constant_values[constant.name] = constant.value
        constant.linked(self)

    def set_constant(self, name: str, value: float) -> None:
        """Change a constant, from the next step on."""
        self._constant_values[name] = value
        if self._compiled is not None and self._compiled.state.has(f"const.{name}"):
            self._compiled.state.write(f"const.{name}", value)

    def constant_value(self, name: str) -> float:
        """Present value of a constant. Raises for an unknown name."""
        if name not in self._constant_values:
            raise NNCKeyError(with_hint(f"there is no constant '{name}'", name, self._constant_values))
        return self._constant_values[name]

    def add_function(self, text: str) -> None:
        """A function that all equations made afterwards may use: `"f(x) = 1/(1 + exp(-x))"`."""
        if not isinstance(text, str) or "=" not in text:
            raise NNCValueError(f"add_function takes a definition such as 'f(x) = x^2', not {text!r}")
        name = text.partition("(")[0].strip()
        known = self._functions.get(name)
        if known is not None and known.text != text:
            raise NNCValueError(f"there is a function '{name}' already")
        self._functions[name] = calling_site().source(text, "function")

    def globals(self) -> Globals:
        """What every model of the network may use."""
        magic = REGISTRY.magic
        functions = {**(magic._functions if magic is not None else {}), **self._functions}
        return Globals(tuple(functions.values()), tuple(self._constants), self.config_["method"])

    def _open(self, what: str) -> None:
        if self.compiled:
            raise NNCRuntimeError(f"the network is compiled: {what} must be created before compile()")

    # Look-ups

    def get_populations(self) -> list[Population]:
        """All populations in order."""
        return list(self._populations)

    def get_population(self, name: str) -> Population | None:
        """The first population of a name, or None with a warning."""
        return _named(self._populations, name, "population")

    def get_projections(
        self, post: Any = None, pre: Any = None, target: str | None = None, suppress_error: bool = False
    ) -> list[Projection]:
        """The projections between given ends and with a given target; raises if there is none."""
        found = [
            p
            for p in self._projections
            if _matches(p.post_population, post) and _matches(p.pre_population, pre) and target in (None, *p.targets)
        ]
        if not found and not suppress_error:
            raise NNCKeyError("there is no such projection")
        return found

    def get_projection(self, name: str) -> Projection | None:
        """The first projection of a name, or None with a warning."""
        return _named(self._projections, name, "projection")

    def get_monitors(self, obj: Any = None) -> list[Monitor]:
        """All monitors, or those of an object."""
        return [m for m in self._monitors if obj is None or m.object is obj]

    def get_monitor(self, name: str) -> Monitor | None:
        """The first monitor of a name, or None with a warning."""
        return _named(self._monitors, name, "monitor")

    def get_constant(self, name: str) -> Constant | None:
        """The constant of a name, or None with a warning."""
        return _named(self._constants.values(), name, "constant")

    def get_constants(self) -> list[Constant]:
        """All constants."""
        return list(self._constants.values())

    def __getitem__(self, name: str) -> Population | Projection | Monitor:
        everything: list[Population | Projection | Monitor] = [
            *self._populations,
            *self._projections,
            *self._monitors,
        ]
        found = next((o for o in everything if o.name == name), None)
        if found is None:
            raise NNCKeyError(with_hint(f"the network has no '{name}'", name, [o.name for o in everything]))
        return found

    def targets_of(self, population: Population) -> list[str]:
        """Targets of the projections that reach a population, in order."""
        return list(dict.fromkeys(t for p in self._projections if p.post_population is population for t in p.targets))

    def longest_delay(self, population: Population) -> int:
        """Longest delay of the projections from a population, in steps."""
        return max((p.max_delay for p in self._projections if p.pre_population is population), default=1)

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
        self._options = options_of(self.config_, compiler, compiler_flags, clean, debug_build)
        self._compiled = Compiled.build(self, self._options, kernel_seed(self._seed, 0))
        self._stale = False
        for monitor in self._monitors:
            monitor.attach(self._compiled.state, 0)

    def changed(self) -> None:
        """A fact that the program relies on has changed: make a new one before the next step."""
        self._stale = self.compiled

    def all_values(self) -> list[Attributes]:
        """The attributes of all populations, then of all projections."""
        return [p._values for p in self._populations] + [p._values for p in self._projections]

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
            compiled = self._compiled = compiled.rebuild(self, self._options)
            self._stale = False
            for monitor in self._monitors:
                monitor.attach(compiled.state, compiled.state.block.t)
        return compiled

    # Simulation

    def simulate(
        self,
        duration: float,
        measure_time: bool = False,
        progress_bar: bool = False,
        callbacks: bool = True,
        show_monitor_memory_estimate: bool = False,
    ) -> None:
        """Run for a duration in ms, rounded up to whole steps. Ctrl-C stops at the end of a step."""
        steps = running.steps_in(duration, self.dt)
        name = "" if self.is_magic else f" {self.id}"
        running.advance(self._current(), self._monitors, steps, self.dt, measure_time, name)

    def step(self) -> None:
        """Run one step."""
        running.advance(self._current(), self._monitors, 1, self.dt)

    def simulate_until(self, *args: Any, **kwargs: Any) -> float:
        """Not in this version."""
        not_yet("simulate_until", "call step() in a loop and test the condition")

    @property
    def time(self) -> float:
        """Time in ms."""
        return self.current_step * self.dt

    @time.setter
    def time(self, value: float) -> None:
        self.current_step = round(value / self.dt)

    @property
    def current_step(self) -> int:
        """Number of the next step; 0 before compile."""
        return 0 if self._compiled is None else self._compiled.state.block.t

    @current_step.setter
    def current_step(self, value: int) -> None:
        if self._compiled is None:
            warn("the time cannot be set before compile()")
        elif value < 0:
            raise NNCValueError(f"the step number must not be negative, got {value}")
        else:
            self._compiled.state.block.t = int(value)

    def get_time(self) -> float:
        """Time in ms."""
        return self.time

    def set_time(self, t: float) -> None:
        """Set the time in ms."""
        self.time = t

    def get_current_step(self) -> int:
        """Number of the next step."""
        return self.current_step

    def set_current_step(self, n: int) -> None:
        """Set the number of the next step."""
        self.current_step = n

    def set_seed(self, seed: int) -> None:
        """Set the seed of the noise of the steps to come, and of everything drawn later."""
        self._settle(seed=seed)
        if self._compiled is not None:
            self._compiled.state.block.seed = kernel_seed(self._seed, 0)

    def reset(
        self,
        populations: bool = True,
        projections: bool = False,
        synapses: bool = False,
        monitors: bool = True,
        reseed_rng: bool | None = None,
    ) -> None:
        """Back to t = 0: populations to their initial values, projections (never `w`) only on request.

        With `reseed_rng` (the default except for the magic network) the noise is repeated, else it is new.
        """
        if synapses:
            not_yet("reset(synapses=True)", "make and compile a new network")
        state = self._current().state
        for monitor in self._monitors:
            monitor.restart(state, drop=monitors)
        if populations:
            state.clear_activity(f"pop{p.id}" for p in self._populations)
            for population in self._populations:
                population._values.redraw()
                population._values.initialise()
        if projections:
            for projection in self._projections:
                projection.reset()
        state.block.t = 0
        if not (not self.is_magic if reseed_rng is None else reseed_rng):
            self._replays += 1
        state.block.seed = kernel_seed(self._seed, self._replays)
        state.settle()
        self._running().write_flags(self)

    def reset_population(self, population: Population, attributes: list[str] | None) -> None:
        """Give attributes of one population their initial values back; all of them also clear its spikes."""
        state = self._current().state
        known = population.attributes
        for name in [a for a in attributes or [] if a not in known]:
            warn(f"population '{population.name}' has no attribute '{name}' to reset")
        names = [a for a in attributes if a in known] if attributes is not None else None
        if names is None:
            state.clear_activity([f"pop{population.id}"])
        population._values.redraw()
        population._values.initialise(names)
        if names is None:
            state.settle()
            self._running().write_flags(self)

    def enable_learning(
        self, projections: Iterable[Projection] | None = None, period: float | None = None, offset: float | None = None
    ) -> None:
        """Let all (or some) projections learn."""
        for projection in self._projections if projections is None else projections:
            projection.enable_learning(period, offset)

    def disable_learning(self, projections: Iterable[Projection] | None = None) -> None:
        """Stop learning in all (or some) projections."""
        for projection in self._projections if projections is None else projections:
            projection.disable_learning()

    def set_flag(self, name: str, on: bool) -> None:
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

    def __repr__(self) -> str:
        done = "compiled" if self.compiled else "not compiled"
        return (
            f"<Network {self.id}: {len(self._populations)} populations, {len(self._projections)} projections, "
            f"{len(self._monitors)} monitors, dt = {self.dt} ms, {done}>"
        )


def _named(objects: Iterable[_T], name: str, what: str) -> _T | None:
    everything = list(objects)
    found = next((o for o in everything if o.name == name), None)
    if found is None:
        warn(with_hint(f"there is no {what} '{name}'", name, [o.name for o in everything]))
    return found


def _matches(population: Population, wanted: Any) -> bool:
    return wanted is None or population is wanted or population.name == wanted
