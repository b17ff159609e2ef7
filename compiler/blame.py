"""Which expression of a model made a number infinite, not a number, or far too large.

The step in which it happened is done again in the interpreter, from a state before it. At the first store of a bad
number the values that it was computed from are still at hand, and are followed back to the operation that made a bad
number of good ones. Only values that are used count: of a conditional, the branch that was taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.compiler.codegen.layout import Layout
from nnc.compiler.diagnostics import UNKNOWN, Loc
from nnc.compiler.driver import lower
from nnc.compiler.ir import arith, loop
from nnc.compiler.ir.interp_loop import run_loop
from nnc.compiler.options import Options
from nnc.compiler.passes import DEFAULT_PIPELINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nnc.compiler.codegen.layout import StateBlock
    from nnc.compiler.description import NetworkDescription
    from nnc.compiler.ir.core import Op, Value
    from nnc.compiler.ir.interp_loop import Env

    Array = NDArray[Any]

RUNAWAY: Final = {np.dtype(np.float64): 1e100, np.dtype(np.float32): 1e30}
"""Numbers beyond are not those of a model that works; a few more operations make them infinite."""

LARGEST: Final = 2_000_000
"""Elements of a network that is still interpreted: more take too long."""

_UPTO: Final = "form-fma"
"""The last pass that changes a bit of a result; the functions are still whole ops, which keeps their places."""

_PIPELINE: Final = DEFAULT_PIPELINE.replace("merge-alike,", "")
"""A loop over populations that are alike has the places of the first one alone."""

_LONGEST_NAME: Final = 40

_EQUATION: Final = re.compile(r"(?<![<>=!])=(?!=)")


@dataclass(frozen=True)
class Cause:
    """The place of the operation at fault, what it was given, and the element that was stored first."""

    loc: Loc
    notes: tuple[str, ...]
    field: str
    index: int


def bad(values: Array) -> Array:
    """Which numbers are infinite, not numbers, or run away."""
    with np.errstate(all="ignore"):
        found: Array = ~(np.abs(values) <= RUNAWAY[values.dtype])
    return found


def find_cause(description: NetworkDescription, block: StateBlock) -> Cause | None:
    """Why the next step of a block gives a bad number; None if it gives none, or the network is too large.

    The block is left as it is. Fields that hold bad numbers already are not looked at.
    """
    if sum(f.size for f in block.fields.values()) > LARGEST:
        return None
    module = lower(description, Options(pipeline=_PIPELINE), upto=_UPTO)
    memory = _copy(Layout.of(module), block)
    search = _Search({name for name, values in memory.fields.items() if _clean(values)})
    try:
        run_loop(module, memory, block.t, block.t + 1, on_store=search.look)
    except _Found as found:
        return found.cause
    return None


def _clean(values: Array) -> bool:
    return values.dtype.kind == "f" and not bad(values).any()


@dataclass
class _Memory:
    fields: dict[str, Array]
    sizes: dict[str, int]
    team: int
    seed: int
    recorders: Sequence[Any] = ()


def _copy(layout: Layout, block: StateBlock) -> _Memory:
    sizes = layout.resolve({n: v for n, v in block.sizes.items() if not n.startswith("recording.")}, block.team)
    fields = {}
    for spec in layout.fields:
        known = block.fields.get(spec.name)
        fields[spec.name] = (
            np.zeros(layout.length(spec.name, sizes), spec.dtype.numpy) if known is None else known.copy()
        )
    return _Memory(fields, sizes, block.team, block.seed)


class _Found(Exception):
    def __init__(self, cause: Cause) -> None:
        self.cause = cause


class _Search:
    def __init__(self, fields: set[str]) -> None:
        self.fields = fields

    def look(self, op: loop.Store, env: Env) -> None:
        """Stop at the first store of a bad number."""
        target = op.buffer.op
        if not isinstance(target, loop.FieldRef) or str(target.field) not in self.fields:
            return
        value, index = np.broadcast_arrays(env[op.value], env[op.index])
        wrong = np.flatnonzero(bad(value.reshape(-1)))
        if not len(wrong):
            return
        lane = int(wrong[0])
        loc, notes = _Trace(env, lane).of(op)
        raise _Found(Cause(loc, notes, str(target.field), int(index.reshape(-1)[lane])))


class _Trace:
    """Follows one element back."""

    def __init__(self, env: Env, lane: int) -> None:
        self.env = env
        self.lane = lane

    def of(self, store: loop.Store) -> tuple[Loc, tuple[str, ...]]:
        """Place and operands of the operation that made the stored number bad."""
        value = store.value
        while (before := self.before(value)) is not None:
            value = before
        op = value.op
        if op is None:
            return store.loc, ()
        if isinstance(op, loop.Reduce):
            return _summed(op), ()
        loc = op.loc if op.loc.known else store.loc
        return loc, tuple(self.given(op))

    def before(self, value: Value) -> Value | None:
        """The operand that made a value bad, or None if the operation itself did."""
        op = value.op
        if op is None or isinstance(op, loop.Load):
            return None
        if isinstance(op, arith.Select):
            chosen = op.then if self.at(op.condition) else op.other
            return chosen if self.at(chosen) is not None else None
        result = self.at(value)
        given = [(v, x) for v in op.operands if (x := self.at(v)) is not None and not np.isfinite(x)]
        if result is not None and np.isnan(result):
            given = [(v, x) for v, x in given if np.isnan(x)]
        return given[0][0] if given else None

    def at(self, value: Value) -> Any:
        """The number at hand, or None for what is none or belongs to an inner loop."""
        if value.type.buffer:
            return None
        try:
            array = np.asarray(self.env[value])
        except KeyError:
            return None
        return array.reshape(-1)[self.lane] if array.ndim else array[()]

    def given(self, op: Op) -> list[str]:
        """The operands with a text of their own and their numbers."""
        notes: dict[str, None] = {}
        operands = () if isinstance(op, loop.Load) else op.operands
        for value in operands:
            number, loc = self.at(value), UNKNOWN if value.op is None else value.op.loc
            if number is None or not loc.known or len(loc.text) > _LONGEST_NAME or loc == op.loc:
                continue
            if value.type.dtype.is_float and not _is_number(loc.text) and not _EQUATION.search(loc.text):
                notes[f"'{' '.join(loc.text.split())}' is {float(number):g}"] = None
        return list(notes)


def _summed(op: loop.Reduce) -> Loc:
    """Where the terms of a sum stand; those of `fma` are factors."""
    places = [v.op.loc for v in op.body.ops[-1].operands if v.op is not None and v.op.loc.known]
    return places[0].to(places[-1]) if places else op.loc


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
