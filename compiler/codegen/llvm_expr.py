"""LLVM text, written by ourselves: a writer of instructions, and the table from arithmetic ops to them.

The text is plain IEEE arithmetic: no fast-math flag ever, no `noalias`. A value is a scalar or, inside a reduction,
one per lane (`<32 x double>`): then `Writer.lanes` holds it and all rows work alike on vectors.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import numpy as np

from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnc.compiler.ir.core import Op, Value

LANES: Final = 32

TYPES: Final = {
    DType.f32: "float",
    DType.f64: "double",
    DType.i32: "i32",
    DType.i64: "i64",
    DType.bool: "i1",
}
"""LLVM type of a value."""

MEMORY: Final = {**TYPES, DType.bool: "i8", DType.u8: "i8", DType.u16: "i16"}
"""LLVM type of an element of a buffer."""

_CODES: Final = {"float": "f32", "double": "f64", "i1": "i1", "i8": "i8", "i16": "i16", "i32": "i32", "i64": "i64"}


def literal(value: bool | int | float, dtype: DType) -> str:
    """A constant operand with exactly these bits (a float in f32 is spelled as the double of the same value)."""
    if dtype is DType.bool:
        return "true" if value else "false"
    if not dtype.is_float:
        return str(int(value))
    if dtype is DType.f32 and value != value:
        # LLVM reads the upper bits of a double's payload, as the conversion between the types does.
        value = float(np.float32(value))
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def vector(kind: str) -> str:
    """The type of one value per lane."""
    return f"<{LANES} x {kind}>"


def code(kind: str) -> str:
    """How a type is spelled in the name of an intrinsic."""
    if kind.startswith("<"):
        return f"v{LANES}{_CODES[kind.split(' ')[2][:-1]]}"
    return _CODES[kind]


class Writer:
    """Collects the text of one function, and what it declares."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.declared: dict[str, str] = {}
        self.metadata: list[str] = []
        self.values: dict[Value, str] = {}
        self.lanes: dict[Value, str] = {}
        """Values that differ between lanes; `values` holds those that do not."""
        self._count = 0
        self.label = "start"

    def fresh(self) -> str:
        """A new local name."""
        self._count += 1
        return f"%v{self._count}"

    def let(self, text: str) -> str:
        """An instruction with a result, and its name."""
        self._count += 1
        name = f"%v{self._count}"
        self.out.append(f"  {name} = {text}")
        return name

    def do(self, text: str) -> None:
        """An instruction without a result."""
        self.out.append(f"  {text}")

    def labels(self, *stems: str) -> list[str]:
        """New labels that belong together."""
        self._count += 1
        return [f"{stem}{self._count}" for stem in stems]

    def start(self, label: str) -> None:
        """Begin a basic block."""
        self.out.append(f"{label}:")
        self.label = label

    def jump(self, label: str, note: str = "") -> None:
        """Go to a block."""
        self.do(f"br label %{label}{note}")

    def branch(self, condition: str, then: str, other: str) -> None:
        """Go to one of two blocks."""
        self.do(f"br i1 {condition}, label %{then}, label %{other}")

    def node(self, text: str) -> str:
        """A metadata node; `SELF` in the text stands for its own name."""
        name = f"!{len(self.metadata)}"
        self.metadata.append(f"{name} = {text.replace('SELF', name)}")
        return name

    def declare(self, name: str, result: str, *params: str) -> None:
        """Make sure that a function is declared."""
        if name not in self.declared:
            self.declared[name] = f"declare {result} @{name}({', '.join(params)})"

    def intrinsic(self, name: str, kind: str, *args: str) -> str:
        """Call `llvm.NAME` on operands that are all of one type, which it also gives."""
        full = f"llvm.{name}.{code(kind)}"
        self.declare(full, kind, *[kind] * len(args))
        return self.let(f"call {kind} @{full}({', '.join(f'{kind} {a}' for a in args)})")

    def splat(self, kind: str, scalar: str) -> str:
        """The same value in every lane."""
        if not scalar.startswith("%"):
            return "<" + ", ".join([f"{kind} {scalar}"] * LANES) + ">"
        wide = vector(kind)
        first = self.let(f"insertelement {wide} poison, {kind} {scalar}, i64 0")
        return self.let(f"shufflevector {wide} {first}, {wide} poison, <{LANES} x i32> zeroinitializer")

    def lane_value(self, value: Value) -> str:
        """A value as one per lane."""
        if value in self.lanes:
            return self.lanes[value]
        return self.splat(TYPES[value.type.dtype], self.values[value])

    def arithmetic(self, op: Op) -> None:
        """One op of the table, on scalars, or on vectors if any operand is one."""
        row = _ROWS[op.name]
        if not any(v in self.lanes for v in op.operands):
            self.values[op.results[0]] = row(Call(self, op, False), [self.values[v] for v in op.operands])
            return
        self.lanes[op.results[0]] = row(Call(self, op, True), [self.lane_value(v) for v in op.operands])


