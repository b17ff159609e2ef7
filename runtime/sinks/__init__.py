"""Files that recordings are streamed into while a network runs.

A file holds a group per monitor, in it the column `ranks` and a group per variable, in that columns that grow: `values`
(rows, width) and `steps` (rows) of variables, `steps` and `ranks` of spikes. A new format is a module with a `Sink` and
a line in `FORMATS`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

from nnc.runtime.errors import NNCValueError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nnc.runtime.sinks.sink import Sink

FORMATS: Final[Mapping[str, str]] = {
    ".zarr": "nnc.runtime.sinks.zarr_folder",
    ".h5": "nnc.runtime.sinks.hdf5_file",
    ".hdf5": "nnc.runtime.sinks.hdf5_file",
}
"""Modules by suffix of the file."""


def sink_for(path: Path) -> Sink:
    """The way to write a file, by its suffix. Raises if there is none, or if a package for it is not installed."""
    module = FORMATS.get(path.suffix)
    if module is None:
        raise NNCValueError(f"recordings are streamed into files that end in {', '.join(FORMATS)}, not '{path.name}'")
    sink: Sink = importlib.import_module(module).SINK
    sink.check()
    return sink
