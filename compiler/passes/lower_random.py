"""Pass `lower-random`: draws are made ahead, for all elements at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nnc.compiler.ir import step
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.define import create
from nnc.compiler.passes.manager import Pass
from nnc.compiler.passes.program import act, declare, maps

if TYPE_CHECKING:
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context


@dataclass(frozen=True)
class LowerRandom(Pass):
    """Replaces every `step.random` by a read of a scratch field that a `step.fill` in phase 3 has filled.

    Generating a whole field at a time uses all words of a Philox block. Draws of one stream in several maps share the
    field; since a draw depends only on what it is for, a draw that phase 1 or 2 needs is filled before it.
    """

    name: ClassVar[str] = "lower-random"
    takes: ClassVar[Level] = "step"
    gives: ClassVar[Level] = "step"

    def run(self, module: Module, context: Context) -> bool:  # noqa: D102
        fields: dict[tuple[object, ...], Symbol] = {}
        fills: list[step.Fill] = []
        counts = _numbers_in_use(module)
        for map in maps(module):
            for draw in map.find(step.Random):
                key = (map.owner, draw.stream, draw.distribution, draw.result.type)
                if key not in fields:
                    number = counts.get(map.owner, 0)
                    counts[map.owner] = number + 1
                    fields[key] = Symbol(f"{map.owner}.draw{number}")
                    fills.append(_declare(module, draw, fields[key]))
                block = draw.parent
                assert block is not None
                b = Builder(block, draw, draw.loc)
                draw.replace_by(b.value(step.Read, types=(draw.result.type,), field=fields[key]))
        for fill in fills:
            act(module, fill)
        return bool(fields)


def _numbers_in_use(module: Module) -> dict[str, int]:
    """Per owner, a number from which on all names `draw<n>` are free."""
    counts: dict[str, int] = {}
    for op in module.body.ops:
        if not isinstance(op, step.Field):
            continue
        owner, _, name = op.sym.partition(".")
        number = name.removeprefix("draw")
        if name.startswith("draw") and number.isdecimal():
            counts[owner] = max(counts.get(owner, 0), int(number) + 1)
    return counts


def _declare(module: Module, draw: step.Random, symbol: Symbol) -> step.Fill:
    declare(module, create(step.Field, sym=symbol, type=draw.result.type, role="scratch", loc=draw.loc))
    return create(step.Fill, field=symbol, distribution=draw.distribution, stream=draw.stream, loc=draw.loc)
