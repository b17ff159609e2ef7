"""Import paths of ANNarchy scripts, and the names that their star import brings."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nnc as ann
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY

TREE = {
    "extensions.bold": "BoldMonitor BoldModel balloon_RN balloon_CL",
    "extensions.convolution": "Convolution Pooling Copy Transpose",
    "extensions.image": "ImagePopulation VideoPopulation",
    "extensions.diagonal": "DiagonalProjection",
    "extensions.tensorboard": "Logger",
    "extensions.hybrid": "CurrentInjection DecodingProjection Rate2SpikePopulation Spike2RatePopulation",
    "intern.Messages": "ANNarchyException InvalidConfiguration CodeGeneratorException",
    "intern.ConfigManagement": "get_global_config _check_paradigm _check_precision ConfigManager",
    "intern.NetworkManager": "NetworkManager",
    "core.Global": "setup compile simulate every Constant add_function dt get_time parallel_run",
    "core.Random": "RandomDistribution Uniform Normal",
    "core.Monitor": "Monitor MemoryStats raster_plot histogram mean_fr",
    "core.Population": "Population",
    "core.Projection": "Projection",
    "core.PopulationView": "PopulationView",
    "core.Neuron": "Neuron",
    "core.Synapse": "Synapse",
    "core.Network": "Network",
    "core.Dendrite": "Dendrite",
    "models.Neurons": "Izhikevich LeakyIntegrator GIF_curr HH_cond_exp",
    "models.Synapses": "STDP STP Hebb Oja IBCM DefaultSpikingSynapse",
    "models": "Izhikevich STDP",
    "inputs": "InputArray TimedArray PoissonPopulation SpikeSourceArray",
    "cython_ext.LILConnectivity": "LILConnectivity",
    "cython_ext.Connector": "LILConnectivity",
}


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)


@pytest.mark.parametrize("path", TREE)
def test_modules_give_the_very_objects_of_nnc(path):
    module = importlib.import_module(f"nnc.{path}")
    for name in TREE[path].split():
        found = getattr(module, name)
        assert getattr(ann, name, found) is found


def test_scripts_run_with_their_imports_as_they_are():
    code = """
import nnc.compat
nnc.compat.install(); nnc.compat.install()
from ANNarchy import *
import ANNarchy as ann
from ANNarchy.core.Population import Population as P
from ANNarchy.extensions.hybrid import DecodingProjection
import ANNarchy.intern.Messages
import nnc
assert ann is nnc and P is Population and ANNarchy.intern.Messages.ANNarchyException is nnc.ANNarchyException
try:
    import ANNarchy.nothing
except ModuleNotFoundError as error:
    print(error)
