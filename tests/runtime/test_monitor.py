"""What monitors keep and hand over."""

import numpy as np
import pytest

import nnc as ann
from nnc import NNCError

CELL = dict(parameters="k = 2.0 : population", equations="u = 0.0 : population\nr = k * t + sum(exc)")


@pytest.fixture
def net(compiler):
    def step(block, k):
        if "pop0.r" in block.fields and "pop0.u" in block.fields:
            block.fields["pop0.r"][:] = k + np.arange(6) * 100
            block.fields["pop0.sum_exc"][:] = -k
            block.fields["pop0.u"][:] = 10 * k

    compiler.step = step
    return ann.Network(dt=0.5)


@pytest.fixture
def pop(net):
    return net.create((2, 3), ann.Neuron(**CELL))


def test_rows_of_every_step_in_the_geometry(net, pop):
    m = net.monitor(pop, "r")
    net.compile()
    net.simulate(2.0)
    data = m.get("r")
    assert data.shape == (4, 2, 3)
    assert data[:, 1, 2].tolist() == [500, 501, 502, 503]


def test_get_empties_unless_told_to_keep(net, pop):
    m = net.monitor(pop, "r")
    net.compile()
    net.simulate(1.0)
    assert m.get("r", keep=True).shape == (2, 2, 3)
    assert m.get("r").shape == (2, 2, 3)
    assert m.get("r").shape == (0, 2, 3)
    net.simulate(0.5)
    assert m.get("r", reshape=False).shape == (1, 6)
    assert m.times() == {"r": {"start": [2], "stop": [3]}}


def test_several_variables_give_a_dict_and_one_its_data(net, pop):
    m = net.monitor(pop, ["r", "u", "sum(exc)"])
    net.compile()
    net.simulate(1.0)
    data = m.get(keep=True)
    assert list(data) == ["r", "u", "sum(exc)"]
    assert data["u"].tolist() == [0, 10]
    assert data["sum(exc)"][:, 0, 0].tolist() == [0, -1]
    assert m.get(["r"], keep=True).shape == (2, 2, 3)
    assert list(m.get(["r"], keep=True, force_dict=True)) == ["r"]
    assert m["u"].tolist() == [0, 10]


def test_module_level_monitors_do_not_reshape_unless_told(compiler):
    pop = ann.Population((2, 3), ann.Neuron(**CELL))
    m = ann.Monitor(pop, "r")
    ann.compile()
    ann.simulate(2.0)
    assert m.get("r", keep=True).shape == (2, 6)
    assert m.get("r", reshape=True).shape == (2, 2, 3)


def test_views_record_their_neurons(net, pop):
    m = net.monitor(pop[:, 1], "r")
    net.compile()
    net.simulate(1.0)
    assert m.get("r").tolist() == [[100, 400], [101, 401]]


def test_period_and_offset(net, pop):
    m = net.monitor(pop, "u", period=1.5, period_offset=0.5)
    net.compile()
    net.simulate(5.0)
    assert m.get("u").tolist() == [10, 40, 70]
    assert (m.period, m.period_offset) == (1.5, 0.5)


def test_pause_resume_and_a_late_start(net, pop):
    m = net.monitor(pop, "u", start=False)
    net.compile()
    net.simulate(1.0)
    m.start()
    net.simulate(1.0)
    m.pause()
    net.simulate(1.0)
    m.resume()
    net.simulate(0.5)
    assert m.get("u").tolist() == [20, 30, 60]
    assert m.times()["u"] == {"start": [2, 6], "stop": [4, 7]}


def test_monitors_made_after_compile_start_at_once(net, pop):
    net.compile()
    net.simulate(1.0)
    m = net.monitor(pop, "u")
    net.simulate(0.5)
    assert m.get("u").tolist() == [20]


def test_rows_have_times_whatever_was_paused_or_retimed(net, pop):
    m = net.monitor(pop, ["r", "u"], period=1.0, period_offset=0.5)
    net.compile()
    net.simulate(2.0)
    m.pause()
    net.simulate(3.0)
    m.start(period=2.0)
    net.simulate(3.0)
    assert m.get("r", keep=True, reshape=False)[:, 0].tolist() == [1, 3, 10, 14]
    assert m.row_times("r").tolist() == [0.5, 1.5, 5.0, 7.0]
    assert m.row_times("u").tolist() == []
    m.get("r")
    m.get("r")
    assert m.row_times("r").tolist() == []
    with pytest.raises(NNCError, match="no rows of 'spike'"):
        m.row_times("spike")


def test_reset_drops_data_and_starts_at_zero(net, pop):
    m = net.monitor(pop, "u")
    net.compile()
    net.simulate(2.0)
    net.reset()
    net.simulate(0.5)
    assert m.get("u").tolist() == [0]
    assert m.times()["u"] == {"start": [0], "stop": [1]}


def test_spikes_by_rank_in_steps(net, compiler):
    pop = net.create(4, ann.Izhikevich)
    m, part = net.monitor(pop, ["spike", "v"]), net.monitor(pop[2:], "spike")
    fired = {0: [0, 3], 1: [], 2: [3]}
    compiler.step = lambda block, k: compiler.fire(block, "pop0", k, fired.get(k, []))
    net.compile()
    net.simulate(2.0)
    assert m.get("v").shape == (4, 4)
    assert part.get("spike") == {2: [], 3: [0, 2]}
    spikes = m.get("spike")
    assert spikes == {0: [0], 1: [], 2: [], 3: [0, 2]}
    assert all(type(s) is int for s in spikes[3])
    assert m.mean_fr(spikes) == pytest.approx(3 / 4 / 0.002)
    assert m.raster_plot(spikes)[0].tolist() == [0.0, 0.0, 1.0]
    assert m.histogram(spikes).tolist() == [2, 0, 1]
    assert m.population_rate(spikes).shape == (5,)
    assert m.get("spike") == {0: [], 1: [], 2: [], 3: []}


def test_synaptic_variables(net, pop):
    post = net.create(2, ann.Neuron(equations="r = sum(exc)"))
    proj = net.connect(pop, post, "exc", ann.Hebb).from_matrix([[1.0, None] * 3, [2.0] * 6])
    ragged, one = net.monitor(proj, "w", period=1.0), net.monitor(proj, "w", period=1.0)
    net.compile()
    d = net.monitor(proj.dendrite(1), "w")
    net.simulate(1.0)
    rows = ragged.get("w")
    assert rows.shape == (1, 2)
    assert rows[0, 0] == [1.0, 1.0, 1.0]
    assert rows[0, 1] == [2.0] * 6
    assert d.get("w").tolist() == [[2.0] * 6] * 2
    assert one.get("w").shape == (1, 2)


def test_what_cannot_be_recorded_is_refused(net, pop):
    for variable, text in (("k", "parameter"), ("spike", "no variable"), ("rr", "did you mean 'r'")):
        with pytest.raises(NNCError, match=text):
            net.monitor(pop, variable)
    with pytest.raises(NNCError, match="below the period"):
        net.monitor(pop, "r", period=1.0, period_offset=1.0)
    with pytest.raises(TypeError):
        net.monitor("pop0", "r")
    m = net.monitor(pop, "r")
    with pytest.raises(KeyError, match="not recorded"):
        m.get("u")
    with pytest.raises(NNCError, match="'spike' is not recorded"):
        m.mean_fr()
