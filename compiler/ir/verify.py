"""Checks that a module is what its ops declare: the contract between passes.

One walk, linear in the number of ops. Codes: N0910 structure, N0911 declaration, N0912 rule of the op, N0913 symbols,
N0914 level. What it finds is never the user's fault, but its place in the user's file helps to see what went wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from nnc.compiler.diagnostics import Diagnostics, did_you_mean
from nnc.compiler.ir import model, step
from nnc.compiler.ir.define import ISOLATED, REGISTRY, SYMBOL_OP, TERMINATOR
from nnc.compiler.ir.printer import print_op
from nnc.compiler.ir.symbols import REFERENCES, Scope, Table, key_of, misused, unresolved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnc.compiler.ir.core import Block, Op, Value
    from nnc.compiler.ir.define import AttributeField, Level


def verify(module: Op, level: Level | None = None, diagnostics: Diagnostics | None = None) -> bool:
    """Whether a module is valid; errors go to `diagnostics`, or are raised (`DiagnosticError`) without it.

    `level` is the one that all ops must belong to (None or "any": not checked).
    """
    found = diagnostics if diagnostics is not None else Diagnostics()
    before = len(found.errors)
    _Verifier(found, None if level == "any" else level).module(module)
    if diagnostics is None:
        found.raise_if_errors()
    return len(found.errors) == before


@dataclass(frozen=True)
class _Shape:
    """What every op of a class must look like, from its declaration."""

    level: Level
    operands: int
    variadic: bool
    results: int | None
    regions: int
    attributes: Mapping[str, AttributeField[object]]
    terminator: bool
    isolated: bool
    symbol: bool
    refers: bool


@cache
def _shape(name: str) -> _Shape:
    spec = REGISTRY[name].spec
    return _Shape(
        spec.level,
        len(spec.operands),
        spec.variadic is not None,
        None if spec.variadic_results else len(spec.results),
        len(spec.regions),
        spec.attributes,
        spec.has(TERMINATOR),
        spec.has(ISOLATED),
        spec.has(SYMBOL_OP),
        name in REFERENCES or name.startswith(("step.", "model.")),
    )


class _Verifier:
    def __init__(self, diagnostics: Diagnostics, level: Level | None) -> None:
        self.diagnostics = diagnostics
        self.level = level
        self.visible: set[Value] = set()
        self.values: list[Value] = []
        self.operands = 0
        self.scope = Scope({})

    def fail(self, code: str, message: str, op: Op, help: str | None = None) -> None:
        text = print_op(op) if all(v is not None for v in op.operands) else op.name
        self.diagnostics.error(code, f"{op.name}: {message}", op.loc, help=help, notes=(f"in: {text}",))

    def module(self, module: Op) -> None:
        if not isinstance(module, model.Module):
            self.fail("N0910", "not a module", module)
            return
        if len(module.regions) == 1:
            self.scope = Scope(self.table(module.regions[0]))
        self.op(module)
        self.check_uses(module)

    def table(self, block: Block) -> Table:
        """The symbols declared directly in a block."""
        table: Table = {}
        for op in block.ops:
            if not _shape(op.name).symbol:
                continue
            sym = op.attributes.get("sym")
            if isinstance(sym, str) and table.setdefault(key_of(op, sym), op) is not op:
                self.fail("N0913", f"@{sym} is declared twice", op)
        return table

    def op(self, op: Op) -> None:
        shape = _shape(op.name)
        visible = self.visible
        for value in op._operands:
            if value not in visible:
                self.fail("N0910", f"uses %{value.hint or '?'}, which is not defined before it", op)
        self.operands += len(op._operands)
        if self.declared(op, shape):
            wrong = op.verify_op()
            if wrong is not None:
                self.fail("N0912", wrong, op)
            elif shape.refers:
                self.symbols(op)
        if self.level is not None and shape.level not in ("any", self.level):
            self.fail("N0914", f"belongs to level {shape.level}, but the module should be at {self.level}", op)
        for region in op.regions:
            if region.parent is not op:
                self.fail("N0910", "holds a region that does not know it", op)
            self.region(op, region, shape)
        for result in op.results:
            if result.owner is not op:
                self.fail("N0910", "has a result of another op", op)
            visible.add(result)
        self.values += op.results

    def declared(self, op: Op, shape: _Shape) -> bool:
        """Whether numbers of operands, results and regions and the attributes are as declared."""
        count = len(op._operands)
        wrong = None
        if count != shape.operands and not (shape.variadic and count > shape.operands):
            wrong = f"has {count} operands instead of {shape.operands}"
        elif shape.results is not None and len(op.results) != shape.results:
            wrong = f"has {len(op.results)} results instead of {shape.results}"
        elif len(op.regions) != shape.regions:
            wrong = f"has {len(op.regions)} regions instead of {shape.regions}"
        elif shape.attributes or op.attributes:
            wrong = _attributes(op, shape.attributes)
        if wrong is not None:
            self.fail("N0911", wrong, op)
        return wrong is None

    def symbols(self, op: Op) -> None:
        missing = unresolved(op, self.scope)
        if missing is not None:
            message, name = missing
            self.fail("N0913", message, op, did_you_mean(name, [*self.scope.inner, *self.scope.symbols]))
            return
        wrong = misused(op, self.scope)
        if wrong is not None:
            self.fail("N0913", wrong, op)

    def region(self, op: Op, region: Block, shape: _Shape) -> None:
        outer = self.visible
        if shape.isolated:
            self.visible = set()
        mine = self.visible
        scope = self.scope
        if isinstance(op, (model.Neuron, model.Synapse)):
            self.scope = Scope(scope.symbols, self.table(region))
        elif isinstance(op, step.Map):
            self.scope = Scope(scope.symbols, scope.inner, op)
        if any(arg.type.buffer for arg in region.args):
            self.fail("N0912", "takes a buffer: they come from mem.field and mem.alloca only", op)
        mine.update(region.args)
        self.values += region.args
        last = len(region.ops) - 1
        for index, inner in enumerate(region.ops):
            if inner.parent is not region:
                self.fail("N0910", "does not know the block that it is in", inner)
            if index != last and _shape(inner.name).terminator:
                self.fail("N0910", "ends a block, but other ops follow", inner)
            self.op(inner)
        if mine is outer:
            for inner in region.ops:
                mine.difference_update(inner.results)
            mine.difference_update(region.args)
        self.visible = outer
        self.scope = scope

    def check_uses(self, module: Op) -> None:
        """Every recorded use is one, and there are as many as operands: so none is missing."""
        recorded = 0
        for value in self.values:
            recorded += len(value.uses)
            for user, index in value.uses:
                if index >= len(user._operands) or user._operands[index] is not value:
                    self.fail("N0910", f"is recorded as a user of %{value.hint or '?'}, but is none", user)
                    return
        if recorded != self.operands:
            text = f"{recorded} uses of values are recorded, but there are {self.operands} operands"
            self.fail("N0910", text, module, "an op was removed without `erase`, or is used from outside the module")


def _attributes(op: Op, declared: Mapping[str, AttributeField[object]]) -> str | None:
    given = op.attributes
    count = 0
    for name, attribute in declared.items():
        value = given.get(name)
        if value is not None:
            count += 1
            if not attribute.kind.check(value):
                return f"the attribute {name} = {value!r} is not of kind {attribute.kind.name}"
        elif not attribute.optional:
            return f"the attribute {name} is missing"
    if count != len(given):
        return "has undeclared attributes: " + ", ".join(sorted(given.keys() - declared.keys()))
    return None
