"""Running a kernel through the `Driver` interface, with host memory and host threads in place of a device."""

from __future__ import annotations

import ctypes
import itertools
import threading
from typing import TYPE_CHECKING, Any

import llvmlite.binding as llvm
import numpy as np
import pytest

from nnc.compiler.codegen.cuda.driver import Device, DriverError
from nnc.compiler.codegen.cuda.load import CUDAProgram
from nnc.compiler.codegen.layout import Layout, Recorder, RecorderKind, StateBlock
from nnc.compiler.codegen.llvm import LLVMTarget

from .test_cuda import _BLOCK, _SYNC, _THREAD, THREADS, _here, hosted, link
from .test_programs import spiking

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.compiler.codegen.cache import Cache


class HostDriver:
    """Counts bytes moved, so that tests see what is transferred."""

    def __init__(self, free: int = 1 << 30) -> None:
        self.device = Device("a host", (7, 5), 4, 1 << 30, "0.0")
        self.memory: dict[int, Any] = {}
        self.moved: list[tuple[str, int]] = []
        self.free_memory = free
        for name, function in (("sync", _SYNC), ("block", _BLOCK), ("thread", _THREAD)):
            llvm.add_symbol(f"nnc_test_{name}", ctypes.cast(function, ctypes.c_void_p).value)

    def alloc(self, size: int) -> int:
        buffer = ctypes.create_string_buffer(size + 64)
        address = -(-ctypes.addressof(buffer) // 64) * 64
        self.memory[address] = buffer
        return address

    def free(self, address: int) -> None:
        del self.memory[address]

    def free_bytes(self) -> int:
        return self.free_memory

    def upload(self, address: int, array: NDArray[Any]) -> None:
        assert array.flags.c_contiguous
        self.moved.append(("up", array.nbytes))
        ctypes.memmove(address, array.ctypes.data, array.nbytes)

    def download(self, array: NDArray[Any], address: int) -> None:
        assert array.flags.c_contiguous
        self.moved.append(("down", array.nbytes))
        ctypes.memmove(array.ctypes.data, address, array.nbytes)

    def function(self, ptx: str, name: str) -> Any:
        return ptx, name

    def resident(self, function: Any, threads: int) -> int:
        return 4

    def launch(self, function: Any, blocks: int, threads: int, address: int, t0: int, t1: int) -> None:
        text, name = function
        engines = [link(text) for _ in range(blocks)]
        barriers = [threading.Barrier(threads) for _ in range(blocks)]

        def work(b: int, t: int) -> None:
            _here.block, _here.thread, _here.barrier = b, t, barriers[b]
            start = engines[b].get_function_address(name)
            ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(start)(address, t0, t1)

        workers = [threading.Thread(target=work, args=bt) for bt in itertools.product(range(blocks), range(threads))]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


SIZES = {"pop.n": 150, "pop.ring": 2}


def blocks(cache: Cache, driver: HostDriver) -> tuple[CUDAProgram, Any, StateBlock, StateBlock]:
    module = spiking().finish()
    device = CUDAProgram(Layout.of(module), hosted(module), "nnc_run", driver, THREADS)
    host = LLVMTarget(cache=cache).load(LLVMTarget().emit(module))
    made = [StateBlock(host.layout, SIZES, team=2) for _ in range(2)]
    for block in made:
        block.add_recorder(Recorder(RecorderKind.SPIKES, "pop.spikes"))
        block.add_recorder(Recorder(RecorderKind.END, "pop.v", period=2))
        block.add_recorder(Recorder(RecorderKind.END, "pop.v", ranks=np.array([3, 0])))
    return device, host, *made


def assert_same(a: StateBlock, b: StateBlock, t0: int, t1: int) -> None:
    for name in b.layout.field_index:
        np.testing.assert_array_equal(a.fields[name], b.fields[name], err_msg=name)
    assert (a.t, a.status) == (b.t, b.status)
    for x, y in zip(a.recorders, b.recorders, strict=True):
        np.testing.assert_array_equal(x.taken(t0, t1), y.taken(t0, t1))


def test_a_network_on_a_device_goes_the_same_way(cache: Cache) -> None:
    device, host, a, b = blocks(cache, HostDriver())
    for t0, t1 in ((0, 3), (3, 7)):
        assert device.run(a, t0, t1) == host.run(b, t0, t1)
        assert_same(a, b, t0, t1)
    a.fields["pop.v"][:75] += 0.25
    b.fields["pop.v"][:75] += 0.25
    device.run(a, 7, 9)
    host.run(b, 7, 9)
    assert_same(a, b, 7, 9)


def test_what_nobody_touches_stays_on_the_device(cache: Cache) -> None:
    driver = HostDriver()
    device, _, a, _ = blocks(cache, driver)
    a.recorders.clear()
    device.run(a, 0, 2)
    driver.moved.clear()
    device.run(a, 2, 4)
    largest = max(a.fields.peek(f.name).nbytes for f in a.layout.fields)
    assert all(size < largest for _, size in driver.moved)
    driver.moved.clear()
    first = a.fields["pop.v"].copy()
    assert driver.moved == [("down", first.nbytes)]
    assert first.any()


def test_an_array_that_python_keeps_follows_every_run(cache: Cache) -> None:
    device, host, a, b = blocks(cache, HostDriver())
    a.fields.pinned.add("pop.v")
    kept = a.fields["pop.v"]
    device.run(a, 0, 3)
    host.run(b, 0, 3)
    np.testing.assert_array_equal(kept, b.fields["pop.v"])


def test_too_little_memory_is_said_with_the_numbers(cache: Cache) -> None:
    device, _, a, _ = blocks(cache, HostDriver(free=100))
    with pytest.raises(DriverError, match="0 MiB are free"):
        device.run(a, 0, 1)


def test_a_team_that_does_not_fit_is_refused(cache: Cache) -> None:
    device, host, _, _ = blocks(cache, HostDriver())
    with pytest.raises(DriverError, match="at most 4"):
        device.run(StateBlock(host.layout, SIZES, team=5), 0, 1)


def test_memory_on_the_device_goes_with_the_block(cache: Cache) -> None:
    driver = HostDriver()
    device, _, a, _ = blocks(cache, driver)
    device.run(a, 0, 1)
    assert driver.memory
    del a
    import gc

    gc.collect()
    assert not driver.memory
