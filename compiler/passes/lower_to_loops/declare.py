"""The state block: which sizes and buffers a network needs (docs/design.md, "the state block")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.ir import loop, step
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.procedural import NUMBERS, SIZES
from nnc.compiler.ir.stencil import CENTRES
from nnc.compiler.ir.types import At, DType, buffer_type
from nnc.compiler.passes.lower_to_loops.frame import ENTRIES

if TYPE_CHECKING:
    from nnc.compiler.diagnostics import Loc
    from nnc.compiler.ir.attributes import Attr
    from nnc.compiler.ir.core import Op
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.lower_to_loops.frame import Network


class Declarations:
    """Collects `loop.size` and `loop.field` ops, each symbol once."""

    def __init__(self) -> None:
        self.sizes: dict[str, loop.Size] = {}
        self.fields: list[Op] = []

    def size(self, symbol: str, loc: Loc) -> Symbol:
        """Declare a size; gives its symbol."""
        name = Symbol(symbol)
        self.sizes.setdefault(symbol, loop.Size((), (), {"sym": name}, (), loc))
        return name

    def field(self, symbol: str, dtype: DType, extent: tuple[str, ...], role: str, loc: Loc) -> None:
        """Declare a buffer whose length is the product of some sizes."""
        names = tuple(self.size(s, loc) for s in extent)
        attributes: dict[str, Attr] = {"sym": Symbol(symbol), "type": buffer_type(dtype), "extent": names, "role": role}
        self.fields.append(loop.Field((), (), attributes, (), loc))


def back_index_needed(network: Network, synapses: step.Synapses) -> bool:
    """Whether something goes through the synapses of a `csr_pre` projection by post neuron."""
    return synapses.layout == "csr_pre" and (synapses.back or str(synapses.sym) in network.by_post)


def declare(module: Module, network: Network) -> list[Op]:
    """All sizes, then all fields, in the order of the step-level declarations."""
    out = Declarations()
    drawn = {str(fill.field) for fill in network.fills}
    for op in module.body.ops:
        if isinstance(op, step.Neurons):
            for name in ("n", "n1", "ring"):
                out.size(f"{op.sym}.{name}", op.loc)
            out.size("team", op.loc)
        elif isinstance(op, step.Synapses):
            _synapses(out, network, op)
        elif isinstance(op, step.Field):
            if op.type.at is At.syn and str(op.sym).partition(".")[0] in network.procedurals:
                continue
            extent = _extent(network, op, str(op.sym) in drawn)
            out.field(op.sym, op.type.dtype, extent, op.role, op.loc)
        elif isinstance(op, step.Events):
            owner = str(op.owner)
            out.field(op.sym, DType.i32, (f"{owner}.ring", f"{owner}.n"), "state", op.loc)
            out.field(f"{op.sym}.count", DType.i32, (f"{owner}.ring", "team"), "state", op.loc)
        elif isinstance(op, step.Record):
            out.size(f"recording.{op.when}", op.loc)
        elif isinstance(op, step.Ring):
            owner = op.sym.partition(".")[0]
            depth = str(op.depth or f"{owner}.ring")
            extent = (depth,) if op.type.at is At.one else (depth, f"{owner}.n")
            out.field(op.sym, op.type.dtype, extent, "state", op.loc)
    return [*out.sizes.values(), *out.fields]


def _extent(network: Network, field: step.Field, drawn: bool) -> tuple[str, ...]:
    owner = field.sym.partition(".")[0]
    at = field.type.at
    if at is At.one:
        return ()
    if at is At.syn:
        return _per_synapse(network.synapses[owner], stored=True)
    if field.narrowed:
        return (f"{owner}.{at.value}s",)
    return (f"{network.population_of(owner)}.{'n64' if drawn else 'n'}",)


def _per_synapse(op: step.Synapses, *, stored: bool = False) -> tuple[str, ...]:
    """Extent of what there is for each synapse; a matrix has its rows first, which tells whoever fills it.

    What is `stored` of a projection with shared weights is these weights.
    """
    name = str(op.sym)
    if op.layout == "stencil" or (stored and op.shares == op.sym):
        return (f"{name}.taps",)
    rows_and_columns = {
        "dense_pre": (f"{name}.pre_count", f"{name}.post_count"),
        "dense_post": (f"{name}.post_count", f"{name}.pre_count"),
    }
    return rows_and_columns.get(op.layout, (f"{name}.nnz",))


def _synapses(out: Declarations, network: Network, op: step.Synapses) -> None:
    name, loc = str(op.sym), op.loc
    index = DType(op.index)
    wide = DType.i64 if op.wide_rows else DType.i32
    if op.delay == "uniform":
        out.size(f"{name}.delay", loc)
    if op.layout == "stencil":
        moved = network.stencils[name]
        if moved.centres:
            out.field(f"{name}.{CENTRES}", DType.i32, (f"{name}.centres",), "param", loc)
        return
    if op.layout == "procedural":
        made = network.procedurals[name]
        for rule_size in SIZES[made.rule]:
            out.size(f"{name}.rule.{rule_size}", loc)
        if made.rule == "number":
            out.size(f"{op.post if made.rows == 'pre' else op.pre}.n64", loc)
        unused = {"scale"} if made.rule == "number" else set()
        for number in NUMBERS[: 1 if made.weights == "one" else None]:
            if number in unused:
                continue
            out.field(f"{name}.rule.{number}", DType.f64, (), "param", loc)
    if op.layout.startswith("dense") or op.layout == "procedural":
        for size in ("pre_first", "pre_count", "post_first", "post_count"):
            out.size(f"{name}.{size}", loc)
    extent = _per_synapse(op)
    if op.layout == "csr_pre":
        out.field(f"{name}.row", wide, (f"team_n1.{op.pre}",), "param", loc)
        out.field(f"{name}.post", index, extent, "param", loc)
    elif op.layout == "csr_post":
        out.field(f"{name}.row", wide, (f"{op.post}.n1",), "param", loc)
        out.field(f"{name}.pre", index, extent, "param", loc)
    if back_index_needed(network, op):
        out.field(f"{name}.back_row", wide, (f"{op.post}.n1",), "param", loc)
        out.field(f"{name}.back", wide, extent, "param", loc)
        out.field(f"{name}.back_pre", index, extent, "param", loc)
    if op.delay == "each":
        out.field(f"{name}.delays", DType.i32, extent, "param", loc)
    if op.shares is not None:
        out.field(f"{name}.{ENTRIES}", wide, extent, "param", loc)
