"""PTX text to functions of instructions: the part of the language that LLVM's NVPTX back end writes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from support.ptx.errors import PTXError


@dataclass(frozen=True)
class Address:
    """`[base+offset]`; the base is the name of a register or a variable, or nothing."""

    base: str
    offset: int


@dataclass(frozen=True)
class Instruction:
    """`@guard opcode operands;`"""

    opcode: tuple[str, ...]
    operands: tuple[str | int | Address | tuple[str | int, ...], ...]
    guard: str | None
    negated: bool
    line: int
    text: str

    @property
    def name(self) -> str:
        return self.opcode[0]

    def has(self, word: str) -> bool:
        return word in self.opcode


@dataclass(frozen=True)
class Variable:
    """Memory that a module or a function declares."""

    name: str
    space: str
    align: int
    size: int
    data: bytes | None = None


@dataclass
class Function:
    """Registers by class and number, parameters with their sizes, code, and where labels are."""

    name: str
    entry: bool
    params: list[tuple[str, int]]
    result: tuple[str, int] | None
    registers: list[tuple[str, str, int]] = field(default_factory=list)
    variables: list[Variable] = field(default_factory=list)
    code: list[Instruction] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    threads: int = 0


@dataclass
class Module:
    """A parsed text."""

    functions: dict[str, Function]
    variables: list[Variable]
    target: str


_VARIABLE = re.compile(
    r"(?:\.visible\s+|\.extern\s+|\.weak\s+)*\.(shared|local|global|const)\s+(?:\.align\s+(\d+)\s+)?\.([bsuf])(\d+)\s+"
    r"([\w$.]+)(?:\[(\d*)\])?(?:\s*=\s*(.*))?$",
    re.S,
)
_HEAD = re.compile(r"(?:\.visible\s+|\.weak\s+)?\.(entry|func)\s*(?:\(([^)]*)\)\s*)?([\w$]+)\s*\(([^)]*)\)", re.S)
_PARAM = re.compile(
    r"\.param\s+(?:\.align\s+(\d+)\s+)?\.[bsuf](\d+)\s+"
    r"(?:\.ptr\s+(?:\.(?:global|shared|const)\s+)?(?:\.align\s+\d+\s+)?)?([\w$]+)(?:\[(\d+)\])?"
)
_STATEMENT = re.compile(r"^(?:@(!?)(%p\w+)\s+)?([a-z][\w.:]*)\s*(.*)$", re.S)


def parse(text: str) -> Module:
    """The functions and variables of a PTX text."""
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    lines = [line.split("//")[0] for line in text.splitlines()]
    module = Module({}, [], next((x.split()[1].rstrip(",") for x in lines if x.strip().startswith(".target")), ""))
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        if _is_head(line):
            at = _function(lines, at, module)
        elif line.startswith((".version", ".target", ".address_size", ".file")) or not line:
            at += 1
        else:
            statement, at = _gather(lines, at, ";")
            module.variables.append(_variable(statement, at))
    return module


def _is_head(line: str) -> bool:
    return re.match(r"(\.visible\s+|\.weak\s+)?\.(entry|func)\b", line) is not None


def _gather(lines: list[str], at: int, end: str) -> tuple[str, int]:
    first, got = at, ""
    while end not in got:
        if at >= len(lines):
            raise PTXError(f"line {first + 1}: no '{end}' follows")
        got += lines[at] + "\n"
        at += 1
    return got.split(end)[0].strip(), at


def _variable(statement: str, line: int) -> Variable:
    match = _VARIABLE.match(statement)
    if match is None:
        raise PTXError(f"line {line}: unknown declaration: {statement}")
    space, align, _, bits, name, count, data = match.groups()
    width = int(bits) // 8
    size = width * int(count or 1)
    values = None
    if data is not None:
        words = [int(w, 0) for w in re.findall(r"-?\w+", data)]
        values = b"".join((w % (1 << 8 * width)).to_bytes(width, "little") for w in words).ljust(size, b"\0")
    return Variable(name, space, int(align or width), size, values)


def _params(text: str) -> list[tuple[str, int]]:
    return [(name, int(bits) // 8 * int(count or 1)) for _, bits, name, count in _PARAM.findall(text)]


def _function(lines: list[str], at: int, module: Module) -> int:
    head = ""
    while "{" not in lines[at] and ";" not in lines[at]:
        head += lines[at] + "\n"
        at += 1
    match = _HEAD.search(head + lines[at])
    if match is None:
        raise PTXError(f"line {at + 1}: unknown function head")
    if "{" not in lines[at]:
        return at + 1  # a declaration
    kind, result, name, params = match.groups()
    returned = _params(result) if result else []
    function = Function(name, kind == "entry", _params(params), returned[0] if returned else None)
    threads = re.search(r"\.(?:reqntid|maxntid)\s+(\d+)", head)
    function.threads = int(threads.group(1)) if threads else 0
    module.functions[name] = function
    depth, statement, start = 0, "", at
    while True:
        line = lines[at]
        for piece in re.split(r"([{};])", line):
            if piece == "{" and (not statement.strip() or depth == 0):
                depth, statement = depth + 1, ""
            elif piece == "}" and "{" not in statement:
                depth -= 1
            elif piece == ";":
                _statement(statement.strip(), start + 1, function)
                statement = ""
            else:
                if not statement.strip():
                    start = at
                statement += piece
                statement = _labels(statement, function)
        at += 1
        if depth == 0:
            return at
        statement += "\n"


def _labels(statement: str, function: Function) -> str:
    while match := re.match(r"\s*([$\w]+):(?!:)", statement):
        function.labels[match.group(1)] = len(function.code)
        statement = statement[match.end() :]
    return statement


def _statement(text: str, line: int, function: Function) -> None:
    if text.startswith(".reg"):
        kind, names = text.split(None, 2)[1:]
        for name in names.split(","):
            prefix, _, count = name.strip().partition("<")
            function.registers.append((kind[1:], prefix, int(count.rstrip(">")) if count else -1))
    elif text.startswith((".shared", ".local")):
        function.variables.append(_variable(text, line))
    elif text.startswith(".param"):
        name, size = _params(text)[0]
        function.variables.append(Variable(name, "param", size, size))
    elif not text.startswith((".loc", ".pragma")):
        function.code.append(_instruction(text, line))


def _instruction(text: str, line: int) -> Instruction:
    match = _STATEMENT.match(text)
    if match is None:
        raise PTXError(f"line {line}: unknown statement: {text}")
    negated, guard, opcode, operands = match.groups()
    opcode = opcode.replace("::", ".")
    parsed = tuple(_operand(piece) for piece in _split(operands))
    return Instruction(tuple(opcode.split(".")), parsed, guard, negated == "!", line, " ".join(text.split()))


def _split(operands: str) -> list[str]:
    pieces, depth = [""], 0
    for char in operands:
        depth += (char in "{[(") - (char in "}])")
        if (char == "," and depth == 0) or (char == "|" and depth == 0):
            pieces.append("")
        else:
            pieces[-1] += char
    return [piece.strip() for piece in pieces if piece.strip()]


def _operand(text: str) -> str | int | Address | tuple[str | int, ...]:
    if text[0] in "{(":
        return tuple(_scalar(piece.strip()) for piece in text[1:-1].split(",") if piece.strip())
    if text[0] == "[":
        base, _, offset = text[1:-1].partition("+")
        base = base.strip()
        if re.fullmatch(r"-?\d+", base):
            return Address("", int(base))
        return Address(base, int(offset or "0", 0))
    return _scalar(text)


def _scalar(text: str) -> str | int:
    """Numbers as integers (floats as their bits), everything else by name."""
    if re.fullmatch(r"0[df][0-9A-Fa-f]+", text):
        return int(text[2:], 16)
    if re.fullmatch(r"-?(0x[0-9A-Fa-f]+|\d+)U?", text):
        return int(text.rstrip("U"), 0)
    return text
