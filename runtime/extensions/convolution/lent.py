"""Projections that have the synapses and weights of another one: what `Copy` and `Transpose` have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from nnc.extensions.convolution.shared import Shared, SharedProjection
from nnc.runtime.block.state import ProjectionSizes
from nnc.runtime.building.ghost import Ghost
from nnc.runtime.errors import NNCRuntimeError, NNCTypeError, NNCValueError, unknown_attribute
from nnc.runtime.projections.projection import Projection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.runtime.networks.network import Network
    from nnc.runtime.projections.connectivity import Connectivity


class LentProjection(SharedProjection):
    """A projection whose synapses have, at all times, the weights of those of another one, which may learn.

    Each synapse costs an index into the weights of the lender, and its place.
    """

    _lender: Projection | None = None
    _lent: Connectivity | None = None
    _numbers = np.zeros(0, np.int64)

    @property
    def lender(self) -> Projection:
        """The projection whose weights it has. Raises before it is connected."""
        if self._lender is None:
            raise NNCRuntimeError(f"projection '{self.name}' is not connected; call {self._connected_by}")
        return self._lender

    def _checked_lender(self, call: str, given: object) -> Projection:
        if not isinstance(given, Projection):
            raise NNCTypeError(f"{call} takes a projection, not {given!r}")
        if isinstance(given, SharedProjection):
            raise NNCValueError(f"{call}: projection '{given.name}' shares weights itself")
        if given.network is not self._net:
            raise NNCValueError(f"{call}: projection '{given.name}' belongs to another network")
        if given.id > getattr(self, "id", given.id + 1):
            raise NNCValueError(
                f"{call}: create '{self.name}' after the projection '{given.name}' whose weights it has"
            )
        return given

    def follow_copies(self, network: Network) -> None:
        """In a copy of the network: take the weights of the copy."""
        if self._lender is not None:
            self._lender = network.get(self._lender)

    # Synapses

    def _borrowed(self, lent: Connectivity) -> tuple[Connectivity, NDArray[np.int64]]:
        """The synapses, and which of the lender's each one is."""
        raise NotImplementedError

    def _lay_out(self) -> None:
        if self._net.config_["structural_plasticity"]:
            raise NNCRuntimeError(
                f"{type(self).__name__} '{self.name}' needs synapses that stay, but structural_plasticity is on"
            )
        synapses = self.synapses
        self._values.lengths |= {"local": synapses.count, "semiglobal": self._post.size}
        self._delays = self._lent_delays()
        self._settle_delays()

    def _lent_delays(self) -> int | NDArray[np.int32]:
        delays = self.lender._delays
        return delays if isinstance(delays, int) else delays[self._entries]

    @property
    def synapses(self) -> Connectivity:
        """The synapses in canonical order. Raises before compile."""
        lent = self.lender.synapses
        if self._lent is not lent:
            self._lent = lent
            if isinstance(lent, Ghost):
                self._synapses = Ghost(self._pre.size, self._post.size, lent.count, None)
                self._numbers = np.zeros(0, np.int64)
            else:
                self._synapses, self._numbers = self._borrowed(lent)
        assert self._synapses is not None
        return self._synapses

    @property
    def _entries(self) -> NDArray[np.int64]:
        """Which of the lender's synapses each one is."""
        _ = self.synapses
        return self._numbers

    # Weights

    def get(self, name: str) -> Any:
        """The weights as lists per post neuron, or one number if all are the same."""
        if name != "w":
            return super().get(name)
        if self._synapses is None:
            return 0.0 if self._lender is None else self._lender.get("w")
        shared = self.lender._shared_weight()
        return shared if shared is not None else self.synapses.split(self._weights())

    def _weights(self) -> NDArray[Any]:
        synapses = self.synapses
        values = np.asarray(self.lender._values.read("w"))
        return values[self._entries] if values.ndim else np.full(synapses.count, values)

    def set(self, values: Any) -> NoReturn:
        """Raises: weights are set in the projection that they are those of."""
        for name in values:
            if name not in self._values.slots:
                raise unknown_attribute(f"projection '{self.name}'", name, self.attributes)
        raise NNCRuntimeError(
            f"{type(self).__name__} '{self.name}' has the weights of '{self.lender.name}'; set them there"
        )

    def _matrix(self, variable: str, fill: float) -> NDArray[np.float64]:
        self._known(variable)
        synapses = self.synapses
        matrix = np.full((synapses.n_post, synapses.n_pre), fill, np.float64)
        matrix[synapses.post, synapses.pre] = self._weights()
        return matrix

    def _connected(self, name: str) -> Shared:
        return Shared(name, 1.0, 0.0, stored=None)

    # Compilation

    def _weights_differ(self) -> bool:
        values = self.lender._values
        local = values.locality("w") == "local"
        return local and (not values.slot("w").is_parameter or "w" in values.wide())

    def sizes(self) -> ProjectionSizes:
        """What the state block needs to know."""
        synapses = self.synapses
        lender = f"proj{self.lender.id}"
        return ProjectionSizes(f"proj{self.id}", synapses, self._lent_delays(), entries=self._entries, lender=lender)

    def _facts(self) -> dict[str, Any]:
        synapses, lent = self.synapses, self.lender.synapses
        places = max(synapses.count, synapses.n_pre * synapses.n_post if lent.full is not None else 0)
        return {
            "arrays": frozenset({"w"} if self._weights_differ() else ()),
            "index": "u16" if max(synapses.n_pre, synapses.n_post) <= 1 << 16 else "i32",
            "wide_rows": places >= 1 << 31,
            "shares": self.lender.id,
        }
