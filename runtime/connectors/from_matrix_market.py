"""Weights in a file of the Matrix Market (`.mtx`): rows are post neurons, columns pre neurons."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.connectors.from_sparse import FromSparse
from nnc.runtime.connectors.rule import check_delays
from nnc.runtime.errors import NNCFileNotFoundError, NNCValueError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FIELDS = ("real", "double", "integer", "pattern")
_SYMMETRIES = {"general": 0.0, "symmetric": 1.0, "skew-symmetric": -1.0}
"""The kinds that are read, and the factor between an entry and its mirror image (0: there is none)."""


def from_matrix_market(filename: Any, delays: Any) -> FromSparse:
    """The entries of a file as synapses; a pattern gives weights of 1. Raises for other suffixes and bad files."""
    path = Path(filename)
    if path.suffix != ".mtx":
        raise NNCValueError(f"from_matrix_market: the name of the file must end in .mtx, got '{path.name}'")
    if not path.is_file():
        raise NNCFileNotFoundError(f"from_matrix_market: there is no file '{path}'")
    try:
        shape, post, pre, weights = _read(path.read_text(encoding="ascii").splitlines())
    except (ValueError, IndexError) as error:
        raise NNCValueError(f"from_matrix_market: '{path}' cannot be read: {error}") from None
    return FromSparse((shape[1], shape[0]), pre, post, weights, check_delays("from_matrix_market", delays))


Entries = tuple[tuple[int, int], "NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.float64]"]


def _read(lines: list[str]) -> Entries:
    banner = lines[0].lower().split() if lines else []
    if len(banner) != 5 or banner[:2] != ["%%matrixmarket", "matrix"]:
        raise ValueError("it does not begin with '%%MatrixMarket matrix ...'")
    layout, field, symmetry = banner[2:]
    if layout not in ("coordinate", "array") or field not in _FIELDS or symmetry not in _SYMMETRIES:
        raise ValueError(f"matrices of the kind '{layout} {field} {symmetry}' are not known")
    body = [line.split() for line in lines[1:] if line.strip() and not line.startswith("%")]
    if layout == "array":
        shape, rows, columns, values = _dense(body, symmetry)
    else:
        shape, rows, columns, values = _listed(body, field == "pattern")
    if len(rows) and not (min(rows.min(), columns.min()) >= 0 and rows.max() < shape[0] and columns.max() < shape[1]):
        raise ValueError("an entry lies outside of the matrix")
    mirror = _SYMMETRIES[symmetry]
    if mirror:
        off = rows != columns
        rows, columns, values = (
            np.concatenate((rows, columns[off])),
            np.concatenate((columns, rows[off])),
            np.concatenate((values, mirror * values[off])),
        )
    return shape, rows, columns, values


def _listed(body: list[list[str]], pattern: bool) -> Entries:
    height, width, count = (int(word) for word in body[0])
    if len(body) - 1 != count:
        raise ValueError(f"it announces {count} entries and has {len(body) - 1}")
    rows = np.array([int(words[0]) for words in body[1:]], np.int64) - 1
    columns = np.array([int(words[1]) for words in body[1:]], np.int64) - 1
    values = np.array([1.0 if pattern else float(words[2]) for words in body[1:]], np.float64)
    return (height, width), rows, columns, values


def _dense(body: list[list[str]], symmetry: str) -> Entries:
    height, width = (int(word) for word in body[0])
    values = np.array([float(words[0]) for words in body[1:]], np.float64)
    columns, rows = np.nonzero(np.ones((width, height)))
    if symmetry != "general":
        kept = rows >= columns if symmetry == "symmetric" else rows > columns
        rows, columns = rows[kept], columns[kept]
    if len(values) != len(rows):
        raise ValueError(f"it should have {len(rows)} entries and has {len(values)}")
    return (height, width), rows, columns, values
