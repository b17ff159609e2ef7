"""A device that is no more than an interpreter: nnc's `Driver` over it, for tests of what runs on a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from support.ptx.launch import Grid
from support.ptx.memory import Memory
from support.ptx.parse import Module, parse

from nnc.compiler.codegen.cuda.driver import Device, DriverError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from support.ptx.counts import Counts

Kernel = tuple[Module, str]


class InterpretedDriver:
    """See `Driver`. `processors` blocks are on the device at once; `moved` notes the bytes of each transfer."""

    def __init__(
        self,
        *,
        processors: int = 2,
        size: int = 1 << 24,
        races: bool = True,
        schedule: int | None = None,
        capability: tuple[int, int] = (7, 5),
        counts: Counts | None = None,
    ) -> None:
        self.memory = Memory(size)
        self.device = Device("an interpreter of PTX", capability, processors, size, "0.0")
        self.races, self.schedule, self.counts = races, schedule, counts
        self.moved: list[tuple[str, int]] = []
        self.launches = 0

    def alloc(self, size: int) -> int:
        try:
            return self.memory.alloc(size)
        except MemoryError as error:
            raise DriverError(str(error)) from error

    def free(self, address: int) -> None:
        self.memory.free(address)

    def free_bytes(self) -> int:
        return self.memory.free_bytes()

    def upload(self, address: int, array: NDArray[Any]) -> None:
        assert array.flags.c_contiguous
        self.moved.append(("up", array.nbytes))
        self.memory.write(address, array.reshape(-1).view(np.uint8))

    def download(self, array: NDArray[Any], address: int) -> None:
        assert array.flags.c_contiguous
        self.moved.append(("down", array.nbytes))
        array.reshape(-1).view(np.uint8)[...] = self.memory.read(address, array.nbytes)

    def function(self, ptx: str, name: str) -> Kernel:
        return parse(ptx), name

    def resident(self, function: Kernel, threads: int) -> int:
        return self.device.processors

    def launch(self, function: Kernel, blocks: int, threads: int, address: int, t0: int, t1: int) -> None:
        module, name = function
        self.launches += 1
        grid = Grid(module, self.memory, blocks, threads, races=self.races, schedule=self.schedule, counts=self.counts)
        grid.run(name, (address, t0, t1))
