"""The standard models: `from nnc.models.Neurons import Izhikevich`."""

from nnc.runtime.equations.synapse import DefaultRateCodedSynapse, DefaultSpikingSynapse
from nnc.runtime.models.adaptive import EIF_cond_alpha_isfa_ista, EIF_cond_exp_isfa_ista
from nnc.runtime.models.gif import GIF_curr, GIF_curr_exp
from nnc.runtime.models.hodgkin_huxley import HH_cond_exp
from nnc.runtime.models.integrate_and_fire import IF_cond_alpha, IF_cond_exp, IF_curr_alpha, IF_curr_exp
from nnc.runtime.models.izhikevich import Izhikevich
from nnc.runtime.models.rate import LeakyIntegrator
from nnc.runtime.models.rate_plasticity import IBCM, Hebb, Oja
from nnc.runtime.models.spike_plasticity import STDP, STP

__all__ = [
    "IBCM",
    "STDP",
    "STP",
    "DefaultRateCodedSynapse",
    "DefaultSpikingSynapse",
    "EIF_cond_alpha_isfa_ista",
    "EIF_cond_exp_isfa_ista",
    "GIF_curr",
    "GIF_curr_exp",
    "HH_cond_exp",
    "Hebb",
    "IF_cond_alpha",
    "IF_cond_exp",
    "IF_curr_alpha",
    "IF_curr_exp",
    "Izhikevich",
    "LeakyIntegrator",
    "Oja",
]
