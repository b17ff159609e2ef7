"""The standard synapses."""

from nnc.runtime.models.rate_plasticity import IBCM, Hebb, Oja
from nnc.runtime.models.spike_plasticity import STDP, STP
from nnc.runtime.synapse import DefaultRateCodedSynapse, DefaultSpikingSynapse

__all__ = ["IBCM", "STDP", "STP", "DefaultRateCodedSynapse", "DefaultSpikingSynapse", "Hebb", "Oja"]
