"""`NetworkManager`: the networks of the process, as scripts of both generations ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnc.runtime.networks.magic import clear as clear_magic
from nnc.runtime.networks.magic import magic_network, network_of
from nnc.runtime.networks.registry import REGISTRY

if TYPE_CHECKING:
    from nnc.runtime.networks.network import Network
    from nnc.runtime.populations.population import Population
    from nnc.runtime.projections.projection import Projection
    from nnc.runtime.recording.monitor import Monitor


class NetworkManager:
    """All networks that are alive, by their numbers. Every instance tells the same."""

    def get_network(self, net_id: int = 0) -> Network:
        """The network of a number. Raises if there is none (any more)."""
        return network_of(net_id)

    def get_networks(self) -> list[Network]:
        """All networks, the global one first."""
        return [magic_network(), *REGISTRY.alive()]

    def magic_network(self) -> Network:
        """The network of the module-level functions."""
        return magic_network()

    def clear(self) -> None:
        """Forget the objects of the global network."""
        clear_magic()

    def __getitem__(self, net_id: int) -> Network:
        return network_of(net_id)

    def __len__(self) -> int:
        return len(self.get_networks())

    def get_population(self, net_id: int, name: str) -> Population | None:
        """The population of a name in a network, or None with a warning."""
        return network_of(net_id).get_population(name)

    def get_populations(self, net_id: int = 0) -> list[Population]:
        """All populations of a network."""
        return network_of(net_id).get_populations()

    def get_projections(
        self, net_id: int = 0, pre: Any = None, post: Any = None, target: str | None = None, suppress_error: bool = True
    ) -> list[Projection]:
        """The projections of a network, or those between given ends."""
        return network_of(net_id).get_projections(post, pre, target, suppress_error)

    def get_monitors(self, net_id: int = 0) -> list[Monitor]:
        """All monitors of a network."""
        return network_of(net_id).get_monitors()

    def is_compiled(self, net_id: int = 0) -> bool:
        """Whether a network is compiled."""
        return network_of(net_id).compiled

    def number_populations(self, net_id: int = 0) -> int:
        """How many populations a network has."""
        return len(self.get_populations(net_id))

    def number_projections(self, net_id: int = 0) -> int:
        """How many projections a network has."""
        return len(self.get_projections(net_id))

    def number_monitors(self, net_id: int = 0) -> int:
        """How many monitors a network has."""
        return len(self.get_monitors(net_id))
