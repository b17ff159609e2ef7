"""`loop.reduce` in LLVM: the 32 partial results are the lanes of one vector.

Whole rounds of 32 elements read vectors (or gather), one last round is masked, and the tree halves the vector. Regions
that hold more than arithmetic and loads fall back to a scalar loop over partial results in memory: the same order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.compiler.codegen.llvm_expr import LANES, MEMORY, TYPES, is_arithmetic, literal, vector
from nnc.compiler.ir import arith, loop
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from nnc.compiler.codegen.llvm.emit import Emitter
    from nnc.compiler.ir.core import Op, Value

_IOTA: Final = "<" + ", ".join(f"i64 {i}" for i in range(LANES)) + ">"


def combine(e: Emitter, kind: str, dtype: DType, type_: str, part: str, term: str) -> str:
    """`part` and one more term, on scalars or vectors."""
    if kind in ("add", "fma"):
        return e.let(f"{'fadd' if dtype.is_float else 'add'} {type_} {part}, {term}")
    side = "gt" if kind == "max" else "lt"
    test = f"fcmp o{side}" if dtype.is_float else f"icmp s{side}"
    bits = f"<{type_.split(' ')[0][1:]} x i1>" if type_[0] == "<" else "i1"
    keep = e.let(f"{test} {type_} {part}, {term}")
    return e.let(f"select {bits} {keep}, {type_} {part}, {type_} {term}")


def emit_reduce(e: Emitter, op: loop.Reduce) -> None:
    """Write a reduction and note its result."""
    simple = all(_fits_lanes(inner) for inner in op.body.ops)
    dtype = op.result.type.dtype
    parts = _rounds(e, op) if simple else _in_memory(e, op)
    e.values[op.result] = tree(e, op.kind, dtype, parts)


def _fits_lanes(op: Op) -> bool:
    kinds = (arith.Const, arith.Yield, loop.Load, loop.FieldRef, loop.SizeRef, loop.Id, loop.TeamSize, loop.Seed)
    return is_arithmetic(op) or isinstance(op, kinds)


def tree(e: Emitter, kind: str, dtype: DType, parts: str) -> str:
    """Fold 32 lanes to one: lane l with lane l + s, for s = 16, 8, 4, 2, 1."""
    width, kind_name = LANES, TYPES[dtype]
    while width > 1:
        half = width // 2
        have, want = f"<{width} x {kind_name}>", f"<{half} x {kind_name}>"
        low, high = (
            e.let(
                f"shufflevector {have} {parts}, {have} poison, <{half} x i32> "
                f"<{', '.join(f'i32 {i}' for i in range(first, first + half))}>"
            )
            for first in (0, half)
        )
        parts = combine(e, kind, dtype, want, low, high)
        width = half
    return e.let(f"extractelement <1 x {kind_name}> {parts}, i64 0")


def _rounds(e: Emitter, op: loop.Reduce) -> str:
    dtype = op.result.type.dtype
    wide = vector(TYPES[dtype])
    lo, hi = e.values[op.lo], e.values[op.hi]
    head, whole, rest, last, done = e.labels("round", "whole", "rest", "last", "reduced")
    at, after, before = e.fresh(), e.fresh(), e.label
    parts, more = e.fresh(), e.fresh()
    initial = e.splat(TYPES[dtype], literal(loop.start_value(op.kind, dtype), dtype))
    e.jump(head)
    e.start(head)
    e.do(f"{at} = phi i64 [ {lo}, %{before} ], [ {after}, %{whole} ]")
    e.do(f"{parts} = phi {wide} [ {initial}, %{before} ], [ {more}, %{whole} ]")
    e.do(f"{after} = add i64 {at}, {LANES}")
    e.branch(e.let(f"icmp sle i64 {after}, {hi}"), whole, rest)
    e.start(whole)
    lanes = Lanes(e, op, at, None)
    e.out.append(f"  {more} = {lanes.add(parts)}")
    e.jump(head)
    e.start(rest)
    e.branch(e.let(f"icmp slt i64 {at}, {hi}"), last, done)
    e.start(last)
    left = e.let(f"sub i64 {hi}, {at}")
    mask = e.let(f"icmp slt {vector('i64')} {_IOTA}, {e.splat('i64', left)}")
    lanes = Lanes(e, op, at, mask)
    tried = e.let(lanes.add(parts))
    kept = e.let(f"select {vector('i1')} {mask}, {wide} {tried}, {wide} {parts}")
    e.jump(done)
    e.start(done)
    return e.let(f"phi {wide} [ {parts}, %{rest} ], [ {kept}, %{last} ]")


class Lanes:
    """One round of 32 elements from `at`; with a mask only those it names are read."""

    def __init__(self, e: Emitter, op: loop.Reduce, at: str, mask: str | None) -> None:
        self.e = e
        self.op = op
        self.mask = mask
        # Index values that are a scalar plus the lane number: neighbours in memory.
        self.first: dict[Value, str] = {op.body.args[0]: at}
        index = e.let(f"add {vector('i64')} {e.splat('i64', at)}, {_IOTA}")
        e.lanes[op.body.args[0]] = index
        for inner in op.body.ops[:-1]:
            if isinstance(inner, loop.Load):
                self.load(inner)
            else:
                e.op(inner)
                self.follow(inner)

    def follow(self, op: Op) -> None:
        """Know a sum of such an index and a scalar for another one."""
        if not isinstance(op, (arith.Add, arith.Sub)) or op.result.type.dtype is not DType.i64:
            return
        lhs, rhs = op.lhs, op.rhs
        if isinstance(op, arith.Add) and rhs in self.first:
            lhs, rhs = rhs, lhs
        if lhs in self.first and rhs in self.e.values and rhs not in self.e.lanes:
            name = "add" if isinstance(op, arith.Add) else "sub"
            self.first[op.result] = self.e.let(f"{name} i64 {self.first[lhs]}, {self.e.values[rhs]}")

    def load(self, op: loop.Load) -> None:
        """One element, 32 neighbours, or a gather."""
        e, dtype = self.e, op.buffer.type.dtype
        if op.index not in e.lanes:
            e.load(op)
            return
        kind = MEMORY[dtype]
        wide, base = vector(kind), e.values[op.buffer]
        size = dtype.numpy.itemsize
        step = e.stride(op.buffer)
        if op.index in self.first and step == 1:
            at = e.let(f"getelementptr inbounds {kind}, ptr {base}, i64 {self.first[op.index]}")
            raw = self._neighbours(wide, kind, at, size)
        else:
            index = e.lanes[op.index]
            if step > 1:
                index = e.let(f"mul nsw {vector('i64')} {index}, {e.splat('i64', str(step))}")
            raw = self._gather(wide, kind, base, index, size)
        e.lanes[op.result] = e.widen(raw, dtype, wide, vector(TYPES[op.result.type.dtype]))

    def _neighbours(self, wide: str, kind: str, at: str, size: int) -> str:
        if self.mask is None:
            return self.e.let(f"load {wide}, ptr {at}, align {size}{self.e.access}")
        name = f"llvm.masked.load.{_short(kind)}.p0"
        self.e.declare(name, wide, "ptr", "i32", vector("i1"), wide)
        args = f"ptr {at}, i32 {size}, {vector('i1')} {self.mask}, {wide} zeroinitializer"
        return self.e.let(f"call {wide} @{name}({args}){self.e.access}")

    def _gather(self, wide: str, kind: str, base: str, index: str, size: int) -> str:
        e = self.e
        pointers = e.let(f"getelementptr inbounds {kind}, ptr {base}, {vector('i64')} {index}")
        name = f"llvm.masked.gather.{_short(kind)}.v{LANES}p0"
        e.declare(name, wide, vector("ptr"), "i32", vector("i1"), wide)
        mask = self.mask or e.splat("i1", "true")
        args = f"{vector('ptr')} {pointers}, i32 {size}, {vector('i1')} {mask}, {wide} zeroinitializer"
        return e.let(f"call {wide} @{name}({args}){e.access}")

    def add(self, parts: str) -> str:
        """The instruction that adds this round to the partial results."""
        e, op, dtype = self.e, self.op, self.op.result.type.dtype
        wide = vector(TYPES[dtype])
        terms = [e.lane_value(v) for v in op.body.ops[-1].operands]
        if op.kind == "fma":
            name = f"llvm.fma.{_short(TYPES[dtype])}"
            e.declare(name, wide, wide, wide, wide)
            return f"call {wide} @{name}({wide} {terms[0]}, {wide} {terms[1]}, {wide} {parts})"
        if op.kind == "add":
            return f"{'fadd' if dtype.is_float else 'add'} {wide} {parts}, {terms[0]}"
        side = "gt" if op.kind == "max" else "lt"
        test = f"fcmp o{side}" if dtype.is_float else f"icmp s{side}"
        keep = e.let(f"{test} {wide} {parts}, {terms[0]}")
        return f"select {vector('i1')} {keep}, {wide} {parts}, {wide} {terms[0]}"


def _short(kind: str) -> str:
    names = {"float": "f32", "double": "f64"}
    return f"v{LANES}{names.get(kind, kind)}"


def _in_memory(e: Emitter, op: loop.Reduce) -> str:
    dtype = op.result.type.dtype
    kind, wide = TYPES[dtype], vector(TYPES[dtype])
    parts = e.scratch(wide)
    e.do(f"store {wide} {e.splat(kind, literal(loop.start_value(op.kind, dtype), dtype))}, ptr {parts}, align 64")

    def each(j: str) -> None:
        offset = e.let(f"sub i64 {j}, {e.values[op.lo]}")
        lane = e.let(f"and i64 {offset}, {LANES - 1}")
        at = e.let(f"getelementptr inbounds {kind}, ptr {parts}, i64 {lane}")
        old = e.let(f"load {kind}, ptr {at}")
        terms = [e.values[v] for v in op.body.ops[-1].operands]
        if op.kind == "fma":
            new = e.intrinsic("fma", kind, *terms, old)
        else:
            new = combine(e, op.kind, dtype, kind, old, terms[0])
        e.do(f"store {kind} {new}, ptr {at}")

    e.iterate(e.values[op.lo], e.values[op.hi], "1", op.body, then=each)
    return e.let(f"load {wide}, ptr {parts}, align 64")
