"""`Neuron(...)`: what one neuron of a population does, in equations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnc.compiler.description import NeuronDescription
from nnc.compiler.frontend.source import calling_site
from nnc.runtime.equations import describe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnc.runtime.equations.describe import Parameters, Statements


class Neuron:
    """A neuron model. With `spike` it is spiking, else rate-coded. Subclasses call this initialiser.

    `parameters` is a text, or a dict of numbers, constants, distributions and `Parameter`s; `equations`, `reset`,
    `axon_reset` are texts, `Variable`s or lists of both; `refractory` is in ms or names an attribute. `units`, such as
    `{"v": "mV", "tau": "ms"}`, are checked in all equations (times are in ms) and change nothing.
    """

    def __init__(
        self,
        parameters: Parameters = "",
        equations: Statements = "",
        spike: str | None = None,
        axon_spike: str | None = None,
        reset: Statements = None,
        axon_reset: Statements = None,
        refractory: float | str | None = None,
        functions: str | None = None,
        name: str = "",
        description: str = "",
        extra_values: Mapping[str, Any] | None = None,
        units: Mapping[str, str] | None = None,
    ) -> None:
        site = calling_site()
        self.name = name or type(self).__name__
        self.description = description
        self.refractory = describe.refractory(refractory)
        self.described = NeuronDescription(
            name=self.name,
            loc=site.loc(),
            parameters=describe.parameters(parameters, site),
            equations=describe.statements(equations, site, "equations"),
            spike=describe.text(spike, site, "spike"),
            axon_spike=describe.text(axon_spike, site, "axon_spike"),
            reset=describe.statements(reset, site, "reset"),
            axon_reset=describe.statements(axon_reset, site, "axon_reset"),
            refractory=self.refractory,
            functions=describe.text(functions, site, "functions"),
            extra_values=describe.plain_values(extra_values),
            units=describe.units(units),
        )

    @property
    def type(self) -> str:
        """`"spike"` or `"rate"`."""
        return "rate" if self.described.spike is None else "spike"

    def __repr__(self) -> str:
        return f"<{self.name}: {'spiking' if self.type == 'spike' else 'rate-coded'} neuron>"
