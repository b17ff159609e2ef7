"""Units of measurement: SI units with prefixes, their products, quotients and powers.

A unit is a power of ten and the exponents of the base units. Equations are not converted: mV and V are different.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_BASES: Final = ("kg", "m", "s", "A", "K", "mol")


@dataclass(frozen=True)
class Unit:
    """10 ** scale times base units to their exponents (in the order kg, m, s, A, K, mol)."""

    scale: Fraction = Fraction(0)
    exponents: tuple[Fraction, ...] = (Fraction(0),) * len(_BASES)

    def __mul__(self, other: Unit) -> Unit:
        exponents = tuple(a + b for a, b in zip(self.exponents, other.exponents, strict=True))
        return Unit(self.scale + other.scale, exponents)

    def __truediv__(self, other: Unit) -> Unit:
        return self * other.power(Fraction(-1))

    def power(self, exponent: Fraction) -> Unit:
        """The unit to a rational power."""
        return Unit(self.scale * exponent, tuple(e * exponent for e in self.exponents))

    def __str__(self) -> str:
        """The short name if it has one (`mV`), else a product of base units."""
        if self in _SHORT:
            return _SHORT[self]
        scale = [] if self.scale == 0 else [f"10^{self.scale}"]
        factors = [b if e == 1 else f"{b}^{e}" for b, e in zip(_BASES, self.exponents, strict=True) if e != 0]
        return "*".join(scale + factors) or "1"


ONE: Final = Unit()


def _unit(scale: int = 0, **exponents: int) -> Unit:
    return Unit(Fraction(scale), tuple(Fraction(exponents.get(b, 0)) for b in _BASES))


_UNITS: Final[Mapping[str, Unit]] = {
    "m": _unit(m=1),
    "g": _unit(-3, kg=1),
    "s": _unit(s=1),
    "A": _unit(A=1),
    "K": _unit(K=1),
    "mol": _unit(mol=1),
    "Hz": _unit(s=-1),
    "N": _unit(kg=1, m=1, s=-2),
    "J": _unit(kg=1, m=2, s=-2),
    "W": _unit(kg=1, m=2, s=-3),
    "Pa": _unit(kg=1, m=-1, s=-2),
    "C": _unit(A=1, s=1),
    "V": _unit(kg=1, m=2, s=-3, A=-1),
    "Ohm": _unit(kg=1, m=2, s=-3, A=-2),
    "ohm": _unit(kg=1, m=2, s=-3, A=-2),
    "S": _unit(kg=-1, m=-2, s=3, A=2),
    "F": _unit(kg=-1, m=-2, s=4, A=2),
    "L": _unit(-3, m=3),
    "l": _unit(-3, m=3),
    "M": _unit(3, mol=1, m=-3),
}
_PREFIXES: Final[Mapping[str, int]] = {
    **{"T": 12, "G": 9, "M": 6, "k": 3, "d": -1, "c": -2, "m": -3},
    **{"u": -6, "µ": -6, "μ": -6, "n": -9, "p": -12, "f": -15},
}
_SHORT: Final[Mapping[Unit, str]] = {
    ONE: "1",
    **{
        Unit(unit.scale + _PREFIXES.get(prefix, 0), unit.exponents): prefix + name
        for name, unit in reversed(list(_UNITS.items()))
        if name not in ("ohm", "l")
        for prefix in ("G", "M", "k", "p", "n", "u", "m", "")
    },
}
_TOKEN: Final = re.compile(r"\s*(\*\*|\d+(?:\.\d+)?|[A-Za-zµμΩ]+|\S)")


def parse_unit(text: str) -> Unit:
    """The unit that a text such as `mV`, `1`, `nS*mV`, `mV/ms^2` or `1/(ms*nS)` stands for. ValueError says why not."""
    reader = _Reader(_TOKEN.findall(text.replace("Ω", "Ohm")))
    unit = reader.product()
    if reader.tokens:
        raise ValueError(f"'{reader.tokens[0]}' is out of place")
    return unit


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def take(self, *wanted: str) -> str | None:
        if self.tokens and self.tokens[0] in wanted:
            return self.tokens.pop(0)
        return None

    def product(self) -> Unit:
        unit = self.powered()
        while sign := self.take("*", "/", "."):
            factor = self.powered()
            unit = unit / factor if sign == "/" else unit * factor
        return unit

    def powered(self) -> Unit:
        unit = self.atom()
        if self.take("^", "**") is None:
            return unit
        sign = -1 if self.take("-") else 1
        if not self.tokens or not self.tokens[0][0].isdigit():
            raise ValueError("an exponent is a number")
        return unit.power(sign * Fraction(self.tokens.pop(0)))

    def atom(self) -> Unit:
        if not self.tokens:
            raise ValueError("a unit is missing")
        token = self.tokens.pop(0)
        if token == "(":
            unit = self.product()
            if self.take(")") is None:
                raise ValueError("a parenthesis is not closed")
            return unit
        if token == "1":
            return ONE
        if token in _UNITS:
            return _UNITS[token]
        prefix, name = token[:1], token[1:]
        if prefix in _PREFIXES and name in _UNITS:
            return _unit(_PREFIXES[prefix]) * _UNITS[name]
        raise ValueError(f"'{token}' is no unit")
