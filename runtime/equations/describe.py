"""From the arguments of `Neuron(...)` and `Synapse(...)` to the plain descriptions the compiler reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.description import ConstantRef, Drawn, ParameterDecl, RuleDecl, VariableDecl
from nnc.runtime.equations.constants import Constant
from nnc.runtime.equations.values import Creating, Parameter, Variable
from nnc.runtime.errors import NNCTypeError, NNCValueError
from nnc.runtime.random import RandomDistribution

if TYPE_CHECKING:
    from nnc.compiler.description import Equations, Init, Value
    from nnc.compiler.diagnostics import Source
    from nnc.compiler.frontend.source import Site
    from nnc.runtime.equations.values import Pruning

Statements = str | Variable | Sequence["str | Variable"] | None
Parameters = str | Sequence[str] | Mapping[str, Any] | None


def text(given: object, site: Site, what: str) -> Source | None:
    """One text of a model with its place; None or blank stand for no text."""
    if given is None or given == "":
        return None
    if not isinstance(given, str):
        raise NNCTypeError(f"{what} must be a string, not {given!r}")
    return site.source(given, what)


def statements(given: Statements, site: Site, what: str) -> Equations:
    """Equations or event statements: a string, a `Variable`, or a list of both."""
    if given is None:
        return ()
    items: Sequence[object] = [given] if isinstance(given, str | Variable) else _listed(given, what)
    return tuple(_statement(item, site, what) for item in items if item != "")


def parameters(given: Parameters, site: Site) -> Source | tuple[Source | ParameterDecl, ...]:
    """Parameters: a string, a list of strings, or a dict from name to value."""
    if given is None or given == "":
        return ()
    if isinstance(given, str):
        return site.source(given, "parameters")
    if isinstance(given, Mapping):
        return tuple(_parameter(name, value, site) for name, value in given.items())
    lines = _listed(given, "parameters", "a dict, a string or a list of strings")
    for line in lines:
        if not isinstance(line, str):
            raise NNCTypeError(f"parameters must be strings, not {line!r}; a dict takes values")
    return tuple(site.source(str(line), "parameters") for line in lines)


def plain_values(given: Mapping[str, Any] | None) -> dict[str, Value]:
    """The `extra_values` of a model, checked to be numbers."""
    return {name: _plain_number(value, name) for name, value in (given or {}).items()}


def units(given: Mapping[str, str] | None) -> dict[str, str]:
    """The `units` of a model, checked to be texts."""
    for name, text in (given or {}).items():
        if not isinstance(name, str) or not isinstance(text, str):
            raise NNCTypeError(f"units are texts such as 'mV', not {text!r} for {name!r}")
    return dict(given or {})


def refractory(given: object) -> float | str | None:
    """The refractory period: ms, or the name of an attribute."""
    if given is None or isinstance(given, str):
        return given or None
    if isinstance(given, int | float | np.number) and not isinstance(given, bool):
        if given < 0:
            raise NNCValueError(f"refractory is a number of ms that is not negative, not {given}")
        return float(given)
    raise NNCTypeError(f"refractory is a number of ms or the name of an attribute, not {given!r}")


def rule(given: Creating | Pruning, site: Site, what: str) -> RuleDecl | None:
    """A rule of structural plasticity; None without a condition."""
    condition = text(given.equation, site, what)
    if condition is None:
        return None
    proba = _init(given.proba, "proba")
    if not isinstance(given, Creating):
        return RuleDecl(condition, _no_text(proba, "proba"))
    delay = None if given.d is None else _no_text(_init(given.d, "d"), "d")
    return RuleDecl(condition, _no_text(proba, "proba"), _no_text(_init(given.w, "w"), "w"), delay)


def _no_text(given: Init | str, name: str) -> Init:
    if isinstance(given, str):
        raise NNCTypeError(f"'{name}' must be a number, a constant or a distribution, not {given!r}")
    return given


def _listed(given: object, what: str, takes: str = "a string or a list of strings and Variables") -> list[object]:
    if isinstance(given, list):
        return given
    hint = "; write [...] for (...)" if isinstance(given, tuple) else ""
    raise NNCTypeError(f"{what} must be {takes}, not {given!r}{hint}")


def _statement(item: object, site: Site, what: str) -> Source | VariableDecl:
    if isinstance(item, Variable):
        return _variable(item, site, what)
    if isinstance(item, str):
        return site.source(item, what)
    raise NNCTypeError(f"{what} may hold strings and Variables only, not {item!r}")


def _variable(v: Variable, site: Site, what: str) -> VariableDecl:
    return VariableDecl(
        equation=site.source(v.equation, what),
        init=None if v.init is None else _init(v.init, "init"),
        min=_bound(v.min),
        max=_bound(v.max),
        method=v.method,
        locality=v.locality,
        kind=v.type,
    )


def _bound(given: object) -> str | float | None:
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, Constant):
        return given.name
    return float(_plain_number(given, "bound"))


def _parameter(name: object, given: object, site: Site) -> ParameterDecl:
    if not isinstance(name, str):
        raise NNCTypeError(f"parameters: the name must be a string, not {name!r}")
    if not isinstance(given, Parameter):
        given = Parameter(float(given) if isinstance(given, bool | int) else given)
    value = _init(given.value, name)
    drawn = isinstance(value, Drawn) and given.soft
    return ParameterDecl(
        name=name,
        value=value,
        locality="local" if drawn else given.locality,
        kind=given.type,
        loc=site.loc(),
        soft=given.soft and not drawn,
    )


def _init(given: object, name: str) -> Init | str:
    if isinstance(given, str):
        return given
    if isinstance(given, Constant):
        return ConstantRef(given.name)
    if isinstance(given, RandomDistribution):
        return Drawn(given)
    return _plain_number(given, name)


def _plain_number(given: object, name: str) -> Value:
    if isinstance(given, bool | int | float):
        return given
    if isinstance(given, np.bool_ | np.integer | np.floating):
        value: Value = given.item()
        return value
    raise NNCTypeError(f"'{name}' must be a number, a constant or a distribution, not {given!r}")
