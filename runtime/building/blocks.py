"""Work cut into blocks of rows, each with a random stream of its own, done by as many threads as are wanted.

The cuts follow from sizes alone, so results do not depend on the number of threads. NumPy lets go of the interpreter
lock while it draws, sorts and copies.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from nnc.compiler.codegen.layout import aligned
from nnc.runtime.running.team import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from nnc.runtime.random import RandomDistribution

BLOCK: Final = 1 << 20
"""Synapses in a block, about. What fits one block is drawn from one stream from beginning to end."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def building_threads(wanted: int | str) -> int:
    """The threads that `num_threads` stands for; for a word as many as this process has cores."""
    if wanted not in WORDS:
        return int(wanted)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cut(rows: int, per_row: float) -> list[tuple[int, int]]:
    """The rows of each block [first, last), for so many synapses expected in a row."""
    step = max(1, min(rows, int(BLOCK / max(per_row, BLOCK / max(1, rows)))))
    edges = [*range(0, rows, step), rows]
    return list(pairwise(edges))


def streams_of(generator: np.random.Generator, blocks: int) -> list[np.random.Generator]:
    """A stream per block: the generator itself, then children of it."""
    return [generator, *generator.spawn(blocks - 1)] if blocks > 1 else [generator]


def in_threads(work: Callable[[Item], Result], items: Sequence[Item], threads: int) -> list[Result]:
    """The results in order."""
    if threads < 2 or len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(min(threads, len(items))) as pool:
        return list(pool.map(work, items))


def joined(parts: list[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    """The parts one behind the other; each is given up once it is copied."""
    if len(parts) == 1:
        return parts[0]
    whole, at = aligned(sum(map(len, parts)), np.dtype(dtype)), 0
    parts.reverse()
    while parts:
        part = parts.pop()
        whole[at : at + len(part)] = part
        at += len(part)
    return whole


def draw_blocks(
    distribution: RandomDistribution, count: int, generator: np.random.Generator, dtype: Any, threads: int
) -> NDArray[Any]:
    """So many draws as an array of a type, block by block; a distribution with a generator of its own draws in turn."""
    values = np.empty(count, dtype)
    blocks = [(at, min(at + BLOCK, count)) for at in range(0, count, BLOCK)]
    if distribution.has_own_generator:
        streams, threads = [generator] * len(blocks), 1
    else:
        streams = streams_of(generator, len(blocks))

    def draw(item: tuple[tuple[int, int], np.random.Generator]) -> None:
        (first, last), stream = item
        values[first:last] = distribution.draw(last - first, stream)

    in_threads(draw, list(zip(blocks, streams, strict=False)), threads)
    return values
