"""The interpreter of PTX that kernels are tested in: what it computes, and that it sees what is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.ptx import Grid, Memory, PTXError, parse
from support.ptx.device import InterpretedDriver
from support.ptx.errors import Deadlock, MemoryFault, Race

from nnc.compiler.codegen.cuda.emit import emit_ptx
from nnc.compiler.codegen.cuda.hazards import Hazards
from nnc.compiler.codegen.cuda.load import CUDAProgram
from nnc.compiler.codegen.layout import Layout, StateBlock

from .test_programs import spiking

HEAD = ".version 6.3\n.target sm_75\n.address_size 64\n"
REGISTERS = ".reg .pred %p<9>; .reg .b16 %rs<9>; .reg .b32 %r<19>; .reg .b64 %rd<19>;"
OWN = """
    ld.param.b64 %rd1, [k_param_0];
    mov.u32 %r1, %tid.x;
    mov.u32 %r2, %ctaid.x;
    mov.u32 %r3, %ntid.x;
    mad.lo.s32 %r4, %r2, %r3, %r1;
    mul.wide.u32 %rd2, %r4, 8;
    add.s64 %rd3, %rd1, %rd2;
"""
"""%rd1: memory of the kernel; %r1: the thread; %r2: its block; %r4: its number in the grid; %rd3: its own element."""


def run(body: str, data: Any = None, *, blocks: int = 1, threads: int = 32, size: int = 4096, **more: Any) -> Any:
    """Execute a kernel body on memory that holds some data; gives what it holds afterwards."""
    memory = Memory(1 << 18)
    address = memory.alloc(size, "data")
    if data is not None:
        memory.write(address, np.ascontiguousarray(data).view(np.uint8))
    text = f"{HEAD}.visible .entry k(.param .u64 .ptr .align 1 k_param_0)\n{{{REGISTERS}{OWN}{body}\n ret;\n}}\n"
    Grid(parse(text), memory, blocks, threads, **more).run("k", (address,))
    return memory.read(address, size)


def column(body: str, data: Any, dtype: str) -> Any:
    """What a kernel makes of one element per thread."""
    padded = np.zeros((len(data), 8 // np.dtype(dtype).itemsize), dtype)
    padded[:, 0] = data
    count = -(-len(data) // 32) * 32
    full = np.zeros((count, padded.shape[1]), dtype)
    full[: len(data)] = padded
    return run(body, full, threads=count, size=8 * count).view(dtype).reshape(count, -1)[: len(data), 0]


def test_threads_know_who_they_are() -> None:
    out = run("cvt.u64.u32 %rd4, %r4; st.b64 [%rd3], %rd4;", blocks=2, threads=64).view(np.uint64)
    np.testing.assert_array_equal(out[:128], np.arange(128))


def test_fma_rounds_once() -> None:
    x = np.nextafter(1.0, 2.0)
    out = column(
        "ld.f64 %rd4, [%rd3]; fma.rn.f64 %rd5, %rd4, %rd4, 0dBFF0000000000000; st.b64 [%rd3], %rd5;", [x], "f8"
    )
    assert out[0] == 2.0**-51 + 2.0**-104


@pytest.mark.parametrize(
    ("text", "values", "wanted"),
    [
        ("cvt.rzi.s32.f64", [1.9, -1.9, 3e9, -3e9, np.nan], [1, -1, 2**31 - 1, -(2**31), 0]),
        ("cvt.rni.s32.f64", [0.5, 1.5, 2.5, -0.5], [0, 2, 2, 0]),
        ("cvt.rmi.s32.f64", [1.9, -1.1], [1, -2]),
    ],
)
def test_conversions_saturate_and_round(text: str, values: list[float], wanted: list[int]) -> None:
    out = column(f"ld.f64 %rd4, [%rd3]; {text} %r5, %rd4; cvt.s64.s32 %rd5, %r5; st.b64 [%rd3], %rd5;", values, "f8")
    assert out.view(np.int64).tolist() == wanted


def test_extrema_prefer_numbers_and_order_zeros() -> None:
    body = "ld.f64 %rd4, [%rd3]; {}.f64 %rd5, %rd4, 0d0000000000000000; st.b64 [%rd3], %rd5;"
    low = column(body.format("min"), [np.nan, -0.0, 1.0, -1.0], "f8")
    high = column(body.format("max"), [np.nan, -0.0, 1.0, -1.0], "f8")
    assert low.tolist() == [0.0, 0.0, 0.0, -1.0]
    assert np.signbit(low).tolist() == [False, True, False, True]
    assert np.signbit(high).tolist() == [False] * 4


def test_shifts_beyond_the_width_clamp_and_divisions_truncate() -> None:
    body = """
        ld.b64 %rd4, [%rd3]; cvt.u32.u64 %r5, %rd4; shl.b64 %rd5, 1, %r5; shr.s64 %rd6, -8, %r5;
        rem.s64 %rd7, -7, 3; div.s64 %rd8, -7, 2; add.s64 %rd9, %rd5, %rd6; mad.lo.s64 %rd10, %rd7, 100, %rd8;
        add.s64 %rd11, %rd9, %rd10; st.b64 [%rd3], %rd11;"""
    out = column(body, [1, 63, 64, 99], "i8")
    wanted = [2 - 4, -(2**63) - 1, -1, -1]
    assert out.tolist() == [(w - 103 + 2**63) % 2**64 - 2**63 for w in wanted]


def test_threads_that_part_meet_again() -> None:
    body = """
        and.b32 %r5, %r1, 1; setp.eq.b32 %p1, %r5, 0; @%p1 bra $EVEN;
        mov.b64 %rd4, 10; bra.uni $JOIN;
    $EVEN: mov.b64 %rd4, 20;
    $JOIN: bar.sync 0; st.b64 [%rd3], %rd4;"""
    assert run(body).view(np.uint64)[:4].tolist() == [20, 10, 20, 10]


def test_loops_of_different_lengths_end() -> None:
    body = """
        mov.b32 %r5, 0; mov.b64 %rd4, 0;
    $LOOP: setp.ge.s32 %p1, %r5, %r1; @%p1 bra $END;
        add.s64 %rd4, %rd4, 3; add.s32 %r5, %r5, 1; bra.uni $LOOP;
    $END: st.b64 [%rd3], %rd4;"""
    assert run(body).view(np.uint64)[:32].tolist() == [3 * k for k in range(32)]


def test_warps_shuffle_and_vote() -> None:
    body = """
        setp.lt.u32 %p1, %r1, 5; vote.sync.ballot.b32 %r5, %p1, -1;
        shfl.sync.down.b32 %r6, %r1, 16, 31, -1; shfl.sync.idx.b32 %r7, %r1, 3, 31, -1;
        mad.lo.s32 %r8, %r6, 1000, %r5; mad.lo.s32 %r9, %r7, 100000, %r8; cvt.u64.u32 %rd4, %r9; st.b64 [%rd3], %rd4;"""
    out = run(body).view(np.uint64)[:32]
    assert out.tolist() == [31 + 1000 * (k + 16 if k < 16 else k) + 300000 for k in range(32)]


def test_atomics_count_each_thread_once_in_any_order() -> None:
    body = "atom.global.add.u64 %rd4, [%rd1], 1; bar.sync 0; st.b64 [%rd3+8], %rd4;"
    data = np.zeros(512, np.uint64)
    in_order = run(body, data, threads=64).view(np.uint64)
    shuffled = run(body, data, threads=64, schedule=4).view(np.uint64)
    assert in_order[0] == shuffled[0] == 64
    assert sorted(shuffled[1:65]) == list(range(64))
    assert shuffled[1:65].tolist() != in_order[1:65].tolist()


@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        ("ld.b64 %rd4, [%rd3];", MemoryFault, "nobody has written"),
        ("st.b64 [%rd3+4096], %rd2;", MemoryFault, "writes outside"),
        ("st.b64 [%rd3+-8], %rd2;", MemoryFault, "writes outside"),
        ("st.b64 [%rd3+4], %rd2;", MemoryFault, "not aligned"),
        ("mov.b64 %rd4, 64; st.b64 [%rd4], %rd2;", MemoryFault, "outside of all memory"),
        ("st.shared.b64 [%rd3], %rd2;", MemoryFault, "not to shared memory"),
        ("st.b64 [%rd1], %rd2;", Race, "at once"),
        ("st.b64 [%rd3], %rd2; ld.b64 %rd4, [%rd1+8];", Race, "thread 0 .* wrote"),
        ("red.global.add.u64 [%rd1], 1; ld.b64 %rd4, [%rd1];", Race, "changed"),
        ("setp.eq.b32 %p1, %r1, 0; @%p1 bra $A; bar.sync 0; bra.uni $B; $A: bar.sync 0; $B: mov.b32 %r5, 0;",
         Deadlock, "different barriers"),
        ("setp.eq.b32 %p1, %r1, 0; @%p1 bra $A; bar.sync 0; $A: mov.b32 %r5, 0;", Deadlock, "ended while"),
        ("$A: ld.relaxed.sys.b64 %rd4, [%rd1]; setp.eq.b64 %p1, %rd4, 0; @%p1 bra $A;", Deadlock, "no end"),
        ("setp.lt.u32 %p1, %r1, 4; @%p1 bra $A; shfl.sync.idx.b32 %r5, %r1, 0, 31, -16; $A: mov.b32 %r5, 0;",
         PTXError, "takes no part"),
        ("add.f64 %rd4, %rd2, %rd2;", PTXError, "contract"),
        ("div.approx.f32 %r5, %r1, %r1;", PTXError, "not exact"),
        ("div.s32 %r5, 1, %r1;", PTXError, "division by zero"),
        ("wgmma.wait %r5;", PTXError, "unknown"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_seen(body: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        run(body, np.zeros(2, np.uint64) if "relaxed" in body or "red." in body else None, limit=2000)


def test_memory_that_was_given_back_is_not_read() -> None:
    memory = Memory(1 << 16)
    address = memory.alloc(64)
    memory.write(address, bytes(64))
    memory.free(address)
    text = f"{HEAD}.visible .entry k(.param .u64 k_param_0)\n{{{REGISTERS}{OWN} ld.b64 %rd4, [%rd1]; ret;\n}}\n"
    with pytest.raises(MemoryFault, match="freed"):
        Grid(parse(text), memory, 1, 32).run("k", (address,))


def test_a_barrier_of_the_block_orders_and_one_of_the_warp_orders_its_threads() -> None:
    exchange = "st.b64 [%rd3], %rd2; {} xor.b32 %r5, %r1, {}; mul.wide.u32 %rd4, %r5, 8; add.s64 %rd5, %rd1, %rd4; "
    exchange += "ld.b64 %rd6, [%rd5];"
    run(exchange.format("bar.sync 0;", 32), threads=64)
    run(exchange.format("bar.warp.sync -1;", 1), threads=64)
    with pytest.raises(Race):
        run(exchange.format("bar.warp.sync -1;", 32), threads=64)
    with pytest.raises(Race):
        run(exchange.format("", 1), threads=64)


HANDOVER = """
    bar.sync 0; setp.ne.b32 %p1, %r1, 0; @%p1 bra $MEET; setp.ne.b32 %p2, %r2, 0; @%p2 bra $WAIT;
    {} st.relaxed.gpu.global.b64 [%rd1+2048], 1; bra.uni $MEET;
    $WAIT: ld.relaxed.gpu.global.b64 %rd4, [%rd1+2048]; setp.eq.b64 %p3, %rd4, 0; @%p3 bra $WAIT; {}
    $MEET: bar.sync 0; setp.eq.b32 %p2, %r2, 0; @%p2 bra $END; ld.b64 %rd5, [%rd3+-256]; $END: mov.b32 %r5, 0;"""


def test_blocks_hand_over_by_fences_on_both_sides() -> None:
    data = np.zeros(512, np.uint64)
    fence = "fence.acq_rel.gpu;"
    run("st.b64 [%rd3], %rd2;" + HANDOVER.format(fence, fence), data, blocks=2)
    for left, right in (("", fence), (fence, "")):
        with pytest.raises(Race, match="block 0 wrote"):
            run("st.b64 [%rd3], %rd2;" + HANDOVER.format(left, right), data, blocks=2)


def spikes(ptx: str, schedule: int | None = None) -> StateBlock:
    module = spiking().finish()
    program = CUDAProgram(Layout.of(module), ptx, "nnc_run", InterpretedDriver(schedule=schedule))
    block = StateBlock(program.layout, {"pop.n": 150, "pop.ring": 2}, team=2)
    program.run(block, 0, 4)
    return block


def test_a_kernel_whose_threads_never_meet_within_a_step_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    spikes(emit_ptx(spiking().finish()))
    monkeypatch.setattr(Hazards, "conflict", lambda self, accesses: False)
    with pytest.raises(Race):
        spikes(emit_ptx(spiking().finish()))


@pytest.mark.parametrize("left_out", ["fence.acq_rel.gpu;", "bar.sync \t0;"])
def test_a_kernel_without_fences_or_barriers_is_caught(left_out: str) -> None:
    ptx = emit_ptx(spiking().finish())
    assert left_out in ptx
    with pytest.raises(Race):
        spikes(ptx.replace(left_out, ""))


@pytest.mark.parametrize("schedule", range(4))
def test_the_order_in_which_threads_go_on_does_not_matter(schedule: int) -> None:
    ptx = emit_ptx(spiking().finish())
    wanted, got = spikes(ptx), spikes(ptx, schedule)
    for name in wanted.layout.field_index:
        np.testing.assert_array_equal(got.fields[name], wanted.fields[name])
