"""Level `loop`: buffers, loops and teams; what targets read.

The function `run` is executed by a team of `spmd.size` workers. A `loop.team` region is one phase: worker p does
elements [lo, hi) of a domain and writes only what belongs to them. `loop.once` is done by worker 0. Between phases
that depend on each other across workers stands a `loop.barrier`. `map-threads` replaces teams by the code of one
worker (`spmd.id`, `spmd.bound`).
"""

from __future__ import annotations

from nnc.compiler.ir.arith import Const
from nnc.compiler.ir.attributes import BOOL, INT, SYMBOL, SYMBOLS, TYPE, enum_kind
from nnc.compiler.ir.core import Block, Op, Value, yields
from nnc.compiler.ir.define import (
    ISOLATED,
    PURE,
    SYMBOL_OP,
    attribute,
    operand,
    operation,
    optional,
    region,
    result,
)
from nnc.compiler.ir.step import ROLE
from nnc.compiler.ir.types import DType, Type, boolean, buffer_type, i64, value_type


def loaded(buffer: Type) -> Type:
    """The type of an element of a buffer once it is loaded: u8 and u16 widen to i32."""
    return value_type(DType.i32 if buffer.dtype in (DType.u8, DType.u16) else buffer.dtype)


def _indices(*values: Value) -> str | None:
    return None if all(v.type is i64 for v in values) else "bounds and indices are i64"


def _counter(body: Block) -> str | None:
    ok = len(body.args) == 1 and body.args[0].type is i64
    return None if ok else "the region takes one i64"


def _buffer(value: Value) -> str | None:
    return None if value.type.buffer else f"a buffer is needed, not {value.type}"


@operation("loop.size", level="loop", traits=SYMBOL_OP)
class Size(Op):
    """Declares a size: an integer of the state block."""

    sym = attribute(SYMBOL)
    syntax = "$sym"


@operation("loop.field", level="loop", traits=SYMBOL_OP)
class Field(Op):
    """Declares a buffer of the state block; its length is the product of the sizes named (empty: 1)."""

    sym = attribute(SYMBOL)
    type = attribute(TYPE)
    extent = attribute(SYMBOLS)
    role = attribute(ROLE)
    syntax = "$sym : $type $extent $role"

    def verify_op(self) -> str | None:  # noqa: D102
        return None if self.type.buffer else "a field is a buffer"


@operation("loop.func", level="loop", traits=SYMBOL_OP | ISOLATED)
class Func(Op):
    """The code of one worker: arguments t0 and t1 (i64), steps [t0, t1)."""

    sym = attribute(SYMBOL)
    body = region()
    syntax = "$sym ( &body ) {body}"


@operation("mem.field", level="loop", traits=PURE)
class FieldRef(Op):
    """A declared buffer."""

    field = attribute(SYMBOL)
    result = result()
    syntax = "$field :r"

    def verify_op(self) -> str | None:  # noqa: D102
        return _buffer(self.result)


@operation("mem.size", level="loop", traits=PURE)
class SizeRef(Op):
    """A declared size (i64); it does not change during a run."""

    size = attribute(SYMBOL)
    result = result()
    syntax = "$size :r"

    def verify_op(self) -> str | None:  # noqa: D102
        return _indices(self.result)


@operation("mem.alloca", level="loop")
class Alloca(Op):
    """Scratch memory of one worker, of a fixed number of elements, at the start of the function."""

    count = attribute(INT)
    result = result()
    syntax = "$count :r"

    def verify_op(self) -> str | None:  # noqa: D102
        return _buffer(self.result) or (None if self.count > 0 else "the number of elements must be positive")


@operation("mem.load", level="loop")
class Load(Op):
    """An element of a buffer; u8 and u16 widen to i32."""

    buffer = operand()
    index = operand()
    result = result()
    syntax = "%buffer [ %index ] :r"

    def verify_op(self) -> str | None:  # noqa: D102
        wrong = _buffer(self.buffer) or _indices(self.index)
        if wrong is None and self.result.type is not loaded(self.buffer.type):
            return f"a load of {self.buffer.type} gives {loaded(self.buffer.type)}, not {self.result.type}"
        return wrong


