"""The CUDA driver through NVIDIA's cuda-bindings."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

from cuda.bindings import driver as cuda

from nnc.compiler.codegen.cuda.driver import Device, DriverError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _call(what: str, result: tuple[Any, ...]) -> Any:
    error, *values = result
    if int(error) != 0:
        text = cuda.cuGetErrorString(error)[1]
        raise DriverError(f"CUDA: {what} failed: {text.decode() if isinstance(text, bytes) else error}")
    return values[0] if len(values) == 1 else tuple(values)


class BindingsDriver:
    """See `Driver`."""

    def __init__(self, number: int) -> None:
        try:
            _call("cuInit", cuda.cuInit(0))
        except DriverError:
            raise
        except Exception as error:  # the library says in its own ways that there is no driver
            raise DriverError(f"there is no CUDA driver: {error}") from error
        count = int(_call("counting devices", cuda.cuDeviceGetCount()))
        if not 0 <= number < count:
            raise DriverError(f"there is no CUDA device {number}; this machine has {count}")
        handle = _call("opening the device", cuda.cuDeviceGet(number))
        self._context = _call("making a context", cuda.cuDevicePrimaryCtxRetain(handle))
        self._enter()
        kinds = cuda.CUdevice_attribute

        def attribute(kind: Any) -> int:
            return int(_call("asking the device", cuda.cuDeviceGetAttribute(kind, handle)))

        name = _call("asking the device", cuda.cuDeviceGetName(128, handle))
        version = int(_call("asking the driver", cuda.cuDriverGetVersion()))
        self.device = Device(
            name.split(b"\0")[0].decode(),
            (
                attribute(kinds.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
                attribute(kinds.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
            ),
            attribute(kinds.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
            int(_call("asking the device", cuda.cuDeviceTotalMem(handle))),
            f"{version // 1000}.{version % 1000 // 10}",
        )

    def _enter(self) -> None:
        _call("entering the context", cuda.cuCtxSetCurrent(self._context))

    def alloc(self, size: int) -> int:
        """Memory of so many bytes."""
        self._enter()
        return int(_call(f"taking {size} bytes", cuda.cuMemAlloc(max(1, size))))

    def free(self, address: int) -> None:
        """Give memory back."""
        self._enter()
        _call("giving memory back", cuda.cuMemFree(address))

    def free_bytes(self) -> int:
        """Memory that is not in use."""
        self._enter()
        return int(_call("asking for memory", cuda.cuMemGetInfo())[0])

    def upload(self, address: int, array: NDArray[Any]) -> None:
        """Copy a contiguous array to the device."""
        if array.nbytes:
            self._enter()
            _call("copying to the device", cuda.cuMemcpyHtoD(address, array.ctypes.data, array.nbytes))

    def download(self, array: NDArray[Any], address: int) -> None:
        """Copy from the device into a contiguous array."""
        if array.nbytes:
            self._enter()
            _call("copying from the device", cuda.cuMemcpyDtoH(array.ctypes.data, address, array.nbytes))

    def function(self, ptx: str, name: str) -> Any:
        """A kernel of a PTX text."""
        self._enter()
        module = _call("compiling PTX", cuda.cuModuleLoadData(ptx.encode() + b"\0"))
        return _call("finding the kernel", cuda.cuModuleGetFunction(module, name.encode()))

    def resident(self, function: Any, threads: int) -> int:
        """How many blocks can be on the device at once."""
        self._enter()
        result = cuda.cuOccupancyMaxActiveBlocksPerMultiprocessor(function, threads, 0)
        return int(_call("asking for occupancy", result)) * self.device.processors

    def launch(self, function: Any, blocks: int, threads: int, address: int, t0: int, t1: int) -> None:
        """Start a kernel and wait for its end."""
        self._enter()
        arguments = ((address, t0, t1), (ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64))
        _call("starting the kernel", cuda.cuLaunchKernel(function, blocks, 1, 1, threads, 1, 1, 0, 0, arguments, 0))
        _call("running the kernel", cuda.cuCtxSynchronize())
