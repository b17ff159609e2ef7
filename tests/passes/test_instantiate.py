"""A network of model level and its maps of step level mean the same as the equations, computed by hand in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from support.step_networks import STAGES, TEXTS, lowered, random_wires, read, run, spikes, state

from nnc.compiler.diagnostics import DiagnosticError
from nnc.compiler.ir import step
from nnc.compiler.ir.interp import Connectivity
from nnc.compiler.ir.printer import print_module

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

SOURCE = """
  model.neuron @pop0.model spiking {
    model.stream @next : bool[neuron]
    model.spike { %x = model.get @next : bool[neuron] yield %x }
  }
"""


def network(synapse: str, *, flags: str = "", delay: str = "one", neuron: str = "", targets: str = '"exc"') -> str:
    """A source and one neuron that adds up what it gets."""
    neuron = (
        neuron
        or """
    model.state @v : f64[neuron] local
    model.state @g_exc : f64[neuron] local
    model.state @g_inh : f64[neuron] local
    model.stream @next : bool[neuron]
    model.update local {
      %v = model.get @v : f64[neuron]
      %g = model.get @g_exc : f64[neuron]
      %x = arith.add %v, %g : f64[neuron]
      model.set @v, %x
      %zero = const 0.0 : f64
      model.set @g_exc, %zero
    }
    model.spike { %x = model.get @next : bool[neuron] yield %x }
    """
    )
    return f"""module @net dt = 1.0 {{ {SOURCE}
  model.neuron @pop1.model spiking {{ {neuron} }}
  model.synapse @proj0.model spiking {{ {synapse} }}
  model.population @pop0 : @pop0.model targets []
  model.population @pop1 : @pop1.model targets ["exc", "inh"] {"can_disable" if "can_disable" in flags else ""}
  model.projection @proj0 : @proj0.model from @pop0 to @pop1 targets [{targets}] delay {delay} index i32
    {flags.replace("can_disable", "")}
}}"""


def told(text: str, times: dict[str, list[int]], steps: int, delays: int = 1, upto: str = STAGES[-1], **fields: object):  # type: ignore[no-untyped-def]
    """The state after some steps of one source and one neuron, each told when to fire."""
    module = lowered(text, upto)
    start = state(module, 1, {"proj0": Connectivity([0], [0], delays)}, **fields)  # type: ignore[arg-type]
    for name, at in times.items():
        start.past[f"{name}.next.ahead"] = {k: np.array([k in at]) for k in range(-1, steps)}
    return run(module, start, steps)


ADD = "model.param @w : f64[syn] local model.on_pre { %w = model.get @w : f64[syn] model.transmit add %w }"


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


STOPS = """
    model.state @v : f64[neuron] local
    model.update local {{ %v = model.get @v : f64[neuron] %1 = const 1.0 : f64 %x = arith.add %v, %1 : f64[neuron]
      model.set @v, %x }}
    model.stream @next : bool[neuron]
    model.spike {{ %x = model.get @next : bool[neuron] yield %x }}
    model.stop any {{ {condition} yield %c }}
