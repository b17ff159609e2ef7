"""What the arithmetic instructions compute, on arrays with an element per thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from support.ptx.errors import PTXError

from nnc.compiler.ir.exact import fma

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from support.ptx.parse import Instruction

Array = Any
Operation = Callable[..., Any]

TYPES: dict[str, type[Any]] = {
    **{f"{k}{bits}": getattr(np, f"uint{bits}") for k in "bu" for bits in (8, 16, 32, 64)},
    **{f"s{bits}": getattr(np, f"int{bits}") for bits in (8, 16, 32, 64)},
    "f32": np.float32,
    "f64": np.float64,
    "pred": np.bool_,
}
_NAN32 = np.array([0x7FFFFFFF], np.uint32).view(np.float32)[0]
_INEXACT = {"approx", "full", "ftz", "sat", "rz", "rm", "rp"}


def types_of(i: Instruction) -> list[str]:
    """The types that an opcode names, in order."""
    return [word for word in i.opcode if word in TYPES]


def canonical(values: Array) -> Array:
    """Operations on f32 give one NaN."""
    if values.dtype == np.float32:
        odd = values != values
        if odd.any():
            values[odd] = _NAN32
    return values


def _exact(i: Instruction) -> None:
    wrong = _INEXACT & set(i.opcode)
    if wrong:
        raise PTXError(f"line {i.line}: .{sorted(wrong)[0]} is not exact: {i.text}")


def _rounded(i: Instruction, operation: Operation) -> Operation:
    _exact(i)
    if not i.has("rn"):
        raise PTXError(f"line {i.line}: without .rn the driver may contract this: {i.text}")
    return lambda *a: canonical(operation(*a))


def _either(i: Instruction, operation: Operation) -> Operation:
    if i.opcode[-1][0] == "f":
        return _rounded(i, operation)
    if i.has("sat") or i.has("cc"):
        raise PTXError(f"line {i.line}: unknown variant: {i.text}")
    return operation


def _mul_high(a: Array, b: Array) -> Array:
    if a.dtype.itemsize < 8:
        wide = np.int64 if a.dtype.kind == "i" else np.uint64
        return (a.astype(wide) * b.astype(wide) >> (8 * a.dtype.itemsize)).astype(a.dtype)
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    x, y = a.view(np.uint64), b.view(np.uint64)
    xl, xh, yl, yh = x & low, x >> shift, y & low, y >> shift
    middle = xh * yl + (xl * yl >> shift)
    high = xh * yh + (middle >> shift) + ((middle & low) + xl * yh >> shift)
    if a.dtype.kind == "i":
        high = high - np.where(a < 0, y, np.uint64(0)) - np.where(b < 0, x, np.uint64(0))
    return high.view(a.dtype)


def _wide(a: Array) -> Array:
    return a.astype(f"{a.dtype.kind}{2 * a.dtype.itemsize}")


def _mul(i: Instruction) -> Operation:
    if i.opcode[-1][0] == "f":
        return _rounded(i, np.multiply)
    return {"lo": np.multiply, "hi": _mul_high, "wide": lambda a, b: _wide(a) * _wide(b)}[i.opcode[1]]


def _mad(i: Instruction) -> Operation:
    product = _mul(i)
    return lambda a, b, c: product(a, b) + c


def _divide(a: Array, b: Array) -> Array:
    return (a - np.fmod(a, b)) // b


def _div(i: Instruction) -> Operation:
    return _rounded(i, np.divide) if i.opcode[-1][0] == "f" else _divide


def _extreme(i: Instruction) -> Operation:
    smaller = i.name == "min"
    if i.opcode[-1][0] != "f":
        return np.minimum if smaller else np.maximum
    _exact(i)

    def pick(a: Array, b: Array) -> Array:
        first = (a < b) | ((a == b) & np.signbit(a)) if smaller else (a > b) | ((a == b) & ~np.signbit(a))
        values = np.where((first & (a == a)) | (b != b), a, b)
        return canonical(values)

    return pick


def _shift(i: Instruction) -> Operation:
    bits = int(i.opcode[-1][1:])

    def left(a: Array, n: Array) -> Array:
        return np.where(n < bits, a << (n % bits).astype(a.dtype), a.dtype.type(0))

    def right(a: Array, n: Array) -> Array:
        if a.dtype.kind == "i":
            return a >> np.minimum(n, bits - 1).astype(a.dtype)
        return np.where(n < bits, a >> (n % bits).astype(a.dtype), a.dtype.type(0))

    return left if i.name == "shl" else right


_COMPARE: dict[str, Operation] = {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
    "lo": np.less, "ls": np.less_equal, "hi": np.greater, "hs": np.greater_equal,
}  # fmt: skip
_COMBINE: dict[str, Operation] = {"and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor}


def comparison(i: Instruction) -> Operation:
    """The test of a `setp`."""
    _exact(i)
    test, real = i.opcode[1], i.opcode[-1][0] == "f"
    if test in ("num", "nan"):
        found: Operation = (
            (lambda a, b: ~((a != a) | (b != b))) if test == "num" else (lambda a, b: (a != a) | (b != b))
        )
    elif real and test == "ne":
        found = lambda a, b: (a < b) | (a > b)  # noqa: E731
    elif real and len(test) == 3:
        ordered = _COMPARE[test[:2]]
        found = lambda a, b: ordered(a, b) | (a != a) | (b != b)  # noqa: E731
    else:
        found = _COMPARE[test]
    combine = next((_COMBINE[w] for w in i.opcode[2:] if w in _COMBINE), None)
    return found if combine is None else lambda a, b, p: combine(found(a, b), p)


_ROUND: dict[str, Operation] = {"rni": np.rint, "rmi": np.floor, "rpi": np.ceil, "rzi": np.trunc}


def conversion(i: Instruction) -> Operation:
    """What a `cvt` does."""
    if {"ftz", "sat", "approx"} & set(i.opcode):
        raise PTXError(f"line {i.line}: unknown conversion: {i.text}")
    target, source = types_of(i)
    want = TYPES[target]
    rounding = next((_ROUND[w] for w in i.opcode if w in _ROUND), None)
    if source[0] == "f" and target[0] == "f":
        if rounding is not None:
            return lambda a: canonical(rounding(a))
        if target == "f32" and source == "f64" and not i.has("rn"):
            raise PTXError(f"line {i.line}: a rounding is missing: {i.text}")
        return lambda a: canonical(a.astype(want))
    if source[0] == "f":
        if rounding is None:
            raise PTXError(f"line {i.line}: a rounding is missing: {i.text}")
        return lambda a: _saturated(rounding(a), want)
    if target[0] == "f" and not i.has("rn"):
        raise PTXError(f"line {i.line}: a rounding is missing: {i.text}")
    return lambda a: a.astype(want)


def _saturated(values: NDArray[Any], want: type[Any]) -> NDArray[Any]:
    limits = np.iinfo(want)
    low = values.dtype.type(limits.min)
    above = values >= values.dtype.type(2.0) ** (limits.bits - (limits.min < 0))
    inside = ~above & (values >= low)
    out = np.where(inside, values, 0).astype(want)
    out[above] = limits.max
    out[~above & ~inside] = limits.min
    nan = values != values
    if nan.any():
        out[nan] = 0 if limits.bits < 64 else want(1 << 63) if want is np.uint64 else limits.min
    return out


def _leading_zeros(a: Array) -> Array:
    count = np.full(a.shape, 8 * a.dtype.itemsize, np.uint32)
    for bit in range(8 * a.dtype.itemsize):
        count[(a >> a.dtype.type(bit)) & a.dtype.type(1) == 1] = 8 * a.dtype.itemsize - 1 - bit
    return count


def _reversed(a: Array) -> Array:
    out = np.zeros_like(a)
    for _ in range(8 * a.dtype.itemsize):
        out = out << a.dtype.type(1) | a & a.dtype.type(1)
        a = a >> a.dtype.type(1)
    return out


def _sign_of(a: Array, b: Array) -> Array:
    return np.copysign(b, a)


def _permuted(a: Array, b: Array, selector: Array) -> Array:
    source = np.stack([a, b], 1).view(np.uint8)
    out = np.zeros_like(a)
    for k in range(4):
        nibble = selector >> np.uint32(4 * k) & np.uint32(15)
        byte = np.take_along_axis(source, (nibble & 7).astype(np.int64)[:, None], 1)[:, 0]
        byte = np.where(nibble & 8, np.where(byte & 0x80, 0xFF, 0), byte).astype(np.uint32)
        out |= byte << np.uint32(8 * k)
    return out


def _field(a: Array, position: Array, length: Array) -> Array:
    bits = 8 * a.dtype.itemsize
    p, n = (np.minimum(x & 255, bits).astype(np.int64) for x in (position, length))
    wide = a.astype(object) >> p.astype(object)
    mask = (1 << n.astype(object)) - 1
    return (wide & mask).astype(a.dtype)


def operation(i: Instruction) -> Operation | None:
    """The function of an instruction whose operands and result all have its type, or None."""
    if i.name in ("add", "sub"):
        return _either(i, np.add if i.name == "add" else np.subtract)
    if i.name in _MAKERS:
        return _MAKERS[i.name](i)
    if i.name in ("and", "or", "xor", "not"):
        kind = "logical" if i.opcode[-1] == "pred" else "bitwise"
        return getattr(np, f"{kind}_{i.name}") if i.name != "not" or kind == "logical" else np.invert
    if i.name in ("abs", "neg"):
        _exact(i)
        return np.abs if i.name == "abs" else np.negative
    return _PLAIN.get(i.name)


_MAKERS: dict[str, Callable[[Any], Operation]] = {
    "mul": _mul, "mad": _mad, "div": _div, "min": _extreme, "max": _extreme, "shl": _shift, "shr": _shift,
    "fma": lambda i: _rounded(i, fma), "sqrt": lambda i: _rounded(i, np.sqrt),
    "rcp": lambda i: _rounded(i, lambda a: a.dtype.type(1.0) / a),
}  # fmt: skip
_PLAIN: dict[str, Operation] = {
    "rem": np.fmod, "popc": lambda a: np.bitwise_count(a).astype(np.uint32), "clz": _leading_zeros,
    "brev": _reversed, "copysign": _sign_of, "prmt": _permuted, "bfe": _field,
}  # fmt: skip
