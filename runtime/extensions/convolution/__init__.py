"""Projections with shared weights: filters, pooling, copies and transposes of other projections."""

from nnc.extensions.convolution.convolution import Convolution
from nnc.extensions.convolution.copy import Copy
from nnc.extensions.convolution.pooling import Pooling
from nnc.extensions.convolution.transpose import Transpose

__all__ = ["Convolution", "Copy", "Pooling", "Transpose"]
