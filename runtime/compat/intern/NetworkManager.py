"""The networks of the process."""

from nnc.runtime.managers import NetworkManager

__all__ = ["NetworkManager"]
