"""Input populations."""

from nnc.runtime.inputs.correlated import HomogeneousCorrelatedSpikeTrains
from nnc.runtime.inputs.current_injection import CurrentInjection
from nnc.runtime.inputs.decoding import DecodingProjection
from nnc.runtime.inputs.input_array import InputArray
from nnc.runtime.inputs.poisson import PoissonPopulation
from nnc.runtime.inputs.spike_source_array import SpikeSourceArray
from nnc.runtime.inputs.timed_array import TimedArray
from nnc.runtime.inputs.timed_poisson import TimedPoissonPopulation

__all__ = [
    "CurrentInjection",
    "DecodingProjection",
    "HomogeneousCorrelatedSpikeTrains",
    "InputArray",
    "PoissonPopulation",
    "SpikeSourceArray",
    "TimedArray",
    "TimedPoissonPopulation",
]
