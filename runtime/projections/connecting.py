"""The connector methods of projections; each also goes by the name `connect_<name>`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from nnc.runtime.connectors.all_to_all import AllToAll
from nnc.runtime.connectors.dog import dog
from nnc.runtime.connectors.fixed_number import FixedNumberPost, FixedNumberPre
from nnc.runtime.connectors.fixed_probability import FixedProbability
from nnc.runtime.connectors.from_file import from_file
from nnc.runtime.connectors.from_function import from_function
from nnc.runtime.connectors.from_matrix import from_matrix
from nnc.runtime.connectors.from_matrix_market import from_matrix_market
from nnc.runtime.connectors.from_sparse import from_sparse
from nnc.runtime.connectors.gaussian import gaussian
from nnc.runtime.connectors.one_to_one import OneToOne
from nnc.runtime.connectors.procedural import ProceduralProbability, check_law, numbered, refuse
from nnc.runtime.connectors.rule import check_delays, check_number, check_weights
from nnc.runtime.errors import InvalidConfiguration, NNCValueError
from nnc.runtime.networks.config import check_storage

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnc.runtime.building.regenerated import Side
    from nnc.runtime.connectors.rule import Ends, Rule


class Connecting:
    """Says which synapses a projection has. Weights are numbers, distributions or arrays; delays are in ms.

    All methods return the projection. Random rules draw when the network is compiled. `storage_format` and
    `storage_order` are hints that results do not depend on; nnc chooses the storage itself. `storage` is another name
    of the format; with "procedural" synapses are not stored, but made again from the rule whenever they are needed.
    """

    _kind: Literal["rate", "spiking"]

    def _connect(self, rule: Rule) -> Self:
        raise NotImplementedError

    def _ends(self) -> Ends:
        raise NotImplementedError

    def all_to_all(
        self,
        weights: Any,
        delays: Any = 0.0,
        allow_self_connections: bool = False,
        force_multiple_weights: bool = False,
        storage_format: str | None = None,
        storage_order: str | None = None,
        storage: str | None = None,
    ) -> Self:
        """Every pre neuron to every post neuron."""
        if check_storage(storage_format, storage_order, storage):
            refuse("all_to_all")
        w, d = check_weights("all_to_all", weights), check_delays("all_to_all", delays)
        return self._connect(AllToAll(w, d, allow_self_connections, force_multiple_weights))

    def one_to_one(
        self,
        weights: Any = 1.0,
        delays: Any = 0.0,
        force_multiple_weights: bool = False,
        storage_format: str | None = None,
        storage_order: str | None = None,
        storage: str | None = None,
    ) -> Self:
        """The k-th pre neuron to the k-th post neuron."""
        if check_storage(storage_format, storage_order, storage):
            refuse("one_to_one")
        if storage_format == "dense":
            raise InvalidConfiguration("one_to_one: the storage format 'dense' would be empty but for its diagonal")
        w, d = check_weights("one_to_one", weights), check_delays("one_to_one", delays)
        return self._connect(OneToOne(w, d, force_multiple_weights))

    def fixed_probability(
        self,
        probability: float,
        weights: Any,
        delays: Any = 0.0,
        allow_self_connections: bool = False,
        force_multiple_weights: bool = False,
        storage_format: str | None = None,
        storage_order: str | None = None,
        storage: str | None = None,
    ) -> Self:
        """Each pair with the same probability, independently."""
        procedural = check_storage(storage_format, storage_order, storage)
        if not isinstance(probability, int | float) or not 0.0 <= probability <= 1.0:
            raise NNCValueError(f"fixed_probability: probability lies in [0, 1], got {probability!r}")
        w, d = check_weights("fixed_probability", weights), check_delays("fixed_probability", delays)
        if procedural:
            check_law("fixed_probability", w, d, force_multiple_weights)
            rows: Side = "pre" if self._kind == "spiking" else "post"
            return self._connect(ProceduralProbability(rows, w, d, allow_self_connections, float(probability)))
        return self._connect(FixedProbability(float(probability), w, d, allow_self_connections, force_multiple_weights))

    def fixed_number_pre(
        self,
        number: int,
        weights: Any,
        delays: Any = 0.0,
        allow_self_connections: bool = False,
        force_multiple_weights: bool = False,
        storage_format: str | None = None,
        storage_order: str | None = None,
        storage: str | None = None,
    ) -> Self:
        """Each post neuron draws `number` distinct pre neurons."""
        procedural = check_storage(storage_format, storage_order, storage)
        ends, count = self._ends(), check_number("fixed_number_pre", number)
        if count > len(ends.pre_ranks):
            raise NNCValueError(f"fixed_number_pre: {count} of {len(ends.pre_ranks)} pre neurons cannot be distinct")
        w, d = check_weights("fixed_number_pre", weights), check_delays("fixed_number_pre", delays)
        if procedural:
            selves, multiple = allow_self_connections, force_multiple_weights
            return self._connect(numbered("fixed_number_pre", self._kind, count, w, d, selves, multiple))
        return self._connect(FixedNumberPre(count, w, d, allow_self_connections, force_multiple_weights))

    def fixed_number_post(
        self,
        number: int,
        weights: Any = 1.0,
        delays: Any = 0.0,
        allow_self_connections: bool = False,
        force_multiple_weights: bool = False,
        storage_format: str | None = None,
        storage_order: str | None = None,
        storage: str | None = None,
    ) -> Self:
        """Each pre neuron draws `number` distinct post neurons."""
        procedural = check_storage(storage_format, storage_order, storage)
        ends, count = self._ends(), check_number("fixed_number_post", number)
        if count > len(ends.post_ranks):
            raise NNCValueError(f"fixed_number_post: {count} of {len(ends.post_ranks)} post neurons cannot be distinct")
        w, d = check_weights("fixed_number_post", weights), check_delays("fixed_number_post", delays)
        if procedural:
            selves, multiple = allow_self_connections, force_multiple_weights
            return self._connect(numbered("fixed_number_post", self._kind, count, w, d, selves, multiple))
        return self._connect(FixedNumberPost(count, w, d, allow_self_connections, force_multiple_weights))

    def from_matrix(
        self,
        weights: Any,
        delays: Any = 0.0,
        pre_post: bool = False,
        storage_format: str | None = None,
        storage_order: str | None = None,
        storage: str | None = None,
    ) -> Self:
        """A matrix of weights `[post, pre]` (`[pre, post]` if `pre_post`); None and nan stand for no synapse."""
        if check_storage(storage_format, storage_order, storage):
            refuse("from_matrix")
        rule = from_matrix(weights, delays, pre_post)
        ends = self._ends()
        shape = (len(ends.post_ranks), len(ends.pre_ranks))
        if rule.matrix.shape != shape:
            raise NNCValueError(f"from_matrix: the matrix has shape {rule.matrix.shape}, (post, pre) is {shape}")
        return self._connect(rule)

    def from_sparse(
        self,
        weights: Any,
        delays: Any = 0.0,
        storage_format: str | None = None,
        storage_order: str | None = None,
        storage: str | None = None,
    ) -> Self:
        """A scipy sparse matrix of weights of shape (pre.size, post.size); its stored entries are the synapses."""
        if check_storage(storage_format, storage_order, storage):
            refuse("from_sparse")
        rule = from_sparse(weights, delays)
        ends = self._ends()
        shape = (len(ends.pre_ranks), len(ends.post_ranks))
        if rule.shape != shape:
            raise NNCValueError(f"from_sparse: the matrix has shape {rule.shape}, (pre, post) is {shape}")
        return self._connect(rule)

    def from_function(
        self,
        method: Callable[..., Any],
        storage_format: str | None = None,
        storage_order: str | None = None,
        storage: str | None = None,
        **args: Any,
    ) -> Self:
        """What `method(pre, post[, dt], **args)` returns, called now: a `LILConnectivity` in most scripts."""
        if check_storage(storage_format, storage_order, storage):
            refuse("from_function")
        return self._connect(from_function(method, self._ends(), args))

    def gaussian(
        self,
        amp: float,
        sigma: float,
        delays: Any = 0.0,
        limit: float = 0.01,
        allow_self_connections: bool = False,
        storage_format: str | None = None,
    ) -> Self:
        """Weights `amp * exp(-d**2 / (2 * sigma**2))`, d the distance of coordinates between 0 and 1 along each axis.

        Pairs whose weight is at most `limit * abs(amp)` in size are left out. Both ends are whole populations.
        """
        check_storage(storage_format, None)
        return self._connect(gaussian(self._ends(), amp, sigma, delays, limit, allow_self_connections))

    def dog(
        self,
        amp_pos: float,
        sigma_pos: float,
        amp_neg: float,
        sigma_neg: float,
        delays: Any = 0.0,
        limit: float = 0.01,
        allow_self_connections: bool = False,
        storage_format: str | None = None,
    ) -> Self:
        """A difference of two Gaussians, see `gaussian`; left out up to `limit * abs(amp_pos - amp_neg)` in size."""
        check_storage(storage_format, None)
        rule = dog(self._ends(), amp_pos, sigma_pos, amp_neg, sigma_neg, delays, limit, allow_self_connections)
        return self._connect(rule)

    def from_file(
        self,
        filename: Any,
        pickle_encoding: str | None = None,
        storage_format: str | None = None,
        storage_order: str | None = None,
        storage: str | None = None,
    ) -> Self:
        """The synapses, weights and delays of a file that `save_connectivity` wrote. Pickles are refused."""
        if check_storage(storage_format, storage_order, storage):
            refuse("from_file")
        return self._connect(from_file(filename))

    def from_matrix_market(
        self,
        filename: Any,
        delays: Any = 0.0,
        storage_format: str | None = None,
        storage_order: str | None = None,
        storage: str | None = None,
    ) -> Self:
        """The entries of a Matrix Market file (`.mtx`) as weights; rows are post neurons."""
        if check_storage(storage_format, storage_order, storage):
            refuse("from_matrix_market")
        rule = from_matrix_market(filename, delays)
        ends = self._ends()
        shape = (len(ends.pre_ranks), len(ends.post_ranks))
        if rule.shape != shape:
            raise NNCValueError(
                f"from_matrix_market: the matrix has shape {rule.shape[::-1]}, (post, pre) is {shape[::-1]}"
            )
        return self._connect(rule)

    connect_all_to_all = all_to_all
    connect_one_to_one = one_to_one
    connect_fixed_probability = fixed_probability
    connect_fixed_number_pre = fixed_number_pre
    connect_fixed_number_post = fixed_number_post
    connect_from_matrix = from_matrix
    connect_from_sparse = from_sparse
    connect_from_function = from_function
    connect_with_func = from_function
    connect_gaussian = gaussian
    connect_dog = dog
    connect_from_file = from_file
    connect_from_matrix_market = from_matrix_market
