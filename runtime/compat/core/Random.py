"""Random distributions."""

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

__all__ = [
    "Binomial",
    "DiscreteUniform",
    "Exponential",
    "Gamma",
    "LogNormal",
    "Normal",
    "RandomDistribution",
    "Uniform",
]
