"""The hand-written kernels in `floor/*.c`, built and called: what one thread can reach.

The C compiler may use fast maths and the kernels keep no records; nnc may not and does.
"""

from __future__ import annotations

import ctypes
import math
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from networks import FILTERS, TAPS

if TYPE_CHECKING:
    from collections.abc import Callable

    from networks import Bench

# what -ffast-math allows but for flushing denormals, which would change this process, nnc in it included
_LOOSE = "-fno-math-errno -fno-trapping-math -ffinite-math-only -fno-signed-zeros -fassociative-math -freciprocal-math"
FLAGS = ["-O3", "-march=native", "-mprefer-vector-width=512", *_LOOSE.split(), "-shared", "-fPIC"]


class Floor:
    """A hand-written kernel with its arrays."""

    def __init__(self, bench: Bench, precision: str, folder: str) -> None:
        self.bench, self.spikes, self.steps = bench, 0, 0
        self.real: Any = np.float32 if precision == "float" else np.float64
        self.scalar = ctypes.c_float if precision == "float" else ctypes.c_double
        self.rng = np.random.default_rng(6)
        self.library = _build(bench.kernel, precision, folder)
        self.call: Callable[[int], int] = getattr(self, f"_{bench.kernel}")()

    def simulate(self, ms: float) -> None:
        """Do the steps of so much simulated time."""
        steps = round(ms / self.bench.dt)
        self.steps += steps
        self.spikes += self.call(steps)

    def sanity(self) -> float:
        """Mean rate in Hz, or mean r."""
        if self.bench.unit == "r":
            return float(self.r.mean())
        return self.spikes / self.bench.n / (self.steps * self.bench.dt) * 1000

    def _function(self, name: str, *arrays: Any) -> Callable[[int], int]:
        function = getattr(self.library, name)
        function.restype = ctypes.c_long
        self.arrays = arrays
        n = self.bench.n
        pointers = [ctypes.c_void_p(a.ctypes.data) if isinstance(a, np.ndarray) else a for a in arrays]
        return lambda steps: function(ctypes.c_long(steps), n, n * 4 // 5, *pointers)

    def _rows(self, index: Any) -> tuple[Any, Any]:
        n, k = self.bench.n, self.bench.k
        rows = [np.flatnonzero(self.rng.random(n) < k / n).astype(index) for _ in range(n)]
        return np.cumsum([0, *map(len, rows)]).astype(np.uint32), np.concatenate(rows)

    def _coba(self) -> Callable[[int], int]:
        n, dt, real = self.bench.n, self.bench.dt, self.real
        constants = [dt / 20, -40, 0, -80, -50, -60, 1 - dt / 5, 1 - dt / 10, 0.6, 6.7, 50]
        state = [self.rng.normal(-55, 5, n), self.rng.normal(4, 1.5, n), self.rng.normal(20, 12, n)]
        return self._function(
            "coba",
            *(np.ascontiguousarray(x, real) for x in state),
            np.zeros(n, np.int32),
            np.array(constants, real),
            *self._rows(np.uint32),
            np.zeros(n, np.uint32),
        )

    def _brunel(self) -> Callable[[int], int]:
        n, dt, real = self.bench.n, self.bench.dt, self.real
        lag, j = 15, 0.1
        cumulative = np.minimum(np.array(self.bench.thresholds) * 2.0**32, 2**32 - 1).astype(np.uint32)
        return self._function(
            "brunel",
            self.rng.uniform(0, 20, n).astype(real),
            np.zeros(n, np.int32),
            np.zeros(n, real),
            self.rng.integers(1, 2**32 - 1, n, dtype=np.uint32),
            cumulative,
            np.array([1 - dt / 20, 20, 10, j, -5 * j, 20], real),
            *self._rows(np.uint16),
            np.zeros(lag * n, np.uint16),
            np.zeros(lag, np.int32),
            lag,
            np.zeros(1, np.int64),
        )

    def _izhi(self) -> Callable[[int], int]:
        n, real = self.bench.n, self.real
        ne = n * 4 // 5
        re, ri = self.rng.random(ne), self.rng.random(n - ne)
        local = np.array([np.full(n, x) for x in (5.0, 0.02, 0.2, -65.0, 8.0)])
        local[3, :ne], local[4, :ne] = -65.0 + 15.0 * re**2, 8.0 - 6.0 * re**2
        local[0, ne:], local[1, ne:], local[2, ne:], local[4, ne:] = 2.0, 0.02 + 0.08 * ri, 0.25 - 0.05 * ri, 2.0
        weights = self.rng.random((n, n)) * np.where(np.arange(n) < ne, 0.5, 1.0)[:, None]
        return self._function(
            "izhi",
            np.full(n, -65.0, real),
            np.full(n, -13.0, real),
            *(np.zeros(n, real), np.zeros(n, real)),
            local.astype(real),
            weights.astype(real),
            self.rng.integers(1, 2**32 - 1, n, dtype=np.uint32),
            np.zeros(n, np.uint32),
            np.zeros(1, np.int32),
        )

    def _rate(self) -> Callable[[int], int]:
        n, k, real = self.bench.n, self.bench.k or self.bench.n, self.real
        self.r, sums = np.zeros(n, real), np.zeros(n, real)
        weights = self.rng.random(n * k, dtype=real) / real(k)
        gain = self.scalar(self.bench.dt / 10), self.scalar(1.0)
        shape: list[Any] = [n]
        arrays = [self.r, sums, weights]
        if self.bench.k:
            rows = [np.sort(self.rng.choice(n, k, replace=False)) for _ in range(n)]
            arrays.append(np.concatenate(rows).astype(np.uint16))
            shape.append(k)
        self.arrays = tuple(arrays)
        function = self.library.csr if self.bench.k else self.library.dense
        function.restype = None
        pointers = [ctypes.c_void_p(a.ctypes.data) for a in arrays]
        return lambda steps: function(ctypes.c_long(steps), *shape, *pointers, *gain) or 0

    def _conv(self) -> Callable[[int], int]:
        n, filters, taps, real = math.isqrt(self.bench.n), FILTERS, TAPS, self.real
        image = np.pad(self.rng.random((n, n)), taps // 2).astype(real)
        weights = np.full((taps, taps, filters), 1.0 / taps**2, real)
        middle, self.r = np.zeros((n, n, filters), real), np.zeros((n // 2, n // 2, filters), real)
        self.arrays = (image, weights, middle, self.r)
        function = self.library.conv
        function.restype = None
        pointers = [ctypes.c_void_p(a.ctypes.data) for a in self.arrays]
        return lambda steps: function(ctypes.c_long(steps), n, *pointers) or 0


def _build(name: str, precision: str, folder: str) -> ctypes.CDLL:
    library = Path(folder, f"{name}_{precision}.so")
    suffix = "f" if precision == "float" else ""
    names = [f"-D{f.upper()}={f}{suffix}" for f in ("sqrt", "log", "sin", "cos")]
    source = Path(__file__).parent / "floor" / f"{name}.c"
    subprocess.run(["gcc", *FLAGS, f"-DREAL={precision}", *names, str(source), "-o", str(library), "-lm"], check=True)
    return ctypes.CDLL(str(library))
