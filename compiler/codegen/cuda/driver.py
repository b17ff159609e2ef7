"""The few calls of the CUDA driver that nnc makes, and which library makes them.

pycuda is asked first, cuda-bindings second; both are extras and imported only here. Neither needs the CUDA toolkit to
run: the driver compiles the PTX.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from nnc.compiler.diagnostics import NNCError

if TYPE_CHECKING:
    from numpy.typing import NDArray

INSTALL = "pip install 'nnc-compiler[cuda-bindings]' (a wheel), or 'nnc-compiler[cuda]' (pycuda, built from source)"


class DriverError(NNCError):
    """A call of the CUDA driver failed; what the host holds of the network can still be read."""


@dataclass(frozen=True)
class Device:
    """What there is to know of a GPU."""

    name: str
    capability: tuple[int, int]
    processors: int
    memory: int
    driver: str


class Driver(Protocol):
    """One GPU, through one library. Addresses are plain integers."""

    device: Device

    def alloc(self, size: int) -> int:
        """Memory of so many bytes."""
        ...

    def free(self, address: int) -> None:
        """Give memory back."""
        ...

    def free_bytes(self) -> int:
        """Memory that is not in use."""
        ...

    def upload(self, address: int, array: NDArray[Any]) -> None:
        """Copy a contiguous array to the device."""
        ...

    def download(self, array: NDArray[Any], address: int) -> None:
        """Copy from the device into a contiguous array."""
        ...

    def function(self, ptx: str, name: str) -> Any:
        """A kernel of a PTX text, compiled by the driver."""
        ...

    def resident(self, function: Any, threads: int) -> int:
        """How many blocks of so many threads can be on the device at once."""
        ...

    def launch(self, function: Any, blocks: int, threads: int, address: int, t0: int, t1: int) -> None:
        """Start a kernel with the arguments (pointer, int64, int64) and wait for its end."""
        ...


def open_driver(number: int = 0) -> Driver:
    """The GPU of this number. Raises `DriverError` saying what is missing and what would help."""
    problems: list[str] = []
    for library in ("pycuda_driver", "bindings_driver"):
        try:
            return _open(library, number)
        except ImportError as error:
            problems.append(str(error).splitlines()[0])
    raise DriverError(f"no library for CUDA can be imported ({'; '.join(problems)})\n  = help: {INSTALL}")


def _open(library: str, number: int) -> Driver:
    if library == "pycuda_driver":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # pycuda's guess why there is no driver; the error says it
            from nnc.compiler.codegen.cuda.pycuda_driver import PycudaDriver

        return PycudaDriver(number)
    from nnc.compiler.codegen.cuda.bindings_driver import BindingsDriver

    return BindingsDriver(number)
