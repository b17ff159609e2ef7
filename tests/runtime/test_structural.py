"""Synapses that come and go: rules, the methods of dendrites, their errors, and what monitors give."""

import numpy as np
import pytest

import nnc as ann
from nnc import NNCError
from nnc.compiler.diagnostics import DiagnosticError
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)


def rates(net, n, name="r"):
    """Units whose rate is set from Python."""
    return net.create(n, ann.Neuron(parameters=dict(x=ann.Parameter(0.0, locality="local")), equations=f"{name} = x"))


def network(synapse=None, *, pre=3, post=2, matrix=((1.0, None, 3.0), (None, 5.0, None)), delays=0.0, **config):
    """A network of two populations with a projection, which may change."""
    net = ann.Network(dt=0.5, seed=1)
    net.config(structural_plasticity=True, paradigm="interp", **config)
    a, b = rates(net, pre), net.create(post, ann.Neuron(equations="r = sum(exc)"))
    proj = net.connect(a, b, "exc", synapse)
    if matrix is None:
        proj.all_to_all(weights=1.0, delays=delays)
    else:
        proj.from_matrix([list(row) for row in matrix], delays=delays)
    return net, a, b, proj


# From Python


def test_a_created_synapse_has_its_weight_and_initial_values_and_takes_part():
    c = ann.Parameter(7.0, locality="local")
    synapse = ann.Synapse(parameters=dict(c=c), equations="age = age + 1 + 0*c : init = 2")
    net, a, b, proj = network(synapse)
    net.compile()
    a.x = [1.0, 10.0, 100.0]
    proj.c = [[1.0, 2.0], [3.0]]
    net.simulate(1.0)
    proj[0].create_synapse(1, w=2.0)
    assert proj.pre_ranks == [[0, 1, 2], [1]]
    assert proj.w == [[1.0, 2.0, 3.0], [5.0]]
    assert proj.age == [[4.0, 2.0, 4.0], [4.0]]
    assert proj.c == [[1.0, 7.0, 2.0], [3.0]]
    net.simulate(0.5)
    assert proj.age == [[5.0, 3.0, 5.0], [5.0]]
    assert b.r.tolist() == [321.0, 50.0]


def test_a_removed_synapse_is_gone_and_an_empty_dendrite_remains():
    net, a, b, proj = network()
    net.compile()
    a.x = [1.0, 10.0, 100.0]
    proj[1].prune_synapse(1)
    assert (proj.post_ranks, proj.pre_ranks, proj.w) == ([0, 1], [[0, 2], []], [[1.0, 3.0], []])
    assert (proj[1].size, proj.size, proj.nb_synapses) == (0, 2, 2)
    net.simulate(1.0)
    assert b.r.tolist() == [301.0, 0.0]
    proj[1].create_synapses([2, 0], weights=[4.0, 6.0])
    assert proj[1].pre_ranks == [0, 2]
    assert proj[1].w == [6.0, 4.0]


def test_all_synapses_may_go_and_come_back():
    net, a, b, proj = network()
    net.compile()
    a.x = 1.0
    for dendrite in proj:
        dendrite.prune_synapses(dendrite.pre_ranks)
    net.simulate(1.0)
    assert (proj.nb_synapses, b.r.tolist()) == (0, [0.0, 0.0])
    proj[0].create_synapse(0, 8.0)
    net.simulate(1.0)
    assert b.r.tolist() == [8.0, 0.0]


def test_a_full_projection_with_one_weight_can_be_edited():
    net, a, b, proj = network(matrix=None)
    net.compile()
    a.x = [1.0, 10.0, 100.0]
    net.simulate(0.5)
    assert proj.w == [[1.0] * 3] * 2
    proj[0].prune_synapse(1)
    proj[1].w = [1.0, 2.0, 3.0]
    net.simulate(1.0)
    assert b.r.tolist() == [101.0, 321.0]


