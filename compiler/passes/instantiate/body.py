"""Translation of model-level code into the body of a map.

Every field is read at most once in front of its first write, and written at most once, at the end; what changes in
between are values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnc.compiler.ir import arith, model, step
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.core import Block
from nnc.compiler.ir.define import TERMINATOR, create
from nnc.compiler.ir.distributions import draw, stream_of
from nnc.compiler.ir.effects import effects
from nnc.compiler.ir.types import At, DType, Type, i64, join, value_type

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Sequence

    from nnc.compiler.diagnostics import Loc
    from nnc.compiler.ir.core import Op, Value
    from nnc.compiler.passes.instantiate.scene import Owner, Population, Scene

Key = tuple[str, At]


class Body:
    """The body of a map while it is written, for one owner."""

    def __init__(self, scene: Scene, owner: Owner, loc: Loc) -> None:
        self.scene = scene
        self.owner = owner
        self.block = Block()
        self.b = Builder(self.block, loc=loc)
        self._initial: dict[Key, Value] = {}
        self._now: dict[Key, Value] = {}
        self._made: dict[Hashable, Value] = {}

    # Fields

    def read(self, symbol: str, at: At) -> Value:
        """Present value of a field, for the element at a locality (that of the field, or of a side)."""
        key = (symbol, at)
        if key not in self._now:
            dtype = self.scene.type_of(symbol).dtype
            value = self.b.value(step.Read, types=(value_type(dtype, at),), field=Symbol(symbol))
            value.hint = symbol.rpartition(".")[2]
            self._initial[key] = self._now[key] = value
        return self._now[key]

    def own(self, name: str) -> Value:
        """Present value of a field of the owner."""
        symbol = self.owner.field(name)
        return self.read(symbol, self.scene.type_of(symbol).at)

    def assign(self, symbol: str, at: At, value: Value) -> None:
        """Give a field a new value, converted to the type it is stored as."""
        self._now[symbol, at] = self.b.cast(value, self.scene.type_of(symbol).dtype)

    def set_own(self, name: str, value: Value) -> None:
        """Give a field of the owner a new value."""
        symbol = self.owner.field(name)
        self.assign(symbol, self.scene.type_of(symbol).at, value)

    def where(self, condition: Value, code: Callable[[], None]) -> None:
        """Let only those elements keep the changes that some code makes for which a condition holds."""
        before = dict(self._now)
        code()
        for key, value in list(self._now.items()):
            old = before.get(key) or self._initial.get(key)
            if old is None:
                self._now.pop(key)
                old = self.read(*key)
            self._now[key] = value if value is old else self.b.select(condition, value, old)

    def finish(
        self,
        name: str,
        domain: str,
        phase: int,
        *,
        events: str | None = None,
        flag: str | None = None,
        without: Collection[str] = (),
    ) -> bool:
        """Write what has changed, `without` some fields, and add the map to the program; False if it does nothing."""
        for key, value in self._now.items():
            if value is not self._initial.get(key) and key[0] not in without:
                self.b.op(step.Write, value, field=Symbol(key[0]))
        _prune(self.block)
        if not self.block.ops:
            return False
        made = create(
            step.Map,
            regions=(self.block,),
            loc=self.b.loc,
            sym=Symbol(f"map.{self.owner.field(name)}"),
            domain=domain,
            owner=Symbol(self.owner.symbol),
            phase=phase,
            events=Symbol(events) if events is not None else None,
            flag=Symbol(flag) if flag is not None else None,
        )
        self.scene.program.append(made)
        return True

    # Numbers that every body may need

    def index(self) -> Value:
        """Number of the step."""
        return self._once("index", lambda: self.b.value(step.Index, types=(i64,)))

    def milliseconds(self, steps: Value, dtype: DType) -> Value:
        """A number of steps as a time, the product rounded once more if the network is single precision."""
        dt = self.scene.dt if dtype is DType.f64 else float(np.float32(self.scene.dt))
        wide = self.b.mul(self.b.cast(steps, DType.f64), self.b.const(dt, DType.f64))
        return self.b.cast(wide, dtype)

    def time(self, dtype: DType) -> Value:
        """Time at the start of the step in ms."""
        return self._once(("time", dtype), lambda: self.milliseconds(self.index(), dtype))

    def dt(self, dtype: DType) -> Value:
        """Length of a step in ms, as equations see it."""
        return self.b.const(self.scene.dt, dtype)

    def last_spike(self, population: Population, at: At, dtype: DType) -> Value:
        """Time in ms of the last spike of a neuron."""
        steps = self.read(population.field("last_spike"), at)
        return self._once(("last", steps, dtype), lambda: self.milliseconds(steps, dtype))

    def _once(self, key: Hashable, make: Callable[[], Value]) -> Value:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    # Translation

    def run(self, body: Block) -> Sequence[Value]:
        """Write the code of a model-level region; gives what it yields."""
        values: dict[Value, Value] = {}
        for op in body.ops:
            if op.spec.has(TERMINATOR):
                return [values[v] for v in op.operands]
            self.step(op, values)
        return ()

    def step(self, op: Op, values: dict[Value, Value]) -> None:
        """Write the code of one op; `values` holds what the ops in front of it gave, and learns its results."""
        operands = [values[v] for v in op.operands]
        with self.b.from_(op.loc):
            value = self.translate(op, operands)
            if value is not None:
                values[op.results[0]] = value
            elif op.results:
                values.update(zip(op.results, self._copy(op, operands).results, strict=True))

    def translate(self, op: Op, operands: Sequence[Value]) -> Value | None:
        """The value of a model-level op; None for an op without results, or that is to be copied as it is."""
        match op:
            case model.Get():
                return self.get(op)
            case model.Set(attr=attr, always=always):
                self.set(str(attr), operands[0], always)
            case model.Time():
                return self.time(op.result.type.dtype)
            case model.Dt():
                return self.dt(op.result.type.dtype)
            case model.Random():
                return self.random(op, operands)
        return None

    def get(self, op: model.Get) -> Value:
        """Value of an attribute of the owner, or of a named constant."""
        name = str(op.attr)
        return self.read(name, At.one) if name.startswith("const.") else self.own(name)

    def set(self, name: str, value: Value, always: bool) -> None:
        """Give an attribute of the owner a new value."""
        self.set_own(name, value)

    def random(self, op: model.Random, parameters: Sequence[Value]) -> Value:
        """A number of a distribution."""
        at, dtype = op.result.type.at, op.result.type.dtype
        real = dtype if dtype.is_float else self.scene.float

        def underlying(kind: str, nth: int) -> Value:
            stream = stream_of(self.owner.symbol, op.draw, nth)
            name, type = ("uniform", DType.f64) if kind == "wide" else (kind, real)
            return self._once(
                ("random", name, stream, at, type),
                lambda: self.b.value(step.Random, types=(value_type(type, at),), distribution=name, stream=stream),
            )

        numbers = [self.b.cast(p, real) for p in parameters]
        known = [p.op.value if isinstance(p.op, arith.Const) else None for p in numbers]
        value = draw(self.b, op.distribution, numbers, known, underlying)
        return self.b.cast(value, dtype)

    def _copy(self, op: Op, operands: Sequence[Value]) -> Op:
        types = [retyped(op, r.type, operands) for r in op.results]
        copy = self.b.insert(type(op)(operands, types, dict(op.attributes), (), op.loc))
        for old, new in zip(op.results, copy.results, strict=True):
            new.hint = old.hint
        return copy


def retyped(op: Op, type: Type, operands: Sequence[Value]) -> Type:
    """The type of a result whose operands may have got another locality than those of the op that is copied."""
    if not operands:
        return type
    at = join(*(v.type for v in operands)) or type.at
    if isinstance(op, arith.Broadcast):
        return type.with_at(at.join(type.at) or type.at)
    return type.with_at(at)


def _prune(block: Block) -> None:
    """Erase what is computed and read for nothing."""
    for op in reversed(list(block.ops)):
        if effects(op).removable and not any(r.uses for r in op.results):
            op.erase()
