"""A small network on a bench: built through the public API, run for some steps, its recordings read by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import nnc as ann
from nnc.compiler.codegen.target import get_target

if TYPE_CHECKING:
    from collections.abc import Callable

TARGETS = ("llvm", "openmp", "interp")


class Bench:
    """A network and what is watched in it. `run` compiles it, runs it, and gives the recorded rows by name."""

    def __init__(self, target: str = "llvm", dt: float = 1.0, precision: str = "double", **config: Any) -> None:
        reason = get_target(target).available()
        if reason is not None:
            pytest.skip(f"{target}: {reason.splitlines()[0]}")
        self._target = target
        self.net = ann.Network(dt=dt, seed=3)
        self.net.config(paradigm=target, precision=precision, **config)
        self.watched: dict[str, tuple[Any, str]] = {}

    def rate(self, equations: str, n: int = 1, **rest: Any) -> ann.Population:
        """Rate-coded neurons."""
        return self.net.create(n, ann.Neuron(equations=equations, **rest))

    def spiking(self, equations: str, n: int = 1, spike: str = "False", **rest: Any) -> ann.Population:
        """Spiking neurons; they never fire unless a condition is given."""
        return self.net.create(n, ann.Neuron(equations=equations, spike=spike, **rest))

    def source(self, *steps: int, n: int = 1) -> ann.Population:
        """Neurons that fire in exactly these steps. Their attribute `k` is the number of the step."""
        return self.spiking("k = round(t / dt)", n, " or ".join(f"k == {step}" for step in steps))

    def link(
        self, pre: Any, post: Any, w: float = 1.0, delay: float = 0.0, target: Any = "exc", **synapse: Any
    ) -> ann.Projection:
        """Synapses one to one, of the default model if none is described."""
        model = ann.Synapse(**synapse) if synapse else None
        return self.net.connect(pre, post, target, model).one_to_one(weights=w, delays=delay)

    def watch(self, name: str, obj: Any, variable: str = "") -> None:
        """Record a variable (the name itself by default); of a projection, the synapses of post neuron 0."""
        self.watched[name] = (obj, variable or name)

    def run(self, steps: int, before: Callable[[], None] | None = None) -> dict[str, Any]:
        """Rows of what is watched, without the axis of a single neuron or synapse. Spikes: the steps of neuron 0."""
        if not self.net.compiled:
            # quick to compile: the bits of optimised builds are compared elsewhere
            self.net.compile(silent=True, **({"compiler_flags": "-O0"} if self._target == "openmp" else {}))
        monitors = {
            name: self.net.monitor(obj.dendrite(0) if isinstance(obj, ann.Projection) else obj, variable)
            for name, (obj, variable) in self.watched.items()
        }
        if before is not None:
            before()
        for _ in range(steps):
            self.net.step()
        return {name: _plain(monitor.get(self.watched[name][1])) for name, monitor in monitors.items()}


def _plain(rows: Any) -> Any:
    if isinstance(rows, dict):
        return rows[0]
    return rows[:, 0] if rows.ndim == 2 and rows.shape[1] == 1 else rows


def given(values: Any, precision: str = "double") -> Any:
    """What `==` takes for measured values: equal in all their digits, in single precision as far as that goes."""
    return pytest.approx(values, rel=1e-9, abs=1e-13) if precision == "double" else pytest.approx(values, rel=3e-5)
