"""Loop level to PTX, through LLVM's NVPTX back end: one worker per thread block.

All threads of a block execute the code of their worker together: arithmetic and loads redundantly, a store outside of
loops by thread 0 between two block barriers, a `simd` loop strided over the threads. So scalars are uniform in a
block, control flow outside of `simd` loops is too, and every bit is that of the other targets.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from nnc.compiler.codegen.cuda.support import BARRIER, FMOD, SYNC
from nnc.compiler.codegen.layout import ABI, Layout
from nnc.compiler.codegen.llvm.emit import Emitter, clock
from nnc.compiler.codegen.llvm.reduce import combine, start_value, tree
from nnc.compiler.codegen.llvm.support import BOUND, COMPACT, STOP, philox, record
from nnc.compiler.codegen.llvm_expr import LANES, MEMORY, TYPES, literal, vector
from nnc.compiler.codegen.target import unsupported
from nnc.compiler.ir import arith, loop
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nnc.compiler.ir.core import Op

THREADS: Final = 256
"""Threads of a block; the kernel is made for exactly so many."""

_TRIPLE: Final = "nvptx64-nvidia-cuda"
_PARTS: Final = "addrspacecast (ptr addrspace(3) @parts to ptr)"

SHARED_LIMIT: Final = 48 << 10
"""Bytes of shared memory that every device gives a block."""


class KernelEmitter(Emitter):
    """Writes the kernel `nnc_run(block, t0, t1)`; `%tid` is the number of the block, `%lane` that of the thread."""

    target = "cuda"

    def __init__(self, layout: Layout, threads: int) -> None:
        super().__init__(layout)
        self.threads = threads
        self.parallel = False
        self.shared: list[str] = []
        self._shared_bytes = LANES * 8

    def head(self) -> str:
        """The line that opens the kernel."""
        self.entry[:0] = [
            "  %ctaid = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()",
            "  %tid = zext i32 %ctaid to i64",
            "  %thread = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()",
            "  %lane = zext i32 %thread to i64",
            "  %leader = icmp eq i64 %lane, 0",
        ]
        return "define ptx_kernel void @nnc_run(ptr %block, i64 %t0, i64 %t1) #0 {"

    @contextmanager
    def divided(self) -> Iterator[None]:
        """What is written meanwhile is executed by each thread for elements of its own."""
        self.parallel = True
        yield
        self.parallel = False

    def sync(self) -> None:
        """All threads of the block meet."""
        self.do("call void @llvm.nvvm.barrier0()")

    def alone(self, write: Callable[[], None]) -> None:
        """What `write` writes is done by thread 0, after all before and before all after."""
        then, end = self.labels("alone", "together")
        self.sync()
        self.branch("%leader", then, end)
        self.start(then)
        write()
        self.jump(end)
        self.start(end)
        self.sync()

    def field_ref(self, op: loop.FieldRef) -> None:
        """The address of a field, known to be global memory."""
        known = str(op.field) in self._fields
        super().field_ref(op)
        if not known:
            near = self._at_entry(f"addrspacecast ptr {self.values[op.result]} to ptr addrspace(1)")
            self._fields[str(op.field)] = self._at_entry(f"addrspacecast ptr addrspace(1) {near} to ptr")
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
        self.values[op.result] = f"addrspacecast (ptr addrspace(3) {name} to ptr)"

    def store(self, op: loop.Store) -> None:
        """Write an element: one that belongs to the thread in a loop, else by thread 0."""
        if self.parallel:
            super().store(op)
        else:
            self.alone(lambda: super(KernelEmitter, self).store(op))

    def compact(self, op: loop.Compact) -> None:
        """Thread 0 scans the mask."""
        self.alone(lambda: super(KernelEmitter, self).compact(op))

    def stop(self, op: loop.Stop) -> None:
        """Thread 0 of worker 0 alone decides."""
        self.alone(lambda: super(KernelEmitter, self).stop(op))

    def note_time(self, now: str) -> None:
        """Thread 0 of worker 0 writes `t`."""
        self.alone(lambda: super(KernelEmitter, self).note_time(now))

    def record(self, op: loop.Record) -> None:
        """Every thread copies its part of a row."""
        self.helpers.update(("bound", "record"))
        first = self.let(f"mul i64 %tid, {self.threads}")
        thread = self.let(f"add i64 {first}, %lane")
        when = int(op.when == "targets")
        self.sync()
        self.do(f"call void @nnc_record(ptr %block, i64 {thread}, i64 {self.values[op.step]}, i64 {when})")
        self.sync()

    def barrier(self, op: loop.Barrier) -> None:
        """All blocks meet."""
        if "barrier" not in self.helpers:
            self.helpers.add("barrier")
            self.entry.append("  %sense = alloca i64")
            self.entry.append("  store i64 0, ptr %sense")
        self.do("call void @nnc_barrier(ptr %block, i64 %lane, ptr %sense)")

    def counted(self, op: loop.For) -> None:
        """A counted loop, by all threads together or each taking its iterations."""
        lo, hi = self.values[op.lo], self.values[op.hi]
        if not op.simd or self.parallel:
            self.iterate(lo, hi, str(op.step), op.body)
            return
        self.sync()
        offset = self.let(f"mul i64 %lane, {op.step}")
        first = self.let(f"add i64 {lo}, {offset}")
        with self.divided():
            self.iterate(first, hi, str(self.threads * op.step), op.body)
        self.sync()

    def reduce(self, op: loop.Reduce) -> None:
        """Thread l of the first 32 has partial result l; then all threads fold the 32 in the same order."""
        if self.parallel:
            raise unsupported(op, self.target, "a reduction in a loop of independent iterations")
        self.helpers.add("parts")
        dtype = op.result.type.dtype
        kind = TYPES[dtype]
        own = self._at_entry(f"alloca {kind}")
        some, end = self.labels("lanes", "tree")
        self.sync()
        first = self.let(f"add i64 {self.values[op.lo]}, %lane")
        self.branch(self.let(f"icmp ult i64 %lane, {LANES}"), some, end)
        self.start(some)
        self.do(f"store {kind} {literal(start_value(op.kind, dtype), dtype)}, ptr {own}")

        def each(j: str) -> None:
            part = self.let(f"load {kind}, ptr {own}")
            terms = [self.values[v] for v in op.body.ops[-1].operands]
            fused = op.kind == "fma"
            new = (
                self.intrinsic("fma", kind, *terms, part)
                if fused
                else combine(self, op.kind, dtype, kind, part, *terms)
            )
            self.do(f"store {kind} {new}, ptr {own}")

        with self.divided():
            self.iterate(first, self.values[op.hi], str(LANES), op.body, then=each)
        last = self.let(f"load {kind}, ptr {own}")
        at = self.let(f"getelementptr inbounds {kind}, ptr {_PARTS}, i64 %lane")
        self.do(f"store {kind} {last}, ptr {at}")
        self.jump(end)
        self.start(end)
        self.sync()
        parts = self.let(f"load {vector(kind)}, ptr {_PARTS}, align 64")
        self.values[op.result] = tree(self, op.kind, dtype, parts)

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


def emit_kernel(module: Op, threads: int = THREADS) -> str:
    """The LLVM module of the kernel, for blocks of so many threads: a multiple of 32."""
    layout = Layout.of(module)
    func = next(module.find(loop.Func), None)
    if func is None:
        raise unsupported(module, "cuda", "there is no loop.func")
    emitter = KernelEmitter(layout, threads)
    kernel = emitter.function(func)
    texts = {
        "bound": BOUND,
        "barrier": BARRIER,
        "stop": STOP,
        "compact": COMPACT,
        "record": record(threads),
        "philox": philox(),
        "fmod": FMOD,
        "clock": "declare i64 @llvm.nvvm.read.ptx.sreg.globaltimer()\n\n"
        + clock("call i64 @llvm.nvvm.read.ptx.sreg.globaltimer()"),
        "parts": f"@parts = internal addrspace(3) global [{LANES} x i64] undef, align 64\n",
    }
    parts = [f"; Made by nnc; state block ABI {ABI}.\n", SYNC]
    parts += [text for name, text in texts.items() if name in emitter.helpers]
    parts += ["\n".join([*emitter.shared, *emitter.declared.values()]) + "\n"]
    return "\n".join([*parts, kernel, f'attributes #0 = {{ convergent nounwind "nvvm.reqntid"="{threads}" }}\n'])


def emit_ptx(module: Op, arch: str = "sm_75") -> str:
    """PTX for a chip (`sm_75`, `sm_90`, ...). Needs neither a device nor CUDA: LLVM writes it."""
    import llvmlite.binding as llvm  # slow to import

    _start()
    machine = llvm.Target.from_triple(_TRIPLE).create_target_machine(cpu=arch, opt=3)
    parsed = llvm.parse_assembly(emit_kernel(module))
    parsed.triple = _TRIPLE
    parsed.data_layout = str(machine.target_data)
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
