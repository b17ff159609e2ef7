"""Populations."""

from nnc.runtime.population import Population

__all__ = ["Population"]