class Call:
    """An op being written: the types of its operands and result as scalars or vectors."""

    __slots__ = ("dtype", "kind", "op", "result", "source", "w", "wide")

    def __init__(self, writer: Writer, op: Op, wide: bool) -> None:
        self.w = writer
        self.op = op
        self.wide = wide
        self.source = op.operands[-1].type.dtype
        self.dtype = op.results[0].type.dtype
        self.kind = self.type(self.dtype)
        self.result = self.kind

    def type(self, dtype: DType) -> str:
        """LLVM type of a value."""
        return vector(TYPES[dtype]) if self.wide else TYPES[dtype]

    def const(self, value: bool | int | float, dtype: DType) -> str:
        """A constant operand."""
        text = literal(value, dtype)
        return self.w.splat(TYPES[dtype], text) if self.wide else text

    def bit(self) -> str:
        """The type of conditions."""
        return self.type(DType.bool)


def _two(real: str, whole: str) -> Callable[[Call, Sequence[str]], str]:
    def row(c: Call, args: Sequence[str]) -> str:
        return c.w.let(f"{real if c.dtype.is_float else whole} {c.kind} {args[0]}, {args[1]}")

    return row


def _extreme(real: str, whole: str) -> Callable[[Call, Sequence[str]], str]:
    def row(c: Call, args: Sequence[str]) -> str:
        test = f"fcmp {real}" if c.dtype.is_float else f"icmp {whole}"
        keep = c.w.let(f"{test} {c.kind} {args[0]}, {args[1]}")
        return c.w.let(f"select {c.bit()} {keep}, {c.kind} {args[0]}, {c.kind} {args[1]}")

    return row


def _quotient(c: Call, args: Sequence[str]) -> str:
    a, b = args
    if c.dtype.is_float:
        return c.w.let(f"fdiv {c.kind} {a}, {b}")
    zero, one = c.const(0, c.dtype), c.const(1, c.dtype)
    is_zero = c.w.let(f"icmp eq {c.kind} {b}, {zero}")
    is_minus = c.w.let(f"icmp eq {c.kind} {b}, {c.const(-1, c.dtype)}")
    special = c.w.let(f"or {c.bit()} {is_zero}, {is_minus}")
    divisor = c.w.let(f"select {c.bit()} {special}, {c.kind} {one}, {c.kind} {b}")
    quotient = c.w.let(f"sdiv {c.kind} {a}, {divisor}")
    negated = c.w.let(f"sub {c.kind} {zero}, {a}")
    signed = c.w.let(f"select {c.bit()} {is_minus}, {c.kind} {negated}, {c.kind} {quotient}")
    return c.w.let(f"select {c.bit()} {is_zero}, {c.kind} {zero}, {c.kind} {signed}")


def _remainder(c: Call, args: Sequence[str]) -> str:
    a, b = args
    if c.dtype.is_float:
        return c.w.let(f"frem {c.kind} {a}, {b}")
    is_zero = c.w.let(f"icmp eq {c.kind} {b}, {c.const(0, c.dtype)}")
    is_minus = c.w.let(f"icmp eq {c.kind} {b}, {c.const(-1, c.dtype)}")
    special = c.w.let(f"or {c.bit()} {is_zero}, {is_minus}")
    divisor = c.w.let(f"select {c.bit()} {special}, {c.kind} {c.const(1, c.dtype)}, {c.kind} {b}")
    return c.w.let(f"srem {c.kind} {a}, {divisor}")


def _negation(c: Call, args: Sequence[str]) -> str:
    if c.dtype.is_float:
        return c.w.let(f"fneg {c.kind} {args[0]}")
    return c.w.let(f"sub {c.kind} {c.const(0, c.dtype)}, {args[0]}")


def _magnitude(c: Call, args: Sequence[str]) -> str:
    if c.dtype.is_float:
        return c.w.intrinsic("fabs", c.kind, args[0])
    negated = c.w.let(f"sub {c.kind} {c.const(0, c.dtype)}, {args[0]}")
    below = c.w.let(f"icmp slt {c.kind} {args[0]}, {c.const(0, c.dtype)}")
    return c.w.let(f"select {c.bit()} {below}, {c.kind} {negated}, {c.kind} {args[0]}")


def _inverse(c: Call, args: Sequence[str]) -> str:
    ones = c.const(True, c.dtype) if c.dtype is DType.bool else c.const(-1, c.dtype)
    return c.w.let(f"xor {c.kind} {args[0]}, {ones}")


