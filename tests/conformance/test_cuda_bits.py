"""Target `cuda` in the interpreter of PTX: the bits of the CPU, without races, whatever the order of threads."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from support.networks import THREE, RandomNetwork, assert_same_bits, random_networks, run
from support.ptx.device import InterpretedDriver

from nnc.compiler.codegen import cuda

STEPS = {"izhikevich": 6, "coba": 8, "rate": 2}


def use(monkeypatch: pytest.MonkeyPatch, driver: InterpretedDriver) -> InterpretedDriver:
    """Let target `cuda` run there."""
    monkeypatch.setattr(cuda, "_device", lambda number: driver)
    return driver


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("name", THREE)
def test_the_examples_have_the_bits_of_the_cpu(name: str, precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = use(monkeypatch, InterpretedDriver())
    build, dt = THREE[name]
    wanted = run(build, steps=STEPS[name], dt=dt, precision=precision)
    assert_same_bits(wanted, run(build, steps=STEPS[name], dt=dt, precision=precision, target="cuda"))
    assert driver.launches


@pytest.mark.filterwarnings("ignore::nnc.runtime.errors.NNCWarning")
@settings(
    max_examples=5, derandomize=True, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(random_networks())
def test_random_networks_have_the_bits_of_the_cpu(network: RandomNetwork) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for precision in ("double", "float"):
            use(patch, InterpretedDriver(schedule=3))
            wanted = run(network, steps=5, precision=precision)
            assert_same_bits(wanted, run(network, steps=5, precision=precision, target="cuda"))
