"""A report as Markdown with formulas between dollars, and as Quarto."""

from __future__ import annotations

import re
from typing import Final

from nnc.runtime.reporting.document import Block, Cell, Code, Document, Formulas, Inline, Maths, Paragraph, Section
from nnc.runtime.reporting.latex import display, latex

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>$|#])")
_SPACE: Final = re.compile(r"\s+")


def markdown(document: Document, standalone: bool) -> str:
    """The text of a file; without `standalone` it has no header."""
    parts = [_header(document)] if standalone else []
    parts += [_section(s, 1) for s in document.sections]
    return "\n\n".join(parts) + "\n"


def _header(document: Document) -> str:
    given = (("title", document.title), ("author", document.author), ("date", document.date))
    return "\n".join(["---", *(f"{key}: {_quoted(value)}" for key, value in given if value), "---"])


def _quoted(value: str) -> str:
    text = _SPACE.sub(" ", value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _section(section: Section, level: int) -> str:
    parts = [f"{'#' * level} {_cell(section.title)}"]
    parts += [_block(b) for b in section.blocks]
    parts += [_section(s, level + 1) for s in section.parts]
    return "\n\n".join(parts)


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return _cell(block.cell)
    if isinstance(block, Formulas):
        return _formulas(block)
    head = f"| {' | '.join(block.header)} |"
    rule = f"|{'|'.join(['---'] * len(block.header))}|"
    rows = [f"| {' | '.join(_in_table(c) for c in row)} |" for row in block.rows]
    return "\n".join([head, rule, *rows])


def _formulas(block: Formulas) -> str:
    parts = [f"**{block.title}**"]
    for line in block.lines:
        parts.append(f"$$\n{display(line.expr)}\n$$")
        if line.remark:
            parts.append(f"({_cell(line.remark)})")
    return "\n\n".join(parts)


def _cell(cell: Cell) -> str:
    return "".join(map(_inline, cell))


def _in_table(cell: Cell) -> str:
    """A bar ends a cell even in code, so it is written as an entity there."""
    return "".join(_inline(i).replace("|", "\\|") if isinstance(i, Code) else _inline(i) for i in cell)


def _inline(inline: Inline) -> str:
    if isinstance(inline, Maths):
        return f"${_SPACE.sub(' ', latex(inline.expr))}$"
    words = _SPACE.sub(" ", inline.text)
    if not isinstance(inline, Code):
        return _SPECIAL.sub(r"\\\1", words)
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", words)), default=0))
    space = " " if len(ticks) > 1 else ""
    return f"{ticks}{space}{words}{space}{ticks}"
