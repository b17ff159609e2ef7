"""Projections."""

from nnc.runtime.projections.projection import Projection

__all__ = ["Projection"]
