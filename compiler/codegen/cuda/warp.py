"""What the 32 threads of a warp tell each other: shuffles, sums up to a thread, and whose share an element is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from nnc.compiler.codegen.cuda.compact import WARP
from nnc.compiler.codegen.llvm_expr import TYPES
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnc.compiler.codegen.cuda.emit import KernelEmitter

_CLAMP: Final = {"up": 0, "down": WARP - 1, "idx": WARP - 1}


def moved(e: KernelEmitter, dtype: DType, value: str, how: Literal["up", "down", "idx"], by: int | str) -> str:
    """The value of another thread of the warp; values have 1, 32 or 64 bits."""
    e.helpers.add("warp")

    def shuffle(word: str) -> str:
        return e.let(f"call i32 @llvm.nvvm.shfl.sync.{how}.i32(i32 -1, i32 {word}, i32 {by}, i32 {_CLAMP[how]})")

    if dtype is DType.bool:
        return e.let(f"icmp ne i32 {shuffle(e.let(f'zext i1 {value} to i32'))}, 0")
    kind, bits = TYPES[dtype], f"i{dtype.bits}"
    raw = e.let(f"bitcast {kind} {value} to {bits}") if dtype.is_float else value
    if dtype.bits == 32:
        word = shuffle(raw)
    else:
        low = e.let(f"trunc i64 {raw} to i32")
        upper = e.let(f"lshr i64 {raw}, 32")
        high = e.let(f"trunc i64 {upper} to i32")
        low, high = (e.let(f"zext i32 {shuffle(half)} to i64") for half in (low, high))
        shifted = e.let(f"shl i64 {high}, 32")
        word = e.let(f"or i64 {shifted}, {low}")
    return e.let(f"bitcast {bits} {word} to {kind}") if dtype.is_float else word


def sums_up_to(e: KernelEmitter, count: str) -> tuple[str, str]:
    """For an i32 of each thread: the sum over the threads up to it, itself included, and that over all."""
    total = count
    step = 1
    while step < WARP:
        before = moved(e, DType.i32, total, "up", step)
        reaches = e.let(f"icmp uge i64 %within, {step}")
        total = e.let(f"add i32 {total}, {e.let(f'select i1 {reaches}, i32 {before}, i32 0')}")
        step *= 2
    return total, moved(e, DType.i32, total, "idx", WARP - 1)


def thread_of(e: KernelEmitter, sums: str, number: str) -> str:
    """The thread whose share element `number` is, if each thread has those below its entry of `sums` that are left."""
    thread, step = "0", WARP // 2
    while step:
        probe = e.let(f"add i32 {thread}, {step - 1}")
        there = moved(e, DType.i32, sums, "idx", probe)
        beyond = e.let(f"icmp sle i32 {there}, {number}")
        further = e.let(f"add i32 {thread}, {step}")
        thread = e.let(f"select i1 {beyond}, i32 {further}, i32 {thread}")
        step //= 2
    return thread


def repeat(e: KernelEmitter, first: str, end: str, step: int, write: Callable[[str], None]) -> None:
    """Execute what `write` writes for an i32 from `first` in steps below `end`; all threads of the warp go round."""
    head, inner, done = e.labels("batch", "some", "none")
    i, after, before = e.fresh(), e.fresh(), e.label
    e.jump(head)
    e.start(head)
    position = len(e.out)
    e.branch(e.let(f"icmp slt i32 {i}, {end}"), inner, done)
    e.start(inner)
    write(i)
    e.do(f"{after} = add i32 {i}, {step}")
    e.jump(head)
    e.out.insert(position, f"  {i} = phi i32 [ {first}, %{before} ], [ {after}, %{e.label} ]")
    e.start(done)
