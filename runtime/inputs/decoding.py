"""`DecodingProjection`: from spikes to rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nnc.runtime.equations.synapse import Synapse
from nnc.runtime.errors import NNCTypeError, NNCValueError
from nnc.runtime.projections.projection import Projection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.runtime.connectors.rule import Wired


class DecodingProjection(Projection):
    """Gives rate-coded neurons the mean firing rate in Hz of the spiking neurons they are connected to.

    Each synapse contributes `w` times the firing rate of its pre neuron over the last `window` ms (0 for one step);
    the mean over the synapses of a neuron is added to its `sum(target)`. Delays are ignored.
    """

    def __init__(
        self,
        pre: Any,
        post: Any,
        target: str,
        window: float = 0.0,
        name: str | None = None,
        copied: bool = False,
        net_id: int = 0,
    ) -> None:
        if isinstance(window, bool) or not isinstance(window, int | float | np.number) or not 0.0 <= window < np.inf:
            raise NNCTypeError(f"DecodingProjection: window is a number of ms of at least 0, not {window!r}")
        self._window = float(window)
        super().__init__(pre, post, target, None, name, net_id=net_id)

    @property
    def window(self) -> float:
        """The window in ms; 0 stands for one step."""
        return self._window

    def _check_ends(self) -> None:
        if not self._pre.is_spiking:
            raise NNCValueError(f"DecodingProjection: pre ('{self._pre.name}') must be spiking")
        if self._post.is_spiking:
            raise NNCValueError(f"DecodingProjection: post ('{self._post.name}') must be rate-coded")

    def _model_of(self, synapse: object) -> tuple[Synapse, Literal["rate", "spiking"]]:
        rate = self._pre.mean_rate_over(self._window)
        return Synapse(psp=f"w * pre.{rate}", operation="mean", name="Decoding"), "rate"

    def _delay_steps(self, wired: Wired) -> int | NDArray[np.int32]:
        return 1
