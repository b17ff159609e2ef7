"""Spikes given or drawn: sources, Poisson and correlated neurons (specification of the API, 3.3 to 3.6)."""

import numpy as np
import pytest

import nnc as ann
from nnc import NNCError
from nnc.runtime.inputs.correlated import process
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)


def spikes_of(pop, duration, dt=1.0, seed=1, **config):
    net = ann.Network(dt=dt, seed=seed)
    net.config(**config)
    pop = net.create(pop)
    m = net.monitor(pop, "spike")
    net.compile()
    net.simulate(duration)
    return m.get("spike")


def counts_of(spikes):
    return np.array([len(times) for times in spikes.values()])


# SpikeSourceArray


def test_spikes_come_at_the_rounded_times():
    source = ann.SpikeSourceArray([[0.24, 0.26, 1.0, 1.0, 0.5], [], [3.0]])
    assert spikes_of(source, 4.0, dt=0.5) == {0: [0, 1, 2], 1: [], 2: [6]}
    assert spikes_of(ann.SpikeSourceArray([2, 5]), 10.0) == {0: [2, 5]}
    assert spikes_of(ann.SpikeSourceArray(np.array([[1.0, 2.0]] * 2)), 4.0) == {0: [1, 2], 1: [1, 2]}


def test_spike_times_are_read_in_ms_and_replaced():
    net = ann.Network(dt=0.5)
    source = net.create(ann.SpikeSourceArray([[3.1, 1.0, 1.1], [2.0]]))
    assert source.spike_times == [[1.0, 3.0], [2.0]]
    m = net.monitor(source, "spike")
    net.compile()
    net.simulate(2.0)
    source.spike_times = [[0.0, 2.0, 2.5], [1.0]]
    net.simulate(2.0)
    assert m.get("spike") == {0: [2, 4, 5], 1: []}
    with pytest.raises(NNCError, match="2 lists of times, got 1"):
        source.spike_times = [1.0, 2.0]


def test_after_a_reset_times_count_from_the_call():
    net = ann.Network()
    source = net.create(ann.SpikeSourceArray([1.0, 3.0]))
    m = net.monitor(source, "spike")
    net.compile()
    net.simulate(2.0)
    source.reset()
    net.simulate(4.0)
    assert m.get("spike") == {0: [1, 3, 5]}
    net.reset()
    net.simulate(4.0)
    assert m.get("spike") == {0: [1, 3]}


@pytest.mark.parametrize(
    ("given", "text"),
    [(3.0, "list of times"), ([1.0, [2.0]], "mixes"), ([[-1.0]], "at least 0"), (["a"], "numbers of ms")],
)
def test_spike_times_are_checked(given, text):
    with pytest.raises(NNCError, match=text):
        ann.SpikeSourceArray(given)


# Poisson


def test_poisson_spikes_have_the_given_rates():
    # 10^6 draws each: five standard deviations, so that a right program fails for one seed in a million
    rates = np.repeat([20.0, 100.0, 400.0], 500)
    for config in ({"precision": "double"}, {"precision": "float"}):
        counts = counts_of(spikes_of(ann.PoissonPopulation(1500, rates=rates), 1000.0, dt=0.5, **config))
        for group, rate in zip(counts.reshape(3, 500), (20.0, 100.0, 400.0), strict=True):
            p, n = rate * 0.5 / 1000.0, 2000
            assert abs(group.mean() - n * p) < 5.0 * np.sqrt(n * p * (1.0 - p) / 500)
            assert 0.7 < group.var() / (n * p * (1.0 - p)) < 1.3


def test_poisson_neurons_and_steps_are_independent():
    net = ann.Network(seed=3)
    pop = net.create(ann.PoissonPopulation(2, rates=500.0))
    m = net.monitor(pop, "spike")
    net.compile()
    net.simulate(10000.0)
    x = np.zeros((2, 10000))
    for rank, steps in m.get("spike").items():
        x[rank, steps] = 1.0
    assert abs(np.corrcoef(x)[0, 1]) < 0.05
    assert abs(np.corrcoef(x[0, :-1], x[0, 1:])[0, 1]) < 0.05


