"""What the language and the API can say, on target `cuda` in the interpreter of PTX: the bits of the CPU, no races."""

from __future__ import annotations

import pytest
from support.features import FEATURES, outcome
from support.networks import assert_same_bits
from support.ptx.device import InterpretedDriver

from nnc.compiler.codegen import cuda

pytestmark = pytest.mark.filterwarnings("ignore::nnc.runtime.errors.NNCWarning")


def compare(name: str, precision: str, steps: int, driver: InterpretedDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "_device", lambda number: driver)
    wanted = outcome(FEATURES[name], precision=precision, steps=steps)
    assert_same_bits(wanted, outcome(FEATURES[name], precision=precision, steps=steps, target="cuda"))
    assert driver.launches


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_has_the_bits_of_the_cpu(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    precision = ("double", "float")[list(FEATURES).index(name) % 2]
    compare(name, precision, 4, InterpretedDriver(), monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("schedule", [None, 1, 2])
@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_has_them_whatever_the_order_of_threads(
    name: str, precision: str, schedule: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare(name, precision, 8, InterpretedDriver(schedule=schedule), monkeypatch)


def test_the_networks_do_something() -> None:
    for name, build in FEATURES.items():
        found = outcome(build)
        spikes = [rows for key, rows in found.items() if key.endswith(".spike")]
        assert not spikes or any(map(len, spikes)), name
        assert any(values.size and values.std() > 0 for values in found.values() if values.dtype.kind == "f"), name
