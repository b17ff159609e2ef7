"""Filling scratch fields with random numbers (docs/design.md, "Random numbers")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import loop, random, step
from nnc.compiler.ir.arith import normalise
from nnc.compiler.ir.distributions import box_muller, uniform64
from nnc.compiler.ir.types import At, DType
from nnc.compiler.passes.lower_to_loops.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.ir.core import Value
    from nnc.compiler.passes.lower_to_loops.frame import Frame

LANES: Final = 16
"""Consecutive elements share a word of their blocks; the four words of a block are this far apart."""


def lower_fill(frame: Frame, op: step.Fill) -> None:
    """Fill a field: whole blocks of Philox at a time for neurons, one by one for synapses."""
    draws = Draws(frame, op)
    owner = op.field.partition(".")[0]
    at = draws.field.type.at
    if at is At.one:
        with frame.once():
            draws.element(frame.number(0), frame.number(0))
        return
    with frame.team(owner) as (_, lo, hi):
        if at is At.syn:
            _synapses(frame, draws, Rows(frame, frame.network.synapses[owner]), lo, hi)
        else:
            draws.tiles(lo, hi)


def _synapses(frame: Frame, draws: Draws, rows: Rows, lo: Value, hi: Value) -> None:
    """By the canonical index of each synapse, its position in the list sorted by (post, pre)."""
    first, end = rows.own_posts(lo, hi)
    with frame.loop(first, end, independent=True) as post:
        row = rows.of_post(post)
        canonical = _canonical_start(frame, rows, post) if rows.dense else None
        with frame.loop(row.lo, row.hi, simd=True, hint="j") as j:
            synapse, pre = row.at(j)
            index = j if canonical is None else frame.b.add(canonical, j)
            if rows.dense and frame.network.synapses[rows.name].no_self:
                # the neuron itself is left out of the list: what follows it moves up
                behind = frame.b.cast(frame.b.cmp("gt", pre, post), DType.i64)
                itself = frame.b.mul(behind, frame.b.cast(_inside(frame, rows, post), DType.i64))
                index = frame.b.sub(index, itself)
            draws.element(index, synapse)


def _inside(frame: Frame, rows: Rows, post: Value) -> Value:
    inside = rows.covers_pre(post)
    assert inside is not None, "only dense projections leave out the neuron itself"
    return inside


def _canonical_start(frame: Frame, rows: Rows, post: Value) -> Value:
    """Number of synapses of the post neurons before this one."""
    b = frame.b
    start = b.mul(b.sub(post, rows.size("post_first")), rows.size("pre_count"))
    if not frame.network.synapses[rows.name].no_self:
        return start
    first, end = rows.pres()
    selves = b.sub(b.min(post, end), b.max(rows.size("post_first"), first))
    return b.sub(start, b.max(selves, frame.number(0)))


class Draws:
    """Writes the draws of one stream in the step at hand."""

    def __init__(self, frame: Frame, op: step.Fill) -> None:
        self.frame = frame
        self.field = frame.network.fields[op.field]
        self.dtype: DType = self.field.type.dtype
        self.buffer = frame.buffer(str(op.field))
        self.distribution = str(op.distribution)
        self.stream = normalise(op.stream, DType.i32)

    def tiles(self, lo: Value, hi: Value) -> None:
        """Elements [lo, hi), and those up to the next multiple of 64; lo is a multiple of 64 (or equal to hi).

        Two blocks of Philox at a time, since each round waits for the one before; a normal number keeps a processor
        busy by itself.
        """
        frame, b = self.frame, self.frame.b
        parts = 2 if self.dtype is DType.f64 else 4
        shift = frame.number(5 if parts == 2 else 6)
        round_up = frame.number(LANES * parts - 1)
        first, end = (b.sar(b.add(x, round_up), shift) for x in (lo, hi))
        with frame.loop(first, end, independent=True, hint="tile") as tile:
            block = b.mul(tile, frame.number(LANES))
            start = b.mul(tile, frame.number(LANES * parts))
            together = 1 if self.distribution == "normal" else 2
            apart = LANES // together
            with frame.loop(frame.number(0), frame.number(apart), simd=True, hint="lane") as lane:
                lanes = [b.add(lane, frame.number(apart * n)) if n else lane for n in range(together)]
                blocks = [self.words(b.add(block, each)) for each in lanes]
                for each, words in zip(lanes, blocks, strict=True):
                    at = b.add(start, each)
                    for part, value in enumerate(self.values(words)):
                        frame.store(value, self.buffer, b.add(at, frame.number(LANES * part)) if part else at)

    def element(self, index: Value, at: Value) -> None:
        """The draw of one element, stored at some place."""
        frame, b = self.frame, self.frame.b
        wide = self.dtype is DType.f64
        lane = b.and_(index, frame.number(LANES - 1))
        tile = b.sar(index, frame.number(5 if wide else 6))
        values = self.values(self.words(b.add(b.mul(tile, frame.number(LANES)), lane)))
        part = b.and_(b.sar(index, frame.number(4)), frame.number(len(values) - 1))
        chosen = values[0]
        for number, value in enumerate(values[1:], 1):
            chosen = b.select(b.cmp("eq", part, frame.number(number)), value, chosen)
        frame.store(chosen, self.buffer, at)

    def words(self, block: Value) -> Sequence[Value]:
        """The four words of a block."""
        frame, b = self.frame, self.frame.b
        low = b.cast(frame.step, DType.i32)
        high = b.cast(b.sar(frame.step, frame.number(32)), DType.i32)
        stream, zero = b.const(self.stream, DType.i32), b.const(0, DType.i32)
        counter = (b.cast(block, DType.i32), low, high, stream)
        return b.op(random.Philox, *counter, b.value(loop.Seed, types=(low.type,)), zero).results

    def values(self, words: Sequence[Value]) -> Sequence[Value]:
        """The draws that the words of a block give, in the order of the elements."""
        if self.distribution == "bits":
            return words
        b = self.frame.b
        if self.dtype is DType.f64:
            u, v = (uniform64(b, words[2 * h], words[2 * h + 1]) for h in (0, 1))
            if self.distribution == "uniform":
                return u, v
            return box_muller(b, b.add(u, b.const(2.0**-53, DType.f64)), v)
        if self.distribution == "uniform":
            return [self._uniform32(word, 0) for word in words]
        pairs = [box_muller(b, self._uniform32(words[w], 1), self._uniform32(words[w + 1], 0)) for w in (0, 2)]
        return [normal for pair in pairs for normal in pair]

    def _uniform32(self, word: Value, above: int) -> Value:
        """In [0, 1), or in (0, 1] with `above` 1."""
        b = self.frame.b
        bits = b.shr(word, b.const(8, DType.i32))
        if above:
            bits = b.add(bits, b.const(above, DType.i32))
        return b.mul(b.cast(bits, DType.f32), b.const(2.0**-24, DType.f32))