def test_edits_that_cannot_be_raise_and_change_nothing():
    net, _, _, proj = network()
    net.compile()
    with pytest.raises(NNCError, match=r"neuron 2 to 0 .* already"):
        proj[0].create_synapses([1, 2], weights=1.0)
    with pytest.raises(NNCError, match="no synapse from neuron 1 to 0"):
        proj[0].prune_synapses([0, 1])
    with pytest.raises(NNCError, match="named twice"):
        proj[0].create_synapses([1, 1])
    with pytest.raises(NNCError, match="takes one number or 1, got 2"):
        proj[0].create_synapses([1], weights=[1.0, 2.0])
    with pytest.raises(NNCError):
        proj[0].create_synapse(17)
    assert proj.pre_ranks == [[0, 2], [1]]


def test_single_synapses_stay_what_they_are_while_others_change():
    net, _, _, proj = network()
    net.compile()
    synapse, removed = proj[0].synapse(2), proj[1].synapse(1)
    proj[0].create_synapse(1, 2.0)
    proj[1].prune_synapse(1)
    synapse.w = 9.0
    assert (synapse.w, proj[0].w) == (9.0, [1.0, 2.0, 9.0])
    with pytest.raises(NNCError, match="has been removed"):
        removed.get("w")


def test_structural_changes_need_the_setting_the_rule_and_a_compiled_network():
    net = ann.Network()
    a = rates(net, 2)
    proj = net.connect(a, a, "exc").all_to_all(1.0, allow_self_connections=True)
    with pytest.raises(NNCError, match="after compile"):
        proj.start_creating()
    net.compile()
    for call in (proj.start_creating, proj.stop_pruning, lambda: proj[0].prune_synapse(0)):
        with pytest.raises(NNCError, match="structural_plasticity=True"):
            call()
    with pytest.raises(NNCError, match="fixed by compile"):
        net.config(structural_plasticity=True)
    net, _, _, proj = network(ann.Synapse(pruning="w < 1"))
    net.compile()
    with pytest.raises(NNCError, match="no rule 'creating'"):
        proj.start_creating()
    with pytest.raises(NNCError, match="above zero"):
        proj.start_pruning(0.0)


def test_a_rule_switches_the_setting_on():
    net = ann.Network()
    a = rates(net, 2)
    proj = net.connect(a, a, "exc", ann.Synapse(pruning="w < 1.0")).all_to_all(1.0)
    net.compile()
    assert net.config_["structural_plasticity"] is True
    proj[0].prune_synapse(1)
    assert proj.pre_ranks == [[], [0]]


# Delays


def test_delays_that_are_all_the_same_stay_so():
    net, a, b, proj = network(delays=1.5)
    net.compile()
    with pytest.raises(NNCError, match=r"all delays are 1\.5 ms"):
        proj[0].create_synapse(1, 1.0, delay=1.0)
    proj[0].create_synapse(1, 1.0, delay=1.5)
    proj[1].create_synapse(0, 1.0)
    assert (proj.delay, proj.uniform_delay) == (1.5, 3)
    a.x = [0.0, 1.0, 0.0]
    net.simulate(2.0)
    assert b.r.tolist() == [1.0, 5.0]


@pytest.mark.parametrize(("kind", "read"), [("rate", "r"), ("spiking", "x")])
def test_a_delay_longer_than_all_others_makes_room_for_the_past(kind, read):
    net = ann.Network(dt=1.0)
    net.config(structural_plasticity=True, paradigm="interp")
    if kind == "rate":
        a, b = net.create(2, ann.Neuron(equations="r = t")), net.create(1, ann.Neuron(equations="r = sum(exc)"))
    else:
        a = net.create(2, ann.Neuron(equations="v = t", spike="v == 3.0 or v == 7.0"))
        b = net.create(1, ann.Neuron(equations="x = g_exc", spike="x > 1e9"))
    one = net.connect(a, b, "exc").from_matrix([[1.0, None]], delays=[[2.0, None]])
    two = net.connect(a, b, "exc").from_matrix([[10.0, 100.0]], delays=[[1.0, 3.0]])
    m = net.monitor(b, read)
    net.compile()
    net.simulate(5.0)
    two[0].prune_synapse(1)
    two[0].create_synapse(1, 1000.0, delay=5.0)
    net.simulate(8.0)

    def arriving(delay, k, oldest=0):
        """What the source sent that many steps before; further back than it was kept, the oldest that was."""
        sent = max(k - delay, oldest)
        return max(sent, 0) if kind == "rate" else int(k - delay in (3, 7))

    want = [arriving(2, k) + 10 * arriving(1, k) for k in range(13)]
    want = [w + (100 * arriving(3, k) if k < 5 else 1000 * arriving(5, k, oldest=1)) for k, w in enumerate(want)]
    assert m.get(read)[:, 0].tolist() == want
    assert (one.max_delay, two.max_delay) == (2, 5)


