"""How objects show themselves in notebooks."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nnc.runtime.slots import Slot


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """An HTML table; all texts are escaped."""
    cells = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(str(c))}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><caption>{html.escape(title)}</caption><tr>{cells}</tr>{body}</table>"


def attribute_table(title: str, slots: Iterable[Slot]) -> str:
    """A table of attributes, parameters first."""
    rows = [(s.name, "parameter" if s.is_parameter else "variable", s.locality, s.kind, s.init) for s in slots]
    return table(title, ("attribute", "role", "locality", "type", "initially"), sorted(rows, key=lambda r: r[1]))
