"""`NormProjection`: synapses that also tell a neuron what share of its afferents has spiked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nnc.runtime.connectors.rule import Ends, Wired
from nnc.runtime.equations.synapse import Synapse
from nnc.runtime.errors import NNCNotImplementedError, NNCTypeError, NNCValueError, with_hint
from nnc.runtime.projections.projection import Projection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.compiler.description import ProjectionDescription


class NormProjection(Projection):
    """A projection between spiking neurons that also counts what arrives, as the input of a BOLD model.

    Each spike that arrives does what the synapse says (by default it adds `w` to the conductance of `target`), and adds
    to `variable`, a local variable of the post neurons, 1 / the number of all synapses by which `NormProjection`s
    reach the neuron (Maith et al. 2022, Front. Neuroinform. 16:790966). A projection `<name>_norm` does the latter.
    Raises if an end is rate-coded or the variable is not there. Structural plasticity is not possible.
    """

    def __init__(
        self,
        pre: Any,
        post: Any,
        target: str,
        variable: str,
        synapse: Synapse | type[Synapse] | None = None,
        name: str | None = None,
        copied: bool = False,
        net_id: int = 0,
    ) -> None:
        self._variable, self._wanted = variable, name
        super().__init__(pre, post, target, synapse, name, net_id=net_id)
        _Share(self, variable)

    def _check_ends(self) -> None:
        for side, population in (("pre", self._pre), ("post", self._post)):
            if not population.is_spiking:
                raise NNCValueError(f"NormProjection: {side} ('{population.name}') must be spiking")
        others = self._pre.network.get_projections(suppress_error=True)
        if any(isinstance(p, NormProjection) and p.name == self._wanted for p in others):
            raise NNCValueError(f"NormProjection: there is a NormProjection '{self._wanted}' already")
        if not isinstance(self._variable, str):
            raise NNCTypeError(f"NormProjection: variable is a name, not {self._variable!r}")
        slots = self._post._values.slots
        names = [n for n in self._post.variables if slots[n].locality == "local" and slots[n].kind == "float"]
        if self._variable not in names:
            what = f"NormProjection: '{self._variable}' is no local float variable of post ('{self._post.name}')"
            raise NNCValueError(with_hint(what, self._variable, names))

    @property
    def parts(self) -> list[Projection]:
        """The projection that counts: copies of this one need a copy of it."""
        found = self._net.get_projections(suppress_error=True)
        return [p for p in found if isinstance(p, _Share) and p.main is self]

    def wire(self) -> None:
        """Draw the synapses."""
        if self._net.config_["structural_plasticity"]:
            raise NNCNotImplementedError(
                f"NormProjection '{self.name}' cannot have structural plasticity: use a Projection, and map another "
                f"variable"
            )
        super().wire()

    def _switch(self, flag: Any, on: bool) -> None:
        super()._switch(flag, on)
        if flag == "transmission":
            for part in self.parts:
                part._switch(flag, on)


@dataclass(frozen=True, eq=False)
class _SameSynapses:
    """The synapses of another projection."""

    of: Projection
    weights: float = 1.0
    delays: float = 0.0
    multiple: bool = False
    name: ClassVar[str] = "Same synapses"

    def connect(self, ends: Ends, generator: np.random.Generator) -> Wired:
        """Nothing is drawn."""
        return Wired(self.of.synapses)


class _Share(Projection):
    """Adds 1 / the number of afferents to a variable of the post neurons, with the delays of the projection `main`."""

    def __init__(self, main: NormProjection, variable: str) -> None:
        self._main_name = main.name
        synapse = Synapse("share = 0.0 : postsynaptic", pre_spike="g_target += share", name="Norm")
        super().__init__(main.pre, main.post, variable, synapse, f"{main.name}_norm")
        self._targets = (f".{variable}",)

    @property
    def main(self) -> NormProjection:
        """The projection that it goes with, found by name and ends: copies in other networks keep those."""
        ends = self._pre, self._post
        return next(p for p in _norms(self) if p.name == self._main_name and (p._pre, p._post) == ends)

    def wire(self) -> None:
        """Take the synapses that `main` has drawn."""
        self._rule = _SameSynapses(self.main)
        super().wire()

    def _delay_steps(self, wired: Wired) -> int | NDArray[np.int32]:
        return self.main._delays

    def describe(self) -> ProjectionDescription:
        """What the compiler is told; all synapses are known by now."""
        afferents = [p.synapses.row for p in _norms(self) if p.post_population is self._post]
        counts = np.sum([np.diff(row) for row in afferents], axis=0)
        share = 1.0 / np.maximum(counts, 1)
        if not np.array_equal(self._values.read("share"), share):
            self._values.write("share", share)
            self._values.resolve()
        return super().describe()


def _norms(projection: Projection) -> list[NormProjection]:
    found = projection.network.get_projections(suppress_error=True)
    return [p for p in found if isinstance(p, NormProjection)]
