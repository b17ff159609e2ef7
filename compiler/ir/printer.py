"""The text of the IR, driven by the declared syntax of each op.

Values are named by their hints, made unique within each direct child of the module; values without a hint are
`%x0`, `%x1`, ... A printed module reads back (see `parser`) to one that prints the same.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from nnc.compiler.ir import format as fmt
from nnc.compiler.ir.attributes import Attr, Symbol, attr_text, same
from nnc.compiler.ir.types import At, Type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnc.compiler.diagnostics import Loc
    from nnc.compiler.ir.core import Block, Op, Value

_SUFFIX = re.compile(r"(?:_[0-9]+)+$")
_UNNAMED = re.compile(r"x[0-9]+$")
_NO_WORD = re.compile(r"\W")

Names = dict["Value", str]


def print_module(op: Op, *, locs: bool = False, generic: bool = False) -> str:
    """Text of an op and all it holds, ending in a newline.

    `locs` adds `loc("file":line:col)` after every op whose place is known; `generic` prints the MLIR generic form.
    """
    names = name_values(op)
    if generic:
        lines: list[str] = []
        _print_generic(op, names, "", locs, lines)
    else:
        lines = _Printer(names, locs).print(op)
    return "\n".join(lines) + "\n"


def print_op(op: Op, names: Names | None = None) -> str:
    """The first line of an op as the printed module shows it; give `names` to print many."""
    if names is None:
        names = name_values(scope_of(op))
    return _Printer(names, False).print(op)[0].strip()


def scope_of(op: Op) -> Op:
    """The outermost op around this one."""
    while op.parent_op is not None:
        op = op.parent_op
    return op


def base_name(hint: str | None) -> str | None:
    """A hint as a name without a uniquifying suffix; None for no hint and for names of unnamed values.

    The parser stores names this way too, so names after a pass do not depend on whether the IR came from text.
    """
    if not hint:
        return None
    name = _SUFFIX.sub("", _NO_WORD.sub("_", hint))
    if not name or name[0].isdigit() or _UNNAMED.match(name):
        return None
    return name


def name_values(root: Op) -> Names:
    """Names of all values in an op."""
    names: Names = {}
    _Namer(names, {}).name_op(root)
    return names


class _Namer:
    """Names values in one scope: the next free number per base name, and the names that are taken."""

    def __init__(self, names: Names, counts: dict[str, int]) -> None:
        self.names = names
        self.counts = counts
        self.unnamed = 0

    def name_op(self, op: Op) -> None:
        for result in op.results:
            self.name_value(result)
        for region in op.regions:
            for arg in region.args:
                self.name_value(arg)
            if op.name == "module":
                for child in region.ops:
                    self.name_child(child)
            else:
                for inner in region.ops:
                    self.name_op(inner)

    def name_child(self, child: Op) -> None:
        """A direct child of the module starts afresh, beside the values of the module itself."""
        for result in child.results:
            self.name_value(result)
        scope = _Namer(self.names, dict(self.counts))
        scope.unnamed = self.unnamed
        for region in child.regions:
            for arg in region.args:
                scope.name_value(arg)
            for op in region.ops:
                scope.name_op(op)

    def name_value(self, value: Value) -> None:
        base = base_name(value.hint)
        if base is None:
            self.names[value] = f"%x{self.unnamed}"
            self.unnamed += 1
            return
        count = self.counts.get(base, 0)
        self.counts[base] = count + 1
        # No base name ends in `_<digits>`, so a suffixed one can only be a copy of the same base.
        self.names[value] = f"%{base}_{count}" if count else f"%{base}"


class _Printer:
    """Pretty form. `line` collects the pieces of the line at hand; a region ends it and starts another."""

    def __init__(self, names: Mapping[Value, str], locs: bool) -> None:
        self.names = names
        self.locs = locs
        self.lines: list[str] = []
        self.line: list[str] = []

    def print(self, op: Op) -> list[str]:
        self.op(op, "")
        return self.lines

    def op(self, op: Op, indent: str) -> None:
        self.line.append(indent)
        if op.results:
            names = self.names
            self.line.append(", ".join([names.get(r, "%?") for r in op.results]) + " = ")
        self.line.append(op.name)
        self.steps(op, fmt.format_of(op.name), indent)
        if self.locs and op.loc.known:
            self.line.append(" " + loc_text(op.loc))
        self.lines.append("".join(self.line))
        self.line = []

    def steps(self, op: Op, steps: Sequence[fmt.Step], indent: str) -> None:
        out = self.line.append
        for step in steps:
            match step:
                case fmt.Literal():
                    out(step.prefix + step.text)
                case fmt.Operand():
                    out(step.prefix + self.names.get(op.operands[step.index], "%?"))
                case fmt.ResultTypes():
                    out(" : " + ", ".join([str(r.type) for r in op.results]))
                case fmt.Attribute():
                    value = op.attributes.get(step.name, step.default)
                    out(step.prefix + ("?" if value is None else attr_text(value, step.kind)))
                case fmt.Flag():
                    if op.attributes.get(step.name):
                        out(step.prefix + step.name)
                case fmt.OperandList():
                    if len(op.operands) > step.index:
                        out(step.prefix + ", ".join([self.names.get(v, "%?") for v in op.operands[step.index :]]))
                case fmt.Arguments():
                    args = op.regions[step.index].args
                    if args:
                        out(step.prefix + ", ".join([f"{self.names.get(a, '%?')}: {a.type}" for a in args]))
                case fmt.Group():
                    if _present(op, step):
                        self.steps(op, step.steps, indent)
                case fmt.Region():
                    self.region(op.regions[step.index], step.prefix, indent)
                    out = self.line.append

    def region(self, region: Block, prefix: str, indent: str) -> None:
        if not region.ops:
            self.line.append(prefix + "{}")
            return
        self.line.append(prefix + "{")
        self.lines.append("".join(self.line))
        self.line = []
        deeper = indent + "  "
        for inner in region.ops:
            self.op(inner, deeper)
        self.line = [indent + "}"]


def _present(op: Op, group: fmt.Group) -> bool:
    if group.guard is None:
        return len(op.operands) > len(op.spec.operands)
    value = op.attributes.get(group.guard)
    default = op.spec.attributes[group.guard].default
    return value is not None and (default is None or not same(value, default))


def loc_text(loc: Loc) -> str:
    """`loc("file":line:col)`."""
    if loc.source is None:
        return "loc(unknown)"
    line, column = loc.source.position(loc.start)
    where = loc.source.path or f"<{loc.source.what}>"
    return f"loc({attr_text(where)}:{line}:{column})"


def _print_generic(op: Op, names: Names, indent: str, locs: bool, lines: list[str]) -> None:
    left = ", ".join(names[r] for r in op.results) + " = " if op.results else ""
    line = f'{indent}{left}"{op.name}"({", ".join(names.get(v, "%?") for v in op.operands)})'
    if op.regions:
        for index, region in enumerate(op.regions):
            lines.append(line + (" ({" if index == 0 else ", {"))
            if region.args:
                args = ", ".join(f"{names[a]}: {_generic_type(a.type)}" for a in region.args)
                lines.append(f"{indent}^bb{index}({args}):")
            for inner in region.ops:
                _print_generic(inner, names, indent + "  ", locs, lines)
            line = indent + "}"
        line += ")"
    if op.attributes:
        line += " {" + ", ".join(f"{k} = {_generic_attr(v)}" for k, v in op.attributes.items()) + "}"
    inputs = ", ".join(_generic_type(v.type) for v in op.operands)
    outputs = ", ".join(_generic_type(r.type) for r in op.results)
    line += f" : ({inputs}) -> " + (outputs if len(op.results) == 1 else f"({outputs})")
    if locs:
        line += " " + loc_text(op.loc)
    lines.append(line)


def _generic_type(t: Type) -> str:
    if t.buffer:
        return f"!nnc.buf<{t.dtype.value}>"
    return f"!nnc.val<{t.dtype.value}" + (f", {t.at.value}>" if t.at is not At.one else ">")


def _generic_attr(value: Attr) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value} : i64"
    if isinstance(value, float):
        text = repr(value)
        finite = text[-1].isdigit()
        mantissa, e, exponent = text.partition("e")
        bits: int = struct.unpack("<Q", struct.pack("<d", value))[0]
        shown = (mantissa if "." in mantissa else mantissa + ".0") + e + exponent if finite else f"0x{bits:016X}"
        return f"{shown} : f64"
    if isinstance(value, Symbol):
        return "@" + attr_text(str(value))
    if isinstance(value, tuple):
        return "[" + ", ".join(_generic_attr(v) for v in value) + "]"
    return attr_text(value) if isinstance(value, str) else _generic_type(value)
