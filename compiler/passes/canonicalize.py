"""Folds constants and simplifies single ops, keeping every bit.

What may not be done, and why: `x + 0.0` is not x (-0.0 + 0.0 = 0.0), `x - -0.0` neither, `x * 0.0` is not 0.0 (NaN,
inf, -0.0), `0.0 - x` is not `-x`, `x - x` is not 0.0, `x == x` is not true (NaN), and `not (a < b)` is not `a >= b`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from nnc.compiler.ir import arith
from nnc.compiler.ir.define import COMMUTATIVE, PURE, REGISTRY
from nnc.compiler.ir.interp import FOLDABLE, fold
from nnc.compiler.ir.rewrite import Rewriter, rewrite
from nnc.compiler.ir.types import DType, join
from nnc.compiler.passes.manager import Pass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nnc.compiler.ir.core import Op, Value
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context

    Number = bool | int | float
    Rule = Callable[[Op, Rewriter], Value | None]


@dataclass(frozen=True)
class Canonicalize(Pass):
    """Fold ops on constants with the interpreter's own tables, drop ops that change nothing, and choose one form.

    One form: constants stand on the right of commutative ops; a division by a power of two is a product; operands are
    not broadcast where the op does it anyway. Every result keeps its bits, -0.0 included; a NaN stays a NaN.
    """

    name: ClassVar[str] = "canonicalize"

    def run(self, module: Module, context: Context) -> bool:
        """See the class."""
        return rewrite(module, _patterns())


def constant(value: Value) -> Number | None:
    """The number that a value is known to be, at any locality."""
    op = value.op
    while isinstance(op, arith.Broadcast):
        op = op.operand.op
    number: Number | None = op.value if isinstance(op, arith.Const) else None
    return number


def is_bits(number: Number | None, wanted: Number) -> bool:
    """Whether a constant is this one, with the sign of zero."""
    if number is None or number != wanted or isinstance(number, float) != isinstance(wanted, float):
        return False
    return not isinstance(number, float) or math.copysign(1.0, number) == math.copysign(1.0, wanted)


def fold_constants(op: Op, rewriter: Rewriter) -> Value | None:
    """All operands are known."""
    numbers: list[Number] = []
    for operand in op.operands:
        number = constant(operand)
        if number is None:
            return None
        numbers.append(number)
    result = op.results[0].type
    value = fold(op.name, op.attributes, numbers, result.dtype)
    return None if value is None else rewriter.const(value, result)


def drop_broadcast(op: Op, rewriter: Rewriter) -> Value | None:
    """`f(broadcast(a), b)` is `f(a, b)` where b alone has the locality of the result."""
    if not any(isinstance(v.op, arith.Broadcast) for v in op.operands):
        return None
    sources = [_unbroadcast(v) for v in op.operands]
    if join(*(v.type for v in sources)) is not op.results[0].type.at:
        return None
    cls = type(op)
    return rewriter.value(cls, *sources, types=[op.results[0].type], **op.attributes)


def _unbroadcast(value: Value) -> Value:
    while isinstance(value.op, arith.Broadcast):
        value = value.op.operand
    return value


def constant_right(op: Op, rewriter: Rewriter) -> Value | None:
    """`c + x` is `x + c`."""
    lhs, rhs = op.operands
    if constant(lhs) is None or constant(rhs) is not None:
        return None
    return rewriter.value(type(op), rhs, lhs, types=[op.results[0].type])


def _keep(op: Op, rewriter: Rewriter, value: Value) -> Value:
    """A value in place of the result, at the result's locality."""
    return rewriter.at(value, op.results[0].type)


def neutral_right(by_float: float | None, by_int: int | None) -> Rule:
    """`x op n` is x."""

    def rule(op: Op, rewriter: Rewriter) -> Value | None:
        lhs, rhs = op.operands
        neutral = by_float if rhs.type.dtype.is_float else by_int
        if neutral is None or rhs.type.dtype is DType.bool or not is_bits(constant(rhs), neutral):
            return None
        return _keep(op, rewriter, lhs)

    return rule


def absorbing_right(number: int) -> Rule:
    """`x op n` is n, for integers."""

    def rule(op: Op, rewriter: Rewriter) -> Value | None:
        rhs = op.operands[1]
        if not rhs.type.dtype.is_int or constant(rhs) != number:
            return None
        return _keep(op, rewriter, rhs)

    return rule


def same_operands_zero(op: Op, rewriter: Rewriter) -> Value | None:
    """`x - x` and `x xor x` are 0, for integers and booleans."""
    lhs, rhs = op.operands
    if lhs is not rhs or lhs.type.dtype.is_float:
        return None
    return rewriter.const(False if lhs.type.dtype is DType.bool else 0, op.results[0].type)


