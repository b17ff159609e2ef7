"""Settings, warnings, summaries and tables."""

import os
import sys
import warnings

import h5py
import numpy as np
import pytest

import nnc as ann
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY
from nnc.runtime.recording.recordings import check_memory

FIRE = dict(equations="v = v + 1", spike="v >= 2", reset="v = 0")


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)


@pytest.mark.parametrize(
    "keys",
    [
        dict(dt=0.0),
        dict(dt=-1),
        dict(dt="1"),
        dict(num_threads=0),
        dict(num_threads=1.5),
        dict(paradigm="gpu"),
        dict(method="eulr"),
        dict(precision="half"),
        dict(sparse_matrix_format="cs"),
        dict(sparse_matrix_storage_order="pre"),
        dict(seed=-1),
        dict(trace_calls="all"),
        dict(visible_cores="0,1"),
        dict(visible_cores=[10**6]),
        dict(visible_cores=[0], num_threads=2),
    ],
)
def test_impossible_values_are_refused_before_anything_is_stored(keys):
    for change in (ann.setup, ann.Network().config):
        with pytest.raises(ann.ANNarchyException):
            change(verbose=True, **keys)
    assert ann.get_global_config("verbose") is False
    assert REGISTRY.template["verbose"] is False


def test_every_key_is_known_in_both_places_and_others_warn():
    net = ann.Network()
    keys = dict(use_cpp_connectors=True, disable_split_matrix=False, disable_SIMD_SpMV=False, disable_SIMD_Eq=True)
    ann.setup(**keys)
    assert keys.items() <= net.config(**keys).items()
    with pytest.warns(ann.NNCWarning, match="did you mean 'num_threads'") as seen:
        ann.setup(num_thread=4)
    assert len(seen) == 1
    with pytest.raises(ann.ANNarchyException, match="did you mean"):
        ann.get_global_config("num_thread")


def test_setup_is_the_template_of_networks_made_later():
    before = ann.Network()
    ann.setup(dt=0.5, method="midpoint", dtype=ann.float32)
    after = ann.Network()
    assert (before.dt, after.dt, after.config()["method"]) == (1.0, 0.5, "midpoint")
    assert (ann.dt(), ann.get_global_config("precision")) == (0.5, "float")
    assert ann.get_global_config("dtype") is ann.float32
    assert ann.Network(dt=0.1).dt == 0.1


def test_a_seed_is_also_that_of_numpys_old_generator():
    ann.setup(seed=12)
    a = np.random.rand()
    np.random.seed(12)
    assert np.random.rand() == a


def test_the_step_is_fixed_by_compile_and_should_be_before_the_populations():
    ann.Population(1, ann.Neuron(equations="r = t"))
    with pytest.warns(ann.NNCWarning, match="although there are populations"):
        ann.setup(dt=0.5)
    ann.compile()
    for keys in (dict(dt=0.1), dict(precision="float"), dict(seed=3)):
        with pytest.raises(ann.ANNarchyException, match="fixed by compile"):
            ann.setup(**keys)
    assert (ann.dt(), REGISTRY.template["dt"]) == (0.5, 0.5)


def test_warnings_say_so_and_can_be_silenced(recwarn):
    with pytest.warns(ann.NNCWarning, match="^WARNING: "):
        ann.get_population("nobody")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ann.setup(suppress_warnings=True)
        assert ann.get_population("nobody") is None
        assert ann.get_projection("nobody") is None


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system cannot pin threads")
def test_threads_are_pinned_while_a_network_runs_only():
    net = ann.Network()
    net.config(visible_cores=[0])
    net.create(1, ann.Neuron(equations="r = t"))
    net.compile()
    before = os.sched_getaffinity(0)
    seen = []
    run = net._compiled.program.run
    net._compiled.program.run = lambda *a: (seen.append(os.sched_getaffinity(0)), run(*a))[1]
    net.simulate(2.0)
    assert seen == [{0}]
    assert os.sched_getaffinity(0) == before


def test_look_ups():
    p = ann.Population(2, ann.Neuron(equations="r = t"), name="p")
    q = ann.Projection(p, p, "exc", name="q").all_to_all(1.0)
    m = ann.Monitor(p, "r")
    assert (ann.populations(), ann.projections(), ann.monitors(), ann.monitors(obj=q)) == ([p], [q], [m], [])
    assert (ann.projections(pre=p, target="exc"), ann.projections(target="inh", suppress_error=True)) == ([q], [])
    assert (ann.get_population("p"), ann.get_projection("q")) == (p, q)
    with pytest.raises(ann.ANNarchyException, match="no such projection"):
        ann.projections(target="inh")


# Summaries


