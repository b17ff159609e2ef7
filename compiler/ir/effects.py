"""What an op reads and writes besides its operands: the basis of every reordering, merging and removal.

A place is the symbol of a field, ring or list of events, or the value of a scratch buffer. Attributes of a synapse's
neurons are the places `pre.x` and `post.x`. Places are whole fields: no op is known to touch only a part of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import loop, model, step
from nnc.compiler.ir.batch import fields_of
from nnc.compiler.ir.define import PURE, TERMINATOR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from nnc.compiler.ir.core import Op, Value


TARGET: Final = "target"
"""Place of the conductance that a synapse drives; it may be any attribute of a neuron at either end."""


@dataclass(frozen=True)
class Effects:
    """Places read and written. What is accumulated into is in all three sets.

    `fixed`: the op has yet another effect (it declares, ends a block, records, synchronises) and must neither be
    removed nor moved.
    """

    reads: frozenset[str | Value] = frozenset()
    writes: frozenset[str | Value] = frozenset()
    accumulates: frozenset[str | Value] = frozenset()
    fixed: bool = False

    def __or__(self, other: Effects) -> Effects:
        return Effects(
            self.reads | other.reads,
            self.writes | other.writes,
            self.accumulates | other.accumulates,
            self.fixed or other.fixed,
        )

    @property
    def removable(self) -> bool:
        """Whether an op whose results are unused can go."""
        return not self.writes and not self.fixed

    def conflicts(self, other: Effects) -> frozenset[str | Value]:
        """The places for which the order of the two matters (two accumulations into one place count as well)."""
        return (self.writes & (other.reads | other.writes)) | (self.reads & other.writes)


NONE: Final = Effects()
FIXED: Final = Effects(fixed=True)


def effects(op: Op) -> Effects:
    """Effects of an op and of everything in it."""
    return _collect(op, {})


def summaries(root: Op) -> dict[Op, Effects]:
    """Effects of every op with regions in `root`, itself included, in one walk."""
    found: dict[Op, Effects] = {}
    _collect(root, found)
    return found


def _collect(op: Op, found: dict[Op, Effects]) -> Effects:
    own = own_effects(op)
    if not op.regions:
        return own
    reads, writes, accumulates, fixed = set(own.reads), set(own.writes), set(own.accumulates), own.fixed
    for region in op.regions:
        for inner in region.ops:
            part = _collect(inner, found)
            reads |= part.reads
            writes |= part.writes
            accumulates |= part.accumulates
            # What ends a region of this op is no effect of the op.
            fixed |= part.fixed and not inner.spec.has(TERMINATOR)
    found[op] = Effects(frozenset(reads), frozenset(writes), frozenset(accumulates), fixed)
    return found[op]


def effects_of(ops: Iterable[Op]) -> Effects:
    """Effects of several ops together."""
    total = NONE
    for op in ops:
        total |= effects(op)
    return total


def own_effects(op: Op) -> Effects:
    """Effects of an op without those of its regions."""
    rule = _RULES.get(op.name)
    if rule is not None:
        return rule(op)
    return NONE if op.spec.has(PURE) or op.name in _FREE else FIXED


_FREE: Final = frozenset(
    {
        *("loop.for", "loop.if", "loop.reduce", "loop.team", "loop.batch", "loop.once"),
        *("mem.alloca", "step.random", "model.random"),
    }
)
"""Not pure (their regions may have effects, or each is an object of its own), but without an effect themselves."""


def places_of(buffer: Value) -> tuple[str | Value, ...]:
    """The places that a buffer may be: symbols of fields, or the value of a scratch buffer."""
    return fields_of(buffer) or (buffer,)


def _reads(*places: str | Value) -> Effects:
    return Effects(reads=frozenset(places))


def _writes(*places: str | Value) -> Effects:
    return Effects(writes=frozenset(places))


def _updates(*places: str | Value) -> Effects:
    at = frozenset(places)
    return Effects(at, at, at)


def _symbol(attribute: str, make: Callable[..., Effects]) -> Callable[[Op], Effects]:
    return lambda op: make(str(op.attributes[attribute]))


def _map(op: Op) -> Effects:
    """Spikes of earlier steps cannot conflict with those of this one; two domains walk this step's."""
    assert isinstance(op, step.Map)
    reads = {str(op.flag)} if op.flag is not None else set()
    if op.domain in ("back_spikes", "firings"):
        reads.add(str(op.events))
    return Effects(reads=frozenset(reads), fixed=True)


def _push(op: Op) -> Effects:
    """Also reads the source of the ring, which its declaration names."""
    assert isinstance(op, step.Push)
    sources = _ring_sources(op)
    return Effects(reads=frozenset(sources), writes=frozenset({str(op.ring)}))


def _ring_sources(op: step.Push) -> set[str]:
    block = op.parent
    found: set[str] = set()
    for other in block.ops if block is not None else ():
        if isinstance(other, step.Ring) and other.sym == op.ring:
            found.add(str(other.source))
    return found


def _record(op: Op) -> Effects:
    assert isinstance(op, (step.Record, loop.Record))
    return Effects(reads=frozenset(str(f) for f in op.fields), fixed=True)


def _get(op: Op) -> Effects:
    assert isinstance(op, model.Get)
    if op.side == "self":
        return _reads(str(op.attr))
    return _reads(f"{op.side}.{op.attr}", TARGET)


def _model_reduce(op: Op) -> Effects:
    assert isinstance(op, model.Reduce)
    return _reads(f"{op.side}.{op.kind}({op.attr})")


def _model_sum(op: Op) -> Effects:
    assert isinstance(op, model.Sum)
    return _reads(f"{op.side}.sum({op.target})")


def _transmit(op: Op) -> Effects:
    return _updates(TARGET) if op.attributes["mode"] == "add" else _writes(TARGET)


def _load(op: Op) -> Effects:
    assert isinstance(op, loop.Load)
    return _reads(*places_of(op.buffer))


def _store(op: Op) -> Effects:
    assert isinstance(op, loop.Store)
    return _writes(*places_of(op.buffer))


def _compact(op: Op) -> Effects:
    assert isinstance(op, loop.Compact)
    mask, entries, counts = (places_of(b) for b in (op.mask, op.list, op.counts))
    return Effects(frozenset({*mask, *counts}), frozenset({*mask, *entries, *counts}))


_RULES: Final[Mapping[str, Callable[[Op], Effects]]] = {
    "model.get": _get,
    "model.set": _symbol("attr", _writes),
    "model.equation": lambda op: _symbol("variable", _writes)(op) | FIXED,
    "model.ode": lambda op: _symbol("variable", _writes)(op) | FIXED,
    "model.assign": lambda op: _symbol("variable", _writes)(op) | FIXED,
    "model.get_target": lambda op: _reads(TARGET),
    "model.transmit": _transmit,
    "model.sum": _model_sum,
    "model.reduce": _model_reduce,
    "step.map": _map,
    "step.read": _symbol("field", _reads),
    "step.write": _symbol("field", _writes),
    "step.accumulate": _symbol("field", _updates),
    "step.delayed_read": _symbol("field", _reads),
    "step.read_ring": _symbol("ring", _reads),
    "step.push": _push,
    "step.emit": _symbol("events", _writes),
    "step.fill": _symbol("field", _writes),
    "step.record": _record,
    "loop.record": _record,
    "mem.load": _load,
    "mem.store": _store,
    "mem.compact": _compact,
}
