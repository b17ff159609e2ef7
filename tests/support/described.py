"""Models and networks from texts, without the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnc.compiler.description import (
    Globals,
    NetworkDescription,
    NeuronDescription,
    PopulationDescription,
    ProjectionDescription,
    SynapseDescription,
)
from nnc.compiler.diagnostics import UNKNOWN, DiagnosticError, Diagnostics, Source
from nnc.compiler.frontend.analyse import analyse_neuron, analyse_synapse
from nnc.compiler.frontend.build import build_module
from nnc.compiler.ir.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnc.compiler.frontend.model import NeuronModel, SynapseModel
    from nnc.compiler.ir.model import Module

NOTHING = Globals()
_SEQUENCES = ("equations", "reset", "axon_reset", "pre_spike", "post_spike", "pre_axon_spike")
_TEXTS = ("spike", "axon_spike", "psp", "functions", "creating", "pruning", "parameters")


def described(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a description: strings become sources."""
    out: dict[str, Any] = {"name": "model", "loc": UNKNOWN}
    for name, value in given.items():
        if isinstance(value, str) and name in (*_SEQUENCES, *_TEXTS):
            source = Source(value, what=name)
            out[name] = (source,) if name in _SEQUENCES else source
        else:
            out[name] = value
    return out


def neuron(known: Globals = NOTHING, /, **given: Any) -> NeuronModel:
    """An analysed neuron."""
    return analyse_neuron(NeuronDescription(**described(given)), known)


def synapse(known: Globals = NOTHING, kind: Any = None, /, **given: Any) -> SynapseModel:
    """An analysed synapse; `kind` is that of the presynaptic population."""
    return analyse_synapse(SynapseDescription(**described(given)), known, kind)


def codes(make: Callable[[], object]) -> list[str]:
    """The codes of the errors that come up."""
    try:
        make()
    except DiagnosticError as error:
        return [d.code for d in error.diagnostics]
    return []


def network(
    pre: NeuronModel,
    synapse: SynapseModel | None = None,
    post: NeuronModel | None = None,
    known: Globals = NOTHING,
    precision: Any = "double",
    arrays: tuple[str, ...] = (),
    weights: bool = True,
    **facts: Any,
) -> NetworkDescription:
    """Two populations and a projection from the first to the second (which may be the same)."""
    populations = [PopulationDescription(0, pre, frozenset(arrays))]
    if post is not None:
        populations.append(PopulationDescription(1, post))
    projections = []
    if synapse is not None:
        differing = frozenset({"w"} if weights else ())
        end = 0 if post is None else 1
        facts = {"targets": ("exc",), "arrays": differing, **facts}
        projections.append(ProjectionDescription(0, synapse, 0, end, **facts))
    return NetworkDescription(0.1, precision, tuple(populations), tuple(projections), known)


def built(description: NetworkDescription) -> Module:
    """The verified module of a network."""
    diagnostics = Diagnostics()
    module = build_module(description, diagnostics)
    diagnostics.raise_if_errors()
    verify(module, "model")
    return module
