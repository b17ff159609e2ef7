"""Models after analysis: what the API shows of them and what the IR is built from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nnc.compiler.description import ConstantRef, Drawn, Value
from nnc.compiler.diagnostics import UNKNOWN, Loc

if TYPE_CHECKING:
    from nnc.compiler.description import Kind, Locality
    from nnc.compiler.diagnostics import Diagnostic
    from nnc.compiler.frontend.syntax import Assignment, Condition, Expr, FunctionDefinition, Statement


@dataclass(frozen=True)
class AttributeRef:
    """An initial value: that of another attribute of the same model, element by element."""

    name: str


@dataclass(frozen=True)
class DistributionCall:
    """An initial value drawn from a distribution written in the text, such as `Uniform(0.0, 1.0)`.

    `name` is the class of the Python side; arguments are numbers, by position and by keyword.
    """

    name: str
    arguments: tuple[float, ...]
    keywords: tuple[tuple[str, float], ...] = ()


Amount = Value | ConstantRef | Drawn | DistributionCall
"""A number that is known, or drawn, without a look at the attributes of a model."""

InitialValue = Amount | AttributeRef


@dataclass(frozen=True)
class Bound:
    """A bound of a variable; bounds are applied in the order they are written."""

    side: Literal["min", "max"]
    value: Expr
    loc: Loc = UNKNOWN


@dataclass(frozen=True)
class AttributeInfo:
    """A parameter or a variable.

    `init` has the type of `kind` if it is a number. `method` is that of its differential equation (IR name), None
    for parameters and assigned variables. `soft`: global only by default, may become local. `implicit`: not written
    by the user (`w`, `r`, `g_x`). `assigned`: some statement gives it a new value, as for `w` in plastic synapses.
    """

    name: str
    role: Literal["parameter", "variable"]
    locality: Locality = "local"
    kind: Kind = "float"
    init: InitialValue = 0.0
    bounds: tuple[Bound, ...] = ()
    method: str | None = None
    loc: Loc = UNKNOWN
    soft: bool = False
    implicit: bool = False
    assigned: bool = False


@dataclass(frozen=True)
class EventStatement:
    """An assignment executed on an event, with the clamps written on its line."""

    assignment: Assignment
    bounds: tuple[Bound, ...] = ()
    unless_post: bool = False


@dataclass(frozen=True)
class StructuralRule:
    """When synapses are created or removed, and how likely. New ones get the weight `w` and the delay `d` (ms).

    Without `d` a new synapse has the delay of the others.
    """

    condition: Expr
    proba: Amount = 1.0
    w: Amount = 0.0
    d: Amount | None = None
    loc: Loc = UNKNOWN


@dataclass(frozen=True)
class Uses:
    """What a model reads beyond its own attributes, each sorted: `pre`/`post` attributes and sums, and so on.

    `reductions` are (side, kind, attribute) with side "self", "pre" or "post". `all_targets`: `sum()` is read.
    """

    pre: tuple[str, ...] = ()
    post: tuple[str, ...] = ()
    pre_sums: tuple[str, ...] = ()
    post_sums: tuple[str, ...] = ()
    reductions: tuple[tuple[str, str, str], ...] = ()
    t_last: bool = False
    t_pre: bool = False
    t_post: bool = False
    all_targets: bool = False
    random: bool = False


@dataclass(frozen=True)
class Model:
    """What neurons and synapses have in common. Attributes: parameters, variables, then implicit ones."""

    name: str
    kind: Literal["rate", "spiking"]
    attributes: tuple[AttributeInfo, ...]
    statements: tuple[Statement, ...]
    functions: tuple[FunctionDefinition, ...]
    uses: Uses
    loc: Loc
    diagnostics: tuple[Diagnostic, ...]
    """Warnings and notes."""

    def attribute(self, name: str) -> AttributeInfo | None:
        """The attribute of this name, or None."""
        return next((a for a in self.attributes if a.name == name), None)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters, in order."""
        return tuple(a.name for a in self.attributes if a.role == "parameter")

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables, in order."""
        return tuple(a.name for a in self.attributes if a.role == "variable")


@dataclass(frozen=True)
class NeuronModel(Model):
    """A neuron. `targets`: what it reads, as `sum(x)` or as the conductance `g_x`, in order of appearance.

    `refractory` is a number of ms, the name of an attribute, or None. `statements` end in the implicit `g_x = 0.0`.
    """

    targets: tuple[str, ...] = ()
    spike: Condition | None = None
    axon_spike: Condition | None = None
    reset: tuple[EventStatement, ...] = ()
    axon_reset: tuple[EventStatement, ...] = ()
    refractory: float | str | None = None


@dataclass(frozen=True)
class SynapseModel(Model):
    """A synapse. Event statements are in the order of execution: those of `g_target` first."""

    psp: Expr | None = None
    operation: Literal["sum", "max", "min", "mean"] = "sum"
    pre_spike: tuple[EventStatement, ...] = ()
    post_spike: tuple[EventStatement, ...] = ()
    pre_axon_spike: tuple[EventStatement, ...] = ()
    creating: StructuralRule | None = None
    pruning: StructuralRule | None = None


@dataclass(frozen=True)
class StopCondition:
    """A condition on which a run may end, once it holds in any or in all neurons of a population."""

    condition: Expr
    over: Literal["any", "all"]
