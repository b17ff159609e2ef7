"""Flags of statements: which words there are, where they belong, and what they say together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, cast

from nnc.compiler.diagnostics import UNKNOWN, did_you_mean
from nnc.compiler.frontend.builtins import METHODS
from nnc.compiler.frontend.model import Bound
from nnc.compiler.frontend.values import same

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnc.compiler.description import Kind, Locality
    from nnc.compiler.diagnostics import Diagnostics, Loc
    from nnc.compiler.frontend.syntax import Expr, Flag

Owner = Literal["neuron", "synapse"]
Group = Literal["init", "bounds", "locality", "type", "method", "unless_post"]

_LOCALITIES: Final[dict[str, tuple[Locality, tuple[Owner, ...]]]] = {
    "population": ("global", ("neuron",)),
    "projection": ("global", ("synapse",)),
    "postsynaptic": ("semiglobal", ("synapse",)),
    "global": ("global", ("neuron", "synapse")),
    "semiglobal": ("semiglobal", ("synapse",)),
    "local": ("local", ("neuron", "synapse")),
}
_TYPES: Final = ("int", "bool", "float")  # the first of several on one line counts
_VALUES: Final = ("init", "min", "max")
_EVENTS: Final = ("unless_post", "unless_refractory")

PARAMETER: Final[frozenset[Group]] = frozenset({"init", "bounds", "locality", "type"})
VARIABLE: Final[frozenset[Group]] = frozenset({"init", "bounds", "locality", "type", "method"})
RESET: Final[frozenset[Group]] = frozenset({"init", "bounds", "type"})
EVENT: Final[frozenset[Group]] = frozenset({"init", "bounds", "type", "unless_post"})
CONDITION: Final[frozenset[Group]] = frozenset()


@dataclass(frozen=True)
class Flags:
    """What the flags of a statement say; None where they say nothing. `bounds` in the order written."""

    init: Expr | None = None
    bounds: tuple[Bound, ...] = ()
    locality: Locality | None = None
    kind: Kind | None = None
    method: str | None = None
    unless_post: bool = False
    method_loc: Loc = UNKNOWN


def read_flags(flags: Iterable[Flag], allowed: frozenset[Group], owner: Owner, diagnostics: Diagnostics) -> Flags:
    """The meaning of the flags of one statement; each is checked by itself and against the others."""
    return _Reading(allowed, owner, diagnostics).read(flags)


class _Reading:
    def __init__(self, allowed: frozenset[Group], owner: Owner, diagnostics: Diagnostics) -> None:
        self.allowed = allowed
        self.owner = owner
        self.diagnostics = diagnostics
        self.values: dict[str, Expr] = {}
        self.bounds: list[Bound] = []
        self.words: dict[str, Flag] = {}

    def read(self, flags: Iterable[Flag]) -> Flags:
        for flag in flags:
            self.one(flag)
        kinds = [t for t in _TYPES if t in self.words]
        method = self.single([f for n, f in self.words.items() if n in METHODS], METHODS, "N0501", "methods")
        if method is not None and method.name == "exact":
            help = "write 'event-driven'"
            self.diagnostics.warning("N0117", "'exact' is an old name of 'event-driven'", method.loc, help=help)
        place = self.single(
            [f for n, f in self.words.items() if n in _LOCALITIES],
            {n: v[0] for n, v in _LOCALITIES.items()},
            "N0113",
            "localities",
        )
        return Flags(
            init=self.values.get("init"),
            bounds=tuple(self.bounds),
            locality=_LOCALITIES[place.name][0] if place is not None else None,
            kind=kinds[0] if kinds else None,
            method=METHODS[method.name] if method is not None else None,
            unless_post="unless_post" in self.words,
            method_loc=method.loc if method is not None else UNKNOWN,
        )

    def one(self, flag: Flag) -> None:
        group = _group(flag.name)
        if group is None:
            known = (*_VALUES, *_LOCALITIES, *_TYPES, *METHODS, *_EVENTS)
            self.diagnostics.error(
                "N0110", f"unknown flag '{flag.name}'", flag.loc, help=did_you_mean(flag.name, known) or _all_flags()
            )
        elif flag.name == "unless_refractory":
            self.diagnostics.warning("N0613", "the flag 'unless_refractory' has no effect", flag.loc)
        elif (flag.value is not None) != (flag.name in _VALUES):
            wanted = f"write '{flag.name} = value'" if flag.value is None else f"write just '{flag.name}'"
            what = "needs a value" if flag.value is None else "takes no value"
            self.diagnostics.error("N0111", f"the flag '{flag.name}' {what}", flag.loc, help=wanted)
        elif flag.name in _LOCALITIES and self.owner not in _LOCALITIES[flag.name][1]:
            self.wrong_owner(flag)
        elif group not in self.allowed:
            self.misplaced(flag, group)
        elif flag.name in self.values or flag.name in self.words:
            self.repeated(flag)
        elif flag.value is None:
            self.words[flag.name] = flag
        else:
            self.value(flag.name, flag.value, flag.loc)

    def value(self, name: str, value: Expr, loc: Loc) -> None:
        self.values[name] = value
        if name != "init":
            self.bounds.append(Bound(cast("Literal['min', 'max']", name), value, loc))

    def wrong_owner(self, flag: Flag) -> None:
        fitting = [n for n, (_, owners) in _LOCALITIES.items() if self.owner in owners and n[0] == "p"]
        self.diagnostics.error(
            "N0301",
            f"the flag '{flag.name}' does not exist in a {self.owner}",
            flag.loc,
            help=f"a {self.owner} knows " + " and ".join(f"'{n}'" for n in fitting),
        )

    def misplaced(self, flag: Flag, group: Group) -> None:
        if group == "method":
            self.diagnostics.error(
                "N0503",
                f"the method '{flag.name}' belongs to a differential equation",
                flag.loc,
                help="an assignment is executed once per step as it stands; remove the flag",
            )
            return
        self.diagnostics.error(
            "N0112", f"the flag '{flag.name}' does not belong here", flag.loc, help="remove the flag"
        )

    def repeated(self, flag: Flag) -> None:
        before = self.values.get(flag.name)
        if flag.name in self.values and not same(before, flag.value):
            self.diagnostics.error("N0113", f"the flag '{flag.name}' is given twice", flag.loc, help="keep one of them")

    def single(self, found: list[Flag], meaning: dict[str, str], code: str, what: str) -> Flag | None:
        """The one flag of a group whose members exclude each other."""
        for other in found[1:]:
            if meaning[other.name] != meaning[found[0].name]:
                self.diagnostics.error(
                    code,
                    f"two {what} for one statement: '{found[0].name}' and '{other.name}'",
                    other.loc,
                    help="keep one of them",
                )
        return found[0] if found else None


def _group(name: str) -> Group | None:
    if name == "init":
        return "init"
    if name in _VALUES:
        return "bounds"
    if name in _LOCALITIES:
        return "locality"
    if name in _TYPES:
        return "type"
    if name in METHODS:
        return "method"
    return "unless_post" if name in _EVENTS else None


def _all_flags() -> str:
    return (
        "flags are "
        + ", ".join(f"'{n}'" for n in (*_VALUES, "population", "projection", "postsynaptic", *_TYPES))
        + (" and the methods " + ", ".join(f"'{n}'" for n in METHODS if n not in ("exact", "runge-kutta4")))
    )
