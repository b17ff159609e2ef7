"""Choosing a GPU where there is none: the device asked for is the one that is named as missing."""

from __future__ import annotations

from typing import Any

import pytest
from support.ptx.device import InterpretedDriver

import nnc as ann
from nnc.compiler.codegen import cuda
from nnc.compiler.codegen.cuda import emit
from nnc.compiler.codegen.cuda.driver import DriverError
from nnc.compiler.codegen.target import TargetUnavailable
from nnc.compiler.diagnostics import DiagnosticError
from nnc.compiler.driver import stage_text
from nnc.compiler.options import Options
from nnc.runtime.networks.commandline import parse
from nnc.runtime.running.compiling import describe


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


@pytest.mark.parametrize(
    ("words", "settings", "config", "number"),
    [
        (["--gpu=2"], {}, None, 2),
        (["--gpu", "1"], {}, None, 1),
        (["--gpu"], {}, None, 0),
        (["--gpu=2"], {"device": 4}, None, 4),
        ([], {"paradigm": "cuda", "device": 4}, {"device": 5}, 5),
    ],
)
def test_flag_setting_and_argument_choose_the_device(
    words: list[str],
    settings: dict[str, Any],
    config: dict[str, int] | None,
    number: int,
    asked: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nnc.runtime.networks.network.read_command_line", lambda: parse(words))
    net = ann.Network()
    net.config(**settings)
    net.create(1, ann.Neuron(equations="r = t"))
    with pytest.raises(TargetUnavailable, match=f"no CUDA device {number}"):
        net.compile(silent=True, cuda_config=config)
    assert asked == [number]


def test_unset_determinism_is_fast_on_a_gpu_and_strict_on_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "_device", lambda number: InterpretedDriver())

    def told(**settings: Any) -> str:
        net = ann.Network()
        net.config(**settings)
        net.create(1, ann.Neuron(equations="r = t"))
        net.compile(silent=True)
        return next(line for line in net.explain().splitlines() if line.startswith("sums:"))

    assert told(paradigm="cuda").startswith("sums: fast, the default on a GPU")
    assert told(paradigm="cuda", determinism="fast").startswith("sums: fast, as asked for")
    assert told(paradigm="cuda", determinism="strict").startswith("sums: strict, as asked for")
    assert told().startswith("sums: strict, as always on a CPU")
    assert told(determinism="fast").startswith("sums: strict, as always on a CPU")


def test_the_command_line_tool_follows_the_order_of_sums_of_the_script() -> None:
    def text(determinism: str | None) -> str:
        net = ann.Network()
        net.config(determinism=determinism)
        cell = ann.Neuron(equations="v = g_exc + t", spike="v > 1.0", reset="")
        pop = net.create(3, cell)
        net.connect(pop, pop, "exc").all_to_all(weights=1.0)
        net.compile(silent=True)
        return stage_text(describe(net), "ptx", Options(determinism=net.config_["determinism"]))

    assert [".global.add.f64" in text(word) for word in ("fast", "strict")] == [True, False]
    assert text(None) == text("fast") != text("strict")


def test_a_model_that_needs_too_much_scratch_memory_is_an_error_at_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "_device", lambda number: InterpretedDriver())
    monkeypatch.setattr(emit, "SHARED_LIMIT", 1024)
    net = ann.Network()
    net.config(paradigm="cuda")
    net.create(100, ann.Neuron(equations="v = t", spike="v > 1.0", reset=""))
    with pytest.raises(DiagnosticError, match=r"(?s)N0609.*'cuda' has no code.*scratch memory.*choose another target"):
        net.compile(silent=True, clean=True)