def _shift(name: str) -> Callable[[Call, Sequence[str]], str]:
    def row(c: Call, args: Sequence[str]) -> str:
        amount = c.w.let(f"and {c.kind} {args[1]}, {c.const(c.dtype.bits - 1, c.dtype)}")
        return c.w.let(f"{name} {c.kind} {args[0]}, {amount}")

    return row


def _upper(c: Call, args: Sequence[str]) -> str:
    wide = c.type(DType.i64)
    a, b = (c.w.let(f"zext {c.kind} {x} to {wide}") for x in args)
    product = c.w.let(f"mul {wide} {a}, {b}")
    upper = c.w.let(f"lshr {wide} {product}, {c.const(32, DType.i64)}")
    return c.w.let(f"trunc {wide} {upper} to {c.kind}")


_PREDICATES: Final = {
    "float": {"eq": "oeq", "ne": "une", "lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge"},
    "int": {"eq": "eq", "ne": "ne", "lt": "slt", "le": "sle", "gt": "sgt", "ge": "sge"},
    "bool": {"eq": "eq", "ne": "ne", "lt": "ult", "le": "ule", "gt": "ugt", "ge": "uge"},
}


def _comparison(c: Call, args: Sequence[str]) -> str:
    family = "float" if c.source.is_float else "bool" if c.source is DType.bool else "int"
    predicate = _PREDICATES[family][str(c.op.attributes["predicate"])]
    name = "fcmp" if family == "float" else "icmp"
    return c.w.let(f"{name} {predicate} {c.type(c.source)} {args[0]}, {args[1]}")


def _selection(c: Call, args: Sequence[str]) -> str:
    return c.w.let(f"select {c.bit()} {args[0]}, {c.kind} {args[1]}, {c.kind} {args[2]}")


def _conversion(c: Call, args: Sequence[str]) -> str:
    source, target, x = c.source, c.dtype, args[0]
    if source is target:
        return x
    have, want = c.type(source), c.kind
    if target is DType.bool:
        test = "fcmp une" if source.is_float else "icmp ne"
        return c.w.let(f"{test} {have} {x}, {c.const(0, source)}")
    if source.is_float and target.is_int:
        full = f"llvm.fptosi.sat.{code(want)}.{code(have)}"
        c.w.declare(full, want, have)
        return c.w.let(f"call {want} @{full}({have} {x})")
    return c.w.let(f"{_CONVERSIONS[source, target]} {have} {x} to {want}")


_CONVERSIONS: Final = {
    (DType.f32, DType.f64): "fpext",
    (DType.f64, DType.f32): "fptrunc",
    (DType.i64, DType.i32): "trunc",
    (DType.i32, DType.i64): "sext",
    **{(i, f): "sitofp" for i in (DType.i32, DType.i64) for f in (DType.f32, DType.f64)},
    **{(DType.bool, f): "uitofp" for f in (DType.f32, DType.f64)},
    **{(DType.bool, i): "zext" for i in (DType.i32, DType.i64)},
}


def _same_bits(c: Call, args: Sequence[str]) -> str:
    if c.source is c.dtype:
        return args[0]
    return c.w.let(f"bitcast {c.type(c.source)} {args[0]} to {c.kind}")


def _function(name: str) -> Callable[[Call, Sequence[str]], str]:
    def row(c: Call, args: Sequence[str]) -> str:
        return c.w.intrinsic(name, c.kind, *args)

    return row


_ROWS: Final[dict[str, Callable[[Call, Sequence[str]], str]]] = {
    "arith.add": _two("fadd", "add"),
    "arith.sub": _two("fsub", "sub"),
    "arith.mul": _two("fmul", "mul"),
    "arith.div": _quotient,
    "arith.rem": _remainder,
    "arith.min": _extreme("olt", "slt"),
    "arith.max": _extreme("ogt", "sgt"),
    "arith.neg": _negation,
    "arith.abs": _magnitude,
    "arith.fma": _function("fma"),
    "arith.and": _two("and", "and"),
    "arith.or": _two("or", "or"),
    "arith.xor": _two("xor", "xor"),
    "arith.not": _inverse,
    "arith.shl": _shift("shl"),
    "arith.shr": _shift("lshr"),
    "arith.sar": _shift("ashr"),
    "arith.mulhi": _upper,
    "arith.cmp": _comparison,
    "arith.select": _selection,
    "arith.cast": _conversion,
    "arith.bitcast": _same_bits,
    "arith.broadcast": _same_bits,
    "math.sqrt": _function("sqrt"),
    "math.floor": _function("floor"),
    "math.ceil": _function("ceil"),
    "math.trunc": _function("trunc"),
    "math.rint": _function("rint"),
}


def is_arithmetic(op: Op) -> bool:
    """Whether an op has a row in the table."""
    return op.name in _ROWS
