"""How names of scripts are typeset: Greek letters, subscripts, and never two names alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from nnc.runtime.reporting.maths import Symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GREEK: Final[dict[str, str]] = {
    **dict(zip(("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"), "αβγδϵζηθ", strict=True)),
    **dict(zip(("iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho"), "ικλμνξπρ", strict=True)),
    **dict(zip(("sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"), "στυϕχψω", strict=True)),
    **dict(zip(("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma"), "ΓΔΘΛΞΠΣ", strict=True)),
    **dict(zip(("Upsilon", "Phi", "Psi", "Omega"), "ΥΦΨΩ", strict=True)),
}
"""Greek letters by the names that scripts and LaTeX give them."""

_TAKEN: Final = ("pi", "Sigma")
"""Letters with a meaning of their own in reports: the number, and sums of inputs."""

_SPELLINGS: Final = {"lamda": "lambda", "eps": "epsilon"}
_NUMBERED: Final = re.compile(r"([A-Za-z]+?)(\d+)")

TIME: Final = Symbol("t")
STEP: Final = Symbol("dt")
"""The step size, shown as a capital delta and a t."""

T_LAST: Final = Symbol("t", ("last",))
TARGET: Final = Symbol("g", ("target",))
PI: Final = Symbol("pi")


def symbol_of(name: str) -> Symbol:
    """The symbol of a name taken by itself: `tau_exc` is a tau with a subscript, `v1` a v with the subscript 1."""
    first, *rest = name.split("_")
    if not first or not all(rest) or not name.isascii():
        return Symbol(name, literal=True)
    numbered = _NUMBERED.fullmatch(first)
    base, number = (numbered[1], (numbered[2],)) if numbered else (first, ())
    base = _SPELLINGS.get(base, base)
    if base in _TAKEN:
        return Symbol(name, literal=True)
    return Symbol(base, (*number, *rest))


def symbols_of(names: Iterable[str], reserved: Iterable[Symbol] = ()) -> dict[str, Symbol]:
    """Symbols of all names of a model; names that would look alike are written out letter by letter."""
    listed = list(dict.fromkeys(names))
    found = {name: symbol_of(name) for name in listed}
    taken = [*reserved, *found.values()]
    return {name: s if taken.count(s) == 1 else Symbol(name, literal=True) for name, s in found.items()}


def of_side(symbols: Mapping[str, Symbol], name: str, side: str) -> Symbol:
    """The symbol of an attribute of this object, or of the pre or post neuron."""
    found = symbols.get(name) or symbol_of(name)
    return Symbol(found.base, found.subscripts, "" if side == "self" else side, found.literal)
