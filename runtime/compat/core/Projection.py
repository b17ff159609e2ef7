"""Projections."""

from nnc.runtime.projection import Projection

__all__ = ["Projection"]
