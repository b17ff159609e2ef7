"""Executing a loop-level module on a state block.

Before `map-threads` one conductor does each `loop.team` for all workers, one after the other. After it (or with a
`Schedule`) every worker is a generator that stops at barriers; a random schedule also switches workers at every
access to memory, which shows a missing barrier. Loops marked `simd`, and reductions, are executed an op at a time on
all their iterations: legal because they are independent.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from nnc.compiler.ir import arith, batch, loop
from nnc.compiler.ir.interp_arith import dtype_of, evaluate
from nnc.compiler.ir.interp_record import Recording, record

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from numpy.typing import NDArray

    from nnc.compiler.ir.core import Block, Op, Value

    Array = NDArray[Any]
    Steps = Generator[str, None, None]

LANES = 32
"""Number of partial results of a reduction."""

NEVER = (1 << 63) - 1


class BarrierMismatch(Exception):
    """Some workers wait at a barrier that others never reach."""


class OutOfRange(Exception):
    """An access outside of a buffer."""


class Memory(Protocol):
    """What the interpreter needs of a state block (`nnc.compiler.codegen.layout.StateBlock` is one)."""

    @property
    def fields(self) -> Mapping[str, Array]:
        """Buffers by name."""
        ...

    @property
    def sizes(self) -> Mapping[str, int]:
        """Sizes by name."""
        ...

    @property
    def team(self) -> int:
        """Number of workers."""
        ...

    @property
    def seed(self) -> int:
        """Low 32 bits of the seed."""
        ...

    @property
    def recorders(self) -> Sequence[Any]:
        """Recorders, as `Recorder` of the layout."""
        ...


@dataclass
class Schedule:
    """How workers take turns: `interleave` switches at every memory access between barriers, chosen by `seed`."""

    interleave: bool = False
    seed: int = 0


@dataclass
class Outcome:
    """Where a run ended: the next step, and the status of docs/design.md (0 done, 1 recorder full, 2 stopped)."""

    t: int
    status: int = 0
    stop_after: int = NEVER


@dataclass
class Machine:
    """What all workers share."""

    memory: Memory
    outcome: Outcome
    conducted: bool
    interleave: bool = False
    on_store: OnStore | None = None


class Env:
    """Values by name; a child sees those of its parent, cut to its lanes (indices of iterations) if it has any."""

    __slots__ = ("lanes", "parent", "values")

    def __init__(self, parent: Env | None = None, lanes: Array | None = None) -> None:
        self.parent = parent
        self.lanes = lanes
        self.values: dict[Value, Array] = {}

    def __getitem__(self, value: Value) -> Array:
        found = self.values.get(value)
        if found is not None:
            return found
        if self.parent is None:
            raise KeyError(value)
        found = self.parent[value]
        if self.lanes is not None and found.ndim and not value.type.buffer:
            found = found[self.lanes]
        return found

    def __setitem__(self, value: Value, array: Array) -> None:
        self.values[value] = array


OnStore = Callable[[loop.Store, Env], None]
"""Called before a store is done, with the values at hand."""


def run_loop(
    module: Op,
    memory: Memory,
    t0: int,
    t1: int,
    schedule: Schedule | None = None,
    on_store: OnStore | None = None,
) -> Outcome:
    """Do steps [t0, t1) on the buffers of a block, in place; recorders take their rows. Gives where it stopped.

    Raises `OutOfRange` and `BarrierMismatch` for IR that is wrong. With a schedule, teams are executed by workers at
    the same time, as after `map-threads`.
    """
    func = next(module.find(loop.Func))
    conducted = schedule is None and any(isinstance(op, (loop.Team, batch.Batch, loop.Once)) for op in func.walk())
    machine = Machine(memory, Outcome(t0), conducted, schedule is not None and schedule.interleave, on_store)
    workers = [Worker(machine, p) for p in range(1 if conducted else memory.team)]
    arguments = [np.array(t, np.int64) for t in (t0, t1)]
    with np.errstate(all="ignore"):
        _take_turns([w.function(func, arguments) for w in workers], schedule)
    return machine.outcome


def _take_turns(workers: list[Steps], schedule: Schedule | None) -> None:
    """Let all workers go on to the next barrier, again and again; in turn or by a random schedule."""
    chance = random.Random(schedule.seed if schedule else 0)
    while workers:
        running, waiting = list(workers), []
        while running:
            index = chance.randrange(len(running)) if schedule and schedule.interleave else 0
            event = next(running[index], "end")
            if event != "memory":
                worker = running.pop(index)
                waiting += [worker] if event == "barrier" else []
        if waiting and len(waiting) < len(workers):
            raise BarrierMismatch(f"{len(waiting)} of {len(workers)} workers wait at a barrier, the others have ended")
        workers = waiting


def bound(n: int, p: int, team: int) -> int:
    """Meaning of `spmd.bound`."""
    return min(n, 64 * (-(-n // 64) * p // team))


@dataclass
class Worker:
    """One worker (or, conducted, the one that does the work of all)."""

    machine: Machine
    number: int
    scratch: dict[Op, Array] = field(default_factory=dict)

    def function(self, func: loop.Func, arguments: Sequence[Array]) -> Steps:
        """The code of one worker."""
        env = Env()
        env.values.update(zip(func.body.args, arguments, strict=True))
        yield from self.block(func.body, env)

    def block(self, block: Block, env: Env) -> Steps:
        """All ops of a block in order."""
        for op in block.ops:
            handler = _CONTROL.get(type(op))
            if handler is not None:
                yield from handler(self, op, env)
                continue
            simple = _SIMPLE.get(type(op))
            if simple is None:
                self.number_op(op, env)
                continue
            simple(self, op, env)
            if self.machine.interleave and isinstance(op, (loop.Load, loop.Store, loop.Compact)):
                yield "memory"

    def number_op(self, op: Op, env: Env) -> None:
        """An op on numbers."""
        arrays = [env[v] for v in op.operands]
        results = evaluate(op.name, op.attributes, arrays, [r.type.dtype for r in op.results])
        for result, array in zip(op.results, results, strict=True):
            env[result] = array

    def integer(self, env: Env, value: Value) -> int:
        """A value that is the same for all iterations."""
        return int(env[value])

    def field_ref(self, op: loop.FieldRef, env: Env) -> None:
        """`mem.field`."""
        env[op.result] = self.machine.memory.fields[str(op.field)]

    def size_ref(self, op: loop.SizeRef, env: Env) -> None:
        """`mem.size`."""
        env[op.result] = np.array(self.machine.memory.sizes[str(op.size)], np.int64)

    def pick_field(self, op: batch.PickField, env: Env) -> None:
        """`mem.pick_field`."""
        env[op.result] = self.machine.memory.fields[str(op.fields[self.entry(op, op.fields, env)])]

    def pick_size(self, op: batch.PickSize, env: Env) -> None:
        """`mem.pick_size`."""
        size = self.machine.memory.sizes[str(op.sizes[self.entry(op, op.sizes, env)])]
        env[op.result] = np.array(size, np.int64)

    def pick_number(self, op: batch.PickNumber, env: Env) -> None:
        """`mem.pick_number`."""
        number = op.numbers[self.entry(op, op.numbers, env)]
        env[op.result] = np.array(number, op.result.type.dtype.numpy)

    def entry(self, op: Op, table: Sequence[Any], env: Env) -> int:
        """Which entry of a table an op takes."""
        index = self.integer(env, op.operands[0])
        if not 0 <= index < len(table):
            raise OutOfRange(f"{op.name} at {op.loc}: entry {index} of a table of {len(table)}")
        return index

    def alloca(self, op: loop.Alloca, env: Env) -> None:
        """`mem.alloca`: one buffer per op and worker, zero at first."""
        if op not in self.scratch:
            self.scratch[op] = np.zeros(op.count, op.result.type.dtype.numpy)
        env[op.result] = self.scratch[op]

    def load(self, op: loop.Load, env: Env) -> None:
        """`mem.load`."""
        buffer, index = env[op.buffer], env[op.index]
        _check(op, buffer, index)
        env[op.result] = np.asarray(buffer[index]).astype(op.result.type.dtype.numpy)

    def store(self, op: loop.Store, env: Env) -> None:
        """`mem.store`; of the iterations executed at once the last one wins."""
        buffer, index = env[op.buffer], env[op.index]
        _check(op, buffer, index)
        if self.machine.on_store is not None:
            self.machine.on_store(op, env)
        buffer[index] = env[op.value]

    def prefetch(self, op: loop.Prefetch, env: Env) -> None:
        """`mem.prefetch`: nothing, but the element must be there."""
        _check(op, env[op.buffer], env[op.index])

    def compact(self, op: loop.Compact, env: Env) -> None:
        """`mem.compact`."""
        lo, hi, base, slot = (self.integer(env, v) for v in (op.lo, op.hi, op.base, op.slot))
        mask, entries, counts = env[op.mask], env[op.list], env[op.counts]
        found = lo + np.flatnonzero(mask[: max(0, hi - lo)])
        start = base + int(counts[slot])
        _check(op, entries, np.arange(start, start + len(found)))
        _check(op, mask, np.arange(_round_up(hi - lo)))
        entries[start : start + len(found)] = found
        counts[slot] += len(found)
        mask[max(0, hi - lo) : _round_up(hi - lo)] = False

    def identity(self, op: loop.Id, env: Env) -> None:
        """`spmd.id`."""
        env[op.result] = np.array(self.number, np.int64)

    def team_size(self, op: loop.TeamSize, env: Env) -> None:
        """`spmd.size`."""
        env[op.result] = np.array(self.machine.memory.team, np.int64)

    def bound(self, op: loop.Bound, env: Env) -> None:
        """`spmd.bound`."""
        n, p = env[op.n], env[op.p]
        size = self.machine.memory.team
        env[op.result] = np.asarray(np.minimum(n, 64 * (-(-n // 64) * p // size)), np.int64)

    def seed(self, op: loop.Seed, env: Env) -> None:
        """`random.seed`."""
        env[op.result] = np.array(self.machine.memory.seed & 0xFFFFFFFF, np.uint32).view(np.int32)

    def record(self, op: loop.Record, env: Env) -> None:
        """`loop.record`: this worker's part, or all parts if conducted."""
        memory, k = self.machine.memory, self.integer(env, op.step)
        parts = range(memory.team) if self.machine.conducted else (self.number,)
        for p in parts:
            if record(cast("Recording", memory), k, op.when == "targets", p):
                self._stop_at(k + 2, 1)

    def stop(self, op: loop.Stop, env: Env) -> None:
        """`loop.stop`."""
        if self.number == 0 and bool(env[op.condition]):
            self._stop_at(self.integer(env, op.step) + 1, 2)

    def _stop_at(self, step: int, status: int) -> None:
        outcome = self.machine.outcome
        earlier = outcome.stop_after < step if status == 2 else outcome.stop_after <= step
        if not earlier:
            outcome.stop_after, outcome.status = step, status

    def time(self, op: loop.TimeLoop, env: Env) -> Steps:
        """`loop.time`."""
        outcome = self.machine.outcome
        for k in range(self.integer(env, op.lo), self.integer(env, op.hi)):
            inner = Env(env)
            inner[op.body.args[0]] = np.array(k, np.int64)
            yield from self.block(op.body, inner)
            if self.number == 0:
                outcome.t = k + 1
            if outcome.stop_after <= k + 1:
                return

    def counted(self, op: loop.For, env: Env) -> Steps:
        """`loop.for`."""
        indices = np.arange(self.integer(env, op.lo), self.integer(env, op.hi), op.step, dtype=np.int64)
        if op.simd:
            if len(indices):
                inner = Env(env)
                inner[op.body.args[0]] = indices
                yield from self.block(op.body, inner)
            return
        for index in indices:
            inner = Env(env)
            inner[op.body.args[0]] = np.array(index)
            yield from self.block(op.body, inner)

    def reduce(self, op: loop.Reduce, env: Env) -> Steps:
        """`loop.reduce`."""
        indices = np.arange(self.integer(env, op.lo), self.integer(env, op.hi), dtype=np.int64)
        inner = Env(env)
        inner[op.body.args[0]] = indices
        yield from self.block(op.body, inner)
        values = [np.broadcast_to(inner[v], indices.shape) for v in op.body.ops[-1].operands]
        env[op.result] = reduction(op.kind, values, np.arange(len(indices)))

    def condition(self, op: loop.If, env: Env) -> Steps:
        """`loop.if`; in an iteration space, for the iterations where the condition holds."""
        condition = env[op.condition]
        if condition.ndim == 0:
            if condition:
                yield from self.block(op.body, Env(env))
            return
        lanes = np.flatnonzero(condition)
        if len(lanes):
            yield from self.block(op.body, Env(env, lanes))

    def team(self, op: loop.Team, env: Env) -> Steps:
        """`loop.team`: every worker's part if conducted, else this worker's."""
        yield from self.parts(op.body, op.domain, (), env)

    def batch(self, op: batch.Batch, env: Env) -> Steps:
        """`loop.batch`."""
        for member, domain in enumerate(op.domains):
            yield from self.parts(op.body, domain, (member,), env)

    def parts(self, body: Block, domain: str, first: tuple[int, ...], env: Env) -> Steps:
        """A region with arguments p, lo, hi behind the first ones: every worker's part, or this worker's."""
        memory = self.machine.memory
        n = memory.sizes[str(domain)]
        parts = range(memory.team) if self.machine.conducted else (self.number,)
        for p in parts:
            inner = Env(env)
            ends = (*first, p, bound(n, p, memory.team), bound(n, p + 1, memory.team))
            for arg, value in zip(body.args, ends, strict=True):
                inner[arg] = np.array(value, np.int64)
            yield from self.block(body, inner)

    def once(self, op: loop.Once, env: Env) -> Steps:
        """`loop.once`."""
        if self.number == 0:
            yield from self.block(op.body, Env(env))

    def barrier(self, op: loop.Barrier, env: Env) -> Steps:
        """`loop.barrier`."""
        yield "barrier"

    def clock(self, op: loop.Clock, env: Env) -> None:
        """`spmd.clock`: there is none."""
        env[op.result] = np.array(0, np.int64)

    def nothing(self, op: Op, env: Env) -> None:
        """The end of a region, or a mark."""