"""
AT_4 = "%v = model.get @v : f64[neuron] %4 = const 4.0 : f64 %c = arith.cmp ge %v, %4 : bool[neuron]"
AFTER_4 = "%t = model.time : f64 %4 = const 4.0 : f64 %x = arith.cmp ge %t, %4 : bool "
AFTER_4 += "%c = arith.broadcast %x : bool[neuron]"


@pytest.mark.parametrize(
    ("condition", "steps"), [(AT_4, 4), (AFTER_4, 4), ("%c = model.spiked : bool[neuron]", 6)], ids=["v", "t", "spiked"]
)
@pytest.mark.parametrize("watched", [True, False])
def test_a_condition_that_is_watched_ends_the_run_after_the_step(condition: str, steps: int, watched: bool) -> None:
    text = network("model.param @w : f64[syn] local", neuron=STOPS.format(condition=condition))
    end = told(text, {"pop1": [5]}, 9, **{"pop1__stop.watched": watched})
    assert end.fields["pop1.v"] == [steps if watched else 9]


@pytest.mark.parametrize("declared", ["state @r : f64[neuron]", "param @r : f64"])
def test_mean_firing_rate_counts_the_window(declared: str) -> None:
    neuron = f"""
    model.{declared} local
    model.stream @next : bool[neuron]
    model.spike {{ %x = model.get @next : bool[neuron] yield %x }}
    """
    text = network("model.param @w : f64[syn] local", neuron=neuron).replace('"inh"]', '"inh"] rate_window')
    seen = [
        told(text, {"pop1": [1, 3, 5]}, k, **{"pop1__rate.window": 4, "pop1__rate.scale": 250.0}).fields["pop1.r"][0]
        for k in range(1, 10)
    ]
    assert seen == [0.0, 250.0, 250.0, 500.0, 500.0, 500.0, 500.0, 250.0, 250.0]


def test_mean_firing_rates_over_further_windows_share_the_past() -> None:
    neuron = """
    model.state @wide : f64[neuron] local
    model.state @narrow : f64[neuron] local
    model.stream @next : bool[neuron]
    model.spike { %x = model.get @next : bool[neuron] yield %x }
    """
    text = network("model.param @w : f64[syn] local", neuron=neuron)
    text = text.replace('"inh"]', '"inh"] windows ["wide", "narrow"]')
    sizes = {"pop1__wide.window": 4, "pop1__wide.scale": 1.0, "pop1__narrow.window": 1, "pop1__narrow.scale": 1.0}
    fields = [told(text, {"pop1": [1, 3, 5]}, k, **sizes).fields for k in range(1, 10)]
    assert [f["pop1.wide"][0] for f in fields] == [0, 1, 1, 2, 2, 2, 2, 1, 1]
    assert [f["pop1.narrow"][0] for f in fields] == [0, 1, 0, 1, 0, 1, 0, 0, 0]


REFRACTORY = """
    model.state @v : f64[neuron] local
    model.state @g_exc : f64[neuron] local
    model.state @rf : f64[neuron] local
    model.state @count : i32[neuron] local
    model.update local {
      %one = const 1.0 : f64
      %v = model.get @v : f64[neuron]
      %x = arith.add %v, %one : f64[neuron]
      model.set @v, %x
      %low = const 0.25 : f64
      %now = model.get @v : f64[neuron]
      %clamped = arith.max %now, %low : f64[neuron]
      model.set @v, %clamped always
      %g = model.get @g_exc : f64[neuron]
      %y = arith.add %g, %one : f64[neuron]
      model.set @g_exc, %y
      %two = const 2.0 : f64
      model.set @rf, %two
    }
    model.spike {
      %v = model.get @v : f64[neuron]
      %limit = const 1.5 : f64
      %fired = arith.cmp gt %v, %limit : bool[neuron]
      yield %fired
    }
    model.reset {
      %low = const -1.0 : f64
      model.set @v, %low
      %period = const 3.0 : f64
      model.set @rf, %period
    }
    model.refractory { %ms = model.get @rf : f64[neuron] yield %ms }
"""


def test_refractory_neurons_keep_all_but_conductances_and_clamps() -> None:
    text = network("model.param @w : f64[syn] local", neuron=REFRACTORY)
    seen = [told(text, {}, k).fields["pop1.v"][0] for k in range(1, 9)]
    assert seen == [1.0, -1.0, 0.25, 0.25, 0.25, 1.25, -1.0, 0.25]
    end = told(text, {}, 5)
    assert (end.fields["pop1.g_exc"], end.fields["pop1.rf"]) == ([5.0], [3.0])


AXON = """
    model.state @v : f64[neuron] local
    model.state @n : i32[neuron] local
    model.update local {
      %v = model.get @v : f64[neuron]
      %one = const 1.0 : f64
      %x = arith.add %v, %one : f64[neuron]
      model.set @v, %x
    }
    model.spike {
      %v = model.get @v : f64[neuron]
      %limit = const 2.5 : f64
      %x = arith.cmp gt %v, %limit : bool[neuron]
      yield %x
    }
    model.reset { %low = const -1.0 : f64 model.set @v, %low }
    model.axon_spike {
      %v = model.get @v : f64[neuron]
      %one = const 1.0 : f64
      %x = arith.cmp eq %v, %one : bool[neuron]
      %zero = const 0.0 : f64
      %y = arith.cmp lt %v, %zero : bool[neuron]
      %z = arith.or %x, %y : bool[neuron]
      yield %z
    }
    model.axon_reset {
      %n = model.get @n : i32[neuron]
      %real = arith.cast %n : f64[neuron]
      %c = const 1.9 : f64
      %x = arith.add %real, %c : f64[neuron]
      %cut = arith.cast %x : i32[neuron]
      model.set @n, %cut
    }
