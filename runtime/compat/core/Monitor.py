"""Monitors, the offline analysis of spikes, and memory."""

from nnc.runtime.footprint import MemoryStats
from nnc.runtime.monitor import Monitor
from nnc.runtime.recordings import MonitorList
from nnc.runtime.spikes import (
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
