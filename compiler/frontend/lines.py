"""Cutting a text of the equation language into statements.

`;` and line breaks separate, `#` starts a comment, and a line without an assignment sign of its own continues the
statement before it (language specification, 2.1 and 2.2). Statements keep their offsets in the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnc.compiler.diagnostics import Loc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnc.compiler.diagnostics import Diagnostics, Source

_COMMENT = re.compile(r"#[^\n]*")
_ASSIGNMENT = re.compile(r"(?<![=<>!])=(?!=)")


@dataclass(frozen=True)
class Piece:
    """A statement: its characters (comments and separators blanked, so offsets hold) and where they start."""

    text: str
    start: int

    def loc(self, source: Source) -> Loc:
        """The place of the statement, without surrounding blanks."""
        lead = len(self.text) - len(self.text.lstrip())
        return Loc(source, self.start + lead, self.start + len(self.text.rstrip()))


def blank_comments(text: str) -> str:
    """The text with comments replaced by blanks of equal length."""
    return _COMMENT.sub(lambda m: " " * len(m.group()), text)


def lines(source: Source) -> Iterator[Piece]:
    """The non-empty lines, cut at line breaks and `;`."""
    start = 0
    for part in re.split(r"[\n;]", blank_comments(source.text)):
        if part.strip():
            yield Piece(part, start)
        start += len(part) + 1


def statements(source: Source, diagnostics: Diagnostics) -> Iterator[Piece]:
    """The statements; a line that continues nothing is reported as N0103."""
    current: Piece | None = None
    depth = 0
    for line in lines(source):
        if depth <= 0 and starts_statement(line.text):
            if current is not None:
                yield current
            current, depth = line, 0
        elif current is None:
            diagnostics.error(
                "N0103",
                "this line has no assignment and there is none before it to continue",
                line.loc(source),
                help="a statement is 'name = expression' or a differential equation such as 'tau*dv/dt = -v'",
            )
            continue
        else:
            gap = line.start - current.start - len(current.text)
            current = Piece(current.text + " " * gap + line.text, current.start)
        depth += line.text.count("(") - line.text.count(")")
    if current is not None:
        yield current


def starts_statement(line: str) -> bool:
    """Whether a line has an assignment sign outside parentheses and in front of any colon."""
    depth = 0
    for index, char in enumerate(line):
        if char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
        elif char == ":" and depth <= 0:
            return False
        elif char == "=" and depth <= 0 and _ASSIGNMENT.match(line, index) is not None:
            return True
    return False
