"""Monitors: what a network records while it runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.codegen.recorder import Recorder, RecorderKind
from nnc.compiler.ir.names import attribute_symbol
from nnc.runtime.errors import NNCAttributeError, NNCKeyError, NNCTypeError, NNCValueError, warn, with_hint
from nnc.runtime.populations.population import Population
from nnc.runtime.populations.views import IndividualNeuron, PopulationView
from nnc.runtime.projections.dendrite import Dendrite
from nnc.runtime.projections.projection import Projection
from nnc.runtime.recording import spikes as tools
from nnc.runtime.recording.analysis import SpikeAnalysis
from nnc.runtime.recording.exports import Exports
from nnc.runtime.recording.recordings import Recordings
from nnc.runtime.recording.streamed import Streaming
from nnc.runtime.recording.tracks import EVENTS, Chunk, Track
from nnc.runtime.showing import table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from nnc.runtime.block.state import State
    from nnc.runtime.networks.network import Network
    from nnc.runtime.projections.connectivity import Connectivity

Recorded = Population | PopulationView | Projection | Dendrite


class Monitor(SpikeAnalysis, Recordings, Exports, Streaming):
    """Records variables of a population, a view, a projection or a dendrite in every step, or every `period` ms.

    Rows are those of the end of a step; sums and conductances are those the equations of that step saw. `get` hands
    the data over and empties the monitor. With `to`, a path that ends in .zarr, .h5 or .hdf5, rows are streamed into a
    file while the network runs and stay there: memory holds some megabytes, and `get` reads from the file.
    """

    def __init__(
        self,
        obj: Any,
        variables: str | Sequence[str] = (),
        period: float | None = None,
        period_offset: float | None = None,
        start: bool = True,
        name: str | None = None,
        net_id: int = 0,
        *,
        to: str | Path | None = None,
        overwrite: bool = False,
        network: Network | None = None,
    ) -> None:
        self.object = _checked_object(obj)
        self._net: Network = self.object.proj.network if isinstance(self.object, Dendrite) else self.object.network
        if network is not None and network is not self._net:
            raise NNCValueError("the monitored object belongs to another network")
        self.name = name or f"Monitor_{self.owner.name}"
        self.spike_count = 0
        self.neuron_steps = 0
        self._reshape = network is not None
        self._tracks: dict[str, Track] = {}
        self._period, self._offset = self._timing(period, period_offset)
        self._origin = 0
        self._state: State | None = None
        self._paused = not start
        for variable in _names(variables):
            self._check(variable)
        self._file = None if to is None else self._open(to, overwrite)
        for variable in _names(variables):
            self._tracks[variable] = self._track(variable)
        if isinstance(self.object, Projection) and self._period == 1 and to is None:
            warn(f"recording the projection '{self.object.name}' in every step takes much memory; give a period")
        self._net.add_monitor(self)

    # What can be recorded

    @property
    def variables(self) -> list[str]:
        """Names of what is recorded."""
        return list(self._tracks)

    @variables.setter
    def variables(self, names: object) -> None:
        raise NNCAttributeError("Monitor: variables cannot be assigned; add some with start(...)")

    @property
    def parts(self) -> Sequence[Population | Projection]:
        """What it has made in its network itself: copies of it need copies of that."""
        return ()

    @property
    def network(self) -> Network:
        """Network of the object."""
        return self._net

    @property
    def dt(self) -> float:
        """Step size in ms."""
        return self._net.dt

    @property
    def owner(self) -> Population | PopulationView | Projection:
        """The recorded object, or the projection of a recorded dendrite."""
        return self.object.proj if isinstance(self.object, Dendrite) else self.object

    def bytes_for(self, steps: int) -> int:
        """Memory that the records of a run of so many steps will take, spikes left out."""
        rows = steps // self._period
        running = [] if self._paused or self._file is not None else [v for v in self._tracks if v not in EVENTS]
        return sum(8 * rows * self._width(v) for v in running)

    def _check(self, variable: str) -> None:
        obj = self.object
        if isinstance(obj, Projection):
            obj.check_recordable(variable)
        allowed = list(obj.variables)
        if isinstance(obj, Population | PopulationView):
            spiking = _population(obj).is_spiking
            if variable.startswith("sum(") and variable.endswith(")") and not spiking:
                return
            allowed += [event for event in EVENTS if spiking and (event == "spike" or _population(obj).is_axonal)]
        else:
            allowed += ["w"]
        if variable not in allowed:
            what = "a parameter, it does not change" if variable in obj.parameters else "no variable of this object"
            raise NNCValueError(with_hint(f"Monitor: '{variable}' is {what}", variable, allowed))

    def _timing(self, period: float | None, offset: float | None) -> tuple[int, int]:
        if period is None:
            if offset is not None:
                raise NNCValueError("Monitor: period_offset needs a period")
            return 1, 0
        if not period > 0.0:
            raise NNCValueError(f"Monitor: the period must be above zero, not {period}")
        dt = self._net.dt
        steps, shift = max(1, int(period / dt + 1e-9)), int((offset or 0.0) / dt + 1e-9)
        if not 0 <= shift < steps:
            raise NNCValueError(f"Monitor: period_offset ({offset}) must be below the period ({period})")
        return steps, shift

    @property
    def period(self) -> float:
        """Time between two rows in ms."""
        return self._period * self._net.dt

    @period.setter
    def period(self, value: float) -> None:
        self._retime(value, None)

    @property
    def period_offset(self) -> float:
        """Shift of the rows in ms."""
        return self._offset * self._net.dt

    @period_offset.setter
    def period_offset(self, value: float) -> None:
        self._retime(self.period, value)

    def _retime(self, period: float | None, offset: float | None) -> None:
        self._period, self._offset = self._timing(period, offset)
        if self._state is not None:
            state, now = self._state, self._net.current_step
            self._origin = now
            self.detach(state)
            self.attach(state, now)

    # Recording

    def attach(self, state: State, step: int) -> None:
        """Record into a state from a step on, unless paused."""
        if self._state is None:
            self._origin = step
        self._state = state
        if self._paused:
            return
        for track in self._tracks.values():
            track.recorder = state.block.add_recorder(self._recorder(track.variable, state, step))
            track.open(step)

    def detach(self, state: State) -> None:
        """Take no more rows; segments stay open for another state."""
        for track in self._tracks.values():
            if track.recorder is not None:
                state.block.remove_recorder(track.recorder)
                track.recorder = None

    def drain(self, first: int, last: int) -> None:
        """Take over the rows of steps [first, last)."""
        for track in self._tracks.values():
            if track.recorder is None:
                continue
            rows = track.recorder.taken(first, last)
            if len(rows):
                self._keep(track, rows.copy(), track.recorder.steps(first, last))
            if track.recorder.kind is RecorderKind.SPIKES:
                if track.variable == "spike":
                    self._count(rows, last - first)
                track.recorder.clear()

    def _keep(self, track: Track, rows: NDArray[Any], steps: NDArray[np.int64]) -> None:
        wires = self.owner.synapses if isinstance(self.owner, Projection) else None
        track.keep(Chunk(rows, steps, wires))

    def rewired(self, projection: Projection, step: int | None) -> None:
        """Synapses of a projection came or went, in phase 9 of a step or (None) between two.

        The row of that step is that of the new synapses.
        """
        state = self._state
        if self.owner is not projection or state is None:
            return
        for track in self._tracks.values():
            if track.recorder is None or projection._values.locality(track.variable) != "local":
                continue
            recorder = track.recorder
            state.block.remove_recorder(recorder)
            start = state.block.t if step is None else step + 1
            track.recorder = state.block.add_recorder(self._recorder(track.variable, state, start))
            if step is not None and recorder.due(step, step + 1):
                self._retake(track, state)

    def _retake(self, track: Track, state: State) -> None:
        """Take the last row again."""
        last = track.chunks.pop()
        if len(last.rows) > 1:
            track.chunks.append(replace(last, rows=last.rows[:-1], steps=last.steps[:-1]))
        assert track.recorder is not None
        stored = state.memory.read(track.recorder.source)
        self._keep(track, stored[track.recorder.ranks][None, :].copy(), last.steps[-1:])

    def _count(self, pairs: NDArray[np.int64], steps: int) -> None:
        """Remember how many spikes there were, of how many neurons in how many steps; `get` does not undo it."""
        whole = isinstance(self.object, Population)
        ranks = self.owner.ranks
        self.spike_count += len(pairs) if whole else int(np.isin(pairs[:, 1], ranks).sum())
        self.neuron_steps += len(ranks) * steps

    def _recorder(self, variable: str, state: State, step: int) -> Recorder:
        phase = self._origin % self._period + self._offset
        if variable in EVENTS:
            assert isinstance(self.object, Population | PopulationView)
            return Recorder(RecorderKind.SPIKES, f"{_symbol(self.object)}.{EVENTS[variable]}", start=step)
        source, kind, ranks = self._source(variable, state)
        return Recorder(kind, source, ranks, self._period, phase, step)

    def _source(self, variable: str, state: State) -> tuple[str, RecorderKind, NDArray[np.int32] | None]:
        obj = self.object
        source = f"{_symbol(obj)}.{attribute_symbol(variable)}"
        kind = RecorderKind.TARGETS if variable.startswith("g_") else RecorderKind.END
        if variable.startswith("sum("):
            source, kind = f"{_symbol(obj)}.sum_{variable[4:-1].strip()}", RecorderKind.TARGETS
        if not state.has(source):
            raise NNCValueError(
                f"Monitor: '{variable}' is not part of the compiled network; nothing reads or writes it"
            )
        ranks: Any = None
        if isinstance(obj, PopulationView) and state.wide(source):
            ranks = obj.ranks
        places = state.places(source) if isinstance(obj, Projection | Dendrite) else None
        if isinstance(obj, Dendrite) and places is not None:
            ranks = places[obj._where]
        elif places is not None:
            ranks = places
        elif isinstance(obj, Dendrite) and obj.proj._values.locality(variable) == "semiglobal":
            ranks = np.array([obj.post_rank])
        elif isinstance(obj, Projection) and obj._values.locality(variable) == "semiglobal":
            ranks = obj.synapses.post_ranks
        return source, kind, None if ranks is None else np.asarray(ranks, np.int32)

    def start(self, variables: str | Sequence[str] | None = None, period: float | None = None) -> None:
        """Begin (again), perhaps with more variables or another period."""
        for variable in _names(variables or ()):
            self._check(variable)
            if variable not in self._tracks:
                self._tracks[variable] = self._track(variable)
        state = self._state
        if state is not None:
            self.detach(state)
        self._paused = False
        if period is not None:
            self._period, self._offset = self._timing(period, None)
            self._origin = self._net.current_step
        if state is not None:
            self.attach(state, self._net.current_step)

    def resume(self) -> None:
        """Go on after `pause`."""
        if self._paused:
            self.start()

    def pause(self) -> None:
        """Stop recording; data so far stay."""
        if self._state is not None and not self._paused:
            self.detach(self._state)
            self._close(self._net.current_step)
        self._paused = True

    def stop(self) -> None:
        """Stop recording and forget data and variables."""
        self.pause()
        self._tracks.clear()

    def reset(self) -> None:
        """Forget the data and begin anew."""
        if self._state is not None:
            self.restart(self._state, drop=True)

    def restart(self, state: State, drop: bool) -> None:
        """The network goes back to step 0."""
        if self._state is None:
            return
        self.detach(state)
        self._close(state.block.t)
        if drop:
            for track in self._tracks.values():
                track.forget()
        self._origin = 0
        self.attach(state, 0)

    def _close(self, step: int) -> None:
        for track in self._tracks.values():
            track.close(step)

    # Data

    def get(
        self,
        variables: str | Sequence[str] | None = None,
        keep: bool = False,
        reshape: bool | None = None,
        force_dict: bool = False,
    ) -> Any:
        """The data since the last `get`: an array of rows for one name, a dict of arrays for several or none.

        Spikes are a dict from rank to steps. `reshape` gives rows the geometry of the population.
        """
        names = self.variables if variables is None else _names(variables)
        for name in names:
            if name not in self._tracks:
                raise NNCKeyError(with_hint(f"Monitor: '{name}' is not recorded", name, self._tracks))
        data = {name: self._take(self._tracks[name], keep, self._shaped(reshape)) for name in names}
        if force_dict or (variables is None) or len(names) != 1:
            return data
        return data[names[0]]

    def __getitem__(self, name: str) -> Any:
        return self.get(name)

    def _shaped(self, reshape: bool | None) -> bool:
        if reshape is not None:
            return reshape
        api = self._net.config_["api"]
        return self._reshape if api is None else bool(api == "5.0")

    def _take(self, track: Track, keep: bool, reshape: bool) -> Any:
        now = self._net.current_step
        track.note_taken(now)
        result = self._assemble(track, reshape)
        if not keep:
            track.empty(now)
        return result

    def _assemble(self, track: Track, reshape: bool) -> Any:
        obj = self.object
        if track.variable in EVENTS:
            assert isinstance(obj, Population | PopulationView)
            pairs = track.spikes()
            return tools.group(pairs[:, 0], pairs[:, 1], obj.ranks.tolist())
        if track.rewired and self.owner._values.locality(track.variable) == "local":
            return self._ragged(track)
        rows = track.rows(self._width(track.variable))
        if isinstance(obj, Projection):
            return self._by_dendrite(obj, track.variable, rows, track.wires or obj.synapses)
        if self._is_single(track.variable):
            return rows[:, 0]
        if isinstance(obj, Population) and reshape:
            return rows.reshape(len(rows), *obj.geometry)
        return rows

    def _width(self, variable: str) -> int:
        if self._is_single(variable):
            return 1
        obj = self.object
        many = isinstance(obj, Projection) and obj._values.locality(variable) == "local"
        return int(obj.nb_synapses if many else obj.size)

    def _is_single(self, variable: str) -> bool:
        obj = self.object
        if isinstance(obj, Population | PopulationView):
            values = _population(obj)._values
            return variable in values.slots and values.locality(variable) == "global"
        values = (obj.proj if isinstance(obj, Dendrite) else obj)._values
        return (
            values.locality(variable) != "local" if isinstance(obj, Dendrite) else values.locality(variable) == "global"
        )

    def _ragged(self, track: Track) -> NDArray[Any]:
        """Rows between which synapses came and went: lists of values, for a projection one per dendrite."""
        made: list[Any] = []
        for chunk in track.chunks:
            assert chunk.wires is not None
            alone = isinstance(self.object, Dendrite)
            made += [row.tolist() if alone else chunk.wires.split(row) for row in chunk.rows]
        dendrites = () if isinstance(self.object, Dendrite) else (self.owner.size,)
        ragged = np.empty((len(made), *dendrites), object)
        for place, row in enumerate(made):
            ragged[place] = row
        return ragged

    @staticmethod
    def _by_dendrite(proj: Projection, variable: str, rows: NDArray[Any], wires: Connectivity) -> NDArray[Any]:
        """Rows of a projection: (T, n_post, n_pre) where all dendrites are alike, else rows of lists."""
        locality = proj._values.locality(variable)
        if locality == "global":
            return rows[:, 0]
        if locality == "semiglobal":
            return rows
        counts = np.diff(wires.row)[wires.post_ranks].tolist()
        if counts and len(set(counts)) == 1 and rows.shape[1] == sum(counts):
            return rows.reshape(len(rows), len(counts), counts[0])
        ragged = np.empty((len(rows), len(counts)), object)
        for ragged_row, row in zip(ragged, rows, strict=True):
            ragged_row[:] = wires.split(row) if len(row) > 1 else [row.tolist()] * len(counts)
        return ragged

    def times(self, variables: str | Sequence[str] | None = None) -> dict[str, dict[str, list[int]]]:
        """Steps in which the segments of the last `get` began and ended, by variable."""
        names = self.variables if variables is None else _names(variables)
        return {
            name: {"start": [a for a, _ in self._tracks[name].last], "stop": [b for _, b in self._tracks[name].last]}
            for name in names
        }

    def row_times(self, variable: str) -> NDArray[np.float64]:
        """Times in ms of the rows that the last `get` of a variable gave, shape (rows,): k dt for that of step k."""
        if variable not in self._tracks or variable in EVENTS:
            rows = [name for name in self._tracks if name not in EVENTS]
            raise NNCKeyError(with_hint(f"Monitor: there are no rows of '{variable}'", variable, rows))
        return self._tracks[variable].last_steps.astype(np.float64) * self.dt

    # Spikes

    def _spikes(self, spikes: Any) -> Mapping[int, Sequence[int]]:
        if "spike" not in self._tracks:
            raise NNCValueError("Monitor: 'spike' is not recorded; name it when the monitor is made")
        if spikes is None:
            spikes = self.get("spike")
        if isinstance(spikes, dict) and "spike" in spikes:
            spikes = spikes["spike"]
        if not isinstance(spikes, dict):
            raise NNCTypeError(f"spikes are what get('spike') gives, not {type(spikes).__name__}")
        return spikes

    def _window(self) -> tuple[int, int]:
        track = self._tracks["spike"]
        segments = track.last or track.until(self._net.current_step)
        return (segments[-1][0], segments[-1][1]) if segments else (0, 0)

    def _repr_html_(self) -> str:
        rows = ((t.variable, t.count, t.segments) for t in self._tracks.values())
        return table(repr(self)[1:-1], ("variable", "rows", "segments (steps)"), rows)

    def __repr__(self) -> str:
        return f"<Monitor '{self.name}' of {self.variables}>"


def _checked_object(obj: Any) -> Recorded:
    if isinstance(obj, IndividualNeuron):
        return obj.view()
    if isinstance(obj, Population | PopulationView | Projection | Dendrite):
        return obj
    raise NNCTypeError(f"Monitor: a population, a part of one, a projection or a dendrite is recorded, not {obj!r}")


def _names(variables: str | Sequence[str]) -> list[str]:
    return [variables] if isinstance(variables, str) else list(variables)


def _population(obj: Population | PopulationView) -> Population:
    return obj.population if isinstance(obj, PopulationView) else obj


def _symbol(obj: Recorded) -> str:
    if isinstance(obj, Dendrite):
        return f"proj{obj.proj.id}"
    return f"proj{obj.id}" if isinstance(obj, Projection) else f"pop{obj.id}"
