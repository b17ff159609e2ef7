"""Sweeps in other processes: the same table wherever they run, and no compiler in the workers."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

import nnc as ann
from nnc.runtime.parallel.executor import RunError


class Noisy(ann.Network):
    def __init__(self, n=5, gain=1.0):
        self.pop = self.create(
            n, ann.Neuron(parameters="gain = 1.0 : population", equations="r = gain*Uniform(0.0, 1.0)")
        )
        self.pop.gain = gain


def rates(net):
    net.simulate(3.0)
    return net.pop.r.tolist()


def fails_for_two(net):
    if net.pop.gain == 2.0:
        raise ZeroDivisionError("on purpose")
    return net.pop.gain


def forbid_compiling(folder):
    """From now on this process has a cache of its own, and lowering a network is an error."""
    from nnc.compiler import driver

    os.environ["NNC_CACHE_DIR"] = os.path.join(folder, str(os.getpid()))

    def refuse(*args, **kwargs):
        raise AssertionError("a worker ran the compiler")

    driver.lower = refuse


POINTS = {"n": [4, 5], "gain": [1.0, 2.0, 3.0, 4.0]}


@pytest.fixture(scope="module")
def expected():
    return ann.sweep(Noisy, POINTS, rates, seed=3, processes=0)


def test_the_table_is_the_same_from_one_process_and_from_eight(expected):
    assert len({tuple(result) for _, result in expected}) == 8
    for processes in (1, 8):
        assert ann.sweep(Noisy, POINTS, rates, seed=3, processes=processes) == expected


def test_workers_get_the_compiled_program(expected, tmp_path):
    with ProcessPoolExecutor(2, get_context("spawn"), forbid_compiling, (str(tmp_path),)) as pool:
        assert ann.sweep(Noisy, POINTS, rates, seed=3, executor=pool, chunksize=2) == expected
        # A point with other equations is compiled where it runs: here that is refused, and told with its parameters.
        text = r"run 1 \(text='t'\) failed with AssertionError: a worker ran the compiler"
        with pytest.raises(ann.NNCError, match=text):
            ann.sweep(other_equations, {"text": ["2.0*t", "t"]}, last_rate, executor=pool)


def other_equations(text):
    net = ann.Network()
    net.pop = net.create(2, ann.Neuron(equations=f"r = {text}"))
    return net


def last_rate(net):
    net.simulate(2.0)
    return net.pop.r.tolist()


@pytest.mark.parametrize("processes", [0, 2])
def test_a_run_that_fails_is_told_with_its_parameters_and_the_others_are_kept(processes):
    points = {"gain": [1.0, 2.0, 3.0]}
    with pytest.raises(RunError, match=r"run 1 \(gain=2.0\) failed with ZeroDivisionError: on purpose") as caught:
        ann.sweep(Noisy, points, fails_for_two, processes=processes)
    assert (caught.value.index, caught.value.results[0]) == (1, 1.0)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    got = [r for _, r in ann.sweep(Noisy, points, fails_for_two, processes=processes, on_error="return")]
    assert (got[0], type(got[1]), got[2]) == (1.0, ZeroDivisionError, 3.0)


def test_what_is_no_executor_is_refused():
    with pytest.raises(ann.NNCError, match="executor is one of"):
        ann.sweep(Noisy, {"gain": [1.0]}, rates, executor=5)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system cannot pin processes")
def test_processes_stay_on_the_cores_that_are_named(monkeypatch):
    from nnc.runtime.networks.config import Config
    from nnc.runtime.networks.registry import REGISTRY

    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)
    ann.Population(2, ann.Neuron(equations="r = t"))
    core = min(os.sched_getaffinity(0))
    seen = ann.parallel_run(
        method=lambda k, net: os.sched_getaffinity(0), number=2, max_processes=1, visible_cores=[core]
    )
    assert seen == [{core}, {core}]
    assert os.sched_getaffinity(0) != {core} or (os.cpu_count() or 1) == 1
    with pytest.raises(ann.NNCError, match="this machine has the cores"):
        ann.parallel_run(method=lambda k, net: 0, number=1, max_processes=1, visible_cores=[10000])


@pytest.mark.filterwarnings("default")
def test_dask_carries_out_sweeps(expected, tmp_path):
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "processes": True}
    with (
        distributed.LocalCluster(**options, local_directory=str(tmp_path)) as cluster,
        distributed.Client(cluster) as client,
    ):
        client.run(forbid_compiling, str(tmp_path))
        assert ann.sweep(Noisy, POINTS, rates, seed=3, executor=client) == expected
        assert ann.sweep(Noisy, POINTS, rates, seed=3, executor=client.get_executor()) == expected
        with pytest.raises(RunError, match=r"run 1 \(gain=2.0\) failed with ZeroDivisionError"):
            ann.sweep(Noisy, {"gain": [1.0, 2.0, 3.0]}, fails_for_two, executor=client)
