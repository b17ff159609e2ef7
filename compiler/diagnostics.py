"""Where things stand in the user's file, and what is said about them.

`Source` is a text with its place in a file, `Loc` a range of it. Every AST node and every op carries a `Loc`,
so any stage can point a caret at the user's own line. `Diagnostics` collects; `raise_if_errors` stops.
"""

from __future__ import annotations

import difflib
import linecache
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Severity = Literal["error", "warning", "note"]


class NNCError(Exception):
    """Base of every error that nnc raises on purpose."""


class DiagnosticError(NNCError):
    """One or more errors in a model, each with its place; `str()` is the rendered text."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n\n".join(d.render() for d in self.diagnostics))


@dataclass(frozen=True, eq=False)
class Source:
    """A text of the equation language (or of the IR) and where its first character stands.

    `line` and `column` are 1-based. With `exact` False the text could not be mapped onto the file character by
    character (escapes, concatenation, a variable): then the text itself is shown, and `path:line` as its origin.
    """

    text: str
    path: str | None = None
    line: int = 1
    column: int = 1
    exact: bool = True
    what: str = "text"
    places: tuple[tuple[int, int], ...] = ()
    """(line, column) of every character and of the end, where escapes keep the text from standing as it is."""

    def position(self, offset: int) -> tuple[int, int]:
        """(line, column) of a character, both 1-based, in the file if `exact`, else in the text."""
        if self.places:
            return self.places[min(max(0, offset), len(self.places) - 1)]
        before = self.text[: max(0, offset)]
        lines = before.count("\n")
        last = before.rfind("\n")
        if not self.exact:
            return lines + 1, offset - last
        if lines == 0:
            return self.line, self.column + offset
        return self.line + lines, offset - last

    def line_text(self, line: int) -> str:
        """The whole line of the file (or of the text when the file cannot be read)."""
        if self.exact and self.path is not None:
            got = linecache.getline(self.path, line)
            if got:
                return got.rstrip("\n")
        index = line - self.line if self.exact else line - 1
        lines = self.text.split("\n")
        if not 0 <= index < len(lines):
            return ""
        return " " * (self.column - 1) * (index == 0 and self.exact) + lines[index]


@dataclass(frozen=True)
class Loc:
    """A range of characters `[start, end)` of a source; `others` are the further places of a merged op."""

    source: Source | None = None
    start: int = 0
    end: int = 0
    others: tuple[Loc, ...] = ()

    @property
    def known(self) -> bool:
        """Whether this points at some text."""
        return self.source is not None

    def fuse(self, other: Loc) -> Loc:
        """This place, remembering the other as well."""
        if not self.known:
            return other
        if not other.known or other == self:
            return self
        more = tuple(dict.fromkeys((*self.others, Loc(other.source, other.start, other.end), *other.others)))
        return Loc(self.source, self.start, self.end, tuple(o for o in more if o != self)[:8])

    def to(self, other: Loc) -> Loc:
        """From the start of this to the end of the other (same source)."""
        if other.source is not self.source:
            return self
        return Loc(self.source, min(self.start, other.start), max(self.end, other.end))

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end] if self.source else ""

    def __str__(self) -> str:
        if self.source is None:
            return "?"
        line, column = self.source.position(self.start)
        return f"{self.source.path or '<' + self.source.what + '>'}:{line}:{column}"


UNKNOWN = Loc()


@dataclass(frozen=True)
class Diagnostic:
    """One message: a stable code such as `N0201`, a text, a place, notes, and what would fix it."""

    severity: Severity
    code: str
    message: str
    loc: Loc = UNKNOWN
    help: str | None = None
    notes: tuple[str, ...] = ()
    related: tuple[tuple[Loc, str], ...] = ()

    def render(self) -> str:
        """The text shown to a user, with the line and a caret under the place."""
        out = [f"{self.severity}[{self.code}]: {self.message}"]
        out += excerpt(self.loc)
        for loc, label in self.related:
            out += [f"   = {label}:", *excerpt(loc)]
        out += [f"   = note: {n}" for n in self.notes]
        if self.help:
            out.append(f"   = help: {self.help}")
        return "\n".join(out)


def excerpt(loc: Loc) -> list[str]:
    """The lines that show a place: file and position, the line, carets under it. Empty for an unknown place."""
    if loc.source is None:
        return []
    source = loc.source
    line, column = source.position(loc.start)
    where = source.path or f"<{source.what}>"
    arrow = f"{where}:{line}:{column}" if source.exact else f"{where}:{source.line} (in the {source.what}, line {line})"
    text = source.line_text(line)
    end_line, end_column = source.position(loc.end)
    width = max(1, (end_column if end_line == line else len(text) + 1) - column)
    number = str(line)
    pad = " " * len(number)
    lead = "".join(c if c == "\t" else " " for c in text[: column - 1]).ljust(column - 1)
    return [
        f"{pad}--> {arrow}",
        f"{pad} |",
        f"{number} | {text}",
        f"{pad} | {lead}{'^' * width}",
    ]


@dataclass
class Diagnostics:
    """Collects messages so that a user sees all errors at once."""

    items: list[Diagnostic] = field(default_factory=list)

    def error(
        self,
        code: str,
        message: str,
        loc: Loc = UNKNOWN,
        *,
        help: str | None = None,
        notes: tuple[str, ...] = (),
        related: tuple[tuple[Loc, str], ...] = (),
    ) -> None:
        """Add an error."""
        self._add(Diagnostic("error", code, message, loc, help, notes, related))

    def warning(
        self, code: str, message: str, loc: Loc = UNKNOWN, *, help: str | None = None, notes: tuple[str, ...] = ()
    ) -> None:
        """Add a warning."""
        self._add(Diagnostic("warning", code, message, loc, help, notes))

    def note(
        self, code: str, message: str, loc: Loc = UNKNOWN, *, help: str | None = None, notes: tuple[str, ...] = ()
    ) -> None:
        """Add a remark; shown on request."""
        self._add(Diagnostic("note", code, message, loc, help, notes))

    def _add(self, item: Diagnostic) -> None:
        if item not in self.items:
            self.items.append(item)

    @property
    def errors(self) -> list[Diagnostic]:
        """The errors among the messages."""
        return [d for d in self.items if d.severity == "error"]

    def raise_if_errors(self) -> None:
        """Raise `DiagnosticError` with all errors if there is one."""
        if self.errors:
            raise DiagnosticError(self.errors)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.items)


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A help text with the nearest known name, or None."""
    candidates = list(known)
    near = difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
    if not near:
        near = [k for k in candidates if k.lower() == name.lower()]
    return f"did you mean '{near[0]}'?" if near else None
