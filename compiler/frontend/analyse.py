"""From a neuron or synapse as the user gave it to a checked model, with everything implicit added.

All errors of a model are raised together; texts that cannot be parsed are reported first, since what they would have
defined is then missing everywhere. Warnings and notes stay with the model.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from nnc.compiler.frontend.neuron import NeuronAnalysis
from nnc.compiler.frontend.remarks import remarks
from nnc.compiler.frontend.synapse import SynapseAnalysis

if TYPE_CHECKING:
    from nnc.compiler.description import Globals, NeuronDescription, SynapseDescription
    from nnc.compiler.frontend.model import NeuronModel, SynapseModel


def analyse_neuron(description: NeuronDescription, globals: Globals) -> NeuronModel:
    """The checked model of a neuron. Raises `DiagnosticError` with all that is wrong."""
    model = NeuronAnalysis(description, globals).model()
    return replace(model, diagnostics=(*model.diagnostics, *remarks(model)))


def analyse_synapse(
    description: SynapseDescription, globals: Globals, pre_kind: Literal["rate", "spiking"] | None = None
) -> SynapseModel:
    """The checked model of a synapse whose presynaptic population is of this kind (None: guessed from the model).

    Raises `DiagnosticError` with all that is wrong.
    """
    model = SynapseAnalysis(description, globals, pre_kind).model()
    return replace(model, diagnostics=(*model.diagnostics, *remarks(model)))
