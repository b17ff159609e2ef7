"""Analysis of spikes: dicts from neuron to steps, as `Monitor.get("spike")` gives them, turned into numbers.

All functions work on whole arrays. Without `dt` they take the step size of the magic network.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from nnc.runtime.errors import NNCTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray


def flatten(spikes: Mapping[int, Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(steps, neurons) of all spikes, by neuron in the order of the dict, then by time."""
    if not hasattr(spikes, "items"):
        raise NNCTypeError(
            f"spikes are a dict from neuron to steps, as get('spike') gives, not {type(spikes).__name__}"
        )
    counts = [len(v) for v in spikes.values()]
    neurons = np.repeat(np.fromiter(spikes.keys(), np.int64, len(spikes)), counts)
    steps = np.concatenate([np.asarray(v, np.int64) for v in spikes.values()]) if counts else np.zeros(0, np.int64)
    return steps.astype(np.int64), neurons


def group(steps: NDArray[np.int64], neurons: NDArray[np.int64], ranks: Iterable[int]) -> dict[int, list[int]]:
    """The dict from flat spikes in order of time; every rank has an entry."""
    order = np.argsort(neurons, kind="stable")
    sorted_neurons, sorted_steps = neurons[order], steps[order].tolist()
    wanted = [int(r) for r in ranks]
    first = np.searchsorted(sorted_neurons, wanted, "left").tolist()
    last = np.searchsorted(sorted_neurons, wanted, "right").tolist()
    return {rank: sorted_steps[a:b] for rank, a, b in zip(wanted, first, last, strict=True)}


def raster_plot(
    spikes: Mapping[int, Sequence[int]], dt: float | None = None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(times in ms, neurons) of all spikes, by neuron, then by time."""
    steps, neurons = flatten(spikes)
    return steps.astype(np.float64) * step_of(dt), neurons


def histogram(
    spikes: Mapping[int, Sequence[int]],
    bins: float | None = None,
    per_neuron: bool = False,
    recording_window: tuple[int, int] | None = None,
    dt: float | None = None,
) -> NDArray[np.int64]:
    """Spikes per bin of `bins` ms (default one step), from the first spike to the last or over a window of steps.

    With `per_neuron` an array of shape (greatest rank + 1, bins).
    """
    steps, neurons = flatten(spikes)
    width = max(1, round((bins or step_of(dt)) / step_of(dt)))
    if recording_window is None:
        recording_window = (int(steps.min()), int(steps.max())) if len(steps) else (0, 0)
    low, high = recording_window
    count = (high - low) // width + 1
    bin_of = (steps - low) // width
    inside = (steps >= low) & (bin_of < count)
    if not per_neuron:
        return np.bincount(bin_of[inside], minlength=count)
    rows = max((int(n) for n in spikes), default=-1) + 1
    flat = np.bincount(neurons[inside] * count + bin_of[inside], minlength=rows * count)
    return flat.reshape(rows, count)


def inter_spike_interval(
    spikes: Mapping[int, Sequence[int]],
    ranks: Sequence[int] | None = None,
    per_neuron: bool = False,
    dt: float | None = None,
) -> Any:
    """Intervals between the spikes of each neuron in ms: a flat list, or a dict by neuron."""
    flatten({})
    step = step_of(dt)
    chosen = spikes if ranks is None else {rank: spikes.get(rank, []) for rank in ranks}
    intervals = {rank: (np.diff(np.asarray(s, np.int64)) * step).tolist() for rank, s in chosen.items()}
    return intervals if per_neuron else [x for row in intervals.values() for x in row]


def coefficient_of_variation(
    spikes: Mapping[int, Sequence[int]],
    ranks: Sequence[int] | None = None,
    per_neuron: bool = False,
    dt: float | None = None,
) -> Any:
    """Deviation over mean of the intervals of every neuron that has at least two: a list, or a dict by neuron."""
    intervals = cast("dict[int, list[float]]", inter_spike_interval(spikes, ranks, True, dt))
    found = {rank: float(np.std(x) / np.mean(x)) for rank, x in intervals.items() if len(x) > 1}
    return found if per_neuron else list(found.values())


def mean_fr(spikes: Mapping[int, Sequence[int]], duration: float | None = None, dt: float | None = None) -> float:
    """Mean firing rate in Hz over all neurons of the dict; without a duration (ms) from the first spike to the last."""
    steps, _ = flatten(spikes)
    if duration is None:
        duration = (int(steps.max()) - int(steps.min()) + 1) * step_of(dt) if len(steps) else 0.0
    return 1000.0 * len(steps) / (len(spikes) * duration) if spikes and duration > 0 else 0.0


def population_rate(
    spikes: Mapping[int, Sequence[int]],
    smooth: float = 0.0,
    dt: float | None = None,
    recording_window: tuple[int, int] | None = None,
) -> NDArray[np.float64]:
    """Mean rate of the population in Hz at every step of the window, ends included; low-passed over `smooth` ms."""
    step = step_of(dt)
    low, high = _window(spikes, recording_window)
    steps, _ = flatten(spikes)
    counts = np.bincount(np.clip(steps - low, 0, high - low), minlength=high - low + 1)
    rate = counts.astype(np.float64) * (1000.0 / (max(1, len(spikes)) * step))
    return _low_pass(rate[None, :], smooth, step)[0] if smooth > step else rate


def smoothed_rate(
    spikes: Mapping[int, Sequence[int]],
    smooth: float = 0.0,
    dt: float | None = None,
    recording_window: tuple[int, int] | None = None,
) -> NDArray[np.float64]:
    """Instantaneous rate of every neuron in Hz, shape (neurons, steps): 1000 / ISI between two spikes, else 0."""
    step = step_of(dt)
    low, high = _window(spikes, recording_window)
    length = high - low
    rates = np.zeros((len(spikes), length))
    for row, times in zip(rates, spikes.values(), strict=True):
        at = np.asarray(times, np.int64) - low
        gaps = np.diff(at)
        if len(gaps):
            row[at[0] : at[-1]] = np.repeat(1000.0 / (gaps * step), gaps)[: length - at[0]]
    return _low_pass(rates, smooth, step) if smooth > step else rates


def _window(spikes: Mapping[int, Sequence[int]], given: tuple[int, int] | None) -> tuple[int, int]:
    if given is not None:
        return given
    steps, _ = flatten(spikes)
    return (int(steps.min()), int(steps.max()) + 1) if len(steps) else (0, 0)


def _low_pass(rates: NDArray[np.float64], smooth: float, step: float) -> NDArray[np.float64]:
    """A first-order filter along the second axis: y += (x - y) * dt / tau, starting at the first value."""
    gain = step / smooth
    filtered = [list(accumulate(row, lambda y, x: y + (x - y) * gain)) for row in rates.tolist()]
    return np.asarray(filtered, np.float64).reshape(rates.shape)


def step_of(dt: float | None) -> float:
    """The step size in ms: that given, else that of the magic network."""
    if dt is not None:
        return float(dt)
    from nnc.runtime.networks.magic import magic_network

    return magic_network().dt
