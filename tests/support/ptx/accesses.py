"""Loads, stores, atomics and fences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from support.ptx.arithmetic import TYPES
from support.ptx.errors import PTXError
from support.ptx.memory import SPACES
from support.ptx.parse import Address, Instruction

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from support.ptx.decode import Decoder, Step

_STRONG = {"relaxed", "acquire", "release", "volatile", "mmio"}


def decode(d: Decoder, i: Instruction) -> Step | None:
    """The step of an instruction that touches memory, or None."""
    if i.name in ("ld", "ldu") and not i.has("param"):
        return _load(d, i)
    if i.name == "st" and not i.has("param"):
        return _store(d, i)
    if i.name in ("ld", "st"):
        return _param(d, i)
    if i.name in ("atom", "red"):
        return _atomic(d, i)
    if i.name in ("fence", "membar"):
        races, grid = d.grid.races, d.grid
        return (lambda: None) if races is None else (lambda: races.fence(grid.lanes))
    if i.name == "nanosleep":
        return lambda: None
    return None


def _space(i: Instruction) -> str | None:
    return next((word for word in i.opcode if word in SPACES), None)


def _parts(operand: object) -> tuple[object, ...]:
    return operand if isinstance(operand, tuple) else (operand,)


def _load(d: Decoder, i: Instruction) -> Step:
    grid, memory, races = d.grid, d.grid.memory, d.grid.races
    kind, where = i.opcode[-1], f"line {i.line}: {i.text}"
    strong, space = bool(_STRONG & set(i.opcode)), _space(i)
    dtype = np.dtype(TYPES[kind])
    width = dtype.itemsize
    base, offset = d.address(i.operands[1])
    counts, far = grid.counts, space in (None, "global")
    puts = [_scatter(d, part, kind) for part in _parts(i.operands[0])]
    _aligned(len(puts))

    def load() -> None:
        addresses = base[grid.lanes] + offset
        if len(puts) > 1:
            memory.offsets(addresses, width * len(puts), where)
        for number, put in enumerate(puts):
            offsets = memory.offsets(addresses + np.uint64(number * width), width, where)
            memory.belongs(offsets, space, grid.block_of[grid.lanes], grid.lanes, where)
            if races is not None:
                races.check(grid.lanes, offsets, width, False, strong, lambda: where)
                if strong:
                    races.strong(grid.lanes, offsets, False, True)
            if counts is not None and far:
                counts.touched(grid.lanes, offsets, width)
            put(memory.load(offsets, width, where).view(dtype))
        if strong:
            grid.yielded[grid.lanes] = True

    return load


def _aligned(count: int) -> None:
    if count not in (1, 2, 4):
        raise PTXError(f"there are no vectors of {count}")


def _scatter(d: Decoder, operand: object, kind: str) -> Callable[[NDArray[Any]], None]:
    """Values of the active threads, packed, into a register."""
    register = d.registers[str(operand)]
    dtype = np.dtype(TYPES[kind])
    if register.dtype.itemsize < dtype.itemsize:
        raise PTXError(f"{kind} does not fit {operand}")
    place = register.view(f"{'i' if dtype.kind == 'i' else 'u'}{register.dtype.itemsize}")
    whole = np.dtype(f"u{dtype.itemsize}")
    grid = d.grid

    def put(values: NDArray[Any]) -> None:
        place[grid.lanes] = values if values.dtype.kind == "i" else values.view(whole)

    return put


def _store(d: Decoder, i: Instruction) -> Step:
    grid, memory, races = d.grid, d.grid.memory, d.grid.races
    kind, where = i.opcode[-1], f"line {i.line}: {i.text}"
    strong, space = bool(_STRONG & set(i.opcode)), _space(i)
    width = np.dtype(TYPES[kind]).itemsize
    base, offset = d.address(i.operands[0])
    counts, far = grid.counts, space in (None, "global")
    sources = [d.source(part, f"u{8 * width}") for part in _parts(i.operands[1])]
    _aligned(len(sources))

    def store() -> None:
        addresses = base[grid.lanes] + offset
        if len(sources) > 1:
            memory.offsets(addresses, width * len(sources), where)
        for number, source in enumerate(sources):
            offsets = memory.offsets(addresses + np.uint64(number * width), width, where)
            memory.belongs(offsets, space, grid.block_of[grid.lanes], grid.lanes, where)
            if races is not None:
                races.check(grid.lanes, offsets, width, True, strong, lambda: where)
                if strong:
                    races.strong(grid.lanes, offsets, True, False)
            if counts is not None and far:
                counts.touched(grid.lanes, offsets, width)
            memory.store(offsets, width, source[grid.lanes], where)

    return store


def _param(d: Decoder, i: Instruction) -> Step:
    """Parameters live beside memory: a row of bytes per thread and name."""
    kind = i.opcode[-1]
    dtype = np.dtype(TYPES[kind])
    loads = i.name == "ld"
    address = i.operands[1] if loads else i.operands[0]
    if not isinstance(address, Address) or address.base not in d.params:
        raise PTXError(f"line {i.line}: unknown parameter: {i.text}")
    rows = d.params[address.base]
    steps = []
    for number, part in enumerate(_parts(i.operands[0] if loads else i.operands[1])):
        first = address.offset + number * dtype.itemsize
        column = rows[:, first : first + dtype.itemsize]
        if loads:
            steps.append(_from_param(d.result(part, kind), column, dtype))
        else:
            steps.append(_to_param(d, d.source(part, f"u{8 * dtype.itemsize}"), column))
    return lambda: [step() for step in steps] and None


def _from_param(put: Callable[[NDArray[Any]], None], column: NDArray[Any], dtype: np.dtype[Any]) -> Step:
    return lambda: put(np.ascontiguousarray(column).view(dtype)[:, 0])


def _to_param(d: Decoder, source: NDArray[Any], column: NDArray[Any]) -> Step:
    grid = d.grid

    def store() -> None:
        column[grid.lanes] = source[grid.lanes].reshape(-1, 1).view(np.uint8)

    return store


_ATOMS: dict[str, Callable[..., Any]] = {
    "add": lambda old, x: old + x, "and": lambda old, x: old & x, "or": lambda old, x: old | x,
    "xor": lambda old, x: old ^ x, "min": min, "max": max, "exch": lambda old, x: x,
    "cas": lambda old, x, y: y if old == x else old,
}  # fmt: skip


def _atomic(d: Decoder, i: Instruction) -> Step:
    """One thread after the other, in an order drawn from the schedule's generator if there is one."""
    grid, memory, races = d.grid, d.grid.memory, d.grid.races
    kind, where = i.opcode[-1], f"line {i.line}: {i.text}"
    far = _space(i) in (None, "global")
    name = next((w for w in i.opcode if w in _ATOMS), "")
    if not name:
        raise PTXError(f"line {i.line}: unknown atomic: {i.text}")
    change, dtype = _ATOMS[name], np.dtype(TYPES[kind])
    width = dtype.itemsize
    returns = i.name == "atom"
    base, offset = d.address(i.operands[1 if returns else 0])
    operands = [d.source(o, kind) for o in i.operands[2 if returns else 1 :]]
    put = _scatter(d, i.operands[0], kind) if returns and i.operands[0] != "_" else None

    def atomic() -> None:
        offsets = memory.offsets(base[grid.lanes] + offset, width, where)
        if races is not None:
            races.check(grid.lanes, offsets, width, True, True, lambda: where)
        if grid.counts is not None and far:
            grid.counts.touched(grid.lanes, offsets, width)
        before = np.empty(len(grid.lanes), dtype)
        order = np.arange(len(grid.lanes)) if grid.random is None else grid.random.permutation(len(grid.lanes))
        for k in order.tolist():
            at = offsets[k : k + 1]
            if races is not None:
                races.strong(grid.lanes[k : k + 1], at, True, True)
            old = memory.load(at, width, where).view(dtype)
            before[k] = old[0]
            new = np.array([change(old[0], *(x[grid.lanes[k]] for x in operands))], dtype)
            memory.store(at, width, new.view(f"u{width}"), where)
        if put is not None:
            put(before.view(f"u{width}"))

    return atomic
