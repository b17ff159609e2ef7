"""Current and decoding projections, inputs in both styles and on all targets (specification of the API, 3)."""

import numpy as np
import pytest

import nnc as ann
from nnc import NNCError
from nnc.compiler.codegen.target import get_target
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY

ROWS = [[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]
RATE = dict(equations="r = sum(exc)")
SPIKING = dict(equations="v = g_exc", spike="v > 1000.0", reset="v = 0.0")


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)


# Projections


def test_currents_are_added_in_every_step():
    net = ann.Network()
    source = net.create(ann.TimedArray(rates=ROWS))
    out = net.create(2, ann.Neuron(**SPIKING))
    proj = net.connect(ann.CurrentInjection(source, out, "exc"))
    assert proj.connect_current() is proj
    m = net.monitor(out, ["v", "g_exc"])
    net.compile()
    net.simulate(5.0)
    data = m.get()
    assert data["v"].tolist() == data["g_exc"].tolist() == [[0, 0], [1, 10], [2, 20], [3, 30], [3, 30]]


def test_current_injections_are_checked():
    net = ann.Network()
    rate, spiking = net.create(2, ann.Neuron(**RATE)), net.create(2, ann.Neuron(**SPIKING))
    with pytest.raises(NNCError, match="must be rate-coded"):
        ann.CurrentInjection(spiking, spiking, "exc")
    with pytest.raises(NNCError, match="must be spiking"):
        ann.CurrentInjection(rate, rate, "exc")
    with pytest.raises(NNCError, match="same size"):
        ann.CurrentInjection(rate, spiking[0:1], "exc")
    with pytest.raises(NNCError, match="connect_current"):
        ann.CurrentInjection(rate, spiking, "exc").all_to_all(1.0)


def decoded(window, dt, precision="double"):
    net = ann.Network(dt=dt)
    net.config(precision=precision)
    source = net.create(ann.SpikeSourceArray([[1 * dt, 2 * dt, 5 * dt], [2 * dt]]))
    out = net.create(3, ann.Neuron(**RATE))
    proj = net.connect(ann.DecodingProjection(source, out, "exc", window=window))
    proj.from_matrix([[1.0, None], [1.0, 3.0], [None, None]], delays=10.0)
    m = net.monitor(out, "sum(exc)")
    net.compile()
    net.simulate(9 * dt)
    return m.get("sum(exc)") * dt / 1000.0


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("dt", [0.5, 1.0])
def test_decoding_gives_the_mean_rate_over_the_window(dt, precision):
    each = decoded(0.0, dt, precision)
    assert each[:, 0].tolist() == [0, 0, 1, 1, 0, 0, 1, 0, 0]
    assert each[:, 1].tolist() == [0, 0, 0.5, 2, 0, 0, 0.5, 0, 0]
    assert not each[:, 2].any()
    mean = decoded(2 * dt, dt, precision)
    assert mean[:, 0].tolist() == [0, 0, 0.5, 1, 0.5, 0, 0.5, 0.5, 0]
    assert mean[:, 1].tolist() == [0, 0, 0.25, 1.25, 1, 0, 0.25, 0.25, 0]


def test_windows_of_several_projections_and_of_the_firing_rate_are_independent():
    net = ann.Network()
    source = net.create(ann.SpikeSourceArray([1.0, 2.0]))
    source.compute_firing_rate(5.0)
    outs = [net.create(1, ann.Neuron(**RATE)) for _ in range(3)]
    for out, window in zip(outs, (1.0, 2.0, 2.0), strict=True):
        net.connect(ann.DecodingProjection(source, out, "exc", window=window)).all_to_all(1.0)
    ms = [net.monitor(p, "r") for p in [*outs, source]]
    net.compile()
    net.simulate(6.0)
    seen = [m.get("r").ravel().tolist() for m in ms]
    assert seen[0] == [0, 0, 1000, 1000, 0, 0]
    assert seen[1] == seen[2] == [0, 0, 500, 1000, 500, 0]
    assert seen[3] == [0, 200, 400, 400, 400, 400]
    net.reset()
    net.simulate(2.0)
    assert outs[1].r.tolist() == [0.0]


def test_contributions_are_added_to_those_of_other_projections():
    net = ann.Network()
    source = net.create(ann.SpikeSourceArray([0.0]))
    other, out = net.create(ann.InputArray(1)), net.create(1, ann.Neuron(**RATE))
    other.r = 7.0
    net.connect(other, out, "exc").one_to_one(1.0)
    net.connect(projection=ann.DecodingProjection(source, out, "exc")).one_to_one(2.0)
    net.compile()
    net.simulate(2.0)
    assert out.r.tolist() == [2007.0]


