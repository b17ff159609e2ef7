"""The CUDA driver through pycuda."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pycuda.driver as cuda

from nnc.compiler.codegen.cuda.driver import Device, DriverError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def _call(what: str, function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except cuda.Error as error:
        raise DriverError(f"CUDA: {what} failed: {error}") from error


class PycudaDriver:
    """See `Driver`."""

    def __init__(self, number: int) -> None:
        _call("cuInit", cuda.init)
        count = _call("counting devices", cuda.Device.count)
        if not 0 <= number < count:
            raise DriverError(f"there is no CUDA device {number}; this machine has {count}")
        handle = _call("opening the device", cuda.Device, number)
        self._context = _call("making a context", handle.retain_primary_context)
        self._blocks: dict[int, Any] = {}
        self._modules: list[Any] = []
        version = _call("asking the driver", cuda.get_driver_version)
        self.device = Device(
            handle.name(),
            handle.compute_capability(),
            int(handle.get_attribute(cuda.device_attribute.MULTIPROCESSOR_COUNT)),
            int(handle.total_memory()),
            f"{version // 1000}.{version % 1000 // 10}",
        )

    def _in(self, what: str, function: Callable[..., Any], *arguments: Any) -> Any:
        self._context.push()
        try:
            return _call(what, function, *arguments)
        finally:
            cuda.Context.pop()

    def alloc(self, size: int) -> int:
        """Memory of so many bytes."""
        block = self._in(f"taking {size} bytes", cuda.mem_alloc, max(1, size))
        self._blocks[int(block)] = block
        return int(block)

    def free(self, address: int) -> None:
        """Give memory back."""
        block = self._blocks.pop(address)
        self._in("giving memory back", block.free)

    def free_bytes(self) -> int:
        """Memory that is not in use."""
        return int(self._in("asking for memory", cuda.mem_get_info)[0])

    def upload(self, address: int, array: NDArray[Any]) -> None:
        """Copy a contiguous array to the device."""
        if array.nbytes:
            self._in("copying to the device", cuda.memcpy_htod, address, array)

    def download(self, array: NDArray[Any], address: int) -> None:
        """Copy from the device into a contiguous array."""
        if array.nbytes:
            self._in("copying from the device", cuda.memcpy_dtoh, array, address)

    def function(self, ptx: str, name: str) -> Any:
        """A kernel of a PTX text."""
        module = self._in("compiling PTX", cuda.module_from_buffer, ptx.encode() + b"\0")
        self._modules.append(module)
        return self._in("finding the kernel", module.get_function, name)

    def resident(self, function: Any, threads: int) -> int:
        """How many blocks can be on the device at once: bounded by threads, registers and shared memory."""
        kinds = cuda.device_attribute
        handle = self._in("asking the device", cuda.Context.get_device)
        registers = max(1, function.num_regs) * threads
        limits = [
            handle.get_attribute(kinds.MAX_THREADS_PER_MULTIPROCESSOR) // threads,
            handle.get_attribute(kinds.MAX_REGISTERS_PER_MULTIPROCESSOR) // registers,
            handle.get_attribute(kinds.MAX_SHARED_MEMORY_PER_MULTIPROCESSOR)
            // max(1, function.shared_size_bytes + 1024),
        ]
        return int(max(1, min(limits))) * self.device.processors

    def launch(self, function: Any, blocks: int, threads: int, address: int, t0: int, t1: int) -> None:
        """Start a kernel and wait for its end."""
        arguments = (np.uint64(address), np.int64(t0), np.int64(t1))
        self._context.push()
        try:
            function(*arguments, block=(threads, 1, 1), grid=(blocks, 1))
            cuda.Context.synchronize()
        except cuda.Error as error:
            raise DriverError(f"CUDA: running the kernel failed: {error}") from error
        finally:
            cuda.Context.pop()
