"""Whole scripts, from `import nnc` to numbers. The expected values are those of the specification of the API."""

import numpy as np
import pytest

import nnc as ann
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)


def source(net, spikes):
    """Neurons that fire in given steps: the rank and step of every spike."""
    times = {}
    for rank, step in spikes:
        times.setdefault(rank, []).append(step)
    n = max(times) + 1
    pop = net.create(n, ann.Neuron(parameters=dict(at=ann.Parameter(-1.0)), equations="v = t / dt", spike="v == at"))
    pop.at = [times.get(rank, [-1])[0] for rank in range(n)]
    return pop


def test_rows_are_the_end_of_each_step_and_get_empties():
    net = ann.Network(dt=0.5)
    p = net.create((2, 3), ann.Neuron(parameters=dict(k=2.0), equations="r = k * t"), name="ramp")
    m = net.monitor(p, "r")
    net.compile()
    net.simulate(2.0)
    d = m.get("r")
    assert d.shape == (4, 2, 3)
    assert d[:, 0, 0].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert m.get("r").shape == (0, 2, 3)
    assert (net.time, net.current_step) == (2.0, 4)
    net.simulate(1.0)
    assert m.get("r", reshape=False).shape == (2, 6)


@pytest.mark.parametrize(("delay", "expected"), [(0.0, [0, 10, 20, 30]), (3.0, [0, 0, 0, 10])])
def test_a_rate_arrives_one_step_later_or_after_its_delay(delay, expected):
    net = ann.Network()
    a = net.create(1, ann.Neuron(equations="r = t + 1.0"))
    b = net.create(1, ann.Neuron(equations="r = sum(exc)"))
    p = net.connect(a, b, "exc").all_to_all(weights=10.0, delays=delay)
    m = net.monitor(b, ["r", "sum(exc)"])
    net.compile()
    net.simulate(4.0)
    assert p.w == 10.0
    assert p.delay == max(1.0, delay)
    data = m.get()
    assert data["r"][:, 0].tolist() == expected
    assert data["sum(exc)"][:, 0].tolist() == expected


def test_matrices_are_post_by_pre_and_none_is_no_synapse():
    net = ann.Network()
    pre = net.create(3, ann.Neuron(equations="r = 1.0"))
    post = net.create(2, ann.Neuron(equations="r = sum(exc)"))
    pr = net.connect(pre, post, "exc").from_matrix(np.array([[1.0, None, 3.0], [0.0, 5.0, None]], dtype=object))
    net.compile()
    net.step()
    assert post.r.tolist() == [0.0, 0.0]
    net.step()
    assert post.r.tolist() == post.sum("exc").tolist() == [4.0, 5.0]
    assert pr.connectivity_matrix().tolist() == [[1, 0, 3], [0, 5, 0]]


def test_a_spike_raises_the_conductance_one_step_later_for_one_step():
    net = ann.Network(dt=0.5)
    s = source(net, [(0, 2), (1, 4)])
    q = net.create(2, ann.Neuron(equations="v = g_exc", spike="v > 100.0", reset="v = 0.0"))
    net.connect(s, q, "exc").one_to_one(weights=5.0)
    ms, mq = net.monitor(s, "spike"), net.monitor(q, ["v", "g_exc"])
    net.compile()
    net.simulate(5.0)
    spikes = ms.get("spike")
    assert spikes == {0: [2], 1: [4]}
    assert ms.raster_plot(spikes)[0].tolist() == [1.0, 2.0]
    g = mq.get("g_exc")
    assert np.flatnonzero(g[:, 0]).tolist() == [3]
    assert g[3, 0] == 5.0
    assert q.g_exc.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("precision", ["double", "float"])
