"""`Transpose`: the synapses of one projection in the opposite direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from nnc.extensions.convolution.lent import LentProjection
from nnc.runtime.errors import NNCRuntimeError, NNCTypeError, NNCValueError
from nnc.runtime.projections.connectivity import Connectivity
from nnc.runtime.projections.projection import Projection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.runtime.connectors.rule import Rule


class Transpose(LentProjection):
    """Leads from the post to the pre population of another projection, over its synapses with its weights.

    It transmits as the default synapses do: `w * pre.r`, or `w` at each spike. Connected by `connect_transpose()`.
    """

    _connected_by = "connect_transpose()"

    def __init__(
        self, projection: Any = None, target: str | list[str] = "", name: str | None = None, *, proj: Any = None
    ) -> None:
        given = projection if proj is None else proj
        if not isinstance(given, Projection):
            raise NNCTypeError(f"Transpose takes a projection, not {given!r}")
        if given.pre_population.is_spiking != given.post_population.is_spiking:
            raise NNCValueError(
                f"Transpose: projection '{given.name}' connects rate-coded and spiking neurons; it has no transpose"
            )
        if given._values.locality("w") == "semiglobal":
            raise NNCValueError(f"Transpose: the weight of '{given.name}' is one per post neuron, not per synapse")
        self._origin = given
        psp = None if given.pre_population.is_spiking else "w * pre.r"
        super().__init__(given.post_population, given.pre_population, target, psp, "sum", name)

    def _check_ends(self) -> None:
        """Whole populations by construction."""

    def connect_transpose(self) -> Self:
        """Take the synapses of the projection. Raises if it has delays."""
        lender = self._checked_lender("transpose", self._origin)
        super()._connect(self._connected(f"Transpose of {lender.name}"))
        self._lender = lender
        self._check_delays()
        return self

    transpose = connect_transpose
    connect = connect_transpose

    def _check_delays(self) -> None:
        lender = self.lender
        rule: Rule | None = lender._rule
        delays = 0.0 if rule is None else rule.delays
        long = lender._delays != 1 if lender._synapses is not None else _is_long(delays, self._net.dt)
        if long:
            raise NNCRuntimeError(f"transpose: projection '{lender.name}' has delays, so it has no transpose")

    def _lay_out(self) -> None:
        super()._lay_out()
        self._check_delays()

    def _borrowed(self, lent: Connectivity) -> tuple[Connectivity, NDArray[np.int64]]:
        order = np.lexsort((lent.post, lent.pre))
        made = Connectivity.of_pairs(lent.n_post, lent.n_pre, lent.pre[order], lent.post[order], is_sorted=True)
        return made, order


def _is_long(delays: Any, dt: float) -> bool:
    """Whether delays are known to be longer than a step; drawn ones are looked at when they are there."""
    return isinstance(delays, int | float) and round(delays / dt) > 1
