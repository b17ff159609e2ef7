"""Populations and projections between spiking and rate-coded neurons, under the import path of scripts."""

from nnc.runtime.inputs.current_injection import CurrentInjection
from nnc.runtime.inputs.decoding import DecodingProjection
from nnc.runtime.inputs.rate_to_spike import Rate2SpikePopulation, Spike2RatePopulation

__all__ = ["CurrentInjection", "DecodingProjection", "Rate2SpikePopulation", "Spike2RatePopulation"]
