"""expand-math leaves only what targets implement, and keeps every bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnc.compiler.diagnostics import Source
from nnc.compiler.ir import elementary
from nnc.compiler.ir.arith import MATH_PRIMITIVES
from nnc.compiler.ir.define import REGISTRY
from nnc.compiler.ir.interp import evaluate
from nnc.compiler.ir.parser import parse_module
from nnc.compiler.ir.types import DType
from nnc.compiler.ir.verify import verify
from nnc.compiler.passes.expand_math import ExpandMath
from nnc.compiler.passes.manager import Context

BINARY = {"pow", "atan2", "hypot"}
FLOATS = [0.0, -0.0, 1.0, -1.0, 0.3, 3.0, -2.5, 20.0, 1e-320, 1e-40, 3e38, 1e300, np.inf, -np.inf, np.nan]


def module_of(name: str, dtype: str) -> Any:
    arguments = "%x, %y" if name in BINARY else "%x"
    text = f"""
module @test {{
  step.field @pop0.x : {dtype}[neuron] state
  step.field @pop0.y : {dtype}[neuron] state
  step.neurons @pop0
  step.map @pop0.update over neurons in @pop0 phase 4 {{
    %x = step.read @pop0.x : {dtype}[neuron]
    %y = step.read @pop0.y : {dtype}[neuron]
    %z = math.{name} {arguments} : {dtype}[neuron]
    step.write @pop0.x, %z
  }}
}}
"""
    return parse_module(text, Source(text, what="IR"))


def interpret(module: Any, inputs: dict[str, Any]) -> Any:
    """What the map writes, one op at a time."""
    body = list(module.body.ops[-1].body.ops)
    values = {op.results[0]: inputs[str(op.field)] for op in body if op.name == "step.read"}
    for op in body:
        if op.name == "step.write":
            return values[op.value]
        if op.results and op.results[0] not in values:
            operands = [values[v] for v in op.operands]
            results = evaluate(op.name, op.attributes, operands, [r.type.dtype for r in op.results])
            values.update(zip(op.results, results, strict=True))
    raise AssertionError("nothing is written")


@pytest.mark.parametrize("name", sorted(elementary.FUNCTIONS))
@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_expansions_have_the_bits_of_the_op(name: str, dtype: str) -> None:
    module = module_of(name, dtype)
    with np.errstate(over="ignore"):
        x, y = (v.ravel().astype(DType(dtype).numpy) for v in np.meshgrid(FLOATS, FLOATS))
    before = interpret(module, {"pop0.x": x, "pop0.y": y})
    assert ExpandMath().run(module, Context())
    context = Context()
    verify(module, "step", context.diagnostics)
    assert not context.diagnostics.errors
    left = {op.name for op in module.walk() if op.name.startswith(("math.", "random."))}
    assert left <= MATH_PRIMITIVES
    after = interpret(module, {"pop0.x": x, "pop0.y": y})
    bits = np.int32 if dtype == "f32" else np.int64
    nans = np.isnan(before)
    np.testing.assert_array_equal(np.isnan(after), nans)
    np.testing.assert_array_equal(after[~nans].view(bits), before[~nans].view(bits))


def test_every_function_is_a_primitive_or_expanded() -> None:
    functions = {name for name in REGISTRY if name.startswith("math.")}
    assert functions == MATH_PRIMITIVES | {f"math.{name}" for name in elementary.FUNCTIONS}


def test_philox_becomes_integer_ops() -> None:
    text = """
module @test {
  loop.field @words : buf<i32> [] state
  loop.func @run (%t0: i64, %t1: i64) {
    %c = const 7 : i32
    %zero = const 0 : i64
    %a, %b, %d, %e = random.philox %c, %c, %c, %c key %c, %c : i32, i32, i32, i32
    %words = mem.field @words : buf<i32>
    mem.store %e, %words[%zero]
  }
}
"""
    module = parse_module(text, Source(text, what="IR"))
    ExpandMath().run(module, Context())
    names = {op.name for op in module.walk()}
    assert "random.philox" not in names
    assert {"arith.mulhi", "arith.xor"} <= names


def test_places_in_the_file_are_kept_and_a_second_run_changes_nothing() -> None:
    module = module_of("exp", "f64")
    (place,) = [op.loc for op in module.walk() if op.name == "math.exp"]
    assert ExpandMath().run(module, Context())
    assert all(op.loc == place for op in module.walk() if op.name == "arith.fma")
    assert not ExpandMath().run(module, Context())
