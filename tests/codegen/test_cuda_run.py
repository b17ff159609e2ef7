"""Running a kernel through the `Driver` interface, with an interpreter of PTX in place of a device."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.ptx.device import InterpretedDriver

from nnc.compiler.codegen.cuda.driver import DriverError
from nnc.compiler.codegen.cuda.emit import emit_ptx
from nnc.compiler.codegen.cuda.load import CUDAProgram
from nnc.compiler.codegen.layout import Layout, StateBlock
from nnc.compiler.codegen.llvm import LLVMTarget
from nnc.compiler.codegen.recorder import Recorder, RecorderKind

from .test_programs import spiking

if TYPE_CHECKING:
    from nnc.compiler.codegen.cache import Cache

SIZES = {"pop.n": 150, "pop.ring": 2}


def blocks(cache: Cache, driver: InterpretedDriver) -> tuple[CUDAProgram, Any, StateBlock, StateBlock]:
    module = spiking().finish()
    device = CUDAProgram(Layout.of(module), emit_ptx(module), "nnc_run", driver)
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
    device, host, a, b = blocks(cache, InterpretedDriver(processors=4))
    for t0, t1 in ((0, 3), (3, 7)):
        assert device.run(a, t0, t1) == host.run(b, t0, t1)
        assert_same(a, b, t0, t1)
    a.fields["pop.v"][:75] += 0.25
    b.fields["pop.v"][:75] += 0.25
    device.run(a, 7, 9)
    host.run(b, 7, 9)
    assert_same(a, b, 7, 9)


def test_what_nobody_touches_stays_on_the_device(cache: Cache) -> None:
    driver = InterpretedDriver(processors=4)
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
    device, host, a, b = blocks(cache, InterpretedDriver(processors=4))
    a.fields.pinned.add("pop.v")
    kept = a.fields["pop.v"]
    device.run(a, 0, 3)
    host.run(b, 0, 3)
    np.testing.assert_array_equal(kept, b.fields["pop.v"])


def test_too_little_memory_is_said_with_the_numbers(cache: Cache) -> None:
    device, _, a, _ = blocks(cache, InterpretedDriver(size=4096))
    with pytest.raises(
        DriverError, match=r"\d+ bytes more are needed on an interpreter of PTX, where \d+ bytes are free"
    ):
        device.run(a, 0, 1)


def test_a_team_that_does_not_fit_is_refused(cache: Cache) -> None:
    device, host, _, _ = blocks(cache, InterpretedDriver(processors=4))
    with pytest.raises(DriverError, match="at most 4"):
        device.run(StateBlock(host.layout, SIZES, team=5), 0, 1)


def test_memory_on_the_device_goes_with_the_block(cache: Cache) -> None:
    driver = InterpretedDriver(processors=4)
    device, _, a, _ = blocks(cache, driver)
    device.run(a, 0, 1)
    assert driver.memory.blocks
    del a
    gc.collect()
    assert not driver.memory.blocks


class FailingDriver(InterpretedDriver):
    """Fails at the launch of this number, and at everything after it."""

    fails_at = 0

    def launch(self, *arguments: Any) -> None:
        if self.launches >= self.fails_at:
            raise DriverError("CUDA: running the kernel failed: an illegal memory access was encountered")
        super().launch(*arguments)

    def download(self, array: Any, address: int) -> None:
        if self.launches >= self.fails_at > 0:
            raise DriverError("CUDA: copying from the device failed: an illegal memory access was encountered")
        super().download(array, address)


def test_the_state_before_a_failing_run_can_be_read_and_run_again(cache: Cache) -> None:
    device, _, a, _ = blocks(cache, FailingDriver(processors=4))
    before = {name: a.fields.peek(name).copy() for name in a.layout.field_index}
    with pytest.raises(DriverError, match=r"illegal memory access(.|\n)*at step 0, its state can be read$"):
        device.run(a, 0, 2)
    for name, values in before.items():
        np.testing.assert_array_equal(a.fields[name], values)
    assert a.t == 0
    with pytest.raises(DriverError, match="illegal memory access"):
        device.run(a, 0, 2)


def test_values_that_were_lost_with_a_device_are_named_and_not_run_on(cache: Cache) -> None:
    driver = FailingDriver(processors=4)
    driver.fails_at = 2
    device, _, a, _ = blocks(cache, driver)
    device.run(a, 0, 2)
    kept = a.fields["pop.v"].copy()
    driver.fails_at = 1
    with pytest.raises(DriverError, match=r"illegal(.|\n)*at step 2, its state can be read; .*last read"):
        device.run(a, 2, 4)
    np.testing.assert_array_equal(a.fields["pop.v"], kept)
    with pytest.raises(DriverError, match="are lost"):
        device.run(a, 2, 4)
