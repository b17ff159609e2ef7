"""Loop level to PTX, through LLVM's NVPTX back end: one worker per thread block.

All threads of a block execute the code of their worker together: arithmetic and loads redundantly, a store outside of
loops by thread 0. A `simd` or `independent` loop is divided among the threads, or, if it holds loops, among the warps,
whose 32 threads then go together in the same way. Control flow outside of divided loops is uniform, the threads meet
where accesses would overtake each other (`hazards`), and every bit is that of the other targets.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from nnc.compiler.codegen.cuda import hazards
from nnc.compiler.codegen.cuda.atomics import add_atomically
from nnc.compiler.codegen.cuda.compact import WARP, compact
from nnc.compiler.codegen.cuda.events import emit_nest
from nnc.compiler.codegen.cuda.hazards import Hazards
from nnc.compiler.codegen.cuda.nest import find_nest
from nnc.compiler.codegen.cuda.record import record
from nnc.compiler.codegen.cuda.reduce import reduce_in_block, reduce_in_warp
from nnc.compiler.codegen.cuda.support import BARRIER, FMOD, SYNC, WARPS_MEET
from nnc.compiler.codegen.layout import ABI, Layout
from nnc.compiler.codegen.llvm.emit import Emitter, clock
from nnc.compiler.codegen.llvm.support import BOUND, STOP, philox
from nnc.compiler.codegen.llvm_expr import LANES, MEMORY
from nnc.compiler.codegen.target import unsupported
from nnc.compiler.ir import arith, loop
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nnc.compiler.ir import batch
    from nnc.compiler.ir.core import Op, Value

THREADS: Final = 256
"""Threads of a block; the kernel is made for exactly so many."""

_TRIPLE: Final = "nvptx64-nvidia-cuda"

_REGISTERS: Final = 255
"""One block at a time is on a processor, so each thread may have as many registers as there are."""

SHARED_LIMIT: Final = 48 << 10
"""Bytes of shared memory that every device gives a block."""


class KernelEmitter(Emitter):
    """Writes the kernel `nnc_run(block, t0, t1)`; `%tid` is the number of the block, `%lane` that of the thread.

    `together` is how many threads go together where the next op is written: all of a block, a warp, or 1. `atomic`:
    stores are sums of which only the addends count.
    """

    target = "cuda"

    def __init__(self, layout: Layout, threads: int, fast: bool = False) -> None:
        super().__init__(layout)
        self.threads = threads
        self.fast = fast
        self.atomic = False
        self.together = threads
        self.hazards = Hazards()
        self.shared: list[str] = []
        self._shared_bytes = LANES * 8 + 4 * threads * 8 + 2 * threads // WARP * 4

    def head(self) -> str:
        """The line that opens the kernel."""
        self.entry[:0] = [
            "  %ctaid = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()",
            "  %tid = zext i32 %ctaid to i64",
            "  %thread = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()",
            "  %lane = zext i32 %thread to i64",
            "  %leader = icmp eq i64 %lane, 0",
            "  %warp = lshr i64 %lane, 5",
            "  %within = and i64 %lane, 31",
            "  %first = icmp eq i64 %within, 0",
        ]
        return "define ptx_kernel void @nnc_run(ptr %block, i64 %t0, i64 %t1) #0 {"

    # Who goes together, and where they meet.

    @contextmanager
    def divided(self, together: int = 1) -> Iterator[None]:
        """What is written meanwhile is executed by groups of so many threads, each for elements of its own."""
        outer, self.together = (self.together, self.hazards, self.atomic), together
        self.hazards = Hazards()
        yield
        self.together, self.hazards, self.atomic = outer

    def sync(self) -> None:
        """The threads that go together meet."""
        self.hazards.clear()
        if self.together == self.threads:
            self.do("call void @llvm.nvvm.barrier0()")
        elif self.together == WARP:
            self.helpers.add("warp")
            self.do("call void @llvm.nvvm.bar.warp.sync(i32 -1)")

    def before(self, accesses: hazards.Accesses) -> None:
        """Let the threads meet if these accesses, which come next, may be in conflict with earlier ones."""
        if self.together > 1 and self.hazards.conflict(accesses):
            self.sync()
        self.hazards.note(accesses)

    def alone(self, write: Callable[[], None]) -> None:
        """What `write` writes is done by the first of the threads that go together."""
        then, end = self.labels("alone", "together")
        self.branch("%leader" if self.together == self.threads else "%first", then, end)
        self.start(then)
        write()
        self.jump(end)
        self.start(end)

    # Memory

    def field_ref(self, op: loop.FieldRef) -> None:
        """The address of a field, in global memory."""
        known = str(op.field) in self._fields
        super().field_ref(op)
        if not known:
            near = self._at_entry(f"addrspacecast ptr {self.values[op.result]} to ptr addrspace(1)")
            self._fields[str(op.field)] = f"addrspace(1) {near}"
        self.values[op.result] = self._fields[str(op.field)]

    def alloca(self, op: loop.Alloca) -> None:
        """Scratch of a worker is shared memory of its block."""
        dtype = op.result.type.dtype
        count = max(8, -(-op.count // 8) * 8)
        self._shared_bytes += count * dtype.numpy.itemsize + 64
        if self._shared_bytes > SHARED_LIMIT:
            raise unsupported(op, self.target, f"more than {SHARED_LIMIT} bytes of scratch memory")
        name = f"@scratch{len(self.shared)}"
        self.shared.append(f"{name} = internal addrspace(3) global [{count} x {MEMORY[dtype]}] undef, align 64")
        self.values[op.result] = f"addrspace(3) {name}"

    def private(self, kind: str) -> str:
        """A variable of each thread."""
        return self._at_entry(f"alloca {kind}")

    def address(self, buffer: Value, index: Value) -> str:
        """Where an element is, with its address space, as it stands behind `ptr`."""
        space = self.values[buffer].split()[0]
        return f"{space} {super().address(buffer, index)}"

    def load(self, op: loop.Load) -> None:
        """Read an element."""
        self.before(hazards.of_op(op))
        super().load(op)

    def pick_field(self, op: batch.PickField | batch.PickSize | batch.PickNumber) -> None:
        """Refused: threads share what an entry of a table is picked for, and `merge-alike` leaves this target out."""
        raise unsupported(op, self.target, "an entry picked from a table")

    pick_size = pick_number = pick_field

    def store(self, op: loop.Store) -> None:
        """Write an element: one that belongs to the thread in a divided loop, else by one thread for all."""
        self.before(hazards.of_op(op, divided=self.together == 1))
        if self.atomic:
            add_atomically(self, op)
        elif self.together == 1:
            super().store(op)
        else:
            self.alone(lambda: super(KernelEmitter, self).store(op))

    def prefetch(self, op: loop.Prefetch) -> None:
        """No code: other warps do something else while one waits."""

    def compact(self, op: loop.Compact) -> None:
        """All threads of the block, in `nnc.compiler.codegen.cuda.compact`."""
        if self.together != self.threads:
            raise unsupported(op, self.target, "a list made in a loop of independent iterations")
        self.helpers.update(("compact", "warp"))
        self.before(hazards.of_op(op))
        count = self.address(op.counts, op.slot)
        mask, lo, hi, entries, base = (self.values[v] for v in (op.mask, op.lo, op.hi, op.list, op.base))
        self.do(
            f"call void @nnc_compact(ptr {mask}, i64 {lo}, i64 {hi}, ptr {entries}, i64 {base}, ptr {count}, i64 %lane)"
        )

    # What is one per worker or team

    def stop(self, op: loop.Stop) -> None:
        """Thread 0 of worker 0 alone decides."""
        self.alone(lambda: super(KernelEmitter, self).stop(op))

    def note_time(self, now: str) -> None:
        """Thread 0 of worker 0 writes `t`."""
        self.alone(lambda: super(KernelEmitter, self).note_time(now))

    def record(self, op: loop.Record) -> None:
        """Every thread copies elements of a row; those of worker 0 list spikes."""
        self.helpers.update(("bound", "record"))
        when = int(op.when == "targets")
        self.before(hazards.of_op(op))
        self.do(f"call void @nnc_record(ptr %block, i64 %tid, i64 %lane, i64 {self.values[op.step]}, i64 {when})")

    def barrier(self, op: loop.Barrier) -> None:
        """All blocks meet."""
        if "barrier" not in self.helpers:
            self.helpers.add("barrier")
            self.entry.append("  %sense = alloca i64")
            self.entry.append("  store i64 0, ptr %sense")
        self.do("call void @nnc_barrier(ptr %block, i64 %lane, ptr %sense)")
        self.hazards.clear()

    # Control flow

    def counted(self, op: loop.For) -> None:
        """A counted loop: by all that go together, or divided among their warps or threads."""
        nest = find_nest(op, self.layout, self.fast) if self.together == self.threads else None
        if nest is not None:
            emit_nest(self, nest)
            return
        if self.together == 1 or not (op.simd or op.independent):
            self.uniform(op)
            return
        loops = hazards.holds_loops(op)
        if loops and (self.together == WARP or any(isinstance(inner, loop.Compact) for inner in op.walk())):
            self.uniform(op)
            return
        self.before(hazards.of_op(op))
        groups, number = self.together, "%lane" if self.together == self.threads else "%within"
        if loops:
            self.helpers.add("warp")
            groups, number = self.threads // WARP, "%warp"
        offset = self.let(f"mul i64 {number}, {op.step}")
        first = self.let(f"add i64 {self.values[op.lo]}, {offset}")
        with self.divided(WARP if loops else 1):
            self.hazards.note(hazards.of_block(op.body, divided=False))
            self.iterate(first, self.values[op.hi], str(groups * op.step), op.body)

    def uniform(self, op: loop.For) -> None:
        """A loop whose iterations are done one after the other."""
        self.hazards.note(hazards.of_block(op.body, divided=self.together == 1))
        around = self.hazards.pending
        self.iterate(self.values[op.lo], self.values[op.hi], str(op.step), op.body)
        self.hazards.note(around)

    def time(self, op: loop.TimeLoop) -> None:
        """The loop over steps."""
        self.hazards.note(hazards.of_block(op.body, divided=False))
        around = self.hazards.pending
        super().time(op)
        self.hazards.note(around)

    def condition(self, op: loop.If) -> None:
        """A branch."""
        around = self.hazards.pending
        super().condition(op)
        self.hazards.note(around)

    def reduce(self, op: loop.Reduce) -> None:
        """In `nnc.compiler.codegen.cuda.reduce`."""
        if self.together == 1:
            raise unsupported(op, self.target, "a reduction in a loop of independent iterations")
        self.before(hazards.of_op(op))
        if self.together == WARP:
            reduce_in_warp(self, op)
        else:
            reduce_in_block(self, op)

    def arithmetic(self, op: Op) -> None:
        """As elsewhere, but for the remainder, which NVPTX would round."""
        dtype = op.results[0].type.dtype
        if not (isinstance(op, arith.Rem) and dtype.is_float):
            super().arithmetic(op)
            return
        self.helpers.add("fmod")
        x, y = (self.values[v] for v in op.operands)
        if dtype is DType.f32:
            x, y = (self.let(f"fpext float {v} to double") for v in (x, y))
        result = self.let(f"call double @nnc_fmod(double {x}, double {y})")
        # An f32 remainder is a number of f32, so computing it in f64 is exact.
        self.values[op.results[0]] = self.let(f"fptrunc double {result} to float") if dtype is DType.f32 else result


def emit_kernel(module: Op, threads: int = THREADS, fast: bool = False) -> str:
    """The LLVM module of the kernel, for blocks of so many threads: a multiple of 32.

    `fast`: what spikes add to a neuron is added in any order, by atomics.
    """
    layout = Layout.of(module)
    func = next(module.find(loop.Func), None)
    if func is None:
        raise unsupported(module, "cuda", "there is no loop.func")
    emitter = KernelEmitter(layout, threads, fast)
    kernel = emitter.function(func)
    texts = {
        "bound": BOUND,
        "barrier": BARRIER,
        "warp": WARPS_MEET,
        "stop": STOP,
        "compact": compact(threads),
        "record": record(threads),
        "philox": philox(),
        "fmod": FMOD,
        "clock": "declare i64 @llvm.nvvm.read.ptx.sreg.globaltimer()\n\n"
        + clock("call i64 @llvm.nvvm.read.ptx.sreg.globaltimer()"),
        "parts": f"@parts = internal addrspace(3) global [{LANES} x i64] undef, align 64\n",
        "stage": f"@stage = internal addrspace(3) global [{4 * threads} x i64] undef, align 64\n",
    }
    parts = [f"; Made by nnc; state block ABI {ABI}.\n", SYNC]
    parts += [text for name, text in texts.items() if name in emitter.helpers]
    parts += ["\n".join([*emitter.shared, *emitter.declared.values()]) + "\n"]
    limits = f'"nvvm.reqntid"="{threads}" "nvvm.maxnreg"="{_REGISTERS}"'
    return "\n".join([*parts, kernel, f"attributes #0 = {{ convergent nounwind {limits} }}\n"])


def emit_ptx(module: Op, arch: str = "sm_75", fast: bool = False) -> str:
    """PTX for a chip (`sm_75`, `sm_90`, ...). Needs neither a device nor CUDA: LLVM writes it."""
    import llvmlite.binding as llvm  # slow to import

    _start()
    machine = llvm.Target.from_triple(_TRIPLE).create_target_machine(cpu=arch, opt=3)
    layout = f'target datalayout = "{machine.target_data}"\ntarget triple = "{_TRIPLE}"\n'
    parsed = llvm.parse_assembly(layout + emit_kernel(module, fast=fast))
    parsed.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.slp_vectorization = False
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(parsed, builder)
    text: str = machine.emit_assembly(parsed)
    return text


@functools.cache
def _start() -> None:
    import llvmlite.binding as llvm

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
