"""Synapse models."""

from nnc.runtime.synapse import DefaultRateCodedSynapse, DefaultSpikingSynapse, Synapse

__all__ = ["DefaultRateCodedSynapse", "DefaultSpikingSynapse", "Synapse"]
