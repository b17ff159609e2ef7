import ctypes

import numpy as np
import pytest

from nnc.compiler.codegen.layout import (
    NEVER,
    Layout,
    LayoutField,
    NativeBlock,
    StateBlock,
    bound,
    bounds,
    check_fits,
)
from nnc.compiler.codegen.recorder import LayoutError, NativeRecorder, Recorder, RecorderKind
from nnc.compiler.ir import create, loop
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.model import Module
from nnc.compiler.ir.types import DType, buffer_type

LAYOUT = Layout(
    ("pop0.n", "pop0.n1", "pop0.ring", "team", "team_n1.pop0", "proj0.nnz"),
    (
        LayoutField("pop0.v", DType.f64, ("pop0.n",), "state"),
        LayoutField("pop0.a", DType.f32, (), "param"),
        LayoutField("pop0.spikes", DType.i32, ("pop0.ring", "pop0.n"), "state"),
        LayoutField("pop0.spikes.count", DType.i32, ("pop0.ring", "team"), "state"),
        LayoutField("proj0.row", DType.i32, ("team_n1.pop0",), "param"),
        LayoutField("proj0.post", DType.u16, ("proj0.nnz",), "param"),
        LayoutField("proj0.enabled", DType.bool, (), "param"),
    ),
)


def block(n: int = 100, team: int = 2, **more: int) -> StateBlock:
    return StateBlock(LAYOUT, {"pop0.n": n, "pop0.ring": 3, "proj0.nnz": 7, **more}, team=team, seed=5)


def test_layout_lists_what_the_module_declares_in_order() -> None:
    body = Block()
    body.append(create(loop.Size, sym=Symbol("pop0.n")))
    body.append(
        create(loop.Field, sym=Symbol("pop0.v"), type=buffer_type(DType.f32), extent=(Symbol("pop0.n"),), role="state")
    )
    layout = Layout.of(create(Module, regions=[body], sym=Symbol("m")))
    assert layout == Layout(("pop0.n",), (LayoutField("pop0.v", DType.f32, ("pop0.n",), "state"),))


def test_derived_sizes_and_lengths() -> None:
    b = block()
    assert b.sizes == {"pop0.n": 100, "pop0.n1": 101, "pop0.ring": 3, "team": 2, "team_n1.pop0": 202, "proj0.nnz": 7}
    assert {k: len(v) for k, v in b.fields.items()} == {
        "pop0.v": 100,
        "pop0.a": 1,
        "pop0.spikes": 300,
        "pop0.spikes.count": 6,
        "proj0.row": 202,
        "proj0.post": 7,
        "proj0.enabled": 1,
    }


def test_arrays_are_aligned_typed_and_zero() -> None:
    for name, array in block().fields.items():
        assert array.dtype == LAYOUT[name].dtype.numpy
        assert array.ctypes.data % 64 == 0
        assert not array.any()


def test_empty_fields_have_an_address() -> None:
    assert block(**{"proj0.nnz": 0}).fields["proj0.post"].ctypes.data


def test_missing_or_negative_sizes_are_errors() -> None:
    with pytest.raises(LayoutError, match=r"sizes are missing: pop0\.n, pop0\.n1.*proj0\.nnz"):
        StateBlock(LAYOUT, {"pop0.ring": 2})
    with pytest.raises(LayoutError, match="negative"):
        block(n=-1)


def test_native_struct_has_the_documented_shape() -> None:
    assert ctypes.sizeof(NativeBlock) == 8 * (4 + 2 + 6 + 1 + 16)
    assert ctypes.sizeof(NativeRecorder) == 8 * 12
    assert NativeBlock.barrier.offset == 104


def test_native_view_reads_the_arrays() -> None:
    b = block()
    b.fields["pop0.v"][3] = 2.5
    table = ctypes.cast(b.native.field, ctypes.POINTER(ctypes.c_void_p))
    assert ctypes.cast(table[0], ctypes.POINTER(ctypes.c_double))[3] == 2.5
    sizes = ctypes.cast(b.native.size, ctypes.POINTER(ctypes.c_int64))
    assert sizes[:6] == [100, 101, 3, 2, 202, 7]
    assert (b.native.abi, b.native.n_fields, b.native.n_sizes) == (1, 7, 6)
    assert (b.native.seed, b.native.team, b.native.stop_after) == (5, 2, NEVER)
    assert b.address % 64 == 0


def test_resize_replaces_only_what_changes() -> None:
    b = block()
    v, post = b.fields["pop0.v"], b.fields["proj0.post"]
    assert b.resize({"proj0.nnz": 9}) == ["proj0.post"]
    assert b.fields["pop0.v"] is v
    assert b.fields["proj0.post"] is not post
    table = ctypes.cast(b.native.field, ctypes.POINTER(ctypes.c_void_p))
    assert table[5] == b.fields["proj0.post"].ctypes.data
    assert b.resize({"pop0.n": 10}) == ["pop0.v", "pop0.spikes", "proj0.row"]
    assert (b.sizes["pop0.n1"], b.sizes["team_n1.pop0"]) == (11, 22)


