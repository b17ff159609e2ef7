"""The libraries for CUDA, unmodified, on a stand-in for the driver that runs PTX in an interpreter."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.networks import THREE, assert_same_bits, run
from support.ptx import libcuda
from support.ptx.libcuda import Machine

import nnc as ann
from nnc.compiler.codegen import cuda
from nnc.compiler.codegen.cuda import driver
from nnc.compiler.codegen.cuda.driver import DriverError
from nnc.compiler.codegen.target import TargetUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

LIBRARIES = {"pycuda_driver": "pycuda", "bindings_driver": "cuda.bindings"}


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Each of the libraries, as the only one there is."""
    reason = libcuda.missing()
    if reason is not None:
        pytest.skip(reason)
    with Machine():
        try:
            importlib.import_module(f"nnc.compiler.codegen.cuda.{request.param}")
        except ImportError as error:
            pytest.skip(f"{LIBRARIES[request.param]} is not installed: {error}")
    for other in LIBRARIES:
        if other != request.param:
            monkeypatch.setitem(sys.modules, f"nnc.compiler.codegen.cuda.{other}", None)
    cuda._device.cache_clear()
    yield request.param
    cuda._device.cache_clear()


def network(size: int = 70) -> tuple[ann.Network, ann.Population]:
    net = ann.Network(dt=1.0, seed=2)
    net.config(paradigm="cuda")
    pop = net.create(size, ann.Neuron(parameters="tau = 5.0", equations="tau * dv/dt = 1.2 - v\nr = v"))
    return net, pop


@pytest.mark.parametrize("name", THREE)
def test_networks_have_the_bits_of_the_cpu(library: str, name: str) -> None:
    build, dt = THREE[name]
    with Machine(races=False) as machine:
        assert_same_bits(run(build, steps=3, dt=dt), run(build, steps=3, dt=dt, target="cuda"))
        assert machine.launches
        assert not machine.errors


def test_the_device_is_described(library: str) -> None:
    with Machine(count=3, processors=5):
        device = driver.open_driver(2).device
    assert (device.name, device.capability, device.processors) == ("a device that is none", (7, 5), 5)
    assert device.driver == "13.0"


def test_attributes_are_read_and_written_between_runs(library: str) -> None:
    with Machine():
        net, pop = network()
        wanted = np.zeros(70)
        net.compile(silent=True)
        for _ in range(2):
            net.simulate(1.0)
            wanted += (1.2 - wanted) / 5.0
            np.testing.assert_allclose(pop.v, wanted, rtol=1e-15)
        pop[:35].v = wanted[:35] = 3.0
        pop.tau = 2.0
        net.simulate(1.0)
        np.testing.assert_allclose(pop.v, wanted + (1.2 - wanted) / 2.0, rtol=1e-15)


def test_rows_are_drained_run_by_run(library: str) -> None:
    with Machine():
        net, pop = network()
        monitor = net.monitor(pop, "v", period=2.0)
        net.compile(silent=True)
        for _ in range(3):
            net.simulate(3.0)
        assert monitor.get("v").shape == (5, 70)


def test_no_device_is_an_error(library: str) -> None:
    with Machine(count=0):
        with pytest.raises(TargetUnavailable, match="no CUDA-capable device"):
            network()[0].compile(silent=True)
        assert "no CUDA-capable device" in (cuda.CUDATarget().available() or "")


def test_a_device_that_is_not_there_is_an_error(library: str) -> None:
    with Machine(count=2), pytest.raises(TargetUnavailable, match="no CUDA device 2; this machine has 2"):
        network()[0].compile(silent=True, cuda_config={"device": 2})


def test_too_little_memory_names_what_is_needed_and_what_is_free(library: str) -> None:
    with Machine(size=1 << 15):
        net, pop = network(20_000)
        pop.v = 0.5
        net.compile(silent=True)
        with pytest.raises(DriverError, match=r"\d+ bytes more are needed on a device that is none, where \d+ bytes"):
            net.simulate(1.0)
        assert (pop.v == 0.5).all()
        assert net.get_current_step() == 0


def test_an_old_device_is_an_error(library: str) -> None:
    with Machine(capability=(5, 2)), pytest.raises(TargetUnavailable, match=r"capability 5\.2.*7\.5"):
        network()[0].compile(silent=True)


def test_the_state_can_be_read_after_an_error_in_the_middle_of_a_run(library: str) -> None:
    with Machine(fails_at=1):
        net, pop = network()
        net.compile(silent=True)
        net.simulate(2.0)
        seen = pop.v.copy()
        with pytest.raises(DriverError, match="illegal memory access"):
            net.simulate(2.0)
        np.testing.assert_array_equal(pop.v, seen)
        assert net.get_current_step() == 2


def test_text_that_the_driver_refuses_is_an_error(library: str) -> None:
    with Machine(), pytest.raises(DriverError, match="finding the kernel failed"):
        driver.open_driver(0).function(".version 6.3\n.target sm_75\n.address_size 64\n", "nnc_run")
