"""Moving code about: copy a region to another place, ask what a value depends on, sweep what nobody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.ir import arith, model
from nnc.compiler.ir.define import PURE, TERMINATOR
from nnc.compiler.ir.types import join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nnc.compiler.ir.builder import Builder
    from nnc.compiler.ir.core import Block, Op, Value


def inline(
    builder: Builder,
    body: Block,
    mapping: dict[Value, Value],
    rewrite: Callable[[Op, Sequence[Value]], Value | None] | None = None,
) -> tuple[Value, ...]:
    """Copy the ops of a region, without its terminator, to where the builder stands.

    `mapping` replaces values (at least the arguments of the region) and learns those that are copied; localities are
    inferred anew, since what is put in may be wider. `rewrite` may give a value that stands for the result of an op,
    which then is not copied. Returns what the terminator reads.
    """
    for op in body:
        operands = [mapping.get(v, v) for v in op.operands]
        if op.spec.has(TERMINATOR):
            return tuple(operands)
        value = rewrite(op, operands) if rewrite is not None else None
        if value is not None:
            mapping[op.results[0]] = value
            continue
        copy = builder.insert(_copied(op, operands, mapping))
        mapping.update(zip(op.results, copy.results, strict=True))
    return ()


def _copied(op: Op, operands: Sequence[Value], mapping: dict[Value, Value]) -> Op:
    if op.regions:
        return op.clone(mapping)
    types = [r.type for r in op.results]
    if isinstance(op, (arith.Elementwise, model.Call)) and operands:
        at = join(*(v.type for v in operands))
        types = [t if at is None else t.with_at(at) for t in types]
    copy = type(op)(operands, types, dict(op.attributes), (), op.loc)
    for old, new in zip(op.results, copy.results, strict=True):
        new.hint = old.hint
    return copy


class DependsOn:
    """Whether a value is computed from one of some values. Remembers; operands must not change meanwhile."""

    def __init__(self, targets: Iterable[Value]) -> None:
        self._known: dict[Value, bool] = dict.fromkeys(targets, True)

    def __call__(self, value: Value) -> bool:
        """Whether the value is one of the targets or is computed from one."""
        known = self._known
        stack = [value]
        while stack:
            top = stack[-1]
            operands = top.op.operands if top.op is not None else ()
            pending = [] if top in known else [v for v in operands if v not in known]
            if pending:
                stack += pending
                continue
            stack.pop()
            known.setdefault(top, any(known[v] for v in operands))
        return known[value]


_READS = (model.Get, model.Sum, model.Reduce, model.Random, model.GetTarget)


def sweep(block: Block) -> None:
    """Erase the ops of a block that only compute or read what nobody uses."""
    for op in reversed(list(block.ops)):
        removable = op.spec.has(PURE) or isinstance(op, _READS)
        if removable and not any(r.uses for r in op.results):
            op.erase()