def test_poisson_rates_are_assigned_at_any_time():
    net = ann.Network(seed=1)
    pop = net.create(ann.PoissonPopulation((2, 2), rates=0.0))
    assert pop.attributes == ["rates", "p", "r"]
    m = net.monitor(pop, "spike")
    net.compile()
    net.simulate(5.0)
    pop.rates = 1000.0
    net.simulate(2.0)
    pop.rates = [[0.0, 1000.0], [0.0, 0.0]]
    net.simulate(2.0)
    assert m.get("spike") == {0: [5, 6], 1: [5, 6, 7, 8], 2: [5, 6], 3: [5, 6]}
    net.reset()
    assert pop.rates.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_poisson_rates_from_an_equation():
    pop = ann.PoissonPopulation(3, rates="amp * (t >= on) * 1.0", parameters=dict(amp=1000.0, on=3.0))
    assert pop.parameters == ["amp", "on"]
    assert spikes_of(pop, 5.0) == {0: [3, 4], 1: [3, 4], 2: [3, 4]}
    text = ann.PoissonPopulation(1, rates="amp", parameters="amp = 1000.0")
    assert spikes_of(text, 2.0) == {0: [0, 1]}


def test_poisson_rates_from_inputs():
    net = ann.Network(seed=1)
    source = net.create(ann.TimedArray(rates=[[0.0], [1.0], [0.0]], schedule=2.0))
    pop = net.create(ann.PoissonPopulation(3, target="exc"))
    net.connect(source, pop, "exc").all_to_all(weights=1000.0)
    m = net.monitor(pop, ["spike", "rates"])
    net.compile()
    net.simulate(7.0)
    data = m.get()
    assert data["rates"][:, 0].tolist() == [0, 0, 0, 1000, 1000, 0, 0]
    assert data["spike"] == {0: [3, 4], 1: [3, 4], 2: [3, 4]}


def test_poisson_neurons_may_be_refractory():
    assert spikes_of(ann.PoissonPopulation(1, rates=1000.0, refractory=2.0), 7.0) == {0: [0, 3, 6]}


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({}, "rates"),
        ({"rates": 1.0, "target": "exc"}, "not both"),
        ({"rates": -1.0}, "at least 0"),
        ({"rates": [[1.0], "a"]}, "numbers in Hz"),
        ({"rates": [1.0, 2.0]}, "3 values"),
        ({"rates": 1.0, "parameters": {"a": 1.0}}, "equation"),
        ({"target": "a b"}, "name"),
        ({"rates": "ampl", "parameters": {"amp": 1.0}}, "ampl"),
    ],
)
def test_poisson_populations_are_checked(keywords, text):
    with pytest.raises(NNCError, match=text):
        ann.PoissonPopulation(3, **keywords)


def test_timed_poisson_rates_follow_the_schedule_and_come_back_at_reset():
    net = ann.Network(seed=1)
    pop = net.create(ann.TimedPoissonPopulation(2, [[0.0, 1000.0], 1000.0, 0.0], [1.0, 2.0, 4.0], period=5.0))
    m = net.monitor(pop, "spike")
    net.compile()
    net.simulate(8.0)
    first = {0: [2, 3, 7], 1: [1, 2, 3, 6, 7]}
    assert m.get("spike") == first
    pop.update([0.0, 1000.0], schedule=[0.0, 1.0], period=-1.0)
    net.simulate(3.0)
    assert m.get("spike") == {0: [9, 10], 1: [9, 10]}
    net.reset()
    net.simulate(8.0)
    assert m.get("spike") == first
    assert pop.rates.tolist() == [[0.0, 1000.0], [1000.0, 1000.0], [0.0, 0.0]]
    assert (pop.schedule, pop.period) == ([1.0, 2.0, 4.0], 5.0)


def test_timed_poisson_populations_are_checked():
    with pytest.raises(NNCError, match="2 rates for 3 times"):
        ann.TimedPoissonPopulation(2, [1.0, 2.0], [0.0, 1.0, 2.0])
    with pytest.raises(NNCError, match="2 values, got 3"):
        ann.TimedPoissonPopulation(2, [[1.0, 2.0, 3.0]], [0.0])
    with pytest.raises(NNCError, match="entry for each time"):
        ann.TimedPoissonPopulation(2, 5.0, [0.0])


# Correlated spikes


@pytest.mark.parametrize(("mean", "corr", "tau"), [(20.0, 0.3, 10.0), (10.0, 0.9, 5.0), (100.0, 0.01, 50.0)])
def test_the_rectified_process_has_the_wanted_mean_and_deviation(mean, corr, tau):
    mu, sigma = process(mean, corr, tau)
    x, dx = np.linspace(mu - 10.0 * sigma, mu + 10.0 * sigma, 400001, retstep=True)
    density = np.exp(-0.5 * ((x - mu) / sigma) ** 2) / (sigma * np.sqrt(2.0 * np.pi)) * dx
    rectified = np.maximum(x, 0.0)
    m = (rectified * density).sum()
    s = np.sqrt((rectified**2 * density).sum() - m**2)
    assert m == pytest.approx(mean, rel=1e-6)
    assert s == pytest.approx(np.sqrt(corr * mean / (2.0 * tau / 1000.0)), rel=1e-6)


