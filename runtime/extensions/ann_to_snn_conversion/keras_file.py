"""Files of Keras as JSON and arrays: `.keras` (a zip archive) and `.h5`. Nothing in them is executed."""

from __future__ import annotations

import io
import json
import re
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.runtime.errors import NNCFileNotFoundError, NNCValueError
from nnc.runtime.extras import extra

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from numpy.typing import NDArray

    Array = NDArray[Any]

_LARGEST_CONFIG: Final = 64 << 20
"""Bytes of the description of a model; a larger one is none."""

_DEEPEST: Final = 16
"""Groups within groups; hard links may lead in circles."""

_PICKLE: Final = b"\x80"
_BROKEN: Final = (OSError, KeyError, RuntimeError, ValueError, EOFError, zipfile.BadZipFile, NotImplementedError)


@dataclass(frozen=True)
class KerasFile:
    """An open file: the description of a model, and the weights of its layers by name."""

    name: str
    config: dict[str, Any]
    """`{"class_name": ..., "config": {"layers": [...]}}`"""

    _weights: Any
    """The HDF5 group of the weights."""

    _is_archive: bool

    def arrays(self, layer: str, shapes: dict[str, tuple[int, ...]]) -> list[Array]:
        """The arrays of a layer, which must have these shapes; in this order."""
        with _broken(self.name):
            datasets = self._of_archive(layer) if self._is_archive else self._of_hdf5(layer, list(shapes))
            found = [tuple(int(n) for n in d.shape) for d in datasets]
        wanted = list(shapes.values())
        if found != wanted:
            raise NNCValueError(
                f"{self.name}: layer '{layer}' has weights of shape {found}, its description says {wanted}"
            )
        with _broken(self.name):
            return [np.asarray(d[()], np.float64) for d in datasets]

    def _of_archive(self, layer: str) -> list[Any]:
        """`layers/dense_1/vars/0`; the group `vars` bears the name of the layer, except in early files of Keras 3."""
        top = _inside(self.name, self._weights, "layers", "_layer_checkpoint_dependencies")
        groups = {key: _child(self.name, top, key) for key in top}
        inner = {key: _child(self.name, group, "vars") for key, group in groups.items() if "vars" in group}
        named = {_text(group.attrs["name"]): group for group in inner.values() if "name" in group.attrs}
        found = (named or {name: inner[key] for name, key in _keys(self.config).items() if key in inner}).get(layer)
        if found is None:
            raise NNCValueError(f"{self.name}: there are no weights of the layer '{layer}'")
        return [_dataset(self.name, found, str(i)) for i in range(len(found))]

    def _of_hdf5(self, layer: str, names: list[str]) -> list[Any]:
        """`model_weights/dense/any/folders/kernel:0`, found by the last part of the path.

        The attribute that lists the paths is left alone: HDF5 crashes where it is damaged.
        """
        if layer not in self._weights:
            raise NNCValueError(f"{self.name}: there are no weights of the layer '{layer}'")
        found = dict(_datasets(self.name, _child(self.name, self._weights, layer)))
        known = [name for name in names if name in found]
        return [found.pop(name) for name in known] + list(found.values())


@contextmanager
def open_keras(filename: str | PathLike[str]) -> Iterator[KerasFile]:
    """A file of Keras. Raises if there is none, if it is something else, or broken."""
    path = Path(filename)
    name = path.name
    if path.is_dir():
        raise NNCValueError(f"{name} is a folder; save the model in one file, model.save('{name}.keras')")
    if not path.is_file():
        raise NNCFileNotFoundError(f"there is no file '{path}'")
    h5py = extra("h5py", "hdf5", "load_keras_model")
    with _broken(name):
        with path.open("rb") as file:
            start = file.read(8)
        is_zip, is_hdf5 = zipfile.is_zipfile(path), bool(h5py.is_hdf5(path))
    if is_hdf5:
        with _opened(h5py, name, path) as group:
            yield _read_hdf5(name, group)
    elif is_zip:
        config, weights = _read_archive(name, path)
        with _opened(h5py, name, io.BytesIO(weights)) as group:
            yield KerasFile(name, config, group, True)
    elif start.startswith(_PICKLE):
        raise NNCValueError(f"{name} holds pickled objects, which can run any code and are never loaded; {_SAVE}")
    elif start.startswith(b"PK"):
        raise NNCValueError(f"{name} is broken: the end of the archive is missing")
    else:
        raise NNCValueError(f"{name} is neither a .keras nor an .h5 file of Keras, or broken; {_SAVE}")


