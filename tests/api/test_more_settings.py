"""Settings, arguments and attributes that scripts of both generations use beside the main road."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import nnc as ann
from nnc import NNCError
from nnc.compiler.codegen.target import get_target
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY

TYPING = Path(__file__).resolve().parents[1] / "typing"
UNIT = {"equations": "r = t"}
CELL = {"equations": "v = v + 0.3 + g_exc", "spike": "v > 1.0", "reset": "v = 0.0"}


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)
    monkeypatch.setattr(REGISTRY, "profiles", [])


def small():
    net = ann.Network()
    return net, net.create(3, ann.Neuron(**UNIT))


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"verbose": 3}, "verbose is True or False"),
        ({"structural_plasticity": "yes"}, "structural_plasticity is True or False"),
        ({"disable_SIMD_Eq": 0}, "disable_SIMD_Eq is True or False"),
        ({"gpu_fallback": None}, "gpu_fallback is True or False"),
        ({"device": -1}, "number of a GPU"),
        ({"profile_out": 3}, "profile_out is a folder"),
        ({"trace_calls": "all"}, "unknown trace_calls"),
    ],
)
def test_values_that_settings_cannot_have(keys, text):
    net, _ = small()
    before = net.config()
    with pytest.raises(NNCError, match=text):
        net.config(method="midpoint", **keys)
    assert net.config() == before


def test_a_network_without_populations_is_not_compiled():
    net = ann.Network()
    with pytest.raises(NNCError, match="no population"):
        net.compile()
    net.create(1, ann.Neuron(**UNIT))
    net.compile()


def test_performance_keys_are_stored_and_change_nothing():
    ann._optimization_flags(disable_split_matrix=False, disable_SIMD_SpMV=False)
    net, pop = small()
    assert net.config()["disable_split_matrix"] is False
    net.compile()
    net.simulate(2.0)
    assert pop.r.tolist() == [1, 1, 1]


def test_a_missing_gpu_is_an_error_or_a_warning():
    if get_target("cuda").available() is None:
        pytest.skip("there is a GPU")
    net, pop = small()
    net.config(paradigm="cuda")
    with pytest.raises(NNCError, match="'cuda' is not available"):
        net.compile()
    net.config(gpu_fallback=True)
    with pytest.warns(ann.NNCWarning, match="runs on the CPU"):
        net.compile()
    net.simulate(2.0)
    assert (net.target, pop.r[0]) == ("llvm", 1.0)


def test_calls_are_traced(capsys):
    net, _ = small()
    net.compile(trace_calls="both")
    said = capsys.readouterr().out
    assert all(f"network {net.id}: {phase} took" in said for phase in ("connectivity", "compilation", "initial values"))
    net.simulate(3.0)
    assert capsys.readouterr().out == f"network {net.id}: native call of 3 steps\n"
    quiet, _ = small()
    quiet.compile(trace_calls="init")
    capsys.readouterr()
    quiet.simulate(3.0)
    assert capsys.readouterr().out == ""


def test_show_time_prints_the_phases_where_messages_are_wanted(capsys):
    for verbose in (False, True):
        net, _ = small()
        net.config(verbose=verbose, show_time=True)
        net.compile()
        assert ("compilation" in capsys.readouterr().out) is verbose


def test_profiles_are_printed_and_stored(tmp_path):
    code = f"""
