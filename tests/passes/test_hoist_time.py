"""Costly values of parameters alone are computed once per run."""

from __future__ import annotations

from nnc.compiler.ir import arith, loop
from nnc.compiler.ir.interp import run_loop
from nnc.compiler.ir.printer import print_module
from nnc.compiler.passes.hoist import Hoist
from nnc.compiler.passes.hoist_time import HoistTime
from nnc.compiler.passes.manager import Context

from .networks import Network, after_steps, assert_same

TEXT = """
module @net dt = 0.1 {
  step.neurons @pop0
  step.events @pop0.spikes of @pop0
  step.field @pop0.v : f64[neuron] state
  step.field @pop0.tau : f64[neuron] param
  step.field @pop0.b : f64[neuron] param
  step.field @pop0.c : f64[neuron] param
  step.map @pop0.update over neurons in @pop0 phase 4 {
    %v = step.read @pop0.v : f64[neuron]
    %tau = step.read @pop0.tau : f64[neuron]
    %b = step.read @pop0.b : f64[neuron]
    %c = step.read @pop0.c : f64[neuron]
    %dt = const 0.1 : f64
    %q = arith.div %dt, %tau : f64[neuron]
    %e = math.exp %q : f64[neuron]
    %two = const 2.0 : f64
    %e2 = arith.mul %e, %two : f64[neuron]
    %bc = arith.add %b, %c : f64[neuron]
    %x = arith.mul %e2, %v : f64[neuron]
    %y = arith.add %x, %bc : f64[neuron]
    %z = arith.div %y, %b : f64[neuron]
    step.write @pop0.v, %z
    %f = arith.cmp gt %z, %two : bool[neuron]
    step.emit @pop0.spikes if %f
  }
}
"""


def network() -> Network:
    return Network(TEXT, {"pop0": 600}, seed=4)


def test_an_exponential_of_a_parameter_is_computed_in_front_of_the_steps() -> None:
    module = network().lowered(Hoist(), HoistTime())
    (time,) = module.find(loop.TimeLoop)
    assert not [op for op in time.walk() if op.name == "math.exp"]
    assert len([op for op in module.walk() if op.name == "math.exp"]) == 1
    assert sum(isinstance(op, arith.Div) for op in time.walk()) == 1, "v changes, so its quotient stays"


def test_the_last_costly_value_is_kept_and_what_it_needs_is_no_longer_loaded() -> None:
    module = network().lowered(Hoist(), HoistTime())
    (time,) = module.find(loop.TimeLoop)
    loaded = sorted(str(op.buffer.op.field) for op in time.find(loop.Load))  # type: ignore[union-attr]
    assert loaded == ["pop0.b", "pop0.c", "pop0.fixed0", "pop0.v"], "a cheap sum is not worth a buffer"


def test_bits_are_kept() -> None:
    net, steps = network(), 4
    module = net.lowered(Hoist(), HoistTime(), Hoist())
    state = after_steps(net, steps)
    for team in (1, 3):
        block = net.block(module, team)
        run_loop(module, block, 0, steps)
        assert_same(net, state, block, steps)


def test_nothing_that_a_run_writes_moves() -> None:
    text = TEXT.replace("step.write @pop0.v, %z", "step.write @pop0.v, %z\n    step.write @pop0.tau, %y")
    module = Network(text, {"pop0": 10}).lowered(Hoist(), HoistTime())
    (time,) = module.find(loop.TimeLoop)
    assert [op for op in time.walk() if op.name == "math.exp"]


def test_a_second_run_changes_nothing() -> None:
    module = network().lowered(Hoist(), HoistTime())
    before = print_module(module)
    assert not HoistTime().run(module, Context())
    assert print_module(module) == before
