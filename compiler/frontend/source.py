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
            return Source(text, self.path, found[0][0], found[0][1], True, what, tuple(found[1:]))
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
    linecache.checkcache(path)  # a script may be edited and run again in one process
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


def _find_literal(site: Site, text: str) -> list[tuple[int, int]] | None:
    """Where the text of a literal of the call stands in the file, (line, column), 1-based.

    One place, that of the first character, if the file holds the text as it is; else the first character's and one for
    every character and the end.
    """
    lines = _lines(site.path)
    if not lines or not text:
        return None
    places = [p for p in _literals(site.path, hash(tuple(lines))) if p[0] == text]
    last = site.end_line or site.line
    inside = [p for p in places if site.line <= p[1] and p[3] <= last]
    if not inside and len(places) == 1:
        inside = places
    for _, line, column, end in inside:
        found = _characters_of(lines, line, column, end, text)
        if found is not None:
            return found
    return None


def _characters_of(lines: list[str], line: int, column: int, end: int, text: str) -> list[tuple[int, int]] | None:
    offset = _characters(lines[line - 1], column)
    match = _PREFIX.match(lines[line - 1], offset)
    if match is None:
        return None
    rest = lines[line - 1][match.end() :] + "".join(lines[line:end])
    start = (line, match.end() + 1)
    if rest.startswith(text):
        return [start]
    escapes = _escaped(rest, match.group("quote"), start) if match.group("prefix") in ("", "u", "U") else None
    if escapes is None or "".join(c for c, _ in escapes[:-1]) != text:
        return None
    return [start, *(place for _, place in escapes)]


_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", "'": "'", '"': '"'}


def _escaped(rest: str, quote: str, start: tuple[int, int]) -> list[tuple[str, tuple[int, int]]] | None:
    """The characters that a literal stands for, each with its place; the last entry is the closing quote's."""
    out: list[tuple[str, tuple[int, int]]] = []
    (line, column), index = start, 0
    while index < len(rest):
        place = (line, column)
        if rest.startswith(quote, index):
            return [*out, ("", place)]
        char, width = rest[index], 1
        if char == "\\":
            char, width = rest[index + 1 : index + 2], 2
            if char != "\n" and char not in _ESCAPES:
                return None
        if char != "\n" or width == 1:
            out.append((_ESCAPES[char] if width == 2 else char, place))
        newline = rest[index + width - 1] == "\n"
        line, column = (line + 1, 1) if newline else (line, column + width)
        index += width
    return None