p = Population(2, Neuron(equations="r = t"))
compile(); simulate(3.0)
print(p.r)
nnc.compat.install.__name__
"""
    path = Path(__file__).resolve().parents[1] / "typing"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": str(path)})
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == ["No module named 'ANNarchy.nothing'", "[2. 2.]"]


def test_install_after_an_import_of_annarchy_itself_is_refused(monkeypatch):
    from nnc.compat import install

    monkeypatch.setitem(sys.modules, "ANNarchy", sys)
    with pytest.raises(ann.NNCError, match="imported already"):
        install()


def test_back_end_and_precision_are_told():
    from nnc.intern.ConfigManagement import ConfigManager, _check_paradigm, _check_precision

    ann.setup(precision="float")
    assert (_check_paradigm("openmp"), _check_paradigm("cuda")) == (True, False)
    assert (_check_precision("float"), _check_precision("double")) == (True, False)
    net = ann.Network(dt=0.5)
    net.config(paradigm="cuda", precision="double")
    assert _check_paradigm("cuda", net_id=net.id)
    assert _check_precision("double", net_id=net.id)
    ConfigManager().set("dt", 0.25, net_id=net.id)
    assert ConfigManager().get("dt", net_id=net.id) == net.dt == 0.25


def test_the_network_manager_finds_what_there_is():
    manager = ann.NetworkManager()
    pop = ann.Population(3, ann.Neuron(equations="r = sum(exc)"), name="here")
    proj = ann.Projection(pop, pop, "exc").connect_one_to_one()
    m = ann.Monitor(pop, "r")
    net = ann.Network()
    assert manager.get_network(net.id) is manager[net.id] is net
    assert manager.magic_network() is manager[0] is ann.magic_network()
    assert manager.get_networks()[0] is ann.magic_network()
    assert net in manager.get_networks()
    assert len(manager) == len(manager.get_networks())
    assert manager.get_population(0, "here") is pop
    assert manager.get_populations() == [pop]
    assert manager.get_projections(0, pre=pop, target="exc") == [proj]
    assert manager.get_projections(net.id) == []
    assert manager.get_monitors() == [m]
    assert [manager.number_populations(), manager.number_projections(), manager.number_monitors()] == [1, 1, 1]
    assert not manager.is_compiled()
    ann.compile()
    assert manager.is_compiled(0)
    manager.clear()
    assert manager.get_populations() == []
    with pytest.raises(ann.NNCError, match="there is no network"):
        manager.get_network(10**9)


def test_standard_models_are_listed():
    neurons, synapses = ann.list_standard_neurons(), ann.list_standard_synapses()
    assert ann.Izhikevich in neurons
    assert len(neurons) == 11
    assert synapses == [ann.Hebb, ann.Oja, ann.IBCM, ann.STP, ann.STDP]
    assert all(issubclass(model, ann.Neuron) for model in neurons)


# Sparse matrices


@pytest.mark.parametrize("keys", [{"proba": 0.4, "weights": 2.0}, {"p": 0.4, "weight": ann.Uniform(1.0, 3.0)}])
def test_random_sparse_matrices(keys):
    sparse = pytest.importorskip("scipy.sparse")
    pre, post = ann.Population(400, ann.Neuron(equations="r = t")), ann.Population(300, ann.Neuron(equations="r = t"))
    ann.set_seed(5)
    matrix = ann.sparse_random_matrix(pre, post[:200], **keys)
    assert sparse.isspmatrix_lil(matrix)
    assert matrix.shape == (400, 200)
    counts = np.diff(matrix.tocsr().indptr)
    assert abs(counts.mean() - 80.0) < 5.0 * np.sqrt(200 * 0.4 * 0.6 / 400)
    assert abs(counts.var() - 48.0) < 15.0
    assert abs(matrix.tocsr().data.mean() - 2.0) < 0.02
    ann.set_seed(5)
    again = ann.sparse_random_matrix(pre, post[:200], **keys)
    assert (again.tocsr() != matrix.tocsr()).nnz == 0
    delays = ann.sparse_delays_from_weights(matrix, ann.DiscreteUniform(1, 5))
    assert (delays.tocsr().indices == matrix.tocsr().indices).all()
    assert matrix.tocsr().data.min() >= 1.0  # the weights are left alone
    proj = ann.Projection(pre, post[:200], "exc").connect_from_sparse(matrix, delays)
    ann.compile()
    assert proj.nb_synapses == matrix.nnz
    assert np.concatenate(proj.delay).min() >= 1.0


def test_misuse_of_sparse_matrices():
    pytest.importorskip("scipy.sparse")
    for call, text in [
        (lambda: ann.sparse_random_matrix(3, 4, 1.5, 1.0), "probability"),
        (lambda: ann.sparse_random_matrix(3, 4, 0.5, "a"), "number or a distribution"),
        (lambda: ann.sparse_random_matrix(3, 0, 0.5, 1.0), "number of neurons"),
        (lambda: ann.sparse_random_matrix(3, 4, 0.5), "takes weights"),
        (lambda: ann.sparse_random_matrix(3, 4, 0.5, 1.0, p=0.5), "takes proba once"),
        (lambda: ann.sparse_delays_from_weights(5, 1.0), "scipy sparse matrix"),
    ]:
        with pytest.raises(ann.NNCError, match=text):
            call()
