"""The synapses of one post neuron, and single synapses. They hold no data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.errors import NNCIndexError, NNCValueError, warn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from nnc.runtime.projections.projection import Projection


class Dendrite:
    """The synapses of one post neuron: local attributes are lists in the order of `pre_ranks`, others numbers."""

    proj: Projection
    post_rank: int

    def __init__(self, proj: Projection, post_rank: int) -> None:
        object.__setattr__(self, "proj", proj)
        object.__setattr__(self, "post_rank", post_rank)

    @property
    def _where(self) -> NDArray[np.int64]:
        row = self.proj.synapses.row
        return np.arange(row[self.post_rank], row[self.post_rank + 1])

    @property
    def size(self) -> int:
        """Number of synapses."""
        return len(self._where)

    def __len__(self) -> int:
        return self.size

    @property
    def pre_ranks(self) -> list[int]:
        """Pre neurons, ascending."""
        ranks: list[int] = self.proj.synapses.pre[self._where].tolist()
        return ranks

    pre_rank = pre_ranks

    @property
    def rank(self) -> list[int]:
        """Old name of `pre_ranks`; warns."""
        warn("the attribute 'rank' of a dendrite is now called 'pre_ranks'")
        return self.pre_ranks

    @property
    def idx(self) -> int:
        """Position among the post neurons that have synapses."""
        return int(np.searchsorted(self.proj.synapses.post_ranks, self.post_rank))

    @property
    def target(self) -> str | list[str]:
        """Target of the projection."""
        return self.proj.target

    @property
    def pre(self) -> Any:
        """Pre end of the projection."""
        return self.proj.pre

    @property
    def attributes(self) -> list[str]:
        """Names of the attributes."""
        return self.proj.attributes

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters."""
        return self.proj.parameters

    @property
    def variables(self) -> list[str]:
        """Names of the variables."""
        return self.proj.variables

    def get(self, name: str) -> Any:
        """A list for a local attribute, else a number; also a number for a weight that all synapses share."""
        proj = self.proj
        proj._known(name)
        if name == "w":
            shared = proj._shared_weight()
            if shared is not None:
                return shared
        value = proj._values.read(name)
        locality = proj._values.locality(name)
        if locality == "global":
            return value
        return value[self.post_rank].item() if locality == "semiglobal" else value[self._where].tolist()

    def set(self, values: Mapping[str, Any]) -> None:
        """Assign several attributes of these synapses."""
        for name in values:
            self.proj._known(name)
        for name, value in values.items():
            self._write(name, value, self._where)

    def _write(self, name: str, value: Any, where: NDArray[np.int64]) -> None:
        values = self.proj._values
        locality = values.locality(name)
        if locality == "global" and not values.slot(name).soft:
            raise NNCValueError(f"'{name}' is one value for the projection '{self.proj.name}': assign it there")
        values.write(name, value, np.array([self.post_rank]) if locality == "semiglobal" else where)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.set({name: value})

    @property
    def delay(self) -> Any:
        """Delay in ms: a number, or a list if synapses differ."""
        proj = self.proj
        if isinstance(proj._delays, int):
            return proj.delay
        return (proj._delays[self._where] * proj.network.dt).tolist()

    def receptive_field(self, variable: str = "w", fill: float = 0.0) -> NDArray[np.float64]:
        """Values of the synapses at the places of their pre neurons, in the geometry of the pre population."""
        population = self.proj.pre_population
        field = np.full(population.size, fill, np.float64)
        field[self.pre_ranks] = self.get(variable)
        return field.reshape(population.geometry)

    def synapse(self, *pre: Any) -> IndividualSynapse:
        """The synapse from one pre neuron, by rank or coordinates."""
        rank = self.proj.pre_population.neuron(*pre).rank
        at = self.proj.synapses.find(rank, self.post_rank)
        if at is None:
            raise NNCIndexError(f"there is no synapse from neuron {rank} to {self.post_rank} in '{self.proj.name}'")
        return IndividualSynapse(self, rank)

    @property
    def synapses(self) -> Iterator[IndividualSynapse]:
        """All synapses."""
        return iter(self)

    # Synapses that come and go

    def create_synapse(self, rank: int, w: float = 0.0, delay: float = 0.0) -> None:
        """Create the synapse from a pre neuron. `delay` in ms; 0 is that of the other synapses if these agree.

        Raises if it is there already, or if the delays of the projection are all the same and this one differs.
        """
        self.create_synapses([rank], w, delay)

    def create_synapses(self, ranks: Any, weights: Any = None, delays: Any = None) -> None:
        """Create the synapses from several pre neurons, or none if one of them is there already."""
        proj = self.proj
        proj.check_structural("create_synapses")
        pre = self._ranks(ranks)
        w = _as_many(weights, len(pre), "weights")
        d = _as_many(delays, len(pre), "delays")
        if not (np.isfinite(d) & (d >= 0.0)).all():
            raise NNCValueError("create_synapses: delays are finite, non-negative numbers of ms")
        there = np.isin(pre, self.pre_ranks)
        if there.any():
            raise NNCValueError(
                f"there is a synapse from neuron {pre[there][0]} to {self.post_rank} in '{proj.name}' already"
            )
        order = np.argsort(pre)
        proj.create_synapses(np.full(len(pre), self.post_rank), pre[order], w[order], d[order])

    def prune_synapse(self, rank: int) -> None:
        """Remove the synapse from a pre neuron. Raises if there is none."""
        self.prune_synapses([rank])

    def prune_synapses(self, ranks: Any) -> None:
        """Remove the synapses from several pre neurons, or none if one of them is missing."""
        proj = self.proj
        proj.check_structural("prune_synapses")
        pre = self._ranks(ranks)
        mine = self._where[np.isin(self.pre_ranks, pre)]
        if len(mine) < len(pre):
            missing = pre[~np.isin(pre, self.pre_ranks)][0]
            raise NNCIndexError(f"there is no synapse from neuron {missing} to {self.post_rank} in '{proj.name}'")
        proj.prune_synapses(mine)

    def _ranks(self, ranks: Any) -> NDArray[np.int64]:
        """Ranks of pre neurons. Raises for one that does not exist or comes twice."""
        pre = np.array([self.proj.pre_population.neuron(rank).rank for rank in ranks], np.int64)
        if len(np.unique(pre)) < len(pre):
            raise NNCValueError("a pre neuron is named twice")
        return pre

    def __iter__(self) -> Iterator[IndividualSynapse]:
        return (self.synapse(rank) for rank in self.pre_ranks)

    def __getitem__(self, pre: Any) -> IndividualSynapse:
        return self.synapse(pre)

    def __repr__(self) -> str:
        return f"<Dendrite of post neuron {self.post_rank} in '{self.proj.name}': {self.size} synapses>"


