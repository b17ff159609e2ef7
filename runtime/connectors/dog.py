"""Weights that depend on distance as a difference of two Gaussians."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nnc.runtime.connectors.kernel import check_ends, check_real, connect_by_distance, count_by_distance
from nnc.runtime.connectors.rule import Ends, Values, Wired, check_delays

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class DifferenceOfGaussians:
    """The positive Gaussian minus the negative one; kept above `limit * abs(amp_pos - amp_neg)` in size."""

    amp_pos: float
    sigma_pos: float
    amp_neg: float
    sigma_neg: float
    delays: Values = 0.0
    limit: float = 0.01
    selves: bool = False
    multiple: bool = True
    name: ClassVar[str] = "Difference-of-Gaussian"

    @property
    def weights(self) -> Values:
        """The parameters of the kernel."""
        return f"amp {self.amp_pos} - {self.amp_neg} sigma {self.sigma_pos}, {self.sigma_neg}"

    def expected(self, ends: Ends) -> int:
        """The number of synapses."""
        return count_by_distance(ends, self._weight, self.limit * abs(self.amp_pos - self.amp_neg), self.selves)

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """The pairs with enough weight; nothing is drawn."""
        return connect_by_distance(ends, self._weight, self.limit * abs(self.amp_pos - self.amp_neg), self.selves)

    def _weight(self, squared: NDArray[Any]) -> NDArray[Any]:
        near = self.amp_pos * np.exp(-squared / (2.0 * self.sigma_pos**2))
        weights: NDArray[Any] = near - self.amp_neg * np.exp(-squared / (2.0 * self.sigma_neg**2))
        return weights


def dog(
    ends: Ends,
    amp_pos: Any,
    sigma_pos: Any,
    amp_neg: Any,
    sigma_neg: Any,
    delays: Any,
    limit: Any,
    selves: bool,
) -> DifferenceOfGaussians:
    """The rule for arguments as given."""
    check_ends("dog", ends)
    return DifferenceOfGaussians(
        check_real("dog", "amp_pos", amp_pos),
        check_real("dog", "sigma_pos", sigma_pos, above=0.0),
        check_real("dog", "amp_neg", amp_neg),
        check_real("dog", "sigma_neg", sigma_neg, above=0.0),
        check_delays("dog", delays),
        check_real("dog", "limit", limit),
        selves,
    )
