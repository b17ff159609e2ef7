"""Arriving spikes on the warps of a block, without a meeting of the block.

Lists of spikes, spikes and synapses are taken 32 at a time by the threads of a warp: each thread looks up how much is
in its own list (or row), a sum over the threads tells how much there is in all, and the next 32 elements are divided
again, whatever list (or row) they are from. So a warp waits for memory once for 32 of each.

In order (`nest.post`): every warp walks all spikes, and has a contiguous part of the block's post neurons, whose
synapses it finds in a row by bisection. What the 32 synapses do to the same post neuron is done one after the other;
the threads of the warp meet after each. In any order: warp w has spikes w, w + 8, ..., with all synapses of the block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.compiler.codegen.cuda.compact import WARP
from nnc.compiler.codegen.cuda.hazards import of_op
from nnc.compiler.codegen.cuda.warp import moved, repeat, sums_up_to, thread_of
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from nnc.compiler.codegen.cuda.emit import KernelEmitter
    from nnc.compiler.codegen.cuda.nest import Nest
    from nnc.compiler.ir import loop
    from nnc.compiler.ir.core import Op, Value


AT_ONCE: Final = 8
"""How many times 32 synapses a warp reads together, in any order."""

ORDERED_AT_ONCE: Final = 4
"""The same in order, where a warp has an eighth of the synapses."""

SHORT: Final = 24
"""Ops of a row up to which it is written out several times."""


def emit_nest(e: KernelEmitter, nest: Nest) -> None:
    """The loops over lists, spikes and rows."""
    e.helpers.add("warp")
    e.before(of_op(nest.lists))
    with e.divided():
        e.atomic = nest.atomic
        Events(e, nest).lists()


class Events:
    """Writes one nest."""

    def __init__(self, e: KernelEmitter, nest: Nest) -> None:
        self.e, self.nest = e, nest
        self.warps = e.threads // WARP
        self.ordered = nest.post is not None
        self.early, self.late = nest.early()
        self.own = self._own_posts() if self.ordered else ("", "")

    def _own_posts(self) -> tuple[str, str]:
        """The post neurons of this warp: a part of those of the block."""
        e = self.e
        e.helpers.add("bound")
        n, team = e.size(self.nest.domain), e.block_word(80)
        after = e.let("add i64 %tid, 1")
        lo, hi = (e.let(f"call i64 @nnc_bound(i64 {n}, i64 {p}, i64 {team})") for p in ("%tid", after))
        rounded = e.let(f"add i64 {e.let(f'sub i64 {hi}, {lo}')}, {self.warps - 1}")
        part = e.let(f"lshr i64 {rounded}, {self.warps.bit_length() - 1}")
        first = e.let(f"add i64 {lo}, {e.let(f'mul i64 %warp, {part}')}")
        return first, self._least(e.let(f"add i64 {first}, {part}"), hi)

    def _least(self, a: str, b: str) -> str:
        return self.e.let(f"select i1 {self.e.let(f'icmp slt i64 {a}, {b}')}, i64 {a}, i64 {b}")

    # Lists

    def lists(self) -> None:
        """32 lists at a time: how many spikes each has."""
        e, nest = self.e, self.nest
        lo, hi = (e.let(f"trunc i64 {e.values[v]} to i32") for v in (nest.lists.lo, nest.lists.hi))

        def some(first: str) -> None:
            number, there = self._number(first, hi)
            e.values[nest.lists.body.args[0]] = e.let(f"zext i32 {number} to i64")
            self._ops(nest.between[0])
            self._spikes(self._share(nest.spikes, there, 0))

        repeat(e, lo, hi, WARP, some)

    def _number(self, first: str, end: str, stride: int = 1) -> tuple[str, str]:
        """The element of this thread, and whether there is one; where there is none, the last one stands for it."""
        e = self.e
        number = e.let(f"add i32 {first}, {e.let(f'mul i32 {self._within()}, {stride}')}")
        there = e.let(f"icmp slt i32 {number}, {end}")
        return e.let(f"select i1 {there}, i32 {number}, i32 {e.let(f'sub i32 {end}, 1')}"), there

    def _within(self) -> str:
        return self.e.let("trunc i64 %within to i32")

    def _ops(self, ops: tuple[Op, ...] | list[Op]) -> None:
        for op in ops:
            self.e.op(op)

    def _share(self, inner: loop.For, there: str, level: int) -> Share:
        return Share(self, bounds_of(self.e, inner), there, self.nest.passed_on(level))

    # Spikes

    def _spikes(self, share: Share) -> None:
        """32 spikes at a time: where the rows are, or the parts of them that end in this warp's posts."""
        e, nest = self.e, self.nest
        stride = 1 if self.ordered else self.warps
        first = "0" if self.ordered else e.let("trunc i64 %warp to i32")

        def some(start: str) -> None:
            number, there = self._number(start, share.total, stride)
            e.values[nest.spikes.body.args[0]] = share.element(number)
            self._ops(nest.between[1])
            if nest.condition is not None:
                there = e.let(f"and i1 {there}, {e.values[nest.condition]}")
            lo, hi = bounds_of(e, nest.row)
            if self.ordered:
                lo, hi = self._cut(lo, hi, there)
            self._synapses(Share(self, (lo, hi), there, nest.passed_on(1)))

        repeat(e, first, share.total, stride * WARP, some)

    def _cut(self, lo: str, hi: str, there: str) -> tuple[str, str]:
        """The synapses of a row that end in this warp's posts."""
        e, (first, end) = self.e, self.own
        if self.nest.post is self.nest.row.body.args[0]:
            later = e.let(f"select i1 {e.let(f'icmp sgt i64 {lo}, {first}')}, i64 {lo}, i64 {first}")
            return later, self._least(hi, end)
        hi = e.let(f"select i1 {there}, i64 {hi}, i64 {lo}")
        start = self._bisect(lo, hi, first)
        return start, self._bisect(start, hi, end)

    def _bisect(self, lo: str, hi: str, post: str) -> str:
        """The first synapse of a row whose post neuron is not below one."""
        e = self.e
        before = e.label
        head, probe, done = e.labels("bisect", "probe", "found")
        at, left, next_at, next_left = (e.fresh() for _ in range(4))
        e.jump(head)
        e.start(head)
        position = len(e.out)
        e.branch(e.let(f"icmp slt i64 {at}, {left}"), probe, done)
        e.start(probe)
        middle = e.let(f"lshr i64 {e.let(f'add i64 {at}, {left}')}, 1")
        assert self.nest.post is not None
        self._post_of(middle)
        below = e.let(f"icmp slt i64 {e.values[self.nest.post]}, {post}")
        e.do(f"{next_at} = select i1 {below}, i64 {e.let(f'add i64 {middle}, 1')}, i64 {at}")
        e.do(f"{next_left} = select i1 {below}, i64 {left}, i64 {middle}")
        e.jump(head)
        e.out[position:position] = [
            f"  {at} = phi i64 [ {lo}, %{before} ], [ {next_at}, %{probe} ]",
            f"  {left} = phi i64 [ {hi}, %{before} ], [ {next_left}, %{probe} ]",
        ]
        e.start(done)
        return at

    def _post_of(self, synapse: str) -> None:
        """Read the post neuron of a synapse from the table."""
        assert self.nest.post is not None
        cast = self.nest.post.op
        assert cast is not None
        load = cast.operands[0].op
        assert load is not None
        self.e.values[self.nest.row.body.args[0]] = synapse
        self._ops([load, cast])

    # Synapses

    def _synapses(self, share: Share) -> None:
        """32 synapses at a time, or several times 32 as long as there are so many."""
        e, nest = self.e, self.nest
        at_once = ORDERED_AT_ONCE if self.ordered else AT_ONCE
        several = "0"
        if len(list(nest.row.walk())) <= SHORT:
            several = e.let(f"and i32 {share.total}, {-WARP * at_once}")
            repeat(e, "0", several, WARP * at_once, lambda start: self._several(share, start, at_once))
        repeat(e, several, share.total, WARP, lambda start: self._some(share, start))

    def _some(self, share: Share, start: str) -> None:
        """32 synapses, or fewer."""
        number, there = self._number(start, share.total)
        self._read(share, number)
        self._arrive(there)

    def _several(self, share: Share, start: str, count: int) -> None:
        """Some times 32 synapses: all are read before the first arrives, so that memory has many requests at a time."""
        e = self.e
        own = e.let(f"add i32 {start}, {self._within()}")
        read = []
        for number in range(count):
            self._read(share, e.let(f"add i32 {own}, {number * WARP}"))
            read.append({value: e.values[value] for op in self.early for value in op.results})
            read[-1] |= {value: e.values[value] for value in (*share.values, self.nest.row.body.args[0])}
        for values in read:
            e.values.update(values)
            self._arrive("true")

    def _read(self, share: Share, number: str) -> None:
        """What a synapse needs that nothing here changes."""
        self.e.values[self.nest.row.body.args[0]] = share.element(number)
        self._ops(self.early)

    def _arrive(self, there: str) -> None:
        if self.ordered:
            self._in_turn(there)
        else:
            self._when(there)

    def _when(self, condition: str) -> None:
        e = self.e
        then, end = e.labels("arrives", "arrived")
        e.branch(condition, then, end)
        e.start(then)
        self._ops(self.late)
        e.jump(end)
        e.start(end)

    def _in_turn(self, there: str) -> None:
        """Those of the same post neuron one after the other, the earlier synapse first."""
        e = self.e
        assert self.nest.post is not None
        post = e.let(f"trunc i64 {e.values[self.nest.post]} to i32")
        some = e.let(f"select i1 {there}, i32 {post}, i32 -1")
        same = e.let(f"call i32 @llvm.nvvm.match.any.sync.i32(i32 -1, i32 {some})")
        lower = e.let(f"sub i32 {e.let(f'shl i32 1, {self._within()}')}, 1")
        turn = e.let(f"call i32 @llvm.ctpop.i32(i32 {e.let(f'and i32 {same}, {lower}')})")
        head, over = e.labels("turn", "over")
        now, after, before = e.fresh(), e.fresh(), e.label
        e.jump(head)
        e.start(head)
        position = len(e.out)
        self._when(e.let(f"and i1 {there}, {e.let(f'icmp eq i32 {turn}, {now}')}"))
        e.do("call void @llvm.nvvm.bar.warp.sync(i32 -1)")
        e.do(f"{after} = add i32 {now}, 1")
        waits = e.let(f"and i1 {there}, {e.let(f'icmp uge i32 {turn}, {after}')}")
        left = e.let(f"call i32 @llvm.nvvm.vote.ballot.sync(i32 -1, i1 {waits})")
        e.branch(e.let(f"icmp ne i32 {left}, 0"), head, over)
        e.out.insert(position, f"  {now} = phi i32 [ 0, %{before} ], [ {after}, %{e.label} ]")
        e.start(over)


