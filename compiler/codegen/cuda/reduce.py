"""`loop.reduce` on threads: 32 partial results in the documented order, whatever computes the terms.

In a warp, thread l has partial result l, and the tree is folded by shuffles. In a block, all threads compute terms,
`threads` of them a round, into shared memory; the first 32 add them to their partial results, in ascending order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.codegen.cuda.compact import WARP
from nnc.compiler.codegen.cuda.hazards import STAGE, Touch
from nnc.compiler.codegen.cuda.warp import moved
from nnc.compiler.codegen.llvm.reduce import combine, tree
from nnc.compiler.codegen.llvm_expr import LANES, TYPES, literal, vector
from nnc.compiler.ir import loop

if TYPE_CHECKING:
    from nnc.compiler.codegen.cuda.emit import KernelEmitter


def _merged(e: KernelEmitter, op: loop.Reduce, kind: str, part: str, terms: list[str]) -> str:
    """A partial result and the terms of one more element."""
    if op.kind == "fma":
        return e.intrinsic("fma", kind, *terms, part)
    return combine(e, op.kind, op.result.type.dtype, kind, part, *terms)


def reduce_in_warp(e: KernelEmitter, op: loop.Reduce) -> None:
    """By the 32 threads of a warp; all of them get the result."""
    e.helpers.add("warp")
    dtype = op.result.type.dtype
    kind = TYPES[dtype]
    own = e.private(kind)
    e.do(f"store {kind} {literal(loop.start_value(op.kind, dtype), dtype)}, ptr {own}")
    first = e.let(f"add i64 {e.values[op.lo]}, %within")

    def each(j: str) -> None:
        part = e.let(f"load {kind}, ptr {own}")
        e.do(f"store {kind} {_merged(e, op, kind, part, [e.values[v] for v in op.body.ops[-1].operands])}, ptr {own}")

    with e.divided():
        e.iterate(first, e.values[op.hi], str(LANES), op.body, then=each)
    part = e.let(f"load {kind}, ptr {own}")
    shift = WARP // 2
    while shift:
        part = combine(e, op.kind, dtype, kind, part, moved(e, dtype, part, "down", shift))
        shift //= 2
    e.values[op.result] = moved(e, dtype, part, "idx", 0)


def reduce_in_block(e: KernelEmitter, op: loop.Reduce) -> None:
    """By all threads of a block; all of them get the result.

    Rounds take turns with two halves of the shared memory, so that the threads meet once in each.
    """
    e.helpers.update(("parts", "stage"))
    dtype = op.result.type.dtype
    kind = TYPES[dtype]
    own = e.private(kind)
    e.do(f"store {kind} {literal(loop.start_value(op.kind, dtype), dtype)}, ptr {own}")
    lo, hi = e.values[op.lo], e.values[op.hi]
    head, inner, term, ready, fold, end = e.labels("round", "terms", "term", "ready", "fold", "folded")
    base, after, half, other, before = e.fresh(), e.fresh(), e.fresh(), e.fresh(), e.label
    e.jump(head)
    e.start(head)
    position = len(e.out)
    e.branch(e.let(f"icmp slt i64 {base}, {hi}"), inner, end)
    e.start(inner)
    j = e.let(f"add i64 {base}, %lane")
    e.branch(e.let(f"icmp slt i64 {j}, {hi}"), term, ready)
    e.start(term)
    e.values[op.body.args[0]] = j
    with e.divided():
        e.block(op.body)
    for number, value in enumerate(op.body.ops[-1].operands):
        e.do(f"store {kind} {e.values[value]}, ptr addrspace(3) {_staged(e, kind, number, half, '%lane')}")
    e.jump(ready)
    e.start(ready)
    e.sync()
    next_round = f"next{fold}"
    e.branch(e.let(f"icmp ult i64 %lane, {LANES}"), fold, next_round)
    e.start(fold)
    left = e.let(f"sub i64 {hi}, {base}")
    for row in range(e.threads // LANES):
        _fold(e, op, kind, own, half, left, row)
    e.jump(next_round)
    e.start(next_round)
    e.do(f"{after} = add i64 {base}, {e.threads}")
    e.do(f"{other} = xor i64 {half}, {e.threads}")
    e.jump(head)
    e.out[position:position] = [
        f"  {base} = phi i64 [ {lo}, %{before} ], [ {after}, %{next_round} ]",
        f"  {half} = phi i64 [ 0, %{before} ], [ {other}, %{next_round} ]",
    ]
    e.start(end)
    e.values[op.result] = _tree(e, op, kind, own)


def _staged(e: KernelEmitter, kind: str, number: int, half: str, index: str) -> str:
    """Where the term of a thread is kept in this round; `fma` has two."""
    place = e.let(f"add i64 {half}, {index}")
    at = e.let(f"add i64 {place}, {number * 2 * e.threads}")
    return e.let(f"getelementptr inbounds i64, ptr addrspace(3) @stage, i64 {at}")


def _fold(e: KernelEmitter, op: loop.Reduce, kind: str, own: str, half: str, left: str, row: int) -> None:
    """Add one term of this round, if there is one, to the partial result of each of the first 32 threads."""
    some, done = e.labels("some", "added")
    index = e.let(f"add i64 %lane, {row * LANES}")
    e.branch(e.let(f"icmp slt i64 {index}, {left}"), some, done)
    e.start(some)
    count = len(op.body.ops[-1].operands)
    terms = [e.let(f"load {kind}, ptr addrspace(3) {_staged(e, kind, n, half, index)}") for n in range(count)]
    part = e.let(f"load {kind}, ptr {own}")
    e.do(f"store {kind} {_merged(e, op, kind, part, terms)}, ptr {own}")
    e.jump(done)
    e.start(done)


def _tree(e: KernelEmitter, op: loop.Reduce, kind: str, own: str) -> str:
    """All threads fold the partial results of the first 32."""
    some, done = e.labels("give", "given")
    e.branch(e.let(f"icmp ult i64 %lane, {LANES}"), some, done)
    e.start(some)
    at = e.let(f"getelementptr inbounds {kind}, ptr addrspace(3) @parts, i64 %lane")
    last = e.let(f"load {kind}, ptr {own}")
    e.do(f"store {kind} {last}, ptr addrspace(3) {at}")
    e.jump(done)
    e.start(done)
    e.sync()
    e.hazards.note({STAGE: Touch.ALL_READ})
    parts = e.let(f"load {vector(kind)}, ptr addrspace(3) @parts, align 64")
    return tree(e, op.kind, op.result.type.dtype, parts)
