"""What reaches a BOLD model: means over neurons, normalised by what they were at first, and the neurons it runs on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

import numpy as np

from nnc.runtime.connectors.rule import Ends, Wired, wire_pairs
from nnc.runtime.equations.synapse import Synapse
from nnc.runtime.errors import warn
from nnc.runtime.populations.population import Population
from nnc.runtime.projections.projection import Projection

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLOOR: Final = 1e-7
"""Added to the size of a baseline that is divided by."""

_MEASURE: Final = f"""
    baseline += if count < window: (post.sum({{raw}}) - baseline) / (count + 1) else: 0.0 : postsynaptic
    count += if count < window: 1 else: 0 : postsynaptic, int
    gain = if count >= window: scale / (abs(baseline) + {FLOOR!r}) else: 0.0 : postsynaptic
"""


@dataclass(frozen=True, eq=False)
class Slices:
    """Post neuron k is reached by the pre neurons of the k-th list of ranks."""

    ranks: tuple[NDArray[np.int64], ...]
    weights: float = 1.0
    delays: float = 0.0
    multiple: bool = False
    name: ClassVar[str] = "Slices"

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """The pairs; nothing is drawn. Raises for ranks outside of the population."""
        post = np.repeat(ends.post_ranks, [len(r) for r in self.ranks])
        return wire_pairs("BoldMonitor", ends, post, np.concatenate(self.ranks), None, None)


class MeanProjection(Projection):
    """Brings the mean of a variable over its pre neurons, at the end of the step before, times `scale`."""

    def __init__(self, pre: Any, post: Population, target: str, variable: str, scale: float, name: str) -> None:
        self._variable = variable
        super().__init__(pre, post, target, self._synapse(scale), name)

    def _synapse(self, scale: float) -> Synapse:
        scales = f"scale = {scale!r} : projection"
        return Synapse(parameters=scales, psp=f"scale * pre.{self._variable}", operation="mean", name="BoldSource")

    def _model_of(self, synapse: object) -> tuple[Synapse, Literal["rate", "spiking"]]:
        assert isinstance(synapse, Synapse)
        return synapse, "rate"

    def _delay_steps(self, wired: Wired) -> int | NDArray[np.int32]:
        return 1

    def enable_learning(self, period: float | None = None, offset: float | None = None) -> None:
        """Nothing is learnt here."""

    def disable_learning(self) -> None:
        """Nothing is learnt here, and what is measured goes on being measured."""

    def restart(self) -> None:
        """Begin anew with what is measured."""


class NormalisedProjection(MeanProjection):
    """Brings `scale * (x - x0) / (|x0| + 1e-7)`, x being the mean over the pre neurons.

    For the first `window` ms nothing comes and x0, the mean of x over this time, is measured; `raw` is the input by
    which another projection brings x. x0 is a running mean, so that single precision does.
    """

    def __init__(
        self, pre: Any, post: Population, target: str, variable: str, scale: float, name: str, window: float, raw: str
    ) -> None:
        self._milliseconds, self._raw = window, raw
        super().__init__(pre, post, target, variable, scale, name)
        self._count_steps()

    def _count_steps(self) -> None:
        self._given["window"] = max(1, int(np.rint(self._milliseconds / self._net.dt)))

    def _synapse(self, scale: float) -> Synapse:
        return Synapse(
            parameters=f"scale = {scale!r} : projection\nwindow = 1 : projection, int",
            equations=_MEASURE.format(raw=self._raw),
            psp=f"gain * (pre.{self._variable} - baseline)",
            operation="mean",
            name="NormalisedBoldSource",
        )

    def wire(self) -> None:
        """Draw the synapses; the step size, which the window is counted in, is final now."""
        self._count_steps()
        super().wire()

    def restart(self) -> None:
        """Measure anew."""
        self._values.initialise(["baseline", "count", "gain"])


class BoldNeurons(Population):
    """The neurons that a BOLD model runs on, one per signal. A reset of them starts their sources anew."""

    @property
    def sources(self) -> list[MeanProjection]:
        """The projections that bring its inputs."""
        found = self._net.get_projections(post=self, suppress_error=True)
        return [p for p in found if isinstance(p, MeanProjection)]

    def _begin(self) -> None:
        for source in self.sources:
            pre = source.pre_population
            if pre.is_spiking and not pre._rate_steps and source._variable == "r":
                warn(
                    f"BoldMonitor: 'r' of the spiking population '{pre.name}' is always 0; "
                    f"call compute_firing_rate(window) on it, or map another variable"
                )

    def _restart(self) -> None:
        if self.initialized:
            for source in self.sources:
                source.restart()
