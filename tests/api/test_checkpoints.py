"""`save` and `load` of whole networks: a run that was cut in two equals the whole run, bit for bit."""

from __future__ import annotations

import json
import multiprocessing
import pickle
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.networks import THREE, RandomNetwork, Run, assert_same_bits, random_networks

import nnc as ann
from nnc.compiler.codegen.target import get_target
from nnc.runtime.io import container

if TYPE_CHECKING:
    from pathlib import Path

PLACES = [("llvm", 1), ("llvm", 2), ("llvm", 3), ("openmp", 2), ("interp", 1)]


def _plastic(net: ann.Network) -> None:
    """Delays, refractory periods, traces, event-driven variables, firing rates, periodic learning."""
    cell = ann.Neuron(
        parameters="tau = 10.0 : population",
        equations="tau * dv/dt = -v + g_exc + 1.2*Uniform(0.0, 1.0)\ndg_exc/dt = -g_exc",
        spike="v > 0.3",
        reset="v = 0.0",
        refractory=ann_refractory(net),
    )
    pop = net.create(70, cell)
    pop.v = ann.Uniform(0.0, 0.3)
    pop.compute_firing_rate(5.0)
    net.connect(pop, pop, "exc", ann.STDP(w_max=2.0)).fixed_probability(
        0.2, weights=ann.Uniform(0.0, 2.0), delays=ann.Uniform(1.0, 6.0)
    )
    net.connect(pop[:30], pop, "exc").all_to_all(weights=0.01, delays=3.0)


def ann_refractory(net: ann.Network) -> float:
    return 2.0 * net.dt


def _delayed_rates(net: ann.Network) -> None:
    unit = ann.Neuron(equations="dr/dt = (sum(exc) - r + Normal(0.0, 1.0)) / 5.0 : init = 0.3")
    a, b = net.create(40, unit), net.create((5, 6), unit)
    net.connect(a, b, "exc", ann.Hebb(eta=0.01)).all_to_all(weights=ann.Normal(0.0, 0.1), delays=4.0)
    net.connect(b, a, "exc").fixed_probability(0.3, weights=0.2, delays=ann.DiscreteUniform(1, 5))


NETWORKS = {name: build for name, (build, _) in THREE.items()} | {"plastic": _plastic, "delayed": _delayed_rates}


def started(build: Any, target: str, team: int, seed: int | None = 7, precision: str = "double") -> ann.Network:
    net = ann.Network(dt=0.5, seed=seed)
    net.config(paradigm=target, num_threads=team, precision=precision)
    build(net)
    for pop in net.get_populations():
        net.monitor(pop, "spike" if pop.is_spiking else pop.variables, period=None if pop.is_spiking else 1.5)
    net.compile(silent=True)
    return net


def everything(net: ann.Network) -> Run:
    """All attributes, and all that was recorded."""
    found: Run = {}
    for obj in [*net.get_populations(), *net.get_projections(suppress_error=True)]:
        for name in obj.attributes:
            found[f"{obj.name}.{name}"] = np.asarray(obj._values.packed(name))
    for i, monitor in enumerate(net.get_monitors()):
        for name, rows in monitor.get(force_dict=True).items():
            pairs = [(t, n) for n, ts in sorted(rows.items()) for t in ts] if name == "spike" else rows
            found[f"{i}.{name}"] = np.array(pairs)
    return found


