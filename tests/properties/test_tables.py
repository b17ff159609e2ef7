"""Every op on numbers, every mix of known and unknown operands, on all special values: canonicalize keeps the bits.

Tables enumerate what random programs meet only by luck.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.passes import run_passes
from support.programs import Memory, bits, module_of

from nnc.compiler.ir import REGISTRY, arith, loop
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.define import COMMUTATIVE, PURE, create
from nnc.compiler.ir.interp import evaluate, run_loop
from nnc.compiler.ir.types import DType, buffer_type, value_type
from nnc.compiler.ir.verify import verify

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.compiler.ir.core import Op, Value
    from nnc.compiler.ir.model import Module

FLOATS = (0.0, -0.0, 1.0, -1.0, 2.0, 0.1, -3.5, 1e-310, 3.0e38, math.inf, -math.inf, math.nan)
SPECIAL: dict[DType, tuple[Any, ...]] = {
    DType.f32: FLOATS,
    DType.f64: FLOATS,
    DType.i32: (0, 1, -1, 2, 5, -8, 31, 2**31 - 1, -(2**31)),
    DType.i64: (0, 1, -1, 2, 5, -8, 63, 2**63 - 1, -(2**63)),
    DType.bool: (False, True),
}
PREDICATES = ("eq", "ne", "lt", "le", "gt", "ge")
NUMBERS = sorted(
    name for name, cls in REGISTRY.items() if issubclass(cls, arith.Elementwise) and len(cls.spec.results) == 1
)


def values_of(dtype: DType) -> list[Any]:
    return [arith.normalise(v, dtype) for v in SPECIAL[dtype]]


def variants(name: str) -> list[tuple[list[DType], DType, dict[str, str]]]:
    """All (operand types, result type, attributes) for which an op is valid."""
    cls = REGISTRY[name]
    count = len(cls.spec.operands)
    found: list[tuple[list[DType], DType, dict[str, str]]] = []
    for dtype in SPECIAL:
        if name == "arith.cmp":
            found += [([dtype] * 2, DType.bool, {"predicate": p}) for p in PREDICATES]
        elif name == "arith.select":
            found.append(([DType.bool, dtype, dtype], dtype, {}))
        elif name in ("arith.cast", "arith.bitcast"):
            found += [([dtype], to, {}) for to in SPECIAL if valid(cls, [dtype], to, {})]
        elif valid(cls, [dtype] * count, dtype, {}):
            found.append(([dtype] * count, dtype, {}))
    return found


def valid(cls: type[Op], operands: list[DType], result: DType, attributes: dict[str, str]) -> bool:
    builder = Builder(module_of({})[1].body)
    values = [builder.const(0, d) for d in operands]
    return create(cls, *values, types=[value_type(result)], **attributes).verify_op() is None


def all_pairs(dtype: DType) -> tuple[NDArray[Any], NDArray[Any]]:
    values = np.array(values_of(dtype), dtype.numpy)
    return np.repeat(values, len(values)), np.tile(values, len(values))


class Table:
    """A program that applies an op to all combinations of known and unknown special values.

    The unknown ones are loaded, all combinations at once, one per element; each use of the op writes its own row.
    """

    def __init__(self, name: str, operands: list[DType], result: DType, attributes: dict[str, str]) -> None:
        self.operands = operands
        self.result = result
        self.grid = list(itertools.product(*(values_of(d) for d in operands)))
        names = {f"in{p}": d for p, d in enumerate(operands)}
        self.module, func = module_of({**names, "out": result})
        builder = Builder(func.body)
        zero, size = builder.const(0, DType.i64), builder.const(len(self.grid), DType.i64)
        buffers = {n: builder.value(loop.FieldRef, types=[buffer_type(d)], field=Symbol(n)) for n, d in names.items()}
        out = builder.value(loop.FieldRef, types=[buffer_type(result)], field=Symbol("out"))
        body = builder.op(loop.For, zero, size, simd=True, regions=[type(func.body)([value_type(DType.i64)])]).body
        with builder.at(body):
            (index,) = body.args
            unknown = [
                builder.value(loop.Load, buffers[f"in{p}"], index, types=[value_type(d)])
                for p, d in enumerate(operands)
            ]
            self.rows = 0
            for arguments in self.choices(builder, unknown):
                got = builder.value(REGISTRY[name], *arguments, types=[value_type(result)], **attributes)
                offset = builder.const(self.rows * len(self.grid), DType.i64)
                builder.op(loop.Store, got, out, builder.add(index, offset))
                self.rows += 1

    def choices(self, builder: Builder, unknown: list[Value]) -> list[list[Value]]:
        """Operands for every use of the op."""
        found: list[list[Value]] = [unknown]
        if len(unknown) > 1:
            same = [v for v in unknown if v.type is unknown[-1].type]
            found.append([*unknown[: len(unknown) - len(same)], *([same[0]] * len(same))])
        for known in itertools.product((False, True), repeat=len(unknown)):
            pools = [
                [builder.const(v, d) for v in self.few(d, known)] if k else [u]
                for k, u, d in zip(known, unknown, self.operands, strict=True)
            ]
            found += [list(chosen) for chosen in itertools.product(*pools)] if any(known) else []
        return found

    @staticmethod
    def few(dtype: DType, known: tuple[bool, ...]) -> list[Any]:
        """All special values, but of three known operands only some."""
        values = values_of(dtype)
        return values if sum(known) < 3 else values[:4]

    def run(self) -> NDArray[Any]:
        columns = list(zip(*self.grid, strict=True))
        fields = {f"in{p}": np.array(c, d.numpy) for p, (c, d) in enumerate(zip(columns, self.operands, strict=True))}
        fields["out"] = np.zeros(self.rows * len(self.grid), self.result.numpy)
        run_loop(self.module, Memory(fields, {"n": len(self.grid)}), 0, 1)
        return bits(fields["out"])


@pytest.mark.parametrize("name", NUMBERS)
def test_canonicalize_keeps_the_bits_of_every_op_on_special_values(name: str) -> None:
    for operands, result, attributes in variants(name):
        if name.startswith("math.") and len(operands) > 1 and result is DType.f64:
            continue  # the same rules as in f32, and their expansions are long
        table = Table(name, operands, result, attributes)
        before = table.run()
        run_passes(table.module, "canonicalize")
        wrong = np.flatnonzero(table.run() != before)
        cases = [(int(w) // len(table.grid), table.grid[int(w) % len(table.grid)]) for w in wrong[:3]]
        assert not cases, f"{name} {operands} {attributes}: (use, unknown values) {cases}"


ONE_OPERAND = ("arith.neg", "arith.abs", "arith.not", "arith.cast", "arith.bitcast")


def after_one(builder: Builder, value: Value) -> list[Value]:
    """Every op of one operand, and a choice, on a value."""
    cls = [REGISTRY[n] for n in ONE_OPERAND]
    kinds = [(c, to) for c in cls for to in SPECIAL if valid(c, [value.type.dtype], to, {})]
    found = [builder.value(c, value, types=[value_type(to)]) for c, to in kinds]
    if value.type.dtype is DType.bool:
        found.append(builder.select(value, builder.const(1, DType.i32), builder.const(2, DType.i32)))
        found.append(builder.select(value, builder.const(False, DType.bool), builder.const(True, DType.bool)))
    return found


def masked(builder: Builder, value: Value) -> list[Value]:
    """Some bits of a whole number that is converted once more."""
    dtype = value.type.dtype
    if not dtype.is_int:
        return []
    wide = builder.cast(value, DType.i64 if dtype is DType.i32 else DType.i32)
    masks = (0, 0x7FFFFFFF, -1) if dtype is DType.i64 else (0, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 33) - 1, -1)
    return [builder.and_(wide, builder.const(mask, wide.type.dtype)) for mask in masks]


@pytest.mark.parametrize("dtype", list(SPECIAL))
def test_canonicalize_keeps_the_bits_of_chains_of_ops(dtype: DType) -> None:
    """All chains of two ops of one operand, three for comparisons: what a rule takes for the inverse must be one.

    A conversion there and back with a mask, too.
    """
    a, b = all_pairs(dtype)
    module, func = module_of({"a": dtype, "b": dtype, **{f"out_{d.value}": d for d in SPECIAL}})
    builder = Builder(func.body)
    zero, size = builder.const(0, DType.i64), builder.const(len(a), DType.i64)
    buffers = {f.sym: builder.value(loop.FieldRef, types=[f.type], field=f.sym) for f in module.find(loop.Field)}
    body = builder.op(loop.For, zero, size, simd=True, regions=[type(func.body)([value_type(DType.i64)])]).body
    rows = dict.fromkeys(SPECIAL, 0)
    with builder.at(body):
        (index,) = body.args
        x, y = (builder.value(loop.Load, buffers[n], index, types=[value_type(dtype)]) for n in "ab")
        compared = [builder.cmp(p, x, other) for p in PREDICATES for other in (x, y)]
        first = [*after_one(builder, x), *compared, *(builder.not_(c) for c in compared)]
        for inner in first:
            for got in (*after_one(builder, inner), *masked(builder, inner)):
                kind = got.type.dtype
                offset = builder.const(rows[kind] * len(a), DType.i64)
                builder.op(loop.Store, got, buffers[f"out_{kind.value}"], builder.add(index, offset))
                rows[kind] += 1

    def run() -> dict[str, list[Any]]:
        fields = {f"out_{d.value}": np.zeros(max(1, rows[d]) * len(a), d.numpy) for d in SPECIAL}
        run_loop(module, Memory({"a": a, "b": b, **fields}, {"n": len(a)}), 0, 1)
        return {name: bits(array).tolist() for name, array in fields.items()}

    before = run()
    run_passes(module, "canonicalize")
    assert run() == before


@pytest.mark.parametrize("name", [n for n in NUMBERS if REGISTRY[n].spec.has(COMMUTATIVE)])
def test_a_commutative_op_gives_the_same_bits_either_way(name: str) -> None:
    for operands, result, attributes in variants(name):
        a, b = all_pairs(operands[0])
        one = evaluate(name, attributes, [a, b], [result])[0]
        other = evaluate(name, attributes, [b, a], [result])[0]
        assert np.array_equal(bits(one), bits(other))


@pytest.mark.parametrize("name", [n for n in NUMBERS if len(REGISTRY[n].spec.operands) == 2])
def test_an_op_that_gives_other_bits_the_other_way_is_not_commutative(name: str) -> None:
    """The trait is complete as well as sound, but for min and max, which differ in zeros and NaN."""
    differs = False
    for operands, result, attributes in variants(name):
        a, b = all_pairs(operands[0])
        one = evaluate(name, attributes, [a, b], [result])[0]
        other = evaluate(name, attributes, [b, a], [result])[0]
        differs |= not np.array_equal(bits(one), bits(other))
    assert differs != REGISTRY[name].spec.has(COMMUTATIVE) or name in ("math.hypot", "arith.cmp")


def folded(name: str, dtype: DType, operands: list[Any], **attributes: Any) -> Module:
    """A program that stores one op on constants, after canonicalize."""
    module, func = module_of({"out": dtype})
    builder = Builder(func.body)
    out = builder.value(loop.FieldRef, types=[buffer_type(dtype)], field=Symbol("out"))
    values = [builder.const(v, dtype) for v in operands]
    got = builder.value(REGISTRY[name], *values, types=[value_type(dtype)], **attributes)
    builder.op(loop.Store, got, out, func.body.args[0])
    run_passes(module, "canonicalize,dce")
    return module


@pytest.mark.parametrize("name", ["arith.add", "arith.mul", "arith.div", "math.exp", "math.sqrt"])
def test_f32_is_folded_in_f32(name: str) -> None:
    arguments = [0.1, 0.7][: len(REGISTRY[name].spec.operands)]
    module = folded(name, DType.f32, arguments)
    (const,) = module.find(arith.Const)
    arrays = [np.array(a, np.float32) for a in arguments]
    assert const.value == evaluate(name, {}, arrays, [DType.f32])[0].item()
    assert verify(module)


def test_every_pure_op_on_numbers_folds() -> None:
    for name in NUMBERS:
        cls = REGISTRY[name]
        if not cls.spec.has(PURE) or name in ("arith.cmp", "arith.select", "arith.cast", "arith.bitcast"):
            continue
        operands, result, _ = variants(name)[-1] if name != "arith.not" else variants(name)[0]
        one = 1.0 if result.is_float else 1
        module = folded(name, result, [one] * len(operands))
        assert not list(module.find(cls)), f"{name} did not fold"
