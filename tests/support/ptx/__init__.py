"""An interpreter of the PTX that nnc's kernels are made of, and a stand-in for a device that runs it.

All threads of a grid are executed in numpy, in lock step where they go the same way. Every access is checked against
live allocations, for values that nobody has written, and for races; what PTX leaves undefined is an error.
"""

from support.ptx.errors import PTXError
from support.ptx.launch import Grid
from support.ptx.memory import Memory
from support.ptx.parse import parse

__all__ = ["Grid", "Memory", "PTXError", "parse"]
