"""Constants."""

from nnc.runtime.equations.constants import Constant

__all__ = ["Constant"]
