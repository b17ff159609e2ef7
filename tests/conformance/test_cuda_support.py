"""Every row of the table of what runs where, on target `cuda` in the interpreter of PTX: the bits of the CPU."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from support.ptx.device import InterpretedDriver

from nnc.compiler.codegen import cuda


def _tool() -> Any:
    path = Path(__file__).resolve().parents[2] / "tools" / "support_table.py"
    spec = importlib.util.spec_from_file_location("support_table_on_cuda", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = _tool()
NAMES = list(TOOL.FEATURES)
CASES = [
    pytest.param(name, precision, marks=() if number % 6 == 2 * (precision == "float") else pytest.mark.slow)
    for number, name in enumerate(NAMES)
    for precision in ("double", "float")
]


@pytest.mark.parametrize(("name", "precision"), CASES)
def test_a_row_has_the_bits_of_the_cpu(name: str, precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = InterpretedDriver(schedule=1)
    monkeypatch.setattr(cuda, "_device", lambda number: driver)
    wanted = TOOL.recorded(TOOL.FEATURES[name], "llvm", precision)
    assert TOOL.recorded(TOOL.FEATURES[name], "cuda", precision, run=True) == wanted
    assert driver.launches
