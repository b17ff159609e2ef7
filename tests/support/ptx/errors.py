"""What goes wrong in a kernel."""

from __future__ import annotations


class PTXError(Exception):
    """A kernel does what PTX does not define, or something that this interpreter does not know."""


class MemoryFault(PTXError):
    """An access outside of live memory, a misaligned one, or a read of what nobody wrote."""


class Race(PTXError):
    """Two threads touch the same byte, one of them writing, with nothing between that orders them."""


class Deadlock(PTXError):
    """Threads wait for what cannot come, or at different barriers."""
