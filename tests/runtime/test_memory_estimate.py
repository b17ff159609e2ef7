"""What a network takes is known before it is built, and a build that does not fit is refused."""

import numpy as np
import pytest

import nnc as ann
from nnc.extensions.convolution.copy import Copy
from nnc.runtime.building import ghost
from nnc.runtime.building.limits import available_memory
from nnc.runtime.errors import NNCRuntimeError

LEAKY = dict(equations=["tau * dv/dt = 1.2 - v + g_exc"], parameters=dict(tau=20.0), spike="v > 1.0", reset="v = 0.0")


def net_of(precision=ann.float32, threads=1):
    net = ann.Network(dt=0.1, seed=1)
    net.config(dtype=precision, num_threads=threads)
    return net, net.create(600, ann.Neuron(**LEAKY), name="cells")


def fixed(proj):
    return proj.fixed_probability(0.2, weights=0.1)


CONNECTORS = {
    "shared": fixed,
    "drawn": lambda p: p.fixed_probability(0.2, weights=ann.Uniform(0, 1), delays=ann.Uniform(0.1, 5.0)),
    "multiple": lambda p: p.fixed_number_pre(90, weights=0.1, force_multiple_weights=True, delays=2.0),
    "post": lambda p: p.fixed_number_post(90, weights=ann.Normal(0, 1)),
    "full": lambda p: p.all_to_all(weights=ann.Normal(0, 1)),
    "one weight": lambda p: p.all_to_all(weights=0.5, allow_self_connections=True),
    "one to one": lambda p: p.one_to_one(weights=0.5),
    "near": lambda p: p.gaussian(amp=1.0, sigma=0.1, delays=ann.DiscreteUniform(1, 3)),
    "dog": lambda p: p.dog(amp_pos=1.0, sigma_pos=0.1, amp_neg=0.3, sigma_neg=0.4),
    "matrix": lambda p: p.from_matrix(np.arange(360000.0).reshape(600, 600)),
}


@pytest.mark.parametrize("connect", CONNECTORS.values(), ids=CONNECTORS)
@pytest.mark.parametrize("synapse", [None, ann.STDP()], ids=["static", "plastic"])
def test_the_estimate_is_that_of_the_state_block(connect, synapse, monkeypatch):
    monkeypatch.setattr(ghost, "DRAWN_UP_TO", 0)
    net, cells = net_of(threads=2)
    proj = connect(net.connect(cells, cells, "exc", synapse=synapse))
    before = net.memory_estimate()
    assert not net.compiled
    net.compile()
    after = net.memory_estimate()
    block = net.state.block
    real = sum(block.fields.peek(f.name).nbytes for f in block.layout.fields)
    assert sum(r.bytes for r in after.rows if r.what in ("state", "connectivity", "delays")) == real
    assert [(r.owner, r.what) for r in before.rows] == [(r.owner, r.what) for r in after.rows]
    for guess, known in zip(before.rows, after.rows, strict=True):
        if guess.what != "kept for reset":
            assert guess.bytes == pytest.approx(known.bytes, rel=5 / np.sqrt(proj.synapses.count))


@pytest.mark.parametrize("precision", [ann.float32, ann.float64])
@pytest.mark.parametrize("target", ["llvm", "interp"])
def test_small_projections_are_estimated_exactly(precision, target):
    net, cells = net_of(precision)
    net.config(paradigm=target)
    rule = net.connect(cells, cells, "exc").fixed_probability(0.1, weights=0.1)
    rule.w = ann.Uniform(0.0, 1.0)
    monitor = net.monitor(cells[:10], ["v", "spike"], period=1.0)
    before = net.memory_estimate()
    net.compile()
    after = net.memory_estimate()
    assert before.rows == after.rows
    assert before.total == after.total
    assert after.building is None
    assert before.building > before.total
    assert before.recording == monitor.bytes_for(10000) == 8 * 10 * 1000
    net.simulate(20)
    assert net.memory_estimate().total == after.total


def test_an_estimate_changes_nothing():
    runs = []
    for look in (False, True):
        net, cells = net_of()
        proj = fixed(net.connect(cells, cells, "exc"))
        proj.w = ann.Uniform(0.0, 0.1)
        if look:
            net.memory_estimate()
        net.compile()
        net.simulate(5)
        runs.append((proj.pre_ranks, proj.w, cells.v.tolist()))
    assert runs[0] == runs[1]