@operation("mem.store", level="loop")
class Store(Op):
    """Write an element of a buffer; into u8 and u16 the low bits of an i32."""

    value = operand()
    buffer = operand()
    index = operand()
    syntax = "%value , %buffer [ %index ]"

    def verify_op(self) -> str | None:  # noqa: D102
        wrong = _buffer(self.buffer) or _indices(self.index)
        if wrong is None and self.value.type is not loaded(self.buffer.type):
            return f"{self.value.type} cannot be stored to {self.buffer.type}"
        return wrong


@operation("mem.prefetch", level="loop")
class Prefetch(Op):
    """A hint that an element of a buffer is read soon: the processor may bring its cache line nearer."""

    buffer = operand()
    index = operand()
    syntax = "%buffer [ %index ]"

    def verify_op(self) -> str | None:  # noqa: D102
        return _buffer(self.buffer) or _indices(self.index)


@operation("mem.compact", level="loop")
class Compact(Op):
    """Append the indices in [lo, hi) whose mask is set, ascending, to a list.

    For i: if mask[i - lo], then list[base + counts[slot]] = i and counts[slot] += 1. The mask has room for a multiple
    of 8 elements, and those beyond hi - lo up to the next multiple of 8 are overwritten with false.
    """

    mask = operand()
    lo = operand()
    hi = operand()
    list = operand()
    base = operand()
    counts = operand()
    slot = operand()
    syntax = "%mask over %lo , %hi into %list [ %base ] count %counts [ %slot ]"

    def verify_op(self) -> str | None:  # noqa: D102
        for value, dtype in ((self.mask, DType.bool), (self.list, DType.i32), (self.counts, DType.i32)):
            if value.type is not buffer_type(dtype):
                return f"{buffer_type(dtype)} is needed, not {value.type}"
        return _indices(self.lo, self.hi, self.base, self.slot)


@operation("loop.time", level="loop")
class TimeLoop(Op):
    """The loop over steps. After each step: leave if the block's stop_after is not above it; t becomes k + 1."""

    lo = operand()
    hi = operand()
    body = region()
    syntax = "&body = %lo to %hi {body}"

    def verify_op(self) -> str | None:  # noqa: D102
        return _indices(self.lo, self.hi) or _counter(self.body)


