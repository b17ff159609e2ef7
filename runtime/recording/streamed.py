"""What a monitor streams into a file: rows wait in memory until there are enough of them to write, or the run ends."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.compiler import __version__
from nnc.runtime.errors import NNCRuntimeError, NNCValueError
from nnc.runtime.recording.tracks import EVENTS, Chunk, Track
from nnc.runtime.sinks import sink_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nnc.runtime.networks.network import Network
    from nnc.runtime.sinks.sink import Sink

BUFFER: Final = 1 << 23
"""Bytes that one variable of one monitor holds back at most; a stretch of a run may come on top."""

LATEST: Final = 1.0
"""Seconds of wall time after which rows are written, however few."""


class Recording:
    """A file that monitors of one network stream into."""

    def __init__(self, path: Path, overwrite: bool, facts: Mapping[str, Any]) -> None:
        self.path = path
        self.sink: Sink = sink_for(path)
        if path.exists() and not overwrite:
            raise NNCValueError(f"'{path}' is there already: choose another name, or say overwrite=True")
        if not path.parent.is_dir():
            raise NNCValueError(f"there is no folder '{path.parent}' to write '{path.name}' into")
        self.groups: set[str] = set()
        self.sink.create(path, {"nnc": __version__, **facts})

    def open_group(self, name: str, facts: Mapping[str, Any]) -> None:
        """The group of a monitor."""
        if name in self.groups:
            raise NNCValueError(f"'{self.path}' has a monitor '{name}' already: give this one another name=")
        self.groups.add(name)
        self.sink.open_group(self.path, name, facts)


@dataclass
class StreamedTrack(Track):
    """A variable whose rows go to a file; `chunks` are those that wait. `taken` rows of the file were handed over."""

    into: Recording | None = None
    where: str = ""
    written: int = 0
    taken: int = 0
    looked: float = field(default_factory=time.monotonic)

    @property
    def count(self) -> int:
        """Rows, or spikes, not yet handed over."""
        return self.written - self.taken + super().count

    def keep(self, chunk: Chunk) -> None:
        """Take rows over; write what waits if it is much or has waited for long."""
        super().keep(chunk)
        if self.nbytes > BUFFER or time.monotonic() - self.looked > LATEST:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        self.looked = time.monotonic()
        self.written += _write(self.into, self.where, self.chunks)

    def rows(self, width: int) -> NDArray[Any]:
        """The rows not yet handed over, from the file."""
        return self._read("values", np.zeros((0, width)))

    def steps(self) -> NDArray[np.int64]:
        """Their steps."""
        return self._read("steps", np.zeros(0, np.int64))

    def spikes(self) -> NDArray[np.int64]:
        """The spikes not yet handed over, from the file."""
        return np.stack((self.steps(), self._read("ranks", np.zeros(0, np.int64))), axis=1)

    def note_taken(self, now: int) -> None:
        """See `Track`."""
        self.flush()
        super().note_taken(now)

    def empty(self, now: int) -> None:
        """The next `get` begins after what the file holds now."""
        super().empty(now)
        self.taken = self.written

    def forget(self) -> None:
        """Drop data and segments, in the file too."""
        super().forget()
        self.written = self.taken = 0
        assert self.into is not None
        self.into.sink.cut(self.into.path, self.where, {"values": 0, "steps": 0, "ranks": 0})

    def _read(self, column: str, none: NDArray[Any]) -> NDArray[Any]:
        assert self.into is not None
        self.flush()
        rows = self.into.sink.read(self.into.path, self.where, column, self.taken)
        return none if rows is None else rows


def _write(into: Recording | None, where: str, chunks: list[Chunk]) -> int:
    """Write chunks to the file and empty the list; how many rows."""
    if into is None or not chunks:
        return 0
    rows = chunks[0].rows if len(chunks) == 1 else np.concatenate([chunk.rows for chunk in chunks])
    if where.rpartition("/")[2] in EVENTS:
        columns = {"steps": rows[:, 0], "ranks": rows[:, 1]}
    else:
        columns = {"values": rows, "steps": np.concatenate([chunk.steps for chunk in chunks])}
    try:
        into.sink.append(into.path, where, columns)
    except (OSError, ValueError, KeyError) as error:
        raise NNCRuntimeError(f"recording into '{into.path}' failed: {error}") from error
    chunks.clear()
    return len(rows)


class Streaming:
    """The part of a monitor that streams into a file."""

    name: str
    object: Any
    _net: Network
    _tracks: dict[str, Track]
    _file: Recording | None

    @property
    def owner(self) -> Any:
        """The recorded object."""
        raise NotImplementedError

    @property
    def period(self) -> float:
        """Time between two rows in ms."""
        raise NotImplementedError

    @property
    def file(self) -> Path | None:
        """The file that it streams into."""
        return None if self._file is None else self._file.path

    def flush(self) -> None:
        """Write what waits in memory to the file, if it streams into one; done at the end of each run and by `get`."""
        for track in self._tracks.values():
            track.flush()

    def check_width(self, projection: Any, call: str) -> None:
        """Raise if synapses are about to come or go while values of them are streamed: columns have a fixed width."""
        streamed = [] if self._file is None or self.owner is not projection else self._tracks
        local = [v for v in streamed if projection._values.locality(v) == "local"]
        if local:
            raise NNCRuntimeError(
                f"{call}: monitor '{self.name}' streams '{local[0]}' of these synapses into '{self.file}', rows of "
                "which have one length; record it in memory"
            )

    def _open(self, to: str | Path, overwrite: bool) -> Recording:
        """The file of a path: one that monitors of this network stream into already, or a new one."""
        path = Path(to).absolute()
        known = [m._file for m in self._net.get_monitors() if isinstance(m, Streaming) and m._file is not None]
        file = next((f for f in known if f.path == path), None)
        file = file or Recording(path, overwrite, {"dt": self._net.dt})
        geometry = getattr(self.object, "geometry", None)
        file.open_group(
            self.name,
            {
                "object": self.owner.name,
                "period": self.period,
                "geometry": [] if geometry is None else list(geometry),
            },
        )
        ranks = np.asarray(getattr(self.object, "ranks", ()), np.int64)
        file.sink.append(path, self.name, {"ranks": ranks})
        return file

    def _track(self, variable: str) -> Track:
        if self._file is None:
            return Track(variable)
        return StreamedTrack(variable, into=self._file, where=f"{self.name}/{variable}")
