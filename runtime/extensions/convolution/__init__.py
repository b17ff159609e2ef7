"""Projections with shared weights: filters, pooling, copies and transposes of other projections."""

from nnc.extensions.convolution.convolution import Convolution
from nnc.extensions.convolution.pooling import Pooling

__all__ = ["Convolution", "Pooling"]
