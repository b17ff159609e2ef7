"""The declared syntax of an op as a list of steps, which the printer and the parser both walk.

See `define` for the words of a syntax. A `(` that closes with `)?` is an optional group; one that closes with `)` is
text. `prefix` is what the printer writes in front of a step: a blank, or nothing beside brackets and before commas.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from nnc.compiler.ir.define import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.ir.attributes import Attr, AttrKind
    from nnc.compiler.ir.define import OpSpec

_GLUED_BEFORE = frozenset({",", "[", "]", "(", ")"})
_GLUED_AFTER = frozenset({"[", "("})


@dataclass(frozen=True)
class Step:
    """One part of a syntax."""

    prefix: str


@dataclass(frozen=True)
class Literal(Step):
    """Fixed text."""

    text: str


@dataclass(frozen=True)
class Operand(Step):
    """One operand."""

    index: int


@dataclass(frozen=True)
class OperandList(Step):
    """All operands from an index on, separated by commas; may be empty."""

    index: int


@dataclass(frozen=True)
class Attribute(Step):
    """The value of an attribute."""

    name: str
    kind: AttrKind
    default: Attr | None
    optional: bool


@dataclass(frozen=True)
class Flag(Step):
    """An attribute shown by its own name when true."""

    name: str


@dataclass(frozen=True)
class Region(Step):
    """A region in braces."""

    index: int


@dataclass(frozen=True)
class Arguments(Step):
    """The arguments of a region with their types."""

    index: int


@dataclass(frozen=True)
class ResultTypes(Step):
    """A colon and the types of the results."""


@dataclass(frozen=True)
class Group(Step):
    """Steps that are there only if the attribute `guard` is, or operand list if `guard` is None."""

    steps: tuple[Step, ...]
    guard: str | None


@cache
def format_of(name: str) -> tuple[Step, ...]:
    """The steps of an op class, by its name."""
    spec = REGISTRY[name].spec
    return _sequence(spec, spec.syntax, " ")


def _sequence(spec: OpSpec, words: Sequence[str], prefix: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    position = 0
    while position < len(words):
        word = words[position]
        end = _group_end(words, position) if word == "(" else None
        if end is not None:
            inner = _sequence(spec, words[position + 1 : end], prefix)
            steps.append(Group("", inner, _guard(spec, inner)))
            position = end + 1
            continue
        steps.append(_step(spec, word, "" if word in _GLUED_BEFORE else prefix))
        prefix = "" if word in _GLUED_AFTER else " "
        position += 1
    return tuple(steps)


def _group_end(words: Sequence[str], start: int) -> int | None:
    """Index of the `)?` that closes an optional group, None if the parenthesis is plain text."""
    depth = 0
    for position in range(start, len(words)):
        if words[position] == "(":
            depth += 1
        elif words[position] in (")", ")?"):
            depth -= 1
            if depth == 0:
                return position if words[position] == ")?" else None
    raise ValueError("unbalanced parenthesis in the syntax: " + " ".join(words))


def _guard(spec: OpSpec, steps: Sequence[Step]) -> str | None:
    for step in steps:
        if isinstance(step, (Attribute, Flag)):
            return step.name
        if isinstance(step, OperandList):
            return None
    raise ValueError(f"{spec.name}: an optional group needs an attribute or an operand list")


def _step(spec: OpSpec, word: str, prefix: str) -> Step:
    mark, name = word[0], word[1:]
    if mark == "%" and name.endswith("*"):
        return OperandList(prefix, len(spec.operands))
    if mark == "%":
        return Operand(prefix, spec.operands.index(name))
    if mark == "$":
        declared = spec.attributes[name]
        return Attribute(prefix, name, declared.kind, declared.default, declared.optional)
    if mark == "?":
        return Flag(prefix, name)
    if mark == "{":
        return Region(prefix, spec.regions.index(word[1:-1]))
    if mark == "&":
        return Arguments(prefix, spec.regions.index(name))
    if word == ":r":
        return ResultTypes(prefix)
    return Literal(prefix, word)
