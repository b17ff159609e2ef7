"""Monitors in state files: the data not yet fetched, and where recording stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnc.runtime.errors import NNCRuntimeError
from nnc.runtime.populations.views import PopulationView
from nnc.runtime.projections.dendrite import Dendrite
from nnc.runtime.projections.projection import Projection
from nnc.runtime.recording.monitor import Monitor
from nnc.runtime.recording.tracks import Chunk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nnc.runtime.io.container import Archive
    from nnc.runtime.networks.network import Network
    from nnc.runtime.populations.population import Population
    from nnc.runtime.recording.tracks import Track

Arrays = dict[str, "NDArray[Any]"]


def pack(network: Network) -> tuple[list[dict[str, Any]], Arrays]:
    """The entries of all monitors in the header, and their data."""
    entries: list[dict[str, Any]] = []
    arrays: Arrays = {}
    for monitor in _own(network):
        monitor.flush()
        number = len(entries)
        tracks: dict[str, Any] = {}
        for name, track in monitor._tracks.items():
            tracks[name] = {
                "segments": track.segments,
                "last": track.last,
                "rows": bool(track.chunks) and monitor.file is None,
            }
            if track.chunks:
                _check_same_synapses(monitor, track)
                arrays[f"monitor{number}/{name}"] = track.rows(0)
                arrays[f"monitor{number}/{name}/steps"] = track.steps()
        entries.append(
            {
                **_identity(monitor),
                "tracks": tracks,
                "period": monitor._period,
                "offset": monitor._offset,
                "origin": monitor._origin,
                "paused": monitor._paused,
                "spikes": [monitor.spike_count, monitor.neuron_steps],
            }
        )
    return entries, arrays


def _check_same_synapses(monitor: Monitor, track: Track) -> None:
    """Rows of different synapses do not make one array."""
    owner = monitor.owner
    if not isinstance(owner, Projection) or owner._values.locality(track.variable) != "local":
        return
    if track.rewired:
        raise NNCRuntimeError(
            f"monitor '{monitor.name}' holds '{track.variable}' of synapses that have changed since; "
            "get() its data before saving"
        )


def close(network: Network) -> None:
    """End the present segments: the time is about to be set."""
    for monitor in _own(network):
        monitor.detach(network.state)
        monitor._close(network.current_step)


def go_on(network: Network, archive: Archive | None) -> None:
    """Record again after `close`. Monitors of the archive get their data back and go on from where they stood.

    Others keep what they have and begin a new segment; those that only the file has are skipped.
    """
    left = [] if archive is None else list(enumerate(archive.header["monitors"]))
    for monitor in _own(network):
        own = _identity(monitor)
        found = next(((i, e) for i, e in left if all(e[key] == own[key] for key in own)), None)
        if found is not None and archive is not None:
            left.remove(found)
            _take(monitor, archive, *found)
        monitor.attach(network.state, network.current_step)


def _take(monitor: Monitor, archive: Archive, number: int, entry: Mapping[str, Any]) -> None:
    """What is streamed stays in the file that it went to; the monitor goes on with its own."""
    tracks = {}
    for name, saved in entry["tracks"].items():
        place = f"monitor{number}/{name}"
        wires = monitor.owner.synapses if isinstance(monitor.owner, Projection) else None
        chunks = [Chunk(archive.array(place), archive.array(f"{place}/steps"), wires)] if saved["rows"] else []
        track = monitor._tracks.get(str(name)) if monitor.file is not None else None
        track = monitor._track(str(name)) if track is None else track
        for chunk in chunks:
            track.keep(chunk)
        track.segments, track.last = ([[int(a), int(b)] for a, b in saved[key]] for key in ("segments", "last"))
        tracks[str(name)] = track
    monitor._tracks = tracks
    monitor._period, monitor._offset = int(entry["period"]), int(entry["offset"])
    monitor.spike_count, monitor.neuron_steps = (int(count) for count in entry["spikes"])
    monitor._origin, monitor._paused = int(entry["origin"]), bool(entry["paused"])


def _own(network: Network) -> list[Monitor]:
    return [monitor for monitor in network.get_monitors() if isinstance(monitor, Monitor)]


def _identity(monitor: Monitor) -> dict[str, Any]:
    """What makes two monitors the same: name, object and which part of it. Variables may be added at any time."""
    obj = monitor.object
    owner: Population | Projection
    part: list[int] | None = None
    if isinstance(obj, Dendrite):
        owner, part = obj.proj, [obj.post_rank]
    elif isinstance(obj, PopulationView):
        owner, part = obj.population, obj.ranks.tolist()
    else:
        owner = obj
    kind = "projection" if isinstance(owner, Projection) else "population"
    return {"name": monitor.name, "object": owner.name, "kind": kind, "part": part}