def test_delays_shift_spikes(precision):
    def arrivals(delays):
        net = ann.Network()
        net.config(precision=precision)
        s = source(net, [(0, 2), (1, 4)])
        q = net.create(2, ann.Neuron(equations="v = g_exc", spike="v > 100.0", reset="v = 0.0"))
        net.connect(s, q, "exc").from_matrix([[1.0, 0.5], [None, 2.0]], delays=delays)
        m = net.monitor(q, "g_exc")
        net.compile()
        net.simulate(12.0)
        return [(k, i, x) for (k, i), x in np.ndenumerate(m.get("g_exc")) if x]

    assert arrivals(0.0) == [(3, 0, 1.0), (5, 0, 0.5), (5, 1, 2.0)]
    assert arrivals(3.0) == [(5, 0, 1.0), (7, 0, 0.5), (7, 1, 2.0)]
    assert arrivals([[4.0, 1.0], [0.0, 6.0]]) == [(5, 0, 0.5), (6, 0, 1.0), (10, 1, 2.0)]


def balanced(threads=1, precision="double", **compile_keywords):
    net = ann.Network(dt=0.1, seed=5)
    net.config(num_threads=threads, precision=precision)
    pop = net.create(300, ann.IF_cond_exp(tau_refrac=2.0, i_offset=0.8))
    pop.v = ann.Uniform(-65.0, -50.0)
    net.connect(pop[:240], pop, "exc").fixed_probability(0.1, weights=ann.Uniform(0.0, 0.01))
    net.connect(pop[240:], pop, "inh").fixed_probability(0.1, weights=0.05, delays=1.5)
    m = net.monitor(pop, ["spike", "v"])
    net.compile(**compile_keywords)
    net.simulate(50.0)
    data = m.get()
    return data["spike"], data["v"], pop.v


@pytest.mark.parametrize("precision", ["double", "float"])
def test_the_number_of_threads_does_not_change_a_bit(precision):
    spikes, v, _ = balanced(1, precision)
    assert sum(map(len, spikes.values())) > 100
    for threads in (2, 3):
        other, w, _ = balanced(threads, precision)
        assert other == spikes
        assert np.array_equal(v, w)


def test_spikes_and_refractoriness_of_a_standard_neuron():
    net = ann.Network(dt=0.1)
    free = net.create(1, ann.IF_curr_exp(i_offset=1.0))
    slow = net.create(2, ann.IF_curr_exp(i_offset=1.0, tau_refrac=2.0))
    slow.tau_refrac = [2.0, 5.0]
    m, n = net.monitor(free, ["spike", "v"]), net.monitor(slow, "spike")
    net.compile()
    net.simulate(100.0)
    data = m.get()
    assert data["v"][0, 0] == pytest.approx(-64.90024958)
    first, second = data["spike"][0][:2]
    assert [s[1] - s[0] for s in n.get("spike").values()] == [second - first + 20, second - first + 50]


def test_plastic_weights_follow_the_measured_course():
    net = ann.Network(dt=0.1)
    cell = ann.Neuron(parameters=dict(at=ann.Parameter(-1.0)), equations="v = t / dt", spike="v == at")
    pre, post = net.create(1, cell), net.create(1, cell)
    pre.at, post.at = 100.0, 150.0
    p = net.connect(pre, post, "exc", ann.STDP).one_to_one(weights=0.5)
    net.compile()
    net.simulate(16.0)
    assert p.w == [[pytest.approx(0.5 + 0.01 * np.exp(-4.9 / 20.0), rel=1e-3)]]


def test_a_network_goes_on_with_a_new_program_when_an_array_is_assigned():
    def run(interrupted):
        net = ann.Network(dt=0.1, seed=2)
        pop = net.create(20, ann.Izhikevich(noise=3.0))
        if not interrupted:
            pop.i_offset = np.full(20, 4.0)
        proj = net.connect(pop, pop, "exc").all_to_all(weights=0.5)
        m = net.monitor(pop, ["v", "spike"])
        net.compile()
        if interrupted:
            pop.i_offset = 4.0
        net.simulate(30.0)
        if interrupted:
            pop.i_offset = np.full(20, 4.0)
            proj.w = np.full(380, 0.5)
        net.simulate(30.0)
        return m.get()

    a, b = run(False), run(True)
    assert a["spike"] == b["spike"]
    assert np.array_equal(a["v"], b["v"])


