"""Small programs on every target that runs here, against results computed by hand in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nnc.compiler.codegen.layout import Layout, LayoutField, StateBlock, bound
from nnc.compiler.codegen.recorder import LayoutError, Recorder, RecorderKind
from nnc.compiler.codegen.target import Status, Target
from nnc.compiler.ir import random
from nnc.compiler.ir.types import DType, i32

from .programs import Program

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.compiler.codegen.target import Program as Loaded
    from nnc.compiler.ir.core import Value

F32, F64, I32, I64, BOOL = DType.f32, DType.f64, DType.i32, DType.i64, DType.bool
KINDS = ("add", "fma", "max", "min")


def fold(kind: str, terms: list[NDArray[Any]], dtype: DType) -> Any:
    """`loop.reduce` as its docstring says it, one element at a time."""
    from nnc.compiler.ir.exact import fma

    scalar = dtype.numpy.type
    first = {"add": 0.0, "fma": 0.0, "max": -np.inf, "min": np.inf}[kind]
    if not dtype.is_float:
        info = np.iinfo(dtype.numpy)
        first = {"add": 0, "max": info.min, "min": info.max}[kind]

    def merge(p: Any, x: Any) -> Any:
        with np.errstate(all="ignore"):
            return p + x if kind in ("add", "fma") else (p if p > x else x) if kind == "max" else (p if p < x else x)

    part = [scalar(first)] * 32
    for j, values in enumerate(zip(*terms, strict=True)):
        p = part[j % 32]
        part[j % 32] = (
            scalar(fma(np.array(values[0]), np.array(values[1]), np.array(p))) if kind == "fma" else merge(p, values[0])
        )
    for s in (16, 8, 4, 2, 1):
        part = [merge(part[i], part[i + s]) if i < s else part[i] for i in range(32)]
    return part[0]


def column(dtype: DType, n: int, seed: int) -> NDArray[Any]:
    rng = np.random.default_rng(seed)
    if dtype.is_float:
        return (rng.standard_normal(n) * 10.0 ** rng.integers(-6, 6, n)).astype(dtype.numpy)
    return rng.integers(-(2**31), 2**31, n).astype(dtype.numpy)


@pytest.fixture
def reductions(target: Target) -> Loaded:
    p = Program()
    for size in ("n", "lo", "hi"):
        p.size(size)
    lo, hi = p.length("lo"), p.length("hi")
    index = p.field("index", DType.u16, "n")
    for dtype in (F32, F64, I64):
        a, b = p.field(f"a.{dtype.value}", dtype, "n"), p.field(f"b.{dtype.value}", dtype, "n")

        def body(j: Value, kind: str = "", a: Value = a, b: Value = b) -> list[Value]:
            return [p.load(a, j), p.load(b, j)] if kind == "fma" else [p.load(a, j)]

        for kind in KINDS if dtype.is_float else ("add", "max", "min"):
            out = p.field(f"{kind}.{dtype.value}", dtype)
            p.store(p.reduce(kind, lo, hi, dtype, lambda j, kind=kind, body=body: body(j, kind)), out, p.int(0))
    a, b = p.ref("a.f64"), p.ref("b.f64")

    def gather(j: Value) -> list[Value]:
        return [p.load(a, p.cast(p.load(index, j), I64)), p.const(0.5, F64)]

    def shifted(j: Value) -> list[Value]:
        small = p.cmp("lt", p.load(a, p.add(lo, p.sub(j, lo))), p.const(0.0, F64))
        return [p.select(small, p.load(b, p.int(0)), p.cast(j, F64))]

    def branching(j: Value) -> list[Value]:
        with p.when(p.cmp("lt", j, lo)):
            p.store(p.const(1.0, F64), p.ref("add.f64"), p.int(0))
        return [p.load(a, j)]

    for name, kind, body2 in (("gather", "fma", gather), ("shifted", "add", shifted), ("branching", "add", branching)):
        out = p.field(name, F64)
        p.store(p.reduce(kind, lo, hi, F64, body2), out, p.int(0))
    return target.load(target.emit(p.finish()))


def test_reductions_add_in_the_documented_order(reductions: Loaded) -> None:
    n = 300
    for lo, hi in ((0, 0), (0, 1), (3, 34), (0, 32), (5, 69), (7, 300), (9, 8)):
        block = StateBlock(reductions.layout, {"n": n, "lo": lo, "hi": hi})
        index = np.random.default_rng(2).integers(0, n, n)
        block.fields["index"][...] = index
        for dtype in (F32, F64, I64):
            block.fields[f"a.{dtype.value}"][...] = column(dtype, n, 0)
            block.fields[f"b.{dtype.value}"][...] = column(dtype, n, 1)
        reductions.run(block, 0, 0)
        for dtype in (F32, F64, I64):
            a, b = (column(dtype, n, seed)[lo:hi] for seed in (0, 1))
            for kind in KINDS if dtype.is_float else ("add", "max", "min"):
                got = block.fields[f"{kind}.{dtype.value}"][0]
                assert got == fold(kind, [a, b] if kind == "fma" else [a], dtype), (kind, dtype, lo, hi)
        a, b = column(F64, n, 0), column(F64, n, 1)
        gathered = a[index][lo:hi]
        assert block.fields["gather"][0] == fold("fma", [gathered, np.full(len(gathered), 0.5)], F64)
        shifted = np.where(a < 0, b[0], np.arange(n))[lo:hi]
        assert block.fields["shifted"][0] == fold("add", [shifted], F64)
        assert block.fields["branching"][0] == fold("add", [a[lo:hi]], F64)


def test_extrema_with_nan_follow_the_comparison(reductions: Loaded) -> None:
    block = StateBlock(reductions.layout, {"n": 40, "lo": 0, "hi": 40})
    values = np.arange(40.0)
    values[[3, 35, 39]] = np.nan
    block.fields["a.f64"][...] = values
    reductions.run(block, 0, 0)
    for kind in ("max", "min"):
        np.testing.assert_equal(block.fields[f"{kind}.f64"][0], fold(kind, [values], F64))


def spiking() -> Program:
    """Neurons that fire in steps divisible by their number plus one, listed by worker; one sum over all lists."""
    p = Program()
    for size in ("pop.n", "pop.ring", "team"):
        p.size(size)
    spikes = p.field("pop.spikes", I32, "pop.ring", "pop.n")
    counts = p.field("pop.spikes.count", I32, "pop.ring", "team")
    v, total = p.field("pop.v", F64, "pop.n"), p.field("total", I64)
    n, ring, team = p.length("pop.n"), p.length("pop.ring"), p.team()
    lo, hi = p.part(n)
    mask = p.alloca(BOOL, 512)
    with p.time() as k:
        row = p.rem(k, ring)
        slot = p.add(p.mul(row, team), p.id())
        base = p.add(p.mul(row, n), lo)
        p.store(p.const(0, I32), counts, slot)
        with p.loop(lo, hi, step=512) as chunk:
            end = p.min(p.add(chunk, p.int(512)), hi)
            with p.loop(chunk, end, simd=True) as i:
                fires = p.cmp("eq", p.rem(k, p.add(i, p.int(1))), p.int(0))
                p.store(p.add(p.load(v, i), p.cast(fires, F64)), v, i)
                p.store(fires, mask, p.sub(i, chunk))
            p.compact(mask, chunk, end, spikes, base, counts, slot)
        p.barrier()
        with p.when(p.cmp("eq", p.id(), p.int(0))):
            old = p.load(total, p.int(0))
            found = p.reduce(
                "add", p.int(0), team, I64, lambda w: [p.cast(p.load(counts, p.add(p.mul(row, team), w)), I64)]
            )
            p.store(p.add(old, found), total, p.int(0))
        p.barrier()
        p.record("end", k, "pop.spikes", "pop.v")
        p.record("targets", k, "pop.v")
        p.stop(p.cmp("eq", k, p.int(1000)), k)
        p.barrier()
    return p


@pytest.fixture
def spikes(target: Target) -> Loaded:
    return target.load(target.emit(spiking().finish()))


def fired(n: int, steps: range) -> list[tuple[int, int]]:
    return [(k, i) for k in steps for i in range(n) if k % (i + 1) == 0]


@pytest.mark.parametrize("team", [1, 2, 7])
@pytest.mark.parametrize("n", [1, 64, 700, 1201])
def test_spikes_are_listed_in_order_for_any_team(spikes: Loaded, n: int, team: int) -> None:
    block = StateBlock(spikes.layout, {"pop.n": n, "pop.ring": 3}, team=team)
    recorder = block.add_recorder(Recorder(RecorderKind.SPIKES, "pop.spikes"))
    assert spikes.run(block, 0, 20) is Status.DONE
    assert block.t == 20
    want = fired(n, range(20))
    assert [tuple(pair) for pair in recorder.taken(0, 20)] == want
    assert block.fields["total"][0] == len(want)
    per_neuron = np.bincount([i for _, i in want], minlength=n)
    assert np.array_equal(block.fields["pop.v"], per_neuron)
    counts = block.fields["pop.spikes.count"].reshape(3, team)[19 % 3]
    lists = block.fields["pop.spikes"].reshape(3, n)[19 % 3]
    for p in range(team):
        lo, hi = bound(n, p, team), bound(n, p + 1, team)
        assert list(lists[lo : lo + counts[p]]) == [i for i in range(lo, hi) if 19 % (i + 1) == 0]


@pytest.mark.parametrize("team", [1, 3])
def test_a_full_recorder_ends_the_run_and_nothing_is_lost(spikes: Loaded, team: int) -> None:
    n = 500
    block = StateBlock(spikes.layout, {"pop.n": n, "pop.ring": 2}, team=team)
    recorder = block.add_recorder(Recorder(RecorderKind.SPIKES, "pop.spikes"))
    block.prepare(0, 0)
    recorder.rows = recorder.rows[: 2 * n + 50]
    pairs, stops, t = [], 0, 0
    while t < 60:
        status = spikes.run(block, t, 60)
        assert block.t > t
        t = block.t
        stops += status is Status.FULL
        assert (status is Status.DONE) == (t == 60 and status is not Status.FULL)
        pairs += [tuple(pair) for pair in recorder.taken(0, 0)]
        recorder.clear()
        recorder.rows = recorder.rows[: 2 * n + 50]
    assert stops
    assert pairs == fired(n, range(60))


@pytest.mark.parametrize("team", [1, 3])
def test_a_condition_ends_the_run_after_its_step(spikes: Loaded, team: int) -> None:
    block = StateBlock(spikes.layout, {"pop.n": 100, "pop.ring": 2}, team=team)
    assert spikes.run(block, 990, 2000) is Status.STOPPED
    assert block.t == 1001
    assert spikes.run(block, 1001, 1003) is Status.DONE


@pytest.mark.parametrize("team", [1, 2, 7])
def test_rows_are_taken_by_period_phase_and_start(spikes: Loaded, team: int) -> None:
    n = 100
    block = StateBlock(spikes.layout, {"pop.n": n, "pop.ring": 2}, team=team)
    ranks = np.array([99, 0, 5])
    everything = block.add_recorder(Recorder(RecorderKind.END, "pop.v"))
    some = block.add_recorder(Recorder(RecorderKind.TARGETS, "pop.v", ranks=ranks, period=3, phase=2, start=4))
    single = block.add_recorder(Recorder(RecorderKind.END, "total", period=2))
    block.add_recorder(Recorder(RecorderKind.OFF, "pop.v"))
    counters = np.zeros(n)
    for t0, t1 in ((0, 7), (7, 9), (9, 16)):
        spikes.run(block, t0, t1)
        rows = []
        for k in range(t0, t1):
            counters = counters + (k % np.arange(1, n + 1) == 0)
            rows.append(counters)
        assert np.array_equal(everything.taken(t0, t1), rows)
        due = [k for k in range(t0, t1) if k >= 4 and k % 3 == 2]
        assert np.array_equal(some.taken(t0, t1), np.array([rows[k - t0][ranks] for k in due]).reshape(-1, 3))
        even = [k for k in range(t0, t1) if k % 2 == 0]
        assert list(single.taken(t0, t1)[:, 0]) == [len(fired(n, range(k + 1))) for k in even]


@pytest.mark.parametrize("element", [F32, F64, I32, I64, BOOL])
def test_ranks_of_every_element_size_are_recorded(target: Target, element: DType) -> None:
    p = Program()
    p.size("n")
    p.field("x", element, "n")
    with p.time() as k:
        p.record("end", k, "x")
    loaded = target.load(target.emit(p.finish()))
    block = StateBlock(loaded.layout, {"n": 9})
    block.fields["x"][...] = np.arange(9) % 2 if element is BOOL else np.arange(9)
    recorder = block.add_recorder(Recorder(RecorderKind.END, "x", ranks=np.array([8, 1, 3])))
    loaded.run(block, 0, 2)
    assert np.array_equal(recorder.taken(0, 2), [block.fields["x"][[8, 1, 3]]] * 2)


def test_philox_gives_the_published_words(target: Target) -> None:
    p = Program()
    p.size("n")
    names = ("c0", "c1", "c2", "c3", "k0", "k1")
    fields = [p.field(name, I32, "n") for name in names]
    words = [p.field(f"w{i}", I32, "n") for i in range(4)]
    seed = p.field("seed", I32)
    p.store(p.value(p_seed(), types=(i32,)), seed, p.int(0))
    with p.loop(p.int(0), p.length("n"), simd=True) as i:
        op = p.op(random.Philox, *(p.load(f, i) for f in fields), types=(i32,) * 4)
        for word, out in zip(op.results, words, strict=True):
            p.store(word, out, i)
    loaded = target.load(target.emit(p.finish()))
    # Random123's known answers of philox4x32-10.
    known = [
        ([0] * 6, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([0xFFFFFFFF] * 6, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0],
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ]
    block = StateBlock(loaded.layout, {"n": 100}, seed=0x87654321)
    for c, name in enumerate(names):
        block.fields[name].view(np.uint32)[...] = [known[j % 3][0][c] for j in range(100)]
    loaded.run(block, 0, 0)
    for w in range(4):
        got = block.fields[f"w{w}"].view(np.uint32)
        assert list(got) == [known[j % 3][1][w] for j in range(100)]
    assert block.fields["seed"].view(np.uint32)[0] == 0x87654321


def p_seed() -> Any:
    from nnc.compiler.ir.loop import Seed

    return Seed


@pytest.mark.parametrize("team", [1, 2, 7])
def test_nothing_passes_a_barrier_early(target: Target, team: int) -> None:
    """Each worker adds up what all others wrote in the step before; one who came early would miss some."""
    p = Program()
    p.size("team")
    x, y = p.field("x", I64, "team"), p.field("y", I64, "team")
    me, workers = p.id(), p.team()
    for_all = p.int(0)
    with p.time():
        total = p.reduce("add", for_all, workers, I64, lambda j: [p.load(x, j)])
        p.store(p.add(total, p.int(1)), y, me)
        p.barrier()
        p.store(p.load(y, me), x, me)
        p.barrier()
    loaded = target.load(target.emit(p.finish()))
    block = StateBlock(loaded.layout, {}, team=team)
    steps = 300 if team == 1 else 60
    loaded.run(block, 0, steps)
    want = 0
    for _ in range(steps):
        want = (want * team + 1 + 2**63) % 2**64 - 2**63
    assert list(block.fields["x"]) == [want] * team


def test_small_integers_and_bools_in_memory(target: Target) -> None:
    p = Program()
    p.size("n")
    small, tiny, flag = p.field("u16", DType.u16, "n"), p.field("u8", DType.u8, "n"), p.field("flag", BOOL, "n")
    out = p.field("out", I32, "n")
    with p.loop(p.int(0), p.length("n"), simd=True) as i:
        both = p.add(p.load(small, i), p.load(tiny, i))
        p.store(p.select(p.load(flag, i), both, p.neg(both)), out, i)
        p.store(both, small, i)
        p.store(p.not_(p.load(flag, i)), flag, i)
    loaded = target.load(target.emit(p.finish()))
    block = StateBlock(loaded.layout, {"n": 77})
    small_in, tiny_in = np.arange(77) * 851, np.arange(77) * 3
    block.fields["u16"][...], block.fields["u8"][...], block.fields["flag"][...] = (
        small_in,
        tiny_in,
        np.arange(77) % 3 == 0,
    )
    loaded.run(block, 0, 0)
    total = small_in + tiny_in
    assert np.array_equal(block.fields["out"], np.where(np.arange(77) % 3 == 0, total, -total))
    assert np.array_equal(block.fields["u16"], total % 2**16)
    assert np.array_equal(block.fields["flag"], np.arange(77) % 3 != 0)


def test_libraries_come_and_go_while_threads_of_openmp_sleep(target: Target) -> None:
    for i in range(30):
        p = Program()
        x = p.field(f"x{i % 3}", F64)
        with p.time():
            p.barrier()
            with p.when(p.cmp("eq", p.id(), p.int(0))):
                p.store(p.add(p.load(x, p.int(0)), p.const(1.0, F64)), x, p.int(0))
        loaded = target.load(target.emit(p.finish()))
        block = StateBlock(loaded.layout, {}, team=2)
        loaded.run(block, 0, 3)
        assert block.fields[f"x{i % 3}"][0] == 3.0
        del loaded


def test_nothing_is_contracted(target: Target) -> None:
    """1 - (1 + e)(1 - e) is 0 when the product is rounded, and e * e when it is not."""
    p = Program()
    p.size("n")
    a, b, n = p.field("a", F64, "n"), p.field("b", F64, "n"), p.length("n")
    out, total = p.field("out", F64, "n"), p.field("total", F64)
    with p.loop(p.int(0), n, simd=True) as i:
        product = p.mul(p.load(a, i), p.load(b, i))
        p.store(p.sub(p.const(1.0, F64), product), out, i)
    p.store(
        p.reduce("add", p.int(0), n, F64, lambda j: [p.sub(p.mul(p.load(a, j), p.load(b, j)), p.const(1.0, F64))]),
        total,
        p.int(0),
    )
    loaded = target.load(target.emit(p.finish()))
    block = StateBlock(loaded.layout, {"n": 50})
    block.fields["a"][...], block.fields["b"][...] = 1 + 2.0**-30, 1 - 2.0**-30
    loaded.run(block, 0, 0)
    assert not block.fields["out"].any()
    assert block.fields["total"][0] == 0.0


def test_a_run_of_no_steps_leaves_the_time(target: Target) -> None:
    p = Program()
    x = p.field("x", F64)
    with p.time():
        p.store(p.const(1.0, F64), x, p.int(0))
    loaded = target.load(target.emit(p.finish()))
    block = StateBlock(loaded.layout, {}, team=2)
    assert loaded.run(block, 5, 5) is Status.DONE
    assert (block.t, block.fields["x"][0]) == (5, 0.0)


def test_a_block_of_another_program_is_refused(spikes: Loaded) -> None:
    other = StateBlock(Layout((), (LayoutField("x", F64, (), "state"),)), {})
    with pytest.raises(LayoutError, match="made for another program"):
        spikes.run(other, 0, 1)
