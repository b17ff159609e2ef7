"""From the objects of a network to its program and its state, and from one program to the next."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from nnc.compiler import compile as compile_network
from nnc.compiler.codegen.target import get_target
from nnc.compiler.description import NetworkDescription
from nnc.compiler.driver import artifact
from nnc.compiler.options import Options
from nnc.compiler.session import current as current_session
from nnc.runtime.block.state import PopulationSizes, ProjectionSizes, State, block_sizes
from nnc.runtime.errors import NNCRuntimeError, warn
from nnc.runtime.inputs.timed import TimedPopulation
from nnc.runtime.measuring.estimate import check_room
from nnc.runtime.measuring.metering import kernels_of, metered, with_meter
from nnc.runtime.measuring.profiling import Timings
from nnc.runtime.networks.userfile import UserFile, c_compiler
from nnc.runtime.running.cores import cores, is_busy
from nnc.runtime.running.progress import counted
from nnc.runtime.running.team import TUNE, WORDS, pauses, team_size
from nnc.runtime.running.verdicts import Verdict, find_verdict, verdict_name
from nnc.runtime.running.work import work_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from nnc.compiler.codegen.layout import Layout
    from nnc.compiler.codegen.target import Program
    from nnc.runtime.networks.config import Config
    from nnc.runtime.networks.network import Network
    from nnc.runtime.populations.population import Population
    from nnc.runtime.projections.projection import Projection


SHARING_CALL: Final = 1e-3
SHARING_SYNAPSE: Final = 10e-9
"""Seconds of sharing a state among other workers: for the call, and for each index or value of a synapse."""


def options_of(
    config: Config,
    compiler: str,
    flags: str | list[str],
    clean: bool,
    debug: bool,
    user_file: UserFile | None = None,
    device: object = 0,
) -> Options:
    """The options of the compiler that the settings, the arguments of `compile()` and the user's file stand for."""
    asked = compiler != "default" or flags != "default"
    if asked and config.target in ("cuda", "llvm", "interp"):
        raise NNCRuntimeError(f"compiler and compiler_flags belong to paradigm='openmp', not '{config.target}'")
    target = "openmp" if asked else _possible(config)
    chosen = _compiler_words(compiler, flags, user_file or UserFile()) if target == "openmp" else None
    options: dict[str, str | bool | int] = {} if chosen is None else {"compiler": chosen}
    if target == "cuda":
        if not isinstance(device, int) or isinstance(device, bool) or device < 0:
            raise NNCRuntimeError(f"a CUDA device is a number from 0, not {device!r}")
        options["device"] = device
    chosen_options = Options(
        target=target,
        target_options=options,
        cache=not clean,
        verify=debug or bool(config["debug"]),
        determinism=config["determinism"],
    )
    return with_meter(chosen_options) if config["profiling"] else chosen_options


def _possible(config: Config) -> str | None:
    """The target of the settings; with `gpu_fallback` that of the CPU where there is no GPU."""
    if config.target != "cuda" or not config["gpu_fallback"]:
        return config.target
    reason = get_target("cuda").available()
    if reason is not None:
        warn(f"the network runs on the CPU, since there is no GPU: {reason}")
    return None if reason is not None else "cuda"


def device_of(config: Config, otherwise: int) -> int:
    """The number of the GPU: that of the settings, or another one."""
    return otherwise if config["device"] is None else int(config["device"])


def timings_of(network: Network, trace: str | None, profile: bool) -> Timings:
    """What notes the wall time of a network; settings and the arguments of `compile()` say what becomes of it."""
    if trace is not None:
        network.config_.set({"trace_calls": trace})
    if profile:
        network.config_.set({"profiling": True})
    label = "network" if network.is_magic else f"network {network.id}"
    kernels = kernels_of(network) if network.config_["profiling"] else None
    return Timings(label, network.config_["trace_calls"], kernels)


def _compiler_words(compiler: str, flags: str | list[str], user_file: UserFile) -> str | None:
    """The compiler and its flags; None to take the one that is found. The flags that keep the bits come behind.

    The flags of the user's file are those of the file's compiler.
    """
    name = user_file.compiler if compiler == "default" else c_compiler(compiler)
    if flags == "default":
        words = (user_file.flags or "") if compiler == "default" else ""
    else:
        words = flags if isinstance(flags, str) else " ".join(flags)
    if name is None and not words:
        return None
    return f"{name or os.environ.get('CC') or 'cc'} {words}".strip()


