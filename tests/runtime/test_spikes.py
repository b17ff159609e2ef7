"""Numbers made of spikes."""

import numpy as np
import pytest

from nnc.runtime.recording import spikes as tools

SPIKES = {0: [2, 6], 1: [4], 2: []}


def test_group_has_an_entry_for_every_rank_in_ascending_time():
    steps, neurons = np.array([1, 1, 2, 5]), np.array([3, 0, 3, 9])
    assert tools.group(steps, neurons, [0, 1, 3]) == {0: [1], 1: [], 3: [1, 2]}


def test_raster_plot_is_in_ms_by_neuron():
    times, ranks = tools.raster_plot(SPIKES, 0.5)
    assert times.tolist() == [1.0, 3.0, 2.0]
    assert ranks.tolist() == [0, 0, 1]


def test_histogram_counts_from_the_first_to_the_last_spike():
    assert tools.histogram(SPIKES, dt=1.0).tolist() == [1, 0, 1, 0, 1]
    assert tools.histogram(SPIKES, bins=2.0, dt=1.0).tolist() == [1, 1, 1]
    assert tools.histogram({0: []}, dt=1.0).tolist() == [0]


def test_histogram_over_a_window_and_per_neuron():
    assert tools.histogram(SPIKES, recording_window=(4, 5), dt=1.0).tolist() == [1, 0]
    assert tools.histogram(SPIKES, per_neuron=True, dt=1.0).tolist() == [[1, 0, 0, 0, 1], [0, 0, 1, 0, 0], [0] * 5]


def test_intervals_are_in_ms():
    assert tools.inter_spike_interval(SPIKES, dt=0.5) == [2.0]
    assert tools.inter_spike_interval(SPIKES, ranks=[1], per_neuron=True, dt=0.5) == {1: []}


def test_coefficient_of_variation_needs_two_intervals():
    assert tools.coefficient_of_variation({0: [0, 1, 4], 1: [0, 1]}, dt=1.0) == [0.5]


def test_mean_rate_is_spikes_per_neuron_and_second():
    assert tools.mean_fr(SPIKES, duration=100.0, dt=1.0) == pytest.approx(10.0)
    assert tools.mean_fr({}, dt=1.0) == 0.0


def test_population_rate_has_a_value_per_step_and_one_more():
    rate = tools.population_rate({0: [1], 1: [1]}, dt=0.5, recording_window=(0, 4))
    assert rate.tolist() == [0.0, 2000.0, 0.0, 0.0, 0.0]
    smooth = tools.population_rate({0: [1], 1: [1]}, smooth=1.0, dt=0.5, recording_window=(0, 4))
    assert smooth.tolist() == [0.0, 1000.0, 500.0, 250.0, 125.0]


def test_smoothed_rate_is_the_inverse_interval_between_spikes():
    rates = tools.smoothed_rate({0: [12, 16], 1: [11]}, dt=1.0, recording_window=(10, 20))
    assert rates.shape == (2, 10)
    assert rates[0].tolist() == [0, 0, 250, 250, 250, 250, 0, 0, 0, 0]
    assert not rates[1].any()
