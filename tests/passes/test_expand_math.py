"""expand-math leaves only what targets implement, and keeps every bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnc.compiler.codegen.layout import Layout, StateBlock
from nnc.compiler.codegen.target import get_target
from nnc.compiler.diagnostics import Source
from nnc.compiler.ir import elementary
from nnc.compiler.ir.arith import MATH_PRIMITIVES
from nnc.compiler.ir.define import REGISTRY
from nnc.compiler.ir.interp import evaluate, run_loop
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
    assert {"arith.mul", "arith.shr", "arith.xor"} <= names


def test_blocks_of_philox_go_round_by_round_unless_one_needs_another() -> None:
    text = """
module @test {
  loop.field @words : buf<i32> [] state
  loop.func @run (%t0: i64, %t1: i64) {
    %words = mem.field @words : buf<i32>
    %zero = const 0 : i64
    %c = const 7 : i32
    %seed = random.seed : i32
    %a0, %a1, %a2, %a3 = random.philox %c, %c, %c, %c key %seed, %c : i32, i32, i32, i32
    %d = arith.add %seed, %c : i32
    %b0, %b1, %b2, %b3 = random.philox %d, %c, %c, %c key %seed, %c : i32, i32, i32, i32
    %e = arith.xor %a0, %b3 : i32
    %c0, %c1, %c2, %c3 = random.philox %e, %c, %c, %c key %seed, %c : i32, i32, i32, i32
    %sum = arith.add %c2, %b1 : i32
    mem.store %sum, %words[%zero]
  }
}
"""
    found = []
    for expanded in (False, True):
        module = parse_module(text, Source(text, what="IR"))
        if expanded:
            assert ExpandMath().run(module, Context())
            verify(module)
            products = [op for op in module.walk() if op.name == "arith.mul"]
            assert len(products) == 3 * 20
            uses = [any(_comes_from(later, products[0]) for later in products[n : n + 2]) for n in (2, 4)]
            assert uses == [False, True], "the second block starts before the first goes on"
        block = StateBlock(Layout.of(module), {}, seed=11, team=1)
        run_loop(module, block, 0, 1)
        found.append(block.fields["words"].tolist())
    assert found[0] == found[1] != [0]


def _comes_from(op: Any, source: Any) -> bool:
    return op is source or any(v.op is not None and _comes_from(v.op, source) for v in op.operands)


def test_places_in_the_file_are_kept_and_a_second_run_changes_nothing() -> None:
    module = module_of("exp", "f64")
    (place,) = [op.loc for op in module.walk() if op.name == "math.exp"]
    assert ExpandMath().run(module, Context())
    assert all(op.loc == place for op in module.walk() if op.name == "arith.fma")
    assert not ExpandMath().run(module, Context())


def native_module(dtype: str) -> Any:
    """Every function of one type applied to a buffer, each into a row of another."""
    lines = []
    for row, name in enumerate(sorted(elementary.FUNCTIONS)):
        arguments = "%x, %y" if name in BINARY else "%x"
        lines += [
            f"      %z{row} = math.{name} {arguments} : {dtype}",
            f"      %c{row} = const {row} : i64",
            f"      %r{row} = arith.mul %c{row}, %n : i64",
            f"      %j{row} = arith.add %r{row}, %i : i64",
            f"      mem.store %z{row}, %out[%j{row}]",
        ]
    body = "\n".join(lines)
    text = f"""
module @test {{
  loop.size @n
  loop.size @rows
  loop.field @x : buf<{dtype}> [@n] state
  loop.field @y : buf<{dtype}> [@n] state
  loop.field @out : buf<{dtype}> [@rows, @n] state
  loop.func @run (%t0: i64, %t1: i64) {{
    %px = mem.field @x : buf<{dtype}>
    %py = mem.field @y : buf<{dtype}>
    %out = mem.field @out : buf<{dtype}>
    %n = mem.size @n : i64
    %zero = const 0 : i64
    loop.for %i: i64 = %zero to %n simd {{
      %x = mem.load %px[%i] : {dtype}
      %y = mem.load %py[%i] : {dtype}
{body}
    }}
  }}
}}
"""
    return parse_module(text, Source(text, what="IR"))


@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_native_code_has_the_bits_of_the_interpreter(dtype: str) -> None:
    numpy = DType(dtype).numpy
    rng = np.random.default_rng(6)
    with np.errstate(over="ignore"):
        x, y = (v.ravel().astype(numpy) for v in np.meshgrid(FLOATS, FLOATS))
        x = np.concatenate([x, rng.normal(size=300) * 10.0 ** rng.uniform(-40, 40, 300)]).astype(numpy)
        y = np.concatenate([y, rng.normal(size=300)]).astype(numpy)
    results = []
    for name in ("interp", "llvm"):
        module = native_module(dtype)
        if name == "llvm":
            ExpandMath().run(module, Context())
        target = get_target(name)
        program = target.load(target.emit(module))
        block = StateBlock(program.layout, {"n": len(x), "rows": len(elementary.FUNCTIONS)})
        block.fields["x"][:], block.fields["y"][:] = x, y
        program.run(block, 0, 1)
        results.append(block.fields["out"].reshape(-1, len(x)))
    for function, want, got in zip(sorted(elementary.FUNCTIONS), *results, strict=True):
        nans = np.isnan(want)
        np.testing.assert_array_equal(np.isnan(got), nans, err_msg=function)
        bits = np.int32 if dtype == "f32" else np.int64
        np.testing.assert_array_equal(got[~nans].view(bits), want[~nans].view(bits), err_msg=function)
