"""What a format of streamed recordings does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

CHUNK: Final = 1 << 20
"""Bytes of a chunk of a column in the file, about."""


class Sink(Protocol):
    """Writes and reads columns of a file. Files are open only within a call: what was written stays.

    `where` is the group of a variable, `MONITOR/VARIABLE`.
    """

    def check(self) -> None:
        """Raise `NNCImportError` if the package is not installed."""

    def create(self, path: Path, facts: Mapping[str, Any]) -> None:
        """A new file with some attributes, in place of what is there."""

    def open_group(self, path: Path, name: str, facts: Mapping[str, Any]) -> None:
        """A group of the file with attributes; it must not be there yet."""

    def append(self, path: Path, where: str, columns: Mapping[str, NDArray[Any]]) -> None:
        """Put rows at the end of columns, all of the same length; the first rows make the columns."""

    def read(self, path: Path, where: str, column: str, start: int) -> NDArray[Any] | None:
        """The rows of a column from one on; None if nothing was written yet."""

    def cut(self, path: Path, where: str, columns: Mapping[str, int]) -> None:
        """Shorten columns to so many rows."""


def rows_per_chunk(rows: NDArray[Any]) -> int:
    """Rows of a chunk of a column, of the length and type of some."""
    return max(1, CHUNK // max(1, rows[:1].nbytes))
