"""The part of a projection that may have synapses that are not stored, but made again whenever they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nnc.compiler.description import Drawn, ProceduralDescription
from nnc.compiler.frontend.model import DistributionCall
from nnc.runtime.building.regenerated import Regenerated
from nnc.runtime.errors import NNCRuntimeError, NNCValueError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.compiler.frontend.model import SynapseModel
    from nnc.runtime.attributes import Attributes
    from nnc.runtime.networks.network import Network
    from nnc.runtime.projections.connectivity import Connectivity

_OTHER = "connect it with another storage for that"


class _Counted(dict[str, int]):
    """Numbers of elements; that of synapses is found by making them, when someone asks for it."""

    def __init__(self, synapses: Regenerated, posts: int) -> None:
        super().__init__({"global": 1, "semiglobal": posts})
        self._synapses = synapses

    def __missing__(self, locality: str) -> int:
        return self._synapses.count


class Regenerating:
    """What is different where nothing is stored per synapse."""

    id: int
    name: str
    _net: Network
    _model: SynapseModel
    _synapses: Connectivity | None
    _values: Attributes

    @property
    def has_rules(self) -> bool:
        """Whether the synapse says when synapses are created or removed."""
        raise NotImplementedError

    @property
    def regenerated(self) -> Regenerated | None:
        """The synapses, if they are made again whenever they are needed; None before compile."""
        return self._synapses if isinstance(self._synapses, Regenerated) else None

    def _forgo_values(self, made: Regenerated, weights: Any) -> None:
        """Instead of giving every synapse its values: all have the same, but for weights that are drawn."""
        if self.has_rules:
            raise NNCRuntimeError(
                f"projection '{self.name}': its synapse creates or prunes synapses, which are not stored "
                f"(storage='procedural'); {_OTHER}"
            )
        values = self._values
        for slot in values.slots.values():
            drawn = isinstance(slot.init, Drawn | DistributionCall) and slot.name not in values.assigned
            if drawn and values.locality(slot.name) == "local" and slot.name != "w":
                self._refuse(slot.name)
        values.lengths = _Counted(made, values.lengths["semiglobal"])
        if made.rule.distribution is None:
            values.write("w", weights)
        else:
            values.assigned.mark("w", self._drawn_weights)
        values.guard = self._guard

    def _drawn_weights(self) -> NDArray[Any]:
        made = self.regenerated
        assert made is not None
        return made.weights().astype(self._values.dtype("w"))

    def _guard(self, name: str, many: bool) -> None:
        """Raise where values would have to be kept for each synapse."""
        made = self.regenerated
        if self._values.locality(name) != "local" and not (many and self._values.slot(name).soft):
            return
        if many or (name == "w" and made is not None and made.rule.distribution is not None):
            self._refuse(name)

    def _refuse(self, name: str) -> None:
        raise NNCValueError(
            f"projection '{self.name}': '{name}' cannot be different for each synapse, because its synapses are not "
            f"stored (storage='procedural'); {_OTHER}"
        )

    def take_key(self, key: int) -> None:
        """Have the synapses of another draw of the same rule."""
        made = self.regenerated
        assert made is not None
        if key != made.rule.key:
            self._synapses = made.keyed(key)
            self._values.lengths = _Counted(self._synapses, self._values.lengths["semiglobal"])
            self._net.current_state().rekey(f"proj{self.id}", self._synapses)

    def regenerates(self, name: str) -> bool:
        """Whether the values of an attribute are made again, not held."""
        made = self.regenerated
        return made is not None and made.rule.distribution is not None and name == "w"


def described(made: Regenerated) -> ProceduralDescription:
    """What the compiler is told."""
    by: Literal["probability", "number"] = "probability" if made.rule.number is None else "number"
    return ProceduralDescription(made.rows, made.rule.distribution or "one", by)


def sizes_of(symbol: str, made: Regenerated) -> dict[str, int]:
    """The sizes of a rule in the block."""
    ranges = {f"{side}_{what}": getattr(span, what) for side, span in made.spans.items() for what in ("first", "count")}
    rule = {f"rule.{name}": getattr(made.rule, name) or 0 for name in ("key", "chunk", "batch", "number")}
    return {f"{symbol}.{name}": size for name, size in (ranges | rule).items()}


def tables_of(symbol: str, made: Regenerated) -> dict[str, NDArray[Any]]:
    """The parameters of a rule in the block."""
    numbers = dict(zip(("first", "second", "low", "high"), made.rule.parameters, strict=False))
    return {f"{symbol}.rule.{name}": np.array([x]) for name, x in ({"scale": made.rule.scale} | numbers).items()}
