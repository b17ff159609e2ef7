"""Choosing a GPU where there is none: the device asked for is the one that is named as missing."""

from __future__ import annotations

import pytest

import nnc as ann
from nnc.compiler.codegen import cuda
from nnc.compiler.codegen.cuda.driver import DriverError
from nnc.compiler.codegen.target import TargetUnavailable


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    numbers: list[int] = []

    def open_none(number: int) -> None:
        numbers.append(number)
        raise DriverError(f"there is no CUDA device {number}; this machine has 0")

    monkeypatch.setattr(cuda, "_device", open_none)
    return numbers


def network() -> ann.Network:
    net = ann.Network()
    net.config(paradigm="cuda")
    net.create(1, ann.Neuron(equations="r = t"))
    return net


def test_the_device_of_cuda_config_is_opened(asked: list[int]) -> None:
    net = network()
    with pytest.raises(TargetUnavailable, match="no CUDA device 3"):
        net.compile(silent=True, cuda_config={"device": 3})
    assert asked == [3]
    assert not net.compiled


def test_the_first_device_is_the_default(asked: list[int]) -> None:
    with pytest.raises(TargetUnavailable, match="no CUDA device 0"):
        network().compile(silent=True)
    assert asked == [0]


def test_a_device_is_a_number(asked: list[int]) -> None:
    with pytest.raises(ann.ANNarchyException, match="a number from 0"):
        network().compile(silent=True, cuda_config={"device": "first"})
    assert asked == []
