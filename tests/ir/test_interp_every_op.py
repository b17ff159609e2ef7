"""No op of the levels that run in the interpreter is without a test of its meaning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnc.compiler.ir import REGISTRY
from nnc.compiler.ir.interp import OutOfRange, evaluate
from nnc.compiler.ir.types import DType

from .test_interp_loop import block_for, module_of, run_loop

TESTS = "".join(p.read_text(encoding="utf-8") for p in Path(__file__).parent.glob("test_interp*.py"))
ROUNDED = np.array([-2.5, -1.5, -0.5, -0.0, 0.2, 0.5, 1.5, 2.5, 1e300, np.inf])
BY_HAND = {
    "math.ceil": [-2.0, -1.0, -0.0, -0.0, 1.0, 1.0, 2.0, 3.0, 1e300, np.inf],
    "math.floor": [-3.0, -2.0, -1.0, -0.0, 0.0, 0.0, 1.0, 2.0, 1e300, np.inf],
    "math.trunc": [-2.0, -1.0, -0.0, -0.0, 0.0, 0.0, 1.0, 2.0, 1e300, np.inf],
    "math.rint": [-2.0, -2.0, -0.0, -0.0, 0.0, 0.0, 2.0, 2.0, 1e300, np.inf],
    "math.round": [-3.0, -2.0, -1.0, -0.0, 0.0, 1.0, 2.0, 3.0, 1e300, np.inf],
}


@pytest.mark.parametrize("dtype", [DType.f32, DType.f64])
@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_rounding_goes_the_documented_way(name: str, dtype: DType) -> None:
    with np.errstate(over="ignore"):
        x, expected = ROUNDED.astype(dtype.numpy), np.array(BY_HAND[name]).astype(dtype.numpy)
    (got,) = evaluate(name, {}, [x], [dtype])
    assert got.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", [DType.f32, DType.f64])
def test_square_roots_are_correctly_rounded_and_powers_of_two_exact(dtype: DType) -> None:
    x = np.array([0.0, -0.0, 2.0, 4.0, 1e10, np.inf], dtype.numpy)
    assert evaluate("math.sqrt", {}, [x], [dtype])[0].tobytes() == np.sqrt(x).tobytes()
    powers = np.arange(-20, 21).astype(dtype.numpy)
    assert evaluate("math.exp2", {}, [powers], [dtype])[0].tolist() == [2.0**p for p in range(-20, 21)]


def test_a_broadcast_is_the_same_number() -> None:
    (got,) = evaluate("arith.broadcast", {}, [np.array(1.5)], [DType.f64])
    assert got.tolist() == 1.5


def test_there_is_no_clock_and_a_mark_does_nothing() -> None:
    module = module_of("""
    %now = spmd.clock : i64
    loop.lap @pop0.update
    %x = arith.cast %now : f64
    mem.store %x, %total[%zero]
""")
    block = block_for(module)
    block.fields["pop0.total"][:] = 3.0
    run_loop(module, block, 0, 0)
    assert block.fields["pop0.total"].tolist() == [0.0]


def test_a_hint_does_nothing_but_what_it_names_must_be_there() -> None:
    module = module_of("""
    %three = const 3 : i64
    mem.prefetch %total[%zero]
    mem.prefetch %total[%three]
""")
    block = block_for(module)
    with pytest.raises(OutOfRange, match=r"mem\.prefetch .* index 3"):
        run_loop(module, block, 0, 0)
    assert block.fields["pop0.total"].tolist() == [0.0]


def test_the_seed_is_that_of_the_block() -> None:
    module = module_of("""
    %seed = random.seed : i32
    %x = arith.cast %seed : f64
    mem.store %x, %total[%zero]
""")
    block = block_for(module)
    block.seed = 12345
    run_loop(module, block, 0, 0)
    assert block.fields["pop0.total"].tolist() == [12345.0]


@pytest.mark.parametrize("name", sorted(n for n, c in REGISTRY.items() if c.spec.level in ("any", "step", "loop")))
def test_an_op_is_used_in_the_tests_of_the_interpreter(name: str) -> None:
    assert name in TESTS
