"""Where the time of a network goes: seconds, bytes and operations of every kernel, and how far from the best it is."""

from __future__ import annotations

import csv
import dataclasses
import time
import weakref
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.compiler.driver import lower
from nnc.compiler.ir.cost import Work
from nnc.compiler.options import Options
from nnc.compiler.passes import PROFILE_PIPELINE
from nnc.compiler.passes.instrument import COUNT, REST, TICKS, WAIT, plan
from nnc.runtime.errors import NNCRuntimeError
from nnc.runtime.measuring.machine import peaks
from nnc.runtime.showing import table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nnc.compiler.codegen.layout import StateBlock
    from nnc.compiler.codegen.target import Program, Status
    from nnc.runtime.networks.network import Network
    from nnc.runtime.running.compiling import Compiled

_PLACES: Final = {
    "update": "neurons",
    "global": "equations of all",
    "zero": "inputs to zero",
    "reduce": "population means",
    "psp": "weighted sums",
    "on_pre": "arriving spikes",
    "on_post": "post-synaptic spikes",
    "on_axon": "axonal spikes",
    "posts": "equations of post neurons",
    "fill": "random numbers",
    "push": "past values",
    "traces.pre": "traces of pre neurons",
    "traces.post": "traces of post neurons",
    "on_pre.neurons": "traces at arriving spikes",
    "on_post.neurons": "traces at post-synaptic spikes",
}

HEAD: Final = ("kernel", "ms", "share", "GB/s", "Gflop/s", "bytes/step", "flops/step", "bound", "roofline")


