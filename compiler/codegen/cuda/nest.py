"""Recognises the loops of arriving spikes: for each list, for each spike in it, for each synapse of its row.

`lower_spikes` writes them. What they do to a post neuron has to happen in the order of the loops; what they do to
different ones has not. So a row may be cut by post neuron, and each part of it done by somebody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nnc.compiler.codegen.cuda.atomics import only_sums
from nnc.compiler.codegen.cuda.hazards import key as name_of
from nnc.compiler.codegen.llvm_expr import is_arithmetic
from nnc.compiler.ir import arith, loop

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nnc.compiler.codegen.layout import Layout
    from nnc.compiler.ir.core import Op, Value

_UNIFORM: Final = (loop.FieldRef, loop.SizeRef, loop.TeamSize, loop.Id, arith.Const)
"""What is the same in all threads of a block."""


@dataclass(frozen=True)
class Nest:
    """Loops over lists, spikes and synapses.

    `between`: what is computed for each list, and for each spike. `condition`: whether a spike has a row. `post`: the
    post neuron of a synapse, if the order matters; it ascends in a row. `domain`: the size whose parts the workers
    have. `atomic`: all that is done is to add, in any order.
    """

    lists: loop.For
    spikes: loop.For
    row: loop.For
    between: tuple[tuple[Op, ...], tuple[Op, ...]]
    condition: Value | None
    post: Value | None
    domain: str
    atomic: bool

    def passed_on(self, level: int) -> list[Value]:
        """Values of the lists (0), or of lists and spikes (1), that the loops inside need."""
        made: set[Value] = set()
        for number in range(level + 1):
            made.add((self.lists, self.spikes)[number].body.args[0])
            made.update(v for op in self.between[number] if not isinstance(op, _UNIFORM) for v in op.results)
        inner: Iterable[Op] = _inside(self.row) if level else (*self.between[1], *self.row.walk())
        used = [v for op in inner for v in op.operands]
        if level == 0 and self.condition is not None:
            used.append(self.condition)
        return [v for v in dict.fromkeys(used) if v in made]

    def early(self) -> tuple[list[Op], list[Op]]:
        """The ops of a synapse: first those that nothing in the loops changes, then the others, each in order."""
        changed = {name_of(store.buffer) for store in _inside(self.row) if isinstance(store, loop.Store)}
        late: list[Op] = []
        early: list[Op] = []
        waiting: set[Value] = set()
        for op in self.row.body.ops:
            quiet = is_quiet(op) and not (isinstance(op, loop.Load) and name_of(op.buffer) in changed)
            if quiet and not waiting.intersection(op.operands):
                early.append(op)
            else:
                late.append(op)
                waiting.update(op.results)
        return early, late


def find_nest(op: loop.For, layout: Layout, fast: bool) -> Nest | None:
    """The loops that begin with this one, or None if they are others or have to be done one after the other."""
    lists = _next(op)
    spikes = None if lists is None or lists[1] is not None else _next(lists[2])
    if lists is None or spikes is None:
        return None
    row = spikes[2]
    if not (row.simd or row.independent) or any(each.step != 1 for each in (op, lists[2], row)):
        return None
    inside = list(_inside(row))
    if any(not (is_quiet(o) or isinstance(o, loop.Store | loop.If)) for o in inside):
        return None
    stores = [o for o in inside if isinstance(o, loop.Store)]
    post = _post(row)
    if post is None or not stores or not all(_own(o, row, post) for o in stores):
        return None
    if not _reads_its_own([*lists[0], *spikes[0], *inside], stores):
        return None
    atomic = fast and bool(lists[2].unordered) and only_sums(lists[2])
    domains = {_domain(o, layout) for o in stores if o.index is post}
    if None in domains or len(domains) > 1:
        return None
    ordered = bool(domains) and not atomic
    between = (tuple(lists[0]), tuple(spikes[0]))
    domain = str(next(iter(domains), ""))
    return Nest(op, lists[2], row, between, spikes[1], post if ordered else None, domain, atomic)


def _next(op: loop.For) -> tuple[list[Op], Value | None, loop.For] | None:
    """What stands in a loop before the only loop in it, and the condition of that one."""
    found: list[Op] = []
    condition, block = None, op.body
    while block.ops:
        *front, last = block.ops
        if not all(is_quiet(o) for o in front):
            return None
        found += front
        if isinstance(last, loop.For):
            return found, condition, last
        if not isinstance(last, loop.If) or condition is not None:
            return None
        condition, block = last.condition, last.body
    return None


def is_quiet(op: Op) -> bool:
    """Whether an op changes nothing and holds no region."""
    return isinstance(op, (*_UNIFORM, loop.Load, loop.Bound)) or (is_arithmetic(op) and not op.regions)


def _inside(op: loop.For) -> Iterator[Op]:
    return (inner for inner in op.walk() if inner is not op)


def _post(row: loop.For) -> Value | None:
    """The post neuron: what the table `@proj.post` says of a synapse, or the counter of the loop in a dense row."""
    j = row.body.args[0]
    for op in row.body.ops:
        if isinstance(op, loop.Load) and op.index is j and isinstance(op.buffer.op, loop.FieldRef):
            projection, _, field = str(op.buffer.op.field).partition(".")
            if field == "post" and projection:
                casts = [o for o in row.body.ops if isinstance(o, arith.Cast) and o.operands[0] is op.result]
                return casts[0].results[0] if casts else None
    return j


def _own(store: loop.Store, row: loop.For, post: Value) -> bool:
    """Whether a store is to the post neuron, or to the synapse: its number is computed from that of the row."""
    return isinstance(store.buffer.op, loop.FieldRef) and (
        store.index is post or _computed_from(store.index, row.body.args[0])
    )


def _computed_from(value: Value, j: Value) -> bool:
    """Whether a number depends on the counter of a loop by arithmetic alone, and on no table."""
    if value is j:
        return True
    op = value.op
    if op is None or not is_arithmetic(op):
        return False
    return any(_computed_from(each, j) for each in op.operands)


def _reads_its_own(inside: list[Op], stores: list[loop.Store]) -> bool:
    """Whether what is read of the fields that are changed is the element that is changed."""
    changed: dict[str, set[Value]] = {}
    for store in stores:
        changed.setdefault(name_of(store.buffer), set()).add(store.index)
    loads = [o for o in inside if isinstance(o, loop.Load) and name_of(o.buffer) in changed]
    return all(changed[name_of(o.buffer)] == {o.index} for o in loads) and all(len(c) == 1 for c in changed.values())


def _domain(store: loop.Store, layout: Layout) -> str | None:
    """The size of a population, if a field has an element for each of its neurons."""
    field = layout.fields[layout.field_index[str(store.buffer.op.field)]]  # type: ignore[union-attr]
    return field.extent[0] if len(field.extent) == 1 and field.extent[0].endswith(".n") else None
