"""The methods of monitors that make numbers of spikes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnc.runtime.recording import spikes as tools

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray


class SpikeAnalysis:
    """Analysis of recorded spikes. `spikes` is what `get("spike")` or `get()` gave; without it they are taken now."""

    @property
    def dt(self) -> float:
        """Step size in ms."""
        raise NotImplementedError

    def _spikes(self, spikes: Any) -> Mapping[int, Sequence[int]]:
        raise NotImplementedError

    def _window(self) -> tuple[int, int]:
        raise NotImplementedError

    def raster_plot(self, spikes: Any = None) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(times in ms, ranks) of all spikes, by neuron, then by time."""
        return tools.raster_plot(self._spikes(spikes), self.dt)

    def histogram(
        self,
        spikes: Any = None,
        bins: float | None = None,
        per_neuron: bool = False,
        recording_window: tuple[int, int] | None = None,
    ) -> NDArray[np.int64]:
        """Spikes per bin of `bins` ms, default one step; see `nnc.histogram`."""
        return tools.histogram(self._spikes(spikes), bins, per_neuron, recording_window, self.dt)

    def inter_spike_interval(
        self, spikes: Any = None, ranks: Sequence[int] | None = None, per_neuron: bool = False
    ) -> Any:
        """Intervals between the spikes of each neuron in ms."""
        return tools.inter_spike_interval(self._spikes(spikes), ranks, per_neuron, self.dt)

    def coefficient_of_variation(self, spikes: Any = None, ranks: Sequence[int] | None = None) -> Any:
        """Deviation over mean of the intervals of every neuron with at least two."""
        return tools.coefficient_of_variation(self._spikes(spikes), ranks, False, self.dt)

    def mean_fr(self, spikes: Any = None) -> float:
        """Mean firing rate in Hz over the neurons and the last recorded segment."""
        data = self._spikes(spikes)
        low, high = self._window()
        return tools.mean_fr(data, (high - low) * self.dt if high > low else None, self.dt)

    def population_rate(self, spikes: Any = None, smooth: float = 0.0) -> NDArray[np.float64]:
        """Rate of the population in Hz at each step of the recording and at its end; low-passed over `smooth` ms."""
        return tools.population_rate(self._spikes(spikes), smooth, self.dt, self._window())

    def smoothed_rate(self, spikes: Any = None, smooth: float = 0.0) -> NDArray[np.float64]:
        """Instantaneous rates in Hz, shape (neurons, steps)."""
        return tools.smoothed_rate(self._spikes(spikes), smooth, self.dt, self._window())
