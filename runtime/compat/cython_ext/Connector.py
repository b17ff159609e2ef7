"""Containers of connectivity."""

from nnc.runtime.connectors.lil import LILConnectivity

__all__ = ["LILConnectivity"]
