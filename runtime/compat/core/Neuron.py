"""Neuron models."""

from nnc.runtime.equations.neuron import Neuron

__all__ = ["Neuron"]
