"""A network of model level and its maps of step level mean the same as the equations, computed by hand in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from support.step_networks import STAGES, lowered, random_wires, read, run, spikes, state
from support.told_networks import ADD, network, told

from nnc.compiler.ir.interp import Connectivity

N = 40


@pytest.mark.parametrize("stage", [STAGES[0], STAGES[-1]])
def test_izhikevich_network_is_that_of_the_equations(stage: str) -> None:
    draw = np.random.default_rng(1)
    wires = random_wires(N, 0.3, 2, delays=3)
    weights = draw.uniform(-2.0, 8.0, len(wires.pre))
    c, offset = draw.uniform(-65.0, -50.0, N), draw.uniform(4.0, 15.0, N)
    module = lowered(read("izhikevich"), stage)
    start = state(module, N, {"proj0": wires}, pop0__a=0.02, pop0__b=0.2, pop0__c=c, pop0__d=8.0, pop0__refractory=1.5)
    start.fields["pop0.i_offset"][:], start.fields["pop0.v"][:], start.fields["pop0.u"][:] = offset, c, 0.2 * c
    start.fields["proj0.w"][:] = weights
    end = run(module, start, 120)

    v, u, hold, fired = c.copy(), 0.2 * c, np.zeros(N, int), []
    for k in range(120):
        g = np.zeros(N)
        if k >= 3:
            for pre in fired[k - 3]:
                np.add.at(g, wires.post[wires.pre == pre], weights[wires.pre == pre])
        dv = 0.04 * (v * v) + 5.0 * v + 140.0 - u + g + offset
        du = 0.02 * (0.2 * v - u)
        v, u = np.where(hold == 0, v + dv * 0.5, v), np.where(hold == 0, u + du * 0.5, u)
        now = (v > 30.0) & (hold == 0)
        v, u = np.where(now, c, v), np.where(now, u + 8.0, u)
        hold = np.where(now, 3, np.maximum(hold - 1, 0))
        fired.append(np.flatnonzero(now).tolist())
    assert sum(map(len, fired)) > 50
    assert spikes(end, 120) == fired
    np.testing.assert_allclose(end.fields["pop0.v"], v, rtol=1e-12)
    np.testing.assert_allclose(end.fields["pop0.u"], u, rtol=1e-12)


@pytest.mark.parametrize("stage", [STAGES[0], STAGES[-1]])
def test_conductance_network_is_that_of_the_equations(stage: str) -> None:
    draw = np.random.default_rng(3)
    exc, inh = random_wires(N, 0.2, 4, delays=np.array([5])), random_wires(N, 0.1, 5)
    v = draw.normal(-55.0, 5.0, N)
    weights = draw.uniform(0.0, 0.5, len(inh.pre))
    module = lowered(read("coba"), stage)
    start = state(module, N, {"proj0": exc, "proj1": inh}, pop0__tau=20.0, pop0__te=5.0, pop0__ti=10.0, pop0__v=v)
    start.fields["pop0.refractory"][:], start.fields["proj0.w"][:], start.fields["proj1.w"][:] = 0.3, 0.6, weights
    end = run(module, start, 200)

    ge, gi, hold, fired = np.zeros(N), np.zeros(N), np.zeros(N, int), []
    for k in range(200):
        for age in range(1, 6):
            for pre in fired[k - age] if k >= age else ():
                here = (exc.pre == pre) & (exc.each == age)
                np.add.at(ge, exc.post[here], 0.6)
        for pre in fired[k - 1] if k else ():
            np.add.at(gi, inh.post[inh.pre == pre], weights[inh.pre == pre])
        dv = (-60.0 - v - ge * v + gi * (-80.0 - v) + 20.0) * (0.1 / 20.0)
        v = np.where(hold == 0, v + dv, v)
        ge, gi = ge * np.exp(-0.1 / 5.0), gi * np.exp(-0.1 / 10.0)
        now = (v > -50.0) & (hold == 0)
        v, hold = np.where(now, -60.0, v), np.where(now, 3, np.maximum(hold - 1, 0))
        fired.append(np.flatnonzero(now).tolist())
    assert sum(map(len, fired)) > 50
    assert spikes(end, 200) == fired
    for name, value in (("v", v), ("g_exc", ge), ("g_inh", gi)):
        np.testing.assert_allclose(end.fields[f"pop0.{name}"], value, rtol=1e-10)


@pytest.mark.parametrize("stage", STAGES)
def test_rate_network_is_that_of_the_equations(stage: str) -> None:
    draw = np.random.default_rng(7)
    post, pre = np.nonzero(~np.eye(N, dtype=bool))
    dense, sparse = Connectivity(pre, post), random_wires(N, 0.3, 8, delays=np.array([4]))
    w0, w1 = draw.normal(0.0, 0.05, len(pre)), draw.normal(0.1, 0.1, len(sparse.pre))
    first = draw.random(N)
    module = lowered(read("rate").replace("%sigma = const 0.5", "%sigma = const 0.0"), stage)
    start = state(module, N, {"proj0": dense, "proj1": sparse}, pop0__tau=10.0, const__gain=1.5, pop0__r=first)
    start.fields["proj1.eta"][:], start.fields["proj0.w"][:], start.fields["proj1.w"][:] = 0.01, w0, w1
    start.fields["pop0.mean_r"][:] = first.mean()
    end = run(module, start, 30)

    v, theta, slow, past = np.zeros(N), np.zeros(N), 0.0, {k: first for k in range(-5, 0)}
    for k in range(30):
        total = np.zeros(N)
        np.add.at(total, post, w0 * past[k - 1][pre])
        psp = w1 * np.array([past[k - d][j] for j, d in zip(sparse.pre, sparse.each, strict=True)])
        for i in np.unique(sparse.post):
            total[i] += psp[sparse.post == i].max()
        slow += past[k - 1].mean()
        v = v + (1.5 * total - v) * 0.1
        past[k] = np.maximum(v, 0.0)
        theta = theta + past[k]
        seen = np.array([past[k - d + 1][j] for j, d in zip(sparse.pre, sparse.each, strict=True)])
        w1 = w1 + (past[k] - theta)[sparse.post] * seen * 0.01
    np.testing.assert_allclose(end.fields["pop0.v"], v, rtol=1e-9)
    np.testing.assert_allclose(end.fields["proj1.theta"], theta, rtol=1e-9)
    np.testing.assert_allclose(end.fields["proj1.w"], w1, rtol=1e-9)
    np.testing.assert_allclose(end.fields["pop0.slow"], slow, rtol=1e-9)


# A neuron that fires when it is told to, and what hangs on its spikes.


def test_a_spike_adds_its_weight_one_step_later_in_front_of_the_update() -> None:
    times = {"pop0": [2, 5]}
    for steps, v in ((3, 0.0), (4, 1.5), (6, 1.5), (7, 3.0)):
        assert told(network(ADD), times, steps, proj0__w=1.5).fields["pop1.v"] == [v]


PLASTIC = """
    model.state @w : f64[syn] local
    model.on_pre {
      %w = model.get @w : f64[syn]
      model.transmit add %w
      %c = const 100.0 : f64
      %w1 = arith.add %w, %c : f64[syn]
      model.set @w, %w1
    }
    model.on_post {
      %w = model.get @w : f64[syn]
      %c = const 10.0 : f64
      %w1 = arith.mul %w, %c : f64[syn]
      model.set @w, %w1
    }
    model.update local {
      %w = model.get @w : f64[syn]
      %dt = model.dt : f64
      %w1 = arith.add %w, %dt : f64[syn]
      model.set @w, %w1
    }