class IndividualSynapse:
    """One synapse; attributes are numbers."""

    dendrite: Dendrite
    rank: int

    def __init__(self, dendrite: Dendrite, rank: int) -> None:
        object.__setattr__(self, "dendrite", dendrite)
        object.__setattr__(self, "rank", rank)

    @property
    def _at(self) -> int:
        """Its canonical index. Raises if it has been removed."""
        proj, post = self.dendrite.proj, self.dendrite.post_rank
        at = proj.synapses.find(self.rank, post)
        if at is None:
            raise NNCIndexError(f"the synapse from neuron {self.rank} to {post} in '{proj.name}' has been removed")
        return at

    def get(self, name: str) -> Any:
        """The value of an attribute."""
        value, at = self.dendrite.get(name), self._at
        return value[at - int(self.dendrite._where[0])] if isinstance(value, list) else value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.dendrite.proj._known(name)
        self.dendrite._write(name, value, np.array([self._at]))

    def __repr__(self) -> str:
        return f"<Synapse from {self.rank} to {self.dendrite.post_rank} in '{self.dendrite.proj.name}'>"


def _as_many(values: Any, n: int, what: str) -> NDArray[np.float64]:
    """A value for each of n synapses; None stands for 0."""
    many = np.asarray(0.0 if values is None else values, np.float64).reshape(-1)
    if many.size not in (1, n):
        raise NNCValueError(f"create_synapses: {what} takes one number or {n}, got {many.size}")
    return np.broadcast_to(many, n) if many.size == 1 else many
