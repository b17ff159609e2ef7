"""Builds the stand-in for `libcuda.so.1` and answers its calls, so that the libraries on top of it run unmodified.

It is loaded before them, under the name that they look for. As long as no `Machine` is at work it has no device.
"""

from __future__ import annotations

import ctypes
import gc
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import numpy as np
from support.ptx.errors import PTXError
from support.ptx.launch import Grid
from support.ptx.memory import Memory
from support.ptx.parse import parse

if TYPE_CHECKING:
    from types import TracebackType

SOURCE = Path(__file__).with_name("libcuda.c")
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_int64, *[ctypes.c_uint64] * 3, ctypes.POINTER(ctypes.c_uint64))
OUT_OF_MEMORY, NO_DEVICE, INVALID_PTX, NOT_FOUND, ILLEGAL_ADDRESS = 2, 100, 218, 500, 700


class _Device(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int64) for name in ("init", "count", "major", "minor", "processors", "memory", "free")),
        *((name, ctypes.c_int64) for name in ("version", "registers", "blocks")),
        ("call", _CALLBACK),
    ]


class _Launch(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("function", "grid", "block", "arguments", "size")]


def missing() -> str | None:
    """Why the stand-in cannot be used here, or None."""
    if Path("/dev/nvidiactl").exists():
        return "there is a real CUDA driver"
    return None if shutil.which("gcc") else "no gcc on PATH"


@cache
def _library() -> ctypes.CDLL:
    path = Path(mkdtemp()) / "libcuda.so.1"
    command = ["gcc", "-shared", "-fPIC", "-w", "-Wl,-soname,libcuda.so.1", str(SOURCE), "-o", str(path), "-ldl"]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)


@_CALLBACK
def _nothing(what: int, a: int, b: int, c: int, result: Any) -> int:
    """The answer while no machine is at work: memory that is still given back is gone already."""
    return 0


class Machine:
    """What the stand-in answers while it is entered: a number of devices and what they are like.

    `fails_at`: number of the launch from which on everything fails, as after an illegal access.
    """

    def __init__(
        self,
        *,
        count: int = 1,
        capability: tuple[int, int] = (7, 5),
        processors: int = 2,
        size: int = 1 << 24,
        fails_at: int | None = None,
        races: bool = True,
    ) -> None:
        self.memory = Memory(size)
        self.fails_at, self.races = fails_at, races
        self.launches = 0
        self.errors: list[BaseException] = []
        self.broken = False
        self._modules: list[Any] = []
        self._functions: list[tuple[Any, str]] = []
        self._capability = capability
        self._settings = dict(
            init=0 if count else NO_DEVICE, count=count, major=capability[0], minor=capability[1],
            processors=processors, memory=size, version=13000, registers=128, blocks=2,
        )  # fmt: skip
        self._answers = (
            self._alloc, self._release, self._to_device, self._to_host, self._load, self._function, self._launch
        )  # fmt: skip

    def __enter__(self) -> Machine:
        gc.collect()
        self._device = _Device.in_dll(_library(), "nnc_fake")
        self._callback = _CALLBACK(self._answer)
        for name, value in self._settings.items():
            setattr(self._device, name, value)
        self._device.free = self.memory.free_bytes()
        self._device.call = self._callback
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """No device any more."""
        gc.collect()
        self._device.call = _nothing
        self._device.init, self._device.count = NO_DEVICE, 0

    def _answer(self, what: int, a: int, b: int, c: int, result: Any) -> int:
        if self.broken:
            return ILLEGAL_ADDRESS
        try:
            return self._answers[what](a, b, c, result) or 0
        except MemoryError:
            return OUT_OF_MEMORY
        except PTXError as error:
            self.errors.append(error)
            self.broken = True
            return ILLEGAL_ADDRESS
        finally:
            self._device.free = self.memory.free_bytes()

    def _alloc(self, size: int, _b: int, _c: int, result: Any) -> None:
        result[0] = self.memory.alloc(size)

    def _release(self, address: int, _b: int, _c: int, result: Any) -> None:
        self.memory.free(address)

    def _to_device(self, to: int, source: int, size: int, result: Any) -> None:
        self.memory.write(to, ctypes.string_at(source, size))

    def _to_host(self, to: int, source: int, size: int, result: Any) -> None:
        ctypes.memmove(to, self.memory.read(source, size).tobytes(), size)

    def _load(self, text: int, size: int, _c: int, result: Any) -> int | None:
        module = parse(ctypes.string_at(text, size).decode())
        wanted = divmod(int(module.target.removeprefix("sm_")), 10)
        if wanted > self._capability:
            return INVALID_PTX
        self._modules.append(module)
        result[0] = len(self._modules)
        return None

    def _function(self, module: int, name: int, size: int, result: Any) -> int | None:
        found, text = self._modules[module - 1], ctypes.string_at(name, size).decode()
        if text not in found.functions:
            return NOT_FOUND
        self._functions.append((found, text))
        result[0] = len(self._functions)
        return None

    def _launch(self, address: int, _b: int, _c: int, result: Any) -> int | None:
        call = _Launch.from_address(address)
        if self.fails_at is not None and self.launches >= self.fails_at:
            self.broken = True
            return ILLEGAL_ADDRESS
        self.launches += 1
        module, name = self._functions[call.function - 1]
        arguments = np.frombuffer(ctypes.string_at(call.arguments, call.size), np.uint64).tolist()
        Grid(module, self.memory, call.grid, call.block, races=self.races).run(name, arguments)
        return None
