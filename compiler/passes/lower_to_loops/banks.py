"""Sums over the taps of a bank of filters, the filters side by side.

Neighbouring posts are the filters of one place, so a vector of them takes a tap by one load of weights, which lie tap
by tap in a copy made before the first step (`@proj.w.lanes`, one per worker), and one value of the pre population,
the same for all. Some `PIXELS` places next to each other share the weights. What is read of the pre population, a patch
for a few lines of places, is gathered in scratch memory first, with what is outside filled in: that is done once for
many taps, so the sums themselves test nothing. Every sum has the order of the taps.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import loop, random, step
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.types import At, i64
from nnc.compiler.passes.lower_to_loops.followers import Follower
from nnc.compiler.passes.lower_to_loops.frame import needed_for
from nnc.compiler.passes.lower_to_loops.taps import UNROLLED, Taps, combine, of_taps_alone, start_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nnc.compiler.ir.core import Op, Value
    from nnc.compiler.ir.stencil import Stencil
    from nnc.compiler.passes.lower_to_loops.frame import Frame

FEWEST: Final = 4
"""Filters of a bank from which on they are done side by side."""

VECTOR: Final = 64
"""Bytes of the widest vectors."""

PIXELS: Final = 8
"""Places whose sums are in registers together."""

SUMS: Final = 512
"""Sums of a line of places that wait to be added to the posts."""

PATCH: Final = 1024
"""Values of the pre population that are gathered together."""


@dataclass(frozen=True)
class Patch:
    """So many lines of so many places are done together; the pre neurons they need have some extents."""

    lines: int
    places: int
    pixels: int
    extents: tuple[int, ...]

    @property
    def strides(self) -> list[int]:
        """Distances in the patch, row-major."""
        return [math.prod(self.extents[a + 1 :]) for a in range(len(self.extents))]


def choose_patch(moved: Stencil) -> Patch | None:
    """The patch with the least to gather and to compute; None if the smallest one is too large, or there is no line."""
    line = len(moved.post) - 2
    if moved.bank < FEWEST or moved.centres or line < 0 or line not in moved.axis:
        return None
    length, high = moved.post[line], moved.post[line - 1] if line else 1
    pixels = PIXELS if length > PIXELS // 2 else PIXELS // 2
    candidates = []
    for lines, places in itertools.product(range(1, min(high, 32) + 1), range(pixels, length + pixels, pixels)):
        extents = tuple(
            n
            + moved.stride[a]
            * ((places - 1) * (moved.axis[a] == line) + (lines - 1) * (0 <= moved.axis[a] == line - 1))
            for a, n in enumerate(moved.taps)
        )
        if places * moved.bank > SUMS or math.prod(extents) > PATCH:
            continue
        work = math.prod(extents) + lines * places * (moved.filter_size * moved.bank / 8)
        cost = -(-length // places) * -(-high // lines) * work
        candidates.append((cost, -lines * places, Patch(lines, places, pixels, extents)))
    return min(candidates, key=lambda c: c[:2])[2] if candidates else None


def suits_bank(moved: Stencil, ops: Sequence[Op], kind: str) -> bool:
    """Whether a reduction can be done here: of one value of the pre population, with all that is outside a number."""
    leaves_out = kind in ("max", "min") and moved.outside == "fill"
    if leaves_out and not all(moved.stays_inside(a) for a in range(len(moved.pre))):
        return False
    reads = [op for op in ops if isinstance(op, (step.Read, step.ReadRing))]
    if any(op.results[0].type.at in (At.post, At.neuron) for op in ops if op.results):
        return False
    if any(
        isinstance(op, (step.ReadRing, step.Delay, random.Philox)) and op.results[0].type.at is At.syn for op in ops
    ):
        return False
    return sum(op.results[0].type.at is At.pre for op in reads) == 1 and choose_patch(moved) is not None


class Bank:
    """Writes one reduction of a map over the taps of a bank."""

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
        patch = choose_patch(moved)
        assert patch is not None
        self.patch = patch
        self.line = len(moved.post) - 2
        self.moves = list(moved.axis).index(self.line)
        self.dtype = reduction.value.type.dtype
        self.lanes = VECTOR // self.dtype.numpy.itemsize
        (self.read,) = [o for o in self.ops if o.results and o.results[0].type.at is At.pre and _reads(o)]
        self.weights = [o for o in self.ops if isinstance(o, step.Read) and o.result.type.at is At.syn]
        self.per_tap = [o for o in of_taps_alone(self.ops) if o not in self.weights]
        self.stage = frame.alloca(PATCH, self.read.results[0].type.dtype)
        self.sums = frame.alloca(SUMS, self.dtype)
        self.outer = Taps(frame)
        self.outer.fill = float(moved.fill)

    # Weights

    def lay_out(self) -> None:
        """Before the first step: a copy of the weights for this worker, tap by tap."""
        for read in self.weights:
            copy_tap_by_tap(self.frame, self.owner, str(read.field), self.moved)

    # Places

    def write(self, worker: Value, lo: Value, hi: Value) -> None:
        """All posts in [lo, hi)."""
        moved, frame, b = self.moved, self.frame, self.b
        self.outer.emit(self.ops, At.one)
        self.follower = Follower(frame, self.guest) if self.guest is not None else None
        self.own = b.mul(worker, frame.size(f"{self.owner}.taps")) if self.weights else self.number(0)
        around = moved.post[: max(0, self.line - 1)]
        self.length, self.high = moved.post[self.line], moved.post[self.line - 1] if self.line else 1
        size = self.length * moved.bank
        whole = size * self.high
        with frame.loop(self.part(lo, whole), self.parts(hi, whole), hint="plane") as plane:
            outer = self.unravel(plane, around)
            self.place = dict(enumerate(outer))
            start = b.mul(plane, self.number(whole))
            own_lo, own_hi = b.sub(lo, start), b.sub(hi, start)
            first = b.max(self.part(own_lo, size), self.number(0))
            end = b.min(self.parts(own_hi, size), self.number(self.high))
            alone = b.cmp("le", b.sub(end, first), self.number(1))
            with frame.loop(first, end, step=self.patch.lines, hint="row") as row:
                left, right = self.columns(alone, row, own_lo, own_hi)
                lines = b.min(b.sub(end, row), self.number(self.patch.lines))
                with frame.loop(left, right, step=self.patch.places, hint="x") as x:
                    count = b.min(b.sub(right, x), self.number(self.patch.places))
                    self.gather(row, x, lines, count)
                    with frame.loop(self.number(0), lines, hint="y") as y:
                        at = b.add(b.mul(b.add(row, y), self.number(size)), b.mul(x, self.number(moved.bank)))
                        at = b.add(start, at)
                        end = b.min(b.add(at, b.mul(count, self.number(moved.bank))), hi)
                        self.sum_up(y, count, at, lo, end)

    def columns(self, alone: Value, row: Value, lo: Value, hi: Value) -> tuple[Value, Value]:
        """The places of a line: all, or those of this worker if it has no other line."""
        b, bank = self.b, self.moved.bank
        start = b.mul(row, self.number(self.length * bank))
        left = b.max(self.part(b.sub(lo, start), bank), self.number(0))
        right = b.min(self.parts(b.sub(hi, start), bank), self.number(self.length))
        return b.select(alone, left, self.number(0)), b.select(alone, right, self.number(self.length))

    def finish(self, start: Value, kept: Value, lo: Value, hi: Value) -> None:
        """Add the sums of some places, from a post on, to those posts that are in [lo, hi)."""
        frame, b = self.frame, self.b
        end = b.add(start, self.number(self.patch.pixels * self.moved.bank))
        with frame.loop(b.max(lo, start), b.min(hi, end), simd=True) as i:
            total = frame.load(self.sums, b.add(b.sub(i, start), kept))
            if self.reduction.kind == "mean":
                total = b.div(total, b.like(float(self.moved.filter_size), total))
            elements = self.outer.tap()
            elements.index[At.post] = i
            total = elements.give(self.reduction.field, total, fresh=self.fresh)
            if self.follower is not None:
                self.follower.at(i, self.reduction.field, total)

    # What is read

    def gather(self, row: Value, x: Value, lines: Value, count: Value) -> None:
        """Copy what the taps of some lines of places see, with what is outside filled in."""
        b, moved = self.b, self.moved
        self.origins, self.reach = [], []
        summed = b.mul(self.parts(count, self.patch.pixels), self.number(self.patch.pixels))
        for a, taps in enumerate(moved.taps):
            axis, stride = moved.axis[a], self.number(moved.stride[a])
            along = (
                x if axis == self.line else row if axis == self.line - 1 else self.place[axis] if axis >= 0 else None
            )
            start = self.number(moved.start[a])
            self.origins.append(start if along is None else b.add(b.mul(along, stride), start))
            several = summed if axis == self.line else lines if 0 <= axis == self.line - 1 else None
            reach = self.number(taps)
            if several is not None:
                reach = b.add(b.mul(b.sub(several, self.number(1)), stride), reach)
            self.reach.append(reach)
        self.copied(0, self.number(0), self.number(0), None)

    def copied(self, a: int, flat: Value, at: Value, inside: Value | None) -> None:
        """All from an axis on; the coordinates of the axes before it are in the place in pre and in the patch."""
        frame, moved = self.frame, self.moved
        last = len(moved.pre) - 1
        if a == self.moves and (a == last or (a == last - 1 and _covers(moved, last))):
            self.copied_line(a, flat, at, inside)
            return
        with frame.loop(self.number(0), self.reach[a], simd=a == last, hint="j") as j:
            flat, at, inside = self.stepped(a, j, flat, at, inside)
            if a == last:
                self.copy(flat, at, inside)
            else:
                self.copied(a + 1, flat, at, inside)

    def copied_line(self, a: int, flat: Value, at: Value, inside: Value | None) -> None:
        """Neighbours in memory: those inside in one loop that asks nothing, and those before and behind them."""
        frame, b, zero = self.frame, self.b, self.number(0)
        behind = math.prod(self.moved.pre[a + 1 :])
        end = self.reach[a]
        first = b.min(b.max(b.sub(zero, self.origins[a]), zero), end)
        end = b.max(b.min(b.sub(self.number(self.moved.pre[a]), self.origins[a]), end), first)
        start = b.add(flat, b.mul(self.origins[a], self.number(behind)))
        with frame.loop(b.mul(first, self.number(behind)), b.mul(end, self.number(behind)), simd=True, hint="j") as j:
            self.copy(b.add(start, j), b.add(at, j), inside)
        for ends in ((zero, first), (end, self.reach[a])):
            with frame.loop(*ends, simd=behind == 1, hint="j") as j:
                place = self.stepped(a, j, flat, at, inside)
                if behind == 1:
                    self.copy(*place)
                    continue
                with frame.loop(zero, self.number(behind), simd=True, hint="j") as within:
                    self.copy(b.add(place[0], within), b.add(place[1], within), place[2])

    def stepped(
        self, a: int, j: Value, flat: Value, at: Value, inside: Value | None
    ) -> tuple[Value, Value, Value | None]:
        """Go to the j-th coordinate of an axis, in pre to the nearest one there is; gives whether it is inside, too."""
        b, moved = self.b, self.moved
        c = b.add(self.origins[a], j)
        # places behind the end of a line are summed up as well, so what they see must be something
        if a == self.moves or not moved.stays_inside(a):
            last = self.number(moved.pre[a] - 1)
            fits = b.and_(b.cmp("ge", c, self.number(0)), b.cmp("le", c, last))
            inside = fits if inside is None else b.and_(inside, fits)
            c = b.min(b.max(c, self.number(0)), last)
        flat = b.add(flat, b.mul(c, self.number(math.prod(moved.pre[a + 1 :]))))
        return flat, b.add(at, b.mul(j, self.number(self.patch.strides[a]))), inside

    def copy(self, flat: Value, at: Value, inside: Value | None) -> None:
        """One value."""
        elements = self.outer.tap()
        elements.index[At.pre] = flat
        elements.inside_value = inside if self.moved.outside == "fill" else None
        elements.emit([self.read], At.pre)
        self.frame.store(elements.values[self.read.results[0]], self.stage, at)

    # Sums

    def sum_up(self, y: Value, count: Value, start: Value, lo: Value, hi: Value) -> None:
        """The sums of the places of a line that starts at a post, for the posts in [lo, hi).

        A few behind its end are summed up as well, and nobody looks at them. What few places have is added to the
        posts at once, so that memory has the time of the next ones for it.
        """
        frame, b, pixels = self.frame, self.b, self.patch.pixels
        blocks = self.parts(count, pixels)
        down = [a for a, axis in enumerate(self.moved.axis) if 0 <= axis == self.line - 1]
        above = self.number(0)
        for a in down:
            above = b.mul(y, self.number(self.moved.stride[a] * self.patch.strides[a]))
        with frame.loop(self.number(0), blocks, independent=True, hint="block") as block:
            across = self.moved.stride[self.moves] * self.patch.strides[self.moves]
            seen = b.add(above, b.mul(block, self.number(pixels * across)))
            # threads that do blocks at the same time must not share the sums
            kept = b.mul(block, self.number(pixels * self.moved.bank))
            for first, lanes in self.vectors():
                self.side_by_side(first, lanes, seen, kept)
            self.finish(b.add(start, kept), kept, lo, hi)

    def vectors(self) -> Iterator[tuple[Value, int]]:
        """The first filter and the number of filters of each vector."""
        whole = self.moved.bank // self.lanes * self.lanes
        if whole > self.lanes:
            with self.frame.loop(self.number(0), self.number(whole), step=self.lanes, hint="filter") as first:
                yield first, self.lanes
        elif whole:
            yield self.number(0), self.lanes
        lanes = self.lanes
        while lanes := lanes // 2:
            if (self.moved.bank - whole) & lanes:
                yield self.number(self.moved.bank - (self.moved.bank - whole) % (2 * lanes)), lanes

    def side_by_side(self, first: Value, lanes: int, seen: Value, kept: Value) -> None:
        """All taps of a vector of filters, for some places."""
        frame, b = self.frame, self.b
        self.lane_count, self.kept = self.number(lanes), b.add(kept, first)
        self.at_once = self.moved.filter_size <= UNROLLED
        if not self.at_once:
            with frame.loop(self.number(0), self.lane_count, simd=True, hint="lane") as lane:
                for at in self.kept_at(lane):
                    frame.store(b.const(start_of(self.kind), self.dtype), self.sums, at)
        self.taps(0, seen, b.add(self.own, first))

    def kept_at(self, lane: Value) -> list[Value]:
        """Where the sums of a filter are, by place."""
        start = self.b.add(self.kept, lane)
        return [self.b.add(start, self.number(n * self.moved.bank)) for n in range(self.patch.pixels)]

    def taps(self, a: int, seen: Value, weight: Value) -> None:
        """Those from an axis on: all written out if they are few, else a loop over the axis."""
        b, bank = self.b, self.moved.bank
        extents, strides = self.moved.taps[a:], self.patch.strides
        inner = math.prod(extents[1:])
        if math.prod(extents) <= UNROLLED:
            ranges = itertools.product(*(range(n) for n in extents))
            self.group([sum(t * s for t, s in zip(tap, strides[a:], strict=True)) for tap in ranges], seen, weight)
            return
        group = 1 if len(extents) > 1 else UNROLLED
        whole = extents[0] // group * group

        def some(k: Value, count: int) -> None:
            at = b.add(seen, b.mul(k, self.number(strides[a])))
            after = b.add(weight, b.mul(k, self.number(inner * bank)))
            if len(extents) > 1:
                self.taps(a + 1, at, after)
            else:
                self.group([n * strides[a] for n in range(count)], at, after)

        with self.frame.loop(self.number(0), self.number(whole), step=group, hint="k") as k:
            some(k, group)
        if whole < extents[0]:
            some(self.number(whole), extents[0] - whole)

    def group(self, offsets: list[int], seen: Value, weight: Value) -> None:
        """A run of taps, each for all lanes and places."""
        frame, b = self.frame, self.b
        across = self.moved.stride[self.moves] * self.patch.strides[self.moves]
        with frame.loop(self.number(0), self.lane_count, simd=True, hint="lane") as lane:
            places = self.kept_at(lane)
            if self.at_once:
                totals = [b.const(start_of(self.kind), self.dtype) for _ in places]
            else:
                totals = [frame.load(self.sums, at) for at in places]
            mine = b.add(weight, lane)
            for n, offset in enumerate(offsets):
                known = self.of_tap(b.add(mine, self.number(n * self.moved.bank)))
                for p, total in enumerate(totals):
                    value = frame.load(self.stage, b.add(seen, self.number(offset + p * across)))
                    totals[p] = combine(b, self.kind, total, self.contribution(known, value))
            for total, at in zip(totals, places, strict=True):
                frame.store(total, self.sums, at)

    def of_tap(self, at: Value) -> Taps:
        """What depends on the tap of a filter alone."""
        elements = self.outer.tap()
        for read in self.weights:
            lanes = self.frame.buffer(lanes_of(str(read.field)), read.result.type.dtype)
            elements.values[read.result] = self.frame.load(lanes, at)
        elements.effects(self.per_tap)
        return elements

    def contribution(self, known: Taps, value: Value) -> Value:
        """What one tap gives to one post."""
        elements = known.tap()
        elements.values[self.read.results[0]] = value
        elements.emit((op for op in self.ops if op.results and op.results[0] not in elements.values), At.pre, At.syn)
        return elements.values[self.reduction.value]

    # Numbers

    def part(self, n: Value, size: int) -> Value:
        """How many whole parts there are in a number; not above 0 if it is not positive."""
        return self.b.div(n, self.number(size))

    def parts(self, n: Value, size: int) -> Value:
        """How many parts a number has, the last one perhaps not whole; not above 0 if it is not positive."""
        return self.b.div(self.b.add(n, self.number(size - 1)), self.number(size))

    def unravel(self, flat: Value, extents: Sequence[int]) -> list[Value]:
        """Coordinates in C order."""
        rests = [math.prod(extents[a + 1 :]) for a in range(len(extents))]
        places = [self.b.div(flat, self.number(rest)) for rest in rests]
        return [self.b.rem(c, self.number(n)) if a else c for a, (c, n) in enumerate(zip(places, extents, strict=True))]

    def number(self, value: int) -> Value:
        """An i64."""
        return self.frame.number(value)


def lanes_of(field: str) -> str:
    """The copy of a field that lies tap by tap."""
    return f"{field}.lanes"


def copy_tap_by_tap(frame: Frame, owner: str, field: str, moved: Stencil) -> None:
    """Write the phase that copies a field of a bank, once, in front of the loop over steps. A worker needs no other."""
    symbol = lanes_of(field)
    if symbol in frame.declared:
        return
    dtype = frame.network.fields[field].type.dtype
    source, copy = frame.buffer(field), frame.own_buffer(symbol, dtype, ("team", f"{owner}.taps"))
    zero, size, bank = frame.number(0), frame.number(moved.filter_size), frame.number(moved.bank)
    taps = frame.size(f"{owner}.taps")
    body = Block((i64, i64, i64), ("p", "lo", "hi"))
    b = frame.b
    with b.at(body):
        own = b.mul(body.args[0], taps)
        with frame.loop(zero, bank, hint="filter") as f:
            start, target_start = b.mul(f, size), b.add(own, f)
            with frame.loop(zero, size, simd=True, hint="tap") as tap:
                frame.store(frame.load(source, b.add(start, tap)), copy, b.add(target_start, b.mul(tap, bank)))
    domain = Symbol(f"{frame.network.population_of(owner)}.n")
    frame.func.body.insert_before(frame.time, loop.Team((), (), {"domain": domain}, (body,), b.loc))


def _reads(op: Op) -> bool:
    return isinstance(op, (step.Read, step.ReadRing))


def _covers(moved: Stencil, a: int) -> bool:
    """Whether the taps cover an axis, at every place."""
    return bool(moved.axis[a] < 0 and moved.start[a] == 0 and moved.taps[a] == moved.pre[a])
