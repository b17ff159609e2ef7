"""Going back to the start: values, noise, synapses, records, time."""

import numpy as np
import pytest

import nnc as ann
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY

NOISE = dict(equations="r = Uniform(0.0, 1.0)")


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)


def courses(net, p, *resets, steps=3):
    """What r is after the first run and after every reset, given by its keywords."""
    found = []
    for reset in ({}, *resets):
        if found:
            net.reset(**reset)
        net.simulate(steps)
        found.append(p.r.copy())
    return found


def noisy(**settings):
    net = ann.Network()
    net.config(**settings)
    p = net.create(4, ann.Neuron(**NOISE))
    net.compile()
    return net, p


def same(a, b):
    return bool(np.array_equal(a, b))


def test_networks_repeat_their_noise_and_fresh_noise_is_asked_for():
    net, p = noisy()
    a, b, c, d, e = courses(net, p, {}, {"reseed_rng": False}, {"reseed_rng": False}, {"reseed_rng": True})
    assert same(a, b)
    assert not same(a, c)
    assert not same(c, d)
    assert same(a, e), "a reseeded run is the first one, whatever was in between"


@pytest.mark.parametrize(("api", "repeats"), [("4.8", False), ("5.0", True)])
def test_the_generation_of_the_api_decides_if_it_is_set(api, repeats):
    net, p = noisy(api=api)
    a, b = courses(net, p, {})
    assert same(a, b) is repeats


def test_the_magic_network_goes_on_with_fresh_noise():
    p = ann.Population(4, ann.Neuron(**NOISE))
    ann.compile()
    ann.simulate(2.0)
    a = p.r
    ann.reset()
    ann.simulate(2.0)
    assert not same(a, p.r)
    assert ann.get_time() == 2.0


def test_initial_values_that_models_draw_are_drawn_again_or_repeated_with_the_noise():
    net = ann.Network(seed=3)
    x = ann.Variable("x = x", init=ann.Uniform(0.0, 1.0))
    p = net.create(5, ann.Neuron(equations=[x, "r = x"]))
    net.compile()
    a = p.x
    net.reset()
    assert same(a, p.x)
    net.reset(reseed_rng=False)
    b = p.x
    assert not same(a, b)
    net.reset(reseed_rng=True)
    assert same(a, p.x)


def test_scripts_draw_the_same_numbers_after_a_reset():
    net, _ = noisy(seed=8)
    a = net.default_rng.random(3)
    net.reset()
    assert same(a, net.default_rng.random(3))
    net.reset(reseed_rng=False)
    assert not same(a, net.default_rng.random(3))


def connected(**connector):
    net = ann.Network(seed=5)
    a = net.create(20, ann.Neuron(equations="r = t + 1"))
    b = net.create(20, ann.Neuron(parameters=dict(g=1.0), equations="r = r + g * sum(exc)"))
    s = ann.Synapse(parameters="eta = 0.5 : projection", equations="w += eta")
    q = net.connect(a, b, "exc", s).fixed_probability(0.3, ann.Uniform(0.0, 1.0), **connector)
    net.compile()
    return net, b, q


def test_projections_are_reset_on_request_and_weights_stay():
    net, b, q = connected()
    q.eta = 2.0
    net.simulate(2.0)
    weights = q.w
    net.reset()
    assert q.eta == 2.0
    assert b.r.tolist() == [0.0] * 20
    net.reset(projections=True)
    assert q.eta == 0.5
    assert q.w == weights


@pytest.mark.parametrize("delays", [1.0, 3.0, ann.DiscreteUniform(1, 4)])
def test_synapses_are_drawn_anew(delays):
    net, b, q = connected(delays=delays)
    m = net.monitor(b, "r")
    net.simulate(5.0)
    before, weights = q.pre_ranks, q.w
    net.reset(synapses=True, projections=True)
    assert q.pre_ranks != before
    assert q.w != weights
    assert all(0.0 <= w <= 1.0 for row in q.w for w in row)
    assert (net.time, m.get("r").shape) == (0.0, (0, 20))
    second = q.pre_ranks
    net.simulate(5.0)
    r = m.get("r")
    net.reset(synapses=True, projections=True)
    assert q.pre_ranks not in (before, second)
    assert r.shape == (5, 20)
    matrix = q.connectivity_matrix()
    net.simulate(5.0)
    expected, total, w = np.zeros((5, 20)), np.zeros(20), matrix
    if isinstance(delays, float):
        for k in range(5):
            back = k - int(delays)
            arrived = (w * (matrix != 0)) @ np.full(20, back + 1.0) if back >= 0 else np.zeros(20)
            total = total + arrived
            expected[k] = total
            w = w + 0.5
        np.testing.assert_allclose(m.get("r"), expected, rtol=1e-12)


def test_populations_go_on_if_only_synapses_are_new():
    net, b, _ = connected()
    net.simulate(3.0)
    r = b.r
    with pytest.warns(ann.NNCWarning, match="resets the projections, too"):
        net.reset(populations=False, synapses=True)
    assert same(b.r, r)
    assert r.any()
    b.g = 0.0
    net.simulate(1.0)
    assert same(b.r, r)


def test_records_are_kept_on_request():
    net, p = noisy()
    m = net.monitor(p, "r")
    net.simulate(2.0)
    net.reset(monitors=False)
    net.simulate(3.0)
    assert m.get("r").shape == (5, 4)
    net.reset()
    assert m.get("r").shape == (0, 4)


def test_there_is_nothing_to_reset_before_compile():
    net = ann.Network()
    net.create(1, ann.Neuron(**NOISE))
    for call in (net.reset, net.step, lambda: net.simulate(1.0)):
        with pytest.raises(ann.ANNarchyException, match="not compiled"):
            call()


def test_the_clock_can_be_set():
    net = ann.Network(dt=0.1)
    p = net.create(1, ann.Neuron(equations="r = t"))
    assert (net.time, net.current_step) == (0.0, 0)
    with pytest.warns(ann.NNCWarning, match="before compile"):
        net.set_time(3.0)
    net.compile()
    net.set_time(0.3)
    assert net.get_current_step() == 3
    net.step()
    assert p.r[0] == pytest.approx(0.3)
    net.current_step = 10
    assert net.get_time() == 1.0
    net.time = 0.7
    assert net.current_step == 7
    with pytest.raises(ann.ANNarchyException, match="negative"):
        net.set_current_step(-1)


@pytest.mark.parametrize(("duration", "dt", "steps"), [(0.3, 0.1, 3), (1.05, 0.1, 11), (0.0, 0.1, 0), (7, 2.0, 4)])
def test_durations_are_whole_steps(duration, dt, steps):
    net = ann.Network(dt=dt)
    net.create(1, ann.Neuron(equations="r = t"))
    net.compile()
    net.simulate(duration)
    assert net.current_step == steps


@pytest.mark.parametrize(("duration", "kind"), [("a", TypeError), (None, TypeError), (-5, ValueError)])
def test_other_durations_are_refused(duration, kind):
    net, _ = noisy()
    with pytest.raises(kind) as caught:
        net.simulate(duration)
    assert isinstance(caught.value, ann.ANNarchyException)
    assert net.time == 0.0


def test_measured_times_and_bars_are_printed(capsys):
    net, _ = noisy()
    net.simulate(1000.0, measure_time=True)
    assert f"Simulating 1.0 seconds of the network {net.id} took" in capsys.readouterr().out
    net.simulate(10.0, progress_bar=True)
    assert "10/10 ms" in capsys.readouterr().err
    net.simulate(10.0)
    assert capsys.readouterr().err == ""
