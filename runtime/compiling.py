"""From the objects of a network to its program and its state, and from one program to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler import compile as compile_network
from nnc.compiler.description import NetworkDescription
from nnc.compiler.options import Options
from nnc.compiler.session import current as current_session
from nnc.runtime.errors import NNCRuntimeError
from nnc.runtime.state import PopulationSizes, State
from nnc.runtime.team import step_work, team_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.compiler.codegen.target import Program
    from nnc.runtime.config import Config
    from nnc.runtime.network import Network
    from nnc.runtime.population import Population


def options_of(config: Config, compiler: str, flags: str | list[str], clean: bool, debug: bool) -> Options:
    """The options of the compiler that the settings and the arguments of `compile()` stand for."""
    chosen: dict[str, str | bool] = {}
    if compiler != "default":
        chosen["compiler"] = compiler
    if flags != "default":
        chosen["flags"] = flags if isinstance(flags, str) else " ".join(flags)
    if chosen and config.target in ("cuda", "llvm", "interp"):
        raise NNCRuntimeError(f"compiler and compiler_flags belong to paradigm='openmp', not '{config.target}'")
    target = "openmp" if chosen else config.target
    return Options(target=target, target_options=chosen, cache=not clean, verify=debug or bool(config["debug"]))


@dataclass
class Compiled:
    """A program, and the state that it runs."""

    program: Program
    state: State

    @staticmethod
    def build(network: Network, options: Options, seed: int) -> Compiled:
        """Draw what is random, compile, and fill the state."""
        for projection in network.get_projections(suppress_error=True):
            projection.wire()
        for population in network.get_populations():
            population._values.resolve()
        program = compile_network(describe(network), options=options)
        compiled = Compiled(program, _state(network, program, seed, 0))
        compiled.state.clear()
        compiled._write_constants(network)
        compiled._attach(network)
        for values in network.all_values():
            values.initialise()
        compiled.write_flags(network)
        compiled.state.settle()
        session = current_session()
        if session is not None:
            session.add_network(network.summary)
        return compiled

    def rebuild(self, network: Network, options: Options) -> Compiled:
        """A program for what has changed, and a state that goes on where this one stands."""
        program = compile_network(describe(network), options=options)
        block = self.state.block
        compiled = Compiled(program, _state(network, program, block.seed, block.t))
        compiled.state.clear()
        compiled.state.carry(self.state)
        compiled._write_constants(network)
        compiled._attach(network)
        compiled.write_flags(network)
        return compiled

    def rewired(self, network: Network, options: Options) -> Compiled:
        """A program and a state for other synapses; the projections start anew, the populations go on."""
        program = compile_network(describe(network), options=options)
        block = self.state.block
        compiled = Compiled(program, _state(network, program, block.seed, block.t))
        compiled.state.clear()
        compiled.state.carry(self.state, synapses=False)
        compiled._write_constants(network)
        compiled._attach(network)
        for projection in network.get_projections(suppress_error=True):
            projection._values.initialise()
        compiled.write_flags(network)
        return compiled

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
            if p._rate_steps:
                self.state.write(f"pop{p.id}.rate.window", p._rate_steps)
                self.state.write(f"pop{p.id}.rate.scale", 1000.0 / (p._rate_steps * network.dt))

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


def _state(network: Network, program: Program, seed: int, t: int) -> State:
    populations = [
        PopulationSizes(f"pop{p.id}", p.size, network.longest_delay(p) + 1, p._rate_steps + 1)
        for p in network.get_populations()
    ]
    projections: list[Any] = [p.sizes() for p in network.get_projections(suppress_error=True)]
    team_for = getattr(program, "team_for", None)
    if team_for is None:
        team = team_size(network.config_["num_threads"], _work(network))
    else:
        team = team_for(max((p.n for p in populations), default=1))
    return State(program, populations, projections, team=team, seed=seed, t=t)


def _work(network: Network) -> int:
    projections = network.get_projections(suppress_error=True)
    return step_work(
        neurons=sum(p.size for p in network.get_populations()),
        summed=sum(p.synapses.count for p in projections if p._kind == "rate"),
        driven=sum(p.synapses.count for p in projections if p._kind == "spiking"),
    )
