"""How much memory this process may still use."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_ROOT = Path("/")


def available_memory(root: Path = _ROOT) -> int | None:
    """Bytes that are free for this process: the least of what the machine has and its control groups allow.

    None where the system does not say. `root` is where /proc and /sys are.
    """
    found = [n for n in (_machine(root), *_groups(root)) if n is not None]
    return min(found) if found else _pages()


def _machine(root: Path) -> int | None:
    """`MemAvailable`: free memory and what the system can take back from caches."""
    with suppress(OSError, ValueError, IndexError):
        for line in (root / "proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return None


def _pages() -> int | None:
    with suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _groups(root: Path) -> list[int | None]:
    """What the control groups of this process leave: version 2 and, where it is used, version 1."""
    left: list[int | None] = []
    with suppress(OSError, ValueError):
        for line in (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers == "":
                left += _left(root / "sys/fs/cgroup", path, "memory.max", "memory.current")
            elif "memory" in controllers.split(","):
                names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
                left += _left(root / "sys/fs/cgroup/memory", path, *names)
    return left


def _left(base: Path, path: str, limit: str, usage: str) -> list[int | None]:
    """Limit less usage of a group and of all above it."""
    group = base / path.lstrip("/")
    return [_rest(at / limit, at / usage) for at in (group, *group.parents) if at == base or base in at.parents]


def _rest(limit: Path, usage: Path) -> int | None:
    try:
        return max(0, int(limit.read_text(encoding="ascii")) - int(usage.read_text(encoding="ascii")))
    except (OSError, ValueError):  # no such group here, or the limit is "max"
        return None
