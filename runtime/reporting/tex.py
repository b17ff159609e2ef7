"""A report as a LaTeX document; it needs packages only that every LaTeX installation has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from nnc.runtime.reporting.document import Block, Cell, Code, Document, Formulas, Inline, Line, Maths, Paragraph, Table
from nnc.runtime.reporting.latex import display, escaped, latex

if TYPE_CHECKING:
    from nnc.runtime.reporting.document import Section

_PREAMBLE: Final = r"""\documentclass[a4paper,10pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage[margin=2cm]{geometry}
\usepackage{amsmath}
\usepackage{amssymb}
\usepackage{array}
\usepackage{longtable}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
"""
_BREAKS: Final = re.compile(r"(?<=_)|(?<=[a-z])(?=[A-Z])")
_LEVELS: Final = ("section", "subsection", "subsubsection")
_COLUMN: Final = r">{\raggedright\arraybackslash}p{\dimexpr %.3f\linewidth-2\tabcolsep\relax}"


def tex(document: Document, standalone: bool) -> str:
    """The text of a file; without `standalone` a part of another document, which loads amsmath, array, longtable."""
    body = "\n\n".join(_section(s, 0) for s in document.sections)
    if not standalone:
        return body + "\n"
    title = f"\\title{{{escaped(document.title)}}}\n\\author{{{escaped(document.author)}}}\n"
    date = f"\\date{{{escaped(document.date)}}}\n"
    return f"{_PREAMBLE}{title}{date}\\begin{{document}}\n\\maketitle\n\n{body}\n\n\\end{{document}}\n"


def _section(section: Section, level: int) -> str:
    parts = [f"\\{_LEVELS[min(level, 2)]}*{{{_cell(section.title)}}}"]
    parts += [_block(b) for b in _merged(section.blocks)]
    parts += [_section(s, level + 1) for s in section.parts]
    return "\n\n".join(parts)


def _merged(blocks: tuple[Block, ...]) -> list[Block | list[Formulas]]:
    """Formulas in a row are one table."""
    out: list[Block | list[Formulas]] = []
    for block in blocks:
        if not isinstance(block, Formulas):
            out.append(block)
        elif out and isinstance(out[-1], list):
            out[-1].append(block)
        else:
            out.append([block])
    return out


def _block(block: Block | list[Formulas]) -> str:
    if isinstance(block, list):
        return _formulas(block)
    if isinstance(block, Formulas):
        return _formulas([block])
    if isinstance(block, Paragraph):
        return _cell(block.cell)
    return _table(block)


def _table(table: Table) -> str:
    head = " & ".join(f"\\textbf{{{escaped(name)}}}" for name in table.header)
    rows = [" & ".join(_cell(c) for c in row) for row in table.rows]
    return _longtable(table.widths, f"{head} \\\\ \\hline\\noalign{{\\vskip 3pt}}\n\\endhead\n", rows)


def _formulas(blocks: list[Formulas]) -> str:
    rows = [
        f"{escaped(b.title)} & {_line(line)}" if k == 0 else f" & {_line(line)}"
        for b in blocks
        for k, line in enumerate(b.lines)
    ]
    return _longtable((0.2, 0.8), "", rows)


def _line(line: Line) -> str:
    formula = f"$\\displaystyle {display(line.expr)}$"
    return f"{formula}\\newline {{\\small {_cell(line.remark)}}}" if line.remark else formula


def _longtable(widths: tuple[float, ...], head: str, rows: list[str]) -> str:
    columns = "".join(_COLUMN % (width * 0.99) for width in widths)
    body = "".join(f"{row} \\\\[4pt]\n" for row in rows)
    return (
        f"\\begin{{longtable}}{{{columns}}}\n\\hline\\noalign{{\\vskip 3pt}}\n{head}{body}\\hline\n\\end{{longtable}}"
    )


def _cell(cell: Cell) -> str:
    return "".join(map(_inline, cell))


def _inline(inline: Inline) -> str:
    if isinstance(inline, Maths):
        return f"${latex(inline.expr)}$"
    if isinstance(inline, Code):
        return f"\\texttt{{{_breakable(inline.text)}}}"
    return escaped(inline.text)


def _breakable(name: str) -> str:
    """A name that may go on in the next line after an underscore and before a capital."""
    parts = _BREAKS.split(name)
    return r"\allowbreak{}".join(escaped(part) for part in parts if part)
