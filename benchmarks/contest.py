"""Who takes part in a benchmark: each does one timed repeat at a time, so that all alternate."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from specs import Bench

PEERS = ("annarchy", "brian2", "nest")

BEST = {
    "annarchy": {"rate": "csr,simd,fast", "dense": "dense,fast", "plastic": "fast", "": "pre,csr,fast"},
    "annarchy on cuda": {"rate": "csr,cuda", "dense": "dense,cuda", "": "csr,cuda"},
    "brian2": {"": "fast"},
    "nest": {"": ""},
}
"""The best configuration of each peer by kind of network: words of `--variant`, see the peer's script."""


class Lap(NamedTuple):
    """Milliseconds per simulated second of one repeat."""

    cpu: float
    wall: float


class Missing(Exception):
    """A peer does not have this network, or failed; the message says why."""


class Inside:
    """Something that runs in this process: nnc, a hand-written kernel, NumPy."""

    def __init__(self, run: Any, bench: Bench) -> None:
        self.run, self.bench = run, bench
        run.simulate(bench.warm)

    def lap(self) -> Lap:
        """One repeat."""
        cpu, wall = time.process_time(), time.perf_counter()
        self.run.simulate(self.bench.window)
        per_second = 1e6 / self.bench.window
        return Lap((time.process_time() - cpu) * per_second, (time.perf_counter() - wall) * per_second)

    def sanity(self) -> float:
        """The number that shows what was computed."""
        return float(self.run.sanity())

    def close(self) -> None:
        """Nothing to do."""


class Outside:
    """A peer in a process of its own, with an interpreter of its own; it waits between repeats."""

    def __init__(self, peer: str, python: str, name: str, bench: Bench, precision: str, threads: int) -> None:
        script = Path(__file__).parent / "peers" / f"peer_{peer.split()[0]}.py"
        # an absolute path, but not what a link of a virtual environment points to
        interpreter = os.path.abspath(python)
        folder = os.path.dirname(interpreter)
        environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
        environment |= {"PATH": folder + os.pathsep + os.environ["PATH"], "VIRTUAL_ENV": os.path.dirname(folder)}
        environment |= {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
        command = [interpreter, str(script), name, "--precision", precision, "--threads", str(threads)]
        command += ["--variant", variant(peer, bench)]
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed by `close`)
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=self.errors, text=True, env=environment
        )
        self.last: dict[str, float] = self._answer()

    def _answer(self) -> dict[str, float]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("RESULT "):
                found: dict[str, float] = json.loads(line[len("RESULT ") :])
                return found
        self.process.wait()
        self.errors.seek(0)
        words = self.errors.read().strip().splitlines()
        self.close()
        raise Missing(words[-1] if words else f"it ended with status {self.process.returncode}")

    def lap(self) -> Lap:
        """One repeat."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        self.last = self._answer()
        return Lap(self.last["cpu"], self.last["wall"])

    def sanity(self) -> float:
        """The number that shows what was computed."""
        return self.last["sanity"]

    def close(self) -> None:
        """Let the process end."""
        if self.process.poll() is None and self.process.stdin is not None:
            self.process.stdin.close()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            if stream is not None:
                stream.close()


def variant(peer: str, bench: Bench) -> str:
    """The best configuration of a peer for a network."""
    known = BEST[peer]
    if bench.kind == "rate" and bench.k is None and "dense" in known:
        return known["dense"]
    if bench.plastic and "plastic" in known:
        return known["plastic"]
    return known.get(bench.kind, known[""])
