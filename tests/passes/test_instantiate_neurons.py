"""Stop conditions, firing rates, refractoriness and axonal events as maps."""

from __future__ import annotations

import pytest
from support.step_networks import lowered, spikes
from support.told_networks import ADD, SOURCE, network, told

from nnc.compiler.diagnostics import DiagnosticError

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


def test_names_that_nnc_needs_are_refused() -> None:
    neuron = REFRACTORY.replace("@count", "@hold")
    with pytest.raises(DiagnosticError, match=r"N0203.*'hold'"):
        lowered(network(ADD, neuron=neuron))
