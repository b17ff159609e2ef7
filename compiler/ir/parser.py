"""Reads the text of the IR back; the inverse of `printer`.

Errors are diagnostics with a place in the text: N0901 syntax, N0902 unknown op, N0903 undefined or twice defined
value, N0904 attribute, N0905 type.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn, TypeVar, cast

from nnc.compiler.diagnostics import Diagnostic, DiagnosticError, Loc, Source, did_you_mean
from nnc.compiler.ir import format as fmt
from nnc.compiler.ir.attributes import Attr, AttrKind, Symbol, parse_float, same
from nnc.compiler.ir.core import Block, Op, Value
from nnc.compiler.ir.define import ISOLATED, REGISTRY
from nnc.compiler.ir.model import Module
from nnc.compiler.ir.printer import base_name
from nnc.compiler.ir.types import Type, parse_type

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_TOKEN = re.compile(
    r"""(?:[ \t\r\n]+ | //[^\n]*)*               # skipped
    ( %\w+ | @[\w.]+ | @?"(?:[^"\\\n]|\\.)*"       # value, symbol, string
    | [A-Za-z_][\w.]*(?:-[A-Za-z]\w*)*(?:\[(?:neuron|pre|post|syn)\]|<\w+>)?   # word or type
    | [+-]?(?:inf\b|nan\b|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)                      # number
    | . | \Z )""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n"}
_END = "end of text"
_T = TypeVar("_T")


def parse_module(text: str, source: Source | None = None) -> Module:
    """The module with this text.

    Ops get their place in `source` (whose text is `text`; by default one made of it) unless `loc("file":line:col)`
    is given. Raises `DiagnosticError`.
    """
    return _Parser(source or Source(text, what="IR"), text).module()