@dataclass(frozen=True)
class TeamPlan:
    """What is known of the number of workers when a program is made.

    `name` is the file of the verdict, None if nobody asks for one; `verdict` what is in it.
    """

    name: str | None = None
    verdict: Verdict | None = None

    @staticmethod
    def of(network: Network, options: Options) -> TeamPlan:
        """That of a network; a fresh compilation (`clean=True`) knows nothing of earlier ones."""
        if network.config_["num_threads"] not in WORDS:
            return TeamPlan()
        sizes = [p.size for p in network.get_populations()]
        sizes += [p.synapses.count for p in network.get_projections(suppress_error=True)]
        name = verdict_name(describe(network), options, sizes, cores_for(network))
        return TeamPlan(name, find_verdict(name) if options.cache else None)


@dataclass
class Compiled:
    """A program, and the state that it runs."""

    program: Program
    state: State
    inputs: tuple[TimedPopulation, ...] = ()
    """Populations that are given their values before each stretch."""

    plan: TeamPlan = field(default_factory=TeamPlan)
    """What is known of the number of workers."""

    stretch: int = 16
    """Steps of the next stretch, by the time that the last one took."""

    @staticmethod
    def build(network: Network, options: Options, seed: int, timings: Timings) -> Compiled:
        """Draw what is random, compile, and fill the state. Raises before that if there is not enough memory."""
        check_room(network)
        with timings.phase("connectivity"):
            for projection in counted(network.get_projections(suppress_error=True), "projection"):
                projection.wire()
        for population in network.get_populations():
            population._values.resolve()
            population._begin()
        with timings.phase("compilation"):
            program = metered(compile_network(describe(network), options=options))
        with timings.phase("initial values"):
            plan = TeamPlan.of(network, options)
            team = _team(network, program, plan)
            compiled = Compiled(program, _state(network, program, team, seed, 0), _inputs(network), plan)
            compiled._fill(network)
        session = current_session()
        if session is not None:
            session.add_network(network.summary)
        return compiled

    def _fill(self, network: Network) -> None:
        """Give everything its initial values."""
        self.state.clear()
        self._write_constants(network)
        self._attach(network)
        for values in network.all_values():
            values.initialise()
        self.write_flags(network)
        self.settle(network.config_["compat"] != "strict")

    def settle(self, reductions: bool) -> None:
        """Derive what follows from initial values: the past before the first step, and reductions if wanted."""
        self.state.settle(reductions=reductions)
        for timed in self.inputs:
            timed.fill_past(self.state)

    def rebuild(self, network: Network, options: Options, rewired: Collection[Projection] = ()) -> Compiled:
        """A program for what has changed, and a state that goes on where this one stands.

        Projections that are `rewired` have other synapses than before: they start with their initial values.
        """
        program = metered(compile_network(describe(network), options=options))
        block, tuned = self.state.block, network.config_["num_threads"] == TUNE
        team = block.team if tuned else _team(network, program, self.plan)
        state = _state(network, program, team, block.seed, block.t)
        compiled = Compiled(program, state, _inputs(network), self.plan)
        compiled.state.clear()
        compiled.state.carry(self.state, [f"proj{p.id}" for p in rewired])
        compiled._write_constants(network)
        compiled._attach(network)
        for projection in rewired:
            projection._values.initialise()
        compiled.write_flags(network)
        return compiled

    def share(self, network: Network, team: int) -> None:
        """Go on with another number of workers."""
        for monitor in network.get_monitors():
            monitor.detach(self.state)
        self.state.share(team, _sizes(network)[1])
        self.state.block.pauses = pauses(team, cores_for(network))
        self.state.release()
        for monitor in network.get_monitors():
            monitor.attach(self.state, self.state.block.t)

    @property
    def moved(self) -> int:
        """Synapses that move when another number of workers goes on: those that arriving spikes walk."""
        return sum(s.synapses.count for s in self.state.storages.values() if s.kind == "csr_pre")

    def sharing_seconds(self) -> float:
        """About how long `share` takes: synapses are sorted anew, and their values with them."""
        layout, storages = self.program.layout, self.state.storages
        seconds = SHARING_CALL
        for symbol, storage in storages.items():
            if storage.kind == "csr_pre":
                values = sum(f.extent == (f"{symbol}.nnz",) for f in layout.fields if f.name.startswith(f"{symbol}."))
                seconds += SHARING_SYNAPSE * storage.synapses.count * values
        return seconds

    def release(self, network: Network) -> None:
        """Let go of what was needed to build and can be made again: indices and initial values of synapses."""
        self.state.release()
        for values in network.all_values():
            values.release()

    def write_flags(self, network: Network) -> None:
        """The switches of populations and projections, where the program has them."""
        flags: dict[str, bool | int] = {f"pop{p.id}.enabled": p.enabled for p in network.get_populations()}
        for proj in network.get_projections(suppress_error=True):
            flags |= {f"proj{proj.id}.{flag}": on for flag, on in proj._flags.items()}
            flags |= {f"proj{proj.id}.update.{name}": steps for name, steps in proj._learning.items()}
        for name, on in flags.items():
            if self.state.has(name):
                self.state.write(name, on)
        for p in network.get_populations():
            for name, steps in p._windows().items():
                self.state.write(f"pop{p.id}.{name}.window", steps)
                self.state.write(f"pop{p.id}.{name}.scale", 1000.0 / (steps * network.dt))

    def last_spikes(self, population: Population) -> NDArray[np.int64]:
        """Ranks of the neurons that fired in the step before."""
        block, name = self.state.block, f"pop{population.id}.spikes"
        if not self.state.has(name) or block.t == 0:
            return np.zeros(0, np.int64)
        return self.state.events(name, block.t - 1, population.size)

    def _write_constants(self, network: Network) -> None:
        for name, value in network._constant_values.items():
            if self.state.has(f"const.{name}"):
                self.state.write(f"const.{name}", value)

    def _attach(self, network: Network) -> None:
        for values in network.all_values():
            values.attach(self.state)


