"""The hand-written kernels in `floor/*.c`, built and called: what one thread can reach.

The C compiler may use fast maths and the vector functions of libmvec, and the kernels keep no records; nnc may not and
does. All indices of neurons are 16 bits: the networks have no more than 20 000.
"""

from __future__ import annotations

import ctypes
import math
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from specs import BRUNEL, COBA, CUBA, FILTERS, HH, OJA, RATE, STDP, STDP1K, TAPS, G

if TYPE_CHECKING:
    from collections.abc import Callable

    from specs import Bench

FLAGS = ["-O3", "-march=native", "-mprefer-vector-width=512", "-ffast-math", "-fPIC"]
"""Not given to the linker, where -ffast-math would make this process, nnc in it included, flush denormals."""

_SOURCES = {"coba_stdp": "stdp", "brunel_stdp": "stdp", "stdp1k": "stdp"}
_FADES = 4096
"""Entries of the table of decays of the kernels that have traces per synapse."""
_MATHS = ("sqrt", "log", "sin", "cos", "exp")


class Floor:
    """A hand-written kernel with its arrays."""

    def __init__(self, bench: Bench, precision: str, folder: str) -> None:
        self.bench, self.spikes, self.steps = bench, 0, 0
        self.real: Any = np.float32 if precision == "float" else np.float64
        self.scalar = ctypes.c_float if precision == "float" else ctypes.c_double
        self.rng = np.random.default_rng(6)
        name = bench.kind + ("_stdp" if bench.plastic and bench.kind in ("coba", "brunel") else "")
        source = _SOURCES.get(name, bench.kind) + ("_ref" if bench.reference else "")
        self.library = _build(source, precision, folder)
        self.call: Callable[[int], int] = getattr(self, f"_{name}")()

    def simulate(self, ms: float) -> None:
        """Do the steps of so much simulated time."""
        steps = round(ms / self.bench.dt)
        self.steps += steps
        self.spikes += self.call(steps)

    def sanity(self) -> float:
        """Mean rate in Hz, or mean r."""
        if self.bench.unit == "r":
            return float(self.r.mean())
        cells = 1 if self.bench.kind == "stdp1k" else self.bench.n
        return self.spikes / cells / (self.steps * self.bench.dt) * 1000

    def _function(self, name: str, *arrays: Any) -> Callable[[int], int]:
        function = getattr(self.library, name)
        function.restype = ctypes.c_long
        self.arrays = arrays
        n, ne = self.bench.n, self.bench.ne
        pointers = [ctypes.c_void_p(a.ctypes.data) if isinstance(a, np.ndarray) else a for a in arrays]
        return lambda steps: function(ctypes.c_long(steps), n, ne, *pointers)

    def _reals(self, *values: Any) -> list[Any]:
        return [np.ascontiguousarray(value, self.real) for value in values]

    def _rows(self, pres: int | None = None, posts: tuple[int, int] | None = None) -> tuple[Any, Any]:
        """Row pointers and posts: every pair of the network with the probability of the benchmark."""
        n, p = self.bench.n, (self.bench.k or self.bench.n) / self.bench.n
        first, last = posts or (0, n)
        count = n if pres is None else pres
        rows = [np.flatnonzero(self.rng.random(last - first) < p) + first for _ in range(count)]
        return np.cumsum([0, *map(len, rows)]).astype(np.uint32), np.concatenate(rows).astype(np.uint16)

    def _columns(self, row: Any, post: Any) -> tuple[Any, Any, Any]:
        """The synapses by post neuron: column pointers, positions, pre neurons."""
        pre = np.repeat(np.arange(len(row) - 1, dtype=np.uint16), np.diff(row))
        at = np.argsort(post, kind="stable").astype(np.uint32)
        col = np.concatenate([[0], np.cumsum(np.bincount(post, minlength=self.bench.n))]).astype(np.uint32)
        return col, at, pre[at]

    def _pair_rule(self, w_max: float, p: dict[str, float] = STDP) -> list[float]:
        up = p["a_pre"] * w_max
        return [math.exp(-self.bench.dt / p["tau_pre"]), up, up * p["ratio"], w_max]

    def _traces(self, n: int) -> list[Any]:
        """Traces of pre and post neurons; or the table of decays where synapses have traces."""
        steps = np.arange(_FADES) * -self.bench.dt / STDP["tau_pre"]
        return (
            self._reals(np.exp(steps), np.zeros(0)) if self.bench.reference else self._reals(np.zeros(n), np.zeros(n))
        )

    def _synapses(self, count: int, w: float) -> Any:
        """Weights; or records of a weight, two traces and a stamp."""
        if not self.bench.reference:
            return np.full(count, w, self.real)
        record = [("w", self.real), ("x", self.real), ("y", self.real), ("stamp", np.int32)]
        synapses = np.zeros(count, np.dtype(record, align=True))
        synapses["w"], synapses["stamp"] = w, -_FADES
        return synapses

    def _cells(self) -> list[Any]:
        n, few = self.bench.n, (self.bench.k or self.bench.n) < 200
        rng = self.rng
        return self._reals(rng.normal(-55, 5, n), rng.normal(4, 1.5, n) * few, rng.normal(20, 12, n) * few)

    def _coba_constants(self) -> list[float]:
        c, dt, scale = COBA, self.bench.dt, self.bench.scale
        decays = [1 - dt / c["tau_e"], 1 - dt / c["tau_i"]]
        start = [dt / c["tau_m"], c["e_l"] + c["drive"], c["e_e"], c["e_i"], c["v_t"], c["v_r"], *decays]
        return [*start, c["w_e"] * scale, c["w_i"] * scale, round(c["refrac"] / dt)]

    def _coba(self) -> Callable[[int], int]:
        n = self.bench.n
        refractory, constants = np.zeros(n, np.int32), np.array(self._coba_constants(), self.real)
        return self._function("coba", *self._cells(), refractory, constants, *self._rows(), np.zeros(n, np.uint32))

    def _coba_stdp(self) -> Callable[[int], int]:
        n, ne = self.bench.n, self.bench.ne
        row, post = self._rows()
        count, exc = int(row[ne]), COBA["w_e"] * self.bench.scale
        constants = [*self._coba_constants(), *self._pair_rule(2 * exc)]
        return self._function(
            "coba_stdp",
            *self._cells(),
            np.zeros(n, np.int32),
            *self._traces(n),
            *self._reals(constants),
            row,
            post,
            self._synapses(count, exc),
            *self._columns(row[: ne + 1], post[:count]),
            np.zeros(n, np.uint16),
            np.zeros(1, np.int64),
        )

    def _cuba(self) -> Callable[[int], int]:
        n, dt, c = self.bench.n, self.bench.dt, CUBA
        constants = [dt / c["tau_m"], c["e_l"], c["v_t"], c["v_r"], 1 - dt / c["tau_e"], 1 - dt / c["tau_i"]]
        constants += [c["w_e"], c["w_i"], round(c["refrac"] / dt)]
        return self._function(
            "cuba",
            *self._reals(self.rng.uniform(-60, -50, n), np.zeros(n), np.zeros(n)),
            np.zeros(n, np.int32),
            np.array(constants, self.real),
            *self._rows(),
            np.zeros(n, np.uint32),
        )

    def _cobahh(self) -> Callable[[int], int]:
        n, dt, c = self.bench.n, self.bench.dt, HH
        names = ("c", "g_l", "g_na", "g_k", "e_l", "e_na", "e_k", "v_off", "e_e", "e_i")
        constants = [dt, *(c[name] for name in names), math.exp(-dt / c["tau_e"]), math.exp(-dt / c["tau_i"])]
        constants += [c["w_e"], c["w_i"], c["v_spike"]]
        state = [c["e_l"] + self.rng.normal(size=n) * 5 - 5, np.zeros(n), np.zeros(n), np.zeros(n)]
        state += [np.maximum(0, self.rng.normal(4, 1.5, n) * 10), np.maximum(0, self.rng.normal(20, 12, n) * 10)]
        return self._function(
            "cobahh",
            *self._reals(*state),
            np.zeros(n, np.uint8),
            np.array(constants, self.real),
            *self._rows(),
            np.zeros(n, np.uint32),
        )

    def _input(self) -> tuple[Any, Any]:
        """Brunel: states of the generators, thresholds of the number of external spikes."""
        cumulative = np.minimum(np.array(self.bench.thresholds) * 2.0**32, 2**32 - 1).astype(np.uint32)
        return self.rng.integers(1, 2**32 - 1, self.bench.n, dtype=np.uint32), cumulative

    def _brunel_constants(self) -> list[float]:
        c, j = BRUNEL, self.bench.j
        return [1 - self.bench.dt / c["tau_m"], c["v_t"], c["v_r"], j, -G * j, round(c["refrac"] / self.bench.dt)]

    def _brunel(self) -> Callable[[int], int]:
        n, lag = self.bench.n, round(BRUNEL["delay"] / self.bench.dt)
        return self._function(
            "brunel",
            self.rng.uniform(0, BRUNEL["v_t"], n).astype(self.real),
            np.zeros(n, np.int32),
            np.zeros(n, self.real),
            *self._input(),
            np.array(self._brunel_constants(), self.real),
            *self._rows(),
            np.zeros(lag * n, np.uint16),
            np.zeros(lag, np.int32),
            lag,
            np.zeros(1, np.int64),
        )

    def _brunel_stdp(self) -> Callable[[int], int]:
        n, ne, lag, j = self.bench.n, self.bench.ne, round(BRUNEL["delay"] / self.bench.dt), self.bench.j
        row, post = self._rows(ne, (0, ne))
        to_inhibitory, from_inhibitory = self._rows(ne, (ne, n)), self._rows(n - ne)
        row2 = np.concatenate([to_inhibitory[0], from_inhibitory[0][1:] + to_inhibitory[0][-1]])
        return self._function(
            "brunel_stdp",
            self.rng.uniform(0, BRUNEL["v_t"], n).astype(self.real),
            np.zeros(n, np.int32),
            np.zeros(n, self.real),
            *self._input(),
            *self._traces(n),
            *self._reals([*self._brunel_constants(), *self._pair_rule(2 * j)]),
            row,
            post,
            self._synapses(len(post), j),
            *self._columns(row, post),
            row2.astype(np.uint32),
            np.concatenate([to_inhibitory[1], from_inhibitory[1]]),
            np.zeros(lag * n, np.uint16),
            np.zeros(lag, np.int32),
            lag,
            np.zeros(1, np.int64),
        )

    def _stdp1k(self) -> Callable[[int], int]:
        n, dt, c = self.bench.n, self.bench.dt, STDP1K
        constants = [dt / c["tau_m"], c["e_e"] - c["v_r"], c["e_l"], c["v_t"], c["v_r"], 1 - dt / c["tau_e"]]
        constants += [*self._pair_rule(c["g_max"], c), c["rate_hz"] * dt / 1000]
        return self._function(
            "stdp1k",
            *self._reals([c["v_r"], 0.0, 0.0], np.zeros(n), self.rng.uniform(0, c["g_max"], n)),
            self.rng.integers(1, 2**32 - 1, n, dtype=np.uint32),
            np.zeros(n, np.uint16),
            np.array(constants, self.real),
        )

    def _izhi(self) -> Callable[[int], int]:
        n, ne, real = self.bench.n, self.bench.ne, self.real
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
        n, k, real, dt = self.bench.n, self.bench.k or self.bench.n, self.real, self.bench.dt
        self.r, sums = np.zeros(n, real), np.zeros(n, real)
        weights = self.rng.random(n * k, dtype=real) / real(k)
        constants = [dt / RATE["tau"], RATE["bias"]]
        shape: list[Any] = [n]
        arrays = [self.r, sums, weights]
        function = self.library.csr if self.bench.k else self.library.dense
        if self.bench.k:
            rows = [np.sort(self.rng.choice(n, k, replace=False)) for _ in range(n)]
            arrays.append(np.concatenate(rows).astype(np.uint16))
            shape.append(k)
        if self.bench.plastic:
            function = self.library.oja
            constants += [dt / OJA["tau"], OJA["alpha"]]
        self.arrays = tuple(arrays)
        function.restype = None
        pointers = [ctypes.c_void_p(a.ctypes.data) for a in arrays]
        scalars = [self.scalar(c) for c in constants]
        return lambda steps: function(ctypes.c_long(steps), *shape, *pointers, *scalars) or 0

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
    library, item = Path(folder, f"{name}_{precision}.so"), Path(folder, f"{name}_{precision}.o")
    suffix = "f" if precision == "float" else ""
    names = [f"-D{f.upper()}={f}{suffix}" for f in _MATHS]
    source = Path(__file__).parent / "floor" / f"{name}.c"
    subprocess.run(["gcc", *FLAGS, f"-DREAL={precision}", *names, "-c", str(source), "-o", str(item)], check=True)
    subprocess.run(["gcc", "-shared", str(item), "-o", str(library), "-lmvec", "-lm"], check=True)
    return ctypes.CDLL(str(library))
