"""Where the wall time of a network goes: phases of its construction, and its runs.

`setup(show_time=True, verbose=True)` prints the phases, `trace_calls` each of them and each native call as it is made,
`profiling=True` keeps everything for `check_profile_results()`, and for a table at the end of the script
(`profile_out`: a folder that gets it as CSV).
"""

from __future__ import annotations

import atexit
import csv
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nnc.runtime.networks.registry import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nnc.runtime.measuring.metering import Profile

INIT: Final = ("init", "both")
RUN: Final = ("simulate", "both")


@dataclass
class Timings:
    """The seconds of one network, by phase, and how often the phase was gone through."""

    label: str
    trace: str | None = None
    kernels: Callable[[], Profile | None] | None = None
    """Tells the times of kernels, if they are measured."""

    seconds: dict[str, float] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    steps: int = 0

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count what is done in here as part of a phase."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - begin)
            if self.trace in INIT:
                print(f"{self.label}: {name} took {time.perf_counter() - begin:.6f} s")

    def add(self, name: str, seconds: float) -> None:
        """Count some seconds more."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds
        self.calls[name] = self.calls.get(name, 0) + 1

    def watched(self, progress: Callable[[int], object] | None) -> Callable[[int], object] | None:
        """What is told of every native call: prints it if calls are traced, then tells `progress`."""
        if self.trace not in RUN:
            return progress

        def told(steps: int) -> None:
            print(f"{self.label}: native call of {steps} steps")
            if progress is not None:
                progress(steps)

        return told

    def profile(self) -> Profile | None:
        """Times of the kernels, if there are any."""
        return None if self.kernels is None else self.kernels()

    def __str__(self) -> str:
        return "\n".join(
            f"{label:14}{phase:24}{calls:8} x{seconds:12.6f} s" for label, phase, calls, seconds in self.rows()
        )

    def rows(self) -> list[tuple[str, str, int, float]]:
        """(network, phase, calls, seconds) in order."""
        return [(self.label, name, self.calls[name], seconds) for name, seconds in self.seconds.items()]


def start_profile(timings: Timings, config: Mapping[str, Any]) -> None:
    """Keep the timings of a network for the end of the script, if its settings say so."""
    if not config["profiling"]:
        return
    if not REGISTRY.profiles:
        atexit.register(_at_exit)
    REGISTRY.profiles.append((timings, config["profile_out"]))


def check_profile_results() -> None:
    """Print the wall time of all profiled networks, by phase and by kernel. Prints nothing if none was profiled."""
    for timings, _ in REGISTRY.profiles:
        print(timings)
        if (profile := timings.profile()) is not None:
            print(f"{timings.label}: {profile}")


def _at_exit() -> None:
    check_profile_results()
    for folder in {out for _, out in REGISTRY.profiles if out is not None}:
        rows = [row for timings, out in REGISTRY.profiles if out == folder for row in timings.rows()]
        Path(folder).mkdir(parents=True, exist_ok=True)
        with (Path(folder) / "profile.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("network", "phase", "calls", "seconds"), *rows])
    for timings, out in REGISTRY.profiles:
        if out is not None and (profile := timings.profile()) is not None:
            profile.to_csv(Path(out) / f"kernels {timings.label}.csv")