class Share:
    """What each thread of a warp has, laid out one after the other: `total` elements of 32 ranges."""

    def __init__(self, events: Events, bounds: tuple[str, str], there: str, passed_on: list[Value]) -> None:
        self.e = e = events.e
        lo, hi = bounds
        length = e.let(f"sub i64 {hi}, {lo}")
        some = e.let(f"and i1 {there}, {e.let(f'icmp sgt i64 {length}, 0')}")
        # The rows of 32 spikes in one block have fewer than 2^31 synapses.
        count = e.let(f"select i1 {some}, i32 {e.let(f'trunc i64 {length} to i32')}, i32 0")
        self.sums, self.total = sums_up_to(e, count)
        # Element k of all is element k + shift of the range it is in.
        before = e.let(f"sext i32 {e.let(f'sub i32 {self.sums}, {count}')} to i64")
        self.shift = e.let(f"sub i64 {lo}, {before}")
        self.values = {value: e.values[value] for value in passed_on}

    def element(self, number: str) -> str:
        """The index of an element in its range; brings along the values of the thread that has the range."""
        e = self.e
        thread = thread_of(e, self.sums, number)
        shift = moved(e, DType.i64, self.shift, "idx", thread)
        for value, name in self.values.items():
            e.values[value] = moved(e, value.type.dtype, name, "idx", thread)
        return e.let(f"add i64 {e.let(f'sext i32 {number} to i64')}, {shift}")


def bounds_of(e: KernelEmitter, op: loop.For) -> tuple[str, str]:
    """The names of the bounds of a loop."""
    return e.values[op.lo], e.values[op.hi]
