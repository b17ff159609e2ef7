"""`Synapse(...)`: what one synapse of a projection does, in equations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnc.compiler.description import SynapseDescription
from nnc.compiler.diagnostics import Diagnostic, DiagnosticError
from nnc.compiler.frontend.source import calling_site
from nnc.runtime.equations import describe
from nnc.runtime.equations.values import Creating, Pruning
from nnc.runtime.errors import NNCTypeError, with_hint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnc.compiler.description import RuleDecl
    from nnc.compiler.diagnostics import Source
    from nnc.compiler.frontend.source import Site
    from nnc.runtime.equations.describe import Parameters, Statements

OPERATIONS = ("sum", "max", "min", "mean")


class Synapse:
    """A synapse model: `psp` for continuous transmission, `pre_spike` and `post_spike` for events.

    Whether its projection is spiking is decided by the presynaptic population. Subclasses call this initialiser.
    `units` are checked as those of neurons; keys may be `pre.x`, `post.x` and `g_target` as well.
    """

    def __init__(
        self,
        parameters: Parameters = "",
        equations: Statements = "",
        psp: str | None = None,
        operation: str = "sum",
        pre_spike: Statements = None,
        post_spike: Statements = None,
        pre_axon_spike: Statements = None,
        functions: str | None = None,
        pruning: str | Pruning | None = None,
        creating: str | Creating | None = None,
        name: str | None = None,
        description: str | None = None,
        extra_values: Mapping[str, Any] | None = None,
        units: Mapping[str, str] | None = None,
    ) -> None:
        site = calling_site()
        _check(operation, bool(pre_spike), bool(pre_axon_spike and post_spike), site)
        self.name = name or type(self).__name__
        self.description = description or ""
        self.operation = operation
        self.described = SynapseDescription(
            name=self.name,
            loc=site.loc(),
            parameters=describe.parameters(parameters, site),
            equations=describe.statements(equations, site, "equations"),
            psp=describe.text(psp, site, "psp"),
            operation=operation,
            pre_spike=describe.statements(pre_spike, site, "pre_spike"),
            post_spike=describe.statements(post_spike, site, "post_spike"),
            pre_axon_spike=describe.statements(pre_axon_spike, site, "pre_axon_spike"),
            functions=describe.text(functions, site, "functions"),
            pruning=_rule(pruning, Pruning, site, "pruning"),
            creating=_rule(creating, Creating, site, "creating"),
            extra_values=describe.plain_values(extra_values),
            units=describe.units(units),
        )

    @property
    def type(self) -> str:
        """`"spike"` if spikes are transmitted by statements of its own, else `"rate"`."""
        return "spike" if self.described.pre_spike else "rate"

    def __repr__(self) -> str:
        return f"<{self.name}: synapse>"


class DefaultRateCodedSynapse(Synapse):
    """Adds `w * pre.r` to the input of the post neuron."""

    def __init__(self) -> None:
        super().__init__(psp="w * pre.r", name="DefaultRateCodedSynapse")


class DefaultSpikingSynapse(Synapse):
    """Adds `w` to the conductance of the post neuron at each spike."""

    def __init__(self) -> None:
        super().__init__(pre_spike="g_target += w", name="DefaultSpikingSynapse")


def _check(operation: object, spiking: bool, both_events: bool, site: Site) -> None:
    """What the arguments demand of each other; the compiler checks what the presynaptic population decides."""
    if operation not in OPERATIONS:
        likely = with_hint("", str(operation), OPERATIONS)
        _refuse("N0602", f"unknown operation {operation!r}{likely}", "operations are 'sum', 'max', 'min', 'mean'", site)
    if operation != "sum" and spiking:
        message = f"operation='{operation}' needs rate-coded transmission, not pre_spike"
        _refuse("N0603", message, "spikes are summed up: leave 'operation' out", site)
    if both_events:
        _refuse("N0604", "pre_axon_spike and post_spike exclude each other", "use two projections", site)


def _refuse(code: str, message: str, help: str, site: Site) -> None:
    raise DiagnosticError([Diagnostic("error", code, f"Synapse: {message}", site.loc(), help)])


def _rule(given: object, kind: type[Creating] | type[Pruning], site: Site, what: str) -> Source | RuleDecl | None:
    if isinstance(given, kind):
        return describe.rule(given, site, what)
    if given is None or isinstance(given, str):
        return describe.text(given, site, what)
    raise NNCTypeError(f"Synapse: {what} is a string or {kind.__name__}(...), not {given!r}")