def _need(*targets: str) -> None:
    for target in targets:
        if get_target(target).available() is not None:
            pytest.skip(f"{target} is not available")


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(("first", "second"), [(0, 2), (3, 1), (1, 3)])
def test_a_run_cut_in_two_equals_the_whole_on_other_targets_and_teams(
    name: str, first: int, second: int, tmp_path: Path
) -> None:
    _need(PLACES[first][0], PLACES[second][0])
    whole = started(NETWORKS[name], "llvm", 1)
    whole.simulate(30.0)
    cut = started(NETWORKS[name], *PLACES[first])
    cut.simulate(11.5)
    cut.save(tmp_path / "state.npz")
    resumed = started(NETWORKS[name], *PLACES[second], seed=None)
    resumed.load(tmp_path / "state.npz")
    resumed.simulate(18.5)
    assert_same_bits(everything(whole), everything(resumed))


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(network=random_networks(), at=st.integers(0, 9), precision=st.sampled_from(["double", "float"]))
def test_random_networks_go_on_as_if_never_cut(
    network: RandomNetwork, at: int, precision: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("cut") / "state"
    whole = started(network, "llvm", 2, precision=precision)
    whole.simulate(5.0)
    cut = started(network, "interp", 1, precision=precision)
    cut.simulate(at * 0.5)
    cut.save(path)
    resumed = started(network, "llvm", 3, seed=1, precision=precision)
    resumed.simulate(1.5)
    resumed.load(path)
    resumed.simulate((10 - at) * 0.5)
    assert_same_bits(everything(whole), everything(resumed))


def _resume(path: str, sender: Any) -> None:
    net = started(_plastic, "llvm", 2, seed=None)
    net.load(path)
    net.simulate(10.0)
    sender.send(everything(net))


def test_another_process_goes_on(tmp_path: Path) -> None:
    whole = started(_plastic, "llvm", 1)
    whole.simulate(10.0)
    whole.save(tmp_path / "state.npz")
    whole.simulate(10.0)
    receiver, sender = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_resume, args=(str(tmp_path / "state.npz"), sender))
    process.start()
    process.join(60)
    assert_same_bits(everything(whole), receiver.recv())


def test_what_comes_after_a_load_is_repeated_too(tmp_path: Path) -> None:
    """Draws of scripts, resets, switches and constants go on from where they stood."""

    def rest(net: ann.Network) -> Run:
        pop = net.get_populations()[0]
        pop.v = ann.Uniform(0.0, 0.2)
        drawn = net.default_rng.random(3)
        net.simulate(4.0)
        found = everything(net)
        net.reset(projections=True)
        net.simulate(4.0)
        return found | {f"after.{k}": v for k, v in everything(net).items()} | {"drawn": drawn}

    net = started(_plastic, "llvm", 1, seed=None)
    net.default_rng.random(2)
    net.get_populations()[0].v = ann.Uniform(0.0, 0.3)
    net.get_projections()[0].plasticity = False
    net.simulate(4.0)
    net.save(tmp_path / "state.npz")
    other = started(_plastic, "llvm", 2, seed=None)
    other.load(tmp_path / "state.npz")
    assert other.seed == net.seed
    assert other.get_projections()[0].plasticity is False
    assert_same_bits(rest(net), rest(other))


def test_a_state_can_be_returned_to(tmp_path: Path) -> None:
    net = started(THREE["coba"][0], "llvm", 1)
    net.simulate(5.0)
    net.save(tmp_path / "state.npz")
    net.simulate(5.0)
    first = everything(net)
    net.load(tmp_path / "state.npz")
    assert net.time == 5.0
    net.simulate(5.0)
    assert_same_bits(first, everything(net))


def test_equal_states_make_equal_files(tmp_path: Path) -> None:
    for target, team in PLACES[:3]:
        net = started(_plastic, target, team)
        net.simulate(5.0)
        net.save(tmp_path / f"{team}.npz")
    names = {"net_id": 0}
    contents = []
    for team in (1, 2, 3):
        archive = container.read(tmp_path / f"{team}.npz")
        contents.append(({**archive.header, **names}, {k: v.tobytes() for k, v in archive.arrays.items()}))
    assert contents[0] == contents[1] == contents[2]


def two(
    sizes: tuple[int, ...] = (3, 4), names: tuple[str, ...] = ("a", "b"), equations: str = "r = k*t"
) -> ann.Network:
    net = ann.Network(seed=1)
    cell = ann.Neuron(parameters="k = 2.0", equations=equations)
    pops = [net.create(n, cell, name=name) for n, name in zip(sizes, names, strict=True)]
    net.connect(pops[0], pops[-1], "exc", name="p").all_to_all(weights=ann.Uniform(0.0, 1.0))
    net.compile()
    return net


def test_other_sizes_are_refused_by_name(tmp_path: Path) -> None:
    two().save(tmp_path / "x.npz")
    with pytest.raises(ann.NNCError, match=r"population 'b' has 5 neurons, in the file 4"):
        two(sizes=(3, 5)).load(tmp_path / "x.npz")


