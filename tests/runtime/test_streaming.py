"""Recording into files while a network runs."""

import sys

import h5py
import numpy as np
import pytest
import zarr

import nnc as ann
from nnc import NNCError
from nnc.runtime.extras import NNCImportError
from nnc.runtime.recording import streamed
from nnc.runtime.running import stretches as running

CLOCK = dict(parameters="every = 4.0", equations="x = x + 1", spike="x >= every", reset="x = 0")
SUFFIXES = (".zarr", ".h5", ".hdf5")


def opened(path):
    return zarr.open_group(path, mode="r") if path.suffix == ".zarr" else h5py.File(path, "r")


def clocks(net, **monitor):
    pop = net.create((2, 3), ann.Neuron(**CLOCK), name="clocks")
    pop.every = np.arange(2.0, 8.0).reshape(2, 3)
    return net.monitor(pop, ["spike", "x"], **monitor)


@pytest.fixture(params=SUFFIXES)
def path(request, tmp_path):
    return tmp_path / f"data{request.param}"


@pytest.fixture
def small_buffer(monkeypatch):
    monkeypatch.setattr(streamed, "BUFFER", 400)


def two(path, **options):
    """The same network recorded into memory and into a file."""
    nets = ann.Network(dt=0.5, seed=1), ann.Network(dt=0.5, seed=1)
    return nets, (clocks(nets[0], **options), clocks(nets[1], to=path, **options))


@pytest.mark.usefixtures("small_buffer")
def test_get_and_analysis_give_what_memory_gives(path):
    nets, (kept, streaming) = two(path)
    for net in nets:
        net.compile()
        net.simulate(40.0)
    for keep in (True, False):
        one, other = kept.get(keep=keep), streaming.get(keep=keep)
        assert one["spike"] == other["spike"]
        assert one["x"].tolist() == other["x"].tolist()
        assert one["x"].dtype == other["x"].dtype
    for net in nets:
        net.simulate(10.0)
    assert streaming.get("x").shape == (20, 2, 3)
    assert kept.row_times("x").tolist() == [] or streaming.row_times("x").tolist()[0] == 40.0
    assert kept.mean_fr() == streaming.mean_fr()
    assert streaming.times("x") == {"x": {"start": [80], "stop": [100]}}
    assert streaming.get("x").shape == (0, 2, 3)


def test_the_file_holds_all_rows_after_a_run_whatever_was_fetched(path):
    _, (_, monitor) = two(path)
    net = monitor.network
    net.compile()
    net.simulate(5.0)
    assert len(monitor.get("x")) == 10
    net.simulate(5.0)
    file = opened(path)
    group = file["Monitor_clocks"]
    assert group["x/values"].shape == (20, 6)
    assert group["x/steps"][:].tolist() == list(range(20))
    assert group["spike/steps"].shape == group["spike/ranks"].shape == (monitor.spike_count,)
    assert float(file.attrs["dt"]) == 0.5
    assert list(group.attrs["geometry"]) == [2, 3]
    assert group["ranks"][:].tolist() == list(range(6))


def test_large_populations_are_streamed(path):
    net = ann.Network()
    pop = net.create(100_000, ann.Neuron(equations="r = t"))
    monitor = net.monitor(pop, "r", to=path)
    net.compile()
    net.simulate(3.0)
    assert monitor.get("r").shape == (3, 100_000)


def test_several_monitors_of_a_network_share_a_file(path):
    net = ann.Network()
    clocks(net, to=path)
    net.monitor(net.get_populations()[0][0, :], "x", name="row", period=2.0, to=str(path))
    net.compile()
    net.simulate(10.0)
    assert opened(path)["row/x/values"].shape == (5, 3)
    with pytest.raises(NNCError, match="has a monitor 'row' already"):
        net.monitor(net.get_populations()[0], "x", name="row", to=path)


def test_pauses_periods_and_resets_are_as_in_memory(path):
    nets, monitors = two(path, period=1.0)
    for net, monitor in zip(nets, monitors, strict=True):
        net.compile()
        net.simulate(6.0)
        monitor.pause()
        net.simulate(3.0)
        monitor.start(period=2.0)
        net.simulate(6.0)
    assert monitors[0].get("x", keep=True).tolist() == monitors[1].get("x", keep=True).tolist()
    assert monitors[0].row_times("x").tolist() == monitors[1].row_times("x").tolist()
    for net in nets:
        net.reset()
        net.simulate(4.0)
    assert monitors[0].get("x").tolist() == monitors[1].get("x").tolist()
    assert opened(path)["Monitor_clocks/x/values"].shape == (2, 6)


def test_synapses_are_streamed(path):
    net = ann.Network()
    pop = net.create(3, ann.Neuron(equations="r = t"))
    proj = net.connect(pop, pop, "exc", ann.Synapse(equations="w = w + pre.r"))
    proj.fixed_number_pre(2, weights=1.0)
    monitor = net.monitor(proj, "w", to=path)
    net.compile()
    net.simulate(4.0)
    assert monitor.get("w").shape == (4, 3, 2)
    assert opened(path)[f"{monitor.name}/w/values"].shape == (4, 6)