def same_operands(op: Op, rewriter: Rewriter) -> Value | None:
    """`min(x, x)`, `x and x`, ... are x."""
    lhs, rhs = op.operands
    return lhs if lhs is rhs else None


def product_with_inverse(op: Op, rewriter: Rewriter) -> Value | None:
    """`x / 2^k` is `x * 2^-k`: both round the same real number. Subnormal inverses are left alone."""
    lhs, rhs = op.operands
    dtype = rhs.type.dtype
    divisor = constant(rhs)
    if not isinstance(divisor, float) or divisor == 0 or not math.isfinite(divisor):
        return None
    mantissa, _ = math.frexp(divisor)
    inverse = 1.0 / divisor
    info = np.finfo(dtype.numpy)
    if abs(mantissa) != 0.5 or not float(info.tiny) <= abs(inverse) <= float(info.max):
        return None
    factor = rewriter.const(inverse, rhs.type)
    return rewriter.value(arith.Mul, lhs, factor, types=[op.results[0].type])


def undo(inner: type[Op]) -> Rule:
    """`neg neg x` and `not not x` are x."""

    def rule(op: Op, rewriter: Rewriter) -> Value | None:
        made_by = op.operands[0].op
        return made_by.operands[0] if isinstance(made_by, inner) else None

    return rule


def magnitude_again(op: Op, rewriter: Rewriter) -> Value | None:
    """`abs abs x` and `abs neg x` are `abs x`."""
    made_by = op.operands[0].op
    if isinstance(made_by, arith.Abs):
        return op.operands[0]
    if isinstance(made_by, arith.Neg):
        return rewriter.value(arith.Abs, made_by.operand)
    return None


