"""The examples A to I that the specification of the API gives with their results, on every target."""

from __future__ import annotations

import numpy as np
import pytest

import nnc as ann
from nnc.compiler.codegen.target import get_target
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY


@pytest.fixture(autouse=True, params=["interp", "llvm", "openmp", pytest.param("cuda", marks=pytest.mark.gpu)])
def target(request, monkeypatch):
    """All networks of a test are made for one target; the global network is a new one."""
    reason = get_target(request.param).available()
    if reason is not None:
        pytest.skip(reason)
    template = Config()
    template.set({"paradigm": request.param, "determinism": "strict"})
    monkeypatch.setattr(REGISTRY, "template", template)
    monkeypatch.setattr(REGISTRY, "magic", None)
    return request.param


RAMP = {"parameters": {"k": 2.0}, "equations": "r = k * t"}


def test_a_shapes_first_row_emptying_time():
    net = ann.Network(dt=0.5)
    p = net.create((2, 3), ann.Neuron(**RAMP), name="ramp")
    m = net.monitor(p, "r")
    net.compile()
    net.simulate(2.0)
    d = m.get("r")
    assert d.shape == (4, 2, 3)
    assert d[:, 0, 0].tolist() == [0, 1, 2, 3]
    assert m.get("r").shape == (0, 2, 3)
    assert (net.time, net.current_step) == (2.0, 4)
    net.simulate(1.0)
    assert m.get("r", reshape=False).shape == (2, 6)


@pytest.mark.parametrize(
    ("delays", "received"), [({}, [0, 10, 20, 30, 30, 30]), ({"delays": 3.0}, [10, 10, 10, 10, 20, 30])]
)
def test_b_a_delay_of_one_step_and_of_three(delays, received):
    net = ann.Network()
    a = net.create(ann.TimedArray(np.array([[1.0], [2.0], [3.0]])))
    b = net.create(1, ann.Neuron(equations="r = sum(exc)"))
    p1 = net.connect(a, b, "exc").all_to_all(weights=10.0, **delays)
    ma, mb = net.monitor(a, "r"), net.monitor(b, ["r", "sum(exc)"])
    net.compile()
    assert (p1.w, p1.delay) == (10.0, delays.get("delays", 1.0))
    net.simulate(6.0)
    assert ma.get("r").ravel().tolist() == [1, 2, 3, 3, 3, 3]
    assert mb.get("r").ravel().tolist() == received
    net.reset()
    net.simulate(6.0)
    assert mb.get("sum(exc)").ravel().tolist() == received


def test_c_spikes_are_in_steps_and_rasters_in_ms():
    net = ann.Network(dt=0.5)
    s = net.create(ann.SpikeSourceArray([[1.0, 3.0], [2.0], []]))
    q = net.create(3, ann.Neuron(equations="v = g_exc", spike="v > 100.", reset="v = 0."))
    net.connect(s, q, "exc").one_to_one(weights=5.0)
    ms, mq = net.monitor(s, "spike"), net.monitor(q, ["v", "g_exc"])
    net.compile()
    net.simulate(5.0)
    sp = ms.get("spike")
    assert sp == {0: [2, 6], 1: [4], 2: []}
    times, ranks = ms.raster_plot(sp)
    assert (times.tolist(), ranks.tolist()) == ([1.0, 3.0, 2.0], [0, 0, 1])
    assert mq.get("g_exc")[:, 0].tolist() == [0, 0, 0, 5, 0, 0, 0, 5, 0, 0]
    assert ms.get("spike") == {0: [], 1: [], 2: []}


def test_d_orientation_of_matrices():
    net = ann.Network()
    pre3, post2 = net.create(3, ann.Neuron(equations="r = 1.0")), net.create(2, ann.Neuron(equations="r = sum(exc)"))
    matrix = np.array([[1.0, None, 3.0], [0.0, 5.0, None]], dtype=object)
    pr = net.connect(pre3, post2, "exc").from_matrix(matrix)
    net.compile()
    assert (pr.post_ranks, pr.pre_ranks, pr.w) == ([0, 1], [[0, 2], [0, 1]], [[1.0, 3.0], [0.0, 5.0]])
    assert pr.nb_synapses == 4
    assert pr.connectivity_matrix().tolist() == [[1, 0, 3], [0, 5, 0]]
    assert (pr.dendrite(1).w, pr.synapse(1, 1).w) == ([0.0, 5.0], 5.0)
    net.simulate(1.0)
    assert post2.r.tolist() == [0, 0]
    net.simulate(1.0)
    assert post2.r.tolist() == post2.sum("exc").tolist() == [4, 5]


