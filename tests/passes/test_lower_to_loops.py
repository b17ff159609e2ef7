"""Lowered networks give the same bits as the interpreter of the step level, for every number of workers."""

from __future__ import annotations

import numpy as np
import pytest

from nnc.compiler.diagnostics import DiagnosticError
from nnc.compiler.ir.interp import run_loop

from .network_texts import COBA, NETWORKS, coba
from .networks import Network, after_steps, assert_same, sparse

TEAMS = [1, 2, 7]


@pytest.mark.parametrize("name", NETWORKS)
def test_loops_equal_steps_bit_for_bit(name: str) -> None:
    network, steps = NETWORKS[name], 6
    state = after_steps(network, steps)
    assert not state.events or any(len(n) for events in state.events.values() for n in events.values())
    module = network.lowered()
    for team in TEAMS:
        block = network.block(module, team)
        assert run_loop(module, block, 0, steps).t == steps
        assert_same(network, state, block, steps)


def test_a_disabled_population_empties_its_list() -> None:
    text = COBA.replace("phase 4 {", "phase 4 if @pop0.enabled {", 1)
    text = text.replace("  step.events", "  step.field @pop0.enabled : bool param\n  step.events")
    network = coba()
    network = Network(text.replace("DELAY", "one"), network.sizes, network.wires, network.values)
    module = network.lowered()
    block = network.block(module, 2)
    block.fields["pop0.spikes.count"][:] = 5
    run_loop(module, block, 0, 2)
    assert not block.fields["pop0.spikes.count"].any()


def test_reading_of_the_pre_neuron_what_the_spike_changes_is_an_error() -> None:
    text = COBA.replace("DELAY", "one").replace(
        "    step.accumulate", "    %p = step.read @pop0.g_exc : f64[pre]\n    step.accumulate", 1
    )
    with pytest.raises(DiagnosticError, match=r"N0412.*reads it of the pre neuron"):
        Network(text, {"pop0": 4}).lowered()


def test_empty_populations_and_projections_run() -> None:
    network = Network(COBA.replace("DELAY", "one"), {"pop0": 3}, {"proj0": sparse(np.random.default_rng(0), 3, 3, 0.0)})
    module = network.lowered()
    for team in TEAMS:
        assert run_loop(module, network.block(module, team), 0, 3).t == 3


DEEP = """
module @net dt = 1.0 {
  step.neurons @pop0
  step.field @pop0.x : f64[neuron] state
  step.field @pop0.sum : f64[neuron] state
  step.ring @pop0.x.past of @pop0.x : f64[neuron] deep @pop0.window
  step.map @pop0.update over neurons in @pop0 phase 4 {
    %x = step.read @pop0.x : f64[neuron]
    %k = step.index : i64
    %three = const 3 : i64
    %at = arith.sub %k, %three : i64
    %old = step.read_ring @pop0.x.past [ %at ] : f64[neuron]
    %c = const 1.5 : f64
    %new = arith.mul %x, %c : f64[neuron]
    %d = arith.sub %new, %old : f64[neuron]
    step.write @pop0.x, %new
    step.write @pop0.sum, %d
  }
  step.push @pop0.x.past
}
"""


def test_a_ring_may_have_a_depth_of_its_own() -> None:
    network = Network(DEEP, {"pop0": 70}, depths={"pop0.window": 5})
    state = after_steps(network, 8)
    module = network.lowered()
    for team in TEAMS:
        block = network.block(module, team)
        run_loop(module, block, 0, 8)
        assert_same(network, state, block, 8)
