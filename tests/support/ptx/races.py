"""Data races: accesses to one byte by two threads, one of them a write, that nothing orders.

Time is counted in intervals: a barrier of a block begins a new one for all its warps, one of a warp for that warp.
Between blocks, order comes from atomics and fences: a fence before a strong write publishes all that the block did
before its last barrier, and a strong read before a fence takes it over for the block from its next barrier on. (What
a thread itself did since that barrier is not counted as published; a kernel that relies on it is reported.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from support.ptx.errors import Race
from support.ptx.memory import ZONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_BITS = 10
_MANY = (1 << _BITS) - 1
_WARPS = 512
"""Thread codes: below 512 a thread, from there several threads of one warp, last several warps."""


class Races:
    """Shadow of an arena: for each block and byte, the interval and thread of the last write and of the last reads."""

    def __init__(self, size: int, blocks: int, threads: int) -> None:
        self.blocks, self.threads = blocks, threads
        self._writes = np.zeros((blocks, size), np.int32)
        self._reads = np.zeros((blocks, size), np.int32)
        self._strong = np.zeros((blocks, size), np.int32)
        """The last strong writes, which weak accesses are checked against; several threads are as good as all."""
        self._has_strong = np.zeros(size // ZONE + 1, bool)
        self._narrow = np.zeros(size // ZONE + 1, bool)
        """Zones that are noted byte by byte; in the others the first byte stands for a word of four."""
        count = blocks * threads
        self._thread = (np.arange(count) % threads).astype(np.int32)
        self._block = np.arange(count) // threads
        self._warp = np.arange(count) // 32
        self._now = np.ones(blocks * (threads // 32), np.int32)
        self._base = np.ones(blocks, np.int32)
        self._known = np.zeros((blocks, blocks), np.int32)
        """Row b: accesses of block c in intervals below known[b, c] are over for block b."""
        self._taken = self._known.copy()
        self._published: dict[int, NDArray[np.int32]] = {}
        self._release: dict[int, NDArray[np.int32]] = {}
        self._seen: dict[int, NDArray[np.int32]] = {}

    def _split(self, zones: NDArray[np.int64]) -> None:
        """Note zones byte by byte from now on."""
        for zone in zones[~self._narrow[zones]].tolist():
            for tags in (self._writes, self._reads, self._strong):
                words = tags[:, zone * ZONE : (zone + 1) * ZONE]
                words[...] = np.repeat(words[:, ::4], 4, 1)
            self._narrow[zone] = True

    def block_barrier(self, block: int) -> None:
        """All threads of a block have met."""
        warps = slice(block * self.threads // 32, (block + 1) * self.threads // 32)
        self._base[block] = self._now[warps] = self._now[warps].max() + 1
        self._known[block] = np.maximum(self._known[block], self._taken[block])

    def warp_barrier(self, warps: NDArray[np.int64]) -> None:
        """The threads of warps have met, each those of one warp."""
        self._now[warps] += 1

    def fence(self, threads: NDArray[np.int64]) -> None:
        """A fence of some threads."""
        for t in threads.tolist():
            block = int(self._block[t])
            if t in self._seen:
                self._taken[block] = np.maximum(self._taken[block], self._seen.pop(t))
            row = np.maximum(self._known[block], self._taken[block])
            row[block] = self._base[block]
            self._release[t] = row

    def strong(self, threads: NDArray[np.int64], offsets: NDArray[np.int64], writes: bool, reads: bool) -> None:
        """Atomic accesses, in the order of threads."""
        for t, at in zip(threads.tolist(), offsets.tolist(), strict=True):
            if reads and at in self._published:
                seen = self._seen.get(t, self._published[at])
                self._seen[t] = np.maximum(seen, self._published[at])
            if writes and t in self._release:
                self._published[at] = np.maximum(self._published.get(at, self._release[t]), self._release[t])

    def check(
        self,
        threads: NDArray[np.int64],
        offsets: NDArray[np.int64],
        width: int,
        write: bool,
        strong: bool,
        where: Callable[[], str],
    ) -> None:
        """Look for conflicts of these accesses with earlier ones and with each other, and note them."""
        if width < 4:
            self._split(np.unique(offsets // ZONE))
        if not write and len(offsets) > 1 and offsets[0] == offsets[-1] and (offsets == offsets[0]).all():
            self._uniform(threads, offsets, width, strong, where)
            return
        own_block = self._block[threads]
        first, last = int(own_block[0]), int(own_block[-1])
        if first != last:
            for block in range(first, last + 1):
                mine = own_block == block
                if mine.any():
                    self._check(block, threads[mine], offsets[mine], width, write, strong, where)
        else:
            self._check(first, threads, offsets, width, write, strong, where)

    def _uniform(
        self,
        threads: NDArray[np.int64],
        offsets: NDArray[np.int64],
        width: int,
        strong: bool,
        where: Callable[[], str],
    ) -> None:
        """Reads of one place by many threads: one check stands for all but the one that may have written it."""
        own_block = self._block[threads]
        for block in range(int(own_block[0]), int(own_block[-1]) + 1):
            mine = threads[own_block == block]
            if not len(mine):
                continue
            for t in {int(mine[0]), int(mine[-1])}:
                self._check(block, np.array([t]), offsets[:1], width, False, strong, where, note=False)
            if not strong:
                self._note_many(block, mine, int(offsets[0]), width)

    def _note_many(self, block: int, threads: NDArray[np.int64], at: int, width: int) -> None:
        """Note that these threads have read a place."""
        first, last = int(self._warp[threads[0]]), int(self._warp[threads[-1]])
        code = int(self._thread[threads[0]])
        if len(threads) > 1:
            code = _WARPS + first % (self.threads // 32) if first == last else _MANY
        now = int(self._now[first : last + 1].max())
        old = self._reads[block, at : at + width]
        before = old >> _BITS >= self._base[block]
        if before.any() and (old[before] & _MANY != code).any():
            code, now = _MANY, max(now, int((old >> _BITS).max()))
        self._reads[block, at : at + width] = now << _BITS | code

    def _check(
        self,
        block: int,
        threads: NDArray[np.int64],
        offsets: NDArray[np.int64],
        width: int,
        write: bool,
        strong: bool,
        where: Callable[[], str],
        *,
        note: bool = True,
    ) -> None:
        stride = 1 if width < 4 or self._narrow[offsets // ZONE].any() else 4
        index = offsets if width <= stride else (offsets[:, None] + np.arange(0, width, stride)).ravel()
        warp, code = self._warp[threads], self._thread[threads]
        now = self._now[warp]
        if width > stride:
            warp, code, now = (np.repeat(a, width // stride) for a in (warp, code, now))
        writes = self._writes[block]
        self._ordered(writes[index], block, warp, code, now, "wrote", where, index)
        reads = self._reads[block]
        if write:
            self._ordered(reads[index], block, warp, code, now, "read", where, index)
        for other in range(self.blocks):
            if other != block:
                limit = self._known[block, other]
                self._across(self._writes[other][index], limit, other, "wrote", where, index)
                if write:
                    self._across(self._reads[other][index], limit, other, "read", where, index)
        if strong:
            if write:
                self._has_strong[np.unique(offsets // ZONE)] = True
                tags = now << _BITS | code
                old = self._strong[block][index]
                seen = (old >> _BITS >= self._base[block]) & (old != tags)
                self._strong[block][index] = np.where(seen, now << _BITS | _MANY, tags)
                again = self._strong[block][index]
                self._strong[block][index] = np.where(again == tags, tags, now << _BITS | _MANY)
            return
        if self._has_strong[offsets // ZONE].any():
            self._ordered(self._strong[block][index], block, warp, code, now, "changed", where, index)
            for other in range(self.blocks):
                if other != block:
                    self._across(self._strong[other][index], self._known[block, other], other, "changed", where, index)
        if not note:
            return
        tags = now << _BITS | code
        if write:
            writes[index] = tags
            if (writes[index] != tags).any():
                raise Race(f"{where()}: two threads write the same byte at once")
        else:
            old = reads[index]
            theirs, local = old & _MANY, warp % (self.threads // 32)
            same = (theirs == _WARPS + local) | ((theirs < _WARPS) & (theirs // 32 == local))
            # What the warp read before it last met is in order before all it does now; other warps find this read.
            over = same & (old >> _BITS < now)
            shared = (old >> _BITS >= self._base[block]) & (theirs != code) & ~over
            if shared.any():
                merged = np.where(same, _WARPS + local, _MANY)
                tags = np.where(shared, np.maximum(now, old >> _BITS) << _BITS | merged, tags)
            reads[index] = tags
            got = reads[index]
            clash = got != tags
            if clash.any():
                local, when = warp % (self.threads // 32), np.maximum(now, got >> _BITS) << _BITS
                theirs = got & _MANY
                same = clash & ((theirs == _WARPS + local) | ((theirs < _WARPS) & (theirs // 32 == local)))
                reads[index[same]] = (when | (_WARPS + local))[same]
                rest = clash & ~same
                reads[index[rest]] = (when | _MANY)[rest]

    def _ordered(
        self,
        tags: NDArray[np.int32],
        block: int,
        warp: NDArray[np.int64],
        code: NDArray[np.int32],
        now: NDArray[np.int32],
        verb: str,
        where: Callable[[], str],
        index: NDArray[np.int64],
    ) -> None:
        when = tags >> _BITS
        recent = when >= self._base[block]
        if not recent.any():
            return
        theirs = tags & _MANY
        local = warp % (self.threads // 32)
        same_warp = ((theirs < _WARPS) & (theirs // 32 == local)) | (theirs == _WARPS + local)
        bad = recent & (theirs != code) & ~(same_warp & (when < now))
        if bad.any():
            who, at = int(theirs[bad][0]), int(index[bad][0])
            name = f"thread {who}" if who < _WARPS else "several threads"
            raise Race(
                f"{where()}: thread {int(code[bad][0])} of block {block} touches what {name} of the block {verb} since "
                f"they last met (offset {at:#x})"
            )

    def _across(
        self,
        tags: NDArray[np.int32],
        limit: int,
        other: int,
        verb: str,
        where: Callable[[], str],
        index: NDArray[np.int64],
    ) -> None:
        bad = (tags >> _BITS >= max(limit, 1)) & (tags != 0)
        if bad.any():
            at = int(index[bad][0])
            raise Race(f"{where()}: a byte that block {other} {verb} since the blocks last met (offset {at:#x})")
