"""A report as one HTML file with MathML: nothing is loaded from elsewhere. It is well-formed XML too."""

from __future__ import annotations

from html import escape
from typing import Final

from nnc.runtime.reporting.document import Block, Cell, Code, Document, Formulas, Inline, Maths, Paragraph, Section
from nnc.runtime.reporting.mathml import mathml

_STYLE: Final = """
body { font-family: system-ui, sans-serif; line-height: 1.5; max-width: 62rem; margin: 0 auto; padding: 1rem;
  color: #1a1a1a; background: #fff; }
h1 { margin-bottom: 0.2rem; } h2 { margin-top: 2.5rem; border-bottom: 2px solid #1a1a1a; }
.byline { color: #555; } .remark { color: #555; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
math mtable { width: auto; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.6rem; border-bottom: 1px solid #ccc; }
thead th { background: #1a1a1a; color: #fff; }
table.equations th { width: 20%; font-weight: 600; }
math[display=block] { text-align: left; display: block math; margin-inline: 0; width: max-content; }
.line { display: flex; flex-wrap: wrap; gap: 0.2rem 2.5rem; align-items: center; margin: 0.3rem 0; }
code { font-size: 0.95em; overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #161616; } .byline, .remark { color: #aaa; }
  thead th { background: #eee; color: #161616; } h2 { border-color: #eee; } th, td { border-color: #444; } }
"""


def html(document: Document, standalone: bool) -> str:
    """The text of a file; without `standalone` the sections alone, to stand in another page."""
    body = "\n".join(_section(s, 2) for s in document.sections)
    if not standalone:
        return body + "\n"
    title = escape(document.title)
    by = ", ".join(escape(part) for part in (document.author, document.date) if part)
    byline = f'<p class="byline">{by}</p>\n' if by else ""
    head = (
        f'<meta charset="utf-8"/>\n<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>"
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en" xmlns="http://www.w3.org/1999/xhtml">\n<head>\n{head}\n</head>\n'
        f"<body>\n<main>\n<h1>{title}</h1>\n{byline}{body}\n</main>\n</body>\n</html>\n"
    )


def _section(section: Section, level: int) -> str:
    parts = [f"<h{level}>{_cell(section.title)}</h{level}>"]
    parts += [_block(b) for b in section.blocks]
    parts += [_section(s, level + 1) for s in section.parts]
    inside = "\n".join(parts)
    return f"<section>\n{inside}\n</section>"


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return f"<p>{_cell(block.cell)}</p>"
    if isinstance(block, Formulas):
        return _formulas(block)
    columns = "".join(f'<col style="width:{width:.0%}"/>' for width in block.widths)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in block.header)
    rows = "\n".join(f"<tr>{''.join(f'<td>{_cell(c)}</td>' for c in row)}</tr>" for row in block.rows)
    return (
        f'<div class="wide"><table>\n<colgroup>{columns}</colgroup>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table></div>"
    )


def _formulas(block: Formulas) -> str:
    lines = []
    for line in block.lines:
        remark = f'<span class="remark">{_cell(line.remark)}</span>' if line.remark else ""
        lines.append(f'<div class="line">{mathml(line.expr, block=True)}{remark}</div>')
    cells = "\n".join(lines)
    return (
        f'<div class="wide"><table class="equations"><tbody><tr><th scope="row">{escape(block.title)}</th>'
        f"<td>\n{cells}\n</td></tr></tbody></table></div>"
    )


def _cell(cell: Cell) -> str:
    return "".join(map(_inline, cell))


def _inline(inline: Inline) -> str:
    if isinstance(inline, Maths):
        return mathml(inline.expr)
    if isinstance(inline, Code):
        return f"<code>{escape(inline.text)}</code>"
    return escape(inline.text)
