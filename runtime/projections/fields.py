"""Views of the connectivity of a whole projection."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.errors import NNCValueError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.runtime.attributes import Attributes
    from nnc.runtime.populations.population import Population
    from nnc.runtime.projections.connectivity import Connectivity


class Fields:
    """The part of a projection that shows its synapses as matrices and images."""

    name: str
    _values: Attributes
    _pre: Population
    _post: Population

    @property
    def synapses(self) -> Connectivity:
        """The synapses in canonical order."""
        raise NotImplementedError

    def _known(self, name: str) -> None:
        raise NotImplementedError

    def connectivity_matrix(self, fill: float = 0.0) -> NDArray[np.float64]:
        """Weights as a matrix `[post, pre]` over the whole populations; `fill` where there is no synapse."""
        return self._matrix("w", fill)

    def receptive_fields(self, variable: str = "w", in_post_geometry: bool = True) -> NDArray[np.float64]:
        """One image of the values of all synapses: for each post neuron the pre population, 0 where no synapse is.

        Fields lie as the post neurons do: shape (post height * pre height, ...); with `in_post_geometry=False` only
        the post neurons with synapses are shown, in rows of a near-square grid. Both populations are two-dimensional.
        """
        pre, post = self._pre.geometry, self._post.geometry
        if len(pre) != 2 or (in_post_geometry and len(post) != 2):
            raise NNCValueError(
                f"projection '{self.name}': receptive_fields shows populations of two dimensions, these have the "
                f"geometries {pre} (pre) and {post} (post)"
            )
        fields = self._matrix(variable, 0.0)
        if in_post_geometry:
            rows, columns = post
        else:
            fields = fields[self.synapses.post_ranks]
            columns = max(1, math.ceil(math.sqrt(len(fields))))
            rows = -(-len(fields) // columns)
            fields = np.concatenate((fields, np.zeros((rows * columns - len(fields), fields.shape[1]))))
        tiles = fields.reshape(rows, columns, *pre)
        return np.ascontiguousarray(tiles.transpose(0, 2, 1, 3)).reshape(rows * pre[0], columns * pre[1])

    def _matrix(self, variable: str, fill: float) -> NDArray[np.float64]:
        self._known(variable)
        synapses = self.synapses
        values: Any = self._values.read(variable)
        if self._values.locality(variable) == "semiglobal":
            values = values[synapses.post]
        matrix = np.full((synapses.n_post, synapses.n_pre), fill, np.float64)
        matrix[synapses.post, synapses.pre] = values
        return matrix
