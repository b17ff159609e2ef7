"""What programs are made of: scripts that call the API themselves, each in a process of its own.

A program returns what it has seen by name: numbers, arrays, (nested) lists, dicts of spikes. What a name maps to must
be the same in both simulators, but for round-off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from types import ModuleType

WEIGHTS = np.array([[0.4, -0.3, 0.7], [0.25, 0.9, -0.6]])
"""Two receiving neurons (rows), three sending ones."""


@dataclass
class Bench:
    """One simulator (`ann` is the imported module), and a folder for what it writes."""

    ann: ModuleType
    folder: Path
    count: int = 0

    def compile(self, *networks: Any) -> None:
        """Compile networks, or the global one if none is given."""
        for compiled in networks or (self.ann,):
            self.count += 1
            compiled.compile(directory=str(self.folder / f"build{self.count}"), silent=True)

    def ramp(self) -> Any:
        """A model whose rate is `k*t + b`; `k` one for all neurons, `b` one each."""
        return self.ann.Neuron(parameters="k = 0.5 : population\nb = 1.0", equations="r = k*t + b")

    def adder(self) -> Any:
        """A model whose rate is its input."""
        return self.ann.Neuron(equations="r = sum(exc)")

    def leaky(self) -> Any:
        """A leaky integrate-and-fire model that is driven by `drive`."""
        return self.ann.Neuron(
            parameters="drive = 1.5",
            equations="5.0*dv/dt = drive - v + g_exc\n8.0*dg_exc/dt = -g_exc",
            spike="v > 1.0",
            reset="v = 0.0",
        )

    def three(self, net: Any, drives: Any = (1.3, 1.7, 2.9)) -> Any:
        """Three leaky neurons with different drives."""
        cells = net.create(3, self.leaky())
        cells.drive = np.array(drives)
        return cells


@dataclass(frozen=True)
class Program:
    """One script. `differs` explains a difference: an item of the register of divergences, or why."""

    run: Callable[[Bench], Mapping[str, Any]]
    differs: str = ""


def plain(found: Mapping[str, Any], case: str) -> Iterator[tuple[str, np.ndarray]]:
    """What a program has seen, as arrays of floats."""
    for name, value in found.items():
        yield f"{case}/{name}", flat(value)


def flat(value: Any) -> np.ndarray:
    """Any value as an array: dicts by key, ragged lists one behind the other with their lengths in front."""
    if isinstance(value, dict):
        return flat([part for key in sorted(value) for part in (key, value[key])])
    if isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.dtype == object):
        parts = [flat(part) for part in value]
        return np.concatenate([[float(len(parts))], *(np.ravel(part) for part in parts)])
    return np.asarray(value, dtype=float)
