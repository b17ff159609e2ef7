"""`instrument`: a program that measures itself, and what there is to know of its kernels without running it.

A kernel is what stands between two `loop.lap`. The work of a step is a sum over its loops: a constant for each
iteration, times a number of iterations that may depend on spikes. The program counts those, and the ticks of every
kernel, per worker.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from nnc.compiler.ir import loop
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.batch import fields_of
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.cost import Work, element_of, work_of
from nnc.compiler.ir.types import DType, buffer_type, i64
from nnc.compiler.passes.manager import Pass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnc.compiler.ir.attributes import Attr
    from nnc.compiler.ir.core import Block, Op, Value
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context

TICKS: Final = "profile.ticks."
COUNT: Final = "profile.count."
"""The fields of the measurements: ticks by kernel, counts by number; a value for each worker."""

WAIT: Final = "wait"
"""The kernel of barriers."""

REST: Final = "rest"
"""What is left of a step: deciding whether to go on."""

STEPS: Final = 0
"""The count of steps."""


@dataclass
class Kernel:
    """A part of a step: the work of one iteration of each of its loops by number of its count, and what it touches."""

    name: str
    work: dict[int, Work] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)

    def total(self, counts: Mapping[int, int]) -> Work:
        """The work that was done, given how often each loop was gone through."""
        return sum((work.times(counts.get(number, 0)) for number, work in self.work.items()), Work())


@dataclass
class Plan:
    """All kernels, by name, and the ops whose iterations are counted; count 0 is that of steps."""

    kernels: dict[str, Kernel] = field(default_factory=dict)
    counted: list[Op] = field(default_factory=list)


def plan(module: Module) -> Plan:
    """The kernels of a module after `map-threads`, in the order of a step."""
    found = _Reader(Plan())
    for time in module.find(loop.TimeLoop):
        found.step(time.body)
    return found.plan


class _Reader:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.work: dict[int, Work] = {}
        self.fields: set[str] = set()

    def step(self, body: Block) -> None:
        self.block(body, STEPS, False)
        self.close(REST)

    def close(self, name: str) -> None:
        kernel = self.plan.kernels.setdefault(name, Kernel(name))
        for number, work in self.work.items():
            kernel.work[number] = kernel.work.get(number, Work()) + work
        kernel.fields |= self.fields
        self.work, self.fields = {}, set()

    def add(self, number: int, work: Work) -> None:
        if work != Work():
            self.work[number] = self.work.get(number, Work()) + work

    def block(self, block: Block, number: int, inside: bool) -> None:
        """`inside` a loop of independent iterations nothing is counted: branches count as taken."""
        for op in block.ops:
            if isinstance(op, loop.Lap):
                self.close(str(op.kernel))
                continue
            self.add(number, work_of(op))
            if isinstance(op, (loop.Load, loop.Store)):
                self.fields.update(fields_of(op.buffer))
            inner = number
            if isinstance(op, (loop.For, loop.Reduce, loop.Compact)) or (isinstance(op, loop.If) and not inside):
                self.plan.counted.append(op)
                inner = len(self.plan.counted)
                self.add(inner, element_of(op))
            fast = inside or isinstance(op, loop.Reduce) or (isinstance(op, loop.For) and bool(op.simd))
            for region in op.regions:
                self.block(region, inner, fast)


@dataclass(frozen=True)
class Instrument(Pass):
    """Makes the function of a worker count the iterations of its loops, and the ticks between the ends of its kernels.

    Ticks and counts are kept in scratch memory and added to the fields `@profile...` at the end of a run. What the
    program computes stays the same, bit for bit. Run it last.
    """

    name: ClassVar[str] = "instrument"
    takes: ClassVar[Level] = "loop"
    gives: ClassVar[Level] = "loop"

    def run(self, module: Module, context: Context) -> bool:  # noqa: D102
        changed = False
        for func in list(module.find(loop.Func)):
            for time in list(func.find(loop.TimeLoop)):
                _Meter(module, func, time).install()
                changed = True
        return changed


class _Meter:
    """Scratch memory of a worker: the time of the last lap, then ticks by kernel, then counts."""

    def __init__(self, module: Module, func: loop.Func, time: loop.TimeLoop) -> None:
        self.module, self.func, self.time = module, func, time
        _laps_before_barriers(time.body)
        self.plan = plan(module)
        self.place = {name: 1 + i for i, name in enumerate(self.plan.kernels)}
        if WAIT not in self.place:
            self.place[WAIT] = 1 + len(self.place)
        self.first = 1 + len(self.place)
        self.size = self.first + 1 + len(self.plan.counted)
        self.start = Builder(func.body, func.body.ops[0] if func.body.ops else None, func.loc)
        self.memory = self.start.value(loop.Alloca, types=(buffer_type(DType.i64),), count=self.size)
        self.memory.hint = "meter"
        self.zero, self.one = (self.start.const(i, DType.i64) for i in (0, 1))
        self.index: dict[int, Value] = {0: self.zero, 1: self.one}

    def install(self) -> None:
        """Write everything."""
        for i in range(self.size):
            self.start.op(loop.Store, self.zero, self.memory, self.at(i))
        for number, op in enumerate(self.plan.counted, 1):
            self.count(number, op)
        self.laps()
        self.begin()
        self.end()

    def at(self, i: int) -> Value:
        """A number, made once."""
        if i not in self.index:
            self.index[i] = self.start.const(i, DType.i64)
        return self.index[i]

    def add(self, b: Builder, place: int, amount: Value) -> None:
        """Add to a place of the scratch memory."""
        old = b.value(loop.Load, self.memory, self.at(place), types=(i64,))
        b.op(loop.Store, b.add(old, amount), self.memory, self.at(place))

    def count(self, number: int, op: Op) -> None:
        """Count the iterations of a loop in front of it, or those of a branch in it."""
        place = self.first + number
        if isinstance(op, loop.If):
            b = Builder(op.body, op.body.ops[0] if op.body.ops else None, op.loc)
            self.add(b, place, self.one)
            return
        assert isinstance(op, (loop.For, loop.Reduce, loop.Compact))
        assert op.parent is not None
        b = Builder(op.parent, op, op.loc)
        length = b.sub(op.hi, op.lo)
        if isinstance(op, loop.For) and op.step > 1:
            length = b.add(length, b.const(op.step - 1, DType.i64))
            length = b.div(length, b.const(op.step, DType.i64))
        self.add(b, place, b.max(length, self.zero))

    def laps(self) -> None:
        """Ticks since the last lap go to the kernel that ends; what waits at barriers is a kernel of its own."""
        for op in list(self.time.find(loop.Lap)):
            assert op.parent is not None
            self.lap(Builder(op.parent, op, op.loc), str(op.kernel))
            op.erase()
        for barrier in [op for op in self.time.body.ops if isinstance(op, loop.Barrier)]:
            after = self.time.body.ops.index(barrier) + 1
            following = self.time.body.ops[after] if after < len(self.time.body.ops) else None
            self.lap(Builder(self.time.body, following, barrier.loc), WAIT)

    def lap(self, b: Builder, kernel: str) -> None:
        """The end of a kernel."""
        now = b.value(loop.Clock, types=(i64,))
        last = b.value(loop.Load, self.memory, self.zero, types=(i64,))
        self.add(b, self.place[kernel], b.sub(now, last))
        b.op(loop.Store, now, self.memory, self.zero)

    def begin(self) -> None:
        """In front of the steps the clock is read; in front of each, what is left of the one before is the rest."""
        assert self.time.parent is not None
        before = Builder(self.time.parent, self.time, self.time.loc)
        before.op(loop.Store, before.value(loop.Clock, types=(i64,)), self.memory, self.zero)
        b = Builder(self.time.body, self.time.body.ops[0] if self.time.body.ops else None, self.time.loc)
        self.add(b, self.first + STEPS, self.one)
        self.lap(b, REST)

    def end(self) -> None:
        """Behind the steps all is added to the fields."""
        block = self.time.parent
        assert block is not None
        after = block.ops.index(self.time) + 1
        b = Builder(block, block.ops[after] if after < len(block.ops) else None, self.time.loc)
        me = b.value(loop.Id, types=(i64,))
        names = {TICKS + name: place for name, place in self.place.items()}
        names |= {f"{COUNT}{i}": self.first + i for i in range(1 + len(self.plan.counted))}
        for name, place in names.items():
            buffer = self.declare(name)
            value = b.value(loop.Load, self.memory, self.at(place), types=(i64,))
            old = b.value(loop.Load, buffer, me, types=(i64,))
            b.op(loop.Store, b.add(old, value), buffer, me)

    def declare(self, name: str) -> Value:
        """A field with a value for each worker."""
        attributes: dict[str, Attr] = {
            "sym": Symbol(name),
            "type": buffer_type(DType.i64),
            "extent": (Symbol("team"),),
            "role": "scratch",
        }
        self.module.body.insert_before(self.func, loop.Field((), (), attributes, (), self.func.loc))
        return self.start.value(loop.FieldRef, types=(buffer_type(DType.i64),), field=Symbol(name))


def _laps_before_barriers(body: Block) -> None:
    """A kernel ends where its worker arrives at a barrier, not where all have."""
    for op in [op for op in body.ops if isinstance(op, loop.Lap)]:
        index = body.ops.index(op)
        if index and isinstance(body.ops[index - 1], loop.Barrier):
            barrier = body.ops[index - 1]
            op.detach()
            body.insert_before(barrier, op)
