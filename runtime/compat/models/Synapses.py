"""The standard synapses."""

from nnc.runtime.equations.synapse import DefaultRateCodedSynapse, DefaultSpikingSynapse
from nnc.runtime.models.rate_plasticity import IBCM, Hebb, Oja
from nnc.runtime.models.spike_plasticity import STDP, STP

__all__ = ["IBCM", "STDP", "STP", "DefaultRateCodedSynapse", "DefaultSpikingSynapse", "Hebb", "Oja"]
