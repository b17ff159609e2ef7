"""Executing step-level modules: maps by domain, order of events and sums, delays, draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnc.compiler.diagnostics import Source
from nnc.compiler.ir import stencil
from nnc.compiler.ir.interp import Connectivity, StepState, run_step
from nnc.compiler.ir.interp_draws import draws
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.types import DType

HEAD = """
module @test {
  step.neurons @pop0
  step.synapses @proj0 from @pop0 to @pop0 spiking as auto FACTS delay one index i32
  step.field @pop0.v : f64[neuron] state
  step.field @pop0.g : f64[neuron] state
  step.field @pop0.mean : f64 state
  step.field @pop0.on : bool state
  step.field @proj0.w : f64[syn] state
  step.events @pop0.spikes of @pop0
"""
N = 70


def module_of(body: str, facts: str = "") -> Any:
    text = HEAD.replace("FACTS", facts) + body + "}\n"
    return parse_module(text, Source(text, what="IR"))


def random_wires(seed: int = 1, delays: Any = 1) -> Connectivity:
    post, pre = np.nonzero(np.random.default_rng(seed).random((N, N)) < 0.5)
    return Connectivity(pre, post, delays)


def state_of(wires: Connectivity) -> StepState:
    rng = np.random.default_rng(2)
    fields = {
        "pop0.v": rng.random(N),
        "pop0.g": np.zeros(N),
        "pop0.mean": np.zeros(1),
        "pop0.on": np.ones(1, bool),
        "proj0.w": rng.random(len(wires.pre)),
    }
    return StepState(fields, {"pop0.n": N}, {"proj0": wires}, seed=5)


PROPAGATE = """
  step.map @proj0.on_pre over spikes in @proj0 phase 1 of @pop0.spikes {
    %w = step.read @proj0.w : f64[syn]
    step.accumulate add @pop0.g, %w
    %c = const 0.5 : f64
    %x = arith.mul %w, %c : f64[syn]
    step.write @proj0.w, %x
  }
"""
FIRE = """
  step.map @pop0.update over neurons in @pop0 phase 4 {
    %v = step.read @pop0.v : f64[neuron]
    %c = const 0.5 : f64
    %f = arith.cmp gt %v, %c : bool[neuron]
    step.emit @pop0.spikes if %f
    %one = const 1.0 : f64
    %x = arith.sub %one, %v : f64[neuron]
    step.write @pop0.v, %x
  }
"""


def test_events_are_taken_by_ascending_pre_neuron() -> None:
    wires = random_wires()
    state = state_of(wires)
    fired = np.flatnonzero(state.fields["pop0.v"] > 0.5)
    w, g = state.fields["proj0.w"].copy(), np.zeros(N)
    run_step(module_of(PROPAGATE + FIRE), state, 0, 2)
    for pre in fired:
        for s in np.flatnonzero(wires.pre == pre):
            g[wires.post[s]] += w[s]
            w[s] *= 0.5
    np.testing.assert_array_equal(state.fields["pop0.g"], g)
    np.testing.assert_array_equal(state.fields["proj0.w"], w)


@pytest.mark.parametrize("delay", [1, 2, 5])
def test_a_delay_shifts_the_arrival(delay: int) -> None:
    state = state_of(random_wires(delays=delay))
    arrived = []
    module = module_of(PROPAGATE + FIRE)
    for k in range(8):
        before = state.fields["pop0.g"].copy()
        run_step(module, state, k, k + 1)
        arrived.append(not np.array_equal(before, state.fields["pop0.g"]))
    assert arrived.index(True) == delay


def test_delays_of_synapses_are_their_own() -> None:
    wires = random_wires(delays=0)
    wires.delays = 1 + (np.arange(len(wires.pre)) % 3)
    state = state_of(wires)
    w = state.fields["proj0.w"].copy()
    fired = state.fields["pop0.v"] > 0.5
    run_step(module_of(PROPAGATE + FIRE), state, 0, 2)
    first = np.zeros(N)
    chosen = fired[wires.pre] & (wires.delays == 1)
    np.add.at(first, wires.post[chosen], w[chosen])
    np.testing.assert_allclose(state.fields["pop0.g"], first)


def test_back_spikes_reach_the_synapses_of_the_neurons_that_fired() -> None:
    wires = random_wires()
    state = state_of(wires)
    fired = state.fields["pop0.v"] > 0.5
    w = state.fields["proj0.w"].copy()
    module = module_of(
        FIRE
        + """
  step.map @proj0.on_post over back_spikes in @proj0 phase 8 of @pop0.spikes {
    %x = step.read @pop0.v : f64[pre]
    step.write @proj0.w, %x
  }
"""
    )
    run_step(module, state, 0, 1)
    np.testing.assert_array_equal(
        state.fields["proj0.w"], np.where(fired[wires.post], state.fields["pop0.v"][wires.pre], w)
    )


SUM = """
  step.map @proj0.psp over synapses in @proj0 phase 1 {
    %w = step.read @proj0.w : f64[syn]
    %v = step.read @pop0.v : f64[pre]
    %x = arith.mul %w, %v : f64[syn]
    step.accumulate KIND @pop0.g, %x
  }
"""


def partial_sums(values: Any, places: Any) -> float:
    partial = [0.0] * 32
    for value, place in zip(values, places, strict=True):
        partial[place % 32] += value
    for s in (16, 8, 4, 2, 1):
        partial = [partial[i] + partial[i + s] for i in range(s)]
    return partial[0]


@pytest.mark.parametrize("full", [False, True])
def test_sums_of_synapses_take_the_fixed_order(full: bool) -> None:
    if full:
        post, pre = np.nonzero(~np.eye(N, dtype=bool))
        wires = Connectivity(pre, post)
    else:
        wires = random_wires()
    state = state_of(wires)
    x = state.fields["proj0.w"] * state.fields["pop0.v"][wires.pre]
    run_step(module_of(SUM.replace("KIND", "add"), "full no_self" if full else ""), state, 0, 1)
    for i in range(N):
        mine = wires.post == i
        places = wires.pre[mine] if full else range(mine.sum())
        assert state.fields["pop0.g"][i] == partial_sums(x[mine], places)


@pytest.mark.parametrize(("kind", "numpy"), [("mean", np.mean), ("max", np.max), ("min", np.min)])
def test_other_reductions_leave_neurons_without_synapses_alone(kind: str, numpy: Any) -> None:
    wires = random_wires()
    keep = wires.post != 3
    wires = Connectivity(wires.pre[keep], wires.post[keep])
    state = state_of(wires)
    state.fields["pop0.g"][:] = 7.0
    x = state.fields["proj0.w"] * state.fields["pop0.v"][wires.pre]
    run_step(module_of(SUM.replace("KIND", kind)), state, 0, 1)
    want = [7.0 + numpy(x[wires.post == i]) if i != 3 else 7.0 for i in range(N)]
    np.testing.assert_allclose(state.fields["pop0.g"], want, rtol=1e-14)


def test_a_reduction_of_a_population_replaces_the_value() -> None:
    state = state_of(random_wires())
    state.fields["pop0.mean"][:] = 9.0
    body = """
  step.map @pop0.reduce over neurons in @pop0 phase 6 if @pop0.on {
    %v = step.read @pop0.v : f64[neuron]
    step.accumulate mean @pop0.mean, %v
  }
"""
    run_step(module_of(body), state, 0, 1)
    v = state.fields["pop0.v"]
    assert state.fields["pop0.mean"][0] == partial_sums(v, range(N)) / N
    state.fields["pop0.on"][0] = False
    state.fields["pop0.mean"][0] = 9.0
    run_step(module_of(body), state, 1, 2)
    assert state.fields["pop0.mean"][0] == 9.0


RING = """
  step.ring @pop0.v.past of @pop0.v : f64[neuron]
  step.map @pop0.update over neurons in @pop0 phase 4 {
    %v = step.read @pop0.v : f64[neuron]
    %c = const 1.0 : f64
    %x = arith.add %v, %c : f64[neuron]
    step.write @pop0.v, %x
  }
  step.push @pop0.v.past
  step.map @proj0.update over synapses in @proj0 phase 7 {
    %k = step.index : i64
    %d = step.delay @proj0 : i64
    %s = arith.sub %k, %d : i64
    READ
    step.write @proj0.w, %r
  }
"""


@pytest.mark.parametrize(
    "read",
    ["%r = step.read_ring @pop0.v.past[%s] : f64[pre]", "%r = step.delayed_read @pop0.v in @proj0 : f64[pre]"],
)
def test_past_values_are_those_of_the_step_and_before_step_0_the_first(read: str) -> None:
    wires = random_wires(delays=3)
    state = state_of(wires)
    v = state.fields["pop0.v"].copy()
    module = module_of(RING.replace("READ", read))
    for k in range(7):
        run_step(module, state, k, k + 1)
        np.testing.assert_allclose(state.fields["proj0.w"], v[wires.pre] + max(0, k - 3 + 1))


def test_the_order_of_maps_is_that_of_step_order() -> None:
    def writing(name: str, value: float) -> str:
        return f"""
  step.map @pop0.{name} over once in @pop0 phase 4 {{
    %x = const {value} : f64
    step.write @pop0.mean, %x
  }}
"""

    maps = writing("a", 1.0) + writing("b", 2.0)
    for order, last in (("", 2.0), ("  step.order [@pop0.b, @pop0.a]\n", 1.0)):
        state = state_of(random_wires())
        run_step(module_of(maps + order), state, 0, 1)
        assert state.fields["pop0.mean"][0] == last


def test_a_stop_ends_the_run_and_recording_is_called_in_place() -> None:
    body = """
  step.map @pop0.check over once in @pop0 phase 4 {
    %k = step.index : i64
    %c = const 3 : i64
    %f = arith.cmp eq %k, %c : bool
    step.stop if %f
  }
  step.record end [@pop0.v]
"""
    seen: list[int] = []
    end = run_step(module_of(body), state_of(random_wires()), 0, 100, lambda op, k, state: seen.append(k))
    assert end == 4
    assert seen == [0, 1, 2, 3]


@pytest.mark.parametrize("dtype", [DType.f32, DType.f64])
def test_draws_do_not_depend_on_what_else_is_drawn(dtype: DType) -> None:
    every = {d: draws(d, 77, 5, 3, np.arange(1000), dtype) for d in ("uniform", "normal", "bits")}
    for distribution, values in every.items():
        some = np.array([999, 0, 17, 63, 64])
        np.testing.assert_array_equal(draws(distribution, 77, 5, 3, some, dtype), values[some])
        assert not np.array_equal(draws(distribution, 77, 5, 4, np.arange(1000), dtype), values)
        assert not np.array_equal(draws(distribution, 78, 5, 3, np.arange(1000), dtype), values)
    assert every["uniform"].dtype == dtype.numpy
    assert 0 <= every["uniform"].min() < 0.01 < 0.99 < every["uniform"].max() < 1
    assert abs(every["normal"].mean()) < 0.15
    assert abs(every["normal"].std() - 1) < 0.1


def test_draws_in_maps_and_fills_are_those_of_the_stream() -> None:
    body = """
  step.fill @pop0.g with normal stream 12
  step.map @pop0.update over neurons in @pop0 phase 4 {
    %x = step.random normal stream 12 : f64[neuron]
    step.write @pop0.v, %x
  }
"""
    state = state_of(random_wires())
    run_step(module_of(body), state, 9, 10)
    np.testing.assert_array_equal(state.fields["pop0.v"], state.fields["pop0.g"])
    np.testing.assert_array_equal(state.fields["pop0.v"], draws("normal", 12, 5, 9, np.arange(N), DType.f64))


STENCIL = """
module @test {
  step.neurons @pop0
  step.neurons @pop1
  step.synapses @proj0 from @pop0 to @pop1 rate as stencil delay one index i32
  step.stencil @proj0 pre [5] post [5] taps [3] axis [0] stride [1] start [-1] outside OUTSIDE
  step.field @pop0.v : f64[neuron] state
  step.field @pop1.g : f64[neuron] state
  step.field @proj0.w : f64[syn] param
  step.map @map.proj0.psp over synapses in @proj0 phase 1 {
    %w = step.read @proj0.w : f64[syn]
    %v = step.read @pop0.v : f64[pre]
    %x = arith.mul %w, %v : f64[syn]
    step.accumulate KIND @pop1.g, %x
  }
}
"""


@pytest.mark.parametrize(
    ("kind", "outside", "expected"),
    [
        ("add", "fill", [2 + 3 * 2.0, 1 + 2 * 2 + 3 * 3, 2 + 6 + 12, 3 + 8 + 15, 4 + 10]),
        ("add", "fill fill 10.0", [10 + 8, 14, 20, 26, 4 + 10 + 30]),
        ("mean", "clamp", [(1 + 2 + 6) / 3, 14 / 3, 20 / 3, 26 / 3, (4 + 10 + 15) / 3]),
        ("max", "fill fill 10.0", [6, 9, 12, 15, 10]),
        ("min", "fill fill -9.0", [2, 1, 2, 3, 4]),
    ],
)
def test_a_stencil_reads_a_filter_at_every_place(kind: str, outside: str, expected: list[float]) -> None:
    module = parse_module(STENCIL.replace("KIND", kind).replace("OUTSIDE", outside))
    (op,) = module.find(stencil.Stencil)
    fields = {"pop0.v": np.arange(1.0, 6.0), "pop1.g": np.zeros(5), "proj0.w": np.array([1.0, 2.0, 3.0])}
    state = StepState(fields, {"pop0.n": 5, "pop1.n": 5}, {"proj0": Connectivity.of_stencil(op)})
    run_step(module, state, 0, 1)
    assert fields["pop1.g"].tolist() == expected


def test_synapses_may_have_the_weights_of_others() -> None:
    text = HEAD.replace("FACTS", "") + (
        "  step.synapses @proj1 from @pop0 to @pop0 rate as csr_post delay one index i32 shares @proj0\n"
        "  step.map @map.proj1.psp over synapses in @proj1 phase 1 {\n"
        "    %w = step.read @proj0.w : f64[syn]\n    step.accumulate add @pop0.g, %w\n  }\n}\n"
    )
    wires = random_wires()
    state = state_of(wires)
    order = np.lexsort((wires.post, wires.pre))
    state.connectivity["proj1"] = Connectivity(wires.post[order], wires.pre[order], entries=order)
    run_step(parse_module(text, Source(text, what="IR")), state, 0, 1)
    matrix = np.zeros((N, N))
    matrix[wires.pre, wires.post] = state.fields["proj0.w"]
    np.testing.assert_allclose(state.fields["pop0.g"], matrix.sum(axis=1))
