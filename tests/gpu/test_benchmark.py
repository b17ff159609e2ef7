"""`benchmarks/gpu.py` from end to end, on a device that is no more than an interpreter of PTX."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.ptx.device import InterpretedDriver

from nnc.compiler.codegen import cuda

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
pytestmark = pytest.mark.filterwarnings("ignore::nnc.runtime.errors.NNCWarning")


def test_it_prints_all_tables(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    driver = InterpretedDriver(races=False)
    monkeypatch.setattr(cuda, "_device", lambda number: driver)
    gpu = importlib.import_module("gpu")
    names = ["coba"]
    gpu.main([*names, "--smallest", "--precisions", "float", "--annarchy", sys.executable])
    head, *lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert head.startswith("an interpreter of PTX, capability 7.5, 2 processors")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert all(line.startswith("|") for line in lines)
    assert [row[0] for row in rows[2:5]] == [
        "a call of one step, launch included",
        "a meeting of all blocks",
        "bandwidth of a copy",
    ]
    races = [row for row in rows if row[0] in names and len(row) == len(gpu.RACE_HEAD)]
    assert [row[0] for row in races] == names
    assert {row[gpu.RACE_HEAD.index("strict has the bits of llvm")] for row in races} == {"yes"}
    assert all("ANNarchy" in row[gpu.RACE_HEAD.index("ANNarchy CUDA, ms/s")] for row in races)
    assert len([row for row in rows if row[0].startswith("spikes, ")]) == len(gpu.RATES) * len(gpu.ORDERS)
    assert driver.launches


def test_the_spikes_of_the_large_network_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    specs, networks = (importlib.import_module(name) for name in ("specs", "networks"))
    run = networks.Ours(replace(specs.EVENTS, n=70, k=8), "double", "llvm", 1)
    run.pop.rate = 0.5
    run.simulate(3.0)
    assert run.pop.v.any()
