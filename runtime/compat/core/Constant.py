"""Constants."""

from nnc.runtime.constants import Constant

__all__ = ["Constant"]
