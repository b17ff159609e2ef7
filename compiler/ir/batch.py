"""Level `loop`: one loop for what several objects do alike, and the tables that say which object has what.

`merge-alike` makes a `loop.batch` of phases that are the same but for the symbols and numbers in them. Its body is
the code of member b; where members differ it picks entry b of a table of fields, sizes or numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.ir import arith, loop
from nnc.compiler.ir.attributes import LITERALS, SYMBOLS
from nnc.compiler.ir.core import Op
from nnc.compiler.ir.define import PURE, attribute, operand, operation, optional, region, result
from nnc.compiler.ir.types import i64

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.ir.attributes import Attr
    from nnc.compiler.ir.core import Value


def _picks(op: Op, table: Sequence[Attr]) -> str | None:
    if op.operands[0].type is not i64:
        return "the number of a member is an i64"
    return None if table else "a table has an entry for each member"


@operation("mem.pick_field", level="loop", traits=PURE)
class PickField(Op):
    """The buffer of member `index` (i64, within the table); all buffers of a table are of one type."""

    index = operand()
    fields = attribute(SYMBOLS)
    result = result()
    syntax = "%index of $fields :r"

    def verify_op(self) -> str | None:  # noqa: D102
        return _picks(self, self.fields) or (None if self.result.type.buffer else "fields are buffers")


@operation("mem.pick_size", level="loop", traits=PURE)
class PickSize(Op):
    """The declared size (i64) of member `index` (i64, within the table)."""

    index = operand()
    sizes = attribute(SYMBOLS)
    result = result()
    syntax = "%index of $sizes :r"

    def verify_op(self) -> str | None:  # noqa: D102
        return _picks(self, self.sizes) or (None if self.result.type is i64 else "a size is an i64")


@operation("mem.pick_number", level="loop", traits=PURE)
class PickNumber(Op):
    """The number of member `index` (i64, within the table); numbers are as those of `const`."""

    index = operand()
    numbers = attribute(LITERALS)
    result = result()
    syntax = "%index of $numbers :r"

    def verify_op(self) -> str | None:  # noqa: D102
        wrong = _picks(self, self.numbers)
        dtype = self.result.type.dtype
        if wrong is None and any(arith.misfit(n, dtype) for n in self.numbers):
            return f"a table of {dtype.value} holds numbers of that type"
        return wrong


@operation("loop.batch", level="loop")
class Batch(Op):
    """One phase for several populations: worker p does, for each member b in order, elements [lo, hi) of domain b.

    Arguments b, p, lo, hi (i64). `domains` are sizes, an entry per member. `shared` and `past` are those of all
    members, as in `loop.team`. No member touches what another one writes, unless both touch only what they own.
    """

    domains = attribute(SYMBOLS)
    shared = optional(SYMBOLS, ())
    past = optional(SYMBOLS, ())
    body = region()
    syntax = "&body over $domains ( sharing $shared )? ( past $past )? {body}"

    def verify_op(self) -> str | None:  # noqa: D102
        if not self.domains:
            return "a batch has members"
        ok = len(self.body.args) == 4 and all(arg.type is i64 for arg in self.body.args)
        return None if ok else "the region takes four i64"


def fields_of(buffer: Value) -> tuple[str, ...]:
    """The fields that a buffer may be: one for `mem.field`, a table of them for `mem.pick_field`, none for scratch."""
    op = buffer.op
    if isinstance(op, loop.FieldRef):
        return (str(op.field),)
    return tuple(map(str, op.fields)) if isinstance(op, PickField) else ()


def is_over_members(op: Op) -> bool:
    """Whether an op is the loop over the members of a batch, as `map-threads` and `merge-alike` write it."""
    if not isinstance(op, loop.For) or op.trips is None:
        return False
    kinds = (PickField, PickSize, PickNumber)
    return any(isinstance(inner, kinds) and inner.operands[0] is op.body.args[0] for inner in op.body.ops)