def test_the_table_names_objects_and_bytes_per_synapse():
    net, cells = net_of()
    fixed(net.connect(cells, cells, "exc", name="loops"))
    net.compile()
    table = net.memory_estimate()
    synapses = net.get_projection("loops").nb_synapses
    rows = 4 * 601
    assert f"{(rows + 2 * synapses) / synapses:.3g} per synapse" in str(table)
    assert "loops  connectivity" in str(table)
    assert "cells" in table._repr_html_()
    assert table.of("loops") == sum(r.bytes for r in table.rows if r.owner == "loops")


@pytest.mark.parametrize(
    "build", [lambda p: p.fixed_probability(0.1, weights=ann.Uniform(0, 1)), fixed], ids=["w", "1"]
)
def test_a_build_that_does_not_fit_is_refused_with_the_numbers(build):
    net, _ = net_of()
    big = net.create(2_000_000, ann.Neuron(**LEAKY), name="many")
    proj = build(net.connect(big, big, "exc", name="too many"))
    with pytest.raises(NNCRuntimeError, match=r"building it takes about .*B are available. 'too many' takes .*B"):
        net.compile()
    assert not net.compiled
    assert proj._synapses is None


def test_a_build_that_fits_the_limit_is_done(monkeypatch):
    net, cells = net_of()
    fixed(net.connect(cells, cells, "exc"))
    needed = net.memory_estimate().building
    monkeypatch.setattr("nnc.runtime.measuring.estimate.available_memory", lambda: needed - 1)
    with pytest.raises(NNCRuntimeError, match="does not fit into memory"):
        net.compile()
    monkeypatch.setattr("nnc.runtime.measuring.estimate.available_memory", lambda: needed)
    net.compile()
    assert net.compiled


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_least_of_machine_and_control_groups_is_available(tmp_path):
    write(tmp_path / "proc/meminfo", "MemTotal: 9000 kB\nMemFree: 10 kB\nMemAvailable: 8000 kB\n")
    assert available_memory(tmp_path) == 8000 << 10
    write(tmp_path / "proc/self/cgroup", "0::/jobs/mine\n")
    group = tmp_path / "sys/fs/cgroup/jobs"
    write(group / "mine/memory.max", "max\n")
    write(group / "mine/memory.current", "5000\n")
    assert available_memory(tmp_path) == 8000 << 10
    write(group / "memory.max", "90000\n")
    write(group / "memory.current", "20000\n")
    assert available_memory(tmp_path) == 70000
    write(group / "mine/memory.max", "4000\n")
    assert available_memory(tmp_path) == 0


def test_control_groups_of_version_1_count_as_well(tmp_path):
    write(tmp_path / "proc/meminfo", "MemAvailable: 8000 kB\n")
    write(tmp_path / "proc/self/cgroup", "9:cpu:/x\n5:memory:/box\n")
    write(tmp_path / "sys/fs/cgroup/memory/box/memory.limit_in_bytes", "7000\n")
    write(tmp_path / "sys/fs/cgroup/memory/box/memory.usage_in_bytes", "1000\n")
    assert available_memory(tmp_path) == 6000


def test_this_machine_has_memory():
    assert available_memory() > 1 << 20


def test_projections_with_weights_of_another_are_estimated_without_drawing(monkeypatch):
    monkeypatch.setattr(ghost, "DRAWN_UP_TO", 0)
    net = ann.Network(dt=1.0, seed=1)
    pops = [net.create(300, ann.Neuron(equations="r = 0.5 + sum(exc)")) for _ in range(2)]
    original = net.connect(*pops, "exc").fixed_probability(0.2, weights=ann.Uniform(0, 1))
    Copy(*pops, "exc").copy(original)
    before = net.memory_estimate()
    net.compile()
    after = net.memory_estimate()
    assert [(r.owner, r.what) for r in before.rows] == [(r.owner, r.what) for r in after.rows]
    block = net.state.block
    real = sum(block.fields.peek(f.name).nbytes for f in block.layout.fields)
    assert sum(r.bytes for r in after.rows if r.what in ("state", "connectivity", "delays")) == real
    for guess, known in zip(before.rows, after.rows, strict=True):
        assert guess.bytes == pytest.approx(known.bytes, rel=0.05) or guess.what == "kept for reset"