# Rules


def test_creations_come_before_removals_and_both_at_the_end_of_the_step():
    synapse = ann.Synapse(
        equations="age = age + 1 : init = 0",
        creating="pre.r > 0.5 : w = 4.0",
        pruning="pre.r > 5.0 or age > 2.0",
    )
    net, a, b, proj = network(synapse, matrix=((1.0, None, None), (None, 1.0, None)))
    net.compile()
    a.x = [0.0, 1.0, 10.0]
    proj.start_creating()
    proj.start_pruning()
    net.step()
    assert proj.pre_ranks == [[0, 1], [1]]
    assert proj.w == [[1.0, 4.0], [1.0]]
    assert proj.age == [[1.0, 0.0], [1.0]]
    assert b.r.tolist() == [0.0, 0.0]
    net.step()
    assert b.r.tolist() == [4.0, 1.0]
    net.step()
    assert proj.pre_ranks == [[1], []]
    assert proj.age == [[2.0], []]


def test_rules_are_tested_every_period_from_the_step_in_which_they_are_started():
    synapse = ann.Synapse(equations="n = n + 1", pruning="n > 0 : proba = 1.0", creating="t > -1.0")
    net, _, _, proj = network(synapse, matrix=((1.0, None, None), (None, None, None)))
    net.compile()
    counts = []
    net.simulate(1.0)
    proj.start_pruning(period=1.5)
    for _ in range(2):
        net.step()
        counts.append(proj.nb_synapses)
    proj.start_creating(period=2.0)
    for _ in range(9):
        net.step()
        counts.append(proj.nb_synapses)
    proj.stop_creating()
    proj.stop_pruning()
    net.simulate(5.0)
    # pruned in steps 2, 5, 8, 11; created in steps 4, 8, 12 (the created ones of step 8 have n = 0)
    assert counts == [0, 0, 3, 0, 0, 0, 3, 3, 3, 0, 3]
    assert proj.nb_synapses == 3


def test_a_condition_reads_neurons_constants_functions_and_the_time():
    synapse = ann.Synapse(
        parameters=dict(limit=3.0),
        functions="twice(x) = 2.0 * x",
        creating=ann.Creating("twice(pre.r) > THRESHOLD and post.r < limit and t >= 1.0", w=2.0),
    )
    net = ann.Network(dt=0.5)
    net.constant("THRESHOLD", 4.0)
    a, b = rates(net, 3), rates(net, 2)
    proj = net.connect(a, b, "exc", synapse).from_matrix([[1.0, None, None], [1.0, None, None]])
    net.compile()
    a.x, b.x = [0.0, 2.0, 3.0], [1.0, 5.0]
    proj.start_creating()
    net.simulate(1.0)
    assert proj.pre_ranks == [[0], [0]]
    net.step()
    assert proj.pre_ranks == [[0, 2], [0]]
    proj.limit = 9.0
    net.step()
    assert proj.pre_ranks == [[0, 2], [0, 2]]


@pytest.mark.parametrize(("selves", "expected"), [(False, [[1], [0], [0, 1]]), (True, [[0, 1], [0, 1], [0, 1]])])
def test_candidates_are_the_neurons_of_the_view_and_itself_only_where_allowed(selves, expected):
    net = ann.Network()
    a = rates(net, 4)
    synapse = ann.Synapse(creating="t >= 0.0", pruning="t < 0.0")
    proj = net.connect(a[:2], a[:3], "exc", synapse)
    proj.fixed_probability(1.0, weights=1.0, allow_self_connections=selves)
    net.compile()
    for dendrite in proj:
        dendrite.prune_synapses(dendrite.pre_ranks)
    proj.start_creating()
    net.step()
    assert proj.pre_ranks == expected


