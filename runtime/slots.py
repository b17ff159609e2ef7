"""What the runtime needs to know of one attribute of an analysed model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from nnc.compiler.description import Kind, Locality
    from nnc.compiler.frontend.model import NeuronModel, SynapseModel


@dataclass(frozen=True)
class Slot:
    """An attribute: name, role, locality, number type, initial value as the model gives it.

    `fixed`: a parameter that no statement of the model assigns; only then may one number stand for all elements.
    """

    name: str
    is_parameter: bool
    locality: Locality
    kind: Kind
    init: Any
    soft: bool = False
    fixed: bool = True

    def dtype(self, precision: str) -> np.dtype[Any]:
        """The numpy type of its values."""
        if self.kind == "float":
            return np.dtype(np.float64 if precision == "double" else np.float32)
        return np.dtype(np.int32 if self.kind == "int" else np.bool_)

    def scalar(self, value: Any) -> bool | int | float:
        """A number as this attribute stores it: integers are truncated towards zero."""
        if self.kind == "float":
            return float(value)
        return int(value) if self.kind == "int" else bool(value)


def slots_of(model: NeuronModel | SynapseModel) -> dict[str, Slot]:
    """The attributes of a model in order."""
    return {
        a.name: Slot(a.name, a.role == "parameter", a.locality, a.kind, a.init, a.soft, not a.assigned)
        for a in model.attributes
    }
