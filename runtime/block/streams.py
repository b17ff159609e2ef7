"""Independent random streams, each a function of the seed and of what it is for."""

from __future__ import annotations

import secrets
import zlib

import numpy as np


def fresh_seed() -> int:
    """A new 32-bit seed from the entropy of the system."""
    return secrets.randbits(32)


def stream(seed: int, *key: str | int) -> np.random.Generator:
    """The generator for one use, such as `("weights", projection, attribute)`: the same key, the same numbers."""
    words = [zlib.crc32(k.encode()) if isinstance(k, str) else int(k) for k in key]
    return np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=words))


def kernel_seed(seed: int, replay: int) -> int:
    """The 64-bit key of the noise of a run; `replay` counts the resets that were to draw new noise."""
    return int(
        np.random.SeedSequence(entropy=seed, spawn_key=(replay,)).generate_state(1, np.uint64)[0] >> np.uint64(1)
    )
