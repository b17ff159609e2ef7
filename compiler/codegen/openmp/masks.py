"""Truth values that a vectorised loop leaves in scratch memory: four bytes wide first, one byte in a loop of their own.

gcc takes as many iterations at once as fit a vector of the narrowest type it meets: with bytes, 64. Eight vectors of
doubles for each variable are more than there are registers, and the loop spends its time spilling them (2.6 against
1.7 microseconds for 4000 neurons of COBA, gcc 12, AVX-512). Loops in single precision, with four, are left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.ir import arith, loop
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.types import DType, buffer_type, i64, value_type

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Op, Value


def widen_masks(module: Op) -> Op:
    """Let loops of independent iterations on doubles store truth values in two steps; in place."""
    for func in module.find(loop.Func):
        wide: dict[Value, Value] = {}
        for inner in [op for op in func.find(loop.For) if op.simd]:
            stores = [op for op in inner.body.ops if isinstance(op, loop.Store) and _is_mask(op)]
            if any(result.type.dtype is DType.f64 for op in inner.body.ops for result in op.results):
                for store in stores:
                    _in_two_steps(func, inner, store, wide)
    return module


def _is_mask(store: loop.Store) -> bool:
    return isinstance(store.buffer.op, loop.Alloca) and store.value.type.dtype is DType.bool


def _in_two_steps(func: loop.Func, inner: loop.For, store: loop.Store, wide: dict[Value, Value]) -> None:
    mask = store.buffer
    if mask not in wide:
        assert isinstance(mask.op, loop.Alloca)
        start = Builder(func.body, mask.op, store.loc)
        wide[mask] = start.value(loop.Alloca, types=(buffer_type(DType.i32),), count=mask.op.count)
        wide[mask].hint = "wide"
    b = Builder(inner.body, store, store.loc)
    number = b.select(store.value, b.const(1, DType.i32), b.const(0, DType.i32))
    b.op(loop.Store, number, wide[mask], store.index)
    body = Block((i64,), (inner.body.args[0].hint or "i",))
    assert inner.parent is not None
    after = inner.parent.ops.index(inner) + 1
    following = inner.parent.ops[after] if after < len(inner.parent.ops) else None
    Builder(inner.parent, following, store.loc).op(loop.For, inner.lo, inner.hi, regions=(body,), simd=True)
    narrow = Builder(body, None, store.loc)
    mapping = {inner.body.args[0]: body.args[0]}
    for op in _slice(store.index, inner):
        narrow.insert(op.clone(mapping))
    index = mapping.get(store.index, store.index)
    loaded = narrow.value(loop.Load, wide[mask], index, types=(value_type(DType.i32),))
    narrow.op(loop.Store, narrow.cmp("ne", loaded, narrow.const(0, DType.i32)), mask, index)
    store.erase()


def _slice(value: Value, inner: loop.For) -> list[Op]:
    """The arithmetic of an iteration that an index is computed by, in order."""
    wanted: set[Op] = set()
    todo = [value]
    while todo:
        op = todo.pop().op
        if op is not None and op.parent is inner.body and op not in wanted:
            assert not isinstance(op, loop.Load), "a mask stands in the order of its loop"
            wanted.add(op)
            todo += op.operands
    return [op for op in inner.body.ops if op in wanted and not isinstance(op, arith.Yield)]
