"""Inputs that follow a clock, in state files: where they stand, and the tables and event lists that they show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.errors import NNCValueError
from nnc.runtime.inputs.schedule import Position

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnc.runtime.inputs.timed import TimedPopulation
    from nnc.runtime.io.objects import Arrays, Saved


def pack(population: TimedPopulation, arrays: Arrays) -> dict[str, Any]:
    """What of an input lives outside of the state block; tables go to `arrays`."""
    symbol = population.class_name
    return {
        name: _pack(getattr(population, name), f"{symbol}/clock/{name}", f"{symbol}/", arrays)
        for name in population._lives
    }


def restore(saved: Saved, population: TimedPopulation) -> None:
    """Let an input go on from where the saved one stood."""
    clock = saved.entry.get("clock")
    if clock is None or set(clock) != set(population._lives):
        raise NNCValueError(f"'{saved.archive.path}': population '{saved.name}' is another kind of input")
    for name in population._lives:
        setattr(population, name, _unpack(clock[name], saved))
    population._moved()


def _pack(value: Any, key: str, prefix: str, arrays: Arrays) -> Any:
    if isinstance(value, np.ndarray):
        arrays[key] = value
        return {"array": key.removeprefix(prefix)}
    if isinstance(value, Position):
        return {"position": [value.tau, value.row, value.shown]}
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_pack(v, f"{key}/{i}", prefix, arrays) for i, v in enumerate(value)]}
    return value.item() if isinstance(value, np.generic) else value


def _unpack(packed: Any, saved: Saved) -> Any:
    if not isinstance(packed, dict):
        return packed
    kind, content = _only(packed)
    if kind == "array":
        return saved.archive.array(f"{saved.symbol}/{content}")
    if kind == "position":
        return Position(*(int(number) for number in content))
    values = [_unpack(v, saved) for v in content]
    return tuple(values) if kind == "tuple" else values


def _only(packed: Mapping[str, Any]) -> tuple[str, Any]:
    return next(iter(packed.items()))
