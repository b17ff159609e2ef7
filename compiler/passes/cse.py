"""Merges ops that compute the same."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from nnc.compiler.ir.attributes import key, same
from nnc.compiler.ir.define import COMMUTATIVE, ISOLATED, PURE
from nnc.compiler.ir.effects import own_effects, summaries
from nnc.compiler.ir.rewrite import erase_all
from nnc.compiler.passes.manager import Pass

if TYPE_CHECKING:
    from collections.abc import Hashable

    from nnc.compiler.ir.core import Block, Op, Value
    from nnc.compiler.ir.effects import Effects
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context


@dataclass(frozen=True)
class CSE(Pass):
    """Replace an op by an earlier one that gives the same bits.

    Pure ops merge when they have the same operands, types and attributes, compared bit by bit (0.0 is not -0.0).
    Reads merge when nothing in between writes what they read. The op that stays remembers both places in the user's
    file. One walk, linear in the number of ops.
    """

    name: ClassVar[str] = "cse"

    def run(self, module: Module, context: Context) -> bool:
        """See the class."""
        walk = _Walk(summaries(module))
        walk.regions(module)
        erase_all(walk.dead)
        return bool(walk.dead)


@dataclass
class _Walk:
    """`known` are the ops visible here, by what they compute; `versions` counts the writes to each place so far.

    `inside` holds the effects of ops with regions.
    """

    inside: dict[Op, Effects]
    known: dict[Hashable, Op] = field(default_factory=dict)
    versions: defaultdict[str | Value, int] = field(default_factory=lambda: defaultdict(int))
    dead: list[Op] = field(default_factory=list)

    def regions(self, op: Op) -> None:
        outer = self.known
        if op.spec.has(ISOLATED):
            self.known = {}
        for region in op.regions:
            self.block(region)
        self.known = outer

    def block(self, block: Block) -> None:
        mine: list[Hashable] = []
        for op in block.ops:
            if op.regions:
                # A region may be entered again after its own writes, so a read at its start does not see what a read
                # in front of it saw.
                writes = self.inside[op].writes
                self.written(writes)
                self.regions(op)
                self.written(writes)
                continue
            what = self.identity(op)
            if what is None:
                self.written(own_effects(op).writes)
            elif (earlier := self.known.get(what)) is not None:
                self.merge(op, earlier)
            else:
                self.known[what] = op
                mine.append(what)
        for what in mine:
            del self.known[what]

    def written(self, places: frozenset[str | Value]) -> None:
        for place in places:
            self.versions[place] += 1

    def identity(self, op: Op) -> Hashable | None:
        """What an op computes, as a key; None if it must not be merged."""
        if not op.results:
            return None
        seen: frozenset[tuple[str | Value, int]] = frozenset()
        if not op.spec.has(PURE):
            found = own_effects(op)
            if not found.removable or not found.reads:
                return None
            seen = frozenset((place, self.versions[place]) for place in found.reads)
        operands = [id(v) for v in op.operands]
        if op.spec.has(COMMUTATIVE):
            operands[:2] = sorted(operands[:2])
        attributes = tuple((k, key(v)) for k, v in sorted(op.attributes.items()) if not self.is_default(op, k))
        return (op.name, tuple(operands), attributes, tuple(r.type for r in op.results), seen)

    @staticmethod
    def is_default(op: Op, name: str) -> bool:
        default = op.spec.attributes[name].default
        return default is not None and same(op.attributes[name], default)

    def merge(self, op: Op, earlier: Op) -> None:
        for result, value in zip(op.results, earlier.results, strict=True):
            result.replace_by(value)
        earlier.loc = earlier.loc.fuse(op.loc)
        self.dead.append(op)