def test_decoding_projections_are_checked():
    net = ann.Network()
    rate, spiking = net.create(2, ann.Neuron(**RATE)), net.create(2, ann.Neuron(**SPIKING))
    with pytest.raises(NNCError, match="must be spiking"):
        ann.DecodingProjection(rate, rate, "exc")
    with pytest.raises(NNCError, match="must be rate-coded"):
        ann.DecodingProjection(spiking, spiking, "exc")
    with pytest.raises(NNCError, match="window"):
        ann.DecodingProjection(spiking, rate, "exc", window=-1.0)


def test_rates_to_spikes_and_back():
    net = ann.Network(seed=2)
    source = net.create(ann.InputArray(2000))
    source.r = 0.05
    spikes = net.create(ann.Rate2SpikePopulation(source, scaling=1000.0))
    rates = net.create(ann.Spike2RatePopulation(spikes, window=200.0, scaling=1000.0))
    net.compile()
    net.simulate(600.0)
    # 4 * 10^5 draws: five standard deviations
    assert abs(rates.r.mean() - 0.05) < 5.0 * np.sqrt(0.05 / (200 * 2000))
    with pytest.raises(NNCError, match="must be rate-coded"):
        ann.Rate2SpikePopulation(spikes)
    with pytest.raises(NNCError, match="must be spiking"):
        ann.Spike2RatePopulation(source)
    with pytest.raises(NNCError, match="mode"):
        ann.Spike2RatePopulation(spikes, mode="windows")


@pytest.mark.parametrize("target", ["interp", "llvm", "openmp"])
def test_rates_from_intervals(target):
    net = ann.Network(dt=0.5)
    net.config(paradigm=target)
    spikes = net.create(ann.SpikeSourceArray([[10.0, 20.0, 25.0, 50.0], [5.0], []]))
    rates = net.create(ann.Spike2RatePopulation(spikes, mode="isi", smooth=0.001, cut=3.0, scaling=2.0))
    m = net.monitor(rates, "r")
    net.compile()
    net.simulate(120.0)
    got = m.get("r")
    np.testing.assert_allclose(got[:, 0], _isi(np.array([20, 40, 50, 100]), 240, 0.5, 3.0) / 2.0, rtol=1e-12)
    assert not got[:, 1:].any()


def _isi(steps, n, dt, cut):
    """The rate in Hz after each step, from the steps of the spikes, which are heard one step later."""
    rates = np.zeros(n)
    for k in range(n):
        heard = steps[steps < k]
        if len(heard) > 1:
            interval, since = heard[-1] - heard[-2], k - 1 - heard[-1]
            rates[k] = 1000.0 / (dt * max(interval, since)) if since <= cut * interval else 0.0
    return rates


@pytest.mark.parametrize("target", ["interp", "llvm", "openmp"])
def test_rates_over_windows_that_follow_the_intervals(target):
    net = ann.Network(dt=0.5)
    net.config(paradigm=target)
    times = [np.arange(2.0, 400.0, period).tolist() for period in (2.0, 5.0, 20.0)] + [[3.0]]
    spikes = net.create(ann.SpikeSourceArray(times))
    rates = net.create(ann.Spike2RatePopulation(spikes, mode="adaptive", smooth=0.001, cut=4.0, window=50.0))
    m = net.monitor(rates, ["r", "length"])
    net.compile()
    net.simulate(400.0)
    got = m.get()
    assert got["length"][-1].tolist() == [8.0, 20.0, 50.0, 50.0]  # 4 intervals, at most 50 ms
    # In the mean over whole periods the rate is that of the spikes, whatever the window.
    np.testing.assert_allclose(got["r"][-240:, :3].mean(axis=0), [500.0, 200.0, 50.0], rtol=2e-3)
    assert 0.0 < got["r"][-1, 3] < 0.01


# Both styles


def test_the_module_style():
    ann.setup(dt=0.5)
    source = ann.SpikeSourceArray([[1.0], [2.0]], name="source")
    out = ann.Population(2, ann.Neuron(**RATE))
    proj = ann.DecodingProjection(source, out, "exc")
    proj.connect_one_to_one(1.0)
    m = ann.Monitor(out, "r")
    ann.compile()
    ann.simulate(4.0)
    assert m.get("r")[:, 0].tolist() == [0, 0, 0, 2000, 0, 0, 0, 0]
    assert ann.get_population("source") is source


