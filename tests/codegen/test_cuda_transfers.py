"""What moves between host and device when a script runs: only what has to, and nothing within a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.ptx.device import InterpretedDriver

import nnc as ann
from nnc.compiler.codegen import cuda

if TYPE_CHECKING:
    from collections.abc import Iterator

N, K = 300, 20
BOOKS = 1000
"""Bytes of the struct, tables of sizes and addresses, and recorders."""


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Iterator[InterpretedDriver]:
    made = InterpretedDriver(races=False)
    monkeypatch.setattr(cuda, "_device", lambda number: made)
    return made


def network(record: Any = ()) -> tuple[ann.Network, ann.Population, ann.Projection]:
    net = ann.Network(dt=1.0, seed=1)
    net.config(paradigm="cuda", determinism="strict", on_nonfinite="ignore")
    cell = ann.Neuron(parameters="tau = 5.0", equations="tau*dv/dt = 1.2 - v + g_exc", spike="v > 1.0", reset="v = 0")
    pop = net.create(N, cell)
    link = net.connect(pop, pop, "exc").fixed_number_pre(K, weights=ann.Uniform(0.0, 0.1))
    if record:
        net.monitor(pop, list(record))
    net.compile(silent=True)
    net.simulate(1.0)
    return net, pop, link


def moved(driver: InterpretedDriver, net: ann.Network, steps: int) -> tuple[int, int, list[tuple[str, int]]]:
    """Launches, bytes up, and all transfers of one call."""
    driver.moved.clear()
    before = driver.launches
    net.simulate(float(steps))
    return driver.launches - before, sum(size for way, size in driver.moved if way == "up"), list(driver.moved)


def test_a_run_of_many_steps_is_one_launch_with_the_same_transfers(driver: InterpretedDriver) -> None:
    net, _, _ = network()
    one, many = moved(driver, net, 1), moved(driver, net, 5)
    assert one[0] == many[0] == 1
    assert one[2] == many[2]
    assert sum(size for _, size in many[2]) < BOOKS


def test_what_is_read_comes_down_once_and_does_not_go_up_again(driver: InterpretedDriver) -> None:
    net, pop, link = network()
    driver.moved.clear()
    first, again = pop.v.copy(), pop.v.copy()
    assert (first == again).all()
    assert driver.moved == [("down", 8 * N)]
    assert len(link.w) == N
    assert len(driver.moved) == 1, "no step changes these weights"
    assert moved(driver, net, 1)[1] < BOOKS


def test_what_is_written_goes_up_once(driver: InterpretedDriver) -> None:
    net, pop, _ = network()
    pop.v = 0.25
    launches, up, _ = moved(driver, net, 1)
    assert (launches, up // (8 * N)) == (1, 1)
    assert moved(driver, net, 1)[1] < BOOKS


def test_records_come_down_in_one_piece(driver: InterpretedDriver) -> None:
    net, _, _ = network(["v"])
    few, many = moved(driver, net, 2)[2], moved(driver, net, 6)[2]
    rows = [[size for way, size in each if way == "down" and size % (8 * N) == 0] for each in (few, many)]
    assert rows == [[2 * 8 * N], [6 * 8 * N]]
    assert len(many) == len(few)


def test_the_watch_takes_nothing_back(driver: InterpretedDriver) -> None:
    net, pop, _ = network()
    net.config(on_nonfinite="warn")
    moved(driver, net, 1)
    assert moved(driver, net, 1)[1] < BOOKS
    assert np.isfinite(pop.v).all()
