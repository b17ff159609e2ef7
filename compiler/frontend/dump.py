"""The syntax of a network's models as text: what `nnc --emit-ir=ast` prints."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from nnc.compiler.diagnostics import Diagnostics, Loc, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnc.compiler.description import NetworkDescription, PopulationDescription, ProjectionDescription

_HIDDEN = ("loc", "name_loc", "variable_loc", "diagnostics")


def dump(description: NetworkDescription) -> str:
    """One tree per population and projection, places left out."""
    out: list[str] = []
    owners: tuple[PopulationDescription | ProjectionDescription, ...]
    owners = (*description.populations, *description.projections)
    for owner in owners:
        out.append(f"{owner.symbol}:")
        out += [f"  {line}" for line in _tree(owner.model)]
    return "\n".join(out) + "\n"


def _tree(node: Any) -> Iterator[str]:
    shown = [
        (f.name, getattr(node, f.name))
        for f in dataclasses.fields(node)
        if f.name not in _HIDDEN and not isinstance(getattr(node, f.name), (Loc, Source, Diagnostics))
    ]
    plain = [f"{n}={v!r}" for n, v in shown if not _nested(v) and v not in (None, (), frozenset())]
    yield f"{type(node).__name__} {' '.join(plain)}".rstrip()
    for name, value in shown:
        if not _nested(value):
            continue
        if dataclasses.is_dataclass(value):
            yield f"  {name}:"
            yield from (f"    {line}" for line in _tree(value))
            continue
        yield f"  {name}:"
        for item in value:
            if dataclasses.is_dataclass(item):
                yield from (f"    {line}" for line in _tree(item))
            else:
                yield f"    {_plain(item)}"


def _nested(value: Any) -> bool:
    if dataclasses.is_dataclass(value):
        return True
    return isinstance(value, tuple) and any(
        dataclasses.is_dataclass(v) or (isinstance(v, tuple) and any(dataclasses.is_dataclass(w) for w in v))
        for v in value
    )


def _plain(item: Any) -> str:
    if isinstance(item, tuple):
        return ", ".join(" ".join(_tree(v)) if dataclasses.is_dataclass(v) else str(v) for v in item)
    return str(item)
