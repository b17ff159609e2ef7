"""Recorded data as objects of xarray, pandas and Neo."""

import sys

import numpy as np
import pytest

import nnc as ann
from nnc import NNCError
from nnc.runtime.extras import NNCImportError

CLOCK = dict(
    parameters="every = 4.0", equations="x = x + 1\nmean_x = mean(x) : population", spike="x >= every", reset="x = 0"
)


@pytest.fixture
def net():
    return ann.Network(dt=0.5, seed=1)


@pytest.fixture
def monitor(net):
    pop = net.create((2, 3), ann.Neuron(**CLOCK, units={"x": "mV"}), name="clocks")
    pop.every = np.arange(2.0, 8.0).reshape(2, 3)
    made = net.monitor(pop, ["spike", "x", "mean_x"], period=1.0)
    net.compile()
    net.simulate(20.0)
    return made


def test_a_dataset_has_the_geometry_times_and_spikes(monitor):
    data = monitor.to_xarray()
    x = monitor.get("x", keep=True)
    assert data["x"].dims == ("time", "dim_0", "dim_1")
    assert data["x"].values.tolist() == x.tolist()
    assert data["time"].values.tolist() == list(np.arange(20.0))
    assert data["rank"].values.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert data["mean_x"].dims == ("time",)
    assert data["x"].attrs["units"] == "mV"
    times, ranks = monitor.raster_plot(monitor.get("spike"))
    assert data["spike_time"].values.tolist() == times.tolist()
    assert data["spike_neuron"].values.tolist() == ranks.tolist()


def test_a_dataset_of_a_view_bears_its_ranks(net, monitor):
    view = net.monitor(monitor.object[1, :], "x")
    net.simulate(2.0)
    data = view.to_xarray()
    assert data["x"].dims == ("time", "neuron")
    assert data["neuron"].values.tolist() == [3, 4, 5]
    assert data["x"].sel(neuron=4).values.tolist() == view.get("x")[:, 1].tolist()


def test_a_dataset_of_a_dendrite_and_of_a_projection(net):
    pop = net.create(3, ann.Neuron(equations="r = t"))
    proj = net.connect(pop, pop, "exc", ann.Synapse(equations="w = w + pre.r"))
    proj.fixed_number_pre(2, weights=1.0)
    net.compile()
    one, all_ = net.monitor(proj.dendrite(1), "w"), net.monitor(proj, "w", period=1.0)
    net.simulate(2.0)
    assert one.to_xarray()["w"].shape == (4, 2)
    assert all_.to_xarray()["w"].shape == (2, 6)
    assert all_.to_xarray()["w"].dims == ("time", "synapse")


def test_a_table_has_a_row_per_time_and_neuron(monitor):
    table = monitor.to_dataframe(["x"])
    x = monitor.get("x", keep=True, reshape=False)
    assert table.index.names == ["time", "neuron"]
    assert table.loc[(7.0, 4), "x"] == x[7, 4]
    assert len(table) == x.size


def test_spikes_have_a_table_of_their_own(monitor):
    table = monitor.to_dataframe("spike")
    times, _ = monitor.raster_plot(monitor.get("spike"))
    assert table["time"].tolist() == sorted(times)
    assert table.columns.tolist() == ["time", "neuron"]
    with pytest.raises(NNCError, match="a table of their own"):
        monitor.to_dataframe(["x", "spike"])
    with pytest.raises(NNCError, match="'y' is not recorded"):
        monitor.to_dataframe("y")


def test_a_block_has_signals_and_spike_trains(net, monitor):
    (segment,) = monitor.to_neo().segments
    x, _ = segment.analogsignals
    assert x.units.dimensionality.string == "mV"
    assert x.times.rescale("ms").magnitude == pytest.approx(np.arange(20.0))
    assert x.magnitude.tolist() == monitor.get("x", keep=True, reshape=False).tolist()
    spikes = monitor.get("spike", keep=True)
    assert len(segment.spiketrains) == 6
    for rank, train in enumerate(segment.spiketrains):
        assert train.rescale("ms").magnitude == pytest.approx(np.array(spikes[rank]) * 0.5)
        assert (float(train.t_start), float(train.t_stop)) == (0.0, 20.0)
    monitor.pause()
    net.simulate(5.0)
    monitor.resume()
    net.simulate(5.0)
    (segment,) = monitor.to_neo().segments
    assert len(segment.irregularlysampledsignals) == 2
    assert segment.irregularlysampledsignals[0].times.magnitude[20] == 25.0


def test_the_data_stay_in_the_monitor(monitor):
    monitor.to_xarray(), monitor.to_dataframe(["x"]), monitor.to_neo()
    assert len(monitor.get("x")) == 20


@pytest.mark.parametrize(("package", "call"), [("xarray", "to_xarray"), ("pandas", "to_dataframe"), ("neo", "to_neo")])
def test_a_missing_package_is_named(monitor, monkeypatch, package, call):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(NNCImportError, match=rf"nnc-compiler\[{package}\]"):
        getattr(monitor, call)()
