"""Switching learning on, off, and to a rhythm of its own."""

import pytest

import nnc as ann
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY

COUNTING = dict(parameters="eta = 1.0 : projection", equations="w += eta")
GROWING = dict(equations="dw/dt = 1.0")


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)


def network(dt=1.0, model=COUNTING, compiled=True):
    net = ann.Network(dt=dt)
    p = net.create(2, ann.Neuron(equations="r = t"))
    q = net.connect(p, p, "exc", ann.Synapse(**model)).one_to_one(0.0, force_multiple_weights=True)
    if compiled:
        net.compile()
    return net, q


def weight(q):
    return q.w[0][0]


def course(net, q, steps):
    """The weight after each step."""
    found = []
    for _ in range(steps):
        net.step()
        found.append(weight(q))
    return found


def test_learning_stops_and_goes_on():
    net, q = network()
    assert course(net, q, 2) == [1.0, 2.0]
    net.disable_learning()
    assert course(net, q, 2) == [2.0, 2.0]
    net.enable_learning([q])
    assert course(net, q, 2) == [3.0, 4.0]


@pytest.mark.parametrize(
    ("offset", "expected"),
    [(None, [1, 1, 1, 2, 2, 2, 3]), (1.0, [0, 1, 1, 1, 2, 2, 2]), (-1.0, [0, 0, 1, 1, 1, 2, 2])],
)
def test_equations_are_evaluated_once_per_period_from_now_on(offset, expected):
    net, q = network()
    net.disable_learning()
    net.simulate(4.0)
    q.enable_learning(period=3.0, offset=offset)
    assert course(net, q, 7) == expected
    q.enable_learning()
    assert course(net, q, 2) == [expected[-1] + 1, expected[-1] + 2]


def test_the_step_of_differential_equations_is_the_period():
    net, q = network(dt=0.5, model=GROWING)
    q.enable_learning(period=2.0)
    net.simulate(8.0)
    assert weight(q) == 8.0
    q.disable_learning()
    net.simulate(4.0)
    assert weight(q) == 8.0


def test_a_period_survives_a_new_program_and_a_reset():
    net, q = network()
    q.enable_learning(period=2.0)
    q.transmission = False
    q.transmission = True
    assert course(net, q, 4) == [1.0, 1.0, 2.0, 2.0]
    net.reset()
    assert course(net, q, 3) == [3.0, 3.0, 4.0]


def test_before_compile_switches_hold_from_the_start_with_a_warning():
    net, q = network(compiled=False)
    with pytest.warns(ann.NNCWarning, match="before compile"):
        q.enable_learning(period=2.0, offset=1.0)
    net.compile()
    assert course(net, q, 4) == [0.0, 1.0, 1.0, 2.0]
    net, q = network(compiled=False)
    with pytest.warns(ann.NNCWarning, match="before compile"):
        net.disable_learning()
    net.compile()
    assert course(net, q, 2) == [0.0, 0.0]


def test_spiking_projections_lose_plasticity_only():
    net = ann.Network()
    p = net.create(1, ann.Neuron(equations="v = v + g_exc", spike="v > -1"))
    s = ann.Synapse(parameters="x = 0.0", equations="y = y + 1", pre_spike="g_target += w; w += 1")
    q = net.connect(p, p, "exc", s).all_to_all(1.0, allow_self_connections=True)
    net.compile()
    q.disable_learning()
    net.simulate(4.0)
    assert (q.y[0][0], q.w[0][0]) == (4.0, 1.0)
    assert (q.update, q.plasticity) == (True, False)
    assert p.v[0] == 3.0


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        (dict(offset=1.0), "needs a period"),
        (dict(period=2.0, offset=2.0), "must be below"),
        (dict(period=0.0), "above zero"),
        (dict(period="2"), "above zero"),
    ],
)
def test_impossible_rhythms_are_refused(keywords, text):
    net, _ = network()
    with pytest.raises(ann.ANNarchyException, match=text):
        net.enable_learning(**keywords)
