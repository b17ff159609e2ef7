"""The function that is being written, and the translation of map bodies into it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from nnc.compiler.ir import arith, loop, procedural, stencil, step
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.types import At, DType, buffer_type, i64, value_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nnc.compiler.ir.attributes import Attr
    from nnc.compiler.ir.core import Op, Value
    from nnc.compiler.ir.model import Module

EFFECTS = (step.Write, step.Accumulate, step.Emit, step.Stop)
"""The ops of a map body that do something; all others give values."""


ENTRIES = "tie.at"
"""Table of a projection with shared weights: which of them each synapse has, in the order of the layout."""


def owner_of(symbol: str) -> str:
    """`pop0` of `pop0.v`."""
    return symbol.partition(".")[0]


class Network:
    """The declarations of a step-level module, by symbol."""

    def __init__(self, module: Module) -> None:
        ops = module.body.ops
        self.populations = [str(op.sym) for op in ops if isinstance(op, step.Neurons)]
        self.synapses = {str(op.sym): op for op in ops if isinstance(op, step.Synapses)}
        self.stencils = {str(op.owner): op for op in ops if isinstance(op, stencil.Stencil)}
        self.procedurals = {str(op.owner): op for op in ops if isinstance(op, procedural.Procedural)}
        self.fields = {str(op.sym): op for op in ops if isinstance(op, step.Field)}
        self.events = {str(op.sym): str(op.owner) for op in ops if isinstance(op, step.Events)}
        self.rings = {str(op.sym): op for op in ops if isinstance(op, step.Ring)}
        self.fills = [op for op in ops if isinstance(op, step.Fill)]
        self.by_post = set(_visited_by_post(self, module))

    def tied(self, owner: str) -> str | None:
        """The projection itself if its synapses share weights."""
        return owner if self.synapses[owner].shares is not None else None

    def entry_type(self, owner: str) -> DType:
        """Type of the table that says which weight each synapse of a projection has."""
        return DType.i64 if self.synapses[owner].wide_rows else DType.i32

    def population_of(self, owner: str) -> str:
        """The population whose partition an owner follows: itself, or the post population of a projection."""
        return str(self.synapses[owner].post) if owner in self.synapses else owner


def _visited_by_post(network: Network, module: Module) -> Iterator[str]:
    """Projections whose synapses are visited by post neuron: sums, statements at post spikes, synaptic draws."""
    yield from (owner_of(f.field) for f in network.fills if network.fields[f.field].type.at is At.syn)
    for op in module.body.ops:
        if not isinstance(op, step.Map):
            continue
        sums = op.domain == "synapses" and any(isinstance(o, step.Accumulate) for o in op.body.ops)
        if op.domain == "back_spikes" or sums:
            yield str(op.owner)


class Frame:
    """`@run` under construction.

    Buffers, sizes and small numbers are made once, at the start of the function; everything else is written where
    `b` stands. `step` is the number of the step at hand.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.func = loop.Func((), (), {"sym": Symbol("run")}, (Block((i64, i64), ("t0", "t1")),))
        self.entry = Builder(self.func.body)
        t0, t1 = self.func.body.args
        self.time = loop.TimeLoop((t0, t1), (), {}, (Block((i64,), ("k",)),))
        self.func.body.append(self.time)
        self.entry.before = self.time
        self.step = self.time.body.args[0]
        self.b = Builder(self.time.body)
        self._made: dict[tuple[str, object], Value] = {}
        self.shared: set[str] = set()
        self.past: set[str] = set()
        self.pushed: set[str] = set()
        self.declared: dict[str, loop.Field] = {}

    def buffer(self, symbol: str, dtype: DType | None = None) -> Value:
        """A reference to a declared buffer; the element type is that of the step-level field unless given."""
        dtype = dtype or self.network.fields[symbol].type.dtype
        if ("buffer", symbol) not in self._made:
            value = self.entry.value(loop.FieldRef, types=(buffer_type(dtype),), field=Symbol(symbol))
            value.hint = symbol.replace(".", "_")
            self._made["buffer", symbol] = value
        return self._made["buffer", symbol]

    def own_buffer(self, symbol: str, dtype: DType, extent: tuple[str, ...]) -> Value:
        """A scratch field that the code written here needs, of so many elements as the product of some sizes."""
        names = tuple(Symbol(size) for size in extent)
        attributes: dict[str, Attr] = {
            "sym": Symbol(symbol),
            "type": buffer_type(dtype),
            "extent": names,
            "role": "scratch",
        }
        self.declared.setdefault(symbol, loop.Field((), (), attributes, (), self.b.loc))
        return self.buffer(symbol, dtype)

    def size(self, symbol: str) -> Value:
        """A declared size."""
        if ("size", symbol) not in self._made:
            value = self.entry.value(loop.SizeRef, types=(i64,), size=Symbol(symbol))
            value.hint = symbol.replace(".", "_")
            self._made["size", symbol] = value
        return self._made["size", symbol]

    def number(self, value: int) -> Value:
        """An i64."""
        if ("number", value) not in self._made:
            self._made["number", value] = self.entry.const(value, DType.i64)
            self._made["number", value].hint = f"c{value}" if value >= 0 else None
        return self._made["number", value]

    def alloca(self, count: int, dtype: DType, nth: int = 0) -> Value:
        """The nth scratch buffer of this kind; phases share them, one after the other."""
        key = ("alloca", (count, dtype, nth))
        if key not in self._made:
            value = self.entry.value(loop.Alloca, types=(buffer_type(dtype),), count=count)
            value.hint = "mask" if dtype is DType.bool else "scratch"
            self._made[key] = value
        return self._made[key]

    def load(self, buffer: Value, index: Value) -> Value:
        """An element, widened as loads do."""
        dtype = buffer.type.dtype
        wide = DType.i32 if dtype in (DType.u8, DType.u16) else dtype
        return self.b.value(loop.Load, buffer, index, types=(value_type(wide),))

    def load_index(self, buffer: Value, index: Value) -> Value:
        """An element as i64."""
        return self.b.cast(self.load(buffer, index), DType.i64)

    def store(self, value: Value, buffer: Value, index: Value) -> None:
        """Write an element."""
        self.b.op(loop.Store, value, buffer, index)

    def slot(self, depth: Value, age: Value | None = None) -> Value:
        """The row of the step that many steps ago (default: this one) in a ring of so many rows.

        The ring must still hold that step. Steps before the first count too: their rows are filled in advance.
        """
        now = self.b.value(arith.Rem, self.step, depth)
        if age is None:
            return now
        row = self.b.sub(now, age)
        behind = self.b.cmp("lt", row, self.number(0))
        return self.b.select(behind, self.b.add(row, depth), row)

    def depth(self, owner: str) -> Value:
        """How many steps the lists of events of a population hold, and the rings that have no depth of their own."""
        return self.size(f"{owner}.ring")

    def ring_row(self, ring: step.Ring, age: Value | None = None) -> Value:
        """First element of the row of a ring."""
        owner = owner_of(ring.sym)
        slot = self.slot(self.size(ring.depth) if ring.depth else self.depth(owner), age)
        return slot if ring.type.at is At.one else self.b.mul(slot, self.size(f"{owner}.n"))

    @contextmanager
    def loop(
        self,
        lo: Value,
        hi: Value,
        *,
        step: int | None = None,
        simd: bool = False,
        independent: bool = False,
        unordered: bool = False,
        hint: str = "i",
    ) -> Iterator[Value]:
        """Write the body of a counted loop; gives its index. `simd` says more than `independent`."""
        body = Block((i64,), (hint,))
        apart = (independent and not simd) or None
        loose = unordered or None
        self.b.op(loop.For, lo, hi, regions=(body,), step=step, simd=simd or None, independent=apart, unordered=loose)
        with self.b.at(body):
            yield body.args[0]

    @contextmanager
    def when(self, condition: Value | None) -> Iterator[None]:
        """Write code under a condition (None: always)."""
        if condition is None:
            yield
            return
        body = Block()
        self.b.op(loop.If, condition, regions=(body,))
        with self.b.at(body):
            yield

    @contextmanager
    def team(self, owner: str, flag: str | None = None) -> Iterator[tuple[Value, Value, Value]]:
        """Write a phase over the partition of a population; gives worker, lo, hi.

        The fields of others that are read while it is written are noted on it.
        """
        domain = Symbol(f"{self.network.population_of(owner)}.n")
        body = Block((i64, i64, i64), ("p", "lo", "hi"))
        op = self.b.op(loop.Team, regions=(body,), domain=domain)
        self.shared, self.past = set(), set()
        with self.b.at(body), self.when(self.flag(flag)):
            p, lo, hi = body.args
            yield p, lo, hi
        if self.shared:
            op.shared = tuple(Symbol(s) for s in sorted(self.shared))
        if self.past:
            op.past = tuple(Symbol(s) for s in sorted(self.past))

    @contextmanager
    def once(self, flag: str | None = None) -> Iterator[None]:
        """Write a phase of worker 0."""
        body = Block()
        self.b.op(loop.Once, regions=(body,))
        with self.b.at(body), self.when(self.flag(flag)):
            yield

    def flag(self, symbol: str | None) -> Value | None:
        """The value of a flag field."""
        return self.load(self.buffer(symbol), self.number(0)) if symbol else None

    def reduce(self, kind: str, lo: Value, hi: Value, body: Block) -> Value:
        """Insert a reduction whose body, ending in a yield, is written already."""
        assert body.terminator is not None
        result = value_type(body.terminator.operands[0].type.dtype)
        return self.b.value(loop.Reduce, lo, hi, types=(result,), regions=(body,), kind=kind)


