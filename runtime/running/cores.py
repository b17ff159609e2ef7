"""How many cores this process may use, those it is bound to and no more than its share of time allows; and the load."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Final

GROUPS: Final = Path("/sys/fs/cgroup")
OWN: Final = Path("/proc/self/cgroup")


def cores(groups: Path = GROUPS, own: Path = OWN) -> int:
    """The cores of this process's affinity, at most the limit of its control group, rounded up; at least 1.

    `groups` is where the system shows control groups, `own` the file that says which one this process is in.
    """
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limits = [there, *(math.ceil(limit) for limit in _limits(groups, own))]
    return max(1, min(limits))


def load_of_machine() -> float | None:
    """Processes that have wanted to run in the last minute; None where the system does not tell."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def is_busy(there: int) -> bool:
    """Whether more processes want to run than the cores that are there."""
    load = load_of_machine()
    return load is not None and load > there


def _limits(groups: Path, own: Path) -> list[float]:
    """Cores' worth of time that the control groups around this process allow."""
    found = []
    for line in _text(own).splitlines():
        _, controllers, path = [*line.split(":", 2), "", "", ""][:3]
        if controllers and "cpu" not in controllers.split(","):
            continue
        for top in (groups, groups / "cpu", groups / "cpu,cpuacct") if controllers else (groups,):
            folder = top / path.lstrip("/")
            for place in (folder, *(p for p in folder.parents if p == top or top in p.parents)):
                if (limit := _limit(place)) is not None:
                    found.append(limit)
    return found


def _limit(folder: Path) -> float | None:
    """The limit that a group sets itself, of either version; None if there is none."""
    words = _text(folder / "cpu.max").split()
    if not words:
        words = [_text(folder / "cpu.cfs_quota_us").strip(), _text(folder / "cpu.cfs_period_us").strip()]
    try:
        quota, period = float(words[0]), float(words[1])
    except (ValueError, IndexError):
        return None  # "max", or no such file
    return quota / period if quota > 0.0 and period > 0.0 else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