"""


def test_pre_events_then_equations_then_post_events() -> None:
    end = told(network(PLASTIC), {"pop0": [2], "pop1": [3]}, 4)
    assert end.fields["proj0.w"] == [((3.0 + 100.0) + 1.0) * 10.0]
    assert end.fields["pop1.v"] == [3.0]


@pytest.mark.parametrize(
    ("flags", "fields", "w"),
    [
        ("plasticity_flag", {}, 0.0),
        ("transmission_flag", {}, 0.0),
        ("can_disable", {}, 0.0),
        ("update_flag", {}, 1000.0),
        ("can_disable transmission_flag", {"pop1__enabled": True}, 0.0),
        ("can_disable transmission_flag", {"pop1__enabled": True, "proj0__transmission": True}, 1040.0),
        ("update_flag", {"proj0__update": True}, 1040.0),
        ("update_flag", {"proj0__update": True, "proj0__update.period": 2}, 1040.0),
        ("update_flag", {"proj0__update": True, "proj0__update.period": 4}, 1040.0),
        ("update_flag", {"proj0__update": True, "proj0__update.period": 3, "proj0__update.offset": 1}, 1030.0),
    ],
)
def test_flags_stop_what_they_should(flags: str, fields: dict[str, object], w: float) -> None:
    """Pre event in step 3, post event in step 3; equations in steps 0..3, in longer steps where they run rarely."""
    end = told(network(PLASTIC, flags=flags), {"pop0": [2], "pop1": [3]}, 4, **fields)
    assert end.fields["proj0.w"] == [w]


def test_a_disabled_population_is_silent_and_stands_still() -> None:
    text = network(ADD, flags="can_disable")
    on = told(text, {"pop0": [0], "pop1": [1]}, 3, proj0__w=1.0, pop1__enabled=True)
    off = told(text, {"pop0": [0], "pop1": [1]}, 3, proj0__w=1.0)
    assert (on.fields["pop1.v"], off.fields["pop1.v"]) == ([1.0], [0.0])
    assert (spikes(on, 3, "pop1.spikes"), spikes(off, 3, "pop1.spikes")) == ([[], [0], []], [[], [], []])


def test_several_targets_get_the_same_and_unused_ones_get_nothing() -> None:
    both = network(ADD, targets='"exc", "inh", "mod"')
    end = told(both, {"pop0": [0]}, 2, proj0__w=2.0)
    assert (end.fields["pop1.v"], end.fields["pop1.g_inh"]) == ([2.0], [2.0])
    assert not any("mod" in name for name in end.fields)


def test_each_target_is_changed_from_its_own_value() -> None:
    synapse = """
    model.on_pre {
      %g = model.get_target : f64[post]
      %c = const 2.0 : f64
      %x = arith.mul %g, %c : f64[post]
      model.transmit set %x
    }"""
    end = told(network(synapse, targets='"inh", "exc"'), {"pop0": [0]}, 2, pop1__g_inh=3.0, pop1__g_exc=0.5)
    assert end.fields["pop1.g_inh"] == [6.0]
    assert end.fields["pop1.v"] == [0.5]


def test_unless_post_compares_the_step_of_emission() -> None:
    synapse = """
    model.state @w : f64[syn] local
    model.on_pre {
      %w = model.get @w : f64[syn]
      %same = model.coincident : bool[syn]
      %one = const 1.0 : f64
      %x = arith.add %w, %one : f64[syn]
      %y = arith.select %same, %w, %x : f64[syn]
      model.set @w, %y
    }"""
    for delay, d in (("one", 1), ("uniform", 3), ("each", 3)):
        text = network(synapse, delay=delay)
        assert told(text, {"pop0": [2, 6], "pop1": [6]}, 11, d).fields["proj0.w"] == [1.0]
        assert told(text, {"pop0": [2, 6], "pop1": [7 if d > 1 else 5]}, 11, d).fields["proj0.w"] == [2.0]


TIMES = """
    model.state @a : f64[neuron] local
    model.state @b : f64[neuron] local
    model.stream @next : bool[neuron]
    model.update local { %x = model.last_spike : f64[neuron] model.set @a, %x }
    model.spike { %x = model.get @next : bool[neuron] yield %x }
    model.reset {
      %t = model.time : f64
      %x = model.last_spike : f64[neuron]
      %d = arith.sub %t, %x : f64[neuron]
      model.set @b, %d
    }
"""


def test_the_last_spike_is_the_previous_one_until_the_step_is_over() -> None:
    text = network("model.param @w : f64[syn] local", neuron=TIMES)
    first = told(text, {"pop1": [1, 4]}, 2)
    assert (first.fields["pop1.a"], first.fields["pop1.b"]) == ([-10000.0], [10001.0])
    second = told(text, {"pop1": [1, 4]}, 5)
    assert (second.fields["pop1.a"], second.fields["pop1.b"]) == ([1.0], [3.0])