@operation("loop.for", level="loop")
class For(Op):
    """Counted loop. `simd`: iterations are independent, hold no loop, and may be executed at once.

    `independent`: so are these, but they may hold loops, or one processor is faster doing them one by one.
    `short`: few iterations are to be expected, as in a small population; a hint.
    `unordered`: iterations add to the same elements, and share nothing else: another order changes the rounding alone.
    """

    lo = operand()
    hi = operand()
    step = optional(INT, 1)
    simd = optional(BOOL, False)
    independent = optional(BOOL, False)
    unordered = optional(BOOL, False)
    short = optional(BOOL, False)
    body = region()
    syntax = "&body = %lo to %hi ( step $step )? ?simd ?independent ?unordered ?short {body}"

    @property
    def trips(self) -> int | None:
        """The number of iterations, where both bounds are constants."""
        lo, hi = self.lo.op, self.hi.op
        if not isinstance(lo, Const) or not isinstance(hi, Const):
            return None
        return max(0, -(-(int(hi.value) - int(lo.value)) // int(self.step)))

    def verify_op(self) -> str | None:  # noqa: D102
        if self.step < 1:
            return "the step must be positive"
        return _indices(self.lo, self.hi) or _counter(self.body)


@operation("loop.reduce", level="loop")
class Reduce(Op):
    """Reduction of the yielded values over [lo, hi), in a fixed order.

    32 partial results, start value 0 (add, fma), -inf (max), inf (min); element j goes to partial (j - lo) mod 32, in
    ascending order; then partial[l] = partial[l] op partial[l + s] for s = 16, 8, 4, 2, 1. `add`: p + x;
    `fma`: the region yields a, b and p = fma(a, b, p), partials then added; max, min: `p > x ? p : x`, `p < x ? p : x`.
    """

    kind = attribute(enum_kind("add", "fma", "max", "min"))
    lo = operand()
    hi = operand()
    result = result()
    body = region()
    syntax = "$kind &body = %lo to %hi {body} :r"

    def verify_op(self) -> str | None:  # noqa: D102
        wrong = _indices(self.lo, self.hi) or _counter(self.body)
        wrong = wrong or yields(self.body, 2 if self.kind == "fma" else 1)
        if wrong is None and any(v.type is not self.result.type for v in self.body.ops[-1].operands):
            return "the region must yield values of the type of the result"
        return wrong


def start_value(kind: str, dtype: DType) -> bool | int | float:
    """What a partial result of a reduction is before the first element."""
    if kind in ("add", "fma"):
        return 0.0 if dtype.is_float else 0
    if dtype.is_float:
        return float("-inf") if kind == "max" else float("inf")
    return -(1 << (dtype.bits - 1)) if kind == "max" else (1 << (dtype.bits - 1)) - 1


@operation("loop.if", level="loop")
class If(Op):
    """Execute the region if the condition holds."""

    condition = operand()
    body = region()
    syntax = "%condition {body}"

    def verify_op(self) -> str | None:  # noqa: D102
        return None if self.condition.type is boolean else "the condition must be bool"


@operation("loop.team", level="loop")
class Team(Op):
    """One phase: worker p (i64) does elements [lo, hi) of the domain (a size symbol, `@pop.n`).

    Arguments p, lo, hi. `shared` names the fields of which elements of other workers are read, `past` the rings of
    which rows of earlier steps of other workers are read; all else it touches is its own, or one value.
    """

    domain = attribute(SYMBOL)
    shared = optional(SYMBOLS, ())
    past = optional(SYMBOLS, ())
    body = region()
    syntax = "&body over $domain ( sharing $shared )? ( past $past )? {body}"

    def verify_op(self) -> str | None:  # noqa: D102
        return _indices(*self.body.args)


@operation("loop.once", level="loop")
class Once(Op):
    """One phase done by worker 0 alone."""

    body = region()
    syntax = "{body}"


@operation("loop.barrier", level="loop")
class Barrier(Op):
    """All workers arrive before any goes on; what was written before is seen after."""

    syntax = ""


@operation("loop.record", level="loop")
class Record(Op):
    """Let the recorders of the state block take their rows of step k; each worker copies its part.

    `targets`: conductances and sums; `end`: everything else, and spikes.
    """

    when = attribute(enum_kind("targets", "end"))
    step = operand()
    fields = attribute(SYMBOLS)
    syntax = "$when at %step $fields"

    def verify_op(self) -> str | None:  # noqa: D102
        return _indices(self.step)


@operation("loop.stop", level="loop")
class Stop(Op):
    """Worker 0: end the run after step k if the condition holds (sets stop_after and the status)."""

    condition = operand()
    step = operand()
    syntax = "if %condition after %step"

    def verify_op(self) -> str | None:  # noqa: D102
        return _indices(self.step) or (None if self.condition.type is boolean else "the condition must be bool")


@operation("spmd.id", level="loop", traits=PURE)
class Id(Op):
    """Number of this worker (i64)."""

    result = result()
    syntax = ":r"


@operation("spmd.size", level="loop", traits=PURE)
class TeamSize(Op):
    """Number of workers (i64)."""

    result = result()
    syntax = ":r"


@operation("spmd.bound", level="loop", traits=PURE)
class Bound(Op):
    """Start of the part of worker p of n elements: min(n, 64 * floor(ceil(n / 64) * p / size))."""

    n = operand()
    p = operand()
    result = result()
    syntax = "%n , %p :r"

    def verify_op(self) -> str | None:  # noqa: D102
        return _indices(self.n, self.p, self.result)


@operation("loop.lap", level="loop")
class Lap(Op):
    """Marks the end of a kernel: what has been done since the lap before is its work. `instrument` measures it."""

    kernel = attribute(SYMBOL)
    syntax = "$kernel"


@operation("spmd.clock", level="loop")
class Clock(Op):
    """Ticks (i64) of a clock of the target that goes on evenly; 0 where there is none, as in the interpreter."""

    result = result()
    syntax = ":r"

    def verify_op(self) -> str | None:  # noqa: D102
        return _indices(self.result)


@operation("random.seed", level="loop", traits=PURE)
class Seed(Op):
    """The seed of the network (i32), from the state block."""

    result = result()
    syntax = ":r"


def buffer_of(field: Field) -> FieldRef:
    """A reference to a declared buffer."""
    return FieldRef((), (buffer_type(field.type.dtype),), {"field": field.sym})
