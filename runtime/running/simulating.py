"""Running a network: `simulate`, `step`, `simulate_until`, `reset`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from nnc.runtime.block.streams import kernel_seed
from nnc.runtime.errors import NNCRuntimeError, NNCTypeError, NNCValueError, warn
from nnc.runtime.networks.registry import REGISTRY
from nnc.runtime.populations.population import Population
from nnc.runtime.projections.structural import StructuralPhase
from nnc.runtime.recording.recordings import check_memory
from nnc.runtime.running import stretches as running
from nnc.runtime.running.callbacks import Callbacks
from nnc.runtime.running.progress import Progress
from nnc.runtime.running.team import TUNE
from nnc.runtime.running.tuning import may_share, tuner_for
from nnc.runtime.running.watch import watch_for

if TYPE_CHECKING:
    from nnc.compiler.codegen.target import Status
    from nnc.compiler.options import Options
    from nnc.runtime.attributes import Attributes
    from nnc.runtime.measuring.profiling import Timings
    from nnc.runtime.networks.config import Config
    from nnc.runtime.networks.network import Network
    from nnc.runtime.projections.projection import Projection
    from nnc.runtime.recording.monitor import Monitor
    from nnc.runtime.running.compiling import Compiled
    from nnc.runtime.running.tuning import Tuner
    from nnc.runtime.running.watch import Watch

_OPERATORS = ("and", "or")


class Simulating(Callbacks):
    """The part of a network that lets the time pass."""

    id: int
    config_: Config
    _seed: int
    _replays: int
    _rng: Any
    _populations: list[Population]
    _projections: list[Projection]
    _monitors: list[Monitor]
    _compiled: Compiled | None
    _options: Options | None
    _timings: Timings
    _seconds: float
    """Wall time of all runs."""

    _steps_done: int

    _watch: Watch | None = None
    """What looks for numbers that go wrong; made anew with every program and by `reset`."""

    _tuning: Tuner | None = None
    """What chooses the number of workers; made by the first run that wants one."""

    filled: bool = False
    """Whether its objects came by `add` or `everything`, not by `create` and `connect`."""

    @property
    def is_magic(self) -> bool:
        """Whether this is the network of the module-level functions."""
        return self.id == 0

    def _running(self) -> Compiled:
        raise NotImplementedError

    def _current(self) -> Compiled:
        raise NotImplementedError

    def all_values(self) -> list[Attributes]:
        """The attributes of all populations, then of all projections."""
        return [p._values for p in self._populations] + [p._values for p in self._projections]

    # Time passes

    def simulate(
        self,
        duration: float,
        measure_time: bool = False,
        progress_bar: bool = False,
        callbacks: bool = True,
        show_monitor_memory_estimate: bool = False,
    ) -> None:
        """Run for a duration in ms, rounded up to whole steps. Ctrl-C stops at the end of a step.

        Functions registered with `every` are called in between, unless `callbacks` is False. What a callback raises
        ends the run at the end of a step. `measure_time` prints how long it took.
        """
        dt = self.config_.dt
        called = callbacks and self._callbacks_on and bool(self._callbacks)
        steps = running.steps_in(duration, dt)
        if self.config_["compat"] == "strict":
            steps = running.steps_of_the_reference(duration, dt, called)
        self._running()
        check_memory(self._monitors, steps, show_monitor_memory_estimate)
        begin, done = time.perf_counter(), 0
        calls = self.calls(steps, dt) if called else ()
        with Progress(steps, dt, progress_bar) as progress:
            for at, call in calls:
                self._advance(at - done, progress)
                done = at
                call()
            self._advance(steps - done, progress)
        if measure_time:
            self._print_time(steps * dt, time.perf_counter() - begin)

    def step(self) -> None:
        """Run one step, without callbacks."""
        self._advance(1)

    def simulate_until(
        self,
        max_duration: float,
        population: Any = None,
        operator: str = "and",
        measure_time: bool = False,
        progress_bar: bool = False,
        *,
        populations: Any = None,
    ) -> float:
        """Run until the stop conditions of one or several populations hold, at most for `max_duration` ms.

        The conditions are tested after every step, in the program itself. `operator`: all at once ("and") or any of
        them ("or"). Gives the simulated time in ms, with the step in which they held. Callbacks are not called.
        """
        if operator not in _OPERATORS:
            raise NNCValueError(f"simulate_until: operator is 'and' or 'or', not {operator!r}")
        watched = self._with_condition(population if populations is None else populations)
        dt = self.config_.dt
        steps = running.steps_in(max_duration, dt)
        state = self._current().state
        first, begin = state.block.t, time.perf_counter()
        names = [f"pop{p.id}.stop.watched" for p in watched]
        state.write("stop.any", operator == "or")
        for name in names:
            state.write(name, True)
        try:
            with Progress(steps, dt, progress_bar) as progress:
                self._advance(steps, progress)
        finally:
            for name in names:
                state.write(name, False)
        passed: float = (state.block.t - first) * dt
        if measure_time:
            self._print_time(passed, time.perf_counter() - begin)
        return passed

    def _with_condition(self, given: Any) -> list[Population]:
        populations = list(given) if isinstance(given, list | tuple) else [given]
        if not populations or not all(isinstance(p, Population) for p in populations):
            raise NNCTypeError(f"simulate_until takes a population or a list of populations, not {given!r}")
        for population in populations:
            if population.network is not self:
                raise NNCValueError(f"population '{population.name}' belongs to another network")
            if population.stop_condition is None:
                raise NNCValueError(f"population '{population.name}' has no stop_condition")
        return populations

    def _advance(self, steps: int, progress: Progress | None = None) -> Status:
        if self.is_magic and REGISTRY.waiting is not None:
            for population in REGISTRY.waiting.get_populations():
                raise NNCRuntimeError(
                    f"population '{population.name}' was made after compile() and belongs to no network: "
                    "make it before, or give it to net.create()"
                )
        compiled = self._current()
        begin, first = time.perf_counter(), compiled.state.block.t
        try:
            structural = StructuralPhase(self._projections, self._monitors)
            cores, watch = self.config_["visible_cores"], self._watching(compiled)
            told = self._timings.watched(progress)

            def go(part: int) -> tuple[int, Status]:
                at = compiled.state.block.t
                status = running.advance(compiled, self._monitors, part, told, cores, watch, structural)
                return compiled.state.block.t - at, status

            tuner = self._tuner(compiled)
            return go(steps)[1] if tuner is None else tuner.advance(steps, go)
        finally:
            self._seconds += time.perf_counter() - begin
            self._timings.add("simulate", time.perf_counter() - begin)
            self._steps_done += compiled.state.block.t - first

    def _tuner(self, compiled: Compiled) -> Tuner | None:
        """What chooses the number of workers, if that is wanted and the program has a choice."""
        if self.config_["num_threads"] != TUNE or not may_share(compiled.program):
            return None
        if self._tuning is None:
            self._tuning = tuner_for(self._whole(), compiled)
        self._tuning.team = compiled.state.block.team
        return self._tuning

    def _watching(self, compiled: Compiled) -> Watch | None:
        """The watch of this program, unless nobody wants to know."""
        if self.config_["on_nonfinite"] == "ignore":
            return None
        if self._watch is None or self._watch.compiled is not compiled:
            self._watch = watch_for(self._whole(), compiled)
        return self._watch

    def _print_time(self, milliseconds: float, elapsed: float) -> None:
        name = "" if self.is_magic else f" {self.id}"
        print(f"Simulating {milliseconds / 1000.0} seconds of the network{name} took {elapsed} seconds.")

    # Back to the start

    def reset(
        self,
        populations: bool = True,
        projections: bool = False,
        synapses: bool = False,
        monitors: bool = True,
        reseed_rng: bool | None = None,
    ) -> None:
        """Back to t = 0: populations to their initial values, projections (never `w`) only on request.

        `synapses` draws connectivity, weights and delays anew. With `reseed_rng` the run repeats the same random
        numbers, else there are new ones; by default it repeats them, except in the magic network.
        """
        self._running()
        self._watch = None
        if synapses and not projections:
            warn("reset(synapses=True) resets the projections, too")
        state = self._current().state
        for monitor in self._monitors:
            monitor.restart(state, drop=monitors)
        self._reseed(self._repeats() if reseed_rng is None else bool(reseed_rng))
        state.set_step(0)
        if synapses:
            self.draw_synapses(self._projections)
        state = self._current().state
        if populations:
            state.clear_activity([f"pop{p.id}" for p in self._populations], self._reduces_anew())
            for population in self._populations:
                population._values.redraw()
                population._values.initialise()
                population._restart()
        if projections and not synapses:
            for projection in self._projections:
                projection.reset()
        state.block.seed = kernel_seed(self._seed, self._replays)
        if populations or synapses:
            self._running().settle(self._reduces_anew())
        self._running().write_flags(self._whole())

    def _reduces_anew(self) -> bool:
        """Whether reductions over populations are those of the initial values; else they stay stale."""
        return bool(self.config_["compat"] != "strict")

    def _repeats(self) -> bool:
        api = self.config_["api"]
        return bool(api == "5.0") if api is not None else not (self.is_magic or self.filled)

    def _reseed(self, repeat: bool) -> None:
        """Choose the random numbers from now on: those of the first run again, or new ones."""
        self._replays = 0 if repeat else self._replays + 1
        if not repeat:
            return
        self._rng = None
        for values in self.all_values():
            values.repeat_draws()

    def draw_synapses(self, projections: list[Projection]) -> None:
        """Draw connectivity, weights and delays of projections anew; everything else stays as it is."""
        old = self._current()
        assert self._options is not None
        for monitor in self._monitors:
            monitor.detach(old.state)
        for projection in projections:
            projection.rewire()
        compiled = self._compiled = old.rebuild(self._whole(), self._options, projections)
        for monitor in self._monitors:
            monitor.attach(compiled.state, compiled.state.block.t)

    def reset_population(self, population: Population, attributes: list[str] | None) -> None:
        """Give attributes of one population their initial values back; all of them also clear its spikes."""
        state = self._current().state
        known = population.attributes
        for name in [a for a in attributes or [] if a not in known]:
            warn(f"population '{population.name}' has no attribute '{name}' to reset")
        names = [a for a in attributes if a in known] if attributes is not None else None
        if names is None:
            state.clear_activity([f"pop{population.id}"], self._reduces_anew())
        population._values.redraw()
        population._values.initialise(names)
        if names is None:
            population._restart()
            self._running().settle(self._reduces_anew())
            self._running().write_flags(self._whole())

    def _whole(self) -> Network:
        from nnc.runtime.networks.network import Network

        assert isinstance(self, Network)
        return self
