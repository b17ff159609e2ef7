"""Random numbers are those that docs/design.md defines, written out here a second time, on every target."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pytest

import nnc as ann
from nnc.compiler.ir.distributions import uniform64
from nnc.compiler.ir.interp_arith import ArrayOps

SIZE, STEPS = 150, 3
WORD = 0xFFFFFFFF


def philox(counter: tuple[int, ...], key: tuple[int, int]) -> tuple[int, ...]:
    """Philox4x32-10 in plain integers."""
    (a, b, c, d), (k0, k1) = counter, key
    for _ in range(10):
        p, q = a * 0xD2511F53, c * 0xCD9E8D57
        a, b, c, d = (q >> 32) ^ b ^ k0, q & WORD, (p >> 32) ^ d ^ k1, p & WORD
        k0, k1 = (k0 + 0x9E3779B9) & WORD, (k1 + 0xBB67AE85) & WORD
    return a, b, c, d


def uniform(seed: int, stream: int, k: int, i: int, precision: str) -> float:
    """The number of element i in step k."""
    counter = (k & WORD, k >> 32, stream)
    if precision == "float":
        words = philox(((i >> 6) * 16 + (i & 15), *counter), (seed & WORD, 0))
        return (words[(i >> 4) & 3] >> 8) * 2.0**-24
    words = philox(((i >> 5) * 16 + (i & 15), *counter), (seed & WORD, 0))
    half = (i >> 4) & 1
    return words[2 * half] * 2.0**-32 + (words[2 * half + 1] >> 11) * 2.0**-53


def drawn(target: str, precision: str, threads: int = 1) -> Any:
    net = ann.Network(dt=1.0, seed=11)
    net.config(paradigm=target, precision=precision, num_threads=threads)
    pop = net.create(SIZE, ann.Neuron(equations="x = Uniform(0.0, 1.0)\nr = Uniform(-2.0, 2.0)"))
    net.compile(silent=True)
    net.simulate(float(STEPS))
    return net.state.block.seed, np.asarray(pop.x), np.asarray(pop.r)


@pytest.mark.parametrize("precision", ["double", "float"])
@pytest.mark.parametrize(("target", "threads"), [("interp", 1), ("llvm", 1), ("llvm", 3), ("openmp", 2)])
def test_uniform_numbers_are_those_of_the_definition(target: str, threads: int, precision: str) -> None:
    seed, x, r = drawn(target, precision, threads)
    for occurrence, (values, low, span) in enumerate(((x, 0.0, 1.0), (r, -2.0, 4.0))):
        stream = zlib.crc32(f"pop0:{occurrence}:0".encode())
        want = np.array([uniform(seed, stream, STEPS - 1, i, precision) for i in range(SIZE)], values.dtype)
        assert values.tolist() == (want * want.dtype.type(span) + want.dtype.type(low)).tolist()


def test_all_bits_of_two_words_count() -> None:
    """At the ends of what a word can be; the two words are put together without a rounding."""
    ends = [0, 1, 2047, 2048, 4096, 0x7FFFFFFF, 0x80000000, 0xFFFFF800, WORD]
    high, low = (a.ravel() for a in np.meshgrid(ends, ends))
    words = [a.astype(np.uint32).view(np.int32) for a in (high, low)]
    got = uniform64(ArrayOps(), *words)
    assert got.tolist() == [
        h * 2.0**-32 + (x >> 11) * 2.0**-53 for h, x in zip(high.tolist(), low.tolist(), strict=True)
    ]
    assert got.min() == 0.0
    assert got.max() == 1.0 - 2.0**-53
    assert not np.signbit(got).any()
