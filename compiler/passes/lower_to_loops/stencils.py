"""Sums over the taps of a filter that is moved over a population.

The posts of a line along one axis are done side by side, tap after tap, so every sum has the order of the taps. Where
a filter has more than `UNROLLED` taps they are done in groups, and the sums of up to `LINE` posts wait in scratch
memory in between. Several filters of a bank are done together, so that what they read is read once. Each group has a
loop over the posts all of whose taps are inside, which tests nothing, and one each for those in front of and behind
them.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import step
from nnc.compiler.ir.stencil import CENTRES
from nnc.compiler.ir.types import At, DType
from nnc.compiler.passes.lower_to_loops.banks import Bank, suits_bank
from nnc.compiler.passes.lower_to_loops.followers import Follower
from nnc.compiler.passes.lower_to_loops.frame import Frame, needed_for
from nnc.compiler.passes.lower_to_loops.synapses import NEUTRAL
from nnc.compiler.passes.lower_to_loops.taps import UNROLLED, Taps, combine, of_taps_alone, start_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from nnc.compiler.ir.core import Op, Value
    from nnc.compiler.ir.stencil import Stencil

LINE: Final = 512
"""Posts whose sums wait together in scratch memory."""

TOGETHER: Final = (4, 2, 1)
"""How many filters of a bank are done together: the first that divides their number. All divide the 64 elements that
the parts of workers are multiples of, so no part ends among them."""

SHARES: Final = 64
"""The parts of workers are multiples of so many elements: a line whose size divides it belongs to one as a whole, so
how many posts it has is known, which is what matters where they fill a vector or two."""

WORTHWHILE: Final = 8
"""Posts in a line that read neighbouring memory from which on it beats a longer line that does not."""


def lower_stencil(frame: Frame, op: step.Map, fresh: Collection[Op] = (), follower: step.Map | None = None) -> None:
    """The sums of a projection whose synapses are the taps of filters; those that are `fresh` find a zero.

    The last of them takes a map over the post neurons along.
    """
    moved = frame.network.stencils[str(op.owner)]
    sums = [o for o in op.body.ops if isinstance(o, step.Accumulate)]
    if any(isinstance(o, step.Write) for o in op.body.ops):
        raise ValueError(f"{op.owner}: the taps of a stencil have no state of their own")
    with frame.team(str(op.owner), op.flag) as (worker, lo, hi):
        for each in sums:
            guest = follower if each is sums[-1] else None
            with frame.b.from_(each.loc):
                if suits_bank(moved, needed_for(op.body.ops, [each]), str(each.kind)):
                    bank = Bank(frame, op, moved, each, fresh=each in fresh, guest=guest)
                    bank.lay_out()
                    bank.write(worker, lo, hi)
                else:
                    _Lines(frame, op, moved, each, fresh=each in fresh, guest=guest).write(lo, hi)


class _Lines:
    """Writes one reduction of a map over the taps of a stencil."""

    def __init__(
        self,
        frame: Frame,
        op: step.Map,
        moved: Stencil,
        reduction: step.Accumulate,
        *,
        fresh: bool,
        guest: step.Map | None,
    ) -> None:
        self.frame, self.b, self.moved, self.reduction, self.fresh = frame, frame.b, moved, reduction, fresh
        self.guest = guest
        self.owner = str(op.owner)
        self.kind = "add" if reduction.kind == "mean" else str(reduction.kind)
        self.ops = needed_for(op.body.ops, [reduction])
        self.per_tap = of_taps_alone(self.ops)
        self.skips = moved.outside == "fill" and self.kind in ("max", "min")
        self.checked_axes = [a for a in range(len(moved.pre)) if not moved.stays_inside(a)]
        self.pre_strides = [math.prod(moved.pre[a + 1 :]) for a in range(len(moved.pre))]
        self.line = _line_axis(moved, self.pre_strides)
        self.moves = list(moved.axis).index(self.line) if self.line in moved.axis and not moved.centres else None
        self.together = next(n for n in TOGETHER if max(1, moved.bank) % n == 0)
        self.outer = Taps(frame)
        self.outer.fill = float(moved.fill)

    def write(self, lo: Value, hi: Value) -> None:
        """All posts in [lo, hi)."""
        moved, frame, b = self.moved, self.frame, self.b
        self.outer.emit(self.ops, At.one)
        self.follower = Follower(frame, self.guest) if self.guest is not None else None
        before = moved.post[: self.line] if self.line is not None else ()
        after = moved.post[self.line + 1 :] if self.line is not None else moved.post
        self.length = moved.post[self.line] if self.line is not None else 1
        self.apart = math.prod(after)
        size = self.length * self.apart
        first, end = b.div(lo, self.number(size)), b.div(b.add(hi, self.number(size - 1)), self.number(size))
        side_lo, side_hi = self.upto(self.apart)
        with (
            frame.loop(first, end, hint="row") as row,
            frame.loop(side_lo, side_hi, step=self.together, hint="side") as side,
        ):
            places = [*self.unravel(row, before), *self.unravel(side, after)]
            self.place = dict(zip((a for a in range(len(moved.post)) if a != self.line), places, strict=True))
            self.first = b.add(b.mul(row, self.number(size)), side)
            if SHARES % size == 0:
                self.segment(*self.upto(self.length))
                return
            x_lo = b.max(self.steps_to(lo), self.number(0))
            self.segment(x_lo, b.min(self.steps_to(hi), self.number(self.length)))

    def segment(self, lo: Value, hi: Value) -> None:
        """The posts [lo, hi) of the line at hand."""
        frame, b = self.frame, self.b
        zero = self.number(0)
        bank = self.moved.bank
        filters = self.place[len(self.moved.post) - 1] if bank else zero
        size = self.moved.filter_size
        starts = [b.mul(b.add(filters, self.number(n)), self.number(size)) for n in range(self.together)]
        shifts = [zero] * len(self.moved.pre)
        if size <= UNROLLED:
            self.lo, self.hi, self.scratch = lo, hi, []
            self.taps(0, shifts, starts)
            return
        dtype = self.reduction.value.type.dtype
        self.scratch = [frame.alloca(LINE, dtype, n) for n in range(self.together)]
        with frame.loop(lo, hi, step=LINE, hint="x") as x:
            self.lo, self.hi = x, b.min(b.add(x, self.number(LINE)), hi)
            with frame.loop(zero, b.sub(self.hi, self.lo), simd=True) as i:
                for scratch in self.scratch:
                    frame.store(b.const(start_of(self.kind), dtype), scratch, i)
            self.taps(0, shifts, starts)
            with frame.loop(self.lo, self.hi, simd=True) as i:
                self.finish(i, [frame.load(scratch, b.sub(i, self.lo)) for scratch in self.scratch])

    def finish(self, x: Value, totals: Sequence[Value]) -> None:
        """Add what the taps have given to the targets of posts."""
        for n, total in enumerate(totals):
            if self.reduction.kind == "mean":
                total = self.b.div(total, self.b.like(float(self.moved.filter_size), total))
            elements = self.outer.tap()
            elements.index[At.post] = self.post(x, n)
            total = elements.give(self.reduction.field, total, fresh=self.fresh)
            if self.follower is not None:
                self.follower.at(elements.index[At.post], self.reduction.field, total)

    # Taps

    def taps(self, axis: int, shifts: list[Value], starts: list[Value]) -> None:
        """Those from an axis on: all written out if they are few, else a loop over the axis."""
        extents = self.moved.taps[axis:]
        if math.prod(extents) <= UNROLLED:
            ranges = (range(1),) * axis + tuple(range(n) for n in extents)
            self.group(shifts, starts, list(itertools.product(*ranges)))
        elif len(extents) > 1:
            with self.frame.loop(*self.upto(extents[0]), hint="k") as k:
                behind = self.b.mul(k, self.number(math.prod(extents[1:])))
                self.taps(axis + 1, [*shifts[:axis], k, *shifts[axis + 1 :]], self.moved_on(starts, behind))
        else:
            whole = extents[0] // UNROLLED * UNROLLED
            with self.frame.loop(self.number(0), self.number(whole), step=UNROLLED, hint="k") as k:
                self.group([*shifts[:axis], k], self.moved_on(starts, k), _along(axis, UNROLLED))
            if whole < extents[0]:
                rest = self.number(whole)
                self.group([*shifts[:axis], rest], self.moved_on(starts, rest), _along(axis, extents[0] - whole))

    def moved_on(self, starts: list[Value], by: Value) -> list[Value]:
        """Later taps of each filter."""
        return [self.b.add(start, by) for start in starts]

    def group(self, shifts: list[Value], starts: list[Value], taps: list[tuple[int, ...]]) -> None:
        """A run of taps of each filter, at known distances from some shift, for the posts at hand."""
        values = [[self.of_tap(self.b.add(s, self.number(n))) for s in starts] for n in range(len(taps))]
        if not self.checked_axes:
            self.posts(self.lo, self.hi, shifts, taps, values, checked=False)
        elif self.moved.centres:
            self.posts(self.lo, self.hi, shifts, taps, values, checked=True)
        else:
            first, end = self.interior(shifts, taps)
            self.posts(self.lo, first, shifts, taps, values, checked=True)
            self.posts(first, end, shifts, taps, values, checked=False)
            self.posts(end, self.hi, shifts, taps, values, checked=True)

    def of_tap(self, tap: Value) -> Taps:
        """What depends on the tap alone, once per line."""
        elements = self.outer.tap()
        elements.index[At.syn] = tap
        elements.effects(op for op in self.per_tap if op.results[0] not in elements.values)
        return elements

    def interior(self, shifts: list[Value], taps: list[tuple[int, ...]]) -> tuple[Value, Value]:
        """The posts of the line whose taps of a group are all inside; none if the line itself is at an edge."""
        b, moved = self.b, self.moved
        first, end, inside = self.lo, self.hi, None
        for a in self.checked_axes:
            low = b.add(self.origin(a, shifts), self.number(min(t[a] for t in taps)))
            high = b.add(self.origin(a, shifts), self.number(max(t[a] for t in taps)))
            if a != self.moves:
                fits = b.and_(b.cmp("ge", low, self.number(0)), b.cmp("lt", high, self.number(moved.pre[a])))
                inside = fits if inside is None else b.and_(inside, fits)
                continue
            stride, up = self.number(moved.stride[a]), self.number(moved.stride[a] - 1)
            first = b.max(first, b.div(b.sub(up, low), stride))
            end = b.min(end, b.div(b.add(b.sub(self.number(moved.pre[a]), high), up), stride))
        first = b.min(first, self.hi)
        if inside is not None:
            end = b.select(inside, end, first)
        return first, b.max(first, end)

    def posts(
        self,
        lo: Value,
        hi: Value,
        shifts: list[Value],
        taps: list[tuple[int, ...]],
        values: Sequence[Sequence[Taps]],
        *,
        checked: bool,
    ) -> None:
        """Add a group of taps to the sums of some posts, side by side."""
        frame, b = self.frame, self.b
        dtype = self.reduction.value.type.dtype
        with frame.loop(lo, hi, simd=True, hint="x") as x:
            per_post = [self.of_post(x, n) for n in range(self.together)]
            coordinate = self.coordinates(x, shifts)
            at = b.sub(x, self.lo)
            totals = [frame.load(scratch, at) for scratch in self.scratch]
            totals = totals or [b.const(start_of(self.kind), dtype) for _ in per_post]
            for tap, known in zip(taps, values, strict=True):
                pre = self.of_pre(tap, coordinate, checked)
                given = [self.contribution(pre, *each) for each in zip(per_post, known, strict=True)]
                totals = [combine(b, self.kind, *each) for each in zip(totals, given, strict=True)]
            if not self.scratch:
                self.finish(x, totals)
            for total, scratch in zip(totals, self.scratch, strict=False):
                frame.store(total, scratch, at)

    def of_post(self, x: Value, n: int) -> Taps:
        """What depends on the post alone."""
        elements = self.outer.tap()
        elements.index[At.post] = self.post(x, n)
        elements.emit(self.ops, At.post)
        return elements

    def of_pre(self, tap: tuple[int, ...], coordinate: Callable[[int, int], Value], checked: bool) -> Taps:
        """What depends on the pre neuron of a tap alone."""
        b, moved = self.b, self.moved
        elements = self.outer.tap()
        flat, inside = self.number(0), None
        for a, stride in enumerate(self.pre_strides):
            c = coordinate(a, tap[a])
            if checked and a in self.checked_axes:
                last = self.number(moved.pre[a] - 1)
                fits = b.and_(b.cmp("ge", c, self.number(0)), b.cmp("le", c, last))
                inside = fits if inside is None else b.and_(inside, fits)
                c = b.min(b.max(c, self.number(0)), last)
            flat = b.add(flat, b.mul(c, self.number(stride)))
        elements.index[At.pre] = flat
        elements.inside_value = inside if moved.outside == "fill" else None
        elements.emit(self.ops, At.pre)
        return elements

    def contribution(self, pre: Taps, per_post: Taps, known: Taps) -> Value:
        """What one tap gives to one post."""
        elements = per_post.tap()
        elements.values |= pre.values | known.values
        elements.index |= {At.pre: pre.index[At.pre], At.syn: known.index[At.syn]}
        elements.inside_value = pre.inside_value
        elements.emit((op for op in self.ops if op.results and op.results[0] not in elements.values), At.syn)
        value = elements.values[self.reduction.value]
        if self.skips and pre.inside_value is not None:
            value = self.b.select(pre.inside_value, value, self.b.like(NEUTRAL[self.kind], value))
        return value

    # Numbers

    def coordinates(self, x: Value, shifts: list[Value]) -> Callable[[int, int], Value]:
        """The pre coordinate along an axis of the tap at a distance from the shift, for a post of the line."""
        b, moved = self.b, self.moved
        if moved.centres:
            table = self.frame.buffer(f"{self.owner}.{CENTRES}", DType.i32)
            post = self.post(x)
            place = b.div(post, self.number(moved.bank)) if moved.bank else post
            row = b.mul(place, self.number(len(moved.pre)))
            centre = [self.frame.load_index(table, b.add(row, self.number(a))) for a in range(len(moved.pre))]
        first = [self.origin(a, shifts) for a in range(len(moved.pre))]
        if moved.centres:
            first = [b.add(origin, c) for origin, c in zip(first, centre, strict=True)]
        elif self.moves is not None:
            step_by = b.mul(x, self.number(moved.stride[self.moves]))
            first[self.moves] = b.add(first[self.moves], step_by)
        return lambda a, tap: b.add(first[a], self.number(tap))

    def origin(self, a: int, shifts: list[Value]) -> Value:
        """The pre coordinate of a shift along an axis, without what differs between the posts of a line."""
        b, moved = self.b, self.moved
        first = b.add(self.number(moved.start[a]), shifts[a])
        axis = moved.axis[a]
        if moved.centres or axis < 0 or axis == self.line:
            return first
        return b.add(b.mul(self.place[axis], self.number(moved.stride[a])), first)

    def post(self, x: Value, n: int = 0) -> Value:
        """The number of a post of the line, for one of the filters that are done together."""
        return self.b.add(self.b.add(self.first, self.b.mul(x, self.number(self.apart))), self.number(n))

    def steps_to(self, end: Value) -> Value:
        """How many posts of the line are in front of one; not above 0 if none is."""
        b = self.b
        return b.div(b.add(b.sub(end, self.first), self.number(self.apart - 1)), self.number(self.apart))

    def unravel(self, flat: Value, extents: Sequence[int]) -> list[Value]:
        """Coordinates in C order."""
        b, out = self.b, []
        for a, extent in enumerate(extents):
            rest = self.number(math.prod(extents[a + 1 :]))
            c = b.div(flat, rest)
            out.append(b.rem(c, self.number(extent)) if a else c)
        return out

    def upto(self, count: int) -> tuple[Value, Value]:
        """The ends of a loop over some numbers from 0."""
        return self.number(0), self.number(count)

    def number(self, value: int) -> Value:
        """An i64."""
        return self.frame.number(value)


def _along(axis: int, count: int) -> list[tuple[int, ...]]:
    """Taps along the last axis."""
    return [(*(0,) * axis, k) for k in range(count)]


def _line_axis(moved: Stencil, pre_strides: Sequence[int]) -> int | None:
    """The post axis along which posts are done side by side; None if all there is is a bank."""
    axes = range(len(moved.post) - (1 if moved.bank else 0))

    def rank(axis: int) -> tuple[bool, int, int]:
        extent = moved.post[axis]
        if axis not in moved.axis or moved.centres:
            return False, extent, axis
        a = moved.axis.index(axis)
        return moved.stride[a] * pre_strides[a] == 1 and extent >= WORTHWHILE, extent, axis

    return max(axes, key=rank, default=None)