def test_e_views():
    net = ann.Network()
    p = net.create((4, 5), ann.Neuron(equations="r = 1.0"))
    assert p[1:3, 0].geometry == (2, 1)
    assert p[1:3, 0].ranks.tolist() == [5, 10]
    assert (p[1].ranks.tolist(), p[2:6].ranks.tolist()) == ([1], [2, 3, 4, 5])
    assert type(p[1, 2]).__name__ == "IndividualNeuron"
    assert (p.rank_from_coordinates((1, 2)), p.coordinates_from_rank(7)) == (7, (1, 2))
    assert p.normalized_coordinates_from_rank(7) == pytest.approx((1 / 3, 0.5))
    assert (p[0:2] + p[5:7]).ranks.tolist() == [0, 1, 5, 6]


def test_f_copies_are_independent():
    p = ann.Population((2, 3), ann.Neuron(parameters="k = 2.0 : population", equations="r = k * t"), name="ramp")
    m = ann.Monitor(p, "r")
    s = ann.Population(1, ann.Neuron(equations="r = r + 1.0"), stop_condition="r > 4.5")
    n1 = ann.Network()
    n1.add([p, m])
    n1.get(p).k = 10.0
    n1.compile()
    n1.simulate(3.0)
    assert n1.get(m).get("r").shape == (3, 6)
    assert (n1.get(p).r[0, 0], n1.get_time(), n1.get(p).name) == (20.0, 3.0, "ramp")
    assert p.k == 2.0
    n2 = ann.Network(everything=True)
    n2.compile()
    assert n2.simulate_until(100.0, n2.get(s)) == 5.0
    assert n2.get_time() == 5.0


def test_g_parallel_run_of_the_global_network():
    p = ann.Population((2, 3), ann.Neuron(parameters="k = 2.0 : population", equations="r = k * t"))

    def run(idx, net, gain):
        net.get(p).k = gain
        net.simulate(2.0)
        return idx, float(net.get(p).r[0, 0])

    assert ann.parallel_run(method=run, number=3, gain=[1.0, 2.0, 3.0]) == [(0, 1.0), (1, 2.0), (2, 3.0)]


def test_h_callbacks():
    calls = []
    ann.Population(1, ann.Neuron(equations="r = t"))
    ann.compile()

    @ann.every(period=2.0, offset=-1.0)
    def cb(n):
        calls.append((n, ann.get_time()))

    ann.simulate(6.0)
    assert calls == [(0, 1.0), (1, 3.0), (2, 5.0)]


class Ramp(ann.Network):
    def __init__(self, size, k=2.0):
        self.p = self.create(size, ann.Neuron(parameters=dict(k=0.0), equations="r = k * t"))
        self.p.k = k
        self.m = self.monitor(self.p, "r")


def test_i_subclass_parallel_run_copy_reset():
    def run(net, duration=2.0):
        net.simulate(duration)
        return net.seed, net.p.k, net.m.get("r").shape

    net = Ramp(4, k=3.0, dt=0.5, seed=7)
    net.compile()
    assert net.parallel_run(run, number=3, k=[1.0, 2.0, 3.0], seeds="sequential") == [
        (8, 1.0, (4, 4)),
        (9, 2.0, (4, 4)),
        (10, 3.0, (4, 4)),
    ]
    assert net.parallel_run(run, number=2, duration=1.0, seeds=[5, 6]) == [(5, 3.0, (2, 4)), (6, 3.0, (2, 4))]
    assert [shape for _, _, shape in net.parallel_run(run, number=2, size=[5, 6])] == [(4, 5), (4, 6)]
    c = net.copy(4)
    assert (c.p.k, c.dt, c.time) == (2.0, 0.5, 0.0)
    assert c.seed != net.seed
    net.simulate(3.0)
    net.p.k = 8.0
    net.reset()
    assert (net.time, net.p.k, net.p.r.tolist()) == (0.0, 3.0, [0, 0, 0, 0])
