"""Recorded data as objects of other packages: xarray, pandas, Neo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.runtime.errors import NNCValueError, with_hint
from nnc.runtime.extras import extra
from nnc.runtime.populations.population import Population
from nnc.runtime.projections.projection import Projection
from nnc.runtime.recording.spikes import raster_plot
from nnc.runtime.recording.tracks import EVENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from nnc.runtime.recording.tracks import Track


class Exports:
    """The part of a monitor that hands its data to other packages.

    The monitor keeps the data. Times are in ms. Raises `NNCImportError` where the package is not installed.
    """

    name: str
    object: Any
    _tracks: dict[str, Track]

    @property
    def dt(self) -> float:
        """Step size in ms."""
        raise NotImplementedError

    @property
    def period(self) -> float:
        """Time between two rows in ms."""
        raise NotImplementedError

    @property
    def owner(self) -> Any:
        """The recorded object."""
        raise NotImplementedError

    def get(
        self,
        variables: str | Sequence[str] | None = None,
        keep: bool = False,
        reshape: bool | None = None,
        force_dict: bool = False,
    ) -> Any:
        """The recorded data."""
        raise NotImplementedError

    def times(self, variables: str | Sequence[str] | None = None) -> dict[str, dict[str, list[int]]]:
        """Steps in which the segments of the last `get` began and ended."""
        raise NotImplementedError

    def row_times(self, variable: str) -> NDArray[np.float64]:
        """Times in ms of the rows of the last `get`."""
        raise NotImplementedError

    def to_xarray(self) -> Any:
        """An `xarray.Dataset`: variables over `time` and `neuron`, or `dim_0`, `dim_1`, ... of a population's geometry.

        Spikes are `spike_time` and `spike_neuron` along `spike`. Neurons bear their ranks.
        """
        xarray = extra("xarray", "xarray", "to_xarray")
        data: dict[str, Any] = {}
        for name in self._values_of(None):
            rows, dims, coords = self._labelled(name)
            data[name] = xarray.DataArray(rows, coords, dims, attrs=self._unit(name))
        attrs = {"object": self.owner.name, "dt": self.dt, "period": self.period}
        found = xarray.Dataset(data, attrs=attrs)
        if found.sizes.get("time"):
            found["time"].attrs["units"] = "ms"
        if "spike" in self._tracks:
            times, ranks = self._flat_spikes()
            found["spike_time"] = ("spike", times, {"units": "ms"})
            found["spike_neuron"] = ("spike", ranks)
        return found

    def to_dataframe(self, variables: str | Sequence[str] | None = None) -> Any:
        """A `pandas.DataFrame`: a row per time (ms) and neuron, a column per variable.

        For `"spike"` a row per spike, in order of time, with the columns `time` and `neuron`; without names all
        variables but spikes, which have a table of their own.
        """
        pandas = extra("pandas", "pandas", "to_dataframe")
        if variables in ("spike", ["spike"]) or (variables is None and list(self._tracks) == ["spike"]):
            times, ranks = self._flat_spikes()
            order = np.lexsort((ranks, times))
            return pandas.DataFrame({"time": times[order], "neuron": ranks[order]})
        columns = []
        for name in self._values_of(variables):
            rows = self._rows(name)
            times, ranks = self.row_times(name), self._ranks(rows.shape[1])
            index = pandas.MultiIndex.from_product([times, ranks], names=["time", "neuron"])
            columns.append(pandas.Series(rows.reshape(-1), index, name=name))
        return pandas.concat(columns, axis=1)

    def to_neo(self) -> Any:
        """A `neo.Block` of one segment: a signal per variable, a spike train per neuron.

        Signals are regular ones where rows have equal distances. Units are those declared in the model, else none.
        """
        neo = extra("neo", "neo", "to_neo")
        block, segment = neo.Block(name=self.owner.name), neo.Segment(name=self.name)
        block.segments.append(segment)
        for name in self._values_of(None):
            signal = self._signal(neo, name)
            regular = isinstance(signal, neo.AnalogSignal)
            (segment.analogsignals if regular else segment.irregularlysampledsignals).append(signal)
        if "spike" in self._tracks:
            segment.spiketrains += self._trains(neo)
        return block

    def _signal(self, neo: Any, name: str) -> Any:
        rows, times = self._rows(name), self.row_times(name)
        unit = self._unit(name).get("units", "dimensionless")
        label = {"name": name, "array_annotations": {"neuron": self._ranks(rows.shape[1])}}
        steps = np.diff(times)
        if len(times) and np.allclose(steps, self.period):
            ms = extra("quantities", "neo", "to_neo").ms
            return neo.AnalogSignal(rows, unit, t_start=times[0] * ms, sampling_period=self.period * ms, **label)
        return neo.IrregularlySampledSignal(times, rows, units=unit, time_units="ms", **label)

    def _trains(self, neo: Any) -> list[Any]:
        spikes: Mapping[int, Sequence[int]] = self.get("spike", keep=True)
        segments = self.times("spike")["spike"]
        first, last = (segments["start"][0], segments["stop"][-1]) if segments["start"] else (0, 0)
        return [
            neo.SpikeTrain(
                np.asarray(steps, np.float64) * self.dt,
                units="ms",
                t_start=first * self.dt,
                t_stop=last * self.dt,
                neuron=rank,
            )
            for rank, steps in spikes.items()
        ]

    def _values_of(self, variables: str | Sequence[str] | None) -> list[str]:
        """Names of variables with rows."""
        rows = [name for name in self._tracks if name not in EVENTS]
        names = rows if variables is None else [variables] if isinstance(variables, str) else list(variables)
        for name in names:
            if name in EVENTS:
                raise NNCValueError("to_dataframe: spikes have a table of their own: to_dataframe('spike')")
            if name not in rows:
                raise NNCValueError(with_hint(f"Monitor: '{name}' is not recorded", name, rows))
        return names

    def _rows(self, name: str) -> NDArray[Any]:
        """All rows of a variable, shape (rows, width)."""
        rows = self.get(name, keep=True, reshape=False)
        if rows.dtype == object:
            raise NNCValueError(f"Monitor: the rows of '{name}' have different lengths and make no table")
        flat: NDArray[Any] = rows.reshape(len(rows), -1)
        return flat

    def _ranks(self, width: int) -> NDArray[np.int64]:
        ranks = np.asarray(getattr(self.object, "ranks", ()))
        return ranks if len(ranks) == width else np.arange(width)

    def _labelled(self, name: str) -> tuple[NDArray[Any], list[str], dict[str, Any]]:
        """Rows with names and coordinates of their dimensions."""
        rows, geometry = self._rows(name), self.object.geometry if isinstance(self.object, Population) else ()
        coords: dict[str, Any] = {"time": self.row_times(name)}
        if len(geometry) > 1 and rows.shape[1] == np.prod(geometry):
            dims = [f"dim_{axis}" for axis in range(len(geometry))]
            ranks = self._ranks(rows.shape[1]).reshape(geometry)
            return rows.reshape(-1, *geometry), ["time", *dims], {**coords, "rank": (dims, ranks)}
        if rows.shape[1] == 1 and getattr(self.object, "size", 1) != 1:
            return rows[:, 0], ["time"], coords
        along = "synapse" if self._is_synaptic(rows.shape[1]) else "neuron"
        return rows, ["time", along], {**coords, along: self._ranks(rows.shape[1])}

    def _is_synaptic(self, width: int) -> bool:
        return isinstance(self.owner, Projection) and width != getattr(self.object, "size", -1)

    def _flat_spikes(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        return raster_plot(self.get("spike", keep=True), self.dt)

    def _unit(self, name: str) -> dict[str, str]:
        model = getattr(self.owner, "synapse_type" if isinstance(self.owner, Projection) else "neuron_type")
        units = model.described.units
        return {"units": units[name]} if name in units else {}
