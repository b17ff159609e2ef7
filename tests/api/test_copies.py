"""Copies of objects in other networks: `add`, `get`, `everything`, `copy`."""

from __future__ import annotations

import numpy as np
import pytest

import nnc as ann
from nnc.runtime.networks.config import Config
from nnc.runtime.networks.registry import REGISTRY


@pytest.fixture(autouse=True)
def fresh_magic_network(monkeypatch):
    monkeypatch.setattr(REGISTRY, "template", Config())
    monkeypatch.setattr(REGISTRY, "magic", None)


def ramp(**kwargs):
    return ann.Population((2, 3), ann.Neuron(parameters="k = 2.0 : population", equations="r = k * t"), **kwargs)


def test_copies_are_independent_and_keep_the_shape_of_their_monitors():
    p = ramp(name="ramp")
    m = ann.Monitor(p, "r")
    s = ann.Population(1, ann.Neuron(equations="r = r + 1.0"), stop_condition="r > 4.5")
    n1 = ann.Network()
    n1.add([p, m])
    n1.get(p).k = 10.0
    n1.compile()
    n1.simulate(3.0)
    assert n1.get(m).get("r").shape == (3, 6)
    assert (n1.get(p).r[0, 0], n1.get_time(), n1.get(p).name) == (20.0, 3.0, "ramp")
    assert p.k == 2.0
    n2 = ann.Network(everything=True)
    n2.compile()
    assert n2.simulate_until(100.0, n2.get(s)) == 5.0
    assert n2.get_time() == 5.0


def test_declarations_are_copied_in_any_order_and_later_changes_are_not_seen():
    a, b = ramp(name="a"), ann.Population(4, ann.Neuron(parameters="k=1.0", equations="r = sum(exc)"), name="b")
    b.k = [1.0, 2.0, 3.0, 4.0]
    link = ann.Projection(a, b[1:3], "exc", name="link").all_to_all(weights=0.5, delays=2.0)
    net = ann.Network()
    net.add([link, b, a])
    b.k = 9.0
    net.compile()
    copy = net.get(link)
    assert (copy.name, copy.w, copy.delay, copy.post_ranks) == ("link", 0.5, 2.0, [1, 2])
    assert copy.pre is net.get(a)
    assert copy.post.population is net.get(b)
    assert net.get(b).k.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert not ann.magic_network().compiled


def test_the_state_is_never_copied():
    p = ramp()
    ann.compile()
    ann.simulate(3.0)
    p.k = 7.0
    net = ann.Network()
    net.add(p)
    net.compile()
    assert (net.get(p).r.sum(), net.get(p).k, net.time) == (0.0, 2.0, 0.0)
    assert p.r[0, 0] == 4.0


def test_random_parts_are_drawn_anew_and_arrays_are_the_same():
    p = ann.Population(50, ann.Neuron(parameters="k = 0.0\nc = 0.0", equations="r = k"))
    p.k = ann.Uniform(0.0, 1.0)
    p.c = np.arange(50.0)
    link = ann.Projection(p, p, "exc").fixed_probability(0.3, weights=ann.Uniform(0.0, 1.0))
    nets = [ann.Network(everything=True, seed=seed) for seed in (1, 2, 1)]
    for net in nets:
        net.compile()
    ks, links, cs = zip(*[(n.get(p).k, n.get(link).connectivity_matrix(), n.get(p).c) for n in nets], strict=True)
    assert (ks[0] != ks[1]).all()
    assert (links[0] != links[1]).any()
    assert (ks[0] == ks[2]).all()
    assert (links[0] == links[2]).all()
    assert all((c == np.arange(50.0)).all() for c in cs)


def test_get_finds_parts_and_own_objects():
    p = ramp()
    link = ann.Projection(p, p, "exc").all_to_all(weights=1.0)
    c = ann.Constant("c", 3.0)
    net = ann.Network(everything=True)
    net.compile()
    own = net.get(p)
    assert net.get(own) is own
    assert net.get([p, link]) == [own, net.get(link)]
    assert net.get(p[0:2]).population is own
    assert net.get(p[0:2]).ranks.tolist() == [0, 1]
    assert net.get(p[1, 2]).rank == 5
    assert net.get(net.get(link).dendrite(2)).post_rank == 2
    assert net.get(c).value == 3.0