def test_what_has_no_counterpart_is_warned_of_and_refused_if_exact(tmp_path: Path) -> None:
    saved = two()
    saved["a"].k = 5.0
    saved.simulate(3.0)
    saved.save(tmp_path / "x.npz")
    other = two(names=("a", "c"))
    with pytest.raises(ann.NNCError, match=r"no population 'c'.*no population 'b'"):
        other.load(tmp_path / "x.npz", exact=True)
    assert other["a"].k.tolist() == [2.0] * 3
    with pytest.warns(ann.NNCWarning, match=r"no population 'c'.*no population 'b'"):
        other.load(tmp_path / "x.npz")
    assert other["a"].k.tolist() == [5.0] * 3
    assert other.time == 3.0


def test_a_state_of_other_equations_is_refused_by_name(tmp_path: Path) -> None:
    def spiking(refractory: float | None) -> ann.Network:
        net = ann.Network(seed=1)
        net.create(3, ann.Neuron(equations="v += 0.1", spike="v > 1.0", reset="v = 0.0", refractory=refractory))
        net.compile()
        return net

    spiking(2.0).save(tmp_path / "x.npz")
    with pytest.raises(ann.NNCError, match="population 'pop0' differs in hold"):
        spiking(None).load(tmp_path / "x.npz")


def test_values_alone_leave_the_rest(tmp_path: Path) -> None:
    saved = two()
    saved.simulate(3.0)
    saved["p"].w = 0.25
    saved.save(tmp_path / "x.npz", populations=False)
    other = two()
    other["a"].k = 7.0
    other.load(tmp_path / "x.npz", populations=False)
    assert (other.time, other["a"].k[0], other["p"].w[0][0]) == (3.0, 7.0, 0.25)


def test_other_connectivity_comes_from_the_file(tmp_path: Path) -> None:
    def random(seed: int, p: float) -> ann.Network:
        net = ann.Network(seed=seed)
        pop = net.create(20, ann.Neuron(equations="r = 0.5*sum(exc) + t", name="x"), name="x")
        net.connect(pop, pop, "exc", name="p").fixed_probability(p, weights=ann.Uniform(0.0, 0.1), delays=2.0)
        net.compile()
        net.simulate(3.0)
        return net

    saved, other = random(1, 0.3), random(2, 0.8)
    saved.save(tmp_path / "x.npz")
    other.load(tmp_path / "x.npz")
    assert np.array_equal(other["p"].connectivity_matrix(), saved["p"].connectivity_matrix())
    saved.simulate(4.0)
    other.simulate(4.0)
    assert_same_bits(everything(saved), everything(other))