_SAVE: Final = (
    "save the model by model.save('model.keras') in Keras, or give the modules of PyTorch to load_torch_model"
)


def _read_archive(name: str, path: Path) -> tuple[dict[str, Any], bytes]:
    with _broken(name), zipfile.ZipFile(path) as archive:
        members = {info.filename: info for info in archive.infolist()}
        if any(member.endswith(".pkl") for member in members):
            raise _Foreign(f"{name} holds pickled objects, which can run any code and are never loaded; {_SAVE}")
        missing = [m for m in ("config.json", "model.weights.h5") if m not in members]
        if missing:
            raise _Foreign(f"{name} is no .keras file: there is no {' and no '.join(missing)} in it")
        if members["config.json"].file_size > _LARGEST_CONFIG:
            raise _Foreign(f"{name}: config.json is larger than {_LARGEST_CONFIG >> 20} MiB")
        return _parsed(name, archive.read("config.json")), archive.read("model.weights.h5")


def _read_hdf5(name: str, file: Any) -> KerasFile:
    with _broken(name):
        text = file.attrs.get("model_config")
        if text is None:
            raise _Foreign(f"{name} has no description of a model, perhaps weights only; {_SAVE}")
        if len(text) > _LARGEST_CONFIG:
            raise _Foreign(f"{name}: the description of the model is larger than {_LARGEST_CONFIG >> 20} MiB")
        return KerasFile(name, _parsed(name, text), _inside(name, file, "model_weights"), False)


def _parsed(name: str, text: str | bytes) -> dict[str, Any]:
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _Foreign(f"{name}: the description of the model is broken: {error}") from None
    if not isinstance(config, dict):
        raise _Foreign(f"{name}: the description of the model is no JSON object")
    return config


class _Foreign(NNCValueError):
    """A file that is not what it should be, found while reading it."""


@contextmanager
def _broken(name: str) -> Iterator[None]:
    """Whatever a library says of a broken file, as one error."""
    try:
        yield
    except NNCValueError:
        raise
    except _BROKEN as error:
        raise NNCValueError(f"{name} is broken: {error}") from error


@contextmanager
def _opened(h5py: Any, name: str, file: Any) -> Iterator[Any]:
    with _broken(name):
        opened = h5py.File(file, "r")
    try:
        yield opened
    finally:
        opened.close()


def _inside(name: str, group: Any, *keys: str) -> Any:
    for key in keys:
        if key in group:
            return _child(name, group, key)
    raise _Foreign(f"{name}: there are no weights ('{keys[0]}') in it")


def _child(name: str, group: Any, key: str) -> Any:
    """A member that lies in this file: links lead to other files or in circles."""
    h5py = extra("h5py", "hdf5", "load_keras_model")
    with _broken(name):
        if not isinstance(group, h5py.Group) or not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise _Foreign(f"{name}: '{key}' is not in the file but a link, or missing")
        return group[key]


def _dataset(name: str, group: Any, key: str) -> Any:
    h5py = extra("h5py", "hdf5", "load_keras_model")
    found = _child(name, group, key)
    if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "fiu":
        raise _Foreign(f"{name}: '{key}' is no array of numbers")
    if found.is_virtual or found.external:
        raise _Foreign(f"{name}: the numbers of '{key}' are in other files")
    return found


def _keys(config: dict[str, Any]) -> dict[str, str]:
    """The groups of layers, by name: called after their classes, and numbered in their order."""
    counts: dict[str, int] = {}
    keys = {}
    for entry in config["config"]["layers"]:
        snake = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", str(entry.get("class_name")))
        snake = re.sub(r"([a-z])([A-Z])", r"\1_\2", snake).lower()
        number = counts[snake] = counts.get(snake, -1) + 1
        keys[str(entry["config"].get("name"))] = f"{snake}_{number}" if number else snake
    return keys


def _datasets(name: str, group: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """All arrays in a group and those in it, by name without the number that Keras 2 appends (`kernel:0`)."""
    h5py = extra("h5py", "hdf5", "load_keras_model")
    if depth > _DEEPEST:
        raise _Foreign(f"{name}: groups lie in each other more than {_DEEPEST} times")
    for key in group:
        if isinstance(_child(name, group, key), h5py.Group):
            yield from _datasets(name, _child(name, group, key), depth + 1)
        else:
            yield key.partition(":")[0], _dataset(name, group, key)


def _text(given: Any) -> str:
    return given.decode("utf-8", "replace") if isinstance(given, bytes) else str(given)
