"""What tuning has found out about a network on this machine: files beside the compiled programs, readable as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from nnc.compiler.codegen.cache import default_cache, host_cpu, key
from nnc.compiler.driver import DEFAULT_TARGET, artifact_key
from nnc.compiler.session import current as current_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.description import NetworkDescription
    from nnc.compiler.options import Options


@dataclass(frozen=True)
class Verdict:
    """The number of workers that was chosen, and the usual seconds per step of all that were tried.

    `cores`: how many there were to choose from. `load` is that of the machine when it was found (processes that ran,
    ours included; None where the system does not tell), `date` the day.
    """

    workers: int
    seconds: dict[int, float]
    cores: int
    load: float | None
    date: str

    def __str__(self) -> str:
        tried = ", ".join(f"{w} took {s * 1e6:.4g}" for w, s in sorted(self.seconds.items()))
        load = "" if self.load is None else f", load {self.load:.1f}"
        return f"{tried} us per step ({self.date}, {self.cores} cores{load})"


def verdict_name(description: NetworkDescription, options: Options, sizes: Sequence[int], cores: int) -> str:
    """The file of a network: another machine, number of cores, target, model or size has another one."""
    session = current_session()
    target = (session.options.target if session is not None else None) or options.target or DEFAULT_TARGET
    program = artifact_key(description, target, options.target_options)
    return key("workers", host_cpu(), str(cores), program, repr(list(sizes))) + ".json"


def find_verdict(name: str) -> Verdict | None:
    """The verdict of a network, if there is one."""
    stored = default_cache().read(name)
    if stored is None:
        return None
    try:
        raw = json.loads(stored)
        verdict = Verdict(**{**raw, "seconds": {int(w): float(s) for w, s in raw["seconds"].items()}})
        return verdict if isinstance(verdict.workers, int) and verdict.workers in verdict.seconds else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # a damaged file is written anew


def keep_verdict(name: str, verdict: Verdict) -> None:
    """Write a verdict, whole or not at all."""
    default_cache().write(name, json.dumps(asdict(verdict), indent=1).encode())
