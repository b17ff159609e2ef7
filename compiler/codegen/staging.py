"""Loops that scatter: what lies anywhere in memory is copied to and from scratch memory one by one.

A loop of independent iterations that computes much is vectorised, and its accesses by index then become gathers and
scatters, which many processors execute slower than the same accesses one after the other (a scatter of eight doubles
takes some 30 cycles on Zen 4). So such a loop is cut in three, in blocks that stay in the first-level cache: load one
by one, compute on vectors, store one by one. Each element is computed by the same operations: the bits are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import arith, loop
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.types import DType, buffer_type, i64

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnc.compiler.ir.core import Op, Value

BLOCK: Final = 128
"""Iterations that are staged at once."""

_INDEX: Final = (loop.Load, arith.Cast, arith.Add, arith.Sub, arith.Mul, arith.Const)


def staged(module: Op) -> Op:
    """A copy of a loop-level module in which loops that scatter are cut in three."""
    copied = module.clone()
    for func in copied.find(loop.Func):
        for inner in [op for op in func.find(loop.For) if op.simd]:
            scattered = [op for op in inner.body.ops if isinstance(op, loop.Store) and is_indirect(op.index, inner)]
            if scattered and not any(op.regions for op in inner.body.ops):
                _Stages(func, inner, scattered).replace()
    return copied


def is_indirect(index: Value, inner: loop.For) -> bool:
    """Whether an index is made of something that the iteration loads."""
    return any(isinstance(op, loop.Load) for op in index_ops(index, inner))


def index_ops(value: Value, inner: loop.For) -> list[Op]:
    """The ops of an iteration that an index is computed by, in order."""
    wanted: set[Op] = set()
    todo = [value]
    while todo:
        op = todo.pop().op
        if op is not None and op.parent is inner.body and op not in wanted and isinstance(op, _INDEX):
            wanted.add(op)
            todo += [operand for operand in op.operands if not operand.type.buffer]
    return [op for op in inner.body.ops if op in wanted]


class _Stages:
    """The three loops that replace one."""

    def __init__(self, func: loop.Func, inner: loop.For, stores: list[loop.Store]) -> None:
        self.inner, self.stores = inner, stores
        indirect = (op for op in inner.body.ops if isinstance(op, loop.Load) and is_indirect(op.index, inner))
        indices = {op for store in stores for op in index_ops(store.index, inner)}
        self.loads = [op for op in indirect if op not in indices]
        self.start = Builder(func.body, func.body.ops[0], inner.loc)
        self.scratch: dict[Op, Value] = {op: self._scratch(op.result.type.dtype) for op in self.loads}
        self.scratch |= {op: self._scratch(op.value.type.dtype) for op in stores}

    def _scratch(self, dtype: DType) -> Value:
        return self.start.value(loop.Alloca, types=(buffer_type(dtype),), count=BLOCK)

    def replace(self) -> None:
        """Write the loops in the place of the one."""
        inner = self.inner
        assert inner.parent is not None
        blocks = Block((i64,), ("first",))
        b = Builder(inner.parent, inner, inner.loc)
        b.op(loop.For, inner.lo, inner.hi, regions=(blocks,), step=BLOCK)
        b = Builder(blocks, None, inner.loc)
        first = blocks.args[0]
        last = b.min(b.add(first, b.const(BLOCK, DType.i64)), inner.hi)
        for write, simd in ((self._load, None), (self._compute, True), (self._store, None)):
            body = Block((i64,), (inner.body.args[0].hint or "j",))
            b.op(loop.For, first, last, regions=(body,), simd=simd)
            at = Builder(body, None, inner.loc)
            write(at, body.args[0], at.sub(body.args[0], first))
        inner.erase()

    def _copies(self, b: Builder, j: Value, ops: Iterable[Op]) -> dict[Value, Value]:
        mapping = {self.inner.body.args[0]: j}
        for op in ops:
            b.insert(op.clone(mapping))
        return mapping

    def _load(self, b: Builder, j: Value, at: Value) -> None:
        needed = {op for load in self.loads for op in (*index_ops(load.index, self.inner), load)}
        mapping = self._copies(b, j, [op for op in self.inner.body.ops if op in needed])
        for load in self.loads:
            b.op(loop.Store, mapping[load.result], self.scratch[load], at)

    def _compute(self, b: Builder, j: Value, at: Value) -> None:
        mapping = {self.inner.body.args[0]: j}
        for op in self.inner.body.ops:
            if op in self.scratch and isinstance(op, loop.Load):
                mapping[op.result] = b.value(loop.Load, self.scratch[op], at, types=(op.result.type,))
            elif op in self.scratch and isinstance(op, loop.Store):
                b.op(loop.Store, mapping.get(op.value, op.value), self.scratch[op], at)
            else:
                b.insert(op.clone(mapping))

    def _store(self, b: Builder, j: Value, at: Value) -> None:
        needed = {op for store in self.stores for op in index_ops(store.index, self.inner)}
        mapping = self._copies(b, j, [op for op in self.inner.body.ops if op in needed])
        for store in self.stores:
            value = b.value(loop.Load, self.scratch[store], at, types=(store.value.type,))
            index = mapping.get(store.index, store.index)
            b.op(loop.Store, value, mapping.get(store.buffer, store.buffer), index)
