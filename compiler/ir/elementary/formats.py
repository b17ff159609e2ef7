"""Constants of the two float formats, and taking numbers apart by their bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nnc.compiler.ir.types import DType

if TYPE_CHECKING:
    from nnc.compiler.ir.elementary.num import Num

INF: Final = float("inf")
NAN: Final = float("nan")


@dataclass(frozen=True)
class Format:
    """A binary float format. Adding `magic` to a small number rounds it to an integer, found in the low bits."""

    mantissa: int
    bias: int
    magic: float
    magic_bits: int
    least_normal: float
    sqrt_half_bits: int


F32: Final = Format(23, 127, 1.5 * 2.0**23, 0x4B400000, 2.0**-126, 0x3F3504F3)
F64: Final = Format(52, 1023, 1.5 * 2.0**52, 0x4338000000000000, 2.0**-1022, 0x3FE6A09E667F3BCD)


def format_of(x: Num) -> Format:
    """The format of a float."""
    return F32 if x.dtype is DType.f32 else F64


def power_of_two(exponent: Num) -> Num:
    """2 to an integer within the normal range, as the float of the same width."""
    form = F32 if exponent.dtype is DType.i32 else F64
    return ((exponent + form.bias) << form.mantissa).as_float()


def to_float(k: Num) -> Num:
    """A small integer (below 2^22) as the float of the same width, by bits: wide conversions are slow on many CPUs."""
    form = F32 if k.dtype is DType.i32 else F64
    return (k + form.magic_bits).as_float() - form.magic


def split(x: Num) -> tuple[Num, Num]:
    """(k, m) with x = 2^k * m and sqrt(1/2) <= m < sqrt(2), for positive finite x; k is an integer."""
    form = format_of(x)
    shift = form.mantissa + 2
    small = x < form.least_normal
    bits = small.select(x * 2.0**shift, x).bits()
    k = (bits - form.sqrt_half_bits) >> form.mantissa
    m = (bits - (k << form.mantissa)).as_float()
    return small.select(k - shift, k), m
