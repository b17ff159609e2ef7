"""`loop.reduce` in C: 32 partial results in an array; whole rounds of 32 elements, the rest, the tree.

Elements of 32 bits that are gathered are done by fours: gcc 12 loads all indices of its vectors before the first, and
has no registers for those of 16. In double precision whole rounds are nearer to the pace of memory. What is left after
them is done by fours too, then one by one, and the tree is written out: loops of unknown length would be vectorised for
lengths that they never have, and a vector that is read right after its elements were stored waits for memory.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from nnc.compiler.codegen.c_expr import VALUE_TYPE, Expr, constant
from nnc.compiler.ir import loop
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnc.compiler.codegen.openmp.emit import Emitter
    from nnc.compiler.ir.core import Value

LANES: Final = 32
GROUP: Final = 4


def emit_reduce(e: Emitter, op: loop.Reduce) -> None:
    """Write a reduction and note its result."""
    e.comment(op.loc)
    dtype = op.result.type.dtype
    parts = e.names.new((op.result.hint or "x") + "_part")
    at, lane, from_ = (e.names.new(wanted) for wanted in ("at", "lane", "from"))
    hi = e.atom(op.hi)
    e.line(f"{VALUE_TYPE[dtype]} {parts}[{LANES}];")
    start = constant(loop.start_value(op.kind, dtype), dtype).text
    e.line(f"for (int {lane} = 0; {lane} < {LANES}; {lane}++) {parts}[{lane}] = {start};")
    e.line(f"int64_t {at} = {e.text(op.lo)};")
    e.line(f"int {from_} = 0;")
    if dtype.bits == 64 or not _gathers(op):
        with _braces(e, f"for (; {at} + {LANES} <= {hi}; {at} += {LANES})"):
            _elements(e, op, f"{parts}[{lane}]", at, lane, str(LANES))
    some = f"{at} + {GROUP} <= {hi}; {at} += {GROUP}, {from_} = ({from_} + {GROUP}) & {LANES - 1}"
    e.line("NNC_ROLLED")
    with _braces(e, f"for (; {some})"):
        _elements(e, op, f"{parts}[{from_} + {lane}]", at, lane, str(GROUP))
    _elements(e, op, f"{parts}[{from_} + {lane}]", at, lane, f"{GROUP - 1} && {lane} < {hi} - {at}")
    half = LANES // 2
    while half:
        merged = _combined(op, f"{parts}[{lane}]", f"{parts}[{lane} + {half}]")
        e.line(f"for (int {lane} = 0; {lane} < {half}; {lane}++) {parts}[{lane}] = {merged};")
        half //= 2
    e.bind(op.result, f"{parts}[0]")


def _elements(e: Emitter, op: loop.Reduce, part: str, at: str, lane: str, count: str) -> None:
    """Neighbouring elements from `at`, each to its partial result."""
    variable = e.names.new(op.body.args[0].hint or "j")
    e.values[op.body.args[0]] = Expr(variable)
    # written out before it is vectorised, a loop of four never is; one of 32, written out after, needs no indices
    e.line("NNC_SIMD" if count == str(LANES) else "NNC_SIMD_SHORT")
    with _braces(e, f"for (int {lane} = 0; {lane} < {count}; {lane}++)"):
        e.line(f"const int64_t {variable} = {at} + {lane};")
        e.block(op.body)
        terms = op.body.ops[-1].operands
        if op.kind == "fma":
            suffix = "f" if op.result.type.dtype is DType.f32 else ""
            e.line(f"{part} = fma{suffix}({', '.join(e.text(v) for v in terms)}, {part});")
        else:
            e.line(f"{part} = {_combined(op, part, e.values[terms[0]].within(12))};")


def _combined(op: loop.Reduce, part: str, term: str) -> str:
    if op.kind in ("add", "fma"):
        return f"{part} + {term}"
    return f"nnc_{op.kind}_{op.result.type.dtype.value}({part}, {term})"


def _gathers(op: loop.Reduce) -> bool:
    """Whether the place of what is read is itself read from memory."""
    read: set[Value] = set()
    for inner in op.body.ops:
        if isinstance(inner, loop.Load) and inner.index in read:
            return True
        if isinstance(inner, loop.Load) or any(v in read for v in inner.operands):
            read.update(inner.results)
    return False


@contextmanager
def _braces(e: Emitter, head: str) -> Iterator[None]:
    e.line(head + " {")
    e.depth += 1
    yield
    e.depth -= 1
    e.line("}")
