"""The networks of the process."""

from nnc.runtime.networks.managers import NetworkManager

__all__ = ["NetworkManager"]
