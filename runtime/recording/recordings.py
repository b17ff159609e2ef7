"""What is done with recorded data as a whole: files, and the memory that recording takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.runtime.building.limits import available_memory
from nnc.runtime.errors import NNCTypeError, NNCValueError, warn
from nnc.runtime.extras import extra
from nnc.runtime.measuring.footprint import recorded_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nnc.runtime.recording.monitor import Monitor

SHARE: Final = 0.1
"""Part of the free memory that recording may take without a warning."""

_SMALL: Final = 1 << 26
"""Bytes that are never worth a warning."""


class Recordings:
    """The part of a monitor that writes files."""

    def get(
        self,
        variables: str | Sequence[str] | None = None,
        keep: bool = False,
        reshape: bool | None = None,
        force_dict: bool = False,
    ) -> Any:
        """The recorded data."""
        raise NotImplementedError

    def size_in_bytes(self) -> int:
        """Bytes of the rows that it holds."""
        return recorded_bytes(self)

    def save(
        self,
        filename: str,
        variables: str | Sequence[str] | None = None,
        keep: bool = False,
        reshape: bool = False,
        force_dict: bool = False,
    ) -> None:
        """Write the data since the last `get`: `.npy` takes one variable, `.hdf5` any number (it needs h5py).

        Spikes are pairs (step, neuron) in `.npy`, and a group with a list of steps per neuron in `.hdf5`.
        """
        suffix = Path(filename).suffix
        if suffix not in (".npy", ".hdf5"):
            raise NNCValueError(f"Monitor.save: the file name must end in .npy or .hdf5, not {filename!r}")
        if suffix == ".hdf5":
            with extra("h5py", "hdf5", "writing .hdf5 files").File(filename, "w") as file:
                _write(file, self.get(variables, keep, reshape, force_dict=True))
            return
        data = self.get(variables, True, reshape, force_dict=True)
        if len(data) != 1:
            raise NNCValueError(f"Monitor.save: an .npy file takes one variable, not {len(data)}: {', '.join(data)}")
        (name,) = data
        np.save(filename, _pairs(data[name]) if isinstance(data[name], dict) else _plain(data[name]))
        if not keep:
            self.get([name])


class MonitorList:
    """Several monitors, written to one file by `save_all`."""

    def __init__(self, monitors: Iterable[Monitor]) -> None:
        from nnc.runtime.recording.monitor import Monitor

        self.monitors = list(monitors)
        for monitor in self.monitors:
            if not isinstance(monitor, Monitor):
                raise NNCTypeError(f"MonitorList takes monitors, not {monitor!r}")

    def __len__(self) -> int:
        return len(self.monitors)

    def save_all(self, filename: str, keep: bool = False, reshape: bool = False, flat_keys: bool = False) -> None:
        """Write the data of all monitors as `/<object>/<variable>`, or `/<object>_<variable>` with `flat_keys`."""
        if Path(filename).suffix != ".hdf5":
            raise NNCValueError(f"MonitorList.save_all: the file name must end in .hdf5, not {filename!r}")
        with extra("h5py", "hdf5", "writing .hdf5 files").File(filename, "w") as file:
            for monitor in self.monitors:
                name = monitor.owner.name
                data = monitor.get(None, keep, reshape, force_dict=True)
                if flat_keys:
                    _write(file, {f"{name}_{key}": value for key, value in data.items()})
                else:
                    _write(file.require_group(name), data)


def check_memory(monitors: Iterable[Monitor], steps: int, show: bool) -> None:
    """Warn (and tell, if asked) when recording a run of so many steps takes a good part of the free memory."""
    needed = sum(monitor.bytes_for(steps) for monitor in monitors)
    if show:
        print(f"Recording will take about {needed / 1e6:.1f} MB, without spikes.")
    if needed > _SMALL:
        free = available_memory()
        if free is not None and needed > SHARE * free:
            warn(f"recording will take about {needed / 1e6:.0f} MB of {free / 1e6:.0f} MB of free memory")


def _write(group: Any, data: Mapping[str, Any]) -> None:
    for name, value in data.items():
        if isinstance(value, dict):
            _write(group.require_group(name), {str(rank): np.asarray(s, np.int64) for rank, s in value.items()})
        else:
            group.create_dataset(name, data=_plain(value))


def _plain(value: Any) -> Any:
    """Rows of different lengths as one array, filled with nan: files hold no Python objects."""
    if value.dtype != object:
        return value
    longest = max((len(cell) for cell in value.flat), default=0)
    padded = np.full((*value.shape, longest), np.nan)
    for place in np.ndindex(value.shape):
        padded[place][: len(value[place])] = value[place]
    return padded


def _pairs(spikes: Mapping[int, Sequence[int]]) -> Any:
    pairs = [(step, rank) for rank, steps in spikes.items() for step in steps]
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)