def test_without_correlation_the_rate_is_constant():
    assert process(20.0, 0.0, 10.0) == (20.0, 0.0)
    assert process(0.0, 0.5, 10.0) == (0.0, 0.0)


def test_all_neurons_share_the_fluctuating_rate():
    net = ann.Network(dt=0.5, seed=7)
    pop = net.create(ann.HomogeneousCorrelatedSpikeTrains(200, rates=100.0, corr=0.8, tau=10.0))
    assert pop.x == pop.mu
    m = net.monitor(pop, ["x", "spike"])
    net.compile()
    net.simulate(5000.0)
    data = m.get()
    x = data["x"].ravel()
    noise = x[1:] - x[:-1] - 0.5 * (pop.mu - x[:-1]) / 10.0
    # 10^4 normal draws: five standard deviations of their mean and of their variance
    expected = pop.sigma * np.sqrt(0.05)
    assert abs(noise.mean()) < 5.0 * expected / 100.0
    assert abs(noise.std() / expected - 1.0) < 5.0 / np.sqrt(2.0 * 10000)
    counts = np.bincount(np.concatenate(list(data["spike"].values())), minlength=10000)
    p = np.clip(x * 0.5 / 1000.0, 0.0, 1.0)
    assert abs(counts.sum() - 200 * p.sum()) < 5.0 * np.sqrt(200 * p.sum())
    assert np.corrcoef(counts, p)[0, 1] > 0.5


def test_correlated_rates_are_switched_assigned_and_come_back():
    net = ann.Network(seed=1)
    pop = net.create(
        ann.HomogeneousCorrelatedSpikeTrains(3, rates=[10.0, 30.0], corr=0.0, tau=1.0, schedule=[0.0, 4.0], period=6.0)
    )
    assert (pop.mu_list, pop.sigma_list) == ([10.0, 30.0], [0.0, 0.0])
    m = net.monitor(pop, "x")
    net.compile()
    net.simulate(8.0)
    assert m.get("x").ravel().tolist() == [10, 10, 10, 10, 30, 30, 10, 10]
    pop.corr = 0.5
    assert pop.mu < 10.0
    assert pop.corr == 0.5
    net.reset()
    net.simulate(6.0)
    assert m.get("x").ravel().tolist() == [10, 10, 10, 10, 30, 30]
    pop.update(rates=5.0, corr=0.0)
    assert pop.mu == 5.0
    with pytest.raises(NNCError, match="3 rates"):
        pop.rates = [1.0, 2.0, 3.0]


def test_a_new_time_constant_changes_the_process():
    pop = ann.HomogeneousCorrelatedSpikeTrains(3, rates=20.0, corr=0.3, tau=10.0)
    before = pop.sigma
    pop.tau = 20.0
    assert pop.sigma < before
    assert (pop.mu, pop.sigma) == process(20.0, 0.3, 20.0)


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({"rates": [1.0, 2.0]}, "need a schedule"),
        ({"rates": [1.0, 2.0], "schedule": [0.0]}, "2 rates"),
        ({"rates": [1.0, 2.0], "schedule": [1.0, 2.0]}, "starts at 0"),
        ({"corr": -0.1}, "corr takes numbers"),
        ({"tau": 0.0}, "tau is a positive"),
    ],
)
def test_correlated_populations_are_checked(keywords, text):
    with pytest.raises(NNCError, match=text):
        ann.HomogeneousCorrelatedSpikeTrains(3, **{"rates": 10.0, "corr": 0.3, "tau": 10.0, **keywords})


def test_rates_that_are_drawn_depend_on_the_seed_of_the_network():
    def drawn(seed):
        return ann.Network(seed=seed).create(ann.PoissonPopulation(5, rates=ann.Uniform(0.0, 10.0))).rates.tolist()

    assert drawn(1) == drawn(1) != drawn(2)


def test_a_synapse_cannot_read_what_drives_a_source() -> None:
    net = ann.Network()
    source = net.create(ann.SpikeSourceArray([1.0, 2.0]))
    post = net.create(1, ann.IF_curr_exp)
    synapse = ann.Synapse(parameters="x = 1.0", pre_spike="g_target += w * ite(pre.due, x, 0.0)")
    net.connect(source, post, "exc", synapse).one_to_one(weights=1.0)
    with pytest.raises(ann.ANNarchyException, match="N0614"):
        net.compile(silent=True)
