"""`Copy`: the synapses of one projection between two other populations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from nnc.extensions.convolution.lent import LentProjection
from nnc.extensions.convolution.shared import listed
from nnc.runtime.errors import NNCValueError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.runtime.projections.connectivity import Connectivity


class Copy(LentProjection):
    """Has the synapses, weights and delays of another projection, between populations of the same geometries.

    `psp` and `operation` are its own; `psp=None`, where pre is spiking: each spike adds `w`. Weights that change are
    followed; it cannot learn itself. Connected by `connect_copy(projection)`.
    """

    _connected_by = "connect_copy(projection)"

    def __init__(
        self,
        pre: Any,
        post: Any,
        target: str | list[str],
        psp: str | None = "pre.r * w",
        operation: str = "sum",
        name: str | None = None,
        copied: bool = False,
        net_id: int = 0,
    ) -> None:
        super().__init__(pre, post, target, psp, operation, name, copied, net_id)

    def connect_copy(self, projection: Any) -> Self:
        """Take the synapses of an ordinary projection, which was created before this one."""
        lender = self._checked_lender("copy", projection)
        for side in ("pre", "post"):
            mine, other = getattr(self, f"_{side}").geometry, getattr(lender, f"_{side}").geometry
            if mine != other:
                raise NNCValueError(
                    f"copy: {side} has the geometry {listed(mine)}, that of '{lender.name}' has {listed(other)}"
                )
        super()._connect(self._connected(f"Copy of {lender.name}"))
        self._lender = lender
        return self

    copy = connect_copy

    def _borrowed(self, lent: Connectivity) -> tuple[Connectivity, NDArray[np.int64]]:
        return lent, np.arange(lent.count)
