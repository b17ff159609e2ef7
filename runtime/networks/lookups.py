"""Finding the objects of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from nnc.runtime.errors import NNCKeyError, warn, with_hint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnc.runtime.equations.constants import Constant
    from nnc.runtime.populations.population import Population
    from nnc.runtime.projections.projection import Projection
    from nnc.runtime.recording.monitor import Monitor

_T = TypeVar("_T", bound="Population | Projection | Monitor | Constant")


class LookUps:
    """The part of a network that finds populations, projections, monitors and constants by name and by ends."""

    _populations: list[Population]
    _projections: list[Projection]
    _monitors: list[Monitor]
    _constants: dict[str, Constant]

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
        return max((p.reach for p in self._projections if p.pre_population is population), default=1)


def _named(objects: Iterable[_T], name: str, what: str) -> _T | None:
    everything = list(objects)
    found = next((o for o in everything if o.name == name), None)
    if found is None:
        warn(with_hint(f"there is no {what} '{name}'", name, [o.name for o in everything]))
    return found


def _matches(population: Population, wanted: Any) -> bool:
    return wanted is None or population is wanted or population.name == wanted
