"""Branches, calls, barriers, and what the threads of a warp do together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from support.ptx.errors import PTXError

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray
    from support.ptx.decode import Decoder, Piece, Step
    from support.ptx.parse import Instruction

_JUMPS = ("bra", "ret", "exit", "call", "bar", "barrier", "trap")
_WARP = 32


def meets(i: Instruction) -> bool:
    """Whether the threads of a warp do this together."""
    return i.name in ("shfl", "vote", "match") or i.opcode[:2] == ("bar", "warp") or i.name == "activemask"


def ends(i: Instruction) -> bool:
    """Whether a piece of straight code ends here."""
    return i.name in _JUMPS or meets(i)


def decode(d: Decoder, i: Instruction, piece: Piece) -> Step:
    """What happens at the end of a piece."""
    if meets(i):
        if i.guard is not None:
            raise PTXError(f"line {i.line}: guarded: {i.text}")
        return _together(d, i)
    if i.name == "bra":
        return _branch(d, i)
    if i.guard is not None:
        raise PTXError(f"line {i.line}: guarded: {i.text}")
    grid = d.grid
    if i.name == "exit" or (i.name == "ret" and d.function.entry):
        return grid.exit
    if i.name == "ret":
        return lambda: grid.pc.__setitem__(grid.lanes, d.back[grid.lanes])
    if i.name == "call":
        return _call(d, i)
    if i.name in ("bar", "barrier") and i.has("sync") and i.operands == (0,):
        return lambda: grid.arrive(piece.where)
    if i.name == "trap":
        return lambda: _trap(i)
    raise PTXError(f"line {i.line}: unknown instruction: {i.text}")


def _trap(i: Instruction) -> None:
    raise PTXError(f"line {i.line}: the kernel traps")


def _branch(d: Decoder, i: Instruction) -> Step:
    grid, to = d.grid, d.target(i.operands[0])
    if i.guard is None:
        return lambda: grid.pc.__setitem__(grid.lanes, to)
    guard, negated = d.guard(i), i.negated

    def branch() -> None:
        chosen = guard[grid.lanes]
        grid.pc[grid.lanes[~chosen if negated else chosen]] = to

    def uniform() -> None:
        chosen = guard[grid.lanes] ^ negated
        if chosen.any() and not chosen.all():
            blocks = np.unique(grid.block_of[grid.lanes])
            if len(blocks) == 1:
                raise PTXError(f"line {i.line}: threads go different ways where they may not: {i.text}")
        branch()

    return uniform if i.has("uni") else branch


def _call_parts(i: Instruction) -> tuple[str, tuple[Any, ...], tuple[Any, ...]]:
    operands = list(i.operands)
    results = operands.pop(0) if isinstance(operands[0], tuple) else ()
    name = str(operands.pop(0))
    arguments = operands.pop(0) if operands else ()
    return name, tuple(results), arguments if isinstance(arguments, tuple) else (arguments,)  # type: ignore[arg-type]


def _call(d: Decoder, i: Instruction) -> Step:
    grid = d.grid
    name, _, arguments = _call_parts(i)
    if name not in grid.decoders:
        raise PTXError(f"line {i.line}: there is no function {name}")
    callee, to = grid.decoders[name], grid.entries[name]
    pairs = [
        (callee.params[param], d.params[str(argument)])
        for (param, _), argument in zip(callee.function.params, arguments, strict=True)
    ]

    def call() -> None:
        lanes = grid.lanes
        for param, argument in pairs:
            param[lanes] = argument[lanes]
        callee.back[lanes] = grid.pc[lanes]
        grid.pc[lanes] = to

    return call


def landing(d: Decoder, i: Instruction) -> Step | None:
    """What is done behind a call that gives something."""
    if i.name != "call":
        return None
    name, results, _ = _call_parts(i)
    if not results:
        return None
    callee = d.grid.decoders[name]
    assert callee.function.result is not None
    given, taken = callee.params[callee.function.result[0]], d.params[str(results[0])]
    grid = d.grid

    def land() -> None:
        taken[grid.lanes] = given[grid.lanes]

    return land


def _together(d: Decoder, i: Instruction) -> Step:
    grid = d.grid
    if i.name == "activemask":
        raise PTXError(f"line {i.line}: what activemask gives depends on the schedule")
    if i.opcode[:2] == ("bar", "warp"):
        members, act = d.source(i.operands[0], "b32"), _meet(d)
    elif i.name == "vote":
        members, act = d.source(i.operands[-1], "b32"), _vote(d, i)
    elif i.name == "match":
        members, act = d.source(i.operands[-1], "b32"), _match(d, i)
    elif i.name == "shfl":
        members, act = d.source(i.operands[-1], "b32"), _shuffle(d, i)
    else:
        raise PTXError(f"line {i.line}: unknown instruction: {i.text}")

    def together() -> None:
        done = grid.gather(members)
        if done is not None:
            grid.select(done)
            act()

    return together


def _meet(d: Decoder) -> Step:
    grid, races = d.grid, d.grid.races
    return lambda: None if races is None else races.warp_barrier(np.unique(grid.lanes // _WARP))


def _vote(d: Decoder, i: Instruction) -> Step:
    grid = d.grid
    predicate = d.source(i.operands[1].lstrip("!"), "pred")  # type: ignore[union-attr]
    mode = next(w for w in i.opcode if w in ("ballot", "any", "all"))
    put = d.result(i.operands[0], "b32" if mode == "ballot" else "pred")

    def vote() -> None:
        yes = (predicate & grid.mask).reshape(-1, _WARP)
        if mode == "ballot":
            bits = (yes << np.arange(_WARP, dtype=np.uint32)).sum(1, dtype=np.uint32)
            put(np.repeat(bits, _WARP))
            return
        here = grid.mask.reshape(-1, _WARP)
        answer = yes.any(1) if mode == "any" else (yes | ~here).all(1)
        put(np.repeat(answer, _WARP))

    return vote


def _match(d: Decoder, i: Instruction) -> Step:
    """`match.any.sync.b32 d, a, members`: the lanes of the warp that have the same value."""
    if not i.has("any"):
        raise PTXError(f"line {i.line}: unknown instruction: {i.text}")
    grid = d.grid
    value, put = d.source(i.operands[1], "b32"), d.result(i.operands[0], "b32")

    def match() -> None:
        mine, here = value.reshape(-1, _WARP), grid.mask.reshape(-1, _WARP)
        same = (mine[:, :, None] == mine[:, None, :]) & here[:, None, :]
        put((same << np.arange(_WARP, dtype=np.uint32)).sum(2, dtype=np.uint32).ravel())

    return match


def _shuffle(d: Decoder, i: Instruction) -> Step:
    """`shfl.sync.MODE.b32 d|p, a, b, c, members`: the value of another lane; one that takes no part is an error."""
    grid = d.grid
    operands = list(i.operands)
    inside = d.result(operands.pop(1), "pred") if len(operands) == 6 else None
    put = d.result(operands[0], "b32")
    value, lane, clamp = (d.source(o, "b32") for o in operands[1:4])
    mode = next(w for w in i.opcode if w in ("up", "down", "bfly", "idx"))
    own = grid.specials["%laneid"].astype(np.int64)
    first = np.arange(grid.count) // _WARP * _WARP

    def shuffle() -> None:
        by, limit = lane.astype(np.int64) & 31, clamp.astype(np.int64)
        segment, bound = limit >> 8 & 31, limit & 31
        low, high = own & segment, (own & segment) | (bound & ~segment & 31)
        other = {"up": own - by, "down": own + by, "bfly": own ^ by, "idx": low | (by & ~segment & 31)}[mode]
        fits = other >= high if mode == "up" else other <= high
        source = first + np.where(fits, other, own)
        _taking_part(i, grid.mask, source)
        put(value[source])
        if inside is not None:
            inside(fits)

    return shuffle


def _taking_part(i: Instruction, mask: NDArray[np.bool_], source: NDArray[np.int64]) -> None:
    if not mask[source[mask]].all():
        raise PTXError(f"line {i.line}: a value of a thread that takes no part: {i.text}")
