"""From a neuron or synapse as the user gave it to a checked model, with everything implicit added.

All errors of a model are raised together; texts that cannot be parsed are reported first, since what they would have
defined is then missing everywhere. Warnings and notes stay with the model.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from nnc.compiler.diagnostics import Diagnostics
from nnc.compiler.frontend.analysis import global_functions
from nnc.compiler.frontend.neuron import NeuronAnalysis
from nnc.compiler.frontend.remarks import remarks
from nnc.compiler.frontend.synapse import SynapseAnalysis
from nnc.compiler.frontend.units import check_units

if TYPE_CHECKING:
    from nnc.compiler.description import Globals, NeuronDescription, SynapseDescription
    from nnc.compiler.frontend.model import Model, NeuronModel, SynapseModel


def analyse_neuron(description: NeuronDescription, globals: Globals) -> NeuronModel:
    """The checked model of a neuron. Raises `DiagnosticError` with all that is wrong."""
    model = NeuronAnalysis(description, globals).model()
    _check_units(model, description, globals)
    return replace(model, diagnostics=(*model.diagnostics, *remarks(model)))


def analyse_synapse(
    description: SynapseDescription, globals: Globals, pre_kind: Literal["rate", "spiking"] | None = None
) -> SynapseModel:
    """The checked model of a synapse whose presynaptic population is of this kind (None: guessed from the model).

    Raises `DiagnosticError` with all that is wrong.
    """
    model = SynapseAnalysis(description, globals, pre_kind).model()
    _check_units(model, description, globals)
    return replace(model, diagnostics=(*model.diagnostics, *remarks(model)))


def _check_units(model: Model, description: NeuronDescription | SynapseDescription, globals: Globals) -> None:
    if not description.units:
        return
    diagnostics = Diagnostics()
    functions = {f.name.name: f for f in (*global_functions(globals, diagnostics), *model.functions)}
    check_units(model, description.units, functions, diagnostics)
    diagnostics.raise_if_errors()
