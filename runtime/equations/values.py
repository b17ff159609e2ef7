"""`Parameter`, `Variable`, `Creating`, `Pruning`: parts of a model given as Python values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nnc.runtime.errors import NNCTypeError, NNCValueError, with_hint

if TYPE_CHECKING:
    from nnc.compiler.description import Kind, Locality

_LOCALITIES: dict[str, Locality] = {
    "local": "local",
    "semiglobal": "semiglobal",
    "postsynaptic": "semiglobal",
    "global": "global",
    "population": "global",
    "projection": "global",
}
_KINDS: dict[object, Kind] = {
    float: "float",
    int: "int",
    bool: "bool",
    "float": "float",
    "int": "int",
    "bool": "bool",
}


def parse_locality(text: str, owner: str) -> Locality:
    """The locality that a word stands for; the words of both API generations are known."""
    if isinstance(text, str) and text in _LOCALITIES:
        return _LOCALITIES[text]
    known = "use local, semiglobal, global, or a word that flags have for it"
    raise NNCValueError(with_hint(f"{owner}: unknown locality {text!r}; {known}", str(text), _LOCALITIES))


def parse_kind(kind: object, owner: str) -> Kind:
    """The number type that `float`, `int`, `bool` or their names stand for."""
    if isinstance(kind, str | type) and kind in _KINDS:
        return _KINDS[kind]
    raise NNCValueError(f"{owner}: unknown type {kind!r}; use float, int or bool")


@dataclass(frozen=True, init=False)
class Parameter:
    """A parameter of a model: `Parameter(value, locality="global", type="float")`.

    The value is a number, a `Constant`, its name, or a `RandomDistribution`. Without `locality` the parameter is
    global, but becomes local if a script gives it different values for different neurons before `compile()`.
    """

    value: Any
    locality: Locality
    type: Kind
    soft: bool

    def __init__(self, value: Any, locality: str | None = None, type: object = "float") -> None:
        _set(self, "value", value)
        _set(self, "locality", "global" if locality is None else parse_locality(locality, "Parameter"))
        _set(self, "type", parse_kind(type, "Parameter"))
        _set(self, "soft", locality is None)


@dataclass(frozen=True, init=False)
class Variable:
    """A variable with its one equation and its flags as keywords."""

    equation: str
    init: Any
    min: str | float | None
    max: str | float | None
    method: str | None
    locality: Locality | None
    type: Kind | None

    def __init__(
        self,
        equation: str,
        init: Any = None,
        min: str | float | None = None,
        max: str | float | None = None,
        method: str | None = None,
        locality: str | None = None,
        type: object = None,
    ) -> None:
        if not isinstance(equation, str):
            raise NNCTypeError(f"Variable: the equation is a string, not {equation!r}")
        _set(self, "equation", equation)
        _set(self, "init", init)
        _set(self, "min", min)
        _set(self, "max", max)
        _set(self, "method", method)
        _set(self, "locality", None if locality is None else parse_locality(locality, "Variable"))
        _set(self, "type", None if type is None else parse_kind(type, "Variable"))


@dataclass(frozen=True)
class Creating:
    """A rule that creates synapses: condition, probability, weight and delay (ms) of the new ones."""

    equation: str
    proba: float = 1.0
    w: Any = 0.0
    d: Any = None


@dataclass(frozen=True)
class Pruning:
    """A rule that removes synapses: condition and probability."""

    equation: str
    proba: float = 1.0


def _set(target: object, name: str, value: object) -> None:
    object.__setattr__(target, name, value)
