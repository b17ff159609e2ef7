"""A launch: all threads of a grid, one vector of lanes, each going on where its own program counter is.

Of the threads that can go on, those at the lowest program counter do the next straight piece of code together (or
those at one drawn at random, with `schedule`). Threads that have done a strong load wait until no others can go on, so
that those they spin for come to their turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from support.ptx.decode import Decoder, Piece
from support.ptx.errors import Deadlock, PTXError
from support.ptx.races import Races

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from support.ptx.counts import Counts
    from support.ptx.memory import Memory
    from support.ptx.parse import Module, Variable

WARP = 32


class Grid:
    """The threads of one launch: `blocks` times `threads` lanes. `races=False` leaves out the search for races."""

    def __init__(
        self,
        module: Module,
        memory: Memory,
        blocks: int,
        threads: int,
        *,
        races: bool = True,
        schedule: int | None = None,
        counts: Counts | None = None,
        limit: int = 20_000_000,
    ) -> None:
        if threads % WARP:
            raise PTXError(f"a block of {threads} threads is no whole number of warps")
        self.module, self.memory = module, memory
        self.blocks, self.threads, self.count = blocks, threads, blocks * threads
        self.races = Races(memory.size, blocks, threads) if races else None
        self.random = None if schedule is None else np.random.default_rng(schedule)
        self._limit = limit
        self.counts = counts
        self.alive = np.ones(self.count, bool)
        self.waiting = np.zeros(self.count, bool)
        self.yielded = np.zeros(self.count, bool)
        self.pc = np.zeros(self.count, np.int64)
        self.site = np.zeros(self.count, np.int64)
        self.mask = np.ones(self.count, bool)
        self.full = True
        self.lanes = np.arange(self.count)
        self.block_of = self.lanes // threads
        self.specials = self._specials()
        self.pieces: list[Piece] = []
        self.executed = 0
        self._temporary: list[int] = []
        self.globals = {v.name: self._place(v) for v in module.variables}
        self.entries: dict[str, int] = {}
        self.decoders = {name: Decoder(self, f) for name, f in module.functions.items()}
        for decoder in self.decoders.values():
            self.entries[decoder.function.name] = len(self.pieces)
            decoder.layout()
        for decoder in self.decoders.values():
            decoder.decode()

    def _specials(self) -> dict[str, NDArray[Any]]:
        inside = self.lanes % self.threads
        lane = inside % WARP
        values = {
            "%tid.x": inside, "%ctaid.x": self.block_of, "%ntid.x": self.threads, "%nctaid.x": self.blocks,
            "%laneid": lane, "%warpid": inside // WARP, "%lanemask_lt": (1 << lane) - 1, "WARP_SZ": WARP,
            **{f"%{n}.{d}": int(n[0] == "n") for n in ("tid", "ctaid", "ntid", "nctaid") for d in "yz"},
        }  # fmt: skip
        return {k: np.broadcast_to(np.asarray(v, np.uint32), (self.count,)) for k, v in values.items()}

    def _place(self, variable: Variable) -> NDArray[np.uint64]:
        """Memory of a variable: one for all, one per block, or one per thread; the address that each thread sees."""
        copies = {"shared": self.blocks, "local": self.count}.get(variable.space, 1)
        addresses = []
        for number in range(copies) if copies > 1 or variable.space in ("shared", "local") else (-1,):
            address = self.memory.alloc(
                variable.size, f"{variable.space} {variable.name} of {number}", variable.space, number
            )
            self._temporary.append(address)
            if variable.data is not None or variable.space in ("global", "const"):
                self.memory.write(address, variable.data or bytes(variable.size))
            addresses.append(address)
        each = np.array(addresses, np.uint64)
        return np.repeat(each, self.count // copies)

    def place(self, variable: Variable) -> NDArray[np.uint64]:
        """As for variables of the module, for one of a function."""
        return self._place(variable)

    def run(self, name: str, arguments: Sequence[int]) -> None:
        """Execute a kernel with 64-bit arguments until all threads have ended."""
        entry = self.module.functions.get(name)
        if entry is None or not entry.entry:
            raise PTXError(f"there is no kernel {name}")
        if entry.threads and entry.threads != self.threads:
            raise PTXError(f"the kernel is made for blocks of {entry.threads} threads, not {self.threads}")
        params = self.decoders[name].params
        for (param, size), value in zip(entry.params, arguments, strict=True):
            params[param][:] = np.frombuffer(int(value).to_bytes(size, "little", signed=value < 0), np.uint8)
        self.pc[:] = self.entries[name]
        try:
            with np.errstate(all="ignore"):
                while self.alive.any():
                    self._step()
        finally:
            for address in self._temporary:
                self.memory.free(address)

    def _step(self) -> None:
        able = self.alive & ~self.waiting
        ready = able & ~self.yielded
        if not ready.any():
            if not able.any():
                sites = sorted({self.pieces[p - 1].where for p in self.pc[self.alive].tolist()})
                raise Deadlock(f"all threads wait, at {sites}")
            self.yielded[:] = False
            ready = able
        counters = self.pc[ready]
        if self.random is None:
            here = int(counters.min())
        else:
            here = int(self.random.choice(np.unique(counters)))
        self.mask = ready & (self.pc == here)
        self.lanes = np.flatnonzero(self.mask)
        self.full = len(self.lanes) == self.count
        piece = self.pieces[here]
        self.executed += 1
        if self.executed > self._limit:
            raise Deadlock(f"no end after {self._limit} pieces of code, at {piece.where}")
        if self.counts is not None:
            self.counts.executed(self.lanes, len(piece.steps) + (piece.last is not None), self.count // WARP)
        self.pc[self.lanes] = here + 1
        for step in piece.steps:
            step()
        if piece.last is not None:
            piece.last()

    def select(self, mask: NDArray[np.bool_]) -> None:
        """Let the instructions that follow apply to other threads."""
        self.mask = mask
        self.lanes = np.flatnonzero(mask)
        self.full = len(self.lanes) == self.count

    def exit(self) -> None:
        """These threads end."""
        self.alive[self.lanes] = False
        for block in np.unique(self.block_of[self.lanes]).tolist():
            self._release(block, "exit")

    def arrive(self, where: str) -> None:
        """These threads are at a barrier of their block."""
        self.waiting[self.lanes] = True
        self.site[self.lanes] = self.pc[self.lanes]
        for block in np.unique(self.block_of[self.lanes]).tolist():
            self._release(block, where)

    def _release(self, block: int, where: str) -> None:
        mine = slice(block * self.threads, (block + 1) * self.threads)
        alive = self.alive[mine]
        if not alive.any() or not (self.waiting[mine] | ~alive).all():
            return
        sites = np.unique(self.site[mine][alive])
        if len(sites) > 1:
            names = [self.pieces[int(s) - 1].where for s in sites]
            raise Deadlock(f"threads of block {block} wait at different barriers: {names}")
        if not alive.all():
            raise Deadlock(f"{where}: threads of block {block} have ended while others wait at a barrier")
        self.waiting[mine] = False
        if self.counts is not None:
            self.counts.meetings += 1
        if self.races is not None:
            self.races.block_barrier(block)

    def gather(self, members: NDArray[np.uint32]) -> NDArray[np.bool_] | None:
        """These threads are at an instruction that the named threads of their warps do together.

        Gives those whose warps are complete; None while none is.
        """
        here = self.pc[self.lanes[0]]
        self.waiting[self.lanes] = True
        self.site[self.lanes] = here
        at = self.waiting & (self.site == here) & (self.pc == here) & self.alive
        bits = (at.reshape(-1, WARP) << np.arange(WARP, dtype=np.uint64)).sum(1, dtype=np.uint64)
        named = members.reshape(-1, WARP).astype(np.uint64)
        warps = np.unique(self.lanes // WARP)
        done = np.zeros(self.count, bool)
        for warp in warps.tolist():
            mine = slice(warp * WARP, (warp + 1) * WARP)
            wanted = np.unique(named[warp][at[mine]])
            if len(wanted) > 1:
                raise PTXError(f"the threads of warp {warp} name different threads to meet")
            if int(bits[warp]) & ~int(wanted[0]):
                raise PTXError(f"a thread of warp {warp} is not among those it names")
            if int(bits[warp]) == int(wanted[0]):
                done[mine] = at[mine]
        if not done.any():
            return None
        self.waiting[done] = False
        return done
