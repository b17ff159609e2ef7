"""The size of the team: what is asked for, or what the work of a step is worth."""

from __future__ import annotations

import numpy as np
import pytest

import nnc as ann
from nnc.runtime import team
from nnc.runtime.config import Config
from nnc.runtime.errors import NNCError
from nnc.runtime.team import GRAIN, step_work, team_size


@pytest.fixture
def four_cores(monkeypatch):
    monkeypatch.setattr(team, "_cores", lambda: 4)


@pytest.mark.parametrize("wanted", [1, 3, 64])
def test_a_number_is_taken_as_it_is(four_cores, wanted):
    assert team_size(wanted, 0) == wanted


@pytest.mark.parametrize(
    ("work", "workers"), [(0, 1), (GRAIN, 1), (2 * GRAIN - 1, 1), (2 * GRAIN, 2), (4 * GRAIN, 4), (9 * GRAIN, 4)]
)
def test_auto_gives_every_worker_a_grain_and_a_core(four_cores, work, workers):
    assert team_size("auto", work) == workers


def test_synapses_that_wait_for_spikes_weigh_less():
    assert step_work(10, 1000, 1000) == 10 + 1000 + 2


def test_there_is_a_core_for_this_process():
    assert team._cores() >= 1


@pytest.mark.parametrize("value", ["many", 0, 1.5, True])
def test_other_numbers_of_threads_are_refused(value):
    with pytest.raises(NNCError, match="num_threads"):
        Config().set({"num_threads": value})


def test_auto_needs_no_certain_number_of_visible_cores():
    Config().set({"num_threads": "auto", "visible_cores": [0]})


def test_a_small_network_has_one_worker_and_a_dense_one_more(four_cores):
    def run(threads, n):
        net = ann.Network(dt=1.0, seed=3)
        net.config(num_threads=threads)
        pop = net.create(n, ann.Neuron(equations="tau * dr/dt + r = sum(exc) + 1.0", parameters={"tau": 10.0}))
        net.connect(pop, pop, "exc").all_to_all(weights=ann.Uniform(0.0, 1.0 / n), allow_self_connections=True)
        net.compile(silent=True)
        net.simulate(5.0)
        return net._compiled.state.block.team, np.array(pop.r)

    before = ann.Network()
    before.config(num_threads="auto")
    assert before.threads == 4
    assert run("auto", 20)[0] == 1
    workers, rates = run("auto", 150)
    assert workers == 2
    assert np.array_equal(rates, run(1, 150)[1])
