"""Instructions to closures over the registers of all threads, in pieces that have no branch inside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from support.ptx import accesses, control
from support.ptx.arithmetic import TYPES, comparison, conversion, operation, types_of
from support.ptx.errors import PTXError
from support.ptx.parse import Address, Function, Instruction

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from support.ptx.launch import Grid

Step = Callable[[], None]
_CLASSES = {"pred": np.bool_, **{f"{k}{b}": f"u{b // 8}" for k in "busf" for b in (8, 16, 32, 64)}}
_DIVIDES = ("div", "rem")


@dataclass
class Piece:
    """Straight code, and what decides where its threads go on (nothing: behind it)."""

    where: str
    steps: list[Step] = field(default_factory=list)
    last: Step | None = None


class Decoder:
    """The registers, parameters and code of one function, for all threads of a grid."""

    def __init__(self, grid: Grid, function: Function) -> None:
        self.grid, self.function = grid, function
        self.registers: dict[str, NDArray[Any]] = {}
        for kind, prefix, count in function.registers:
            names = [prefix] if count < 0 else [f"{prefix}{i}" for i in range(count)]
            for name in names:
                self.registers[name] = np.zeros(grid.count, _CLASSES[kind])
        self.params = {name: np.zeros((grid.count, size), np.uint8) for name, size in function.params}
        if function.result is not None:
            self.params[function.result[0]] = np.zeros((grid.count, function.result[1]), np.uint8)
        self.variables: dict[str, NDArray[np.uint64]] = {}
        for variable in function.variables:
            if variable.space == "param":
                self.params[variable.name] = np.zeros((grid.count, variable.size), np.uint8)
            else:
                self.variables[variable.name] = grid.place(variable)
        self.back = np.zeros(grid.count, np.int64)
        self._starts: dict[int, int] = {}

    def layout(self) -> None:
        """Number the pieces: a new one at every label and behind everything that may change the way."""
        code = self.function.code
        starts = {0, *self.function.labels.values()}
        starts |= {k + 1 for k, i in enumerate(code) if control.ends(i)}
        starts |= {k for k, i in enumerate(code) if control.meets(i)}
        for start in sorted(s for s in starts if s < len(code)):
            self._starts[start] = len(self.grid.pieces)
            self.grid.pieces.append(Piece(f"{self.function.name}, line {code[start].line}"))

    def target(self, label: object) -> int:
        """The piece at a label."""
        at = self.function.labels.get(str(label))
        if at is None or at not in self._starts:
            raise PTXError(f"{self.function.name}: there is no label {label}")
        return self._starts[at]

    def decode(self) -> None:
        """Fill the pieces."""
        piece = Piece("")
        for k, instruction in enumerate(self.function.code):
            if k in self._starts:
                piece = self.grid.pieces[self._starts[k]]
            if control.ends(instruction):
                piece.where = f"{self.function.name}, line {instruction.line}: {instruction.text}"
                piece.last = control.decode(self, instruction, piece)
                after = control.landing(self, instruction)
                if after is not None:
                    self.grid.pieces[self._starts[k + 1]].steps.insert(0, after)
                continue
            step = accesses.decode(self, instruction) or self._value(instruction)
            piece.steps.append(step if instruction.guard is None else self._guarded(instruction, step))

    def guard(self, i: Instruction) -> NDArray[np.bool_]:
        """The register of a guard."""
        return self.registers[str(i.guard)]

    def _guarded(self, i: Instruction, step: Step) -> Step:
        grid, guard, negated = self.grid, self.guard(i), i.negated

        def guarded() -> None:
            outer = grid.mask
            chosen = outer & (~guard if negated else guard)
            if chosen.any():
                grid.select(chosen)
                step()
                grid.select(outer)

        return guarded

    def source(self, operand: object, kind: str) -> NDArray[Any]:
        """An operand of a type, one value per thread: a view of its register that stays valid."""
        dtype = np.dtype(TYPES[kind])
        if isinstance(operand, int):
            if dtype == np.bool_:
                return np.full(self.grid.count, bool(operand))
            bits = operand % (1 << 8 * dtype.itemsize)
            one = np.array([bits], f"u{dtype.itemsize}").view(dtype)
            return np.full(self.grid.count, one[0])
        name = str(operand)
        for table in (self.registers, self.variables, self.grid.globals, self.grid.specials):
            if name in table:
                return _low(table[name], dtype)
        raise PTXError(f"{self.function.name}: unknown operand {name}")

    def result(self, operand: object, kind: str) -> Callable[[NDArray[Any]], None]:
        """A function that gives these threads new values of a register; narrow ones are extended by their sign."""
        grid = self.grid
        if operand == "_":
            return lambda values: None
        register = self.registers.get(str(operand))
        if register is None:
            raise PTXError(f"{self.function.name}: there is no register {operand}")
        dtype = np.dtype(TYPES[kind])
        if dtype.itemsize > register.dtype.itemsize:
            raise PTXError(f"{self.function.name}: {kind} does not fit {operand}")
        if dtype.itemsize == register.dtype.itemsize:
            place = register.view(dtype)
        else:
            place = register.view(f"{'i' if dtype.kind == 'i' else 'u'}{register.dtype.itemsize}")
            if dtype.kind == "f":
                raise PTXError(f"{self.function.name}: {kind} in {operand}")

        def put(values: NDArray[Any]) -> None:
            if grid.full:
                place[...] = values
            else:
                np.copyto(place, values, where=grid.mask, casting="unsafe")

        return put

    def _value(self, i: Instruction) -> Step:
        if i.name == "mov":
            return self._move(i)
        if i.name == "setp":
            kind = i.opcode[-1]
            kinds = [kind, kind, "pred"][: len(i.operands) - 1]
            return self._apply(i, comparison(i), kinds, "pred")
        if i.name == "selp":
            return self._apply(i, lambda a, b, p: np.where(p, a, b), [i.opcode[-1]] * 2 + ["pred"], i.opcode[-1])
        if i.name == "cvt":
            target, source = types_of(i)
            return self._apply(i, conversion(i), [source], target)
        if i.name == "cvta":
            return self._apply(i, lambda a: a.copy(), ["b64"], "b64")
        made = operation(i)
        if made is None:
            raise PTXError(f"line {i.line}: unknown instruction: {i.text}")
        kind = i.opcode[-1]
        kinds = [kind] * (len(i.operands) - 1)
        target = kind
        if i.name in ("shl", "shr"):
            kinds = [kind, "u32"]
        elif i.name == "bfe":
            kinds = [kind, "u32", "u32"]
        elif i.name in ("popc", "clz"):
            target = "u32"
        elif "wide" in i.opcode:
            target = f"{kind[0]}{2 * int(kind[1:])}"
            kinds = [kind, kind, target][: len(kinds)]
        step = self._apply(i, made, kinds, target)
        return self._checked(i, kind, step) if i.name in _DIVIDES and kind[0] != "f" else step

    def _apply(self, i: Instruction, function: Callable[..., Any], kinds: list[str], target: str) -> Step:
        if len(kinds) != len(i.operands) - 1:
            raise PTXError(f"line {i.line}: wrong number of operands: {i.text}")
        sources = [self.source(o, k) for o, k in zip(i.operands[1:], kinds, strict=True)]
        put = self.result(i.operands[0], target)
        if len(sources) == 1:
            (a,) = sources
            return lambda: put(function(a))
        if len(sources) == 2:
            a, b = sources
            return lambda: put(function(a, b))
        a, b, c = sources
        return lambda: put(function(a, b, c))

    def _checked(self, i: Instruction, kind: str, step: Step) -> Step:
        divisor, grid = self.source(i.operands[2], kind), self.grid

        def checked() -> None:
            if (divisor[grid.lanes] == 0).any():
                raise PTXError(f"line {i.line}: division by zero: {i.text}")
            step()

        return checked

    def _move(self, i: Instruction) -> Step:
        target, source = i.operands
        kind = i.opcode[-1]
        if isinstance(target, tuple):
            part = f"b{int(kind[1:]) // len(target)}"
            whole = self.source(source, kind)
            puts = [self.result(t, part) for t in target]
            views = [whole.view(TYPES[part])[n :: len(target)] for n in range(len(target))]

            def unpack() -> None:
                for put, view in zip(puts, [v.copy() for v in views], strict=True):
                    put(view)

            return unpack
        put = self.result(target, kind)
        if isinstance(source, tuple):
            part = f"b{int(kind[1:]) // len(source)}"
            pieces = [self.source(s, part) for s in source]
            return lambda: put(np.stack(pieces, 1).view(TYPES[kind])[:, 0])
        value = self.source(source, kind)
        return lambda: put(value)

    def address(self, operand: object) -> tuple[NDArray[np.uint64], np.uint64]:
        """Base and offset of an address."""
        if not isinstance(operand, Address):
            raise PTXError(f"{self.function.name}: no address: {operand}")
        base = self.source(operand.base, "b64") if operand.base else np.zeros(self.grid.count, np.uint64)
        return base, np.uint64(operand.offset % (1 << 64))


def _low(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The low part of each value as a type."""
    if values.dtype == np.bool_ or dtype == np.bool_:
        if values.dtype != dtype:
            raise PTXError("a predicate is no number")
        return values
    ratio = values.dtype.itemsize // dtype.itemsize
    if ratio == 0:
        raise PTXError(f"{values.dtype} is narrower than {dtype}")
    if ratio == 1:
        return values.view(dtype)
    if not values.flags.c_contiguous:
        values = np.ascontiguousarray(values)
    return values.view(dtype)[::ratio]
