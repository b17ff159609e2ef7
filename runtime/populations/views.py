"""Parts of populations: `PopulationView` and `IndividualNeuron`. They hold no data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.errors import NNCAttributeError, NNCIndexError, NNCTypeError, NNCValueError
from nnc.runtime.populations import geometry as places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from nnc.runtime.populations.population import Population


class PopulationView:
    """Some neurons of a population, in the order of `ranks`; attributes read and write those neurons only."""

    population: Population
    ranks: NDArray[np.int64]
    geometry: tuple[int, ...] | None

    def __init__(self, population: Population, ranks: Any, geometry: tuple[int, ...] | None = None) -> None:
        chosen, _ = places.select(np.asarray(ranks), (population.size,))
        object.__setattr__(self, "population", population)
        object.__setattr__(self, "ranks", chosen)
        object.__setattr__(self, "geometry", geometry)

    @property
    def size(self) -> int:
        """Number of neurons."""
        return len(self.ranks)

    def __len__(self) -> int:
        return self.size

    @property
    def name(self) -> str:
        """Name of the population."""
        return self.population.name

    @property
    def id(self) -> int:
        """Number of the population."""
        return self.population.id

    @property
    def neuron_type(self) -> Any:
        """Model of the population."""
        return self.population.neuron_type

    @property
    def network(self) -> Any:
        """Network of the population."""
        return self.population.network

    @property
    def targets(self) -> list[str]:
        """Targets of the population."""
        return self.population.targets

    @property
    def max_delay(self) -> int:
        """Longest outgoing delay of the population in steps."""
        return self.population.max_delay

    @property
    def attributes(self) -> list[str]:
        """Names of the attributes."""
        return self.population.attributes

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters."""
        return self.population.parameters

    @property
    def variables(self) -> list[str]:
        """Names of the variables."""
        return self.population.variables

    def get(self, name: str) -> Any:
        """A fresh one-dimensional array in the order of the ranks; a number for a global attribute."""
        value = self.population.get(name)
        return value.reshape(-1)[self.ranks] if isinstance(value, np.ndarray) else value

    def set(self, values: Mapping[str, Any]) -> None:
        """Assign several attributes of these neurons."""
        for name in values:
            self.population._known(name)
        for name, value in values.items():
            self.population._values.write(name, value, self.ranks)

    def sum(self, target: str) -> NDArray[Any]:
        """Present input of these neurons."""
        return self.population.sum(target).reshape(-1)[self.ranks]

    @property
    def spike(self) -> NDArray[np.int64]:
        """Those of the neurons that fired in the last step."""
        spikes = self.population.spike
        return spikes[np.isin(spikes, self.ranks)]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(type(self), name) and isinstance(getattr(type(self), name), property):
            raise NNCAttributeError(f"'{name}' of a view cannot be assigned")
        self.set({name: value})

    def rank_from_coordinates(self, coord: tuple[int, ...], local: bool = False) -> int:
        """The rank in the population; `local` coordinates are those of the view."""
        if local:
            return int(self.ranks[places.rank_of(tuple(coord), self.geometry or (self.size,))])
        rank = self.population.rank_from_coordinates(coord)
        if rank not in self.ranks:
            raise NNCIndexError(f"{tuple(coord)} (rank {rank}) is not part of this view of '{self.name}'")
        return rank

    def coordinates_from_rank(self, rank: int, local: bool = False) -> tuple[int, ...]:
        """The coordinates of a rank of the population; with `local` those in the view."""
        if not local:
            return self.population.coordinates_from_rank(rank)
        at = np.flatnonzero(self.ranks == rank)
        if not len(at):
            raise NNCIndexError(f"rank {rank} is not part of this view of '{self.name}'")
        return places.coordinates_of(int(at[0]), self.geometry or (self.size,))

    @property
    def neurons(self) -> Iterator[IndividualNeuron]:
        """The neurons in order."""
        return iter(self)

    def neuron(self, *coord: Any) -> IndividualNeuron:
        """A neuron of the population, which must be part of the view."""
        found = self.population.neuron(*coord)
        if found.rank not in self.ranks:
            raise NNCIndexError(f"rank {found.rank} is not part of this view of '{self.name}'")
        return found

    def __iter__(self) -> Iterator[IndividualNeuron]:
        return (IndividualNeuron(self.population, int(rank)) for rank in self.ranks)

    def __getitem__(self, index: Any) -> PopulationView:
        chosen, _ = places.select(index, (self.size,))
        return PopulationView(self.population, self.ranks[chosen], (len(chosen),))

    def __add__(self, other: object) -> PopulationView:
        return _union(self, other)

    def __radd__(self, other: object) -> PopulationView:
        return _union(self, other)

    def __repr__(self) -> str:
        return f"<PopulationView of '{self.name}': {self.size} of {self.population.size} neurons>"


class IndividualNeuron:
    """One neuron; attributes are numbers. Assigning a global attribute changes it for the population."""

    population: Population
    rank: int

    def __init__(self, population: Population, rank: int) -> None:
        object.__setattr__(self, "population", population)
        object.__setattr__(self, "rank", rank)

    def view(self) -> PopulationView:
        """This neuron as a view."""
        return PopulationView(self.population, [self.rank], (1,))

    def get(self, name: str) -> Any:
        """The value of an attribute."""
        value = self.population.get(name)
        return value.reshape(-1)[self.rank].item() if isinstance(value, np.ndarray) else value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.population._known(name)
        values = self.population._values
        slot = values.slot(name)
        if values.locality(name) == "global" and not (slot.soft and not self.population.initialized):
            values.write(name, value)
        else:
            values.write(name, value, np.array([self.rank]))

    def __add__(self, other: object) -> PopulationView:
        return _union(self.view(), other)

    def __radd__(self, other: object) -> PopulationView:
        return _union(self.view(), other)

    def __repr__(self) -> str:
        values = ", ".join(f"{name} = {self.get(name)}" for name in self.population.attributes)
        return f"<Neuron {self.rank} of '{self.population.name}': {values}>"


def _union(view: PopulationView, other: object) -> PopulationView:
    if isinstance(other, IndividualNeuron):
        other = other.view()
    if not isinstance(other, PopulationView):
        raise NNCTypeError(f"a view can be joined with views and neurons, not with {other!r}")
    if other.population is not view.population:
        raise NNCValueError(f"views of '{view.name}' and '{other.name}' cannot be joined: they are two populations")
    return PopulationView(view.population, np.union1d(view.ranks, other.ranks))
