"""Finding the user's text in the user's file, so that an error can point at the very character.

When a `Neuron(...)` is made, the caller's frame tells file and position of the call (PEP 657), `ast` finds the string
literal of the keyword there, and if the literal has no escapes its characters map one to one onto the file. A text
that was put together in other ways is shown by itself, with the line of the call as its origin.
"""

from __future__ import annotations

import ast
import linecache
import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from nnc.compiler.diagnostics import Loc, Source

if TYPE_CHECKING:
    from types import CodeType, FrameType

_PREFIX = re.compile(r"(?P<prefix>[rRuU]?)(?P<quote>'''|\"\"\"|'|\")")


@dataclass(frozen=True)
class Site:
    """A call in the user's code: file and the range of lines and columns (1-based lines, 0-based columns)."""

    path: str
    line: int
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None

    def source(self, text: str, what: str) -> Source:
        """The text as it stands in the file; `what` names it in messages (`equations`, `reset`)."""
        found = _find_literal(self, text)
        if found is not None:
            return Source(text, self.path, found[0], found[1], True, what)
        return Source(text, self.path, self.line, 1, False, what)

    def loc(self) -> Loc:
        """The call itself (its first line)."""
        lines = _lines(self.path)
        if not 0 < self.line <= len(lines):
            return Loc(Source("", self.path, self.line, 1, False, "call"), 0, 0)
        text = lines[self.line - 1].rstrip("\n")
        start = len(text) - len(text.lstrip()) if self.column is None else _characters(text, self.column)
        one_line = self.end_line == self.line and self.end_column is not None
        end = _characters(text, self.end_column or 0) if one_line else len(text)
        return Loc(Source(text, self.path, self.line, 1, True, "call"), start, max(start + 1, end))


def calling_site() -> Site:
    """The innermost call made by code outside nnc."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    if frame is None:
        return Site("<unknown>", 0)
    return _site(frame)


def _is_ours(frame: FrameType) -> bool:
    name = str(frame.f_globals.get("__name__", ""))
    return name == "nnc" or name.startswith("nnc.")


def _site(frame: FrameType) -> Site:
    code: CodeType = frame.f_code
    path = code.co_filename
    for index, position in enumerate(code.co_positions()):
        if index * 2 == frame.f_lasti:
            line, end_line, column, end_column = position
            if line is not None:
                return Site(path, line, column, end_line, end_column)
    return Site(path, frame.f_lineno)


def _lines(path: str) -> list[str]:
    return linecache.getlines(path)


def _characters(line: str, utf8_column: int) -> int:
    """Column in characters of a column in UTF-8 bytes."""
    return len(line.encode("utf-8")[:utf8_column].decode("utf-8", "ignore"))


@lru_cache(maxsize=32)
def _literals(path: str, stamp: int) -> tuple[tuple[str, int, int, int], ...]:
    """All string literals of a file: value, line, column in bytes, last line."""
    try:
        tree = ast.parse("".join(_lines(path)))
    except (SyntaxError, ValueError, RecursionError):
        return ()
    return tuple(
        (node.value, node.lineno, node.col_offset, node.end_lineno or node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _find_literal(site: Site, text: str) -> tuple[int, int] | None:
    """(line, column), 1-based, of the first character of the literal with this value that belongs to the call."""
    lines = _lines(site.path)
    if not lines or not text:
        return None
    places = [p for p in _literals(site.path, hash(tuple(lines))) if p[0] == text]
    last = site.end_line or site.line
    inside = [p for p in places if site.line <= p[1] and p[3] <= last]
    if not inside and len(places) == 1:
        inside = places
    for _, line, column, _ in inside:
        start = _first_character(lines, line, column, text)
        if start is not None:
            return start
    return None


def _first_character(lines: list[str], line: int, column: int, text: str) -> tuple[int, int] | None:
    """Where the text of a literal begins, if the file holds it character by character."""
    offset = _characters(lines[line - 1], column)
    match = _PREFIX.match(lines[line - 1], offset)
    if match is None:
        return None
    rest = lines[line - 1][match.end() :] + "".join(lines[line : line + text.count("\n")])
    if not rest.startswith(text):
        return None
    return line, match.end() + 1
