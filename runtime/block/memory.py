"""Where the fields of a state block live: access to them from Python, whatever the device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnc.compiler.codegen.layout import StateBlock


class Memory(Protocol):
    """Access to the fields of a block between two runs."""

    def read(self, name: str) -> NDArray[Any]:
        """The present values; a view or a copy, to be used at once and not to be written to."""
        ...

    def write(self, name: str, values: Any, where: NDArray[np.integer[Any]] | slice = slice(None)) -> None:
        """Give elements new values, which the next run sees."""
        ...

    def live(self, name: str) -> NDArray[Any]:
        """An array that is the field itself."""
        ...


class HostMemory:
    """Fields in the memory of the process: native code works on the very arrays."""

    def __init__(self, block: StateBlock) -> None:
        self._fields = block.fields

    def read(self, name: str) -> NDArray[Any]:
        """The field itself."""
        return self._fields.read(name)

    def write(self, name: str, values: Any, where: NDArray[np.integer[Any]] | slice = slice(None)) -> None:
        """Write in place."""
        self._fields[name][where] = values

    def live(self, name: str) -> NDArray[Any]:
        """The field itself."""
        self._fields.pinned.add(name)
        return self._fields[name]