"""


def test_axonal_events_are_tested_behind_the_reset_and_arrive_after_one_step() -> None:
    synapse = "model.on_axon { %one = const 1.0 : f64 model.transmit add %one }"
    text = network(synapse, delay="uniform").replace(SOURCE, f"model.neuron @pop0.model spiking {{ {AXON} }}")
    end = told(text, {}, 6, 4)
    assert spikes(end, 6) == [[], [], [0], [], [], []]
    assert spikes(end, 6, "pop0.axon") == [[0], [], [0], [], [0], []]
    assert end.fields["pop0.n"] == [3]
    assert [told(text, {}, k, 4).fields["pop1.v"][0] for k in range(1, 7)] == [0.0, 1.0, 1.0, 2.0, 2.0, 3.0]


def test_reductions_are_those_of_the_end_of_the_step() -> None:
    kinds = {"mean": 0.5, "max": 4.0, "min": -3.0, "norm1": 8.0, "norm2": np.sqrt(26.0)}
    code = "\n".join(
        f"%{k} = model.reduce {k} @x : f64 %b{k} = model.get @{k} : f64[neuron]"
        f" %z{k} = arith.mul %b{k}, %zero : f64[neuron]"
        f" %s{k} = arith.add %z{k}, %{k} : f64[neuron] model.set @{k}, %s{k}"
        for k in kinds
    )
    states = "\n".join(f"model.state @{k} : f64[neuron] local" for k in kinds)
    text = f"""module @net dt = 1.0 {{
      model.neuron @pop0.model rate {{
        model.state @x : f64[neuron] local {states}
        model.update local {{
          %zero = const 0.0 : f64 {code}
          %x = model.get @x : f64[neuron] %y = arith.neg %x : f64[neuron] model.set @x, %y
        }}
      }}
      model.population @pop0 : @pop0.model targets []
    }}"""
    module = lowered(text)
    start = state(module, 4, {}, pop0__x=[1.0, -3.0, 4.0, 0.0])
    first = run(module, start, 1)
    assert [float(first.fields[f"pop0.{k}_x"][0]) for k in kinds] == [-0.5, 3.0, -4.0, 8.0, np.sqrt(26.0)]
    assert not first.fields["pop0.mean"].any()
    second = run(module, state(module, 4, {}, pop0__x=[-1.0, 3.0, -4.0, 0.0]), 2)
    assert [float(second.fields[f"pop0.{k}"][2]) for k in kinds] == pytest.approx(list(kinds.values()))


@pytest.mark.parametrize(("delay", "d"), [("one", 1), ("uniform", 2), ("each", 3)])
def test_sums_in_psp_are_those_of_the_step_before_and_of_all_targets(delay: str, d: int) -> None:
    text = f"""module @net dt = 1.0 {{
      model.neuron @pop0.model rate {{
        model.state @r : f64[neuron] local
        model.update local {{ %s = model.sum "" : f64[neuron] model.set @r, %s }}
      }}
      model.synapse @proj0.model rate {{ model.psp {{ %t = model.time : f64 yield %t }} }}
      model.synapse @proj1.model rate {{
        model.psp {{
          %a = model.sum "a" of pre : f64[pre]
          %b = model.sum "a" of post : f64[post]
          %c = const 1000.0 : f64
          %x = arith.mul %a, %c : f64[pre]
          %y = arith.add %x, %b : f64[syn]
          yield %y
        }}
      }}
      model.population @pop0 : @pop0.model targets ["a", "b"]
      model.projection @proj0 : @proj0.model from @pop0 to @pop0 targets ["a"] delay one index i32
      model.projection @proj1 : @proj1.model from @pop0 to @pop0 targets ["b"] delay {delay} index i32
    }}"""
    module = lowered(text)
    wires = {"proj0": Connectivity([0], [0]), "proj1": Connectivity([0], [0], d)}
    end = run(module, state(module, 1, wires), 8)
    assert end.fields["pop0.sum_a"] == [7.0]
    assert end.fields["pop0.r"] == [7.0 + 1000.0 * (7 - d) + 6.0]


def test_an_event_may_not_change_what_is_shared() -> None:
    synapse = "model.state @x : f64 global model.on_pre { %x = model.get @x : f64 model.set @x, %x }"
    with pytest.raises(DiagnosticError, match=r"N0305.*one value for the whole projection"):
        lowered(network(synapse))


def test_names_that_nnc_needs_are_refused() -> None:
    neuron = REFRACTORY.replace("@count", "@hold")
    with pytest.raises(DiagnosticError, match=r"N0203.*'hold'"):
        lowered(network(ADD, neuron=neuron))


@pytest.mark.parametrize("name", ["izhikevich", "coba", "rate"])
def test_texts(name: str) -> None:
    """The second part of each text is what becomes of the first."""
    expected = (TEXTS / f"{name}.ir").read_text(encoding="utf-8").partition("// -----\n")[2]
    assert print_module(lowered(read(name))) == expected


@pytest.mark.parametrize("name", ["izhikevich", "coba", "rate"])
def test_a_map_reads_a_field_once_and_writes_it_once_at_the_end(name: str) -> None:
    for map in lowered(read(name)).find(step.Map):
        reads = [(op.field, op.result.type) for op in map.find(step.Read)]
        writes = [op.field for op in map.find(step.Write)]
        assert len(reads) == len(set(reads))
        assert len(writes) == len(set(writes))
        assert [op for op in map.body.ops if isinstance(op, step.Write)] == map.body.ops[
            len(map.body.ops) - len(writes) :
        ]
