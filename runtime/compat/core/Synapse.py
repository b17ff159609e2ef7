"""Synapse models."""

from nnc.runtime.equations.synapse import DefaultRateCodedSynapse, DefaultSpikingSynapse, Synapse

__all__ = ["DefaultRateCodedSynapse", "DefaultSpikingSynapse", "Synapse"]
