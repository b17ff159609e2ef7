"""Weights that fall off with distance as a Gaussian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nnc.runtime.connectors.kernel import check_ends, check_real, connect_by_distance, count_by_distance
from nnc.runtime.connectors.rule import Ends, Values, Wired, check_delays

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Gaussian:
    """`amp * exp(-d**2 / (2 * sigma**2))`, d the distance of normalised coordinates; kept above `limit * abs(amp)`."""

    amp: float
    sigma: float
    delays: Values = 0.0
    limit: float = 0.01
    selves: bool = False
    multiple: bool = True
    name: ClassVar[str] = "Gaussian"

    @property
    def weights(self) -> Values:
        """The parameters of the kernel."""
        return f"amp {self.amp} sigma {self.sigma}"

    def expected(self, ends: Ends) -> int:
        """The number of synapses."""
        return count_by_distance(ends, self._weight, self.limit * abs(self.amp), self.selves)

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """The pairs that are near enough; nothing is drawn."""
        return connect_by_distance(ends, self._weight, self.limit * abs(self.amp), self.selves)

    def _weight(self, squared: NDArray[Any]) -> NDArray[Any]:
        weights: NDArray[Any] = self.amp * np.exp(-squared / (2.0 * self.sigma**2))
        return weights


def gaussian(ends: Ends, amp: Any, sigma: Any, delays: Any, limit: Any, selves: bool) -> Gaussian:
    """The rule for arguments as given."""
    check_ends("gaussian", ends)
    return Gaussian(
        check_real("gaussian", "amp", amp),
        check_real("gaussian", "sigma", sigma, above=0.0),
        check_delays("gaussian", delays),
        check_real("gaussian", "limit", limit),
        selves,
    )
