"""Reading and changing delays."""

from __future__ import annotations

import numpy as np
import pytest

import nnc as ann
from nnc import NNCError

WEIGHTS = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
EACH = [[2.0, 1.0, 3.0], [0.5, 4.0, 1.5]]


def rates(target="llvm", **keys):
    net = ann.Network(dt=0.5)
    net.config(paradigm=target, num_threads=2 if target in ("llvm", "openmp") else 1)
    pre = net.create(3, ann.Neuron(parameters="k = 1.0", equations="r = k*t"))
    pre.k = np.array([1.0, 2.0, -3.0])
    post = net.create(2, ann.Neuron(equations="r = sum(exc)"))
    proj = net.connect(pre, post, "exc").from_matrix(WEIGHTS, **keys)
    return net, post, proj


def spikes(target="llvm", **keys):
    net = ann.Network(dt=0.5)
    net.config(paradigm=target, num_threads=2 if target in ("llvm", "openmp") else 1)
    pre = net.create(ann.SpikeSourceArray([[1.0, 4.0, 9.0], [2.0, 4.5, 8.0], [3.0, 3.5, 7.0]]))
    post = net.create(2, ann.Neuron(equations="r2 = g_exc", spike="r2 > 1000.0", reset="r2 = 0.0"))
    proj = net.connect(pre, post, "exc").from_matrix(WEIGHTS, **keys)
    return net, post, proj


def expected(delay, start, steps):
    """The sums of steps [start, start + steps), of `t` as it was a delay (a number, or a table) before."""
    k = np.array([1.0, 2.0, -3.0])
    lag = np.maximum(1, np.rint(np.broadcast_to(delay, (2, 3)) / 0.5)).astype(int)
    t = np.arange(start, start + steps)[:, None, None] - lag
    return (WEIGHTS * k * np.where(t >= 0, t * 0.5, 0.0)).sum(axis=2)


@pytest.mark.parametrize("target", ["interp", "llvm", "openmp"])
@pytest.mark.parametrize("first", [2.0, EACH])
def test_another_delay_is_that_of_the_next_step(target, first):
    net, post, proj = rates(target, delays=np.array(first) if isinstance(first, list) else first)
    m = net.monitor(post, "r")
    net.compile()
    assert proj.delay == first
    net.simulate(6.0)
    np.testing.assert_allclose(m.get("r"), expected(first, 0, 12), rtol=1e-14)
    second = [[1.0, 3.5, 0.5], [4.0, 4.0, 2.0]] if isinstance(first, list) else 1.0
    proj.delay = second
    assert proj.delay == second
    net.simulate(6.0)
    np.testing.assert_allclose(m.get("r"), expected(second, 12, 12), rtol=1e-14)
    proj.delay = third = 4.0  # enlarges a uniform delay, makes delays of their own all the same
    net.simulate(6.0)
    rows = m.get("r")
    np.testing.assert_allclose(rows[6:], expected(third, 30, 6), rtol=1e-14)
    if isinstance(first, list):
        np.testing.assert_allclose(rows, expected(third, 24, 12), rtol=1e-14)


@pytest.mark.parametrize("target", ["interp", "llvm", "openmp"])
def test_spikes_arrive_after_the_new_delay(target):
    net, post, proj = spikes(target, delays=2.0)
    m = net.monitor(post, "g_exc")
    net.compile()
    net.simulate(5.0)
    proj.delay = 5.0
    net.simulate(10.0)
    changed = m.get("g_exc")
    other, late, _ = spikes(target, delays=5.0)
    n = other.monitor(late, "g_exc")
    other.compile()
    other.simulate(15.0)
    # What was under way, fired in the 2 ms before the change, comes after 5 ms; what had arrived does not come again.
    np.testing.assert_array_equal(changed[15:], n.get("g_exc")[15:])
    assert not changed[10:15].any()


def test_a_delay_goes_down_to_one_step_and_up_again():
    net, post, proj = rates(delays=2.0)
    net.compile()
    proj.delay = 0.0
    assert (proj.delay, proj.uniform_delay, proj.max_delay) == (0.5, 1, 1)
    net.simulate(3.0)
    np.testing.assert_allclose(post.r, expected(0.5, 5, 1)[0], rtol=1e-14)
    proj.delay = 1.5
    net.simulate(3.0)
    np.testing.assert_allclose(post.r, expected(1.5, 11, 1)[0], rtol=1e-14)


def test_a_delay_assigned_before_compile_is_that_of_the_connector():
    net, post, proj = rates()
    proj.delay = 3.0
    assert proj.delay == 3.0
    net.compile()
    assert (proj.delay, proj.max_delay) == (3.0, 6)
    net.simulate(5.0)
    np.testing.assert_allclose(post.r, expected(3.0, 9, 1)[0], rtol=1e-14)
    net.reset(synapses=True, projections=True)
    assert proj.delay == 3.0


def test_what_cannot_be_a_delay_changes_nothing():
    net, _, proj = rates(delays=np.array(EACH))
    bare = net.connect(proj.pre, proj.post, "other")
    with pytest.raises(NNCError, match="not connected yet"):
        bare.delay = 2.0
    with pytest.raises(NNCError, match="one number"):
        proj.delay = EACH
    none = bare.all_to_all(weights=1.0)
    net.compile()
    for wrong, text in [
        (-1.0, "non-negative"),
        ([[1.0], [2.0]], "structure of the synapses"),
        ([1.0, 2.0], "structure of the synapses"),
        ([[1.0, 2.0, -3.0], [1.0, 1.0, 1.0]], "non-negative"),
        (5.0, "above its longest"),
        ("2.0", "delays are a number"),
    ]:
        with pytest.raises(NNCError, match=text):
            proj.delay = wrong
        assert proj.delay == EACH
    none.delay = 0.5
    with pytest.raises(NNCError, match="made without delays"):
        none.delay = 2.0
    with pytest.raises(NNCError, match="one delay"):
        none.delay = [[0.5] * 3, [0.5] * 3]


def test_a_changed_delay_is_in_files(tmp_path):
    def made():
        net, post, proj = rates(delays=2.0)
        net.compile()
        return net, post, proj

    net, post, proj = made()
    net.simulate(4.0)
    proj.delay = 5.0
    net.simulate(1.0)
    net.save(tmp_path / "state.npz")
    net.simulate(5.0)
    again, late, other = made()
    again.load(tmp_path / "state.npz")
    assert other.delay == 5.0
    again.simulate(5.0)
    np.testing.assert_array_equal(late.r, post.r)


def test_synapses_of_one_projection_are_drawn_anew():
    net = ann.Network(dt=0.5, seed=4)
    pre = net.create(30, ann.Neuron(equations="r = t"))
    post = net.create(20, ann.Neuron(equations="r = sum(a) + sum(b)"))
    first, second = (net.connect(pre, post, target) for target in "ab")
    for proj in (first, second):
        proj.fixed_probability(0.3, weights=ann.Uniform(0.0, 1.0), delays=ann.Uniform(1.0, 3.0))
    m = net.monitor(post, "r")
    net.compile()
    net.simulate(4.0)
    before, kept, r = first.pre_ranks, (second.pre_ranks, second.w), post.r
    first.reset(synapses=True)
    assert first.pre_ranks != before
    assert (second.pre_ranks, second.w) == kept
    assert net.time == 4.0
    np.testing.assert_array_equal(post.r, r)
    net.simulate(4.0)
    assert m.get("r").shape == (16, 20)
