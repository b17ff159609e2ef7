"""On a real GPU: the same bits as on the CPU. Run with `python -m pytest -m gpu`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from support.networks import THREE, RandomNetwork, assert_same_bits, random_networks, run

from nnc.compiler.codegen.target import get_target

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("ignore::nnc.runtime.errors.NNCWarning")]


@pytest.fixture(autouse=True)
def _device() -> None:
    reason = get_target("cuda").available()
    if reason is not None:
        pytest.skip(reason.splitlines()[0])


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("name", THREE)
def test_examples_have_the_bits_of_the_cpu(name: str, precision: str) -> None:
    build, dt = THREE[name]
    settings_: dict[str, Any] = {"steps": 300, "dt": dt, "precision": precision}
    assert_same_bits(run(build, **settings_), run(build, target="cuda", **settings_))


@settings(
    max_examples=25, derandomize=True, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(random_networks())
def test_random_networks_have_the_bits_of_the_cpu(network: RandomNetwork) -> None:
    for precision in ("double", "float"):
        assert_same_bits(
            run(network, steps=12, precision=precision), run(network, steps=12, target="cuda", precision=precision)
        )
