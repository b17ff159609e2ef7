"""Fusion: fewer maps, the same numbers, and never across what one element sees of another."""

from __future__ import annotations

import numpy as np
import pytest

from nnc.compiler.ir import step
from nnc.compiler.ir.interp import StepState, run_step
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.verify import verify
from nnc.compiler.passes.fuse_maps import FuseMaps
from nnc.compiler.passes.manager import Context

HEAD = """module @net dt = 1.0 {
  step.neurons @pop0
  step.field @pop0.x : f64[neuron] state
  step.field @pop0.y : f64[neuron] state
  step.field @pop0.s : f64 state
  step.field @pop0.on : bool param
"""

DOUBLE = """step.map @map.a over neurons in @pop0 phase 4 {
  %x = step.read @pop0.x : f64[neuron]
  %x1 = arith.add %x, %x : f64[neuron]
  step.write @pop0.x, %x1
}
"""
ADD = """step.map @map.b over neurons in @pop0 phase 4 {
  %x = step.read @pop0.x : f64[neuron]
  %y = step.read @pop0.y : f64[neuron]
  %y1 = arith.add %x, %y : f64[neuron]
  step.write @pop0.y, %y1
}
"""
RESET = """step.map @map.b over neurons in @pop0 phase 4 {
  %c = const 0.5 : f64
  step.write @pop0.x, %c
}
"""
SUM = """step.map @map.c over neurons in @pop0 phase 6 {
  %x = step.read @pop0.x : f64[neuron]
  step.accumulate add @pop0.s, %x
}
"""
USE = """step.map @map.d over neurons in @pop0 phase 6 {
  %s = step.read @pop0.s : f64
  step.write @pop0.y, %s
}
"""
ONCE = """step.map @map.e over once in @pop0 phase 6 {
  %s = step.read @pop0.s : f64
  %t = arith.add %s, %s : f64
  step.write @pop0.s, %t
}
"""
OFF = """step.map @map.f over once in @pop0 phase 6 if @pop0.on {
  %c = const false : bool
  step.write @pop0.on, %c
}
"""
RECORD = "step.record targets [@pop0.x]\n"


def renamed(text: str, name: str) -> str:
    return text.replace(text.split()[1], f"@map.{name}")


CASES = {
    "a map and one that uses its result": (DOUBLE + ADD, 1),
    "a value that is overwritten": (DOUBLE + RESET, 1),
    "a number written and read as one of each neuron": (RESET + renamed(DOUBLE, "z"), 1),
    "three in a row": (DOUBLE + ADD + renamed(DOUBLE, "z"), 1),
    "a map that may pass another one": (ADD + ONCE + renamed(DOUBLE, "z"), 2),
    "two single computations": (ONCE + renamed(ONCE, "z"), 1),
    "another flag": (DOUBLE + ADD.replace("phase 4", "phase 4 if @pop0.on"), 2),
    "a sum over all neurons": (DOUBLE + SUM, 2),
    "a use of the sum": (SUM + USE, 2),
    "a flag that the first one clears": (OFF + ONCE.replace("phase 6", "phase 6 if @pop0.on"), 2),
    "a record in between": (ADD + RECORD + renamed(DOUBLE, "z"), 2),
}


def outcome(text: str, fuse: bool) -> tuple[dict[str, np.ndarray], int, list[list[float]]]:
    module = parse_module(HEAD + text + "}")
    if fuse:
        FuseMaps().run(module, Context())
        verify(module, "step")
    seen: list[list[float]] = []
    fields = {
        "pop0.x": np.array([1.0, 2.0, 3.0]),
        "pop0.y": np.array([0.5, 0.25, 0.125]),
        "pop0.s": np.array([7.0]),
        "pop0.on": np.array([True]),
    }
    run_step(module, StepState(fields, {"pop0.n": 3}), 0, 2, lambda op, k, s: seen.append(s.fields["pop0.x"].tolist()))
    return fields, len(list(module.find(step.Map))), seen


@pytest.mark.parametrize("name", CASES)
def test_fused_maps_do_the_same(name: str) -> None:
    text, count = CASES[name]
    plain, _, seen = outcome(text, fuse=False)
    fused, maps, seen_fused = outcome(text, fuse=True)
    assert maps == count
    assert seen == seen_fused
    for field, values in plain.items():
        np.testing.assert_array_equal(values, fused[field])


def test_a_fused_map_reads_and_writes_each_field_once() -> None:
    module = parse_module(HEAD + CASES["three in a row"][0] + "}")
    assert FuseMaps().run(module, Context())
    assert not FuseMaps().run(module, Context())
    assert sorted(str(op.field) for op in module.find(step.Read)) == ["pop0.x", "pop0.y"]
    assert sorted(str(op.field) for op in module.find(step.Write)) == ["pop0.x", "pop0.y"]
    (order,) = module.find(step.Order)
    assert order.maps == ("map.a",)
