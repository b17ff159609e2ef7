"""Pass `lower-delays`: delayed reads become plain reads, or reads of rings that hold the past."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nnc.compiler.ir import step
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.define import create
from nnc.compiler.ir.types import At, DType, i64, value_type
from nnc.compiler.passes.manager import Pass
from nnc.compiler.passes.program import act, declare

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Value
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context


@dataclass(frozen=True)
class LowerDelays(Pass):
    """Replaces every `step.delayed_read`.

    With a delay of one step the value is the present one, in phase 1 (nothing has been updated yet) as in phase 7; but
    for what phase 1 itself changes, as spikes that arrive do with conductances.
    Otherwise the field gets a ring, pushed once per step in phase 5, and the row of step `k - delay + less` is read.
    Fields that nobody reads with a longer delay get no ring.
    """

    name: ClassVar[str] = "lower-delays"
    takes: ClassVar[Level] = "step"
    gives: ClassVar[Level] = "step"

    def run(self, module: Module, context: Context) -> bool:  # noqa: D102
        delays = {str(op.sym): str(op.delay) for op in module.body.ops if isinstance(op, step.Synapses)}
        reads = list(module.find(step.DelayedRead))
        changed = _changed_by_input(module)
        for read in reads:
            block = read.parent
            assert block is not None
            b = Builder(block, read, read.loc)
            present = delays[read.owner] == "one" and (read.less or read.field not in changed)
            value = _present(b, read) if present else _past(module, b, read, delays[read.owner])
            value.hint = read.result.hint
            read.replace_by(value)
        return bool(reads)


def _changed_by_input(module: Module) -> set[str]:
    """The fields that maps of phase 1 change."""
    maps = [op for op in module.body.ops if isinstance(op, step.Map) and op.phase == 1]
    return {str(op.field) for m in maps for op in m.body.ops if isinstance(op, (step.Write, step.Accumulate))}


def _present(b: Builder, read: step.DelayedRead) -> Value:
    """The field itself, read once in a map."""
    for op in b.block.ops:
        if op is read:
            break
        if isinstance(op, step.Read) and op.field == read.field and op.result.type is read.result.type:
            return op.result
    return b.value(step.Read, types=(read.result.type,), field=read.field)


def _past(module: Module, b: Builder, read: step.DelayedRead, delay: str) -> Value:
    ring = _ring(module, read)
    row = b.sub(b.value(step.Index, types=(i64,)), _delay(b, read, delay))
    if read.less:
        row = b.add(row, b.const(read.less, DType.i64))
    return b.value(step.ReadRing, row, types=(read.result.type,), ring=ring)


def _delay(b: Builder, read: step.DelayedRead, delay: str) -> Value:
    if delay == "one":
        return b.const(1, DType.i64)
    steps = value_type(DType.i64, At.syn if delay == "each" else At.one)
    return b.value(step.Delay, types=(steps,), owner=read.owner)


def _ring(module: Module, read: step.DelayedRead) -> Symbol:
    """The ring of a field; declared and pushed when it is first asked for."""
    symbol = Symbol(f"{read.field}.past")
    field = None
    for op in module.body.ops:
        if isinstance(op, step.Ring) and op.sym == symbol:
            return symbol
        if isinstance(op, step.Field) and op.sym == read.field:
            field = op
    assert field is not None
    declare(module, create(step.Ring, sym=symbol, source=read.field, type=field.type, loc=read.loc))
    act(module, create(step.Push, ring=symbol, loc=read.loc))
    return symbol
