"""The state of a compiled network: the state block of its program, filled from the objects of the network.

Fields go by the names of the IR (`pop0.v`). Values of synapses are read and written in canonical order whatever the
storage is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.codegen.layout import StateBlock, bounds
from nnc.compiler.ir.procedural import NUMBERS
from nnc.compiler.ir.types import DType
from nnc.runtime.block import history
from nnc.runtime.block.memory import HostMemory
from nnc.runtime.block.storage import Storage
from nnc.runtime.errors import NNCRuntimeError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from numpy.typing import NDArray

    from nnc.compiler.codegen.layout import Layout, LayoutField
    from nnc.compiler.codegen.target import Program
    from nnc.runtime.block.memory import Memory
    from nnc.runtime.building.regenerated import Regenerated
    from nnc.runtime.projections.connectivity import Connectivity
    from nnc.runtime.projections.edits import Edit

NEVER_SPIKED = -10000
"""Step of the last spike (or event) before there was one."""

_STAMPS = ("last_spike", "last_event", "last_spike.past")
_RINGS = (".ring", ".rate.depth")
"""Sizes of the rings that are written step by step."""

_REDUCTIONS: dict[str, Callable[[Any], Any]] = {
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "norm1": lambda x: np.sum(np.abs(x)),
    "norm2": lambda x: np.sqrt(np.sum(np.square(x))),
}


@dataclass(frozen=True, eq=False)
class PopulationSizes:
    """What the block needs to know of a population.

    `ring` is the longest outgoing delay in steps, plus one; `rate_depth` the longest window of a mean rate, plus one;
    `streams` are the names of streams with the number of steps that are held ahead.
    """

    symbol: str
    n: int
    ring: int
    rate_depth: int = 1
    streams: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ProjectionSizes:
    """What the block needs to know of a projection; `delay` in steps, one number or one per synapse.

    `extents` and `tables` are further sizes and index arrays. `entries`: the weight of synapse i (canonical order) is
    that of synapse `entries[i]` of the projection `lender`; without one it is number `entries[i]` of the shared ones.
    """

    symbol: str
    synapses: Connectivity
    delay: int | NDArray[np.int32]
    extents: Mapping[str, int] = field(default_factory=dict)
    tables: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    entries: NDArray[np.int64] | None = None
    lender: str | None = None


def block_sizes(
    layout: Layout, populations: Iterable[PopulationSizes], projections: Iterable[ProjectionSizes], team: int
) -> dict[str, int]:
    """The sizes of a block, by name."""
    sizes = _none(layout.sizes)
    for pop in populations:
        sizes |= {
            f"{pop.symbol}.n": pop.n,
            f"{pop.symbol}.ring": pop.ring,
            f"{pop.symbol}.rate.depth": pop.rate_depth,
            **{f"{pop.symbol}.{name}.depth": steps for name, steps in pop.streams.items()},
        }
    for proj in projections:
        storage = Storage(proj.symbol, layout, proj.synapses, team)
        sizes |= storage.sizes(proj.delay if isinstance(proj.delay, int) else 1) | dict(proj.extents)
    return sizes


class State:
    """Everything that changes while a network runs, and access to it by name."""

    def __init__(
        self,
        program: Program,
        populations: Iterable[PopulationSizes],
        projections: Iterable[ProjectionSizes],
        *,
        team: int,
        seed: int,
        t: int = 0,
    ) -> None:
        layout = program.layout
        projections = list(projections)
        self.program = program
        self.storages = {p.symbol: Storage(p.symbol, layout, p.synapses, team) for p in projections}
        self.block = StateBlock(layout, block_sizes(layout, populations, projections, team), team=team, seed=seed, t=t)
        self.memory: Memory = HostMemory(self.block)
        self._connect(projections)

    def has(self, name: str) -> bool:
        """Whether there is such a field."""
        return name in self.block.fields

    def wide(self, name: str) -> bool:
        """Whether a field holds a value per element, not one in all."""
        return bool(self.block.layout[name].extent)

    def read(self, name: str) -> NDArray[Any]:
        """A fresh array of the values: per neuron, per synapse in canonical order, or of length 1."""
        storage, holders = self._synaptic(name), self._holders(name)
        stored = self.memory.read(name)
        if holders is not None:
            return np.take(stored, holders)
        return storage.collect(stored) if storage is not None else stored.copy()

    def write(self, name: str, values: Any, where: NDArray[np.integer[Any]] | slice | None = None) -> None:
        """Give all or some elements new values; `where` are ranks, or canonical indices of synapses."""
        storage = self._synaptic(name)
        holders = self._holders(name)
        if holders is not None and (where is not None or np.size(values) > 1):
            if not self.fits(name, values, where):
                raise NNCRuntimeError(f"synapses of one neuron have one value of '{name}' in this program")
            values, where = self._of_neurons(name, holders, values, where), None
        if storage is None:
            self.memory.write(name, values, slice(None) if where is None else where)
            return
        if where is None and isinstance(values, np.ndarray) and values.size == storage.synapses.count:
            everything = values.reshape(-1).astype(self.block.layout[name].dtype.numpy, copy=False)
        else:
            everything = self.read(name)
            everything[slice(None) if where is None else where] = values
        own = self.block.fields[name] if isinstance(self.memory, HostMemory) else None
        placed = storage.place(everything, own)
        if own is None or not np.shares_memory(placed, own):
            self.memory.write(name, placed)

    def fits(self, name: str, values: Any, where: NDArray[np.integer[Any]] | slice | None = None) -> bool:
        """Whether a field has room for different values: where neurons hold one for all their synapses, these agree."""
        holders = self._holders(name)
        if holders is None or (where is None and np.size(values) == 1):
            return self.wide(name)
        wanted = self._given(name, values, where)
        return bool(np.array_equal(self._of_neurons(name, holders, wanted, None)[holders], wanted, equal_nan=True))

    def _given(self, name: str, values: Any, where: Any) -> NDArray[Any]:
        """The values of all synapses once some are given."""
        everything = self.read(name)
        everything[slice(None) if where is None else where] = values
        return everything

    def _of_neurons(self, name: str, holders: NDArray[Any], values: Any, where: Any) -> NDArray[Any]:
        """What neurons hold for their synapses, from the values of these; those without synapses keep theirs."""
        held = self.memory.read(name).copy()
        held[holders] = self._given(name, values, where)
        return held

    def begin_stamps(self, owner: str) -> None:
        """Let event-driven variables of a projection be what they are now: their last event is the last step."""
        self.memory.write(f"{owner}.last_event", self.block.t - 1)

    def write_ahead(self, name: str, first: int, rows: NDArray[Any]) -> None:
        """Give a stream its values (a row per step) for the steps from `first`, at most as many as are held."""
        ring = f"{name}.ahead"
        if not self.has(ring):
            return
        memory, n = self.block.fields.peek(ring), rows.shape[1]
        depth = memory.size // n
        values = np.ascontiguousarray(rows, memory.dtype)
        start = first % depth
        split = min(len(rows), depth - start)
        self.memory.write(ring, values[:split].reshape(-1), slice(start * n, (start + split) * n))
        if split < len(rows):
            self.memory.write(ring, values[split:].reshape(-1), slice(0, (len(rows) - split) * n))

    def places(self, name: str) -> NDArray[np.int64] | None:
        """Where the synapses stand in a field that holds a value for each, or for each neuron; None for others."""
        storage, holders = self._synaptic(name), self._holders(name)
        if holders is not None:
            return holders.astype(np.int64)
        return None if storage is None else storage.positions()

    def live(self, name: str) -> NDArray[Any]:
        """The memory of a field, in the order of its storage."""
        return self.memory.live(name)

    def clear(self) -> None:
        """Set everything but connectivity and parameters to what it is before the first step."""
        for spec in self.block.layout.fields:
            if spec.role == "state" and not self._is_index(spec.name):
                self.memory.write(spec.name, NEVER_SPIKED if spec.name.endswith(_STAMPS) else 0)

    def set_step(self, step: int) -> None:
        """Make another step the next one. What is under way still arrives after as many steps as before, and as many
        have passed since spikes and events. Spikes that would have been emitted before step 0 are lost.
        """
        shift = step - self.block.t
        for spec in self.block.layout.fields:
            values = self.memory.read(spec.name)
            if spec.name.endswith(_STAMPS) and spec.dtype is DType.i64:
                values = np.where(values == NEVER_SPIKED, values, values + shift)
                self.memory.write(spec.name, values)
            if spec.extent and spec.extent[0].endswith(_RINGS):
                rows = values.reshape(self.block.sizes[spec.extent[0]], -1)
                self.memory.write(spec.name, np.roll(rows, shift, axis=0).reshape(values.shape))
        self.block.t = step

    def forget_events(self, owner: str) -> None:
        """Let a projection be one that has seen no event."""
        stamp = f"{owner}.last_event"
        if self.has(stamp):
            self.memory.write(stamp, NEVER_SPIKED)

    def forget_spikes(self, owner: str) -> None:
        """Let a population be one whose neurons have not fired: no spikes under way, none in windows of rates."""
        for spec in self.block.layout.fields:
            mine = _owner(spec.name) == owner and spec.role == "state"
            if mine and spec.name.endswith((".spikes", ".count", ".fired.past")):
                self.memory.write(spec.name, 0)

    def clear_activity(self, owners: Iterable[str], reductions: bool = True) -> None:
        """Empty the spike lists and set the bookkeeping of some populations to what it is before the first step.

        Without `reductions`, those over the populations keep their values.
        """
        chosen = set(owners)
        for spec in self.block.layout.fields:
            if not reductions and self._reduction(spec) is not None:
                continue
            if _owner(spec.name) in chosen and spec.role in ("state", "scratch"):
                self.memory.write(spec.name, NEVER_SPIKED if spec.name.endswith(_STAMPS) else 0)

    def events(self, name: str, step: int, n: int) -> NDArray[np.int64]:
        """The neurons in the list of a step that is still held, ascending."""
        team = self.block.team
        counts = self.memory.read(f"{name}.count").reshape(-1, team)
        lists = self.memory.read(name).reshape(-1, n)
        row = step % len(lists)
        starts = bounds(n, team)[:-1]
        parts = [lists[row, a : a + c] for a, c in zip(starts, counts[row], strict=True)]
        return np.concatenate(parts).astype(np.int64)

    def settle(self, reductions: bool = True) -> None:
        """Derive what follows from the values of variables at the start: rings of past values, `reductions`."""
        for spec in self.block.layout.fields:
            attribute = spec.name.partition(".")[2]
            if attribute.endswith(".past") and attribute != "rate.fired.past":
                source = self.memory.read(spec.name.removesuffix(".past"))
                self.memory.write(spec.name, np.resize(source, self.block.fields.peek(spec.name).size))
            reduction = self._reduction(spec) if reductions else None
            if reduction is not None:
                kind, reduced = reduction
                values = self.memory.read(reduced)
                each = np.resize(values, self.block.sizes[f"{_owner(spec.name)}.n"])
                self.memory.write(spec.name, _REDUCTIONS[kind](each))

    def _reduction(self, spec: LayoutField) -> tuple[str, str] | None:
        """The kind of a reduction over a population, and the field that is reduced."""
        owner, _, attribute = spec.name.partition(".")
        kind, _, reduced = attribute.partition("_")
        found = kind in _REDUCTIONS and not spec.extent and self.has(f"{owner}.{reduced}")
        return (kind, f"{owner}.{reduced}") if found else None

    def carry(self, old: State, anew: Collection[str] = ()) -> None:
        """Take over the values of all fields that another program of the same network had as well.

        `anew` are projections whose synapses are others; their fields stay as they are. The past is carried by age.
        """
        past = history.past_fields(self.block.layout)
        for spec in self.block.layout.fields:
            if not old.has(spec.name) or self._is_index(spec.name) or _owner(spec.name) in anew or spec.name in past:
                continue
            values = old.read(spec.name)
            synaptic = self._synaptic(spec.name) is not None or self._holders(spec.name) is not None
            if synaptic and old._synaptic(spec.name) is None:
                values = np.broadcast_to(values, self.storages[_owner(spec.name)].synapses.count)
            if synaptic or values.size in (1, self.block.fields.peek(spec.name).size):
                self.write(spec.name, values)
        history.restore(self, history.capture(old))
        for owner in self.storages.keys() - set(anew):
            stamp = f"{owner}.last_event"
            if self.has(stamp) and not old.has(stamp) and any(old._holders(f.name) is not None for f in old._of(owner)):
                self.begin_stamps(owner)

    def extras(self, owners: Iterable[str], attributes: Collection[str]) -> list[str]:
        """The fields that programs keep for themselves: what is state, but neither an attribute nor the past."""
        chosen, past = set(owners), history.past_fields(self.block.layout)
        return [
            spec.name
            for spec in self.block.layout.fields
            if spec.role == "state"
            and _owner(spec.name) in chosen
            and spec.name not in past
            and spec.name not in attributes
            and not self._is_index(spec.name)
        ]

    def rewire(self, symbol: str, edit: Edit, delay: int | NDArray[np.int32], fresh: Mapping[str, Any]) -> None:
        """Store other synapses of a projection. Those that stay keep all their values.

        `fresh` are the values of the created ones by attribute; what is not in it starts as it does before step 0.
        """
        names = [f.name for f in self.block.layout.fields if self._synaptic(f.name) is self.storages[symbol]]
        old = {name: self.read(name) for name in names}
        self.storages[symbol].synapses.hold()
        storage = self.storages[symbol] = Storage(symbol, self.block.layout, edit.synapses, self.block.team)
        self.block.resize(storage.sizes(delay if isinstance(delay, int) else 1))
        for name, values in old.items():
            start = NEVER_SPIKED if name.endswith(_STAMPS) else 0
            carried = edit.carry(values, fresh.get(name.partition(".")[2], start))
            self.memory.write(name, storage.place(carried))
        self._connect([ProjectionSizes(symbol, edit.synapses, delay)])

    def retime(self, symbol: str, delay: int | NDArray[np.int32]) -> None:
        """Other delays (in steps) of the synapses of a projection, held as before: one number, or one per synapse."""
        if isinstance(delay, int):
            self.block.resize({f"{symbol}.delay": delay})
        self._connect([ProjectionSizes(symbol, self.storages[symbol].synapses, delay)])

    def rekey(self, symbol: str, synapses: Regenerated) -> None:
        """Have other synapses of the same rule, none of which is stored."""
        self.storages[symbol].synapses = synapses
        self.block.resize({f"{symbol}.rule.key": synapses.rule.key})

    def deepen(self, symbol: str, ring: int) -> None:
        """Keep the past of a population for more steps. What is not known of it is the oldest that is; no spikes."""
        depth, now = self.block.sizes.get(f"{symbol}.ring", ring), self.block.t
        if ring <= depth:
            return
        rings = [f.name for f in self.block.layout.fields if f.extent[:1] == (f"{symbol}.ring",)]
        old = {name: self.memory.read(name).reshape(depth, -1).copy() for name in rings}
        self.block.resize({f"{symbol}.ring": ring})
        steps = np.arange(now - depth, now)
        for name, rows in old.items():
            older = rows[(now - depth) % depth]
            deeper = np.tile(older if name.endswith(".past") else np.zeros_like(older), (ring, 1))
            deeper[steps % ring] = rows[steps % depth]
            self.memory.write(name, deeper.reshape(-1))

    def share(self, team: int, projections: Iterable[ProjectionSizes]) -> None:
        """Let another number of workers go on from here; nothing else changes. `projections` are those of `__init__`.

        Synapses that arriving spikes walk move to where their workers want them: recorders of them are to be made anew.
        """
        layout = self.block.layout
        events = history.capture(self, history.event_lists(layout))
        parted = {symbol: s for symbol, s in self.storages.items() if s.kind == "csr_pre"}
        fields = {
            s: [f.name for f in layout.fields if self._synaptic(f.name) is storage] for s, storage in parted.items()
        }
        for symbol, storage in parted.items():
            storage.synapses.hold()
            for name in fields[symbol]:
                self.memory.write(name, storage.collect(self.memory.read(name)))
        self.block.share(team)
        self.storages |= {symbol: Storage(symbol, layout, s.synapses, team) for symbol, s in parted.items()}
        self._connect([p for p in projections if p.symbol in parted or p.lender in parted])
        for symbol in parted:
            for name in fields[symbol]:
                self.memory.write(name, self.storages[symbol].place(self.memory.read(name)))
        history.restore(self, events)

    def release(self) -> None:
        """Let projections keep nothing that can be made from the block again."""
        for storage in self.storages.values():
            storage.release()

    def _connect(self, projections: list[ProjectionSizes]) -> None:
        for proj in projections:
            storage = self.storages[proj.symbol]
            each = isinstance(proj.delay, np.ndarray)
            placed = each or proj.entries is not None
            values = placed or any(self._synaptic(f.name) is storage for f in self.block.layout.fields)
            arrays = storage.fill(self.block.fields, values)
            if isinstance(proj.delay, np.ndarray):
                arrays[f"{proj.symbol}.delays"] = storage.place(proj.delay)
            if proj.entries is not None:
                taken = proj.entries if proj.lender is None else self.storages[proj.lender].positions()[proj.entries]
                arrays[f"{proj.symbol}.tie.at"] = storage.place(taken)
            for name, array in {**arrays, **proj.tables}.items():
                if self.has(name):
                    self.memory.write(name, array)

    def _of(self, owner: str) -> list[LayoutField]:
        return [f for f in self.block.layout.fields if _owner(f.name) == owner]

    def _holders(self, name: str) -> NDArray[Any] | None:
        """The neuron that holds the value of each synapse, of a variable that synapses of one neuron share."""
        storage = self.storages.get(_owner(name))
        return None if storage is None else storage.holders(self.block.layout[name])

    def _is_index(self, name: str) -> bool:
        return _owner(name) in self.storages and name.partition(".")[2] in _INDICES

    def _synaptic(self, name: str) -> Storage | None:
        """The storage of the projection whose synapses a field belongs to."""
        storage = self.storages.get(_owner(name))
        if storage is None or self._is_index(name):
            return None
        return storage if _per_synapse(self.block.layout[name]) else None


_INDICES = (
    "row", "post", "pre", "back_row", "back", "back_pre", "delays", "tie.at", "stencil.centres",
    *(f"rule.{name}" for name in NUMBERS),
)  # fmt: skip


def _owner(name: str) -> str:
    return name.partition(".")[0]


def _per_synapse(spec: LayoutField) -> bool:
    owner = _owner(spec.name)
    matrix = {f"{owner}.pre_count", f"{owner}.post_count"}
    return spec.extent == (f"{owner}.nnz",) or (len(spec.extent) == 2 and set(spec.extent) == matrix)


def _none(names: Iterable[str]) -> dict[str, int]:
    """Ranges of projections that are not full: nothing."""
    ends = (".pre_first", ".pre_count", ".post_first", ".post_count")
    return {name: 0 for name in names if name.endswith(ends)}
