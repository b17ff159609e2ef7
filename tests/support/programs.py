"""Random loop-level programs for properties of passes, and how to run them.

Plain random programs let planted bugs live. These are made of near-duplicates (an earlier op again, with its operands
swapped or a constant's sign flipped), draw from few constants, and load at the same indices before and after stores.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from hypothesis import strategies as st

from nnc.compiler.ir import arith, loop
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block, Value
from nnc.compiler.ir.define import create
from nnc.compiler.ir.interp import run_loop
from nnc.compiler.ir.model import Module
from nnc.compiler.ir.types import DType, buffer_type, i64, value_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nnc.compiler.ir.core import Op

CONSTANTS: Final = (0.0, -0.0, 1.0, -1.0, 2.0, 0.1, float("inf"), float("nan"))
BINARY: Final = (arith.Add, arith.Sub, arith.Mul, arith.Div, arith.Min, arith.Max, arith.Rem)
UNARY: Final = (arith.Neg, arith.Abs)
FIELDS: Final = {"f": DType.f64, "g": DType.f64, "h": DType.f32, "i": DType.i64}
LENGTH: Final = 4


@dataclass
class Memory:
    """The least state block that the interpreter can run on."""

    fields: dict[str, NDArray[Any]]
    sizes: dict[str, int] = field(default_factory=lambda: {"n": LENGTH})
    team: int = 1
    seed: int = 5
    recorders: Sequence[Any] = ()


def module_of(fields: dict[str, DType]) -> tuple[Module, loop.Func]:
    """A module with these fields, all of length n, and an empty function `run`."""
    module = create(Module, sym=Symbol("program"))
    module.body.append(create(loop.Size, sym=Symbol("n")))
    for name, dtype in fields.items():
        extent = (Symbol("n"),)
        module.body.append(create(loop.Field, sym=Symbol(name), type=buffer_type(dtype), extent=extent, role="state"))
    func = create(loop.Func, sym=Symbol("run"), regions=[Block([i64, i64], ["t0", "t1"])])
    module.body.append(func)
    return module, func


def bits(array: NDArray[Any]) -> NDArray[Any]:
    """The bits of an array, all NaNs alike: which NaN an operation gives is not defined."""
    copy = np.array(array)
    if copy.dtype.kind != "f":
        return copy
    copy[np.isnan(copy)] = np.nan
    return copy.view(f"i{copy.dtype.itemsize}")


def outcome(module: Module) -> dict[str, list[Any]]:
    """Bits of all fields after two steps from a fixed start."""
    fields = {op.sym: (np.arange(LENGTH) * 1.5 - 2.25).astype(op.type.dtype.numpy) for op in module.find(loop.Field)}
    run_loop(module, Memory(fields), 0, 2)
    return {name: bits(array).tolist() for name, array in fields.items()}


@dataclass
class _Maker:
    """Writes ops at random into a function. `values` are those that can be read, innermost block last."""

    chance: random.Random
    builder: Builder
    buffers: dict[str, Value]
    values: list[Value] = field(default_factory=list)
    made: list[Op] = field(default_factory=list)

    def some(self, dtype: DType) -> Value:
        found = [v for v in self.values if v.type.dtype is dtype]
        if found and self.chance.random() < 0.7:
            return self.chance.choice(found[-8:])
        return self.constant(dtype)

    def constant(self, dtype: DType) -> Value:
        number: Any = self.chance.choice(CONSTANTS)
        if not dtype.is_float:
            number = self.chance.choice((0, 1, -1, 2)) if dtype.is_int else self.chance.random() < 0.5
        return self.keep(self.builder.const(number, dtype))

    def keep(self, value: Value) -> Value:
        self.values.append(value)
        assert value.op is not None
        self.made.append(value.op)
        return value

    def index(self) -> Value:
        """An index in range: a counter or a constant."""
        counters = [v for v in self.values if v.type is i64 and v.op is None]
        if counters and self.chance.random() < 0.5:
            return self.chance.choice(counters)
        return self.builder.const(self.chance.randrange(2), DType.i64)

    def dtype(self) -> DType:
        return self.chance.choice((DType.f64, DType.f64, DType.f64, DType.f32, DType.i64))

    def statement(self, depth: int) -> None:
        kind = self.chance.random()
        if kind < 0.3 and self.made:
            self.near_duplicate()
        elif kind < 0.45:
            self.load()
        elif kind < 0.6:
            self.store()
        elif kind < 0.66 and depth < 2:
            self.nested(depth)
        elif kind < 0.7 and depth < 2:
            self.reduction()
        else:
            self.number()

    def number(self) -> None:
        dtype = self.dtype()
        b, kind = self.builder, self.chance.random()
        if kind < 0.6:
            self.keep(b.value(self.chance.choice(BINARY), self.some(dtype), self.some(dtype)))
        elif kind < 0.7:
            self.keep(b.value(self.chance.choice(UNARY), self.some(dtype)))
        elif kind < 0.8:
            predicate = self.chance.choice(("eq", "ne", "lt", "le", "gt", "ge"))
            self.keep(b.cmp(predicate, self.some(dtype), self.some(dtype)))
        elif kind < 0.86:
            self.keep(b.select(self.some(DType.bool), self.some(dtype), self.some(dtype)))
        elif kind < 0.9:
            self.keep(b.not_(self.some(DType.bool)))
        elif kind < 0.95:
            self.keep(b.value(arith.Cast, self.some(dtype), types=[value_type(self.dtype())]))
        else:
            floats = self.chance.choice((DType.f32, DType.f64))
            self.keep(b.fma(self.some(floats), self.some(floats), self.some(floats)))

    def near_duplicate(self) -> None:
        """An earlier op again: the same, or with one thing changed."""
        op = self.chance.choice(self.made[-10:])
        if any(v not in self.values and not v.type.buffer and v.op is None for v in op.operands):
            return
        if not all(v.type.buffer or v in self.values or isinstance(v.op, arith.Const) for v in op.operands):
            return
        copy = op.clone()
        for result in copy.results:
            result.hint = None
        change = self.chance.random()
        if change < 0.3 and len(copy.operands) == 2 and copy.operands[0].type is copy.operands[1].type:
            copy.set_operands([copy.operands[1], copy.operands[0]])
        elif change < 0.5 and isinstance(copy, arith.Const) and isinstance(copy.value, float):
            copy.value = -copy.value
        elif change < 0.6 and isinstance(copy, arith.Cmp):
            copy.predicate = self.chance.choice(("lt", "le", "eq"))
        elif change < 0.7 and isinstance(copy, arith.Cast) and copy.operand.type.dtype is not DType.bool:
            copy.results[0].type = value_type(self.dtype())
        self.builder.insert(copy)
        self.keep(copy.results[0])

    def load(self) -> None:
        name = self.chance.choice(list(self.buffers))
        self.keep(
            self.builder.value(
                loop.Load, self.buffers[name], self.visible(self.index()), types=[value_type(FIELDS[name])]
            )
        )

    def visible(self, index: Value) -> Value:
        if index not in self.values:
            self.values.append(index)
        return index

    def store(self) -> None:
        name = self.chance.choice(list(self.buffers))
        self.builder.op(loop.Store, self.some(FIELDS[name]), self.buffers[name], self.visible(self.index()))

    def nested(self, depth: int) -> None:
        """A loop, sometimes with no iteration, or a condition."""
        outer = len(self.values), len(self.made)
        body = Block([i64] if (counted := self.chance.random() < 0.6) else [])
        if counted:
            lo, hi = (self.builder.const(k, DType.i64) for k in (0, self.chance.choice((0, 1, LENGTH))))
            self.builder.op(loop.For, lo, hi, regions=[body])
            self.values += body.args
        else:
            self.builder.op(loop.If, self.some(DType.bool), regions=[body])
        with self.builder.at(body):
            again = self.read_again()
            for _ in range(self.chance.randrange(1, 6)):
                self.statement(depth + 1)
            if again is not None:
                twice = self.builder.add(again.result, again.result)
                self.builder.op(loop.Store, twice, again.buffer, again.index)
        del self.values[outer[0] :], self.made[outer[1] :]

    def read_again(self) -> loop.Load | None:
        """An earlier load once more, at the start of a block that will store there: a loop may come round."""
        loads = [op for op in self.made[-12:] if isinstance(op, loop.Load)]
        if not loads:
            return None
        copy = self.builder.insert(self.chance.choice(loads).clone())
        self.keep(copy.result)
        return copy

    def reduction(self) -> None:
        outer = len(self.values), len(self.made)
        lo, hi = (self.builder.const(k, DType.i64) for k in (0, LENGTH))
        body = Block([i64])
        self.values += body.args
        with self.builder.at(body):
            for _ in range(2):
                self.load()
            self.builder.yield_(self.some(DType.f64))
        del self.values[outer[0] :], self.made[outer[1] :]
        kind = self.chance.choice(("add", "max"))
        self.values.append(self.builder.value_of_reduction(kind, lo, hi, body))


class _Builder(Builder):
    def value_of_reduction(self, kind: str, lo: Value, hi: Value, body: Block) -> Value:
        return self.op(loop.Reduce, lo, hi, types=[value_type(DType.f64)], regions=[body], kind=kind).results[0]


def random_program(seed: int, size: int) -> Module:
    """A program of about `size` statements in a loop over steps; a function of its arguments alone."""
    module, func = module_of(dict(FIELDS))
    builder = _Builder(func.body)
    buffers = {
        name: builder.value(loop.FieldRef, types=[buffer_type(dtype)], field=Symbol(name))
        for name, dtype in FIELDS.items()
    }
    body = Block([i64], ["k"])
    builder.op(loop.TimeLoop, *func.body.args, regions=[body])
    with builder.at(body):
        maker = _Maker(random.Random(seed), builder, buffers, list(body.args))
        for _ in range(size):
            maker.statement(0)
        for name in FIELDS:
            builder.op(loop.Store, maker.some(FIELDS[name]), buffers[name], builder.const(3, DType.i64))
    return module


programs = st.builds(random_program, st.integers(0, 2**32), st.integers(1, 30))
"""Valid loop-level modules that run on `Memory` without leaving their buffers."""