class Elements:
    """Writes the values of a map body, one level of its loops after the other.

    `index` gives the element at hand for each locality. What varies over less is written further out, so a value of
    a pre neuron is computed once per row. Where `skip` holds there is no synapse: a neuron meets itself in a dense
    projection; nothing but its own fields is then changed. `tied` is the projection if its synapses share weights.
    Pre neurons are those of other workers too, unless they are `own`.
    """

    def __init__(self, frame: Frame, tied: str | None = None, own: At = At.post) -> None:
        self.frame = frame
        self.tied = tied
        self.own = own
        self.values: dict[Value, Value] = {}
        self.index: dict[At, Value] = {At.one: frame.number(0)}
        self.skip: Value | None = None
        self.made: Value | None = None
        """Scratch memory with the weights of a row that has just been made."""

    def inside(self) -> Elements:
        """The same values and indices, for a region whose own values must not be seen outside it."""
        inner = Elements(self.frame, self.tied, self.own)
        inner.values, inner.index, inner.made = dict(self.values), dict(self.index), self.made
        return inner

    def emit(self, ops: Iterable[Op], *ats: At) -> None:
        """Write those ops that give values at some localities."""
        for op in ops:
            if isinstance(op, EFFECTS) or not op.results or op.results[0].type.at not in ats:
                continue
            with self.frame.b.from_(op.loc):
                self._value(op)

    def effects(self, ops: Iterable[Op]) -> None:
        """Write the ops at hand in order: values of the innermost level and what is done with them."""
        for op in ops:
            if op.results and op.results[0] in self.values:
                continue
            with self.frame.b.from_(op.loc):
                if isinstance(op, step.Write):
                    self.write(op.field, self.values[op.value])
                elif isinstance(op, step.Accumulate):
                    self.add(op.field, self.values[op.value])
                elif not isinstance(op, EFFECTS):
                    self._value(op)

    def place(self, symbol: str) -> Value:
        """The element of a field that is written by the element at hand."""
        at = self.frame.network.fields[symbol].type.at
        if at is At.neuron and At.neuron not in self.index:
            at = At.post
        return self.index[at]

    def write(self, symbol: str, value: Value) -> None:
        """Store into a field."""
        buffer, index = self.frame.buffer(symbol), self.place(symbol)
        if self.skip is not None and index is not self.index.get(At.syn):
            value = self.frame.b.select(self.skip, self.frame.load(buffer, index), value)
        self.frame.store(value, buffer, index)

    def add(self, symbol: str, value: Value) -> None:
        """Add to a field."""
        buffer, index = self.frame.buffer(symbol), self.place(symbol)
        old = self.frame.load(buffer, index)
        new = self.frame.b.add(old, value)
        if self.skip is not None:
            new = self.frame.b.select(self.skip, old, new)
        self.frame.store(new, buffer, index)

    def _value(self, op: Op) -> None:
        new: Value
        if isinstance(op, step.Read):
            new = self._read(op)
        elif isinstance(op, step.ReadRing):
            new = self._read_ring(op)
        elif isinstance(op, step.Index):
            new = self.frame.step
        elif isinstance(op, step.Delay):
            new = self._delay(op)
        elif isinstance(op, arith.Broadcast):
            new = self.values[op.operand]
        else:
            copy = type(op)(
                [self.values[v] for v in op.operands],
                [value_type(r.type.dtype) for r in op.results],
                dict(op.attributes),
                (),
                op.loc,
            )
            self.frame.b.insert(copy)
            for old, result in zip(op.results, copy.results, strict=True):
                self._learn(old, result)
            return
        self._learn(op.results[0], new)

    def _learn(self, old: Value, new: Value) -> None:
        self.values[old] = new
        if new.hint is None:
            new.hint = old.hint

    def _read(self, op: step.Read) -> Value:
        at = op.result.type.at
        if at is At.syn and self.tied is not None:
            return self._shared_weight(str(op.field))
        if at is At.syn and self.made is not None:
            return self.frame.load(self.made, self.index[at])
        if at is At.pre and self.own is not At.pre:
            self.frame.shared.add(str(op.field))
        return self.frame.load(self.frame.buffer(op.field), self.index[at])

    def _shared_weight(self, field: str) -> Value:
        """Other workers may be those who change it."""
        self.frame.shared.add(field)
        table = self.frame.buffer(f"{self.tied}.{ENTRIES}", self.frame.network.entry_type(str(self.tied)))
        return self.frame.load(self.frame.buffer(field), self.frame.load_index(table, self.index[At.syn]))

    def _read_ring(self, op: step.ReadRing) -> Value:
        frame = self.frame
        ring = frame.network.rings[op.ring]
        buffer = frame.buffer(op.ring, ring.type.dtype)
        age = frame.b.sub(frame.step, self.values[op.index])
        row = frame.ring_row(ring, age)
        if At.neuron not in self.index:
            noted = frame.shared if op.ring in frame.pushed else frame.past
            noted.add(str(op.ring))
        if ring.type.at is At.one:
            return frame.load(buffer, row)
        element = self.index[At.neuron if At.neuron in self.index else At.pre]
        return frame.load(buffer, frame.b.add(row, element))

    def _delay(self, op: step.Delay) -> Value:
        frame, owner = self.frame, str(op.owner)
        how = frame.network.synapses[owner].delay
        if how == "one":
            return frame.number(1)
        if how == "uniform":
            return frame.size(f"{owner}.delay")
        return frame.load_index(frame.buffer(f"{owner}.delays", DType.i32), self.index[At.syn])


def needed_for(ops: Sequence[Op], roots: Iterable[Op]) -> list[Op]:
    """The roots and what their operands are computed from, in order."""
    wanted = set(roots)
    for op in reversed(ops):
        if op not in wanted:
            continue
        wanted.update(v.op for v in op.operands if v.op is not None)
    return [op for op in ops if op in wanted]


_COSTLY = {"arith.div", "arith.rem"}


def is_costly(ops: Iterable[Op]) -> bool:
    """Whether computing some ops side by side makes up for gathering and scattering their data."""
    return any(op.name.startswith("math.") or op.name in _COSTLY for op in ops)
