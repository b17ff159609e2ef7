"""Delays: a delay of d steps is the record of the source, d steps later; rings only where they are needed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.step_networks import STAGES, lowered, read, run, spikes, state

from nnc.compiler.ir import step
from nnc.compiler.ir.interp import Connectivity
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.passes import load_pass
from nnc.compiler.passes.manager import Context


def relay(delay: str) -> str:
    """Izhikevich neurons with another kind of delay."""
    return read("izhikevich").replace("delay uniform", f"delay {delay}")


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 6), st.sampled_from(["uniform", "each"]))
def test_delay_shifts_the_spike_record(delay: int, kind: str) -> None:
    """Without an effect on the receiver's spikes, arrivals of delay d are those of delay 1, d - 1 steps later."""

    def record(steps: int) -> list[list[float]]:
        module = lowered(relay(kind))
        n = 3
        wires = Connectivity(np.array([0, 0, 1]), np.array([1, 2, 2]), delay if steps else 1)
        start = state(module, n, {"proj0": wires}, pop0__a=0.02, pop0__b=0.2, pop0__c=-65.0, pop0__d=8.0)
        start.fields["pop0.v"][:], start.fields["pop0.u"][:] = -65.0, -13.0
        start.fields["pop0.i_offset"][:] = [30.0, 20.0, 0.0]
        start.fields["proj0.w"][:] = 1e-9
        seen: list[list[float]] = []
        from nnc.compiler.ir.interp import run_step

        run_step(
            module,
            start,
            0,
            60,
            lambda op, k, s: seen.append(s.fields["pop0.g_exc"].tolist()) if op.when == "targets" else None,
        )
        return seen

    late, prompt = record(1), record(0)
    assert any(any(row) for row in prompt)
    assert late[delay - 1 :] == prompt[: len(prompt) - delay + 1]


def ramp(delay: str) -> str:
    """One neuron whose value is the number of the step, read by psp and by the synapse's equation."""
    return f"""module @net dt = 1.0 {{
  model.neuron @pop0.model rate {{
    model.state @r : f64[neuron] local
    model.state @in : f64[neuron] local
    model.update local {{
      %t = model.time : f64
      model.set @r, %t
      %s = model.sum "exc" : f64[neuron]
      model.set @in, %s
    }}
  }}
  model.synapse @proj0.model rate {{
    model.state @x : f64[syn] local
    model.update local {{ %r = model.get @r of pre : f64[pre] model.set @x, %r }}
    model.psp {{ %r = model.get @r of pre : f64[pre] yield %r }}
  }}
  model.population @pop0 : @pop0.model targets ["exc"]
  model.projection @proj0 : @proj0.model from @pop0 to @pop0 targets ["exc"] delay {delay} index i32
}}"""


@pytest.mark.parametrize("upto", ["instantiate", "choose-propagation"])
@pytest.mark.parametrize(("kind", "delay"), [("one", 1), ("uniform", 1), ("uniform", 4), ("each", 3)])
def test_psp_sees_delay_steps_back_and_equations_one_less(kind: str, delay: int, upto: str) -> None:
    module = lowered(ramp(kind), upto)
    for k in range(8):
        end = run(module, state(module, 1, {"proj0": Connectivity([0], [0], delay)}, pop0__r=-1.0), k + 1)
        assert end.fields["pop0.in"] == [max(k - delay, -1)]
        assert end.fields["proj0.x"] == [max(k - delay + 1, -1)]


def test_global_attributes_of_the_pre_population_are_delayed_too() -> None:
    text = (
        ramp("each")
        .replace("@r : f64[neuron] local", "@r : f64 global")
        .replace("@r of pre : f64[pre]", "@r of pre : f64")
    )
    text = text.replace("model.set @r, %t", "").replace(
        "model.update local {\n      %t = model.time : f64",
        "model.update global { %t = model.time : f64 model.set @r, %t }\n    model.update local {",
    )
    module = lowered(text)
    end = run(module, state(module, 1, {"proj0": Connectivity([0], [0], 2)}), 6)
    assert (end.fields["pop0.in"], end.fields["proj0.x"]) == ([3.0], [4.0])


def test_rings_exist_only_for_what_is_read_late() -> None:
    assert not list(lowered(ramp("one")).find(step.Ring))
    module = lowered(ramp("uniform"))
    assert [str(op.sym) for op in module.find(step.Ring)] == ["pop0.r.past"]
    assert len(list(module.find(step.Push))) == 1
    assert not list(lowered(relay("each")).find(step.Ring))


def test_spikes_of_a_source_arrive_after_each_delay() -> None:
    module = lowered(relay("each"))
    wires = Connectivity(np.array([0, 0]), np.array([1, 2]), np.array([1, 4]))
    start = state(module, 3, {"proj0": wires}, pop0__a=0.02, pop0__b=0.2, pop0__c=-65.0, pop0__d=8.0, pop0__v=-65.0)
    start.fields["pop0.u"][:], start.fields["proj0.w"][:] = -13.0, 500.0
    start.fields["pop0.v"][0] = 31.0
    end = run(module, start, 6)
    fired = {neuron: k for k, row in enumerate(spikes(end, 6)) for neuron in row}
    assert (fired[1] - fired[0], fired[2] - fired[0]) == (1, 4)


GAP = """
module @net dt = 1.0 {
  step.neurons @pop0
  step.field @pop0.g_exc : f64[neuron] state
  step.field @pop0.v : f64[neuron] state
  step.synapses @proj0 from @pop0 to @pop0 rate as auto delay one index i32
  step.synapses @proj1 from @pop0 to @pop0 rate as auto delay one index i32
  step.map @map.proj0.psp over synapses in @proj0 phase 1 {
    %one = const 1.0 : f64
    step.accumulate add @pop0.g_exc, %one
  }
  step.map @map.proj1.psp over synapses in @proj1 phase 1 {
    %g = step.delayed_read @pop0.g_exc in @proj1 : f64[pre]
    step.accumulate add @pop0.v, %g
  }
}
"""


@pytest.mark.parametrize("upto", ["instantiate", STAGES[-1]])
def test_psp_sees_of_its_pre_neuron_what_earlier_projections_have_not_changed_yet(upto: str) -> None:
    text, n, steps = GAP, 3, 4
    module = parse_module(text)
    for name in STAGES[1 : STAGES.index(upto) + 1]:
        load_pass(name)().run(module, Context())
    wires = Connectivity(np.arange(n), np.arange(n))
    end = run(module, state(module, n, {"proj0": wires, "proj1": wires}), steps)
    assert end.fields["pop0.g_exc"].tolist() == [4.0] * n
    assert end.fields["pop0.v"].tolist() == [0.0 + 1.0 + 2.0 + 3.0] * n
