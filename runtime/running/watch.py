"""The watch on numbers that go wrong: infinite ones, NaN, and those that run away.

After stretches of steps the variables are looked at on the side of Python, for at most a hundredth of the time that
the steps take. If there is a bad number, the steps since the last look are done again from a copy of the state until
the first bad step is found (runs are reproducible bit by bit); `nnc.compiler.blame` finds the expression in it.
A number that is bad for a few steps and good again when it is looked at is not noticed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.compiler.blame import bad, find_cause
from nnc.compiler.diagnostics import UNKNOWN, Diagnostic
from nnc.compiler.frontend.syntax import Ode
from nnc.runtime.block.memory import HostMemory
from nnc.runtime.errors import NonFiniteError, warn
from nnc.runtime.running.compiling import describe

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nnc.compiler.blame import Cause
    from nnc.compiler.diagnostics import Loc, Severity
    from nnc.compiler.frontend.model import Model
    from nnc.runtime.networks.network import Network
    from nnc.runtime.running.compiling import Compiled

SHARE: Final = 0.005
"""Time for looking, as a part of the time of the steps."""

FIRST_CREDIT: Final = 0.002
"""Seconds for looking that are there at the start, so that short runs are watched closely."""

LARGEST_COPY: Final = 256 << 20
"""Bytes of a state that is copied; of larger ones the bad step is not searched for."""

BYTES_PER_SECOND: Final = 2e9
"""Assumed of a copy that has not been timed."""


@dataclass
class _Copy:
    t: int
    fields: dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Finding:
    """An element with a bad number; `before` if it was there when the watch began to look."""

    field: str
    index: int
    value: float
    t: int
    before: bool = False


class Watch:
    """Watches one compiled network until it has reported."""

    def __init__(self, compiled: Compiled, report: Callable[[Finding, Cause | None], None], network: Network) -> None:
        self.compiled = compiled
        self.block = compiled.state.block
        self.report = report
        self.network = network
        self.variables = _variables(network, compiled) if isinstance(compiled.state.memory, HostMemory) else []
        # infinities that a model starts with are meant
        self.variables = [n for n in self.variables if self.first_bad(n) is None]
        self.kept = [f.name for f in self.block.layout.fields if f.role not in ("param", "constant")]
        size = sum(self.block.fields.peek(n).nbytes for n in self.kept)
        self.copies = size <= LARGEST_COPY
        self.copy_cost = size / BYTES_PER_SECOND if self.copies else 0.0
        self.look_cost = sum(self.block.fields.peek(n).nbytes for n in self.variables) / BYTES_PER_SECOND
        self.credit = FIRST_CREDIT
        self.copy: _Copy | None = None
        self.done = not self.variables

    def begin(self) -> None:
        """Before steps: scripts may have changed the state, so that an older copy is of no use."""
        self.copy = None
        self._take_copy()

    def after(self, seconds: float) -> None:
        """After a stretch that took so long: look, if there is time for it. Raises what `report` raises.

        Steps and looks are timed by the same clock, or else a busy machine would make the steps look longer.
        """
        self.credit += SHARE * seconds
        if self.credit < self.look_cost or self.done:
            return
        begin = time.perf_counter()
        wrong = next((n for n in self.variables if self.first_bad(n) is not None), None)
        self.look_cost = time.perf_counter() - begin
        self.credit -= self.look_cost
        if wrong is not None:
            self.done = True
            self.report(*self.explain())
            return
        self._take_copy()

    def first_bad(self, name: str) -> int | None:
        """The first bad element of a field. Two reductions: cheaper than a look at each element."""
        values = self.block.fields.read(name)
        if not values.size or not bad(np.array([values.min(), values.max()])).any():
            return None
        return int(np.flatnonzero(bad(values))[0])

    def explain(self) -> tuple[Finding, Cause | None]:
        """The first bad number, and what made it, if it can be found out. The state stays as it is."""
        now, recorders = self._copied(), self.block.recorders
        self.block.recorders = []
        try:
            return self._replayed() or (self._finding(self.block.t - 1), None)
        finally:
            self._restore(now)
            self.block.recorders = recorders

    def _replayed(self) -> tuple[Finding, Cause | None] | None:
        good, last = self.copy, self.block.t
        if good is None:
            return None
        self._restore(good)
        if self._any_bad():
            return self._finding(self.block.t, before=True), None
        while last - good.t > 1:
            middle = (good.t + last) // 2
            self.compiled.program.run(self.block, good.t, middle)
            if self._any_bad():
                last = middle
                self._restore(good)
            elif self.block.t < middle:
                return None
            else:
                good = self._copied()
        self.compiled.program.run(self.block, good.t, good.t + 1)
        if not self._any_bad():
            return None
        finding = self._finding(good.t)
        self._restore(good)
        cause = find_cause(describe(self.network), self.block)
        if cause is None or cause.field not in self.variables:
            return finding, cause
        self.compiled.program.run(self.block, good.t, good.t + 1)
        place = self.compiled.state.block.fields.read(cause.field)
        return Finding(cause.field, cause.index, float(place[cause.index]), good.t), cause

    def _any_bad(self) -> bool:
        return any(self.first_bad(n) is not None for n in self.variables)

    def _finding(self, t: int, before: bool = False) -> Finding:
        name, index = next((n, i) for n in self.variables if (i := self.first_bad(n)) is not None)
        return Finding(name, index, float(self.block.fields.read(name)[index]), t, before)

    def _take_copy(self) -> None:
        # a copy is worth its time only if there is time for the look that follows
        if self.done or not self.copies or self.credit < self.copy_cost + self.look_cost:
            return
        begin = time.perf_counter()
        self.copy = self._copied()
        self.copy_cost = time.perf_counter() - begin
        self.credit -= self.copy_cost

    def _copied(self) -> _Copy:
        return _Copy(self.block.t, {n: self.block.fields.read(n).copy() for n in self.kept})

    def _restore(self, copy: _Copy) -> None:
        for name, values in copy.fields.items():
            self.block.fields[name][...] = values
        self.block.t = copy.t


def watch_for(network: Network, compiled: Compiled) -> Watch:
    """A watch that reports as `on_nonfinite` of the network says: by a warning or an error."""

    def report(finding: Finding, cause: Cause | None) -> None:
        message = describe_finding(network, finding, cause)
        if network.config_["on_nonfinite"] == "raise":
            raise NonFiniteError(message.render())
        warn(message.render())

    return Watch(compiled, report, network)


def describe_finding(network: Network, finding: Finding, cause: Cause | None) -> Diagnostic:
    """The message: population, variable, neuron and time, with the place of the expression at fault."""
    nan, infinite = np.isnan(finding.value), np.isinf(finding.value)
    code = "N0801" if nan or infinite else "N0802"  # else it runs away
    became = "NaN" if nan else ("infinite" if infinite else f"{finding.value:.3g}")
    what, loc = _place(network, finding)
    time = f"{finding.t * network.dt:g} ms"
    when = f"was {became} before t = {time}" if finding.before else f"became {became} at t = {time}"
    if cause is None and not finding.before:
        when = f"became {became} at t = {time} or before"
    notes = cause.notes if cause is not None else ()
    if cause is not None and cause.loc.source is not None and cause.loc.source.what != "call":
        loc = cause.loc
    help = "a smaller dt or bounds (min, max) help where the step is too long; setup(on_nonfinite='ignore') is silent"
    severity: Severity = "error" if network.config_["on_nonfinite"] == "raise" else "warning"
    return Diagnostic(severity, code, f"{what} {when}", loc, help, notes)


def _place(network: Network, finding: Finding) -> tuple[str, Loc]:
    symbol, _, attribute = finding.field.partition(".")
    for population in network.get_populations():
        if symbol == f"pop{population.id}":
            wide = len(network.state.block.fields.peek(finding.field)) > 1
            of = f" of neuron {finding.index}" if wide or population.size == 1 else ""
            return f"'{attribute}'{of} of population '{population.name}'", _equation(population._model, attribute)
    for projection in network.get_projections(suppress_error=True):
        if symbol == f"proj{projection.id}":
            of = _synapse(network, finding)
            return f"'{attribute}'{of} of projection '{projection.name}'", _equation(projection._model, attribute)
    return f"'{finding.field}'", UNKNOWN


def _equation(model: Model, name: str) -> Loc:
    """Where a variable is computed, else where it is declared."""
    for statement in model.statements:
        if name == (statement.variable if isinstance(statement, Ode) else statement.target.name):
            return statement.loc
    info = model.attribute(name)
    return info.loc if info is not None else UNKNOWN


def _synapse(network: Network, finding: Finding) -> str:
    """Which synapse, by its neurons."""
    places = network.state.places(finding.field)
    if places is None:
        wide = len(network.state.block.fields.peek(finding.field)) > 1
        return f" of the synapses of neuron {finding.index}" if wide else ""
    found = np.flatnonzero(places == finding.index)
    synapses = network.state.storages[finding.field.partition(".")[0]].synapses
    if not len(found):
        return ""
    canonical = int(found[0])
    post = int(np.searchsorted(synapses.row, canonical, side="right")) - 1
    return f" of the synapse from neuron {int(synapses.pre[canonical])} to neuron {post}"


def _variables(network: Network, compiled: Compiled) -> list[str]:
    """The floating-point variables of the models, small fields first."""
    named = {f"{values.symbol}.{name}" for values in network.all_values() for name in values.slots}
    block = compiled.state.block
    fields = [f for f in block.layout.fields if f.role == "state" and f.name in named and f.dtype.is_float]
    return sorted((f.name for f in fields), key=lambda n: block.fields.peek(n).size)
