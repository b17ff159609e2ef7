"""Recordings in HDF5 files, by h5py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nnc.runtime.extras import extra
from nnc.runtime.sinks.sink import rows_per_chunk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from nnc.runtime.sinks.sink import Sink


class Hdf5File:
    """The sink for `.h5` and `.hdf5`."""

    def check(self) -> None:
        """See `Sink`."""
        self._package()

    def create(self, path: Path, facts: Mapping[str, Any]) -> None:
        """See `Sink`."""
        with self._package().File(path, "w") as file:
            file.attrs.update(facts)

    def open_group(self, path: Path, name: str, facts: Mapping[str, Any]) -> None:
        """See `Sink`."""
        with self._package().File(path, "r+") as file:
            file.create_group(name).attrs.update(facts)

    def append(self, path: Path, where: str, columns: Mapping[str, NDArray[Any]]) -> None:
        """See `Sink`."""
        with self._package().File(path, "r+") as file:
            for name, rows in columns.items():
                place = f"{where}/{name}"
                if place not in file:
                    chunks = (rows_per_chunk(rows), *rows.shape[1:])
                    file.create_dataset(place, data=rows, maxshape=(None, *rows.shape[1:]), chunks=chunks)
                    continue
                data = file[place]
                data.resize(len(data) + len(rows), axis=0)
                data[len(data) - len(rows) :] = rows

    def read(self, path: Path, where: str, column: str, start: int) -> NDArray[Any] | None:
        """See `Sink`."""
        with self._package().File(path, "r") as file:
            place = f"{where}/{column}"
            if place not in file:
                return None
            rows: NDArray[Any] = file[place][start:]
            return rows

    def cut(self, path: Path, where: str, columns: Mapping[str, int]) -> None:
        """See `Sink`."""
        with self._package().File(path, "r+") as file:
            for name, length in columns.items():
                if f"{where}/{name}" in file:
                    file[f"{where}/{name}"].resize(length, axis=0)

    @staticmethod
    def _package() -> Any:
        return extra("h5py", "hdf5", "streaming into HDF5 files")


SINK: Final[Sink] = Hdf5File()
