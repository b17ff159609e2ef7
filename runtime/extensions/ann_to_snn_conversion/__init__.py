"""Spiking networks made from trained ones: `from nnc.extensions.ann_to_snn_conversion import ANNtoSNNConverter`."""

from nnc.extensions.ann_to_snn_conversion.converter import ANNtoSNNConverter

__all__ = ["ANNtoSNNConverter"]