def test_streams_of_synapses_that_would_change_are_refused(path):
    net = ann.Network()
    net.config(structural_plasticity=True)
    pop = net.create(3, ann.Neuron(equations="r = t"))
    proj = net.connect(pop, pop, "exc", ann.Synapse(equations="w = w + pre.r"))
    proj.fixed_number_pre(1, weights=1.0)
    net.monitor(proj, "w", period=1.0, to=path)
    net.compile()
    net.simulate(2.0)
    before = proj.nb_synapses
    with pytest.raises(NNCError, match=r"streams 'w' of these synapses"):
        proj.dendrite(0).create_synapse(int(({0, 1, 2} - set(proj.dendrite(0).pre_ranks)).pop()), 1.0)
    assert proj.nb_synapses == before


def test_a_file_that_is_there_is_not_replaced_unless_told(path):
    path.mkdir() if path.suffix == ".zarr" else path.write_bytes(b"mine")
    net = ann.Network()
    with pytest.raises(NNCError, match="is there already"):
        clocks(net, to=path)
    assert net.get_monitors() == []
    assert path.is_dir() or path.read_bytes() == b"mine"
    monitor = net.monitor(net.get_populations()[0], "x", to=path, overwrite=True)
    net.compile()
    net.simulate(1.0)
    assert len(monitor.get("x")) == 1


@pytest.mark.parametrize(
    ("to", "message"),
    [("data.csv", "end in .zarr, .h5, .hdf5, not 'data.csv'"), ("no/such/data.h5", "there is no folder")],
)
def test_places_that_cannot_be_written_are_refused(tmp_path, to, message):
    net = ann.Network()
    with pytest.raises(NNCError, match=message):
        clocks(net, to=tmp_path / to)
    assert net.get_monitors() == []
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_named(path, monkeypatch):
    package = "zarr" if path.suffix == ".zarr" else "h5py"
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(NNCImportError, match=package):
        clocks(ann.Network(), to=path)


def test_a_file_that_went_away_is_said(tmp_path):
    path = tmp_path / "data.h5"
    net = ann.Network()
    clocks(net, to=path)
    net.compile()
    path.unlink()
    with pytest.raises(NNCError, match=r"recording into .* failed"):
        net.simulate(2.0)
    assert net.current_step == 2


def test_two_networks_do_not_share_a_file_and_copies_are_refused(path):
    net = ann.Network()
    clocks(net, to=path)
    with pytest.raises(NNCError, match="is there already"):
        clocks(ann.Network(), to=path)
    net.compile()
    with pytest.raises(NNCError, match="streams into"):
        net.copy()


def test_a_checkpoint_goes_on_with_the_file_of_the_loading_network(path, tmp_path):
    def build(name):
        net = ann.Network(dt=0.5, seed=1)
        return net, clocks(net, to=tmp_path / f"{name}{path.suffix}")

    (whole, everything), (first, early), (second, late) = build("whole"), build("first"), build("second")
    for net in (whole, first, second):
        net.compile()
    whole.simulate(20.0)
    first.simulate(8.0)
    first.save(str(tmp_path / "state.npz"))
    second.load(str(tmp_path / "state.npz"))
    second.simulate(12.0)
    parts = np.concatenate([early.get("x"), late.get("x")])
    assert parts.tolist() == everything.get("x").tolist()


def test_stretches_are_short_where_rows_are_long(monkeypatch, tmp_path):
    monkeypatch.setattr(running, "ROOM", 2000)
    net = ann.Network()
    monitor = clocks(net, to=tmp_path / "data.h5")
    net.compile()
    held = []
    drain = monitor.drain
    monkeypatch.setattr(monitor, "drain", lambda a, b: (held.append(b - a), drain(a, b)))
    net.simulate(1000.0)
    assert sum(held) == 1000
    assert max(held) <= 2000 // (6 * 8)


def test_what_was_recorded_is_in_the_file_after_each_step_and_after_an_error(path):
    net = ann.Network()
    monitor = clocks(net, to=path)
    net.compile()
    net.step()
    net.step()
    assert opened(path)["Monitor_clocks/x/values"].shape == (2, 6)

    def interrupted(*_):
        raise KeyboardInterrupt

    compiled = net._current()
    compiled.stretch = 3
    with pytest.raises(KeyboardInterrupt):
        running.advance(compiled, [monitor], 10, progress=interrupted)
    assert opened(path)["Monitor_clocks/x/values"].shape == (5, 6)


def test_dendrites_single_neurons_and_shared_values_are_streamed(path):
    rows = []
    for place in (None, path):
        net = ann.Network(seed=1)
        net.config(dtype=ann.float32)
        pop = net.create(4, ann.Neuron(equations="g = t : population\nr = t + g"))
        rule = ann.Synapse(equations="x = x + post.r : postsynaptic\nw = w + post.r")
        proj = net.connect(pop, pop, "exc", rule).fixed_number_pre(2, weights=1.0)
        net.compile()
        objects = {
            "all": (pop, ["r", "g", "sum(exc)"]),
            "one": (pop[2], "r"),
            "dendrite": (proj.dendrite(1), ["w", "x"]),
        }
        monitors = [net.monitor(obj, names, name=name, to=place) for name, (obj, names) in objects.items()]
        net.simulate(5.0)
        rows.append([monitor.get(force_dict=True) for monitor in monitors])
    for kept, streamed_ in zip(*rows, strict=True):
        for name, values in kept.items():
            np.testing.assert_array_equal(values, streamed_[name])
            assert values.dtype == streamed_[name].dtype
