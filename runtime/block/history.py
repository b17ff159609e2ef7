"""The past that a state holds: rings of values and lists of events, told by age.

In the block, row k of a ring stands at k modulo its depth, and events are parted among the workers. Here row j is
that of j + 1 steps ago, so that a past fits states of other depths, times and numbers of workers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.codegen.layout import bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from nnc.compiler.codegen.layout import Layout
    from nnc.runtime.block.state import State

_RING = ".past"
_COUNT = ".count"


def rings(layout: Layout) -> list[str]:
    """The fields that are rings of past values."""
    return [f.name for f in layout.fields if f.name.endswith(_RING) and len(f.extent) == 2]


def event_lists(layout: Layout) -> list[str]:
    """The fields that are lists of events."""
    names = {f.name for f in layout.fields}
    return [
        f.name.removesuffix(_COUNT)
        for f in layout.fields
        if f.name.endswith(_COUNT) and f.extent[1:] == ("team",) and f.name.removesuffix(_COUNT) in names
    ]


def past_fields(layout: Layout) -> frozenset[str]:
    """All fields that hold the past."""
    events = event_lists(layout)
    return frozenset([*rings(layout), *events, *(f"{name}{_COUNT}" for name in events)])


def capture(state: State, names: Iterable[str] | None = None) -> dict[str, NDArray[Any]]:
    """The past of some fields (all): rings as (age, element); events as neurons, ages ascending, and `x.count`."""
    layout = state.block.layout
    wanted = past_fields(layout) if names is None else set(names)
    found: dict[str, NDArray[Any]] = {}
    for name in rings(layout):
        if name in wanted:
            depth = state.block.sizes[layout[name].extent[0]]
            found[name] = state.memory.read(name).reshape(depth, -1)[_rows(state, depth)]
    for name in event_lists(layout):
        if name in wanted:
            found[name], found[f"{name}{_COUNT}"] = _events(state, name)
    return found


def restore(state: State, past: Mapping[str, NDArray[Any]]) -> None:
    """Put a past into a state. What is older than it holds: rings repeat the oldest row, events there are none."""
    layout = state.block.layout
    for name in rings(layout):
        if name in past and len(past[name]):
            depth = state.block.sizes[layout[name].extent[0]]
            values = np.empty((depth, past[name].shape[1]), layout[name].dtype.numpy)
            values[_rows(state, depth)] = past[name][np.minimum(np.arange(depth), len(past[name]) - 1)]
            state.memory.write(name, values.reshape(-1))
    for name in event_lists(layout):
        if name in past:
            _put_events(state, name, past[name], past[f"{name}{_COUNT}"])


def _rows(state: State, depth: int) -> NDArray[np.int64]:
    """Where the rows of one step ago, two steps ago, ... stand."""
    rows: NDArray[np.int64] = (state.block.t - 1 - np.arange(depth)) % depth
    return rows


def _events(state: State, name: str) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    depth, n = (state.block.sizes[size] for size in state.block.layout[name].extent)
    lists = [state.events(name, int(row), n) for row in _rows(state, depth)]
    return np.concatenate(lists).astype(np.int32), np.array([len(events) for events in lists], np.int64)


def _put_events(state: State, name: str, neurons: NDArray[Any], counts: NDArray[Any]) -> None:
    block = state.block
    depth, n = (block.sizes[size] for size in block.layout[name].extent)
    edges = np.asarray(bounds(n, block.team))
    lists, parts = np.zeros((depth, n), np.int32), np.zeros((depth, block.team), np.int32)
    last = np.cumsum(counts)
    for row, first, end in zip(_rows(state, depth), last - counts, last, strict=False):
        events = neurons[first:end]
        cuts = np.searchsorted(events, edges)
        for worker, start in enumerate(edges[:-1]):
            chosen = events[cuts[worker] : cuts[worker + 1]]
            lists[row, start : start + len(chosen)] = chosen
            parts[row, worker] = len(chosen)
    state.memory.write(name, lists.reshape(-1))
    state.memory.write(f"{name}{_COUNT}", parts.reshape(-1))
