"""One op as one C expression: the table that C-like targets share.

An `Expr` knows how tightly it binds, so parentheses stand only where C needs them (and around bit operations, where
readers need them). Helpers named `nnc_*` that an expression calls are in `HELPERS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from nnc.compiler.ir import arith
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnc.compiler.ir.core import Op

ATOM, UNARY, MUL, ADD, COMPARE, EQUAL, TERNARY = 15, 13, 12, 11, 9, 8, 3


class Expr(NamedTuple):
    """C text and the precedence of its outermost operator (higher binds tighter)."""

    text: str
    level: int = ATOM

    def within(self, level: int) -> str:
        """The text as an operand of an operator of some precedence."""
        return self.text if self.level >= level else f"({self.text})"


VALUE_TYPE: Final = {
    DType.f32: "float",
    DType.f64: "double",
    DType.i32: "int32_t",
    DType.i64: "int64_t",
    DType.bool: "bool",
}
"""C type of a value."""

MEMORY_TYPE: Final = {**VALUE_TYPE, DType.bool: "uint8_t", DType.u8: "uint8_t", DType.u16: "uint16_t"}
"""C type of an element of a buffer."""


def constant(value: bool | int | float, dtype: DType, wide: bool = False) -> Expr:
    """A literal with exactly this value; `wide`: an i64 must be 64 bits wide by itself."""
    if dtype is DType.bool:
        return Expr("true" if value else "false")
    if dtype.is_float:
        return _float(float(value), dtype)
    number = int(value)
    if number == -(1 << (dtype.bits - 1)):
        return Expr(f"INT{dtype.bits}_MIN")
    long = dtype is DType.i64 and (wide or not -(1 << 31) < number < 1 << 31)
    return Expr(f"{number}{'LL' if long else ''}", ATOM if number >= 0 else UNARY)


def _float(value: float, dtype: DType) -> Expr:
    if np.isnan(value):
        if dtype is DType.f32:
            return Expr(f"nnc_f32_of_i32((int32_t)0x{int(np.float32(value).view(np.uint32)):08x})")
        return Expr(f"nnc_f64_of_i64((int64_t)0x{int(np.float64(value).view(np.uint64)):016x})")
    if np.isinf(value):
        return Expr("INFINITY") if value > 0 else Expr("-INFINITY", UNARY)
    text = str(np.float32(value)) + "f" if dtype is DType.f32 else repr(value)
    return Expr(text, UNARY if text.startswith("-") else ATOM)


def _call(op: Op, function: str, args: Sequence[Expr]) -> Expr:
    return Expr(f"{function}({', '.join(a.text for a in args)})")


def _infix(symbol: str, level: int) -> Callable[[Op, Sequence[Expr]], Expr]:
    def row(op: Op, args: Sequence[Expr]) -> Expr:
        return Expr(f"{args[0].within(level)} {symbol} {args[1].within(level + 1)}", level)

    return row


def _bits(symbol: str) -> Callable[[Op, Sequence[Expr]], Expr]:
    def row(op: Op, args: Sequence[Expr]) -> Expr:
        return Expr(f"{args[0].within(UNARY)} {symbol} {args[1].within(UNARY)}", TERNARY)

    return row


def _helper(name: str) -> Callable[[Op, Sequence[Expr]], Expr]:
    def row(op: Op, args: Sequence[Expr]) -> Expr:
        return _call(op, f"nnc_{name}_{op.results[0].type.dtype.value}", args)

    return row


def _libm(name: str) -> Callable[[Op, Sequence[Expr]], Expr]:
    def row(op: Op, args: Sequence[Expr]) -> Expr:
        return _call(op, name + ("f" if op.results[0].type.dtype is DType.f32 else ""), args)

    return row


def _div(op: Op, args: Sequence[Expr]) -> Expr:
    return (_infix("/", MUL) if op.results[0].type.dtype.is_float else _helper("div"))(op, args)


def _rem(op: Op, args: Sequence[Expr]) -> Expr:
    return (_libm("fmod") if op.results[0].type.dtype.is_float else _helper("rem"))(op, args)


def _abs(op: Op, args: Sequence[Expr]) -> Expr:
    return (_libm("fabs") if op.results[0].type.dtype.is_float else _helper("abs"))(op, args)


def _neg(op: Op, args: Sequence[Expr]) -> Expr:
    operand = args[0].within(UNARY)
    return Expr(f"-({operand})" if operand.startswith("-") else f"-{operand}", UNARY)


def _not(op: Op, args: Sequence[Expr]) -> Expr:
    return Expr(("!" if op.results[0].type.dtype is DType.bool else "~") + args[0].within(UNARY), UNARY)


def _shift(symbol: str, signed: bool) -> Callable[[Op, Sequence[Expr]], Expr]:
    def row(op: Op, args: Sequence[Expr]) -> Expr:
        bits = op.results[0].type.dtype.bits
        amount = f"({args[1].within(UNARY)} & {bits - 1})"
        if signed:
            return Expr(f"{args[0].within(UNARY)} {symbol} {amount}", TERNARY)
        return Expr(f"(int{bits}_t)((uint{bits}_t){args[0].within(UNARY)} {symbol} {amount})", UNARY)

    return row


def _cmp(op: Op, args: Sequence[Expr]) -> Expr:
    symbol, level = _PREDICATES[str(op.attributes["predicate"])]
    return Expr(f"{args[0].within(ADD)} {symbol} {args[1].within(ADD)}", level)


_PREDICATES: Final = {
    "eq": ("==", EQUAL),
    "ne": ("!=", EQUAL),
    "lt": ("<", COMPARE),
    "le": ("<=", COMPARE),
    "gt": (">", COMPARE),
    "ge": (">=", COMPARE),
}


def _select(op: Op, args: Sequence[Expr]) -> Expr:
    if op.results[0].type.dtype is DType.bool:
        # Truth values as bits: gcc 12 vectorises no loop with a conditional one.
        return _helper("select")(op, args)
    condition, then, other = (a.within(TERNARY + 1) for a in args)
    return Expr(f"{condition} ? {then} : {other}", TERNARY)


def _cast(op: Op, args: Sequence[Expr]) -> Expr:
    source, target = op.operands[0].type.dtype, op.results[0].type.dtype
    if source is target:
        return args[0]
    if target is DType.bool:
        return Expr(f"{args[0].within(ADD)} != 0", EQUAL)
    if source.is_float and target.is_int:
        return _call(op, f"nnc_{target.value}_from_{source.value}", args)
    return Expr(f"({VALUE_TYPE[target]}){args[0].within(UNARY)}", UNARY)


def _bitcast(op: Op, args: Sequence[Expr]) -> Expr:
    source, target = op.operands[0].type.dtype, op.results[0].type.dtype
    return args[0] if source is target else _call(op, f"nnc_{target.value}_of_{source.value}", args)


_ROWS: Final[dict[str, Callable[[Op, Sequence[Expr]], Expr]]] = {
    "arith.add": _infix("+", ADD),
    "arith.sub": _infix("-", ADD),
    "arith.mul": _infix("*", MUL),
    "arith.div": _div,
    "arith.rem": _rem,
    "arith.min": _helper("min"),
    "arith.max": _helper("max"),
    "arith.neg": _neg,
    "arith.abs": _abs,
    "arith.fma": _libm("fma"),
    "arith.and": _bits("&"),
    "arith.or": _bits("|"),
    "arith.xor": _bits("^"),
    "arith.not": _not,
    "arith.shl": _shift("<<", False),
    "arith.shr": _shift(">>", False),
    "arith.sar": _shift(">>", True),
    "arith.mulhi": _helper("mulhi"),
    "arith.cmp": _cmp,
    "arith.select": _select,
    "arith.cast": _cast,
    "arith.bitcast": _bitcast,
    "arith.broadcast": lambda op, args: args[0],
    "math.sqrt": _libm("sqrt"),
    "math.floor": _libm("floor"),
    "math.ceil": _libm("ceil"),
    "math.trunc": _libm("trunc"),
    "math.rint": _libm("rint"),
}


def is_expression(op: Op) -> bool:
    """Whether an op has a row in the table."""
    return op.name in _ROWS


def expression(op: Op, args: Sequence[Expr]) -> Expr:
    """The C expression for an op, given those of its operands. Every operand is named once in the text."""
    return _ROWS[op.name](op, args)


def needs_wide(op: arith.Const) -> bool:
    """Whether a small i64 constant must be spelled 64 bits wide, since nothing beside it is."""
    return any(
        all(
            isinstance(v.op, arith.Const)
            for v in (user.operands[1:] if isinstance(user, arith.Select) else user.operands)
        )
        for user, _ in op.result.uses
    )


def _helpers() -> dict[str, str]:
    out: dict[str, str] = {}

    def define(result: str, name: str, params: str, body: str) -> None:
        out[name] = f"static inline {result} {name}({params}) {{ {body} }}\n"

    for f, i in (("f32", "i32"), ("f64", "i64")):
        real, whole = VALUE_TYPE[DType(f)], VALUE_TYPE[DType(i)]
        define(real, f"nnc_{f}_of_{i}", f"{whole} x", f"{real} y; memcpy(&y, &x, sizeof y); return y;")
        define(whole, f"nnc_{i}_of_{f}", f"{real} x", f"{whole} y; memcpy(&y, &x, sizeof y); return y;")
    for name in ("f32", "f64", "i32", "i64"):
        kind = VALUE_TYPE[DType(name)]
        define(kind, f"nnc_min_{name}", f"{kind} a, {kind} b", "return a < b ? a : b;")
        define(kind, f"nnc_max_{name}", f"{kind} a, {kind} b", "return a > b ? a : b;")
    for name in ("i32", "i64"):
        kind = VALUE_TYPE[DType(name)]
        pair = f"{kind} a, {kind} b"
        define(kind, f"nnc_div_{name}", pair, "return b == 0 ? 0 : b == -1 ? -a : a / b;")
        define(kind, f"nnc_rem_{name}", pair, "return b == 0 || b == -1 ? 0 : a % b;")
        define(kind, f"nnc_abs_{name}", f"{kind} a", "return a < 0 ? -a : a;")
    define("bool", "nnc_select_bool", "bool c, bool a, bool b", "return (c & a) | (!c & b);")
    hi = "return (int32_t)(((uint64_t)(uint32_t)a * (uint32_t)b) >> 32);"
    define("int32_t", "nnc_mulhi_i32", "int32_t a, int32_t b", hi)
    for f, suffix in (("f32", "f"), ("f64", "")):
        for i, limit in (("i32", "2147483648.0"), ("i64", "9223372036854775808.0")):
            top, low = f"{limit}{suffix}", f"-{limit}{suffix}"
            body = f"return !(x >= {low}) ? (x != x ? 0 : {i.upper().replace('I', 'INT')}_MIN) : "
            body += f"x >= {top} ? {i.upper().replace('I', 'INT')}_MAX : ({VALUE_TYPE[DType(i)]})x;"
            define(VALUE_TYPE[DType(i)], f"nnc_{i}_from_{f}", f"{VALUE_TYPE[DType(f)]} x", body)
    return out


HELPERS: Final = _helpers()
"""Definitions of the functions that expressions call, by name, in an order in which they can stand in a file."""
