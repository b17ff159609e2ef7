"""Recordings in Zarr folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nnc.runtime.extras import extra
from nnc.runtime.sinks.sink import rows_per_chunk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from nnc.runtime.sinks.sink import Sink


class ZarrFolder:
    """The sink for `.zarr`."""

    def check(self) -> None:
        """See `Sink`."""
        self._package()

    def create(self, path: Path, facts: Mapping[str, Any]) -> None:
        """See `Sink`."""
        self._package().open_group(path, mode="w").attrs.update(facts)

    def open_group(self, path: Path, name: str, facts: Mapping[str, Any]) -> None:
        """See `Sink`."""
        self._file(path).create_group(name).attrs.update(facts)

    def append(self, path: Path, where: str, columns: Mapping[str, NDArray[Any]]) -> None:
        """See `Sink`."""
        file = self._file(path)
        for name, rows in columns.items():
            place = f"{where}/{name}"
            if place in file:
                file[place].append(rows)
                continue
            chunks = (rows_per_chunk(rows), *(max(1, width) for width in rows.shape[1:]))
            file.create_array(place, shape=rows.shape, chunks=chunks, dtype=rows.dtype)[:] = rows

    def read(self, path: Path, where: str, column: str, start: int) -> NDArray[Any] | None:
        """See `Sink`."""
        file = self._file(path)
        place = f"{where}/{column}"
        if place not in file:
            return None
        rows: NDArray[Any] = file[place][start:]
        return rows

    def cut(self, path: Path, where: str, columns: Mapping[str, int]) -> None:
        """See `Sink`."""
        file = self._file(path)
        for name, length in columns.items():
            if f"{where}/{name}" in file:
                data = file[f"{where}/{name}"]
                data.resize((length, *data.shape[1:]))

    def _file(self, path: Path) -> Any:
        return self._package().open_group(path, mode="r+")

    @staticmethod
    def _package() -> Any:
        return extra("zarr", "zarr", "streaming into Zarr files")


SINK: Final[Sink] = ZarrFolder()
