"""Populations."""

from nnc.runtime.populations.population import Population

__all__ = ["Population"]