def test_create_moves_an_instance_with_its_values():
    other = ann.InputArray(3)
    instance = ann.InputArray(3, name="mine")
    instance.r = [1.0, 2.0, 3.0]
    first, second = ann.Network(), ann.Network()
    a, b = first.create(instance), second.create(population=instance)
    assert ann.populations() == [other]
    assert (a.name, b.name, a.id) == ("mine", "mine", 0)
    assert first.create(ann.InputArray(1)).name == "pop1"
    b.r = 0.0
    for net in (first, second):
        net.compile()
        net.step()
    assert (a.r.tolist(), b.r.tolist()) == ([1.0, 2.0, 3.0], [0.0, 0.0, 0.0])


def test_create_and_connect_take_an_instance_alone():
    net = ann.Network()
    a = net.create(ann.InputArray(2))
    with pytest.raises(NNCError, match="no other argument"):
        net.create(ann.InputArray(2), ann.Neuron(**RATE))
    with pytest.raises(NNCError, match="instance of a population"):
        net.create(population=3)
    with pytest.raises(NNCError, match="instance of a projection"):
        net.connect(projection=3)
    proj = ann.Projection(a, a, "exc")
    with pytest.raises(NNCError, match="no other argument"):
        net.connect(proj, a)
    with pytest.raises(NNCError, match="another network"):
        ann.Network().connect(proj)
    assert net.connect(proj) is proj


def test_an_instance_with_projections_stays():
    a = ann.InputArray(2)
    ann.Projection(a, a, "exc")
    with pytest.raises(NNCError, match="has projections"):
        ann.Network().create(a)


# Targets


def everything(target, precision, threads=1):
    net = ann.Network(dt=0.5, seed=4)
    net.config(precision=precision, num_threads=threads, paradigm=target)
    array = net.create(ann.TimedArray(rates=np.arange(140.0).reshape(2, 70), schedule=[1.0, 2.5], period=4.0))
    source = net.create(ann.SpikeSourceArray([[float(k % 9)] for k in range(70)]))
    noise = net.create(ann.TimedPoissonPopulation(70, [0.0, 500.0], [0.0, 2.0]))
    shared = net.create(ann.HomogeneousCorrelatedSpikeTrains(70, [500.0, 900.0], 0.5, 5.0, schedule=[0.0, 3.0]))
    driven = net.create(ann.PoissonPopulation(70, target="exc"))
    out = net.create(70, ann.Neuron(**RATE))
    net.connect(ann.CurrentInjection(array, driven, "exc")).connect_current()
    net.connect(ann.DecodingProjection(noise, out, "exc", window=2.0)).all_to_all(weights=0.5)
    net.connect(ann.DecodingProjection(source, out, "exc", window=3.0)).one_to_one()
    ms = [net.monitor(array, "r"), net.monitor(out, "r"), net.monitor(shared, "x")]
    spikes = [net.monitor(p, "spike") for p in (source, noise, shared, driven)]
    net.compile()
    net.simulate(8.0)
    return [m.get(m.variables[0]) for m in ms], [m.get("spike") for m in spikes]


@pytest.mark.parametrize("precision", ["double", "float"])
def test_all_targets_and_teams_agree_to_the_bit(precision):
    values, spikes = everything("llvm", precision)
    assert all(any(each.values()) for each in spikes)
    others = [("llvm", 3), ("interp", 1)]
    if get_target("openmp").available() is None:
        others.append(("openmp", 2))
    for target, threads in others:
        other_values, other_spikes = everything(target, precision, threads)
        assert other_spikes == spikes
        assert all(np.array_equal(a, b) for a, b in zip(values, other_values, strict=True))


def test_clocks_go_on_by_the_steps_that_were_done_when_a_condition_stops_the_run():
    net = ann.Network()
    rates = np.arange(20.0).reshape(20, 1)
    array = net.create(ann.TimedArray(rates=rates))
    source = net.create(ann.SpikeSourceArray([[float(k) for k in range(0, 20, 3)]]))
    net.create(1, ann.Neuron(equations="r = t"), stop_condition="r >= 4.0", name="clock")
    values, spikes = net.monitor(array, "r"), net.monitor(source, "spike")
    net.compile()
    assert net.simulate_until(15.0, net["clock"]) == 5.0
    net.simulate(9.0)
    assert values.get("r").ravel().tolist() == list(range(14))
    assert spikes.get("spike") == {0: [0, 3, 6, 9, 12]}
