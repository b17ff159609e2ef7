"""The container that connectors written by users fill."""

from nnc.runtime.connectors.lil import LILConnectivity

__all__ = ["LILConnectivity"]
