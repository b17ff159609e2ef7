"""Strict mode: interpreter, C and JIT give the same bits, for any number of workers, in both precisions."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from support.networks import THREE, RandomNetwork, assert_same_bits, random_networks, run

from nnc.compiler.codegen.target import get_target

STEPS = {"izhikevich": 60, "coba": 250, "rate": 40}


def _need(target: str) -> None:
    reason = get_target(target).available()
    if reason is not None:
        pytest.skip(f"{target}: {reason.splitlines()[0]}")


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("name", THREE)
@pytest.mark.parametrize(("target", "team"), [("llvm", 2), ("llvm", 7), ("openmp", 1), ("openmp", 2), ("openmp", 7)])
def test_examples_have_the_same_bits_on_every_target_and_team(
    name: str, target: str, team: int, precision: str
) -> None:
    _need(target)
    build, dt = THREE[name]
    reference = run(build, steps=STEPS[name], dt=dt, precision=precision)
    assert_same_bits(reference, run(build, steps=STEPS[name], dt=dt, target=target, team=team, precision=precision))


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("name", THREE)
def test_examples_have_the_same_bits_in_the_interpreter(name: str, precision: str) -> None:
    build, dt = THREE[name]
    steps = STEPS[name] // 2
    reference = run(build, steps=steps, dt=dt, precision=precision)
    for team in (1, 3):
        got = run(build, steps=steps, dt=dt, target="interp", team=team, precision=precision)
        assert_same_bits(reference, got)


@pytest.mark.parametrize("name", ["izhikevich", "coba"])
def test_the_spiking_examples_fire_within_these_steps(name: str) -> None:
    build, dt = THREE[name]
    assert len(run(build, steps=STEPS[name], dt=dt)["pop0.spike"]) > 20


@pytest.mark.filterwarnings("ignore::nnc.runtime.errors.NNCWarning")
@settings(
    max_examples=6, derandomize=True, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(random_networks())
def test_random_networks_have_the_same_bits_everywhere(network: RandomNetwork) -> None:
    for precision in ("double", "float"):
        reference = run(network, steps=12, precision=precision)
        assert_same_bits(reference, run(network, steps=12, target="interp", precision=precision))
        assert_same_bits(reference, run(network, steps=12, team=3, precision=precision))
        if get_target("openmp").available() is None:
            assert_same_bits(reference, run(network, steps=12, target="openmp", team=2, precision=precision))