def describe(network: Network) -> NetworkDescription:
    """What the compiler is told of a network."""
    return NetworkDescription(
        dt=network.dt,
        precision=network.config_.precision,
        populations=tuple(p.describe() for p in network.get_populations()),
        projections=tuple(p.describe() for p in network.get_projections(suppress_error=True)),
        globals=network.globals(),
    )


def _inputs(network: Network) -> tuple[TimedPopulation, ...]:
    return tuple(p for p in network.get_populations() if isinstance(p, TimedPopulation))


def _state(network: Network, program: Program, team: int, seed: int, t: int) -> State:
    populations, projections = _sizes(network)
    state = State(program, populations, projections, team=team, seed=seed, t=t)
    state.block.pauses = pauses(team, cores_for(network))
    return state


def _sizes(network: Network) -> tuple[list[PopulationSizes], list[ProjectionSizes]]:
    populations = [
        PopulationSizes(f"pop{p.id}", p.size, network.longest_delay(p) + 1, p._rate_depth, p._stream_depths)
        for p in network.get_populations()
    ]
    return populations, [p.sizes() for p in network.get_projections(suppress_error=True)]


def _team(network: Network, program: Program | None, plan: TeamPlan) -> int:
    """The number of workers: that asked for, of an earlier run, or by the rule; a device decides for itself."""
    team_for = getattr(program, "team_for", None)
    if team_for is not None:
        team: int = team_for(max((p.size for p in network.get_populations()), default=1))
        return team
    wanted = network.config_["num_threads"]
    if plan.verdict is not None and wanted in WORDS:
        return plan.verdict.workers
    if wanted == TUNE and is_busy(cores_for(network)):
        return 1
    return team_size(wanted, work_of(network))


def cores_for(network: Network) -> int:
    """The cores that workers of a network may have."""
    visible = network.config_["visible_cores"]
    return min(cores(), len(set(visible))) if visible else cores()


def layout_and_team(network: Network) -> tuple[Layout, int]:
    """The layout of the program of a network, and how many workers it will have; a device is asked where it decides."""
    options = options_of(network.config_, "default", "default", clean=False, debug=False)
    if options.target == "cuda":
        program = compile_network(describe(network), options=options)
        return program.layout, _team(network, program, TeamPlan())
    return artifact(describe(network), options).layout, _team(network, None, TeamPlan.of(network, options))


def sizes_of(network: Network, layout: Layout, team: int) -> dict[str, int]:
    """The sizes of the block of a network, by name."""
    return block_sizes(layout, *_sizes(network), team)
