"""Every arithmetic op, in every type, on special values: each target against the definition in `interp`."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nnc.compiler.codegen.layout import StateBlock
from nnc.compiler.codegen.llvm import LLVMTarget
from nnc.compiler.codegen.openmp import OpenMPTarget
from nnc.compiler.ir import REGISTRY, create
from nnc.compiler.ir.arith import MATH_PRIMITIVES
from nnc.compiler.ir.interp import evaluate
from nnc.compiler.ir.types import DType, value_type

from .programs import Program

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.compiler.codegen.cache import Cache
    from nnc.compiler.codegen.target import Target
    from nnc.compiler.ir.model import Module

F32, F64, I32, I64, BOOL = DType.f32, DType.f64, DType.i32, DType.i64, DType.bool
FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, -3.7, 0.1, 2.0**31, -(2.0**31), 2147483520.0, 1e10, 2.0**63]
FLOATS += [-(2.0**63), 1e300, -1e300, 1e-310, 5e-324, 1e-40, 3.4e38, float("inf"), float("-inf"), float("nan")]
INTS = [0, 1, -1, 2, -2, 7, -7, 31, 32, 33, 63, 64, 12345, -12345, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 2**40]


@dataclass(frozen=True)
class Case:
    name: str
    operands: tuple[DType, ...]
    result: DType
    predicate: str | None = None

    @property
    def text(self) -> str:
        return "_".join(
            [self.name.replace(".", "_"), self.predicate or "", *(d.value for d in self.operands), self.result.value]
        )


def cases() -> list[Case]:
    out = []
    numbers, reals, whole = (F32, F64, I32, I64), (F32, F64), (I32, I64)
    for name in ("add", "sub", "mul", "div", "rem", "min", "max"):
        out += [Case(f"arith.{name}", (d, d), d) for d in numbers]
    for name in ("neg", "abs"):
        out += [Case(f"arith.{name}", (d,), d) for d in numbers]
    out += [Case("arith.fma", (d, d, d), d) for d in reals]
    for name in ("and", "or", "xor"):
        out += [Case(f"arith.{name}", (d, d), d) for d in (*whole, BOOL)]
    out += [Case("arith.not", (d,), d) for d in (*whole, BOOL)]
    for name in ("shl", "shr", "sar"):
        out += [Case(f"arith.{name}", (d, d), d) for d in whole]
    out.append(Case("arith.mulhi", (I32, I32), I32))
    for predicate in ("eq", "ne", "lt", "le", "gt", "ge"):
        out += [Case("arith.cmp", (d, d), BOOL, predicate) for d in (*numbers, BOOL)]
    out += [Case("arith.select", (BOOL, d, d), d) for d in (*numbers, BOOL)]
    out += [Case("arith.cast", (a,), b) for a, b in itertools.permutations((*numbers, BOOL), 2)]
    out += [Case("arith.bitcast", (a,), b) for a, b in ((F32, I32), (I32, F32), (F64, I64), (I64, F64))]
    out += [Case(name, (d,), d) for name in sorted(MATH_PRIMITIVES) for d in reals]
    return out


CASES = cases()


def values(dtype: DType) -> NDArray[Any]:
    if dtype is BOOL:
        return np.array([False, True])
    with np.errstate(over="ignore"):
        return np.array(
            FLOATS if dtype.is_float else [i for i in INTS if dtype is I64 or -(2**31) <= i < 2**31], dtype.numpy
        )


def inputs() -> dict[str, NDArray[Any]]:
    """Columns per type: all pairs of special values in the first two, something else in the third."""
    n = max(len(values(d)) for d in (F32, F64, I32, I64)) ** 2
    out = {}
    for dtype in (F32, F64, I32, I64, BOOL):
        special = values(dtype)
        index = np.arange(n)
        out[f"a.{dtype.value}"] = special[index % len(special)]
        out[f"b.{dtype.value}"] = special[index // len(special) % len(special)]
        out[f"c.{dtype.value}"] = special[(index * 7 + 3) % len(special)]
    return out


def program() -> Module:
    p = Program()
    p.size("n")
    columns = {name: p.field(name, DType(name[2:]), "n") for name in inputs()}
    n = p.length("n")
    for case in CASES:
        out = p.field(case.text, case.result, "n")
        with p.loop(p.int(0), n, simd=True) as i:
            args = [p.load(columns[f"{column}.{d.value}"], i) for column, d in zip("abc", case.operands, strict=False)]
            attributes = {"predicate": case.predicate} if case.predicate else {}
            op = create(REGISTRY[case.name], *args, types=[value_type(case.result)], **attributes)
            p.store(p.insert(op).results[0], out, i)
    return p.finish()


def bits(array: NDArray[Any]) -> NDArray[Any]:
    """Bits, with one pattern for all NaNs."""
    if array.dtype.kind != "f":
        return array
    plain = np.where(np.isnan(array), array.dtype.type("nan"), array)
    return plain.view(np.dtype(f"i{array.dtype.itemsize}"))


@pytest.fixture(scope="module")
def results(cache: Cache) -> dict[str, StateBlock]:
    module, out = program(), {}
    targets: list[Target] = [LLVMTarget(cache=cache), LLVMTarget(cache=cache, optimise=0)]
    targets += [OpenMPTarget(cache=cache, optimise=level) for level in (1, 3)]
    for made in targets:
        if made.available() is not None:
            continue
        loaded = made.load(made.emit(module))
        columns = inputs()
        block = StateBlock(loaded.layout, {"n": len(columns["a.f64"])})
        for name, column in columns.items():
            block.fields[name][...] = column
        loaded.run(block, 0, 0)
        out[f"{made.name} -O{getattr(made, 'optimise', '')}"] = block
    return out


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.text)
def test_op_gives_the_bits_of_its_definition(case: Case, results: dict[str, StateBlock]) -> None:
    columns = inputs()
    args = [columns[f"{column}.{d.value}"] for column, d in zip("abc", case.operands, strict=False)]
    attributes = {"predicate": case.predicate} if case.predicate else {}
    (want,) = evaluate(case.name, attributes, args, [case.result])
    assert len(results) >= 2
    for name, block in results.items():
        got = block.fields[case.text]
        wrong = np.flatnonzero(bits(got) != bits(want))
        shown = [([a[i] for a in args], got[i], want[i]) for i in wrong[:3]]
        assert not len(wrong), f"{name}: {len(wrong)} of {len(want)} differ, (operands, got, want): {shown}"