def test_what_cannot_be_copied_or_found_is_named():
    p = ramp(name="a")
    link = ann.Projection(p, p, "exc", name="link").all_to_all(weights=1.0)
    m = ann.Monitor(p, "r", name="m")
    net = ann.Network()
    with pytest.raises(ann.NNCError, match="takes populations, projections and monitors"):
        net.add(p[0:2])
    with pytest.raises(ann.NNCError, match="'link' needs population 'a'"):
        net.add(link)
    with pytest.raises(ann.NNCError, match="'m' records is not in the network"):
        net.add([m])
    with pytest.raises(ann.NNCError, match="no copy of 'a'"):
        net.get(p)
    net.add(p)
    net.compile()
    with pytest.raises(ann.NNCError, match="before compile"):
        net.add(link)


def test_a_monitor_added_later_leaves_the_original_alone():
    p = ramp()
    m = ann.Monitor(p, "r")
    ann.compile()
    net = ann.Network()
    net.add(p)
    net.compile()
    net.add(m)
    ann.simulate(2.0)
    net.simulate(3.0)
    assert (m.get("r").shape, net.get(m).get("r").shape) == ((2, 6), (3, 6))


class Ramp(ann.Network):
    def __init__(self, size, k=2.0):
        self.p = self.create(size, ann.Neuron(parameters=dict(k=0.0), equations="r = k * t + Uniform(0.0, 1.0)"))
        self.p.k = k
        self.m = self.monitor(self.p, "r")


def test_copy_builds_by_the_constructor_with_the_same_settings():
    net = Ramp(4, k=3.0, dt=0.5, seed=7)
    net.config(num_threads=2)
    with pytest.raises(ann.NNCError, match="not compiled"):
        net.copy(4)
    net.compile()
    net.simulate(2.0)
    copy = net.copy(4)
    assert isinstance(copy, Ramp)
    assert (copy.p.k, copy.dt, copy.time, copy.config()["num_threads"]) == (2.0, 0.5, 0.0, 2)
    assert copy.seed != 7
    assert net.copy(4, seed=9).seed == 9


def noisy():
    net = ann.Network()
    net.create(4, ann.Neuron(equations="dr/dt = Uniform(0.0, 1.0)"))
    return net


@pytest.mark.parametrize(("make", "arguments"), [(lambda: Ramp(4, k=3.0), (4, 3.0)), (noisy, ())])
def test_copy_with_the_state_goes_on_alike(make, arguments):
    net = make()
    net.compile()
    net.simulate(5.0)
    copy = net.copy(*arguments, state=True)
    assert copy.time == 5.0
    net.simulate(3.0)
    copy.simulate(3.0)
    assert net["pop0"].r.tolist() == copy["pop0"].r.tolist()


def test_copies_of_a_plain_network_take_no_arguments():
    net = noisy()
    net.compile()
    with pytest.raises(TypeError, match="take no arguments"):
        net.copy(1)


def test_reset_of_a_filled_network_draws_new_noise():
    ann.Population(3, ann.Neuron(equations="r = Uniform(0.0, 1.0)"), name="x")
    net = ann.Network(everything=True)
    net.compile()
    net.simulate(1.0)
    first = net["x"].r
    net.reset()
    net.simulate(1.0)
    assert (first != net["x"].r).all()


def test_inputs_are_copied_and_start_anew():
    source = ann.SpikeSourceArray([[1.0, 3.0], [2.0]])
    table = ann.TimedArray([[1.0], [2.0], [3.0]])
    pop = ann.Population(2, ann.Neuron(equations="v = g_exc", spike="v > 100.0", reset="v = 0.0"))
    rate = ann.Population(1, ann.Neuron(equations="r = sum(exc)"))
    ann.Projection(source, pop, "exc").one_to_one(1.0)
    decoding = ann.DecodingProjection(source, rate, "exc", window=2.0).all_to_all(1.0)
    ann.compile()
    ann.simulate(2.0)
    net = ann.Network(everything=True)
    m = net.monitor(net.get(source), "spike")
    net.compile()
    net.simulate(5.0)
    assert m.get("spike") == {0: [1, 3], 1: [2]}
    assert net.get(table).r.tolist() == [3.0]
    assert net.get(decoding).window == 2.0
    assert ann.get_time() == 2.0