def test_rebind_keeps_aligned_arrays_and_copies_others() -> None:
    b = block()
    good = block().fields["pop0.v"]
    b.rebind("pop0.v", good)
    assert b.fields["pop0.v"] is good or b.fields["pop0.v"].base is good.base
    raw = np.arange(101.0)[1:]
    b.rebind("pop0.v", raw)
    assert b.fields["pop0.v"].ctypes.data % 64 == 0
    assert np.array_equal(b.fields["pop0.v"], raw)
    with pytest.raises(LayoutError, match=r"pop0\.v holds 100 of f64"):
        b.rebind("pop0.v", np.zeros(100, np.float32))


def test_fingerprint_sees_types_extents_and_order_but_no_roles() -> None:
    a, b = LayoutField("x", DType.f32, (), "state"), LayoutField("y", DType.f32, (), "state")
    prints = [
        Layout((), fields).fingerprint
        for fields in ((a, b), (b, a), (a,), (a, LayoutField("y", DType.f64, (), "state")))
    ]
    assert len(set(prints)) == 4
    assert Layout((), (a,)).fingerprint == Layout((), (LayoutField("x", DType.f32, (), "param"),)).fingerprint


def test_a_block_of_another_layout_is_refused() -> None:
    other = Layout(LAYOUT.sizes, LAYOUT.fields[:-1])
    with pytest.raises(LayoutError, match=r"has \['proj0.enabled'\]"):
        check_fits(other, block())
    check_fits(LAYOUT, block())


@pytest.mark.parametrize(
    ("period", "phase", "start", "t0", "t1", "first", "due"),
    [
        (1, 0, 0, 0, 5, 0, 5),
        (3, 0, 0, 1, 7, 3, 2),
        (3, 1, 0, 1, 8, 1, 3),
        (10, 0, 25, 0, 31, 30, 1),
        (4, 2, 0, 3, 6, 6, 0),
    ],
)
def test_rows_due_follow_period_phase_and_start(
    period: int, phase: int, start: int, t0: int, t1: int, first: int, due: int
) -> None:
    recorder = Recorder(RecorderKind.END, "pop0.v", period=period, phase=phase, start=start)
    steps = [k for k in range(t0, t1) if k >= start and (k - phase) % period == 0]
    assert (recorder.first_due(t0), recorder.due(t0, t1)) == (first, due)
    assert len(steps) == due


def test_prepare_makes_room_and_describes_recorders() -> None:
    b = block()
    values = b.add_recorder(Recorder(RecorderKind.END, "pop0.v", ranks=np.array([4, 2])))
    spikes = b.add_recorder(Recorder(RecorderKind.SPIKES, "pop0.spikes"))
    b.prepare(10, 25)
    assert values.rows.shape == (15, 2)
    assert len(spikes.rows) >= 400
    native = ctypes.cast(b.native.recorders, ctypes.POINTER(NativeRecorder))
    assert (native[0].kind, native[0].source, native[0].element, native[0].count, native[0].reserved) == (
        0,
        0,
        8,
        2,
        10,
    )
    assert (native[1].kind, native[1].source, native[1].count, native[1].period) == (2, 2, 100, 3)
    assert b.t == 10


def test_recorders_of_nothing_are_errors() -> None:
    for source, kind, ranks in (
        ("pop0.x", RecorderKind.END, None),
        ("pop0.v", RecorderKind.SPIKES, None),
        ("pop0.v", RecorderKind.END, np.array([100])),
    ):
        with pytest.raises(LayoutError):
            block().add_recorder(Recorder(kind, source, ranks=ranks))


@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 1000])
@pytest.mark.parametrize("team", [1, 2, 7])
def test_bounds_cover_everything_in_multiples_of_64(n: int, team: int) -> None:
    b = bounds(n, team)
    assert b[0] == 0
    assert b[-1] == n
    assert b == sorted(b)
    assert all(x % 64 == 0 or x == n for x in b)
    assert bound(n, team, team) == n


@pytest.mark.parametrize(("n", "whole"), [(0, 0), (1, 64), (64, 64), (70, 128)])
def test_scratch_for_draws_has_whole_tiles(n: int, whole: int) -> None:
    layout = Layout(("pop0.n", "pop0.n64"), (LayoutField("pop0.draw0", DType.f64, ("pop0.n64",), "scratch"),))
    assert StateBlock(layout, {"pop0.n": n}, team=1, seed=1).fields["pop0.draw0"].size == whole