import nnc as ann
net = ann.Network()
net.config(profiling=True, profile_out={str(tmp_path / "deep" / "out")!r})
net.create(3, ann.Neuron(equations="r = t"))
net.compile(); net.simulate(5.0); net.simulate(5.0)
ann.check_profile_results()
print("---")
"""
    environment = {"PYTHONPATH": str(TYPING), "NNC_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    now, at_exit = done.stdout.split("---\n")
    assert now == at_exit
    phases, kernels = now.splitlines()[:4], now.splitlines()[4:]
    assert [line.split()[2] for line in phases] == ["connectivity", "compilation", "initial", "simulate"]
    assert "share" in "".join(kernels)
    rows = (tmp_path / "deep" / "out" / "profile.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "network,phase,calls,seconds"
    assert rows[-1].startswith("network 1,simulate,2,")


def test_calls_on_the_global_network_are_told_on_request():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ann.get_time()
    ann.setup(warn_legacy=True)
    with pytest.warns(ann.NNCWarning, match=r"get_time\(\) works on the global network, which is deprecated"):
        ann.get_time()


def test_objects_that_a_constructor_puts_elsewhere_are_told():
    class Lost(ann.Network):
        def __init__(self):
            self.a = ann.Population(2, ann.Neuron(**UNIT), name="stray")

    class Right(ann.Network):
        def __init__(self):
            self.a = self.create(ann.InputArray(2))

    with pytest.warns(ann.NNCWarning, match="constructor of Lost made 'stray' in the global network"):
        Lost()
    assert Right().a.size == 2


def test_what_only_the_making_of_a_network_decides():
    net, _ = small()
    for name in ("seed", "default_rng"):
        with pytest.raises(NNCError, match=f"'{name}' of a network cannot be assigned"):
            setattr(net, name, 3)
    assert net.instance is None
    net.compile(directory="somewhere/else")
    assert net.directory == "somewhere/else"
    assert net.instance is net.state
    assert net.get_extensions() == []
    with pytest.warns(ann.NNCWarning, match="no extension 'bold'"):
        assert net.get_extension("bold") is None


def test_memory_is_told(capsys):
    net = ann.Network()
    pre, post = net.create(100, ann.Neuron(**UNIT)), net.create(50, ann.Neuron(equations="r = sum(exc)"))
    proj = net.connect(pre, post, "exc").fixed_number_pre(10, weights=ann.Uniform(0.0, 1.0))
    m = net.monitor(post, "r")
    assert pre.size_in_bytes() == proj.size_in_bytes() == m.size_in_bytes() == 0
    net.compile()
    net.simulate(20.0)
    assert pre.size_in_bytes() >= 100 * 8
    assert 500 * 8 <= proj.size_in_bytes() <= 500 * 20
    assert m.size_in_bytes() == 20 * 50 * 8
    net.memory_footprint()
    assert f"monitor '{m.name}': 0.008 MB" in capsys.readouterr().out
    net.memory_footprint(show_py_side=False)
    assert "monitor" not in capsys.readouterr().out
    from nnc.core.Monitor import MemoryStats

    ann.Population(3, ann.Neuron(**UNIT))
    ann.compile()
    MemoryStats().print_cpp()
    assert "population 'pop0'" in capsys.readouterr().out


def test_launch_sizes_are_accepted():
    net, pop = small()
    proj = net.connect(pop, pop, "exc").one_to_one()
    for obj in (pop, proj):
        with pytest.raises(NNCError, match="not compiled"):
            obj.update_launch_config()
    net.compile()
    for obj in (pop, proj):
        obj.update_launch_config(nb_blocks=8, threads_per_block=64)
        with pytest.raises(NNCError, match="is a number"):
            obj.update_launch_config(nb_blocks="many")


def test_efferent_synapses_are_counted():
    net, pop = small()
    proj = net.connect(pop, pop, "exc").from_matrix([[None, 1.0, 1.0], [None, None, 1.0], [None] * 3])
    with pytest.raises(NNCError, match="drawn by compile"):
        proj.nb_efferent_synapses()
    net.compile()
    assert proj.nb_efferent_synapses() == {1: 1, 2: 2}


def test_containers_of_synapses_tell_what_they_hold():
    made = ann.LILConnectivity(0.5)
    made.push_back(2, [0, 1], [1.0], [2.0])
    made.add(0, [3], [4.0], 2.0)
    made.validate()
    assert (made.get_max_delay(), made.get_uniform_delay(), made.uniform_delay) == (2.0, 2.0, 2.0)
    assert made.compute_average_row_length() == 1.5
    made.add(1, [0], [1.0], [3.0])
    assert made.get_uniform_delay() == -1.0
    for wrong in ([-1.0], [np.inf]):
        bad = ann.CSR()
        bad.add(0, [1], [1.0], wrong)
        with pytest.raises(NNCError, match="negative or not finite"):
            bad.validate()
    bad = ann.CSR()
    bad.add(0, [1], [np.nan], [0.0])
    with pytest.raises(NNCError, match="not a number"):
        bad.validate()


def test_clearing_a_population_drops_its_spikes_and_nothing_else():
    net = ann.Network()
    source = net.create(ann.SpikeSourceArray([[2.0], [3.0]]))
    source.compute_firing_rate(100.0)
    post = net.create(2, ann.Neuron(**CELL))
    net.connect(source, post, "exc").one_to_one(weights=10.0, delays=5.0)
    m = net.monitor(post, ["v", "spike"])
    net.compile()
    net.simulate(4.0)
    v = post.v
    assert source.r.tolist() == [10.0, 10.0]
    source.clear()
    assert (post.v == v).all()
    net.simulate(10.0)
    assert not (m.get("v") > 5.0).any()
    assert source.r.tolist() == [0.0, 0.0]


def test_the_shape_of_sums_depends_on_the_style():
    cell, unit = ann.Neuron(**CELL), ann.Neuron(equations="r = sum(exc)")
    net = ann.Network()
    made = [net.create((2, 3), cell), net.create((2, 3), unit)]
    old = [ann.Population((2, 3), cell), ann.Population((2, 3), unit)]
    for pop in made:
        net.connect(pop, pop, "exc").one_to_one()
    for pop in old:
        ann.Projection(pop, pop, "exc").connect_one_to_one()
    for _ in range(2):
        assert [pop.sum("exc").shape for pop in made] == [(6,), (6,)]
        assert [pop.sum("exc").shape for pop in old] == [(2, 3), (6,)]
        assert made[0][2:4].sum("exc").shape == old[0][2:4].sum("exc").shape == (2,)
        if not net.compiled:
            net.compile()
            ann.compile()


def test_a_mask_in_the_geometry_selects_neurons():
    net = ann.Network()
    pop = net.create((2, 3), ann.Neuron(**UNIT))
    mask = np.array([[True, False, False], [False, True, True]])
    assert pop[mask].ranks.tolist() == pop[mask.ravel()].ranks.tolist() == [0, 4, 5]
    for wrong in (mask.T, mask[:1]):
        with pytest.raises(NNCError):
            pop[wrong]


def test_variables_of_a_monitor_are_added_by_start():
    net, pop = small()
    m = net.monitor(pop, "r")
    with pytest.raises(NNCError, match="cannot be assigned"):
        m.variables = ["r"]
