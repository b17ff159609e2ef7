"""Attribute values: constants attached to an op, compared bit by bit and printed so that they read back the same.

0.0 and -0.0 are different attributes and a NaN equals itself: an optimisation that merges equal ops relies on it.
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnc.compiler.ir.types import Type

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_PLAIN_SYMBOL = re.compile(r"[\w.]+")


class Symbol(str):
    """The name of something declared in the module, printed `@name`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"@{self!s}"


Attr = bool | int | float | str | Symbol | Type | tuple["Attr", ...]


def key(value: Attr) -> Hashable:
    """A hashable that is equal for two attributes iff they are the same bits of the same kind."""
    if isinstance(value, bool):
        return ("b", value)
    if isinstance(value, int):
        return ("i", value)
    if isinstance(value, float):
        return ("f", struct.pack("<d", value))
    if isinstance(value, Symbol):
        return ("@", str(value))
    if isinstance(value, str):
        return ("s", value)
    if isinstance(value, tuple):
        return ("t", tuple(key(v) for v in value))
    return ("T", str(value))


def same(a: Attr, b: Attr) -> bool:
    """Whether two attributes are the same, by bits."""
    return key(a) == key(b)


def float_text(value: float) -> str:
    """Shortest text that reads back as the same bits."""
    if math.isnan(value):
        bits = struct.unpack("<Q", struct.pack("<d", value))[0]
        return "nan" if bits == 0x7FF8000000000000 else f"nan.0x{bits:016x}"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return repr(float(value))


def parse_float(text: str) -> float:
    """Inverse of `float_text`; ValueError if it is no such text."""
    if text.startswith("nan.0x"):
        value: float = struct.unpack("<d", struct.pack("<Q", int(text[4:], 16)))[0]
        return value
    return float(text)


@dataclass(frozen=True)
class AttrKind:
    """A kind of attribute: how it is checked and printed. Parsing is by the token stream, in `parser`."""

    name: str
    check: Callable[[Attr], bool]
    words: tuple[str, ...] = ()

    def text(self, value: Attr) -> str:
        """How the printer shows it."""
        return attr_text(value, self)


def attr_text(value: Attr, kind: AttrKind | None = None) -> str:
    """Text of an attribute."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Symbol):
        return f"@{value!s}" if _PLAIN_SYMBOL.fullmatch(value) else "@" + _quoted(value)
    if isinstance(value, str):
        return value if kind is not None and kind.name in ("word", "enum") else _quoted(value)
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, tuple):
        inner = (
            {"symbols": SYMBOL, "ints": INT, "literals": LITERAL, "strings": STRING}.get(kind.name) if kind else None
        )
        return "[" + ", ".join(attr_text(v, inner) for v in value) + "]"
    return str(value)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _is_int(v: Attr) -> bool:
    return isinstance(v, int) and not isinstance(v, bool)


INT = AttrKind("int", _is_int)
BOOL = AttrKind("bool", lambda v: isinstance(v, bool))
LITERAL = AttrKind("literal", lambda v: isinstance(v, (bool, int, float)))
STRING = AttrKind("string", lambda v: isinstance(v, str) and not isinstance(v, Symbol))
WORD = AttrKind("word", lambda v: isinstance(v, str) and v.replace("-", "_").isidentifier())
SYMBOL = AttrKind("symbol", lambda v: isinstance(v, Symbol))
TYPE = AttrKind("type", lambda v: isinstance(v, Type))
SYMBOLS = AttrKind("symbols", lambda v: isinstance(v, tuple) and all(isinstance(x, Symbol) for x in v))
INTS = AttrKind("ints", lambda v: isinstance(v, tuple) and all(_is_int(x) for x in v))
LITERALS = AttrKind("literals", lambda v: isinstance(v, tuple) and all(isinstance(x, (bool, int, float)) for x in v))
STRINGS = AttrKind("strings", lambda v: isinstance(v, tuple) and all(isinstance(x, str) for x in v))


def enum_kind(*words: str) -> AttrKind:
    """One of some words."""
    return AttrKind("enum", lambda v: isinstance(v, str) and v in words, words)
