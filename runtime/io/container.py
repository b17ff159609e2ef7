"""The files nnc writes: archives of plain numeric arrays with a JSON header, in the container of numpy (`.npz`).

Nothing that is read is ever executed: arrays of objects and pickles are refused. Files are written beside their
place and moved there when they are complete, so a crash leaves the old file as it was.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.runtime.errors import NNCFileNotFoundError, NNCValueError
from nnc.runtime.io import hdf5

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

VERSION: Final = 1
"""Version of the format; files of later versions are refused."""

_HEADER: Final = "nnc"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The date of all members, so that equal contents make equal files."""


@dataclass(frozen=True, eq=False)
class Archive:
    """A file as read: what it holds (`kind`), its header, its arrays. `kind` is "plain" for archives of others."""

    path: Path
    kind: str
    header: dict[str, Any]
    arrays: dict[str, NDArray[Any]]

    def array(self, name: str) -> NDArray[Any]:
        """An array. Raises for a damaged file that lacks it."""
        if name not in self.arrays:
            raise NNCValueError(f"'{self.path}' is damaged: it lacks '{name}'")
        return self.arrays[name]


def write(filename: Any, kind: str, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write an archive; the folder is made if it is missing. Names in `.gz` get one that is gzipped as well,
    those in `.h5` and `.hdf5` a file of HDF5.
    """
    path = Path(filename)
    text = json.dumps({"format": _HEADER, "version": VERSION, "kind": kind, **header}, allow_nan=True)
    members = {_HEADER: np.frombuffer(text.encode(), np.uint8), **arrays}
    hdf = path.suffix in hdf5.SUFFIXES
    replace_file(path, hdf5.packed(members) if hdf else _zipped(members, gzipped=path.suffix == ".gz"))


def replace_file(path: Path, content: bytes) -> None:
    """Let a file have a content, at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _zipped(members: Mapping[str, NDArray[Any]], gzipped: bool) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, values in members.items():
            info = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.ascontiguousarray(values), allow_pickle=False)
    return gzip.compress(buffer.getvalue(), 1, mtime=0) if gzipped else buffer.getvalue()


def read(filename: Any) -> Archive:
    """Read an archive of nnc, or one of plain arrays.

    Raises `NNCFileNotFoundError` for a missing file, `NNCValueError` for one that is damaged, of a later version, or
    holds pickled objects.
    """
    path = Path(filename)
    if not path.is_file():
        raise NNCFileNotFoundError(f"there is no file '{path}'")
    if path.suffix == ".mat":
        raise NNCValueError(f"'{path}': files for Matlab are written only; save to .npz to load again")
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise NNCValueError(f"'{path}' is damaged: {error}") from None
    if content[:4] == hdf5.SIGNATURE:
        arrays = hdf5.unpacked(path, content)
    elif content[:2] == b"PK":
        arrays = _unzipped(path, content)
    else:
        raise NNCValueError(_foreign(path, content))
    if _HEADER not in arrays:
        return Archive(path, "plain", {}, arrays)
    header = _header(path, arrays.pop(_HEADER))
    return Archive(path, str(header["kind"]), header, arrays)


def _unzipped(path: Path, content: bytes) -> dict[str, NDArray[Any]]:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except ValueError as error:
        if "pickle" in str(error):
            raise NNCValueError(_pickled(path, "holds pickled objects")) from None
        raise NNCValueError(f"'{path}' is damaged: {error}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError) as error:
        raise NNCValueError(f"'{path}' is damaged: {error}") from None


def _foreign(path: Path, content: bytes) -> str:
    if content[:1] == b"\x80":
        return _pickled(path, "is a pickle")
    return f"'{path}' is no file that nnc can read"


def _pickled(path: Path, what: str) -> str:
    return (
        f"'{path}' {what}, and reading those would run whatever code they carry. Load the file where it was made, and "
        "save its arrays with numpy.savez, one by one; those archives can be loaded"
    )


def _header(path: Path, stored: NDArray[Any]) -> dict[str, Any]:
    try:
        header = json.loads(stored.tobytes().decode())
        version = int(header["version"])
    except (ValueError, KeyError, TypeError) as error:
        raise NNCValueError(f"'{path}' is damaged: its header cannot be read ({error})") from None
    if header.get("format") != _HEADER or "kind" not in header or version > VERSION:
        raise NNCValueError(f"'{path}' has version {version} of the format; this nnc reads up to {VERSION}")
    return dict(header)
