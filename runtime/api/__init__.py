"""nnc: a neural-network compiler and simulator.

Neurons and synapses are given as equations; nnc compiles the network to machine code and simulates it. The names here
are those of ANNarchy scripts, in both of its generations. They are loaded when they are first used, so that
`import nnc` is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import atexit as atexit
    import operator as operator
    import os as os
    import sys as sys
    import time as time
    import types as types
    from math import ceil as ceil

    import numpy as np

    import nnc.core as core
    import nnc.cython_ext as cython_ext
    import nnc.extensions as extensions
    import nnc.generator as generator
    import nnc.inputs as inputs
    import nnc.intern as intern
    import nnc.models as models
    import nnc.parser as parser
    from nnc.core import Global as Global
    from nnc.extensions import bold as bold
    from nnc.extensions import convolution as convolution
    from nnc.extensions import hybrid as HybridPopulation
    from nnc.extensions import hybrid as hybrid
    from nnc.extensions import image as image
    from nnc.extensions.ann_to_snn_conversion import ANNtoSNNConverter as ANNtoSNNConverter
    from nnc.extensions.bold import BoldModel as BoldModel
    from nnc.extensions.bold import BoldMonitor as BoldMonitor
    from nnc.extensions.convolution import Convolution as Convolution
    from nnc.extensions.convolution import Copy as Copy
    from nnc.extensions.convolution import Pooling as Pooling
    from nnc.extensions.convolution import Transpose as Transpose
    from nnc.extensions.diagonal import DiagonalProjection as DiagonalProjection
    from nnc.extensions.image import ImagePopulation as ImagePopulation
    from nnc.extensions.image import VideoPopulation as VideoPopulation
    from nnc.extensions.tensorboard import Logger as Logger
    from nnc.intern import GlobalObjects as GlobalObjectManager
    from nnc.intern import Messages as Messages
    from nnc.intern import Profiler as Profiler
    from nnc.runtime import plot as plot
    from nnc.runtime.connectors.lil import LILConnectivity
    from nnc.runtime.connectors.lil import LILConnectivity as CSR
    from nnc.runtime.equations.constants import Constant
    from nnc.runtime.equations.neuron import Neuron
    from nnc.runtime.equations.synapse import DefaultRateCodedSynapse, DefaultSpikingSynapse, Synapse
    from nnc.runtime.equations.values import Creating, Parameter, Pruning, Variable
    from nnc.runtime.errors import (
        ANNarchyException,
        CodeGeneratorException,
        InvalidConfiguration,
        NNCError,
        NNCWarning,
    )
    from nnc.runtime.inputs.correlated import HomogeneousCorrelatedSpikeTrains
    from nnc.runtime.inputs.current_injection import CurrentInjection
    from nnc.runtime.inputs.decoding import DecodingProjection
    from nnc.runtime.inputs.input_array import InputArray
    from nnc.runtime.inputs.poisson import PoissonPopulation
    from nnc.runtime.inputs.rate_to_spike import Rate2SpikePopulation, Spike2RatePopulation
    from nnc.runtime.inputs.spike_source_array import SpikeSourceArray
    from nnc.runtime.inputs.timed_array import TimedArray
    from nnc.runtime.inputs.timed_poisson import TimedPoissonPopulation
    from nnc.runtime.io.parameters import load_parameter
    from nnc.runtime.measuring.profiling import check_profile_results
    from nnc.runtime.models import list_standard_neurons, list_standard_synapses
    from nnc.runtime.models.adaptive import EIF_cond_alpha_isfa_ista, EIF_cond_exp_isfa_ista
    from nnc.runtime.models.gif import GIF_curr, GIF_curr_exp
    from nnc.runtime.models.hodgkin_huxley import HH_cond_exp
    from nnc.runtime.models.integrate_and_fire import IF_cond_alpha, IF_cond_exp, IF_curr_alpha, IF_curr_exp
    from nnc.runtime.models.izhikevich import Izhikevich
    from nnc.runtime.models.rate import LeakyIntegrator
    from nnc.runtime.models.rate_plasticity import IBCM, Hebb, Oja
    from nnc.runtime.models.spike_plasticity import STDP, STP
    from nnc.runtime.networks.config import float32, float64
    from nnc.runtime.networks.magic import (
        add_function,
        callbacks_enabled,
        clear,
        clear_all_callbacks,
        compile,
        disable_callbacks,
        disable_learning,
        dt,
        enable_callbacks,
        enable_learning,
        functions,
        get_current_step,
        get_global_config,
        get_population,
        get_projection,
        get_time,
        load,
        load_parameters,
        magic_network,
        monitors,
        populations,
        projections,
        reset,
        save,
        save_parameters,
        set_current_step,
        set_seed,
        set_time,
        setup,
        simulate,
        simulate_until,
        step,
        timeit,
    )
    from nnc.runtime.networks.managers import NetworkManager
    from nnc.runtime.networks.network import Network
    from nnc.runtime.parallel.runs import parallel_run
    from nnc.runtime.parallel.sweep import SweepResult, sweep
    from nnc.runtime.populations.population import Population
    from nnc.runtime.populations.views import IndividualNeuron, PopulationView
    from nnc.runtime.projections.dendrite import Dendrite, IndividualSynapse
    from nnc.runtime.projections.projection import Projection
    from nnc.runtime.projections.sparse import sparse_delays_from_weights, sparse_random_matrix
    from nnc.runtime.random import (
        Binomial,
        DiscreteUniform,
        Exponential,
        Gamma,
        LogNormal,
        Normal,
        RandomDistribution,
        Uniform,
    )
    from nnc.runtime.recording.monitor import Monitor
    from nnc.runtime.recording.recordings import MonitorList
    from nnc.runtime.recording.spikes import (
        coefficient_of_variation,
        histogram,
        inter_spike_interval,
        mean_fr,
        population_rate,
        raster_plot,
        smoothed_rate,
    )
    from nnc.runtime.reporting.report import report
    from nnc.runtime.running.callbacks import every
    from nnc.runtime.running.team import OMP_MIN_NB_NEURONS

__version__ = "0.1.0"
__annarchy_api__ = "5.0"

__all__ = [
    "CSR",
    "IBCM",
    "OMP_MIN_NB_NEURONS",
    "STDP",
    "STP",
    "ANNarchyException",
    "Any",
    "Binomial",
    "CodeGeneratorException",
    "Constant",
    "Creating",
    "CurrentInjection",
    "DecodingProjection",
    "DefaultRateCodedSynapse",
    "DefaultSpikingSynapse",
    "Dendrite",
    "DiscreteUniform",
    "EIF_cond_alpha_isfa_ista",
    "EIF_cond_exp_isfa_ista",
    "Exponential",
    "GIF_curr",
    "GIF_curr_exp",
    "Gamma",
    "Global",
    "GlobalObjectManager",
    "HH_cond_exp",
    "Hebb",
    "HomogeneousCorrelatedSpikeTrains",
    "HybridPopulation",
    "IF_cond_alpha",
    "IF_cond_exp",
    "IF_curr_alpha",
    "IF_curr_exp",
    "IndividualNeuron",
    "IndividualSynapse",
    "InputArray",
    "InvalidConfiguration",
    "Izhikevich",
    "LILConnectivity",
    "LeakyIntegrator",
    "LogNormal",
    "Messages",
    "Monitor",
    "MonitorList",
    "NNCError",
    "NNCWarning",
    "Network",
    "NetworkManager",
    "Neuron",
    "Normal",
    "Oja",
    "Parameter",
    "PoissonPopulation",
    "Population",
    "PopulationView",
    "Profiler",
    "Projection",
    "Pruning",
    "RandomDistribution",
    "Rate2SpikePopulation",
    "Spike2RatePopulation",
    "SpikeSourceArray",
    "SweepResult",
    "Synapse",
    "TimedArray",
    "TimedPoissonPopulation",
    "Uniform",
    "Variable",
    "add_function",
    "atexit",
    "bold",
    "callbacks_enabled",
    "ceil",
    "check_profile_results",
    "clear",
    "clear_all_callbacks",
    "coefficient_of_variation",
    "compile",
    "convolution",
    "core",
    "cython_ext",
    "disable_callbacks",
    "disable_learning",
    "dt",
    "enable_callbacks",
    "enable_learning",
    "every",
    "extensions",
    "float32",
    "float64",
    "functions",
    "generator",
    "get_current_step",
    "get_global_config",
    "get_population",
    "get_projection",
    "get_time",
    "histogram",
    "hybrid",
    "image",
    "inputs",
    "inter_spike_interval",
    "intern",
    "list_standard_neurons",
    "list_standard_synapses",
    "load",
    "load_parameter",
    "load_parameters",
    "magic_network",
    "mean_fr",
    "models",
    "monitors",
    "np",
    "operator",
    "os",
    "parallel_run",
    "parser",
    "population_rate",
    "populations",
    "projections",
    "raster_plot",
    "report",
    "reset",
    "save",
    "save_parameters",
    "set_current_step",
    "set_seed",
    "set_time",
    "setup",
    "simulate",
    "simulate_until",
    "smoothed_rate",
    "sparse_delays_from_weights",
    "sparse_random_matrix",
    "step",
    "sweep",
    "sys",
    "time",
    "timeit",
    "types",
]

_MODULES = {
    "nnc.runtime.running.callbacks": "every",
    "nnc.runtime.networks.config": "float32 float64",
    "nnc.runtime.connectors.lil": "LILConnectivity",
    "nnc.runtime.equations.constants": "Constant",
    "nnc.runtime.projections.dendrite": "Dendrite IndividualSynapse",
    "nnc.runtime.errors": "ANNarchyException CodeGeneratorException InvalidConfiguration NNCError NNCWarning",
    "nnc.runtime.inputs.correlated": "HomogeneousCorrelatedSpikeTrains",
    "nnc.runtime.inputs.current_injection": "CurrentInjection",
    "nnc.runtime.inputs.decoding": "DecodingProjection",
    "nnc.runtime.inputs.input_array": "InputArray",
    "nnc.runtime.inputs.poisson": "PoissonPopulation",
    "nnc.runtime.inputs.rate_to_spike": "Rate2SpikePopulation Spike2RatePopulation",
    "nnc.runtime.inputs.spike_source_array": "SpikeSourceArray",
    "nnc.runtime.inputs.timed_array": "TimedArray",
    "nnc.runtime.inputs.timed_poisson": "TimedPoissonPopulation",
    "nnc.runtime.io.parameters": "load_parameter",
    "nnc.runtime.networks.magic": (
        "add_function callbacks_enabled clear clear_all_callbacks compile disable_callbacks disable_learning dt "
        "enable_callbacks enable_learning functions get_current_step get_global_config get_population get_projection "
        "get_time load load_parameters magic_network monitors populations projections reset save save_parameters "
        "set_current_step set_seed set_time setup simulate simulate_until step timeit"
    ),
    "nnc.runtime.networks.managers": "NetworkManager",
    "nnc.runtime.models": "list_standard_neurons list_standard_synapses",
    "nnc.runtime.models.adaptive": "EIF_cond_alpha_isfa_ista EIF_cond_exp_isfa_ista",
    "nnc.runtime.models.gif": "GIF_curr GIF_curr_exp",
    "nnc.runtime.models.hodgkin_huxley": "HH_cond_exp",
    "nnc.runtime.models.integrate_and_fire": "IF_cond_alpha IF_cond_exp IF_curr_alpha IF_curr_exp",
    "nnc.runtime.models.izhikevich": "Izhikevich",
    "nnc.runtime.models.rate": "LeakyIntegrator",
    "nnc.runtime.models.rate_plasticity": "IBCM Hebb Oja",
    "nnc.runtime.models.spike_plasticity": "STDP STP",
    "nnc.runtime.recording.monitor": "Monitor",
    "nnc.runtime.networks.network": "Network",
    "nnc.runtime.equations.neuron": "Neuron",
    "nnc.runtime.parallel.runs": "parallel_run",
    "nnc.runtime.parallel.sweep": "SweepResult sweep",
    "nnc.runtime.populations.population": "Population",
    "nnc.runtime.measuring.profiling": "check_profile_results",
    "nnc.runtime.projections.projection": "Projection",
    "nnc.runtime.random": ("Binomial DiscreteUniform Exponential Gamma LogNormal Normal RandomDistribution Uniform"),
    "nnc.runtime.recording.recordings": "MonitorList",
    "nnc.runtime.reporting.report": "report",
    "nnc.runtime.projections.sparse": "sparse_delays_from_weights sparse_random_matrix",
    "nnc.runtime.recording.spikes": (
        "coefficient_of_variation histogram inter_spike_interval mean_fr population_rate raster_plot smoothed_rate"
    ),
    "nnc.runtime.equations.synapse": "DefaultRateCodedSynapse DefaultSpikingSynapse Synapse",
    "nnc.runtime.equations.values": "Creating Parameter Pruning Variable",
    "nnc.runtime.populations.views": "IndividualNeuron PopulationView",
}
_PLACES = {name: (module, name) for module, names in _MODULES.items() for name in names.split()} | {
    "CSR": ("nnc.runtime.connectors.lil", "LILConnectivity"),
    "np": ("numpy", ""),
    "time": ("time", ""),
    "os": ("os", ""),
    "sys": ("sys", ""),
    "operator": ("operator", ""),
    "ceil": ("math", "ceil"),
    "Any": ("typing", "Any"),
    "atexit": ("atexit", ""),
    "types": ("types", ""),
    "OMP_MIN_NB_NEURONS": ("nnc.runtime.running.team", "OMP_MIN_NB_NEURONS"),
    "Messages": ("nnc.intern.Messages", ""),
    "Global": ("nnc.core.Global", ""),
    "GlobalObjectManager": ("nnc.intern.GlobalObjects", ""),
    "Profiler": ("nnc.intern.Profiler", ""),
    "HybridPopulation": ("nnc.extensions.hybrid", ""),
    "bold": ("nnc.extensions.bold", ""),
    "convolution": ("nnc.extensions.convolution", ""),
    "hybrid": ("nnc.extensions.hybrid", ""),
    "image": ("nnc.extensions.image", ""),
    "core": ("nnc.core", ""),
    "cython_ext": ("nnc.cython_ext", ""),
    "extensions": ("nnc.extensions", ""),
    "generator": ("nnc.generator", ""),
    "inputs": ("nnc.inputs", ""),
    "intern": ("nnc.intern", ""),
    "models": ("nnc.models", ""),
    "parser": ("nnc.parser", ""),
}
_EXTENSIONS = {
    "nnc.extensions.ann_to_snn_conversion": "ANNtoSNNConverter",
    "nnc.extensions.bold": "BoldModel BoldMonitor",
    "nnc.extensions.convolution": "Convolution Copy Pooling Transpose",
    "nnc.extensions.diagonal": "DiagonalProjection",
    "nnc.extensions.image": "ImagePopulation VideoPopulation",
    "nnc.extensions.tensorboard": "Logger",
}
"""Names that are there but that `from nnc import *` leaves out: a script's own must not be shadowed."""

_EXTRA_PLACES = {name: (module, name) for module, names in _EXTENSIONS.items() for name in names.split()}

_ASIDE = {
    "_optimization_flags": ("nnc.runtime.networks.magic", "_optimization_flags"),
    "MemoryStats": ("nnc.runtime.measuring.footprint", "MemoryStats"),
    "compat": ("nnc.compat", ""),
    "plot": ("nnc.runtime.plot", ""),
}
"""Names that are there but that a star import does not bring."""


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name) or _ASIDE.get(name) or _EXTRA_PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'nnc' has no attribute '{name}'")
    module, attribute = place
    value = importlib.import_module(module)
    found = getattr(value, attribute) if attribute else value
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
