"""Pass `fuse-maps`: maps over the same elements become one, so that fields are read and written once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nnc.compiler.ir import arith, step
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.effects import effects
from nnc.compiler.passes.manager import Pass
from nnc.compiler.passes.order_maps import arrange
from nnc.compiler.passes.program import actions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnc.compiler.ir.core import Op, Value
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.effects import Effects
    from nnc.compiler.ir.model import Module
    from nnc.compiler.ir.types import Type
    from nnc.compiler.passes.manager import Context


@dataclass(frozen=True)
class FuseMaps(Pass):
    """Merges a map into an earlier one over the same elements with the same flag.

    Done where nothing in between needs to come first, and where the two share nothing but fields of which each
    element touches its own number. The later map then sees the values of the earlier one directly.
    """

    name: ClassVar[str] = "fuse-maps"
    takes: ClassVar[Level] = "step"
    gives: ClassVar[Level] = "step"

    def run(self, module: Module, context: Context) -> bool:  # noqa: D102
        program = actions(module)
        kept: list[Op] = []
        known: dict[Op, Effects] = {}
        seen: set[tuple[str, str]] = set()
        for op in program:
            met = isinstance(op, step.Map) and (op.domain, str(op.owner)) in seen
            host = _host(kept, op, known) if isinstance(op, step.Map) and met else None
            if host is None or not isinstance(op, step.Map):
                kept.append(op)
                known[op] = effects(op)
                if isinstance(op, step.Map):
                    seen.add((op.domain, str(op.owner)))
            else:
                _merge(host, op)
                known[host] = effects(host)
        if len(kept) == len(program):
            return False
        arrange(module, kept)
        return True


def _host(kept: Sequence[Op], map: step.Map, known: Mapping[Op, Effects]) -> step.Map | None:
    """The nearest earlier map that can take this one in, if all that stands between may as well come later."""
    mine = effects(map)
    for op in reversed(kept):
        if isinstance(op, step.Map) and _alike(op, map) and _elementwise(op, map):
            return op
        if known[op].conflicts(mine):
            return None
    return None


def _alike(a: step.Map, b: step.Map) -> bool:
    if a.domain != b.domain or a.flag != b.flag or _reduces(a) or _reduces(b):
        return False
    return a.domain in ("once", "neurons", "posts") and a.owner == b.owner


def _reduces(map: step.Map) -> bool:
    """Reductions over a population are done by one worker, who would have to repeat all of a map they are part of."""
    return any(isinstance(op, step.Accumulate) for op in map.body.ops)


def _elementwise(a: step.Map, b: step.Map) -> bool:
    """Whether all that the maps share, one of them changing it, is read and written element by element."""
    shared = effects(a).conflicts(effects(b))
    for op in (*a.body.ops, *b.body.ops):
        if shared & (effects(op).reads | effects(op).writes) and not isinstance(op, (step.Read, step.Write)):
            return False
    return all(flag not in shared for flag in (a.flag, b.flag))


def _merge(host: step.Map, guest: step.Map) -> None:
    """Move the ops of the guest behind those of the host, its writes last."""
    written = {str(op.field): op for op in host.body.ops if isinstance(op, step.Write)}
    read = {(str(op.field), op.result.type): op.result for op in host.body.ops if isinstance(op, step.Read)}
    b = Builder(host.body)
    for op in guest.body:
        op.detach()
        if isinstance(op, step.Read):
            known = _known(b, op, written, read)
            if known is not None:
                op.result.replace_by(known)
                continue
            read[str(op.field), op.result.type] = op.result
        elif isinstance(op, step.Write) and str(op.field) in written:
            written.pop(str(op.field)).erase()
        b.insert(op)
    for write in written.values():
        write.detach()
        b.insert(write)
    host.loc = host.loc.fuse(guest.loc)
    guest.detach()


def _known(
    b: Builder, op: step.Read, written: dict[str, step.Write], read: dict[tuple[str, Type], Value]
) -> Value | None:
    write = written.get(str(op.field))
    if write is None:
        return read.get((str(op.field), op.result.type))
    value: Value = write.value
    if value.type is op.result.type:
        return value
    return b.value(arith.Broadcast, value, types=(op.result.type,))
