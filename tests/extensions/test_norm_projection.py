"""`NormProjection` (specification of the API, 10.1): what share of its afferents has reached a neuron."""

import numpy as np
import pytest
from support.bench import TARGETS

import nnc as ann
from nnc import NNCError
from nnc.extensions.bold import BoldModel, NormProjection
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY

CELL = dict(equations="k = t\ng_exc = 0.5 * g_exc\nsyn = 0.5 * syn", spike="False")
"""Neurons that never fire; inputs fall to a half in every step."""


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)


def build(net, delays=0.0):
    """Populations of 3 and 5 neurons to one of 2; only the first two of the larger reach neuron 0."""
    few = net.create(ann.SpikeSourceArray([[1.0], [1.0], [4.0]]))
    many = net.create(ann.SpikeSourceArray([[1.0], [2.0], [2.0], [], []]))
    post = net.create(2, ann.Neuron(**CELL))
    first = NormProjection(few, post, "exc", "syn").all_to_all(0.1, delays=delays)
    weights = np.array([[1.0, 1.0, None, None, None], [1.0] * 5])
    second = NormProjection(many, post, "exc", "syn", name="second").from_matrix(weights)
    return post, first, second


def rows(arrivals, shares):
    """The variable at the end of each step: spikes are added, then it falls to a half."""
    value, out = np.zeros(2), []
    for step in range(7):
        for k, neuron_0, neuron_1 in arrivals:
            if k == step:
                value = value + np.multiply((neuron_0, neuron_1), shares)
        value = 0.5 * value
        out.append(value)
    return np.array(out)


ARRIVALS = [(2, 3, 3), (3, 1, 2), (5, 1, 1)]
"""Step, and the spikes that reach the two neurons in it; they have 5 and 8 afferents."""


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize("target", TARGETS)
def test_each_spike_counts_as_a_share_of_all_afferents(target, precision):
    net = ann.Network(dt=1.0)
    net.config(paradigm=target, precision=precision, num_threads=2)
    post, _, _ = build(net)
    m = net.monitor(post, "syn")
    net.compile(silent=True)
    net.simulate(7.0)
    assert m.get("syn") == pytest.approx(rows(ARRIVALS, (1 / 5, 1 / 8)), rel=1e-6)


def test_spikes_arrive_with_their_delays_and_do_what_the_synapse_says():
    net = ann.Network(dt=1.0)
    post, _, _ = build(net, delays=3.0)
    m = net.monitor(post, ["syn", "g_exc"])
    net.compile()
    net.simulate(8.0)
    later = [(2, 1, 1), (3, 1, 2), (4, 2, 2)]
    assert m.get("syn")[:7] == pytest.approx(rows(later, (1 / 5, 1 / 8)))
    assert m.get("g_exc")[:5, 0] == pytest.approx([0.0, 0.0, 1.0, 1.5, 0.95])


def test_transmission_switches_both():
    net = ann.Network(dt=1.0)
    post, first, _ = build(net)
    m = net.monitor(post, "syn")
    net.compile()
    first.transmission = False
    net.simulate(7.0)
    assert m.get("syn") == pytest.approx(rows([(2, 1, 1), (3, 1, 2)], (1 / 5, 1 / 8)))


def test_redrawn_synapses_are_counted_anew():
    net = ann.Network(dt=1.0, seed=1)
    pre = net.create(ann.SpikeSourceArray([[1.0]] * 40))
    post = net.create(2, ann.Neuron(**CELL))
    proj = NormProjection(pre, post, "exc", "syn").fixed_probability(0.5, 1.0)
    m = net.monitor(post, "syn")
    net.compile()
    counts = []
    for _ in range(3):
        net.simulate(4.0)
        assert m.get("syn")[2] == pytest.approx([0.5, 0.5])
        counts.append(proj.nb_synapses)
        net.reset(projections=True, synapses=True)
    assert len(set(counts)) > 1


def test_copies_have_both_parts_whatever_the_order():
    net = ann.Network(dt=1.0)
    post, first, second = build(net)
    other = ann.Network(dt=1.0)
    other.add([second, first, *net.get_populations()])
    m = other.monitor(other.get(post), "syn")
    other.compile()
    other.simulate(7.0)
    assert m.get("syn") == pytest.approx(rows(ARRIVALS, (1 / 5, 1 / 8)))


def test_it_drives_a_bold_model_that_sees_the_step_before():
    net = ann.Network(dt=1.0)
    post, _, _ = build(net)
    model = BoldModel(equations="BOLD = sum(I)", inputs="I")
    m = net.boldmonitor(post, model, {"I": "syn"}, start=True)
    net.compile()
    net.simulate(7.0)
    at_the_end_of_steps = rows(ARRIVALS, (1 / 5, 1 / 8)).mean(axis=1)
    assert m.get("BOLD")[:, 0] == pytest.approx([0.0, *at_the_end_of_steps[:-1]])


def test_mistakes_are_named_and_leave_the_network_as_it_was():
    net = ann.Network()
    spiking, rate = net.create(2, ann.Neuron(**CELL)), net.create(2, ann.Neuron(equations="r = t"))
    for ends, variable, message in [
        ((rate, spiking), "syn", r"pre \('pop1'\) must be spiking"),
        ((spiking, rate), "syn", r"post \('pop1'\) must be spiking"),
        ((spiking, spiking), "sym", "'sym' is no local float variable of post .*did you mean 'syn'"),
        ((spiking, spiking), 3, "variable is a name, not 3"),
    ]:
        with pytest.raises(NNCError, match=message):
            NormProjection(*ends, "exc", variable)
    assert net.get_projections(suppress_error=True) == []
    NormProjection(spiking, spiking, "exc", "syn", name="mine").all_to_all(1.0)
    with pytest.raises(NNCError, match="there is a NormProjection 'mine' already"):
        NormProjection(spiking, spiking, "exc", "syn", name="mine")
    assert len(net.get_projections()) == 2
    net.config(structural_plasticity=True)
    with pytest.raises(NNCError, match="cannot have structural plasticity"):
        net.compile()
