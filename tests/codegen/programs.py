"""Small loop-level modules, written with the builder, for the tests of targets."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from nnc.compiler.ir import arith, create, loop
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block, Value
from nnc.compiler.ir.model import Module
from nnc.compiler.ir.types import DType, buffer_type, i64, value_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Program(Builder):
    """Builds a module with one function; the builder stands inside of it."""

    def __init__(self) -> None:
        self.top = Block()
        self.module = create(Module, regions=[self.top], sym=Symbol("test"))
        body = Block([i64, i64], ["t0", "t1"])
        self.func = create(loop.Func, regions=[body], sym=Symbol("run"))
        self.types: dict[str, DType] = {}
        super().__init__(body)
        self.t0, self.t1 = body.args

    def finish(self) -> Module:
        self.top.append(self.func)
        return self.module

    def size(self, name: str) -> None:
        self.top.append(create(loop.Size, sym=Symbol(name)))

    def field(self, name: str, dtype: DType, *extent: str, role: str = "state") -> Value:
        symbols = tuple(Symbol(e) for e in extent)
        self.top.append(create(loop.Field, sym=Symbol(name), type=buffer_type(dtype), extent=symbols, role=role))
        self.types[name] = dtype
        return self.ref(name)

    def ref(self, name: str) -> Value:
        value = self.value(loop.FieldRef, types=(buffer_type(self.types[name]),), field=Symbol(name))
        return value

    def length(self, name: str) -> Value:
        return self.value(loop.SizeRef, types=(i64,), size=Symbol(name))

    def int(self, number: int) -> Value:
        return self.const(number, DType.i64)

    def load(self, buffer: Value, index: Value) -> Value:
        dtype = buffer.type.dtype
        wide = DType.i32 if dtype in (DType.u8, DType.u16) else dtype
        return self.value(loop.Load, buffer, index, types=(value_type(wide),))

    def store(self, value: Value, buffer: Value, index: Value) -> None:
        self.op(loop.Store, value, buffer, index)

    def alloca(self, dtype: DType, count: int) -> Value:
        return self.value(loop.Alloca, types=(buffer_type(dtype),), count=count)

    def id(self) -> Value:
        return self.value(loop.Id, types=(i64,))

    def team(self) -> Value:
        return self.value(loop.TeamSize, types=(i64,))

    def bound(self, n: Value, p: Value) -> Value:
        return self.value(loop.Bound, n, p, types=(i64,))

    def part(self, n: Value) -> tuple[Value, Value]:
        p = self.id()
        return self.bound(n, p), self.bound(n, self.add(p, self.int(1)))

    @contextmanager
    def inside(self, body: Block) -> Iterator[None]:
        with self.at(body):
            yield

    @contextmanager
    def loop(self, lo: Value, hi: Value, *, simd: bool = False, step: int = 1, hint: str = "i") -> Iterator[Value]:
        body = Block([i64], [hint])
        options: dict[str, bool | int] = {"simd": True} if simd else {}
        if step != 1:
            options["step"] = step
        self.op(loop.For, lo, hi, regions=[body], **options)
        with self.at(body):
            yield body.args[0]

    @contextmanager
    def time(self) -> Iterator[Value]:
        body = Block([i64], ["k"])
        self.op(loop.TimeLoop, self.t0, self.t1, regions=[body])
        with self.at(body):
            yield body.args[0]

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        body = Block()
        self.op(loop.If, condition, regions=[body])
        with self.at(body):
            yield

    def reduce(self, kind: str, lo: Value, hi: Value, dtype: DType, body: Reduction) -> Value:
        region = Block([i64], ["j"])
        op = self.op(loop.Reduce, lo, hi, regions=[region], types=(value_type(dtype),), kind=kind)
        with self.at(region):
            self.op(arith.Yield, *body(region.args[0]))
        return op.result

    def barrier(self) -> None:
        self.op(loop.Barrier)

    def compact(self, *operands: Value) -> None:
        self.op(loop.Compact, *operands)

    def record(self, when: str, k: Value, *fields: str) -> None:
        self.op(loop.Record, k, when=when, fields=tuple(Symbol(f) for f in fields))

    def stop(self, condition: Value, k: Value) -> None:
        self.op(loop.Stop, condition, k)


if TYPE_CHECKING:
    from collections.abc import Callable

    Reduction = Callable[[Value], Sequence[Value]]
