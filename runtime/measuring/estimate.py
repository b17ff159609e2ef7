"""How much memory a network takes: known before it is built, exact afterwards.

Before `compile()` a copy of the network is made whose large projections have a number of synapses but no synapses; the
compiler says what the state block of its program holds. So the estimate follows the compiler's own decisions.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from nnc.runtime.building.ghost import canonical_bytes, expected_synapses, ghost_of, pairs_of
from nnc.runtime.building.limits import available_memory
from nnc.runtime.connectors.procedural import Procedural
from nnc.runtime.errors import NNCRuntimeError
from nnc.runtime.showing import table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nnc.compiler.codegen.layout import Layout, LayoutField
    from nnc.runtime.networks.network import Network
    from nnc.runtime.populations.population import Population
    from nnc.runtime.projections.projection import Projection

What = Literal["state", "connectivity", "delays", "kept for reset", "recording, per second"]

_INDICES: Final = frozenset({"row", "post", "pre", "back_row", "back", "back_pre", "tie.at", "stencil.centres"})


@dataclass(frozen=True)
class Row:
    """Bytes of one kind of one object."""

    owner: str
    what: What
    bytes: int
    synapses: int | None = None


@dataclass(frozen=True)
class MemoryEstimate:
    """A table of bytes; `print` it, or read `total`, `building`, `recording` and `rows`.

    `total` is what stays while the network runs, records not included; `building` the most that `compile()` needs at
    once, `total` included (None after it); `recording` is per simulated second, without spikes (16 bytes each).
    `available` is what this process may still use.
    """

    rows: tuple[Row, ...]
    building: int | None
    available: int | None

    @property
    def total(self) -> int:
        """Bytes that stay while the network runs, records not included."""
        return sum(row.bytes for row in self.rows if row.what != "recording, per second")

    @property
    def recording(self) -> int:
        """Bytes of records per simulated second, without spikes."""
        return sum(row.bytes for row in self.rows if row.what == "recording, per second")

    def of(self, owner: str) -> int:
        """Bytes of one object by name, records not included."""
        return sum(r.bytes for r in self.rows if r.owner == owner and r.what != "recording, per second")

    def _lines(self) -> Iterator[tuple[str, str, str]]:
        for row in self.rows:
            per = f" ({row.bytes / row.synapses:.3g} per synapse)" if row.synapses else ""
            yield row.owner, row.what, human(row.bytes) + per
        yield "total", "while it runs", human(self.total)
        if self.building is not None:
            yield "", "while it is built", human(self.building)
        if self.recording:
            yield "", "recording, per second", human(self.recording) + " and 16 B per spike"
        if self.available is not None:
            yield "", "available", human(self.available)

    def __str__(self) -> str:
        lines = list(self._lines())
        first, second = (max(len(line[i]) for line in lines) for i in (0, 1))
        return "\n".join(f"{a:{first}}  {b:{second}}  {c}" for a, b, c in lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return table("memory", ("object", "what", "bytes"), self._lines())


def human(count: int) -> str:
    """Bytes in a unit that suits them."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"


def memory_estimate(network: Network) -> MemoryEstimate:
    """The table of a network, compiled or not. Nothing of the network changes."""
    if network.compiled:
        block = network.current_state().block
        rows = tuple(_block_rows(network, block.layout, block.sizes))
        return MemoryEstimate((*rows, *_kept(network), *_records(network)), None, available_memory())
    ghost, layout, sizes = ghost_of(network)
    rows = tuple(_block_rows(ghost, layout, sizes))
    everything = (*rows, *_kept(ghost), *_records(ghost))
    held = sum(row.bytes for row in everything if row.what != "recording, per second")
    building = held + sum(canonical_bytes(p, layout) for p in ghost.get_projections(suppress_error=True))
    return MemoryEstimate(everything, building, available_memory())


def check_room(network: Network) -> None:
    """Raise `NNCRuntimeError` with the numbers if a network that is to be built will not fit into memory."""
    available = available_memory()
    if available is None or any(_at_most(network, guess) < available for guess in (pairs_of, expected_synapses)):
        return
    estimate = memory_estimate(network)
    assert estimate.building is not None
    if estimate.building <= available:
        return
    owner = max({row.owner for row in estimate.rows}, key=estimate.of)
    raise NNCRuntimeError(
        f"the network does not fit into memory: building it takes about {human(estimate.building)}, "
        f"{human(estimate.total)} of it while it runs; {human(available)} are available. '{owner}' takes "
        f"{human(estimate.of(owner))}. See net.memory_estimate(); setup(precision='float'), one weight for all "
        "synapses and one delay take less"
    )


def _at_most(network: Network, guess: Callable[[Projection], int | None]) -> int:
    """Bytes that are certainly enough for so many synapses: all that one may have, twice over."""
    total = 0
    for projection in network.get_projections(suppress_error=True):
        if isinstance(projection._rule, Procedural):
            continue
        per_synapse = _PER_SYNAPSE + 4 * 8 * len(projection._values.slots)
        total += per_synapse * (guess(projection) or 0)
    return total + sum(p.size * _PER_NEURON * (1 + len(p._values.slots)) for p in network.get_populations())


_PER_SYNAPSE: Final = 64
_PER_NEURON: Final = 64


def _owners(network: Network) -> dict[str, Population | Projection]:
    projections = network.get_projections(suppress_error=True)
    return {f"pop{p.id}": p for p in network.get_populations()} | {f"proj{p.id}": p for p in projections}


def _block_rows(network: Network, layout: Layout, sizes: Mapping[str, int]) -> Iterator[Row]:
    """What the state block holds, object by object in order."""
    found: Counter[tuple[str, What]] = Counter()
    for field in layout.fields:
        symbol = field.name.partition(".")[0]
        size = layout.length(field.name, sizes) * field.dtype.numpy.itemsize
        found[symbol, _kind(field)] += size
    owners = _owners(network)
    kinds: tuple[What, ...] = ("state", "connectivity", "delays")
    for symbol, obj in owners.items():
        count = _synapses(obj)
        for what in kinds:
            if found[symbol, what]:
                yield Row(obj.name, what, found[symbol, what], count)
    rest = sum(size for (symbol, _), size in found.items() if symbol not in owners)
    if rest:
        yield Row("network", "state", rest)


def _synapses(obj: Any) -> int | None:
    synapses = getattr(obj, "_synapses", None)
    return None if synapses is None else synapses.expected


def _kind(field: LayoutField) -> What:
    _, _, name = field.name.partition(".")
    if name in _INDICES:
        return "connectivity"
    ring = bool(field.extent) and field.extent[0].endswith((".ring", ".depth"))
    return "delays" if ring or name == "delays" else "state"


def _kept(network: Network) -> Iterator[Row]:
    """What Python holds of each object: initial values, and the rows of projections."""
    for obj in _owners(network).values():
        synapses: Any = getattr(obj, "_synapses", None)
        rows = 0 if synapses is None else synapses.nbytes
        delays: Any = getattr(obj, "_delays", 1)
        steps = 0 if isinstance(delays, int) else 4 * delays.size
        if size := obj._values.nbytes + rows + steps:
            yield Row(obj.name, "kept for reset", size)


def _records(network: Network) -> Iterator[Row]:
    steps = max(1, round(1000.0 / network.dt))
    for monitor in network.get_monitors():
        taken = monitor.bytes_for(steps)
        if taken:
            yield Row(monitor.name, "recording, per second", taken)
