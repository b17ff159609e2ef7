"""Loop level to LLVM text: the function of one worker.

Loops marked `simd` carry `llvm.loop.parallel_accesses`, so they vectorise without run-time checks for overlap. They do
not carry `vectorize.enable`: that only adds warnings on the terminal where the cost model says no.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from nnc.compiler.codegen.layout import ABI, Layout, even
from nnc.compiler.codegen.llvm.reduce import emit_reduce
from nnc.compiler.codegen.llvm.support import BOUND, CLOCKS, COMPACT, STOP, barrier, philox, record
from nnc.compiler.codegen.llvm_expr import MEMORY, TYPES, Writer, is_arithmetic, literal
from nnc.compiler.codegen.packing import first_of, stride
from nnc.compiler.codegen.target import unsupported
from nnc.compiler.ir import arith, batch, loop, random
from nnc.compiler.ir.batch import fields_of
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnc.compiler.ir.core import Block, Op, Value

SHORT: Final = ('!{!"llvm.loop.vectorize.predicate.enable", i1 true}', '!{!"llvm.loop.interleave.count", i32 1}')
"""Properties of a loop of few iterations: all are done in vectors, under a mask, instead of the last ones by one."""

WHOLE: Final = 64
"""Iterations that are done without a mask where there are as many."""


class Found(NamedTuple):
    """A truth value that a loop stores, and the op behind the loop that asks where it was true."""

    stored: Value
    user: loop.Compact


def found_by(op: loop.For) -> Found | None:
    """What a loop finds for the compaction that follows it.

    To read a mask of a few bytes that was just written, a processor has to wait until it is in the cache.
    """
    assert op.parent is not None
    after = op.parent.ops[op.parent.ops.index(op) + 1 :]
    if not after or not isinstance(after[0], loop.Compact):
        return None
    stores = [o for o in op.body.ops if isinstance(o, loop.Store) and o.buffer is after[0].mask]
    return Found(stores[0].value, after[0]) if len(stores) == 1 else None


WORDS: Final = "{ i32, i32, i32, i32 }"


class Emitter(Writer):
    """Writes `nnc_worker(block, tid, t0, t1)`. `target` is the name that errors give."""

    target = "llvm"

    def __init__(self, layout: Layout, masks: bool = False) -> None:
        super().__init__()
        self.layout = layout
        self.masks = masks
        self.helpers: set[str] = set()
        self.group: str | None = None
        self.entry: list[str] = []
        self.tables: dict[str, str] = {}
        self.found: dict[Op, list[str]] = {}
        self._fields: dict[str, str] = {}
        self._sizes: dict[str, str] = {}
        self._block_words: dict[int, str] = {}

    def function(self, func: loop.Func) -> str:
        """The text of the function."""
        for arg, name in zip(func.body.args, ("%t0", "%t1"), strict=True):
            self.values[arg] = name
        self.block(func.body)
        return "\n".join([self.head(), "entry:", *self.entry, *self.body(), "}\n"])

    def head(self) -> str:
        """The line that opens the function."""
        return "define internal void @nnc_worker(ptr %block, i64 %tid, i64 %t0, i64 %t1) #0 {"

    def body(self) -> list[str]:
        """The instructions after those of `entry`, with the end of the function."""
        return ["  br label %start", "start:", *self.out, "  ret void"]

    # Loads of what does not change stand at the top of the function, whatever loop asks for them.

    def _at_entry(self, text: str) -> str:
        name = self.fresh()
        self.entry.append(f"  {name} = {text}")
        return name

    def block_word(self, offset: int, kind: str = "i64") -> str:
        """A word of the state block that is constant during a run."""
        if offset not in self._block_words:
            at = self._at_entry(f"getelementptr inbounds i8, ptr %block, i64 {offset}")
            self._block_words[offset] = self._at_entry(f"load {kind}, ptr {at}")
        return self._block_words[offset]

    def field_ref(self, op: loop.FieldRef) -> None:
        """The address of a field."""
        name = str(op.field)
        if name not in self._fields:
            if name not in self.layout.field_index:
                raise unsupported(op, self.target, f"field @{name} is not declared")
            index, offset = first_of(self.layout, name) or (self.layout.field_index[name], 0)
            table = self.block_word(32, "ptr")
            at = self._at_entry(f"getelementptr inbounds ptr, ptr {table}, i64 {index}")
            self._fields[name] = self._at_entry(f"load ptr, ptr {at}")
            if offset:
                start = self._fields[name]
                self._fields[name] = self._at_entry(f"getelementptr inbounds i8, ptr {start}, i64 {offset}")
        self.values[op.result] = self._fields[name]

    def size_ref(self, op: loop.SizeRef) -> None:
        """The value of a size."""
        name = str(op.size)
        if name not in self.layout.size_index:
            raise unsupported(op, self.target, f"size @{name} is not declared")
        self.values[op.result] = self.size(name)

    def size(self, name: str) -> str:
        """The value of a declared size."""
        if name not in self._sizes:
            table = self.block_word(40, "ptr")
            at = self._at_entry(f"getelementptr inbounds i64, ptr {table}, i64 {self.layout.size_index[name]}")
            self._sizes[name] = self._at_entry(f"load i64, ptr {at}")
        return self._sizes[name]

    def pick_field(self, op: batch.PickField) -> None:
        """The address of the field of a member, from the table of the block."""
        at = self.entry_of(op, [self.layout.field_index[str(name)] for name in op.fields])
        at = self.let(f"getelementptr inbounds ptr, ptr {self.block_word(32, 'ptr')}, i64 {at}")
        self.values[op.result] = self.let(f"load ptr, ptr {at}")

    def pick_size(self, op: batch.PickSize) -> None:
        """The size of a member, from the table of the block."""
        at = self.entry_of(op, [self.layout.size_index[str(name)] for name in op.sizes])
        at = self.let(f"getelementptr inbounds i64, ptr {self.block_word(40, 'ptr')}, i64 {at}")
        self.values[op.result] = self.let(f"load i64, ptr {at}")

    def pick_number(self, op: batch.PickNumber) -> None:
        """The number of a member, from a table of the module."""
        dtype = op.result.type.dtype
        if dtype is DType.bool:
            number = self.let(f"trunc i8 {self.from_table(op, 'i8', list(map(int, op.numbers)))} to i1")
        else:
            number = self.from_table(op, TYPES[dtype], [literal(n, dtype) for n in op.numbers])
        self.values[op.result] = number

    def entry_of(self, op: Op, places: Sequence[int]) -> str:
        """The place of a member: computed where places are evenly spread, else from a table."""
        line = even(places)
        if line is None:
            return self.let(f"sext i32 {self.from_table(op, 'i32', places)} to i64")
        start, step = line
        return self.let(f"add i64 {start}, {self.let(f'mul i64 {step}, {self.values[op.operands[0]]}')}")

    def from_table(self, op: Op, kind: str, entries: Sequence[object]) -> str:
        """An entry of a constant table of the module."""
        text = f"[{len(entries)} x {kind}] [{', '.join(f'{kind} {e}' for e in entries)}]"
        name = self.tables.setdefault(text, f"@nnc.table{len(self.tables)}")
        return self.let(
            f"load {kind}, ptr {self.let(f'getelementptr {kind}, ptr {name}, i64 {self.values[op.operands[0]]}')}"
        )

    def block(self, block: Block) -> None:
        """All ops of a region, but not its yield."""
        for op in block.ops:
            if isinstance(op, arith.Yield):
                return
            self.op(op)

    def op(self, op: Op) -> None:
        """One op."""
        if isinstance(op, arith.Const):
            self.values[op.result] = literal(op.value, op.result.type.dtype)
        elif is_arithmetic(op):
            self.arithmetic(op)
        else:
            method = _METHODS.get(type(op))
            if method is None:
                raise unsupported(op, self.target)
            getattr(self, method)(op)

    def alloca(self, op: loop.Alloca) -> None:
        """Scratch on the stack, rounded up so that eight bytes may be cleared at a time."""
        count = max(8, -(-op.count // 8) * 8)
        self.values[op.result] = self.scratch(f"[{count} x {MEMORY[op.result.type.dtype]}]")

    def scratch(self, kind: str) -> str:
        """Aligned memory of this worker."""
        return self._at_entry(f"alloca {kind}, align 64")

    def address(self, buffer: Value, index: Value) -> str:
        """Where an element is."""
        kind, at, step = MEMORY[buffer.type.dtype], self.values[index], self.stride(buffer)
        if step > 1:
            at = self.let(f"mul nsw i64 {at}, {step}")
        return self.let(f"getelementptr inbounds {kind}, ptr {self.values[buffer]}, i64 {at}")

    def stride(self, buffer: Value) -> int:
        """Elements from one value in a buffer to the next."""
        names = fields_of(buffer)
        return stride(self.layout, names[0]) if names else 1

    @property
    def access(self) -> str:
        """What is attached to accesses of memory in a loop of independent iterations."""
        return f", !llvm.access.group {self.group}" if self.group else ""

    def load(self, op: loop.Load) -> None:
        """Read an element; bools are bytes, small integers widen."""
        dtype = op.buffer.type.dtype
        raw = self.let(f"load {MEMORY[dtype]}, ptr {self.address(op.buffer, op.index)}{self.access}")
        self.values[op.result] = self.widen(raw, dtype, MEMORY[dtype], TYPES[op.result.type.dtype])

    def widen(self, raw: str, dtype: DType, have: str, want: str) -> str:
        """What was read from memory as a value."""
        if dtype is DType.bool:
            return self.let(f"icmp ne {have} {raw}, zeroinitializer" if have[0] == "<" else f"icmp ne {have} {raw}, 0")
        return self.let(f"zext {have} {raw} to {want}") if dtype in (DType.u8, DType.u16) else raw

    def store(self, op: loop.Store) -> None:
        """Write an element."""
        dtype, value = op.buffer.type.dtype, self.values[op.value]
        if dtype is DType.bool:
            value = self.let(f"zext i1 {value} to i8")
        elif dtype in (DType.u8, DType.u16):
            value = self.let(f"trunc i32 {value} to {MEMORY[dtype]}")
        self.do(f"store {MEMORY[dtype]} {value}, ptr {self.address(op.buffer, op.index)}{self.access}")

    def prefetch(self, op: loop.Prefetch) -> None:
        """Into the second-level cache: a row of synapses would push out of the first what it is added to."""
        self.declare("llvm.prefetch.p0", "void", "ptr", "i32", "i32", "i32")
        at = self.address(op.buffer, op.index)
        self.do(f"call void @llvm.prefetch.p0(ptr {at}, i32 0, i32 3, i32 1)")

    def compact(self, op: loop.Compact) -> None:
        """A call; the counter is passed by its address. None if it is known that nothing is set."""
        self.helpers.add("compact")
        then, end = self.labels("some", "none")
        if op in self.found:
            self.branch(functools.reduce(lambda a, b: self.let(f"or i1 {a}, {b}"), self.found[op]), then, end)
            self.start(then)
        count = self.address(op.counts, op.slot)
        mask, lo, hi, entries, base = (self.values[v] for v in (op.mask, op.lo, op.hi, op.list, op.base))
        self.do(f"call void @nnc_compact(ptr {mask}, i64 {lo}, i64 {hi}, ptr {entries}, i64 {base}, ptr {count})")
        if op in self.found:
            self.jump(end)
            self.start(end)

    def time(self, op: loop.TimeLoop) -> None:
        """The loop over steps; worker 0 notes where it ended."""
        head, step, again, end = self.labels("time", "step", "next", "end")
        k, after, before = self.fresh(), self.fresh(), self.label
        self.jump(head)
        self.start(head)
        self.do(f"{k} = phi i64 [ {self.values[op.lo]}, %{before} ], [ {after}, %{again} ]")
        self.branch(self.let(f"icmp slt i64 {k}, {self.values[op.hi]}"), step, end)
        self.start(step)
        self.values[op.body.args[0]] = k
        self.block(op.body)
        self.do(f"{after} = add nsw i64 {k}, 1")
        leave, last = self.leave(after), self.label
        self.branch(leave, end, again)
        self.start(again)
        self.jump(head)
        self.start(end)
        now = self.let(f"phi i64 [ {k}, %{head} ], [ {after}, %{last} ]")
        self.note_time(now)

    def leave(self, after: str) -> str:
        """Whether the run ends now that so many steps are done."""
        stop = self.let(f"load atomic i64, ptr {self.stop_address()} monotonic, align 8")
        return self.let(f"icmp sle i64 {stop}, {after}")

    def stop_address(self) -> str:
        """Where `stop_after` is."""
        return self.let("getelementptr inbounds i8, ptr %block, i64 56")

    def note_time(self, now: str) -> None:
        """Worker 0 writes `t`."""
        yes, go = self.labels("first", "on")
        self.branch(self.let("icmp eq i64 %tid, 0"), yes, go)
        self.start(yes)
        at = self.let("getelementptr inbounds i8, ptr %block, i64 48")
        self.do(f"store i64 {now}, ptr {at}")
        self.jump(go)
        self.start(go)

    def counted(self, op: loop.For) -> None:
        """A counted loop; one that nothing is said of is executed in order, which LLVM need not find out."""
        if not op.simd:
            alone = not any(inner.regions for inner in op.body.ops)
            properties = [self.node('!{!"llvm.loop.vectorize.enable", i1 false}')] if alone else []
            self.iterate(self.values[op.lo], self.values[op.hi], str(op.step), op.body, *properties)
            return
        outer, self.group = self.group, self.node("distinct !{}")
        accesses = self.node(f'!{{!"llvm.loop.parallel_accesses", {self.group}}}')
        # What is written out before it is vectorised never is: a loop known to be short is a vector or two.
        kept = [self.node('!{!"llvm.loop.unroll.disable"}')] if op.trips is not None else []
        lo, hi, found = self.values[op.lo], self.values[op.hi], found_by(op) if op.short else None
        if op.short and self.masks and op.step == 1:
            middle = self.whole(lo, hi)
            self.iterate(lo, middle, "1", op.body, accesses, found=found)
            lo, kept = middle, [self.node(text) for text in SHORT]
        self.iterate(lo, hi, str(op.step), op.body, accesses, *kept, found=found)
        self.group = outer

    def whole(self, lo: str, hi: str) -> str:
        """Where the last iterations of a loop begin, fewer than `WHOLE`."""
        count = self.let(f"sub nsw i64 {hi}, {lo}")
        some = self.let(f"select i1 {self.let(f'icmp sgt i64 {count}, 0')}, i64 {count}, i64 0")
        return self.let(f"add nsw i64 {lo}, {self.let(f'and i64 {some}, {-WHOLE}')}")

    def iterate(
        self,
        lo: str,
        hi: str,
        step: str,
        body: Block,
        *properties: str,
        then: Callable[[str], None] | None = None,
        found: Found | None = None,
    ) -> None:
        """Execute a region, and then what `then` writes, for i = lo, lo + step, ... below hi.

        For `found`, note whether any iteration stored true.
        """
        head, inner, end = self.labels("loop", "body", "done")
        i, after, before = self.fresh(), self.fresh(), self.label
        position = len(self.out) + 2
        self.jump(head)
        self.start(head)
        self.branch(self.let(f"icmp slt i64 {i}, {hi}"), inner, end)
        self.start(inner)
        self.values[body.args[0]] = i
        self.block(body)
        if then is not None:
            then(i)
        if found is not None:
            some, more = self.fresh(), self.fresh()
            self.do(f"{more} = or i1 {some}, {self.values[found.stored]}")
            self.found.setdefault(found.user, []).append(some)
        self.do(f"{after} = add nsw i64 {i}, {step}")
        note = f", !llvm.loop {self.node('distinct !{SELF, ' + ', '.join(properties) + '}')}" if properties else ""
        self.jump(head, note)
        self.out.insert(position, f"  {i} = phi i64 [ {lo}, %{before} ], [ {after}, %{self.label} ]")
        if found is not None:
            self.out.insert(position, f"  {some} = phi i1 [ false, %{before} ], [ {more}, %{self.label} ]")
        self.start(end)

    def reduce(self, op: loop.Reduce) -> None:
        """In `nnc.compiler.codegen.llvm.reduce`."""
        emit_reduce(self, op)

    def condition(self, op: loop.If) -> None:
        """A branch."""
        then, end = self.labels("then", "endif")
        self.branch(self.values[op.condition], then, end)
        self.start(then)
        self.block(op.body)
        self.jump(end)
        self.start(end)

    def barrier(self, op: loop.Barrier) -> None:
        """A call; the sense of this worker is on its stack."""
        if "barrier" not in self.helpers:
            self.helpers.add("barrier")
            self.entry.append("  %sense = alloca i64")
            self.entry.append("  store i64 0, ptr %sense")
        self.do("call void @nnc_barrier(ptr %block, ptr %sense)")

    def record(self, op: loop.Record) -> None:
        """A call to the generic recorder."""
        self.helpers.update(("bound", "record"))
        when = int(op.when == "targets")
        self.do(f"call void @nnc_record(ptr %block, i64 %tid, i64 {self.values[op.step]}, i64 {when})")

    def stop(self, op: loop.Stop) -> None:
        """Worker 0 alone decides."""
        self.helpers.add("stop")
        then, end = self.labels("then", "endif")
        leader = self.let("icmp eq i64 %tid, 0")
        self.branch(self.let(f"and i1 {leader}, {self.values[op.condition]}"), then, end)
        self.start(then)
        self.do(f"call void @nnc_stop(ptr %block, i64 {self.values[op.step]})")
        self.jump(end)
        self.start(end)

    def worker(self, op: loop.Id) -> None:
        """The argument of the function."""
        self.values[op.result] = "%tid"

    def team(self, op: loop.TeamSize) -> None:
        """From the block."""
        self.values[op.result] = self.block_word(80)

    def bound(self, op: loop.Bound) -> None:
        """A call."""
        self.helpers.add("bound")
        n, p, team = self.values[op.n], self.values[op.p], self.block_word(80)
        self.values[op.result] = self.let(f"call i64 @nnc_bound(i64 {n}, i64 {p}, i64 {team})")

    def clock(self, op: loop.Clock) -> None:
        """A call of what reads the time."""
        self.helpers.add("clock")
        self.values[op.result] = self.let("call i64 @nnc_clock()")

    def lap(self, op: loop.Lap) -> None:
        """A mark: no code."""

    def seed(self, op: loop.Seed) -> None:
        """From the block."""
        self.values[op.result] = self.let(f"trunc i64 {self.block_word(72)} to i32")

    def philox(self, op: random.Philox) -> None:
        """A call that gives four words."""
        self.helpers.add("philox")
        args = ", ".join(f"i32 {self.values[v]}" for v in op.operands)
        words = self.let(f"call {WORDS} @nnc_philox({args})")
        for i, word in enumerate(op.results):
            self.values[word] = self.let(f"extractvalue {WORDS} {words}, {i}")


_METHODS: Final[dict[type[Op], str]] = {
    loop.FieldRef: "field_ref",
    loop.SizeRef: "size_ref",
    batch.PickField: "pick_field",
    batch.PickSize: "pick_size",
    batch.PickNumber: "pick_number",
    loop.Alloca: "alloca",
    loop.Load: "load",
    loop.Store: "store",
    loop.Prefetch: "prefetch",
    loop.Compact: "compact",
    loop.TimeLoop: "time",
    loop.For: "counted",
    loop.Reduce: "reduce",
    loop.If: "condition",
    loop.Barrier: "barrier",
    loop.Record: "record",
    loop.Stop: "stop",
    loop.Id: "worker",
    loop.TeamSize: "team",
    loop.Bound: "bound",
    loop.Seed: "seed",
    loop.Clock: "clock",
    loop.Lap: "lap",
    random.Philox: "philox",
}
"""The method for each op, by name: dialects override them."""


def clock(ticks: str) -> str:
    """The function that reads the time by some instruction."""
    return f"define internal i64 @nnc_clock() alwaysinline {{\n  %now = {ticks}\n  ret i64 %now\n}}\n"


ATTRIBUTES: Final = 'attributes #0 = { nounwind "prefer-vector-width"="512" }\n'


def emit_llvm(module: Op, machine: str = "x86", masks: bool = False) -> str:
    """The LLVM module for a loop-level module. `machine` (see `PAUSES`) says how a processor waits, `masks` whether
    it does vectors of all types under a mask.
    """
    layout = Layout.of(module, pack=True)
    func = next(module.find(loop.Func), None)
    if func is None:
        raise unsupported(module, "llvm", "there is no loop.func")
    emitter = Emitter(layout, masks)
    worker = emitter.function(func).replace("internal void @nnc_worker", "void @nnc_worker")
    counter, ticks = CLOCKS[machine]
    texts = {
        "bound": BOUND,
        "barrier": barrier(machine, sys.platform),
        "stop": STOP,
        "compact": COMPACT,
        "record": record(),
        "philox": philox(),
        "clock": counter + clock(ticks),
    }
    parts = [f"; Made by nnc; state block ABI {ABI}.\n"]
    parts += [text for name, text in texts.items() if name in emitter.helpers]
    if emitter.tables:
        parts.append("".join(f"{name} = internal constant {text}\n" for text, name in emitter.tables.items()))
    if emitter.declared:
        parts.append("\n".join(emitter.declared.values()) + "\n")
    parts += [worker, ATTRIBUTES]
    if emitter.metadata:
        parts.append("\n".join(emitter.metadata) + "\n")
    return "\n".join(parts)
