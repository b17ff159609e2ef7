"""Structural plasticity: synapses that are created and removed while a network runs, by rules or from Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from nnc.compiler.description import ConstantRef, Drawn
from nnc.compiler.frontend.model import DistributionCall
from nnc.runtime.attributes import distribution_of
from nnc.runtime.building.blocks import building_threads, draw_blocks
from nnc.runtime.errors import NNCRuntimeError, NNCValueError
from nnc.runtime.projections import edits
from nnc.runtime.projections.conditions import Condition
from nnc.runtime.random import RandomDistribution
from nnc.runtime.recording.streamed import Streaming
from nnc.runtime.remarks import warn_rounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from nnc.compiler.frontend.model import StructuralRule, SynapseModel
    from nnc.runtime.attributes import Attributes
    from nnc.runtime.connectors.rule import Rule, Wired
    from nnc.runtime.networks.network import Network
    from nnc.runtime.populations.population import Population
    from nnc.runtime.projections.connectivity import Connectivity
    from nnc.runtime.projections.edits import Edit
    from nnc.runtime.projections.projection import Projection
    from nnc.runtime.recording.monitor import Monitor

What = Literal["creating", "pruning"]
RULES: Final[tuple[What, What]] = ("creating", "pruning")


@dataclass(frozen=True)
class _Schedule:
    """A rule that was started: it is tested in steps k with (k - start) divisible by the period."""

    condition: Condition
    start: int
    period: int

    def next(self, step: int) -> int:
        """The first step from a given one in which it is tested."""
        return step + (self.start - step) % self.period


class Structural:
    """The part of a projection whose synapses come and go. All changes need `structural_plasticity=True`."""

    id: int
    name: str
    _net: Network
    _pre: Population
    _model: SynapseModel
    _rule: Rule | None
    _redraws: int
    _synapses: Connectivity | None
    _delays: int | NDArray[np.int32]
    _asked_delay: float | None
    _values: Attributes
    _editable: bool
    _reach: int
    _schedules: dict[str, _Schedule]
    regenerated: Any

    # Rules

    def start_creating(self, period: float | None = None) -> None:
        """Test the rule `creating` at the end of this step and of every step (every `period` ms) from now on."""
        self._start("creating", period)

    def stop_creating(self) -> None:
        """Test the rule `creating` no longer."""
        self._stop("creating")

    def start_pruning(self, period: float | None = None) -> None:
        """Test the rule `pruning` at the end of this step and of every step (every `period` ms) from now on."""
        self._start("pruning", period)

    def stop_pruning(self) -> None:
        """Test the rule `pruning` no longer."""
        self._stop("pruning")

    def _start(self, what: What, period: float | None) -> None:
        rule = self._checked_rule(what, f"start_{what}")
        steps = 1
        if period is not None:
            if isinstance(period, bool) or not isinstance(period, int | float | np.number) or not 0 < period < np.inf:
                raise NNCValueError(f"start_{what}: the period is a number of ms above zero, not {period!r}")
            steps = max(1, round(float(period) / self._net.dt))
        self._schedules[what] = _Schedule(Condition(self._whole(), what, rule), self._net.current_step, steps)

    def _stop(self, what: What) -> None:
        self._checked_rule(what, f"stop_{what}")
        self._schedules.pop(what, None)

    def _checked_rule(self, what: What, call: str) -> StructuralRule:
        self.check_structural(call)
        rule = self.rule_of(what)
        if rule is None:
            raise NNCRuntimeError(f"{call}: the synapse of projection '{self.name}' has no rule '{what}'")
        return rule

    def rule_of(self, what: What) -> StructuralRule | None:
        """The rule of the synapse, if it has one."""
        return self._model.creating if what == "creating" else self._model.pruning

    @property
    def has_rules(self) -> bool:
        """Whether the synapse says when synapses are created or removed."""
        return any(self.rule_of(what) is not None for what in RULES)

    @property
    def may_meet_itself(self) -> bool:
        """Whether the connector allows that a neuron is connected with itself."""
        return bool(getattr(self._rule, "selves", False))

    @property
    def editable(self) -> bool:
        """Whether the program must expect that synapses come and go."""
        return self._editable or self.has_rules

    def _arrays(self) -> frozenset[str]:
        """The parameters with a value per element; new synapses must be able to differ from the others."""
        slots = self._values.slots.values() if self.editable else ()
        local = {s.name for s in slots if s.is_parameter and self._values.locality(s.name) == "local"}
        return self._values.wide() | local

    @property
    def reach(self) -> int:
        """The longest delay in steps that a synapse may have had or may get without more room for the past."""
        longest = self._delays if isinstance(self._delays, int) else int(self._delays.max(initial=1))
        return max(self._reach, longest)

    def forget_changes(self) -> None:
        """Be as if no synapse had come or gone and no rule had been started."""
        self._editable = False
        self._reach = 1
        self._schedules = {}

    def check_structural(self, call: str) -> None:
        """Raise unless synapses may be created and removed now."""
        if not self._net.compiled:
            raise NNCRuntimeError(f"{call}: the synapses of projection '{self.name}' exist after compile()")
        if not self._net.config_["structural_plasticity"]:
            raise NNCRuntimeError(
                f"{call}: synapses are fixed; call setup(structural_plasticity=True) before compile()"
            )
        if self.regenerated is not None:
            raise NNCRuntimeError(
                f"{call}: the synapses of projection '{self.name}' are not stored (storage='procedural'); connect it "
                "with another storage for that"
            )
        for monitor in self._net.get_monitors():
            if isinstance(monitor, Streaming):
                monitor.check_width(self, call)

    def _delay_steps(self, wired: Wired) -> int | NDArray[np.int32]:
        rule, dt = self._rule, self._net.dt
        assert rule is not None
        delays = rule.delays if wired.delays is None else wired.delays
        if self._asked_delay is not None:
            delays = self._asked_delay
        if isinstance(delays, RandomDistribution):
            generator, threads = self._net.stream("delays", self.id, self._redraws), self._net.config_["num_threads"]
            count = wired.synapses.count
            delays = draw_blocks(delays, count, generator, np.float64, building_threads(threads))
        else:
            warn_rounded(self.name, np.asarray(delays, np.float64), dt)
        steps = np.maximum(1, np.rint(np.asarray(delays, np.float64) / dt)).astype(np.int32)
        if steps.ndim and steps.size != wired.synapses.count:
            raise NNCValueError(f"projection '{self.name}': {steps.size} delays for {wired.synapses.count} synapses")
        if steps.ndim == 0 or (steps.size and (steps == steps.flat[0]).all()):
            return int(steps.flat[0])
        return steps if steps.size else 1

    def _settle_delays(self) -> None:
        """After wiring: new synapses may have other delays than the first ones."""
        self._reach = 1
        given = None if self._model.creating is None else self._model.creating.d
        if given is None:
            return
        if isinstance(given, Drawn | DistributionCall):
            longest = distribution_of(given).bounds()[1]
            if not np.isfinite(longest):
                raise NNCValueError("creating: a distribution of delays needs an upper bound; give it max=...")
        elif isinstance(given, ConstantRef):
            longest = self._net.constant_value(given.name)
        else:
            longest = float(given)
            if isinstance(self._delays, int) and self._steps(longest) == self._delays:
                return
        self._reach = int(self._steps(longest))
        if isinstance(self._delays, int):
            assert self._synapses is not None
            self._delays = np.full(self._synapses.count, self._delays, np.int32)

    def _steps(self, milliseconds: Any) -> Any:
        return np.maximum(1, np.rint(np.asarray(milliseconds, np.float64) / self._net.dt)).astype(np.int32)

    def follow(self, what: What, step: int) -> bool:
        """Do what a started rule says at the end of a step; gives whether a synapse came or went."""
        schedule = self._schedules.get(what)
        if schedule is None or schedule.next(step) != step:
            return False
        condition, rule = schedule.condition, schedule.condition.rule
        if what == "pruning":
            doomed = condition.doomed(step)
            if len(doomed):
                self._apply(edits.removed(self._present, doomed))
            return len(doomed) > 0
        post, pre = condition.missing(step)
        if not len(post):
            return False
        key = (step, self._net._replays)
        delays = None if rule.d is None else self._steps(condition.amounts(rule.d, len(post), "d", *key))
        weights = condition.amounts(rule.w, len(post), "w", *key)
        self._apply(edits.created(self._present, post, pre), weights, delays)
        return True

    def due(self, step: int) -> int | None:
        """The first step from a given one at whose end a rule is tested."""
        return min((s.next(step) for s in self._schedules.values()), default=None)

    @property
    def schedules(self) -> dict[str, list[int]]:
        """The rules that were started: the step of the start and the period in steps."""
        return {what: [s.start, s.period] for what, s in self._schedules.items()}

    def take_schedules(self, saved: Mapping[str, Sequence[int]]) -> None:
        """Start the rules that `schedules` told, and no others. Raises if the synapse lacks one of them."""
        made: dict[str, _Schedule] = {}
        for what in RULES:
            if what in saved:
                rule = self._checked_rule(what, f"start_{what}")
                start, period = (int(steps) for steps in saved[what])
                made[what] = _Schedule(Condition(self._whole(), what, rule), start, max(1, period))
        self._schedules = made

    # From Python

    def create_synapses(self, post: NDArray[np.int64], pre: NDArray[np.int64], weights: Any, delays: Any) -> None:
        """Create synapses, sorted by (post, pre), that are not there; `weights`, `delays` (ms): numbers or arrays.

        A delay of 0 is that of the other synapses, or one step where these differ.
        """
        self._open()
        steps = None
        if np.any(np.asarray(delays) > 0):
            steps = self._steps(delays)
            if isinstance(self._delays, int) and (steps != self._delays).any():
                raise NNCValueError(
                    f"projection '{self.name}': all delays are {self._delays * self._net.dt} ms, "
                    "so a new synapse cannot have another one"
                )
        edit = edits.created(self._present, post, pre)
        self._apply(edit, np.broadcast_to(np.asarray(weights, np.float64), len(post)), steps)
        self._net.rewired([self._whole()], None)

    def prune_synapses(self, where: NDArray[np.int64]) -> None:
        """Remove the synapses of some canonical indices."""
        self._open()
        self._apply(edits.removed(self._present, where))
        self._net.rewired([self._whole()], None)

    def _open(self) -> None:
        """Let the program be one that expects changes."""
        if not self.editable:
            self._editable = True
            self._net.changed()
        self._net.up_to_date()

    # Both

    @property
    def _present(self) -> Connectivity:
        assert self._synapses is not None
        return self._synapses

    def _whole(self) -> Projection:
        from nnc.runtime.projections.projection import Projection

        assert isinstance(self, Projection)
        return self

    def _apply(self, edit: Edit, weights: Any = 0.0, delays: Any = None) -> None:
        """Put other synapses into the state: those that stay keep all values, new ones get their initial ones."""
        values = self._values
        fresh = values.fresh(len(edit.created), {"w": weights})
        if isinstance(self._delays, np.ndarray):
            self._delays = edit.carry(self._delays, 1 if delays is None else delays)
        self._reach = self.reach
        self._synapses = edit.synapses
        state = self._net.state
        state.rewire(f"proj{self.id}", edit, self._delays, fresh)
        state.deepen(f"pop{self._pre.id}", self._reach + 1)
        values.edit(edit, fresh)


class StructuralPhase:
    """Phase 9 of the steps of a network: all creations of all projections, then all removals."""

    def __init__(self, projections: Iterable[Projection], monitors: Iterable[Monitor]) -> None:
        self._projections = [p for p in projections if p.due(0) is not None]
        self._monitors = monitors

    def end(self, first: int, last: int) -> int:
        """Where a stretch of steps that begins with `first` has to end: after the first step with a test."""
        steps = [step for p in self._projections if (step := p.due(first)) is not None]
        return min([last, *(step + 1 for step in steps)])

    def perform(self, step: int) -> bool:
        """Do what is due at the end of a step that has just been done; gives whether a synapse came or went."""
        changed: dict[int, Projection] = {}
        for what in RULES:
            for projection in self._projections:
                if projection.follow(what, step):
                    changed[projection.id] = projection
        for projection in changed.values():
            for monitor in self._monitors:
                monitor.rewired(projection, step)
        return bool(changed)
