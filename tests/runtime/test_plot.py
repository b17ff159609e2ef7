"""Pictures: what is in the axes."""

import sys

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")
from matplotlib import pyplot as plt

import nnc as ann
from nnc import NNCError
from nnc.runtime.extras import NNCImportError

CLOCK = dict(parameters="every = 4.0", equations="x = x + 1", spike="x >= every", reset="x = 0")


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


@pytest.fixture
def net():
    return ann.Network(dt=0.5, seed=1)


@pytest.fixture
def clocks(net):
    pop = net.create(3, ann.Neuron(**CLOCK), name="clocks")
    pop.every = [2.0, 4.0, 8.0]
    monitor = net.monitor(pop, ["spike", "x"])
    net.compile()
    net.simulate(16.0)
    return monitor


def test_a_raster_has_a_dot_for_each_spike_and_leaves_the_data(clocks):
    ax = ann.plot.raster(clocks)
    times, ranks = clocks.raster_plot(clocks.get("spike"))
    (dots,) = ax.lines
    assert dots.get_xdata().tolist() == times.tolist()
    assert dots.get_ydata().tolist() == ranks.tolist()
    assert len(times) == 16 + 8 + 4


def test_spikes_may_be_given_as_get_gave_them(net, clocks):
    spikes = clocks.get("spike")
    _, given = plt.subplots()
    ax = ann.plot.raster(spikes, given, dt=net.dt, color="red")
    assert ax is given
    assert ax.lines[0].get_color() == "red"
    assert ax.lines[0].get_xdata().max() == max(spikes[0]) * 0.5


def test_the_rate_is_in_hertz(clocks):
    ax = ann.plot.rate(clocks, bins=4.0)
    (steps,) = ax.patches
    hertz, edges, _ = steps.get_data()
    assert edges.tolist() == [0.0, 4.0, 8.0, 12.0, 16.0]
    assert hertz == pytest.approx([7 / 3 / 0.004] * 4)


def test_a_raster_with_its_rate_below(clocks):
    ax = ann.plot.raster(clocks, rate=4.0)
    below = ax.figure.axes[-1]
    assert below is not ax
    assert below.get_ylabel() == "rate (Hz)"
    assert below.get_xlim() == ax.get_xlim()


def test_traces_are_values_at_their_times_and_broken_where_recording_paused(net, clocks):
    clocks.pause()
    net.simulate(4.0)
    clocks.resume()
    net.simulate(2.0)
    ax = ann.plot.traces(clocks, "x", neurons=[0, 2], mean=True)
    slow = ax.lines[1]
    x, y = slow.get_xdata(), slow.get_ydata()
    gap = int(np.flatnonzero(np.isnan(x))[0])
    assert gap == 32
    assert np.isnan(y[gap])
    assert [line.get_label() for line in ax.lines] == ["0", "2", "mean"]
    whole = clocks.get("x")
    assert np.delete(y, gap).tolist() == whole[:, 2].tolist()
    assert x[gap + 1] == 20.0


def test_connectivity_and_receptive_fields_show_the_weights(net):
    eye, layer = net.create((2, 3), ann.Neuron(equations="r = 1")), net.create((2, 2), ann.Neuron(equations="r = 1"))
    weights = np.arange(24.0).reshape(4, 6)
    proj = net.connect(eye, layer, "exc").from_matrix(weights)
    net.compile()
    image = ann.plot.connectivity(proj).images[0].get_array()
    assert image.tolist() == weights.tolist()
    fields = ann.plot.receptive_fields(proj).images[0].get_array()
    assert fields.tolist() == proj.receptive_fields().tolist()


def test_a_network_has_its_populations_and_targets(net):
    one, two = net.create(10, ann.Neuron(equations="r = 1"), name="one"), net.create(10, ann.Neuron(equations="r = 1"))
    for target in ("exc", "inh", "dopa"):
        net.connect(one, two, target).all_to_all(1.0)
    net.connect(two, two, "exc").all_to_all(1.0)
    ax = ann.plot.network(net)
    assert any("one\n10" in text.get_text() for text in ax.texts)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["exc", "inh", "dopa"]
    assert len(ax.patches) == 4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: ann.plot.raster([1, 2]), "spikes are a monitor"),
        (lambda m: ann.plot.raster(ann.plot), "spikes are a monitor"),
        (lambda m: ann.plot.traces(m, "y"), "'y' is not recorded"),
        (lambda m: ann.plot.traces(m, "x", neurons=3), "no neuron 3"),
        (lambda m: ann.plot.traces("x"), "a monitor is drawn"),
        (lambda m: ann.plot.rate(m, bins=0.1), "shorter than a step"),
        (lambda m: ann.plot.connectivity(m), "a projection is drawn"),
        (lambda m: ann.plot.receptive_fields(m), "a projection is drawn"),
        (lambda m: ann.plot.network(m), "a network is drawn"),
    ],
)
def test_what_cannot_be_drawn_is_said(clocks, call, message):
    with pytest.raises(NNCError, match=message):
        call(clocks)
    assert not plt.get_fignums()


def test_without_matplotlib_the_extra_is_named(clocks, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(NNCImportError, match=r"nnc-compiler\[plot\]"):
        ann.plot.raster(clocks)