def _round_up(count: int) -> int:
    return -(-max(0, count) // 8) * 8


def _check(op: Op, buffer: Array, index: Array) -> None:
    if np.size(index) and (np.min(index) < 0 or np.max(index) >= len(buffer)):
        raise OutOfRange(
            f"{op.name} at {op.loc}: index {int(np.min(index))}..{int(np.max(index))} of a buffer of {len(buffer)}"
        )


def reduction(kind: str, values: Sequence[Array], places: Array) -> Array:
    """Reduction of elements at ascending places, in the order that `loop.reduce` defines.

    `values` is one array of elements, or two for `fma`; `places` are their positions j, which decide the partial.
    """
    dtype = values[0].dtype
    start = {"max": -np.inf, "min": np.inf}.get(kind, 0.0)
    if dtype.kind == "i":
        limits = np.iinfo(dtype)
        start = {"max": limits.min, "min": limits.max}.get(kind, 0)
    partial = np.full(LANES, start, dtype)
    lanes, rounds = places % LANES, places // LANES
    for turn in np.unique(rounds):
        chosen = rounds == turn
        at = lanes[chosen]
        partial[at] = _combine(kind, partial[at], *(v[chosen] for v in values))
    width = LANES
    while width > 1:
        width //= 2
        partial = _combine("add" if kind == "fma" else kind, partial[:width], partial[width:])
    return np.array(partial[0])


def _combine(kind: str, partial: Array, *elements: Array) -> Array:
    name = {"add": "arith.add", "fma": "arith.fma", "max": "arith.max", "min": "arith.min"}[kind]
    operands = [*elements, partial] if kind == "fma" else [partial, *elements]
    return evaluate(name, {}, operands, [dtype_of(partial)])[0]


_SIMPLE: dict[type[Op], Any] = {
    loop.FieldRef: Worker.field_ref,
    loop.SizeRef: Worker.size_ref,
    batch.PickField: Worker.pick_field,
    batch.PickSize: Worker.pick_size,
    batch.PickNumber: Worker.pick_number,
    loop.Alloca: Worker.alloca,
    loop.Load: Worker.load,
    loop.Store: Worker.store,
    loop.Prefetch: Worker.prefetch,
    loop.Compact: Worker.compact,
    loop.Id: Worker.identity,
    loop.TeamSize: Worker.team_size,
    loop.Bound: Worker.bound,
    loop.Seed: Worker.seed,
    loop.Record: Worker.record,
    loop.Stop: Worker.stop,
    loop.Clock: Worker.clock,
    loop.Lap: Worker.nothing,
    arith.Yield: Worker.nothing,
}

_CONTROL: dict[type[Op], Any] = {
    loop.TimeLoop: Worker.time,
    loop.For: Worker.counted,
    loop.Reduce: Worker.reduce,
    loop.If: Worker.condition,
    loop.Team: Worker.team,
    batch.Batch: Worker.batch,
    loop.Once: Worker.once,
    loop.Barrier: Worker.barrier,
}
