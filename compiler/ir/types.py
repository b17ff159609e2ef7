"""Types of the IR: an element type, a locality, and buffers.

A value is one number per element of its locality `At`: `f64[neuron]` is one per neuron, `f64` one in all. The
locality of a result is the join of those of its operands, so what can be computed once for a whole population is
readable from the types. Types are interned and compared by identity.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import builtins


class DType(enum.Enum):
    """Element types. `u8` and `u16` are storage only: a load widens them, no arithmetic takes them."""

    f32 = "f32"
    f64 = "f64"
    i32 = "i32"
    i64 = "i64"
    bool = "bool"
    u8 = "u8"
    u16 = "u16"

    @property
    def is_float(self) -> builtins.bool:  # noqa: D102
        return self in (DType.f32, DType.f64)

    @property
    def is_int(self) -> builtins.bool:  # noqa: D102
        return self in (DType.i32, DType.i64)

    @property
    def numpy(self) -> np.dtype[Any]:
        """The NumPy type of one element in memory (bool is one byte)."""
        return _NUMPY[self]

    @property
    def bits(self) -> int:
        """Width in memory."""
        return self.numpy.itemsize * 8


_NUMPY: Final[dict[DType, np.dtype[Any]]] = {
    DType.f32: np.dtype(np.float32),
    DType.f64: np.dtype(np.float64),
    DType.i32: np.dtype(np.int32),
    DType.i64: np.dtype(np.int64),
    DType.bool: np.dtype(np.bool_),
    DType.u8: np.dtype(np.uint8),
    DType.u16: np.dtype(np.uint16),
}


class At(enum.Enum):
    """Locality: one value, or one per neuron, per pre neuron, per post neuron, per synapse."""

    one = ""
    neuron = "neuron"
    pre = "pre"
    post = "post"
    syn = "syn"

    def join(self, other: At) -> At | None:
        """Least locality that has both; None where neurons meet synapses."""
        if self is other or other is At.one:
            return self
        if self is At.one:
            return other
        if At.neuron in (self, other):
            return None
        return At.syn


@dataclass(frozen=True, eq=False)
class Type:
    """Element type and locality; `buffer` marks a region of memory of such elements (loop level)."""

    dtype: DType
    at: At = At.one
    buffer: bool = False

    def __str__(self) -> str:
        if self.buffer:
            return f"buf<{self.dtype.value}>"
        return self.dtype.value + (f"[{self.at.value}]" if self.at is not At.one else "")

    def __repr__(self) -> str:
        return f"Type({self})"

    def with_at(self, at: At) -> Type:
        """The same element type at another locality."""
        return value_type(self.dtype, at)

    def with_dtype(self, dtype: DType) -> Type:
        """Another element type at the same locality."""
        return value_type(dtype, self.at)


def value_type(dtype: DType, at: At = At.one) -> Type:
    """The interned type of a value."""
    return _interned(dtype, at)


@cache
def _interned(dtype: DType, at: At) -> Type:
    # A cache keeps f(x) and f(x, default) apart, so the defaults are filled in before it.
    return Type(dtype, at)


@cache
def buffer_type(dtype: DType) -> Type:
    """The interned type of a buffer of such elements."""
    return Type(dtype, At.one, True)


f32: Final = value_type(DType.f32)
f64: Final = value_type(DType.f64)
i32: Final = value_type(DType.i32)
i64: Final = value_type(DType.i64)
boolean: Final = value_type(DType.bool)


@lru_cache(256)
def parse_type(text: str) -> Type | None:
    """The type with this text, or None."""
    if text.startswith("buf<") and text.endswith(">"):
        name = text[4:-1]
        return buffer_type(DType(name)) if name in DType.__members__ else None
    base, _, rest = text.partition("[")
    if base not in DType.__members__:
        return None
    if not rest:
        return value_type(DType(base)) if base == text else None
    if not rest.endswith("]") or rest[:-1] not in {a.value for a in At if a.value}:
        return None
    return value_type(DType(base), At(rest[:-1]))


def join(*types: Type) -> At | None:
    """Join of the localities of some types."""
    at: At | None = At.one
    for t in types:
        if at is None:
            return None
        at = at.join(t.at)
    return at
