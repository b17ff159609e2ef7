"""State files in HDF5, for names that end in `.h5` or `.hdf5`: a dataset per array, the header as bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.runtime.errors import NNCValueError
from nnc.runtime.extras import extra

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

SUFFIXES: Final = (".h5", ".hdf5")
SIGNATURE: Final = b"\x89HDF"
_SLASH: Final = ":"
"""Stands for the slashes of names, which mean groups in HDF5; there, no name can be a dataset and a group."""


def packed(members: Mapping[str, NDArray[Any]]) -> bytes:
    """The content of a file with these arrays. Needs h5py."""
    buffer = io.BytesIO()
    with _h5py().File(buffer, "w", track_order=True) as file:
        for name, values in members.items():
            array = np.ascontiguousarray(values)
            packing = {"compression": "gzip", "compression_opts": 4} if array.size > 64 else {}
            file.create_dataset(name.replace("/", _SLASH), data=array, track_times=False, **packing)
    return buffer.getvalue()


def unpacked(path: Path, content: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of a file by name. Raises for damaged files and for data that are no numbers. Needs h5py."""
    h5py = _h5py()
    found: dict[str, NDArray[Any]] = {}

    def note(name: str, member: Any) -> None:
        if isinstance(member, h5py.Dataset):
            if member.dtype.kind not in "biuf":
                raise NNCValueError(f"'{path}': '{name}' is no array of numbers")
            found[name.replace(_SLASH, "/")] = np.asarray(member[...])

    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            file.visititems(note)
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        if isinstance(error, NNCValueError):
            raise
        raise NNCValueError(f"'{path}' is damaged: {error}") from None
    return found


def _h5py() -> Any:
    return extra("h5py", "hdf5", "files that end in .h5 or .hdf5")
