"""NumPy as a yardstick for rate networks: a loop over BLAS gemv, or over a CSR product of SciPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from specs import RATE

if TYPE_CHECKING:
    from specs import Bench


class Blas:
    """A static rate network as three lines of NumPy."""

    def __init__(self, bench: Bench, precision: str) -> None:
        self.bench = bench
        real: Any = np.float32 if precision == "float" else np.float64
        rng, n = np.random.default_rng(1), bench.n
        if bench.k is None:
            self.w: Any = rng.random((n, n), dtype=real) / real(n)
        else:
            from scipy.sparse import csr_matrix

            columns = np.concatenate([np.sort(rng.choice(n, bench.k, replace=False)) for _ in range(n)])
            starts = np.arange(0, n * bench.k + 1, bench.k, dtype=np.int32)
            values = rng.random(n * bench.k, dtype=real) / real(bench.k)
            self.w = csr_matrix((values, columns.astype(np.int32), starts), shape=(n, n))
        self.r = np.zeros(n, real)
        self.gain, self.bias = real(bench.dt / RATE["tau"]), real(RATE["bias"])

    @staticmethod
    def fits(bench: Bench) -> bool:
        """Whether a network is one of these."""
        return bench.kind == "rate" and not bench.plastic

    def simulate(self, ms: float) -> None:
        """Do the steps of so much simulated time."""
        for _ in range(round(ms / self.bench.dt)):
            self.r += self.gain * (self.w @ self.r + self.bias - self.r)

    def sanity(self) -> float:
        """Mean r."""
        return float(self.r.mean())
