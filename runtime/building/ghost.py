"""Networks whose large projections have a number of synapses but no synapses: to ask the compiler what they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

import numpy as np

from nnc.compiler.description import Drawn
from nnc.compiler.frontend.model import AttributeRef, DistributionCall
from nnc.runtime.building.transpose import narrow, place_type
from nnc.runtime.connectors.procedural import Procedural
from nnc.runtime.projections.connectivity import Connectivity
from nnc.runtime.random import RandomDistribution

if TYPE_CHECKING:
    from nnc.compiler.codegen.layout import Layout
    from nnc.runtime.networks.network import Network
    from nnc.runtime.projections.connectivity import Full
    from nnc.runtime.projections.projection import Projection

DRAWN_UP_TO: Final = 1 << 18
"""Projections with no more synapses are drawn as they will be; of larger ones the number is what is expected."""


class Ghost(Connectivity):
    """So many synapses, of which nothing else is known."""

    def __init__(self, n_pre: int, n_post: int, count: int, full: Full | None) -> None:
        super().__init__(n_pre, n_post, np.zeros(1, np.int64), np.zeros(0, np.int32), full)
        self._count = count

    @property
    def count(self) -> int:
        """Number of synapses."""
        return self._count

    @property
    def post_ranks(self) -> Any:
        """All post neurons."""
        return np.arange(self.n_post)

    @property
    def nbytes(self) -> int:
        """Memory of the arrays that the real one will hold: its rows."""
        return 8 * (self.n_post + 1)


def ghost_of(network: Network) -> tuple[Network, Layout, dict[str, int]]:
    """A copy of a network that is not compiled, the layout of its program and the sizes of the block."""
    from nnc.runtime.networks.copies import everything_of
    from nnc.runtime.networks.network import Network
    from nnc.runtime.running.compiling import layout_and_team, sizes_of

    ghost = cast("Any", Network)(_like=network)
    ghost._seed = network._seed
    ghost.config_.set({"dt": network.dt})
    ghost.add(everything_of(network))
    for projection in ghost.get_projections(suppress_error=True):
        _wire(projection)
    for population in ghost.get_populations():
        population._values.resolve()
        population._begin()
    layout, team = layout_and_team(ghost)
    return ghost, layout, layout.resolve(sizes_of(ghost, layout, team), team)


def expected_synapses(projection: Projection) -> int | None:
    """How many synapses the connector of a projection will make, about; None where only drawing them tells."""
    expected = getattr(projection._rule, "expected", None)
    return None if expected is None else int(expected(projection._ends()))


def pairs_of(projection: Projection) -> int:
    """How many pairs of neurons there are: no connector makes more synapses."""
    return projection.pre.size * projection.post.size


def canonical_bytes(projection: Projection, layout: Layout) -> int:
    """What building needs beside the block and stays no longer: indices twice, values twice, positions."""
    if projection.regenerated is not None:
        return 0
    count, symbol = projection.synapses.count, f"proj{projection.id}"
    values = [
        f for f in layout.fields if f.extent == (f"{symbol}.nnz",) and f.name.partition(".")[2] not in ("post", "pre")
    ]
    largest = max((f.dtype.numpy.itemsize for f in values), default=0)
    sparse = f"{symbol}.row" in layout.field_index
    if not sparse and not projection.stores_synapses:
        return 0
    index = 2 * narrow(projection.synapses.n_pre).itemsize if sparse else 0
    position = place_type(count).itemsize if sparse and values else 0
    if not sparse and any(f.name == f"{symbol}.w" and f.extent for f in layout.fields):
        largest = layout[f"{symbol}.w"].dtype.numpy.itemsize
    return count * (index + position + 2 * largest)


def _wire(projection: Projection) -> None:
    """Give a projection of a ghost synapses, or the number of them."""
    from nnc.runtime.projections.projection import Projection

    count = expected_synapses(projection) if type(projection).wire is Projection.wire else None
    lender = getattr(projection, "_lender", None)
    if lender is not None and isinstance(lender._synapses, Ghost):
        _lend(projection, lender._synapses)
    procedural = isinstance(projection._rule, Procedural)
    if procedural or count is None or count <= DRAWN_UP_TO:
        projection.wire()
        return
    rule, values = projection._rule, projection._values
    assert rule is not None
    full = getattr(rule, "full_of", lambda _: None)(projection._ends())
    projection._synapses = Ghost(projection._pre.size, projection._post.size, count, full)
    values.lengths |= {"local": count, "semiglobal": projection._post.size}
    projection._delays = _delay(rule.delays, count, projection.network.dt)
    if values.locality("w") == "local" and (rule.multiple or not isinstance(rule.weights, float)):
        values.assigned.mark("w", _nothing)
    else:
        values.write("w", 0.0)
    for name, given in projection._given.items():
        if isinstance(given, RandomDistribution | list | tuple | np.ndarray):
            values.will_differ(name, _nothing)
        else:
            projection._write(name, given)
    for slot in values.slots.values():
        drawn = isinstance(slot.init, Drawn | DistributionCall)
        refers = isinstance(slot.init, AttributeRef) and values.assigned.is_wide(slot.init.name)
        if (drawn or refers) and slot.name not in values.assigned and values.locality(slot.name) == "local":
            values.assigned.mark(slot.name, _nothing)
    values.resolve()


def _lend(projection: Any, lent: Ghost) -> None:
    """As many synapses as the lender has for a projection that borrows the weights of a ghost."""
    vars(projection)["_lent"] = lent
    projection._synapses = Ghost(projection._pre.size, projection._post.size, lent.count, lent.full)
    vars(projection)["_entries"] = np.broadcast_to(np.int64(0), lent.count)


def _delay(delays: Any, count: int, dt: float) -> Any:
    """Delays in steps: a number, or something as long as the array, with the longest one."""
    if isinstance(delays, RandomDistribution):
        low, high = delays.bounds()
        steps = [max(1, round(bound / dt)) for bound in (low, high)]
        return steps[0] if steps[0] == steps[1] else np.broadcast_to(np.int32(steps[1]), count)
    steps_of_all = np.maximum(1, np.rint(np.asarray(delays, np.float64) / dt)).astype(np.int32)
    lowest, longest = int(steps_of_all.min(initial=1 << 30)), int(steps_of_all.max(initial=1))
    return longest if lowest == longest else np.broadcast_to(np.int32(longest), count)


def _nothing() -> NoReturn:
    raise AssertionError("the values of a ghost are never asked for")
