"""Event-driven variables of synapses, which neurons may hold for all their synapses (see the pass `narrow-traces`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnc.compiler.frontend.model import SynapseModel
    from nnc.runtime.attributes import Attributes
    from nnc.runtime.projections.connectivity import Connectivity


class Traces:
    """The part of a projection that says whether the compiler may narrow them."""

    _model: SynapseModel
    _values: Attributes

    @property
    def synapses(self) -> Connectivity:
        """The synapses in canonical order."""
        raise NotImplementedError

    @property
    def editable(self) -> bool:
        """Whether the program must expect that synapses come and go."""
        raise NotImplementedError

    def event_driven(self) -> list[str]:
        """The variables that are brought up to date at events."""
        return [a.name for a in self._model.attributes if a.method == "event_driven"]

    def apart_because(self) -> str | None:
        """Why each synapse must have event-driven variables of its own; None where that is up to its model.

        Neurons that are more than the synapses would hold more values, and decay them for nothing.
        """
        different = [name for name in self.event_driven() if self._values.may_differ(name)]
        if different:
            return f"synapses were given different values of '{different[0]}'"
        if self.editable:
            return "synapses come and go"
        if self.synapses.count < max(self.synapses.n_pre, self.synapses.n_post):
            return "there are fewer synapses than neurons"
        return None