@pytest.mark.parametrize("suffix", ["npz", "data", "gz"])
def test_suffixes_choose_the_container_and_folders_are_made(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / f"x.{suffix}"
    saved, other = two(), two()
    saved.simulate(2.0)
    saved.save(path)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    other.load(str(path))
    assert other["a"].r.tolist() == saved["a"].r.tolist()


def test_matlab_files_are_written_only(tmp_path: Path) -> None:
    io = pytest.importorskip("scipy.io")
    net = two()
    net.simulate(2.0)
    net.save(tmp_path / "x.mat")
    assert io.loadmat(tmp_path / "x.mat")["a"]["r"][0, 0].tolist() == [[2.0] * 3]
    with pytest.raises(ann.NNCError, match="written only"):
        net.load(tmp_path / "x.mat")


def test_files_hold_no_objects(tmp_path: Path) -> None:
    net = two()
    net.save(tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz", allow_pickle=False) as archive:
        assert all(archive[name].dtype.kind in "biuf" for name in archive.files)
        assert json.loads(archive["nnc"].tobytes())["version"] == container.VERSION


def test_pickles_are_refused_with_an_explanation(tmp_path: Path) -> None:
    net = two()
    (tmp_path / "x.data").write_bytes(pickle.dumps({"network": {"time_step": 3}}))
    np.savez(tmp_path / "y.npz", a=np.array({"r": 1.0}, dtype=object), allow_pickle=True)
    for name, what in (("x.data", "is a pickle"), ("y.npz", "pickled objects")):
        with pytest.raises(ann.NNCError, match=rf"{what}.*run whatever code"):
            net.load(tmp_path / name)
        with pytest.raises(ann.NNCError, match=what):
            net["a"].load(tmp_path / name)


def test_missing_damaged_and_later_files_are_refused(tmp_path: Path) -> None:
    net = two()
    with pytest.raises(FileNotFoundError, match="there is no file"):
        net.load(tmp_path / "nothing.npz")
    net.save(tmp_path / "x.npz")
    content = (tmp_path / "x.npz").read_bytes()
    for damaged in (b"", b"abc", content[: len(content) // 2], content[:300] + b"\xff" * 40 + content[340:]):
        (tmp_path / "y.npz").write_bytes(damaged)
        with pytest.raises(ann.NNCError, match=r"damaged|no file that nnc can read|cannot be read"):
            net.load(tmp_path / "y.npz")
    header = {"format": "nnc", "version": 99, "kind": "network"}
    np.savez(tmp_path / "z.npz", nnc=np.frombuffer(json.dumps(header).encode(), np.uint8))
    with pytest.raises(ann.NNCError, match="version 99"):
        net.load(tmp_path / "z.npz")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("pop0.spikes", np.array([5000], np.int32)),
        ("pop0.spikes.count", np.array([-1, 1], np.int64)),
        ("proj0/pre", np.full(3, -2, np.int32)),
        ("proj0/delay", np.array([0], np.int32)),
        ("pop0.hold", np.zeros(3, np.int32)),
        ("pop0.v", np.zeros(5)),
    ],
)
def test_values_that_native_code_could_not_bear_are_refused(key: str, value: Any, tmp_path: Path) -> None:
    net = started(_plastic, "llvm", 1)
    net.simulate(5.0)
    net.save(tmp_path / "x.npz")
    archive = container.read(tmp_path / "x.npz")
    container.write(tmp_path / "y.npz", "network", archive.header, {**archive.arrays, key: value})
    with pytest.raises(ann.NNCError, match=r"damaged|has 70 values"):
        net.load(tmp_path / "y.npz")


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = two()
    net.save(tmp_path / "x.npz")
    old = (tmp_path / "x.npz").read_bytes()
    net.simulate(1.0)

    def fail(*_: object) -> None:
        raise OSError("full")

    monkeypatch.setattr(container.os, "replace", fail)
    with pytest.raises(OSError, match="full"):
        net.save(tmp_path / "x.npz")
    assert (tmp_path / "x.npz").read_bytes() == old
    assert len(list(tmp_path.iterdir())) == 1


def test_one_population_and_one_projection(tmp_path: Path) -> None:
    saved, other = two(), two()
    saved["a"].k = [1.0, 2.0, 3.0]
    saved["a"].save(tmp_path / "a.npz")
    saved["p"].w = 0.125
    saved["p"].save(tmp_path / "p.npz")
    other["a"].load(tmp_path / "a.npz")
    other["p"].load(tmp_path / "p.npz")
    assert other["a"].k.tolist() == [1.0, 2.0, 3.0]
    assert other["p"].w == saved["p"].w
    with pytest.raises(ann.NNCError, match="has 4 neurons"):
        other["b"].load(tmp_path / "a.npz")
    saved.save(tmp_path / "net.npz")
    with pytest.raises(ann.NNCError, match="one population or projection"):
        other["a"].load(tmp_path / "net.npz")


def test_plain_archives_of_arrays_load(tmp_path: Path) -> None:
    net = two()
    names = np.array(["k", "r"])
    np.savez(tmp_path / "a.npz", k=np.array([1.0, 2.0, 3.0]), r=np.zeros(3), size=3, attributes=names, name="a")
    w = np.arange(12.0).reshape(4, 3)
    pre = np.tile(np.arange(3), (4, 1))
    np.savez(tmp_path / "p.npz", w=w, pre_ranks=pre, post_ranks=np.arange(4))
    net["a"].load(tmp_path / "a.npz")
    net["p"].load(tmp_path / "p.npz")
    assert net["a"].k.tolist() == [1.0, 2.0, 3.0]
    assert net["p"].w == w.tolist()
    with pytest.raises(ann.NNCError, match="without the header"):
        net.load(tmp_path / "a.npz")


def test_nothing_is_saved_or_loaded_before_compile(tmp_path: Path) -> None:
    two().save(tmp_path / "x.npz")
    net = ann.Network()
    pop = net.create(3, ann.Neuron(equations="r = 1.0"))
    for call in (net.save, net.load, pop.save, pop.load):
        with pytest.raises(ann.NNCError, match="not compiled"):
            call(tmp_path / "x.npz")


def test_the_archive_is_a_zip_with_one_member_per_array(tmp_path: Path) -> None:
    two().save(tmp_path / "x.npz")
    with zipfile.ZipFile(tmp_path / "x.npz") as archive:
        assert {"nnc.npy", "pop0.k.npy", "pop0.r.npy", "proj0.w.npy"} <= set(archive.namelist())


def _inputs(net: ann.Network) -> None:
    rates = np.random.default_rng(1).random((9, 4))
    table = net.create(ann.TimedArray(rates, schedule=2.0, period=13.0))
    source = net.create(ann.SpikeSourceArray([[1.0, 7.5, 16.0], [3.0], [], [12.0, 20.0]]))
    poisson = net.create(ann.TimedPoissonPopulation(4, rates=[100.0, 500.0, 50.0], schedule=[0.0, 5.0, 14.0]))
    trains = net.create(ann.HomogeneousCorrelatedSpikeTrains(4, [50.0, 200.0], 0.3, 5.0, schedule=[0.0, 11.0]))
    cell = ann.Neuron(equations="v = 0.9*v + g_exc + g_cur", spike="v > 2.0", reset="v = 0.0")
    pop = net.create(4, cell)
    for spikes in (source, poisson, trains):
        net.connect(spikes, pop, "exc").all_to_all(0.5, delays=1.5)
    net.connect(ann.CurrentInjection(table, pop, "cur")).connect_current()
    rate = net.create(4, ann.Neuron(equations="r = sum(exc)"))
    net.connect(ann.DecodingProjection(pop, rate, "exc", window=4.0)).all_to_all(1.0)


def test_inputs_go_on_from_where_they_stood(tmp_path: Path) -> None:
    whole = started(_inputs, "llvm", 1)
    whole.simulate(9.0)
    whole.get_populations()[0].update(np.ones((3, 4)) * [[1.0], [2.0], [4.0]], reset=False)
    whole.get_populations()[1].spike_times = [[1.0, 11.0], [13.0], [10.0], []]
    whole.save(tmp_path / "x.npz")
    whole.simulate(16.0)
    resumed = started(_inputs, "llvm", 3, seed=None)
    resumed.simulate(2.0)
    resumed.load(tmp_path / "x.npz")
    resumed.simulate(16.0)
    assert_same_bits(everything(whole), everything(resumed))
    for net in (whole, resumed):
        net.reset()
        net.simulate(12.0)
    assert_same_bits(everything(whole), everything(resumed))


def test_monitors_go_on_in_their_rhythm_paused_or_not(tmp_path: Path) -> None:
    def made() -> tuple[ann.Network, ann.Monitor, ann.Monitor, ann.Monitor]:
        net = ann.Network()
        pop = net.create(2, ann.Neuron(equations="r = t"), name="p")
        net.compile()
        monitors = [net.monitor(pop, "r", period=3.0, name=name) for name in ("late", "paused")]
        return net, *monitors, net.monitor(pop[1:], "r", name="part")

    net, late, paused, part = made()
    net.simulate(2.0)
    late.start(period=3.0)
    paused.pause()
    net.simulate(3.0)
    net.save(tmp_path / "x.npz")
    other, other_late, other_paused, other_part = made()
    other.load(tmp_path / "x.npz")
    for n in (net, other):
        n.simulate(7.0)
    for mine, its in ((late, other_late), (paused, other_paused), (part, other_part)):
        assert mine.get("r").tolist() == its.get("r").tolist()
        assert mine.times() == its.times()
    other.load(tmp_path / "x.npz", monitors=False)
    other.simulate(1.0)
    assert other_part.get("r").tolist() == [[5.0]]


RULED = {
    "psp": "w*pre.r",
    "equations": "dw/dt = 0.02*(pre.r - w)",
    "creating": "pre.r + post.r > 0.9 : proba = 0.4, w = 0.3, d = 2.0",
    "pruning": "w < 0.12 : proba = 0.5",
}


def _ruled(target: str, team: int) -> ann.Network:
    net = ann.Network(dt=0.5, seed=11)
    net.config(paradigm=target, num_threads=team)
    unit = ann.Neuron(equations="r = 0.5 + 0.5*sin(0.3*t + phase) + 0.01*sum(exc)", parameters="phase = 0.0")
    a, b = net.create(12, unit), net.create(9, unit)
    a.phase = ann.Uniform(0.0, 6.0)
    net.connect(a, b, "exc", ann.Synapse(**RULED)).fixed_probability(0.4, weights=ann.Uniform(0.0, 1.0), delays=2.0)
    net.compile(silent=True)
    return net


@pytest.mark.parametrize(("target", "team"), [("llvm", 2), ("openmp", 2), ("interp", 1)])
def test_rules_that_were_started_go_on_after_loading(tmp_path: Path, target: str, team: int) -> None:
    whole = _ruled("llvm", 1)
    proj = whole.get_projections()[0]
    proj.start_creating(period=2.0)
    whole.simulate(3.5)
    proj.start_pruning(period=1.5)
    whole.simulate(4.0)
    whole.save(tmp_path / "state.npz")
    before = proj.nb_synapses
    whole.simulate(12.0)
    again = _ruled(target, team)
    other = again.get_projections()[0]
    other.start_creating(period=0.5)  # replaced by what the file says
    again.load(tmp_path / "state.npz")
    assert other.nb_synapses == before
    assert other.schedules == proj.schedules == {"creating": [0, 4], "pruning": [7, 3]}
    again.simulate(12.0)
    assert (other.pre_ranks, other.w) == (proj.pre_ranks, proj.w)
    assert proj.nb_synapses != before


def test_rules_that_were_not_started_are_not_after_loading(tmp_path: Path) -> None:
    net = _ruled("llvm", 1)
    proj = net.get_projections()[0]
    net.save(tmp_path / "state.npz")
    proj.start_pruning()
    net.load(tmp_path / "state.npz")
    assert proj.schedules == {}


@pytest.mark.parametrize("suffix", [".h5", ".hdf5"])
def test_files_of_hdf5_hold_the_same(tmp_path: Path, suffix: str) -> None:
    h5py = pytest.importorskip("h5py", reason="the extra hdf5 is not installed")
    whole = started(_plastic, "llvm", 1)
    whole.simulate(10.0)
    path = tmp_path / f"state{suffix}"
    whole.save(path)
    whole.simulate(10.0)
    with h5py.File(path, "r") as file:
        assert file["pop0.v"].shape == (70,)
    again = started(_plastic, "llvm", 2, seed=8)
    again.load(path)
    again.simulate(10.0)
    assert_same_bits(everything(whole), everything(again))
    pop, proj = whole.get_populations()[0], whole.get_projections()[0]
    pop.save(tmp_path / f"pop{suffix}")
    v, pop.v = pop.v, 0.0
    pop.load(tmp_path / f"pop{suffix}")
    assert (pop.v == v).all()
    proj.save_connectivity(tmp_path / f"synapses{suffix}")
    net = ann.Network(dt=0.5)
    pops = [net.create(70, ann.Neuron(equations="r = t")) for _ in range(2)]
    other = net.connect(*pops, "exc").from_file(tmp_path / f"synapses{suffix}")
    net.compile()
    assert (other.pre_ranks, other.delay) == (proj.pre_ranks, proj.delay)


def test_damaged_files_of_hdf5_are_refused(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="the extra hdf5 is not installed")
    net = started(_delayed_rates, "llvm", 1)
    path = tmp_path / "state.h5"
    net.save(path)
    content = path.read_bytes()
    for cut in (10, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:cut])
        with pytest.raises(ann.NNCError, match=r"damaged|no file that nnc can read"):
            net.load(path)
    with h5py.File(path, "w") as file:
        file["text"] = "words"
    with pytest.raises(ann.NNCError, match="no array of numbers"):
        net.load(path)


def test_a_copy_with_state_leaves_recorded_data_where_they_are() -> None:
    net = _ruled("llvm", 1)
    proj = net.get_projections()[0]
    proj.start_pruning()
    m = net.monitor(proj, "w", period=1.0)
    net.simulate(6.0)
    made = net.copy(state=True)
    assert made.time == 6.0
    assert made.get(proj).w == proj.w
    assert len(m.get("w")) == 6
