"""Declaring operations: one class gives accessors, constructor, verifier, printer and parser.

    @operation("arith.add", traits=PURE | COMMUTATIVE, level="any")
    class Add(Op):
        lhs = operand()
        rhs = operand()
        result = result()
        syntax = "%lhs , %rhs :r"

The syntax is a list of words separated by blanks: `%x` an operand, `%x*` a list of operands, `$a` an attribute,
`?a` a flag printed as its own name, `{r}` a region, `&r` the arguments of a region, `:r` the result types,
`( ... )?` a group printed only if its first attribute or operand list is there (and not the default), anything else
literal text.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast, overload

from nnc.compiler.diagnostics import UNKNOWN, Loc
from nnc.compiler.ir.core import Block, Op, Value

if TYPE_CHECKING:
    from nnc.compiler.ir.attributes import Attr, AttrKind
    from nnc.compiler.ir.types import Type

T = TypeVar("T")
OpT = TypeVar("OpT", bound=Op)
Level = Literal["any", "model", "step", "loop"]


class Trait(enum.Flag):
    """What a pass may assume of an op."""

    NONE = 0
    PURE = enum.auto()
    """No effect; the same operands and attributes give the same result."""
    COMMUTATIVE = enum.auto()
    """The first two operands may be exchanged without changing a bit."""
    TERMINATOR = enum.auto()
    """Ends a block."""
    SYMBOL = enum.auto()
    """Declares the name in its attribute `sym`."""
    ISOLATED = enum.auto()
    """Values of the outside are not visible in its regions; value names start anew."""


PURE = Trait.PURE
COMMUTATIVE = Trait.COMMUTATIVE
TERMINATOR = Trait.TERMINATOR
SYMBOL_OP = Trait.SYMBOL
ISOLATED = Trait.ISOLATED


class _Field(Generic[T]):
    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, op: None, owner: type) -> _Field[T]: ...
    @overload
    def __get__(self, op: Op, owner: type) -> T: ...
    def __get__(self, op: Op | None, owner: type) -> Any:
        return self if op is None else self.read(op)

    def read(self, op: Op) -> T:
        raise NotImplementedError


class OperandField(_Field[Value]):
    """A single operand."""

    index = 0

    def read(self, op: Op) -> Value:  # noqa: D102
        return op.operands[self.index]


class OperandsField(_Field[Sequence[Value]]):
    """All remaining operands."""

    index = 0

    def read(self, op: Op) -> Sequence[Value]:  # noqa: D102
        return op.operands[self.index :]


class ResultField(_Field[Value]):
    """A single result."""

    index = 0

    def read(self, op: Op) -> Value:  # noqa: D102
        return op.results[self.index]


class ResultsField(_Field[Sequence[Value]]):
    """All results."""

    def read(self, op: Op) -> Sequence[Value]:  # noqa: D102
        return op.results


class RegionField(_Field[Block]):
    """A region."""

    index = 0

    def read(self, op: Op) -> Block:  # noqa: D102
        return op.regions[self.index]


class AttributeField(_Field[T]):
    """An attribute; `default` makes it optional (and not printed when equal to it)."""

    def __init__(self, kind: AttrKind, default: Attr | None, optional: bool) -> None:
        self.kind = kind
        self.default = default
        self.optional = optional

    def read(self, op: Op) -> T:  # noqa: D102
        return cast("T", op.attributes.get(self.name, self.default))

    def __set__(self, op: Op, value: T) -> None:
        op.attributes[self.name] = cast("Attr", value)


def operand() -> OperandField:
    """Declare an operand."""
    return OperandField()


def operands() -> OperandsField:
    """Declare a list of operands; the last of the operand declarations."""
    return OperandsField()


def result() -> ResultField:
    """Declare a result."""
    return ResultField()


def results() -> ResultsField:
    """Declare any number of results."""
    return ResultsField()


def region() -> RegionField:
    """Declare a region."""
    return RegionField()


def attribute(kind: AttrKind) -> AttributeField[Any]:
    """Declare a required attribute."""
    return AttributeField(kind, None, False)


def optional(kind: AttrKind, default: Attr | None = None) -> AttributeField[Any]:
    """Declare an attribute that may be left out."""
    return AttributeField(kind, default, True)


@dataclass
class OpSpec:
    """The declaration of an op class, as the printer, parser and verifier use it."""

    name: str
    level: Level
    traits: Trait
    syntax: list[str]
    operands: list[str] = field(default_factory=list)
    variadic: str | None = None
    results: list[str] = field(default_factory=list)
    variadic_results: bool = False
    attributes: dict[str, AttributeField[Any]] = field(default_factory=dict)
    regions: list[str] = field(default_factory=list)
    infer: Callable[[Sequence[Value], dict[str, Attr]], Sequence[Type]] | None = None

    def has(self, trait: Trait) -> bool:
        """Whether the op has a trait."""
        # The `&` of flags makes an object, which is too slow for what every pass asks of every op.
        return self.traits._value_ & trait._value_ != 0


REGISTRY: dict[str, type[Op]] = {}
"""Every op class by name, filled by the op-set files when `nnc.compiler.ir` is imported."""


def operation(name: str, *, level: Level = "any", traits: Trait = Trait.NONE) -> Callable[[type[OpT]], type[OpT]]:
    """Class decorator that registers an op."""

    def register(cls: type[OpT]) -> type[OpT]:
        if name in REGISTRY:
            raise ValueError(f"the op {name} is declared twice")
        spec = OpSpec(name, level, traits, cast("str", getattr(cls, "syntax", "")).split())
        members: dict[str, Any] = {}
        for base in reversed(cls.__mro__):
            members.update(vars(base))
        for key, member in members.items():
            if isinstance(member, OperandField):
                member.index = len(spec.operands)
                spec.operands.append(key)
            elif isinstance(member, OperandsField):
                member.index = len(spec.operands)
                spec.variadic = key
            elif isinstance(member, ResultField):
                member.index = len(spec.results)
                spec.results.append(key)
            elif isinstance(member, ResultsField):
                spec.variadic_results = True
            elif isinstance(member, RegionField):
                member.index = len(spec.regions)
                spec.regions.append(key)
            elif isinstance(member, AttributeField):
                spec.attributes[key] = member
        spec.infer = getattr(cls, "infer", None)
        cls.name = name
        cls.spec = spec
        REGISTRY[name] = cls
        return cls

    return register


def create(
    cls: type[OpT],
    *operand_values: Value,
    types: Sequence[Type] | None = None,
    regions: Sequence[Block] = (),
    loc: Loc = UNKNOWN,
    **attributes: Attr | None,
) -> OpT:
    """Make an op; result types are inferred where the class can, regions default to empty blocks."""
    spec = cls.spec
    attrs = {k: v for k, v in attributes.items() if v is not None}
    for k in attrs:
        if k not in spec.attributes:
            raise TypeError(f"{spec.name} has no attribute {k}")
    if types is None:
        types = spec.infer(operand_values, attrs) if spec.infer is not None else ()
    if not regions and spec.regions:
        regions = [Block() for _ in spec.regions]
    return cls(operand_values, types, attrs, regions, loc)