class Metered:
    """A program that measures itself; `seconds` is the wall time of its runs."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.layout = program.layout
        self.seconds = 0.0

    def run(self, block: StateBlock, t0: int, t1: int) -> Status:
        """See `Program.run`."""
        begin = time.perf_counter()
        try:
            return self._program.run(block, t0, t1)
        finally:
            self.seconds += time.perf_counter() - begin

    def __getattr__(self, name: str) -> Any:
        return getattr(self._program, name)


def metered(program: Program) -> Program:
    """The program, with a clock if it measures itself."""
    measures = any(f.name.startswith(TICKS) for f in program.layout.fields)
    return Metered(program) if measures else program


def with_meter(options: Options) -> Options:
    """Options for a program that measures itself."""
    return dataclasses.replace(options, pipeline=PROFILE_PIPELINE)


@dataclass(frozen=True)
class KernelTime:
    """One kernel: `seconds` (None where the target has no clock), its part of all, and its work in all steps.

    `kernel` is its name in the IR, `name` what it is in the user's network. `bound` is what limits it at best,
    "memory" or "arithmetic"; `roofline` the least possible time divided by the time taken.
    """

    name: str
    kernel: str
    seconds: float | None
    share: float | None
    work: Work
    bound: str | None
    roofline: float | None


@dataclass(frozen=True)
class Profile:
    """Measurements of a network over some steps; printing it gives a table."""

    kernels: tuple[KernelTime, ...]
    steps: int
    seconds: float
    threads: int
    target: str
    precision: str

    def __str__(self) -> str:
        title = f"{self.steps} steps in {self.seconds * 1e3:.4g} ms, {self.target}, {self.precision} precision, "
        title += f"{self.threads} thread{'s' if self.threads > 1 else ''}"
        rows = [HEAD, *(self._cells(k) for k in self.kernels)]
        widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
        lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]
        return "\n".join([title, *lines])

    def _repr_html_(self) -> str:
        rows = [(k.name, " | ".join(self._cells(k)[1:])) for k in self.kernels]
        return table(f"{self.steps} steps in {self.seconds * 1e3:.4g} ms", (HEAD[0], " | ".join(HEAD[1:])), rows)

    def to_csv(self, path: str | Path) -> None:
        """Write one line per kernel, times in seconds, work in all steps."""
        with Path(path).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("name", "kernel", "seconds", "read", "written", "flops", "others", "roofline"))
            for k in self.kernels:
                w = k.work
                writer.writerow((k.name, k.kernel, k.seconds, w.read, w.written, w.flops, w.others, k.roofline))

    def _cells(self, k: KernelTime) -> tuple[str, ...]:
        def rate(amount: int) -> str:
            return f"{amount / k.seconds / 1e9:.3g}" if k.seconds and amount else "-"

        return (
            k.name,
            "-" if k.seconds is None else f"{k.seconds * 1e3:.4g}",
            "-" if k.share is None else f"{k.share:.1%}",
            rate(k.work.bytes),
            rate(k.work.flops),
            f"{k.work.bytes / max(1, self.steps):.4g}",
            f"{k.work.flops / max(1, self.steps):.4g}",
            k.bound or "-",
            "-" if k.roofline is None else f"{k.roofline:.0%}",
        )


@dataclass(frozen=True)
class Reading:
    """What the meters of a program show: ticks and counts by field, a value per worker, and seconds of all runs."""

    values: Mapping[str, Any]
    seconds: float

    @staticmethod
    def of(compiled: Compiled) -> Reading:
        """Now."""
        names = [f.name for f in compiled.program.layout.fields if f.name.startswith((TICKS, COUNT))]
        values = {name: np.array(compiled.state.memory.read(name)) for name in names}
        return Reading(values, float(getattr(compiled.program, "seconds", 0.0)))

    def since(self, before: Reading) -> Reading:
        """What has been added."""
        values = {n: v - before.values[n] for n, v in self.values.items()}
        return Reading(values, self.seconds - before.seconds)


class Metering:
    """The part of a network that tells where its time goes."""

    _compiled: Compiled | None
    _options: Options | None
    _stale: bool

    @property
    def measured(self) -> bool:
        """Whether a run was measured: `setup(profiling=True)`, `compile(profile_enabled=True)` or `--profile`."""
        return self._compiled is not None and getattr(self._compiled.program, "seconds", 0.0) > 0.0

    def profile(self, duration: float | None = None) -> Profile:
        """Time, bytes and operations of every kernel of a step; `print` shows a table.

        With a duration (ms) the network is simulated for that long by a program that measures itself; results are the
        same bits. Without, it tells what was measured since `compile()`, if `setup(profiling=True)` was said before.
        The roofline is what this machine can do at most, measured once (a third of a second) and kept in the cache.
        """
        network = self._network()
        compiled = network._current()
        if duration is None:
            if not isinstance(compiled.program, Metered):
                raise NNCRuntimeError(
                    "profile: nothing was measured. Give it a duration, as in net.profile(100.0), or say "
                    "setup(profiling=True) before compile()"
                )
            return _report(network, compiled, Reading.of(compiled))
        with self._measuring(network):
            compiled = network._current()
            before = Reading.of(compiled)
            network.simulate(duration)
            return _report(network, compiled, Reading.of(compiled).since(before))

    def explain(self) -> str:
        """What was decided for this network, and why: the number of threads, the storage of each projection."""
        from nnc.runtime.measuring.explaining import explain

        network = self._network()
        return explain(network, network._current())

    @contextmanager
    def _measuring(self, network: Network) -> Iterator[None]:
        """A program that measures itself for a while."""
        usual = self._options
        if usual is None or isinstance(network._running().program, Metered):
            yield
            return
        self._options, self._stale = with_meter(usual), True
        try:
            if not isinstance(network._current().program, Metered):
                raise NNCRuntimeError("profile: the passes of this run are given by hand; leave out -p to measure")
            yield
        finally:
            self._options, self._stale = usual, True

    def _network(self) -> Network:
        from nnc.runtime.networks.network import Network

        assert isinstance(self, Network)
        return self


def kernels_of(network: Network) -> Callable[[], Profile | None]:
    """What tells the times of the kernels of a network, as long as it exists and was measured."""
    known = weakref.ref(network)

    def tell() -> Profile | None:
        network = known()
        return network.profile() if network is not None and network.measured else None

    return tell


def _report(network: Network, compiled: Compiled, reading: Reading) -> Profile:
    from nnc.runtime.running.compiling import describe

    options = Options(target=network.target, pipeline=PROFILE_PIPELINE.removesuffix(",instrument"))
    kernels = plan(lower(describe(network), options)).kernels
    block = compiled.state.block
    counts = {int(n.removeprefix(COUNT)): int(v.sum()) for n, v in reading.values.items() if n.startswith(COUNT)}
    ticks = {n.removeprefix(TICKS): float(v.mean()) for n, v in reading.values.items() if n.startswith(TICKS)}
    total = sum(ticks.values())
    host = network.target in ("llvm", "openmp")
    most = peaks(network.config_.precision, block.team) if total and host else None
    found = []
    for name, spent in ticks.items():
        kernel = kernels.get(name)
        work = kernel.total(counts) if kernel is not None else Work()
        seconds = reading.seconds * spent / total if total else None
        size = sum(block.fields.peek(f).nbytes for f in kernel.fields if f in block.fields) if kernel is not None else 0
        least = most.seconds(work.bytes, work.flops, size) if most is not None and work.bytes else 0.0
        bound = None
        if most is not None and least:
            bound = "memory" if work.bytes / most.bandwidth(size) >= least else "arithmetic"
        roofline = least / seconds if seconds and least else None
        share = spent / total if total else None
        found.append(KernelTime(label(network, name), name, seconds, share, work, bound, roofline))
    found.sort(key=lambda k: (-(k.seconds or 0.0), -k.work.bytes))
    steps = counts.get(0, 0) // block.team
    return Profile(tuple(found), steps, reading.seconds, block.team, network.target, network.config_.precision)


def label(network: Network, kernel: str) -> str:
    """A kernel in the words of the user's network."""
    if kernel in (WAIT, REST):
        return {WAIT: "waiting for other threads", REST: "the loop over steps"}[kernel]
    first, several, kernel = kernel.rpartition("..")
    owner, _, rest = kernel.partition(".")
    if owner == "record":
        return "recording conductances" if rest == "targets" else "recording"
    what = _PLACES.get(rest) or _PLACES.get(rest.rpartition(".")[2], rest)
    if owner.startswith("pop"):
        names = {f"pop{p.id}": p.name for p in network.get_populations()}
    else:
        projections = network.get_projections(suppress_error=True)
        names = {f"proj{p.id}": p.name for p in projections}
        what = "synapses" if rest == "update" else what
    owners = f"{names.get(first, first)}..{names.get(owner, owner)}" if several else names.get(owner, owner)
    return f"{owners}: {what}"