class _Parser:
    def __init__(self, source: Source, text: str) -> None:
        self.source = source
        self.tokens: list[str] = []
        self.starts: list[int] = []
        for match in _TOKEN.finditer(text):
            self.tokens.append(match[1])
            self.starts.append(match.start(1))
        self.position = 0
        self.values: dict[str, Value] = {}

    # Tokens

    @property
    def token(self) -> str:
        return self.tokens[self.position]

    def loc(self, first: int, last: int | None = None) -> Loc:
        """The place of some tokens, by index."""
        end = first if last is None else last
        return Loc(self.source, self.starts[first], self.starts[end] + len(self.tokens[end]))

    def fail(self, code: str, message: str, at: int | None = None, help: str | None = None) -> NoReturn:
        place = self.loc(self.position if at is None else at)
        raise DiagnosticError([Diagnostic("error", code, message, place, help)])

    def expected(self, what: str) -> NoReturn:
        self.fail("N0901", f"expected {what}, found {self.token or _END}")

    def accept(self, text: str) -> bool:
        if self.tokens[self.position] != text:
            return False
        self.position += 1
        return True

    def expect(self, text: str) -> None:
        if not self.accept(text):
            self.expected(f"'{text}'")

    def next(self) -> str:
        token = self.tokens[self.position]
        self.position += 1
        return token

    # Structure

    def module(self) -> Module:
        if self.token != "module":
            self.expected("'module'")
        op = self.op()
        if self.token:
            self.expected("the end of the text after the module")
        assert isinstance(op, Module)
        return op

    def op(self) -> Op:
        first = self.position
        names = self.result_names()
        cls = self.op_class()
        header = _Header(cls)
        self.steps(fmt.format_of(cls.name), header)
        if len(names) != len(header.types):
            count = len(header.types)
            self.fail("N0901", f"{cls.name} gives {count} value{'s' * (count != 1)}, not {len(names)}", first)
        loc = self.printed_loc() or self.loc(first, header.last or self.position - 1)
        op = cls(cast("list[Value]", header.operands), header.types, header.attributes, header.regions, loc)
        for (index, name), result in zip(names, op.results, strict=True):
            self.define(index, name, result)
        return op

    def result_names(self) -> list[tuple[int, str]]:
        names: list[tuple[int, str]] = []
        while self.token.startswith("%"):
            names.append((self.position, self.next()))
            if not self.accept(","):
                self.expect("=")
                break
        return names

    def op_class(self) -> type[Op]:
        cls = REGISTRY.get(self.token)
        if cls is None:
            if not re.match(r"[A-Za-z_]", self.token):
                self.expected("an operation")
            self.fail("N0902", f"unknown operation '{self.token}'", help=did_you_mean(self.token, REGISTRY))
        self.position += 1
        return cls

    def steps(self, steps: Sequence[fmt.Step], header: _Header) -> None:
        for step in steps:
            match step:
                case fmt.Literal():
                    self.expect(step.text)
                case fmt.Operand():
                    header.operands[step.index] = self.use()
                case fmt.ResultTypes():
                    self.expect(":")
                    header.types = self.list_of(self.type)
                case fmt.Attribute():
                    value = self.attribute(step.name, step.kind)
                    if step.default is None or not same(value, step.default):
                        header.attributes[step.name] = value
                case fmt.Flag():
                    if self.accept(step.name):
                        header.attributes[step.name] = True
                case fmt.OperandList():
                    if self.token.startswith("%"):
                        header.operands += self.list_of(self.use)
                case fmt.Arguments():
                    header.arguments[step.index] = self.arguments()
                case fmt.Region():
                    header.last = header.last or self.position - 1
                    header.regions[step.index] = self.region(header, step.index)
                case fmt.Group():
                    if self.group_follows(step):
                        self.steps(step.steps, header)

    def group_follows(self, group: fmt.Group) -> bool:
        first = group.steps[0]
        match first:
            case fmt.Literal():
                return self.token == first.text
            case fmt.OperandList():
                return self.token.startswith("%")
            case fmt.Attribute():
                return self.token in first.kind.words
            case _:
                return False

    def list_of(self, item: Callable[[], _T]) -> list[_T]:
        items = [item()]
        while self.accept(","):
            items.append(item())
        return items

    def region(self, header: _Header, index: int) -> Block:
        arguments = header.arguments.get(index, [])
        block = Block([t for _, _, t in arguments])
        self.expect("{")
        outer = self.values
        self.values = {} if header.cls.spec.has(ISOLATED) else dict(outer)
        for (at, name, _), value in zip(arguments, block.args, strict=True):
            self.define(at, name, value)
        while not self.accept("}"):
            if not self.token:
                self.expected("'}'")
            block.append(self.op())
        self.values = outer
        return block

    def arguments(self) -> list[tuple[int, str, Type]]:
        arguments: list[tuple[int, str, Type]] = []
        while self.token.startswith("%"):
            at, name = self.position, self.next()
            self.expect(":")
            arguments.append((at, name, self.type()))
            if not self.accept(","):
                break
        return arguments

    # Values, types, places

    def use(self) -> Value:
        token = self.token
        value = self.values.get(token)
        if value is None:
            if not token.startswith("%"):
                self.expected("a value")
            self.fail("N0903", f"{token} is not defined here", help=did_you_mean(token, self.values))
        self.position += 1
        return value

    def define(self, at: int, name: str, value: Value) -> None:
        if name in self.values:
            self.fail("N0903", f"{name} is defined twice", at)
        self.values[name] = value
        value.hint = base_name(name[1:])

    def type(self) -> Type:
        found = parse_type(self.token)
        if found is None:
            self.fail("N0905", f"'{self.token or _END}' is no type", help="types look like f64, bool[syn], buf<i32>")
        self.position += 1
        return found

    def printed_loc(self) -> Loc | None:
        if self.token != "loc" or self.tokens[self.position + 1] != "(":
            return None
        self.position += 2
        if self.accept("unknown"):
            self.expect(")")
            return Loc()
        path = self.string()
        self.expect(":")
        line = self.integer()
        self.expect(":")
        column = self.integer()
        self.expect(")")
        return Loc(Source("", path, line, column))

    # Attributes

    def attribute(self, name: str, kind: AttrKind) -> Attr:
        at = self.position
        value = self.attribute_value(kind)
        if not kind.check(value):
            words = "one of " + ", ".join(kind.words) if kind.words else f"of kind {kind.name}"
            shown = "".join(self.tokens[at : self.position])
            help = did_you_mean(shown, kind.words) if kind.words else None
            self.fail("N0904", f"{name} must be {words}, not {shown or _END}", at, help)
        return value

    def attribute_value(self, kind: AttrKind) -> Attr:
        match kind.name:
            case "int":
                return self.integer()
            case "literal" | "bool":
                return self.literal()
            case "string":
                return self.string()
            case "symbol":
                return self.symbol()
            case "type":
                return self.type()
            case "symbols":
                return self.tuple_of(self.symbol)
            case "ints":
                return self.tuple_of(self.integer)
            case "literals":
                return self.tuple_of(self.literal)
            case "strings":
                return self.tuple_of(self.string)
            case _:
                return self.next() if self.token else self.expected("a word")

    def tuple_of(self, item: Callable[[], Attr]) -> Attr:
        self.expect("[")
        if self.accept("]"):
            return ()
        items = self.list_of(item)
        self.expect("]")
        return tuple(items)

    def symbol(self) -> Symbol:
        token = self.token
        if not token.startswith("@"):
            self.expected("a symbol")
        self.position += 1
        return Symbol(_unquoted(token[1:]))

    def string(self) -> str:
        token = self.token
        if not token.startswith('"') or len(token) < 2:
            self.expected("a string")
        self.position += 1
        return _unquoted(token)

    def integer(self) -> int:
        token = self.token
        try:
            value = int(token)
        except ValueError:
            self.expected("an integer")
        self.position += 1
        return value

    def literal(self) -> bool | int | float:
        token = self.token
        if token in ("true", "false"):
            self.position += 1
            return token == "true"
        if token.lstrip("+-").isdigit():
            return self.integer()
        try:
            value = parse_float(token)
        except ValueError:
            self.expected("a number, true or false")
        self.position += 1
        return value


class _Header:
    """What the parser has read of an op."""

    def __init__(self, cls: type[Op]) -> None:
        spec = cls.spec
        self.cls = cls
        self.operands: list[Value | None] = [None] * len(spec.operands)
        self.types: list[Type] = []
        self.attributes: dict[str, Attr] = {}
        self.regions: list[Block] = [Block() for _ in spec.regions]
        self.arguments: dict[int, list[tuple[int, str, Type]]] = {}
        self.last: int | None = None


def _unquoted(token: str) -> str:
    if not token.startswith('"'):
        return token
    return _ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]), token[1:-1])
