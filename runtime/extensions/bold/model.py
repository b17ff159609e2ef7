"""`BoldModel`: how a BOLD signal follows from the activity of populations, in equations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nnc.compiler.description import Globals
from nnc.compiler.diagnostics import DiagnosticError, Source
from nnc.compiler.frontend.analyse import analyse_neuron
from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.errors import NNCTypeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.description import NeuronDescription
    from nnc.runtime.equations.describe import Parameters, Statements

_NO_OUTPUT = "N0206"


class BoldModel(Neuron):
    """A rate-coded neuron whose equations read `sum(<input>)` for each name in `inputs`.

    `output` names the variables that a `BoldMonitor` always records. Times are in ms, as in all equations. A model
    that does not define `r`, which other neurons have to, is given the constant `r = 0`.
    """

    def __init__(
        self,
        parameters: Parameters = "",
        equations: Statements = "",
        inputs: str | Sequence[str] = (),
        output: str | Sequence[str] = ("BOLD",),
        name: str = "Custom BOLD model",
        description: str = "",
        functions: str | None = None,
    ) -> None:
        self.inputs = names_of("inputs", inputs)
        self.output = names_of("output", output)
        super().__init__(parameters, equations, functions=functions, name=name, description=description)
        self.described = _with_rate(self.described)


def names_of(what: str, given: str | Sequence[str]) -> tuple[str, ...]:
    """One name or several, each once. Raises where there is none, or something that is no name."""
    names = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, list | tuple) else ()
    if not names or not all(isinstance(n, str) and n.isidentifier() for n in names):
        raise NNCTypeError(f"BoldModel: {what} is a name such as 'I_CBF', or a list of names, not {given!r}")
    return tuple(dict.fromkeys(names))


def _with_rate(described: NeuronDescription) -> NeuronDescription:
    try:
        analyse_neuron(described, Globals())
    except DiagnosticError as error:
        if any(d.code == _NO_OUTPUT for d in error.diagnostics):
            return replace(described, equations=(*described.equations, Source("r = 0.0")))
    return described
