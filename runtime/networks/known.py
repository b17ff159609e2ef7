"""What a network tells of itself and of what belongs to it, beside its objects."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

from nnc.compiler.session import current as current_session
from nnc.runtime.errors import NNCAttributeError, warn, with_hint
from nnc.runtime.measuring.estimate import MemoryEstimate, memory_estimate
from nnc.runtime.measuring.footprint import footprint_text
from nnc.runtime.networks.registry import REGISTRY
from nnc.runtime.networks.summary import facts, summary, target_name
from nnc.runtime.running.team import team_size
from nnc.runtime.showing import table

if TYPE_CHECKING:
    from nnc.runtime.networks.network import Network
    from nnc.runtime.populations.population import Population


class Known:
    """The part of a network with look-ups of extensions, its memory, and attributes of older scripts."""

    _directory: str

    @property
    def _it(self) -> Network:
        network: Any = self
        return cast("Network", network)

    @property
    def directory(self) -> str:
        """The folder given to `compile()`."""
        return self._directory

    @property
    def instance(self) -> Any:
        """The state of the compiled network; None before compile."""
        return self._it.state if self._it.compiled else None

    def get_extensions(self) -> list[Any]:
        """All extensions, such as BOLD monitors, in order: the monitors that have made parts of the network."""
        return [m for m in self._it.get_monitors() if m.parts]

    def get_extension(self, name: str) -> Any:
        """The first extension of a name, or None with a warning."""
        everything = self.get_extensions()
        found = next((e for e in everything if e.name == name), None)
        if found is None:
            warn(with_hint(f"there is no extension '{name}'", name, [e.name for e in everything]))
        return found

    def memory_estimate(self) -> MemoryEstimate:
        """A table of the bytes that each object takes: an estimate before `compile()`, exact after it."""
        return memory_estimate(self._it)

    def memory_footprint(self, show_py_side: bool = True, show_cpp_side: bool = True) -> None:
        """Print how much memory objects take: recorded data and connectivity in Python, state in native memory."""
        print(footprint_text(self._it, show_py_side, show_cpp_side))

    @property
    def target(self) -> str:
        """Name of the target it is compiled for (before compile, the one asked for)."""
        session = current_session()
        forced = session.options.target if session is not None else None
        return forced or target_name(self._it.config_.target if self._it._options is None else self._it._options.target)

    @property
    def threads(self) -> int:
        """Number of threads it runs on; before compile the one asked for, at most that of the cores for "auto"."""
        if self._it._compiled is None:
            return team_size(self._it.config_["num_threads"], sys.maxsize)
        return self._it._compiled.state.block.team

    @property
    def compile_seconds(self) -> float:
        """How long `compile()` took."""
        return self._it._compile_seconds

    @property
    def simulated_ms(self) -> float:
        """Simulated time of all runs, whatever the clock was set to in between."""
        return self._it._steps_done * self._it.dt

    @property
    def wall_seconds(self) -> float:
        """Wall time of all runs."""
        return self._it._seconds

    def summary(self) -> str:
        """A few lines: neurons, synapses, target, times, recorded spikes and their mean rate."""
        return summary(self._it)

    def _repr_html_(self) -> str:
        return table(repr(self)[1:-1], ("", ""), facts(self._it))

    def __repr__(self) -> str:
        done = "compiled" if self._it.compiled else "not compiled"
        it = self._it
        return (
            f"<Network {it.id}: {len(it._populations)} populations, {len(it._projections)} projections, "
            f"{len(it._monitors)} monitors, dt = {it.dt} ms, {done}>"
        )


def fixed(name: str, instead: str) -> NNCAttributeError:
    """The error for assigning an attribute of a network that only its making decides on."""
    return NNCAttributeError(f"'{name}' of a network cannot be assigned: {instead}")


def magic_populations() -> list[Population]:
    """The populations of the magic network, if there is one."""
    return [] if REGISTRY.magic is None else REGISTRY.magic.get_populations()


def warn_of_strays(network: Network, before: list[Population]) -> None:
    """Warn of populations that the constructor of a network made outside of it."""
    strays = [p.name for p in magic_populations() if p not in before]
    if strays:
        warn(
            f"the constructor of {type(network).__name__} made {', '.join(map(repr, strays))} in the global network, "
            "not in this one: use self.create(...)"
        )
