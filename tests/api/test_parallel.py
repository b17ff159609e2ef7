"""`parallel_run` in both styles, and `sweep`: results in order, the same wherever they are computed."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

import nnc as ann
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)


class Ramp(ann.Network):
    def __init__(self, size, k=2.0):
        self.p = self.create(size, ann.Neuron(parameters=dict(k=0.0), equations="r = k * t"))
        self.p.k = k
        self.m = self.monitor(self.p, "r")


def run(net, duration=2.0):
    net.simulate(duration)
    return net.seed, net.p.k, net.m.get("r").shape


def square(k):
    return k * k


def last_rate(net):
    net.simulate(3.0)
    return os.getpid(), float(net.p.r[0]), net.seed


@pytest.fixture
def net():
    made = Ramp(4, k=3.0, dt=0.5, seed=7)
    made.compile()
    return made


def test_a_subclass_runs_with_other_arguments_seeds_and_sizes(net):
    assert net.parallel_run(run, number=3, max_processes=2, k=[1.0, 2.0, 3.0], seeds="sequential") == [
        (8, 1.0, (4, 4)),
        (9, 2.0, (4, 4)),
        (10, 3.0, (4, 4)),
    ]
    assert net.parallel_run(run, number=2, duration=1.0, seeds=[5, 6]) == [(5, 3.0, (2, 4)), (6, 3.0, (2, 4))]
    assert [shape for *_, shape in net.parallel_run(run, number=2, size=[5, 6])] == [(4, 5), (4, 6)]
    assert net.time == 0.0


def test_seeds_in_all_their_forms(net):
    def seeds(given):
        return net.parallel_run(lambda n: n.seed, number=3, seeds=given, max_processes=0)

    assert seeds("same") == [7, 7, 7]
    assert seeds(20) == [20, 21, 22]
    first, second = seeds(None), seeds(None)
    assert len({7, *first, *second}) == 7
    for wrong in ([1, 2], "other", 1.5):
        with pytest.raises(ann.NNCError, match="seeds are"):
            seeds(wrong)


@pytest.mark.parametrize("where", ["processes", "threads", "here", "chunks"])
def test_results_do_not_depend_on_where_runs_are(net, where):
    def noise(n):
        pop = n.create(20, ann.Neuron(equations="r = Uniform(0.0, 1.0)")) if not n.compiled else n.p
        n.simulate(5.0)
        return pop.r.tolist(), n.seed

    keys = {"processes": {"max_processes": 2}, "here": {"sequential": True}, "chunks": {"chunksize": 3}, "threads": {}}
    expected = [noise(n)[0] for n in [Ramp(4, k=3.0, dt=0.5, seed=s) for s in (1, 2, 3, 4)] if n.compile() is None]
    if where == "threads":
        with ThreadPoolExecutor(2) as executor:
            got = net.parallel_run(noise, number=4, seeds=1, executor=executor)
    else:
        got = net.parallel_run(noise, number=4, seeds=1, **keys[where])
    assert got == [(values, seed) for values, seed in zip(expected, (1, 2, 3, 4), strict=True)]


def test_processes_are_others_and_leave_this_one_alone(net):
    def change(n):
        n.p.k = 99.0
        return os.getpid()

    pids = net.parallel_run(change, number=2, max_processes=2)
    assert os.getpid() not in pids
    assert net.parallel_run(change, number=1, max_processes=0) == [os.getpid()]
    assert net.p.k == 3.0


def test_a_plain_network_runs_as_copies():
    net = ann.Network(seed=1)
    p = net.create(2, ann.Neuron(equations="r += 1.0"))
    rates = net.parallel_run(lambda n, d: (n.simulate(d), n.get(p).r.tolist())[1], number=2, d=[2.0, 3.0])
    assert rates == [[2.0, 2.0], [3.0, 3.0]]


def test_errors_tell_which_run_and_why(net):
    def fail(n, x):
        if x == 2:
            raise KeyError("no such thing")
        return x

    with pytest.raises(ann.NNCError, match=r"run 1 \(x=2\) failed with KeyError.*no such thing") as caught:
        net.parallel_run(fail, number=3, x=[1, 2, 3])
    assert isinstance(caught.value.__cause__, KeyError)
    got = net.parallel_run(fail, number=3, x=[1, 2, 3], on_error="return")
    assert (got[0], type(got[1]), got[2]) == (1, KeyError, 3)


def test_a_process_that_dies_is_an_error(net):
    with pytest.raises(ann.NNCError, match="has died"):
        net.parallel_run(lambda n: os._exit(3), number=2, max_processes=2)


def test_results_and_errors_that_cannot_travel_are_told(net):
    class Odd(Exception):
        def __init__(self, a, b):
            super().__init__(f"{a}{b}")

    def fail(n):
        raise Odd("4", "2")

    with pytest.raises(ann.NNCError, match="Odd: 42"):
        net.parallel_run(fail, number=1, max_processes=1)
    with pytest.raises(ann.NNCError, match="run 0 failed"):
        net.parallel_run(lambda n: n, number=1, max_processes=1)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"number": 0}, "number is the number of runs"),
        ({"number": 2, "k": [1.0]}, "has 1 entries for 2 runs"),
        ({"number": 2, "on_error": "ignore"}, "on_error is"),
        ({"number": 2, "chunksize": 0}, "chunksize is at least 1"),
    ],
)
def test_misuse_of_the_method(net, keys, text):
    with pytest.raises(ann.NNCError, match=text):
        net.parallel_run(run, **keys)
    with pytest.raises(TypeError, match="must be a function"):
        net.parallel_run(3, number=1)


@pytest.mark.parametrize("team", [1, 2])
def test_openmp_networks_run_in_forked_processes(team):
    from nnc.compiler.codegen.target import get_target

    if get_target("openmp").available() is not None:
        pytest.skip("no C compiler")
    net = Ramp(200, k=1.0)
    net.config(paradigm="openmp", num_threads=team)
    net.compile()
    net.simulate(3.0)
    results = net.parallel_run(run, number=2, max_processes=2)
    assert [shape for *_, shape in results] == [(2, 200)] * 2


# The style of module functions


def test_copies_of_the_magic_network_by_number():
    p = ann.Population((2, 3), ann.Neuron(parameters="k = 2.0 : population", equations="r = k * t"))

    def trial(idx, net, gain):
        net.get(p).k = gain
        net.simulate(2.0)
        return idx, float(net.get(p).r[0, 0])

    assert ann.parallel_run(method=trial, number=3, gain=[1.0, 2.0, 3.0]) == [(0, 1.0), (1, 2.0), (2, 3.0)]
    assert ann.parallel_run(trial, number=2, sequential=True, gain=np.array([1.0, 2.0])) == [(0, 1.0), (1, 2.0)]
    assert p.k == 2.0


def test_given_networks_change_only_if_they_run_here():
    p = ann.Population(2, ann.Neuron(equations="r += 1.0"))
    nets = [ann.Network(everything=True) for _ in range(2)]

    def trial(idx, net, d=1.0):
        net.simulate(d)
        return float(net.get(p).r[0])

    assert ann.parallel_run(trial, networks=nets, d=[2.0, 3.0]) == [2.0, 3.0]
    assert [net.time for net in nets] == [0.0, 0.0]
    assert ann.parallel_run(trial, networks=tuple(nets), sequential=True) == [1.0, 1.0]
    assert [net.time for net in nets] == [1.0, 1.0]


def test_seeds_follow_the_global_one():
    ann.setup(seed=100)
    ann.Population(1, ann.Neuron(equations="r += 1.0"))

    def seed(idx, net):
        return net.seed

    assert ann.parallel_run(seed, number=3, max_processes=0) == [100, 101, 102]
    assert ann.parallel_run(seed, number=2, max_processes=0, same_seed=True) == [100, 100]


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({}, "give networks, or the number"),
        ({"number": 2}, r"it needs \['gain'\]"),
        ({"number": 2, "gain": [1.0, 2.0], "other": [1, 2]}, r"does not take \['other'\]"),
        ({"number": 2, "gain": [1.0]}, "takes a list of 2 values"),
        ({"number": 2, "gain": 1.0}, "takes a list of 2 values"),
        ({"number": 2, "gain": [1.0, 2.0], "visible_cores": [0]}, "visible_cores needs max_processes"),
    ],
)
def test_misuse_of_the_function(keys, text):
    ann.Population(1, ann.Neuron(equations="r += 1.0"))
    with pytest.raises(ann.NNCError, match=text):
        ann.parallel_run(lambda idx, net, gain: None, **keys)


# Sweeps


def test_a_sweep_visits_all_combinations_in_order():
    results = ann.sweep(Ramp, {"size": [2, 3], "k": [1.0, 4.0]}, last_rate, seed=4, processes=2)
    assert [point for point, _ in results] == [
        {"size": 2, "k": 1.0},
        {"size": 2, "k": 4.0},
        {"size": 3, "k": 1.0},
        {"size": 3, "k": 4.0},
    ]
    assert [r.result[1] for r in results] == [2.0, 8.0, 2.0, 8.0]
    here = ann.sweep(Ramp, [r.point for r in results], last_rate, seed=4, processes=0)
    assert [r.result[1:] for r in here] == [r.result[1:] for r in results]
    assert len({r.result[2] for r in results}) == 4


def test_a_sweep_over_a_function_and_over_any_executor():
    with ProcessPoolExecutor(1) as executor:
        assert [r.result for r in ann.sweep(square, {"k": [1, 2, 3]}, executor=executor)] == [1, 4, 9]
    assert [r.result for r in ann.sweep(lambda a: a + 1, [{"a": 1}], processes=1)] == [2]


def test_misuse_of_sweeps():
    with pytest.raises(ann.NNCError, match="'a' takes a list of values"):
        ann.sweep(square, {"a": 3})
    with pytest.raises(TypeError, match="params is a table"):
        ann.sweep(square, 3)
    with pytest.raises(TypeError, match="must have a parameter 'seed'"):
        ann.sweep(square, {"k": [1]}, seed=3)
    with pytest.raises(ann.NNCError, match="build must give a Network"):
        ann.sweep(square, {"k": [1]}, last_rate, processes=0)