def test_the_summary_of_a_network_counts_what_monitors_recorded_even_if_it_was_taken():
    net = ann.Network(dt=0.5)
    p = net.create(10, ann.Neuron(**FIRE))
    net.connect(p, p, "exc").all_to_all(1.0)
    assert "no" in net.summary().splitlines()[-1]
    m, v = net.monitor(p, "spike"), net.monitor(p[2:4], "spike")
    net.compile()
    net.simulate(10.0)
    m.get()
    net.reset()
    net.simulate(10.0)
    lines = dict(line.strip().split(":", 1) for line in net.summary().splitlines()[1:])
    lines = {name: text.strip() for name, text in lines.items()}
    assert lines["neurons"] == "10 in 1 population"
    assert lines["synapses"] == "90 in 1 projection"
    assert lines["target"] == "llvm, double precision, 1 thread"
    assert lines["compiled in"].endswith(" s")
    assert lines["simulated"].startswith("0.02 s in ")
    assert lines["spikes"] == "240 recorded, 1000 Hz on average"
    assert (m.spike_count, v.spike_count) == (200, 40)


def test_a_verbose_network_tells_what_was_compiled(capsys):
    for verbose, words in ((False, 0), (True, 1)):
        net = ann.Network()
        net.config(verbose=verbose)
        net.create(2, ann.Neuron(equations="r = t"))
        net.compile()
        assert capsys.readouterr().out.count("2 in 1 population") == words


def test_objects_show_themselves_as_tables():
    net = ann.Network()
    p = net.create(3, ann.Neuron(parameters=dict(a=1.0), equations="r = a"), name="<p>")
    q = net.connect(p, p, "exc").one_to_one(1.0)
    m = net.monitor(p, "r")
    net.compile()
    net.simulate(3.0)
    for obj, words in (
        (p, ("a", "parameter", "&lt;p&gt;")),
        (q, ("3 synapses", "w")),
        (m, ("r", "3")),
        (net, ("neurons",)),
    ):
        shown = obj._repr_html_()
        assert shown.startswith("<table>")
        assert all(word in shown for word in words)
        assert "<p>" not in shown


# Files and memory


@pytest.fixture
def recorded():
    net = ann.Network()
    p = net.create(2, ann.Neuron(**FIRE))
    m = net.monitor(p, ["v", "spike"])
    net.compile()
    net.simulate(4.0)
    return m


def test_one_variable_goes_to_an_npy_file(recorded, tmp_path):
    recorded.save(str(tmp_path / "v.npy"), "v", keep=True)
    assert np.load(tmp_path / "v.npy").tolist() == recorded.get("v", keep=True).tolist()
    recorded.save(str(tmp_path / "s.npy"), "spike")
    assert np.load(tmp_path / "s.npy").tolist() == [[1, 0], [1, 1], [3, 0], [3, 1]]
    assert recorded.get("spike") == {0: [], 1: []}
    with pytest.raises(ann.ANNarchyException, match="one variable, not 2"):
        recorded.save(str(tmp_path / "all.npy"))
    assert recorded.get("v").shape == (4, 2), "what could not be saved is still there"


@pytest.mark.parametrize("name", ["v.txt", "v", "v.npz"])
def test_other_kinds_of_files_are_refused(recorded, tmp_path, name):
    with pytest.raises(ann.ANNarchyException, match="must end in"):
        recorded.save(str(tmp_path / name))
    with pytest.raises(ann.ANNarchyException, match="must end in"):
        ann.MonitorList([recorded]).save_all(str(tmp_path / name))


def test_hdf5_files_need_a_package_that_is_named(recorded, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ann.ANNarchyException, match=r"h5py: pip install"):
        ann.MonitorList([recorded]).save_all(str(tmp_path / "all.hdf5"))


def test_hdf5_files_hold_the_data(recorded, tmp_path):
    path = tmp_path / "all.hdf5"
    data = recorded.get(keep=True)
    ann.MonitorList([recorded]).save_all(str(path), keep=True)
    with h5py.File(path) as file:
        assert file["pop0/v"][:].tolist() == data["v"].tolist()
        assert file["pop0/spike/1"][:].tolist() == data["spike"][1]
    ann.MonitorList([recorded]).save_all(str(path), flat_keys=True)
    with h5py.File(path) as file:
        assert "pop0_v" in file


def test_lists_take_monitors_only():
    with pytest.raises(TypeError, match="takes monitors"):
        ann.MonitorList([3])


def test_memory_of_records_is_told_and_warned_of(recorded, capsys):
    net = recorded.network
    net.simulate(1000.0, show_monitor_memory_estimate=True)
    assert "about 0.0 MB" in capsys.readouterr().out
    assert recorded.bytes_for(1000) == 16000
    recorded.pause()
    assert recorded.bytes_for(1000) == 0
    recorded.resume()
    with pytest.warns(ann.NNCWarning, match="of free memory"):
        check_memory([recorded], 10**12, show=False)
