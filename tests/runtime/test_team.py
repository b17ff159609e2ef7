"""The size of the team: what is asked for, or what the work of a step is worth."""

from __future__ import annotations

import os

import numpy as np
import pytest

import nnc as ann
from nnc.compiler.codegen.layout import BARRIER_PAUSES, PAUSES
from nnc.runtime.errors import NNCError
from nnc.runtime.networks.config import Config
from nnc.runtime.running import compiling, team
from nnc.runtime.running.cores import cores
from nnc.runtime.running.team import GRAIN, pauses, team_size
from nnc.runtime.running.work import VISITS, work_of


@pytest.fixture
def four_cores(monkeypatch):
    monkeypatch.setattr(team, "cores", lambda: 4)


@pytest.mark.parametrize("wanted", [1, 3, 64])
def test_a_number_is_taken_as_it_is(four_cores, wanted):
    assert team_size(wanted, 0) == wanted


@pytest.mark.parametrize(
    ("work", "workers"), [(0, 1), (GRAIN, 1), (2 * GRAIN - 1, 1), (2 * GRAIN, 2), (4 * GRAIN, 4), (9 * GRAIN, 4)]
)
def test_auto_gives_every_worker_a_grain_and_a_core(four_cores, work, workers):
    assert team_size("auto", work) == workers


def work(size, neuron, *links):
    """Units of work of a population with projections to itself: (synapses per neuron, synapse) each, None for all."""
    net = ann.Network(dt=1.0, seed=1)
    pop = net.create(size, neuron)
    for count, synapse in links:
        link = net.connect(pop, pop, "exc", synapse)
        if count is None:
            link.all_to_all(weights=0.1, allow_self_connections=True)
        else:
            link.fixed_number_pre(count, weights=0.1)
    net.compile(silent=True)
    return work_of(net)


RATE = ann.Neuron(equations="r = sum(exc)")
CELL = ann.Neuron(equations="v += g_exc", spike="v > 1.0", reset="v = 0.0")
STATIC = ann.Synapse(pre_spike="g_target += w")
LEARNING = ann.Synapse(pre_spike="g_target += w\nw += 0.1", post_spike="w -= 0.1")


def test_a_cheap_neuron_is_a_unit_of_work_and_a_costly_one_many():
    assert work(100, RATE) == 100
    hodgkin_huxley = ann.Neuron(
        equations="\n".join(f"x{i} = exp(-r/{i}.5) * 2.0^x{i}" for i in range(1, 9)) + "\nr = x1"
    )
    assert 1500 < work(100, hodgkin_huxley) < 4000


def test_an_equation_counts_as_often_as_its_method_evaluates_it():
    def costly(method):
        return ann.Neuron(equations=f"dr/dt = exp(-r) + exp(-2*r) - tanh(r) : {method}")

    once = work(1000, costly("explicit"))
    assert work(1000, costly("midpoint")) == pytest.approx(2 * once, rel=0.01)
    assert work(1000, costly("rk4")) == pytest.approx(4 * once, rel=0.01)


def test_functions_of_the_user_count_as_what_they_do():
    def neuron(call):
        return ann.Neuron(equations=f"r = {call} + {call} + {call}", functions="f(x) = exp(x) / (1.0 + exp(-x))")

    assert work(1000, neuron("f(r)")) > 2 * work(1000, neuron("exp(r)"))


def test_synapses_weigh_by_how_they_are_reached():
    straight, gathered = work(100, RATE, (None, None)), work(100, RATE, (50, None))
    assert straight < gathered
    waiting = work(100, CELL, (50, STATIC)) - work(100, CELL)
    assert waiting == pytest.approx(2.0 * 5000 / VISITS, abs=2)
    assert work(100, CELL, (50, LEARNING)) - work(100, CELL) > 4 * waiting


def test_there_is_a_core_for_this_process():
    assert 1 <= cores() <= len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("quota", "limit"), [("150000 100000", 2), ("100000 100000", 1), ("20000 100000", 1), ("max 100000", 8)]
)
def test_control_groups_limit_the_cores(tmp_path, monkeypatch, quota, limit):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    (tmp_path / "groups/outer/inner").mkdir(parents=True)
    (tmp_path / "groups/outer/cpu.max").write_text(quota)
    (tmp_path / "groups/outer/inner/cpu.max").write_text("max 100000")
    (tmp_path / "own").write_text("0::/outer/inner\n")
    assert cores(tmp_path / "groups", tmp_path / "own") == limit


def test_control_groups_of_the_first_version_do_too(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    folder = tmp_path / "groups/cpu,cpuacct/box"
    folder.mkdir(parents=True)
    (folder / "cpu.cfs_quota_us").write_text("300000\n")
    (folder / "cpu.cfs_period_us").write_text("100000\n")
    (tmp_path / "own").write_text("7:memory:/box\n4:cpu,cpuacct:/box\n")
    assert cores(tmp_path / "groups", tmp_path / "own") == 3
    (folder / "cpu.cfs_quota_us").write_text("-1\n")
    assert cores(tmp_path / "groups", tmp_path / "own") == 8


def test_without_control_groups_affinity_counts(tmp_path):
    assert cores(tmp_path / "none", tmp_path / "neither") == len(os.sched_getaffinity(0))


def test_a_network_tells_how_its_threads_and_storage_were_chosen():
    net = ann.Network(dt=1.0, seed=1)
    net.config(num_threads="auto")
    pop = net.create(30, ann.Neuron(equations="10.0 * dv/dt = 1.3 - v + g_exc", spike="v > 1.0", reset="v = 0.0"))
    learn = ann.Synapse(equations="9.0 * dx/dt = -x : event-driven", pre_spike="g_target += w", post_spike="w += x")
    net.connect(pop, pop, "exc", learn, name="learning").fixed_number_pre(5, weights=0.1)
    rates = net.create(20, ann.Neuron(equations="r = sum(exc)"))
    net.connect(rates, rates, "exc", name="dense").all_to_all(
        weights=ann.Uniform(0.0, 1.0), allow_self_connections=True
    )
    net.compile(silent=True)
    told = net.explain()
    assert "threads: 1, since a step does 178 units of work, 0.0059 grains of 30000" in told
    assert "learning: csr_pre" in told
    assert "lie side by side" in told
    assert "dense: dense_post, 8 bytes per synapse" in told
    net = ann.Network(dt=1.0)
    net.config(num_threads=2)
    net.create(30, ann.Neuron(equations="r = 1.0"))
    net.compile(silent=True)
    assert "threads: 2, as asked for" in net.explain()
    assert "'auto' would take 1" in net.explain()


def test_workers_without_a_core_each_do_not_wait_on_one(monkeypatch):
    assert (pauses(2, 2), pauses(3, 2)) == (PAUSES, 0)
    monkeypatch.setattr(compiling, "cores", lambda: 2)
    net = ann.Network(dt=1.0)
    net.config(num_threads=2)
    net.create(300, ann.Neuron(equations="r = 1.0"))
    net.compile(silent=True)
    block = net.state.block
    net.simulate(1.0)
    assert block.native.barrier[BARRIER_PAUSES] == PAUSES
    net._running().share(net, 3)
    net.simulate(1.0)
    assert block.native.barrier[BARRIER_PAUSES] == 0


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
    before.config(num_threads="tune")
    assert before.threads == 4
    assert run("auto", 20)[0] == 1
    workers, rates = run("auto", 520)
    assert workers == 2
    assert np.array_equal(rates, run(1, 520)[1])
