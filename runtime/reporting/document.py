"""A report before it has a format: sections of paragraphs, tables and formulas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnc.runtime.reporting.maths import Expr


@dataclass(frozen=True)
class Text:
    """Words."""

    text: str


@dataclass(frozen=True)
class Code:
    """A name or text of the script."""

    text: str


@dataclass(frozen=True)
class Maths:
    """A formula in a line of text."""

    expr: Expr


Inline = Text | Code | Maths
Cell = tuple[Inline, ...]


@dataclass(frozen=True)
class Paragraph:
    """A line of text."""

    cell: Cell


@dataclass(frozen=True)
class Table:
    """Rows of cells under a header; `widths` are shares of the line that columns take."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[float, ...]


@dataclass(frozen=True)
class Line:
    """A formula on a line of its own, with a remark."""

    expr: Expr
    remark: Cell = ()


@dataclass(frozen=True)
class Formulas:
    """Formulas that belong together, under what they are."""

    title: str
    lines: tuple[Line, ...]


Block = Paragraph | Table | Formulas


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it."""

    title: Cell
    blocks: tuple[Block, ...] = ()
    parts: tuple[Section, ...] = ()


@dataclass(frozen=True)
class Document:
    """A report."""

    title: str
    author: str
    date: str
    sections: tuple[Section, ...]


def text(words: str) -> Cell:
    """A cell of words."""
    return (Text(words),)


def code(name: str) -> Cell:
    """A cell with a name."""
    return (Code(name),)


def joined(cells: list[Cell], between: str = ", ") -> Cell:
    """Cells in a row."""
    out: list[Inline] = []
    for cell in cells:
        if out and cell:
            out.append(Text(between))
        out += cell
    return tuple(out)


def sentence(*parts: str | Inline) -> Cell:
    """A cell of words, names and formulas."""
    return tuple(Text(p) if isinstance(p, str) else p for p in parts)
