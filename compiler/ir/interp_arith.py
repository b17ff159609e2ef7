"""Meaning of the ops on numbers: every `arith.*`, `math.*` and `random.*` op on NumPy arrays.

This is the definition that folding, passes and targets are tested against. An f32 op is computed in f32, integers
wrap, and special values are those of the op's docstring. `math.*` functions and `random.philox` are evaluated by
running their expansion on arrays, so they have the bits that `expand-math` gives.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.ir import elementary
from nnc.compiler.ir.arith import normalise
from nnc.compiler.ir.exact import fma
from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from nnc.compiler.ir.attributes import Attr

    Array = NDArray[Any]
    Function = Callable[..., Array]

_DTYPES = {d.numpy: d for d in DType}
_UNSIGNED = {np.dtype(np.int32): np.uint32, np.dtype(np.int64): np.uint64}


def dtype_of(array: Array) -> DType:
    """Element type of an array that holds values of the IR."""
    return _DTYPES[array.dtype]


def _where(condition: Array, then: Array, other: Array) -> Array:
    return np.where(condition, then, other)


def _div(a: Array, b: Array) -> Array:
    if a.dtype.kind == "f":
        return a / b
    safe = np.where((b == 0) | (b == -1), b.dtype.type(1), b)
    floor = a // safe
    toward_zero = floor + (((a % safe) != 0) & ((a < 0) != (safe < 0))).astype(a.dtype)
    return np.where(b == 0, a.dtype.type(0), np.where(b == -1, -a, toward_zero))


def _rem(a: Array, b: Array) -> Array:
    if a.dtype.kind == "f":
        return np.fmod(a, b)
    safe = np.where((b == 0) | (b == -1), b.dtype.type(1), b)
    return np.fmod(a, safe)


def _shift(function: Function, unsigned: bool) -> Function:
    def apply(a: Array, b: Array) -> Array:
        amount = b & b.dtype.type(b.dtype.itemsize * 8 - 1)
        if not unsigned:
            return function(a, amount)
        kind = _UNSIGNED[a.dtype]
        return function(a.view(kind), amount.view(kind)).view(a.dtype)

    return apply


def _mulhi(a: Array, b: Array) -> Array:
    wide = a.view(np.uint32).astype(np.uint64) * b.view(np.uint32).astype(np.uint64)
    return (wide >> np.uint64(32)).astype(np.uint32).view(np.int32)


def _abs(a: Array) -> Array:
    return np.abs(a) if a.dtype.kind == "f" else np.where(a < 0, -a, a)


_TABLE: dict[str, Function] = {
    "arith.add": np.add,
    "arith.sub": np.subtract,
    "arith.mul": np.multiply,
    "arith.div": _div,
    "arith.rem": _rem,
    "arith.min": lambda a, b: _where(a < b, a, b),
    "arith.max": lambda a, b: _where(a > b, a, b),
    "arith.neg": np.negative,
    "arith.abs": _abs,
    "arith.fma": fma,
    "arith.and": np.bitwise_and,
    "arith.or": np.bitwise_or,
    "arith.xor": np.bitwise_xor,
    "arith.not": np.invert,
    "arith.shl": _shift(np.left_shift, unsigned=True),
    "arith.shr": _shift(np.right_shift, unsigned=True),
    "arith.sar": _shift(np.right_shift, unsigned=False),
    "arith.mulhi": _mulhi,
    "arith.select": _where,
    "math.sqrt": np.sqrt,
    "math.floor": np.floor,
    "math.ceil": np.ceil,
    "math.trunc": np.trunc,
    "math.rint": np.rint,
}

_COMPARE: dict[str, Function] = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}


def convert(a: Array, dtype: DType) -> Array:
    """`arith.cast` of an array."""
    if dtype is DType.bool:
        return np.not_equal(a, 0)
    if a.dtype.kind != "f" or not dtype.is_int:
        return a.astype(dtype.numpy)
    info = np.iinfo(dtype.numpy)
    end = a.dtype.type(2.0 ** (dtype.bits - 1))
    inside = (a > -end) & (a < end)
    whole = np.where(inside, a, a.dtype.type(0)).astype(dtype.numpy)
    low, high = dtype.numpy.type(info.min), dtype.numpy.type(info.max)
    return np.where(a >= end, high, np.where(a <= -end, low, whole))


def evaluate(
    name: str, attributes: Mapping[str, Attr], arrays: Sequence[Array], dtypes: Sequence[DType]
) -> list[Array]:
    """Results of an op on numbers: operands are arrays of the element types of the IR (0-d: one value).

    `dtypes` are the element types of the results. The arrays broadcast together; no warning is given for overflow or
    invalid operations. KeyError for an op that is not on numbers.
    """
    with np.errstate(all="ignore"):
        results = _evaluate(name, attributes, [np.asarray(a) for a in arrays], dtypes)
    return [np.asarray(r, d.numpy) for r, d in zip(results, dtypes, strict=True)]


def _evaluate(
    name: str, attributes: Mapping[str, Attr], arrays: Sequence[Array], dtypes: Sequence[DType]
) -> Sequence[Array]:
    function = _TABLE.get(name)
    if function is not None:
        return [function(*arrays)]
    if name == "const":
        return [np.array(attributes["value"], dtypes[0].numpy)]
    if name == "arith.cmp":
        return [_COMPARE[str(attributes["predicate"])](*arrays)]
    if name == "arith.cast":
        return [convert(arrays[0], dtypes[0])]
    if name == "arith.bitcast":
        return [arrays[0].view(dtypes[0].numpy)]
    if name == "arith.broadcast":
        return [arrays[0]]
    return elementary.expand(ArrayOps(), name, dtypes[0], list(arrays))


_BIT_EXACT = frozenset({"arith.neg", "arith.abs", "arith.select", "arith.bitcast", "arith.min", "arith.max"})


def fold(
    name: str, attributes: Mapping[str, Attr], constants: Sequence[bool | int | float], result: DType
) -> bool | int | float | None:
    """The constant that an op on numbers gives for constant operands, or None if it is not to be folded.

    Operands are values of their types. A NaN is only folded where its bits are determined by the operands.
    """
    if name in ("const", "arith.broadcast") or not constants:
        return None
    if name not in FOLDABLE:
        return None
    arrays = [np.array(c, d.numpy) for c, d in zip(constants, _operand_types(name, constants, result), strict=True)]
    (array,) = evaluate(name, attributes, arrays, [result])
    value = array.item()
    if isinstance(value, float) and math.isnan(value) and name not in _BIT_EXACT:
        return None
    return normalise(value, result)


def _operand_types(name: str, constants: Sequence[bool | int | float], result: DType) -> list[DType]:
    if name == "arith.bitcast":
        pairs = {DType.f32: DType.i32, DType.f64: DType.i64, DType.i32: DType.f32, DType.i64: DType.f64}
        return [pairs[result] if isinstance(constants[0], float) != result.is_float else result]
    if name == "arith.select":
        return [DType.bool, result, result]
    if name not in ("arith.cmp", "arith.cast"):
        return [result] * len(constants)
    # the widest type of the kind gives the same comparison and conversion, for the values are exact in both
    return [DType.bool if isinstance(c, bool) else DType.i64 if isinstance(c, int) else DType.f64 for c in constants]


def _method(name: str) -> Function:
    function = _TABLE[name]

    def apply(*arrays: Array) -> Array:
        return np.asarray(function(*arrays))

    return staticmethod(apply)


class ArrayOps:
    """The methods of `Builder` that expansions use, executed on arrays instead of emitted."""

    add = _method("arith.add")
    sub = _method("arith.sub")
    mul = _method("arith.mul")
    div = _method("arith.div")
    neg = _method("arith.neg")
    abs = _method("arith.abs")
    min = _method("arith.min")
    max = _method("arith.max")
    fma = _method("arith.fma")
    select = _method("arith.select")
    and_ = _method("arith.and")
    or_ = _method("arith.or")
    xor = _method("arith.xor")
    not_ = _method("arith.not")
    shl = _method("arith.shl")
    shr = _method("arith.shr")
    sar = _method("arith.sar")
    mulhi = _method("arith.mulhi")

    def const(self, value: bool | int | float, dtype: DType) -> Array:
        """A constant, rounded to the type."""
        cast = float(value) if dtype.is_float else value
        return np.array(normalise(cast, dtype), dtype.numpy)

    def cmp(self, predicate: str, a: Array, b: Array) -> Array:
        """Comparison."""
        return np.asarray(_COMPARE[predicate](a, b))

    def cast(self, a: Array, dtype: DType) -> Array:
        """Convert the value."""
        return np.asarray(convert(a, dtype))

    def bitcast(self, a: Array, dtype: DType) -> Array:
        """The same bits as another type."""
        return a.view(dtype.numpy)

    def math(self, name: str, *args: Array) -> Array:
        """A primitive of `math.*`."""
        return np.asarray(_TABLE[f"math.{name}"](*args))


FOLDABLE = (
    frozenset(_TABLE) | {"arith.cmp", "arith.cast", "arith.bitcast"} | {f"math.{n}" for n in elementary.FUNCTIONS}
)
"""The ops that `fold` knows."""