_INVERSE: Final = {"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}


def inverted_comparison(op: Op, rewriter: Rewriter) -> Value | None:
    """`not (a < b)` is `a >= b` for integers; for floats, which may be NaN, only equality can be turned round."""
    made_by = op.operands[0].op
    if not isinstance(made_by, arith.Cmp):
        return None
    if made_by.lhs.type.dtype.is_float and made_by.predicate not in ("eq", "ne"):
        return None
    types = [op.results[0].type]
    return rewriter.value(arith.Cmp, *made_by.operands, types=types, predicate=_INVERSE[made_by.predicate])


def compared_with_itself(op: Op, rewriter: Rewriter) -> Value | None:
    """`x <= x` is true, `x < x` false; for floats only what holds of NaN as well."""
    assert isinstance(op, arith.Cmp)
    if op.lhs is not op.rhs:
        return None
    holds = op.predicate in ("eq", "le", "ge")
    if op.lhs.type.dtype.is_float and op.predicate not in ("lt", "gt"):
        return None
    return rewriter.const(holds, op.results[0].type)


def known_choice(op: Op, rewriter: Rewriter) -> Value | None:
    """The condition is known, or does not matter."""
    assert isinstance(op, arith.Select)
    if op.then is op.other:
        return _keep(op, rewriter, op.then)
    known = constant(op.condition)
    if known is None:
        return None
    return _keep(op, rewriter, op.then if known else op.other)


def choice_of_booleans(op: Op, rewriter: Rewriter) -> Value | None:
    """`c ? true : false` is c, `c ? false : true` is `not c`."""
    assert isinstance(op, arith.Select)
    if op.result.type.dtype is not DType.bool:
        return None
    pair = (constant(op.then), constant(op.other))
    if pair == (True, False):
        return _keep(op, rewriter, op.condition)
    if pair == (False, True):
        return _keep(op, rewriter, rewriter.value(arith.Not, op.condition))
    return None


def inverted_choice(op: Op, rewriter: Rewriter) -> Value | None:
    """`not c ? a : b` is `c ? b : a`."""
    assert isinstance(op, arith.Select)
    made_by = op.condition.op
    if not isinstance(made_by, arith.Not):
        return None
    return rewriter.value(arith.Select, made_by.operand, op.other, op.then, types=[op.result.type])


def known_logic(op: Op, rewriter: Rewriter) -> Value | None:
    """`x and true`, `x or false` and `x xor false` are x, `x and false` and `x or true` constants."""
    lhs, rhs = op.operands
    known = constant(rhs)
    if not isinstance(known, bool):
        return None
    if isinstance(op, arith.Xor):
        return _keep(op, rewriter, rewriter.value(arith.Not, lhs) if known else lhs)
    absorbs = known is isinstance(op, arith.Or)
    return _keep(op, rewriter, rhs if absorbs else lhs)


_EXACT: Final = frozenset(
    {
        (DType.bool, DType.i32),
        (DType.bool, DType.i64),
        (DType.bool, DType.f32),
        (DType.bool, DType.f64),
        (DType.i32, DType.i64),
        (DType.i32, DType.f64),
        (DType.f32, DType.f64),
    }
)
"""Conversions that keep every value, so that what follows may convert from the first type."""


def needless_cast(op: Op, rewriter: Rewriter) -> Value | None:
    """A cast to the type at hand, and the second of two casts whose first keeps every value."""
    assert isinstance(op, arith.Cast)
    if op.operand.type is op.result.type:
        return op.operand
    made_by = op.operand.op
    if not isinstance(made_by, arith.Cast):
        return None
    source = made_by.operand
    if (source.type.dtype, op.operand.type.dtype) not in _EXACT:
        return None
    if source.type is op.result.type:
        return source
    return rewriter.value(arith.Cast, source, types=[op.result.type])


def masked_again(op: Op, rewriter: Rewriter) -> Value | None:
    """`and(wide(narrow(x)), mask)` is `and(x, mask)` for integers if the mask takes bits that narrow ones have."""
    wide, mask = op.operands[0].op, constant(op.operands[1])
    if not isinstance(wide, arith.Cast) or not isinstance(wide.operand.op, arith.Cast) or not isinstance(mask, int):
        return None
    narrow, source = wide.operand.type.dtype, wide.operand.op.operand
    if not (narrow is DType.i32 and source.type is wide.result.type and source.type.dtype is DType.i64):
        return None
    if not 0 <= mask < 1 << narrow.bits:
        return None
    return rewriter.value(arith.And, source, op.operands[1], types=[op.results[0].type])


def needless_bitcast(op: Op, rewriter: Rewriter) -> Value | None:
    """A bitcast to the type at hand, and the first of two."""
    assert isinstance(op, arith.Bitcast)
    source = op.operand.op.operand if isinstance(op.operand.op, arith.Bitcast) else op.operand
    if source.type is op.result.type:
        return source
    return None if source is op.operand else rewriter.value(arith.Bitcast, source, types=[op.result.type])


def needless_broadcast(op: Op, rewriter: Rewriter) -> Value | None:
    """A broadcast to the locality at hand, and the first of two."""
    assert isinstance(op, arith.Broadcast)
    if op.operand.type is op.result.type:
        return op.operand
    source = _unbroadcast(op.operand)
    return None if source is op.operand else rewriter.value(arith.Broadcast, source, types=[op.result.type])


def plain_fma(op: Op, rewriter: Rewriter) -> Value | None:
    """`fma(a, 1, c)` is `a + c` and `fma(a, b, -0.0)` is `a * b`: one rounding of the same real number."""
    assert isinstance(op, arith.Fma)
    types = [op.result.type]
    for one, other in ((op.a, op.b), (op.b, op.a)):
        if is_bits(constant(one), 1.0) and join(other.type, op.c.type) is op.result.type.at:
            return rewriter.value(arith.Add, other, op.c, types=types)
    if is_bits(constant(op.c), -0.0) and join(op.a.type, op.b.type) is op.result.type.at:
        return rewriter.value(arith.Mul, op.a, op.b, types=types)
    return None


_OWN: Final[Mapping[str, Sequence[Rule]]] = {
    "arith.add": (neutral_right(-0.0, 0),),
    "arith.sub": (neutral_right(0.0, 0), same_operands_zero),
    "arith.mul": (neutral_right(1.0, 1), absorbing_right(0)),
    "arith.div": (neutral_right(1.0, 1), product_with_inverse),
    "arith.min": (same_operands,),
    "arith.max": (same_operands,),
    "arith.and": (same_operands, known_logic, neutral_right(None, -1), absorbing_right(0), masked_again),
    "arith.or": (same_operands, known_logic, neutral_right(None, 0), absorbing_right(-1)),
    "arith.xor": (same_operands_zero, known_logic, neutral_right(None, 0)),
    "arith.shl": (neutral_right(None, 0),),
    "arith.shr": (neutral_right(None, 0),),
    "arith.sar": (neutral_right(None, 0),),
    "arith.neg": (undo(arith.Neg),),
    "arith.not": (undo(arith.Not), inverted_comparison),
    "arith.abs": (magnitude_again,),
    "arith.cmp": (compared_with_itself,),
    "arith.select": (known_choice, choice_of_booleans, inverted_choice),
    "arith.cast": (needless_cast,),
    "arith.bitcast": (needless_bitcast,),
    "arith.broadcast": (needless_broadcast,),
    "arith.fma": (plain_fma,),
}


def _patterns() -> Mapping[str, Sequence[Rule]]:
    """The rules of every op: folding first, then one form for its operands, then what is special to it."""
    table: dict[str, Sequence[Rule]] = {}
    for name, cls in REGISTRY.items():
        rules: list[Rule] = []
        if name in FOLDABLE:
            rules.append(fold_constants)
        if issubclass(cls, arith.Elementwise) and cls.spec.has(PURE):
            rules.append(drop_broadcast)
        if cls.spec.has(COMMUTATIVE):
            rules.append(constant_right)
        rules += _OWN.get(name, ())
        if rules:
            table[name] = rules
    return table