def test_proba_draws_anew_for_every_pair_and_test():
    synapse = ann.Synapse(creating="t >= 0.0 : proba = 0.25, w = Uniform(1.0, 2.0)", pruning="w > 0.0 : proba = 0.5")
    net = ann.Network(seed=4)
    a, b = rates(net, 100), rates(net, 100)
    proj = net.connect(a, b, "exc", synapse).one_to_one(0.5)
    net.compile()
    proj.start_creating()
    net.step()
    first = proj.connectivity_matrix() > 0.9
    assert 2200 < first.sum() < 2750
    weights = np.concatenate(proj.w)
    assert 1.4 < weights[weights != 0.5].mean() < 1.6
    net.step()
    second = (proj.connectivity_matrix() > 0.9) & ~first
    assert 0.22 < second.sum() / (9900 - first.sum()) < 0.28
    proj.stop_creating()
    proj.start_pruning()
    before = proj.nb_synapses
    net.step()
    assert 0.45 < proj.nb_synapses / before < 0.55


def test_created_synapses_may_have_delays_of_their_own():
    synapse = ann.Synapse(creating="t == 0.0 : w = 1.0, d = 3.0")
    net = ann.Network()
    a = net.create(2, ann.Neuron(equations="r = t"))
    b = net.create(1, ann.Neuron(equations="r = sum(exc)"))
    proj = net.connect(a, b, "exc", synapse).from_matrix([[10.0, None]])
    m = net.monitor(b, "r")
    net.compile()
    proj.start_creating()
    net.simulate(6.0)
    assert proj.delay == [[1.0, 3.0]]
    assert m.get("r")[:, 0].tolist() == [0.0, 0.0, 10.0, 20.0, 31.0, 42.0]
    bad = net_with_delay_of(ann.Normal(2.0, 1.0))
    with pytest.raises(NNCError, match="upper bound"):
        bad.compile()


def net_with_delay_of(delay):
    net = ann.Network()
    a = rates(net, 2)
    net.connect(a, a, "exc", ann.Synapse(creating=ann.Creating("t > 1", d=delay))).all_to_all(1.0)
    return net


def test_a_wrong_rule_is_an_error_of_the_model():
    net = ann.Network()
    a = rates(net, 2)
    with pytest.raises(DiagnosticError, match="N0601"):
        net.connect(a, a, "exc", ann.Synapse(creating="w > 1.0"))


# Monitors


@pytest.mark.filterwarnings("ignore:.*takes much memory")
def test_a_monitor_gives_rows_of_lists_once_synapses_change():
    net, _, _, proj = network(ann.Synapse(equations="n = n + 1"))
    m, d = net.monitor(proj, "n"), net.monitor(proj, "n")
    net.compile()
    m2 = net.monitor(proj[0], ["n", "w"])
    net.simulate(1.0)
    proj[0].create_synapse(1)
    net.simulate(0.5)
    assert m.get("n").tolist() == [[[1.0, 1.0], [1.0]], [[2.0, 2.0], [2.0]], [[3.0, 1.0, 3.0], [3.0]]]
    assert m2.get("n").tolist() == [[1.0, 1.0], [2.0, 2.0], [3.0, 1.0, 3.0]]
    net.simulate(0.5)
    assert m.get("n").tolist() == [[[4.0, 2.0, 4.0], [4.0]]]
    assert m2.get("n").tolist() == [[4.0, 2.0, 4.0]]
    assert len(d.get("n")) == 4


@pytest.mark.filterwarnings("ignore:.*takes much memory")
def test_the_row_of_a_step_is_that_after_its_changes():
    synapse = ann.Synapse(equations="n = n + 1", creating="t == 0.5 : w = 3.0", pruning="n > 3")
    net, _, _, proj = network(synapse, matrix=((1.0, None, None), (None, 2.0, None)))
    m = net.monitor(proj, "n")
    every_second = net.monitor(proj, "w", period=1.0)
    net.compile()
    proj.start_creating()
    proj.start_pruning()
    net.simulate(2.0)
    assert m.get("n").tolist() == [
        [[1.0], [1.0]],
        [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]],
        [[3.0, 1.0, 1.0], [1.0, 3.0, 1.0]],
        [[2.0, 2.0], [2.0, 2.0]],
    ]
    assert every_second.get("w").tolist() == [[[1.0], [2.0]], [[1.0, 3.0, 3.0], [3.0, 2.0, 3.0]]]
