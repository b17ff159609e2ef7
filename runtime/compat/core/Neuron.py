"""Neuron models."""

from nnc.runtime.neuron import Neuron

__all__ = ["Neuron"]
