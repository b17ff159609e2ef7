"""Monitors, the offline analysis of spikes, and memory."""

from nnc.runtime.measuring.footprint import MemoryStats
from nnc.runtime.recording.monitor import Monitor
from nnc.runtime.recording.recordings import MonitorList
from nnc.runtime.recording.spikes import (
    coefficient_of_variation,
    histogram,
    inter_spike_interval,
    mean_fr,
    population_rate,
    raster_plot,
    smoothed_rate,
)

__all__ = [
    "MemoryStats",
    "Monitor",
    "MonitorList",
    "coefficient_of_variation",
    "histogram",
    "inter_spike_interval",
    "mean_fr",
    "population_rate",
    "raster_plot",
    "smoothed_rate",
]