def test_reset_repeats_a_run_of_a_network():
    net = ann.Network(seed=3)
    pop = net.create(50, ann.Izhikevich(noise=5.0))
    net.connect(pop, pop, "exc").all_to_all(weights=ann.Uniform(0.0, 0.5))
    m = net.monitor(pop, "v")
    net.compile()
    net.simulate(50.0)
    first = m.get("v")
    net.reset()
    assert net.time == 0.0
    assert (pop.v == -65.0).all()
    net.simulate(50.0)
    assert np.array_equal(first, m.get("v"))


def test_rates_reductions_and_constants():
    gain = ann.Constant("gain", 2.0)
    net = ann.Network()
    pop = net.create(4, ann.Neuron(equations="x = 1.0 : init = 3.0\nr = gain * mean(x)"))
    m = net.monitor(pop, "r")
    net.compile()
    net.simulate(2.0)
    gain.set(5.0)
    net.step()
    assert m.get("r")[:, 0].tolist() == [6.0, 2.0, 5.0]


def test_mean_firing_rate_over_a_window():
    net = ann.Network()
    pop = net.create(1, ann.Neuron(equations="v = 1.0", spike="v > 0.5"))
    pop.compute_firing_rate(10.0)
    m = net.monitor(pop, "r")
    net.compile()
    net.simulate(20.0)
    rate = m.get("r")[:, 0]
    assert rate[0] == pytest.approx(100.0)
    assert rate[-1] == pytest.approx(1000.0)


def test_switched_off_parts_stand_still():
    net = ann.Network()
    a = net.create(2, ann.Neuron(equations="r = t + 1"))
    b = net.create(2, ann.Neuron(equations="r = sum(exc)"))
    p = net.connect(a, b, "exc", ann.Hebb).one_to_one(weights=1.0)
    net.compile()
    net.simulate(3.0)
    p.disable_learning()
    w = p.w
    net.simulate(2.0)
    assert p.w == w
    a.disable()
    net.simulate(2.0)
    assert a.r.tolist() == [5.0, 5.0]
    p.transmission = False
    net.simulate(2.0)
    assert b.r.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("style", ["4.8", "5.0"])
def test_both_styles_of_the_pulse_coupled_network(style, capsys):
    if style == "4.8":
        ann.setup(dt=1.0, seed=1)
        pop = ann.Population(geometry=1000, neuron=ann.Izhikevich)
        net, connect = ann.magic_network(), lambda *a: ann.Projection(*a).connect_all_to_all
    else:
        net = ann.Network(dt=1.0, seed=1)
        pop = net.create(geometry=1000, neuron=ann.Izhikevich)
        connect = lambda *a: net.connect(*a).all_to_all  # noqa: E731
    exc, inh = pop[:800], pop[800:]
    re, ri = (np.random.default_rng(0).random(n) for n in (800, 200))
    exc.noise, inh.noise = 5.0, 2.0
    exc.c, exc.d = -65.0 + 15.0 * re**2, 8.0 - 6.0 * re**2
    inh.a, inh.b, inh.d = 0.02 + 0.08 * ri, 0.25 - 0.05 * ri, 2.0
    pop.u = pop.v * pop.b
    connect(exc, pop, "exc")(weights=ann.Uniform(0.0, 0.5))
    connect(inh, pop, "inh")(weights=ann.Uniform(0.0, 1.0))
    net.compile()
    m = ann.Monitor(pop, ["spike", "v"])
    net.simulate(300.0, measure_time=True)
    assert "took" in capsys.readouterr().out
    spikes = m.get("spike")
    assert m.get("v").shape == (300, 1000)
    assert 5.0 < m.mean_fr(spikes) < 20.0
    times, ranks = m.raster_plot(spikes)
    assert len(times) == len(ranks) == m.histogram(spikes).sum()
