"""Random whole networks mean the same after every pass, and give the same bits on every target.

`NNC_NETWORKS=2000 NNC_FIRST=0 python -m pytest -m slow tests/properties/test_whole_networks.py` is the long run.
"""

from __future__ import annotations

import os

import pytest
from support.stages import Trail
from support.whole_networks import random_network

from nnc.compiler.diagnostics import DiagnosticError
from nnc.compiler.passes import DEFAULT_PIPELINE

TRAILS = (0, 2)
"""Small ones, for all stages; the long run takes whatever comes."""

SHORTCUTS = (3, 4, 6)


def travel(seed: int) -> bool:
    """Take a network through everything; whether the compiler accepts it."""
    trail = Trail(random_network(seed))
    try:
        module = trail.run()
    except DiagnosticError:
        return False
    assert trail.stages == DEFAULT_PIPELINE.split(",")
    trail.on_targets(module)
    return True


@pytest.mark.parametrize("seed", TRAILS)
def test_a_network_is_the_same_after_every_pass_and_on_every_target(seed: int) -> None:
    assert travel(seed)


@pytest.mark.parametrize("seed", SHORTCUTS)
def test_models_in_their_interpreter_have_the_bits_of_machine_code(seed: int) -> None:
    Trail(random_network(seed), steps=6).shortcut()


def accepted(seed: int) -> bool:
    try:
        return bool(random_network(seed).module())
    except DiagnosticError:
        return False


def test_most_random_networks_are_accepted() -> None:
    assert sum(accepted(seed) for seed in range(20)) > 12


@pytest.mark.slow
def test_many_networks_are_the_same_after_every_pass_and_on_every_target() -> None:
    first, count = int(os.environ.get("NNC_FIRST", "0")), int(os.environ.get("NNC_NETWORKS", "200"))
    accepted = [seed for seed in range(first, first + count) if travel(seed)]
    assert len(accepted) > count / 2, "most random networks must be valid, or little is shown"


def test_networks_are_a_function_of_their_seed() -> None:
    assert str(random_network(5)) == str(random_network(5))
    assert str(random_network(5)) != str(random_network(6))
