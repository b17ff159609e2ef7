"""What the compiler is given: a network as plain data, with the user's texts and where they stand.

The API builds these; the front end reads them. Nothing here holds state of a run. Names of populations and
projections are not part of it: symbols are `pop<i>` and `proj<i>`, so naming an object changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnc.compiler.diagnostics import Loc, Source
    from nnc.compiler.frontend.model import NeuronModel, StopCondition, SynapseModel

Locality = Literal["local", "semiglobal", "global"]
Kind = Literal["float", "int", "bool"]
Value = bool | int | float


@dataclass(frozen=True)
class ConstantRef:
    """A named constant as an initial value: takes the constant's value when the network is built."""

    name: str


@dataclass(frozen=True)
class Drawn:
    """An initial value drawn from a distribution object that only the runtime understands."""

    distribution: object


Init = Value | ConstantRef | Drawn


@dataclass(frozen=True)
class ParameterDecl:
    """A parameter given as Python data (dict form, `Parameter(...)`)."""

    name: str
    value: Init | str
    locality: Locality
    kind: Kind
    loc: Loc
    soft: bool = False
    """Global only by default: may become local when an array is assigned."""


@dataclass(frozen=True)
class VariableDecl:
    """A `Variable(...)`: one equation and its flags as keywords; None where not given."""

    equation: Source
    init: Init | str | None = None
    min: str | float | None = None
    max: str | float | None = None
    method: str | None = None
    locality: Locality | None = None
    kind: Kind | None = None


Equations = tuple["Source | VariableDecl", ...]


@dataclass(frozen=True)
class NeuronDescription:
    """`Neuron(...)` as given. `loc` is the call in the user's file."""

    name: str
    loc: Loc
    parameters: Source | tuple[Source | ParameterDecl, ...] = ()
    equations: Equations = ()
    spike: Source | None = None
    axon_spike: Source | None = None
    reset: Equations = ()
    axon_reset: Equations = ()
    refractory: float | str | None = None
    functions: Source | None = None
    extra_values: Mapping[str, Value] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    """Units of attributes, which are only checked."""


@dataclass(frozen=True)
class RuleDecl:
    """A rule of structural plasticity given as Python data (`Creating`, `Pruning`); None: not given."""

    condition: Source
    proba: Init | None = None
    w: Init | None = None
    d: Init | None = None


@dataclass(frozen=True)
class SynapseDescription:
    """`Synapse(...)` as given."""

    name: str
    loc: Loc
    parameters: Source | tuple[Source | ParameterDecl, ...] = ()
    equations: Equations = ()
    psp: Source | None = None
    operation: str = "sum"
    pre_spike: Equations = ()
    post_spike: Equations = ()
    pre_axon_spike: Equations = ()
    functions: Source | None = None
    pruning: Source | RuleDecl | None = None
    creating: Source | RuleDecl | None = None
    extra_values: Mapping[str, Value] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    """Units of attributes, which are only checked."""


@dataclass(frozen=True)
class Globals:
    """What every model of a network may use: user functions (`add_function`) and the names of constants."""

    functions: tuple[Source, ...] = ()
    constants: tuple[str, ...] = ()
    method: str = "explicit"
    strict: bool = False
    """Compute what the reference simulator computes where that differs from what is meant (docs/language.md)."""

    exact_time: bool = False
    """Event-driven variables age by the time that has passed, not by the reference simulator's count of steps."""


@dataclass(frozen=True)
class PopulationDescription:
    """A population, its analysed model, and the facts the compiler may specialise on.

    `arrays`: the local parameters that differ between neurons; the others are one number in the state block.
    `rate_window`: the mean firing rate `r` is wanted (`compute_firing_rate`). `streams`: parameters whose values the
    runtime gives for every step ahead (spike times, timed rates), see `model.stream`; they are also in `arrays`.
    `windows`: further variables, not in the model, that hold mean firing rates over windows of their own.
    `stop`: the condition on which `simulate_until` may end.
    """

    id: int
    model: NeuronModel
    arrays: frozenset[str] = frozenset()
    refractory: bool = False
    rate_window: bool = False
    can_disable: bool = False
    streams: frozenset[str] = frozenset()
    windows: tuple[str, ...] = ()
    stop: StopCondition | None = None

    @property
    def symbol(self) -> str:
        """Its symbol in the IR."""
        return f"pop{self.id}"


@dataclass(frozen=True)
class StencilDescription:
    """Filters that are moved over the pre population in place of stored synapses, see `step.stencil`."""

    pre: tuple[int, ...]
    post: tuple[int, ...]
    taps: tuple[int, ...]
    axis: tuple[int, ...]
    stride: tuple[int, ...]
    start: tuple[int, ...]
    bank: int = 0
    centres: bool = False
    outside: Literal["fill", "clamp"] = "fill"
    fill: float = 0.0


@dataclass(frozen=True)
class ProceduralDescription:
    """Synapses that are made again from a rule instead of being stored, see `step.procedural`.

    `rule` says what is given, the `probability` of each pair or the `number` of synapses of a row. `weights`: `one`, or
    the name of the distribution that they are drawn from.
    """

    rows: Literal["pre", "post"]
    weights: str = "one"
    rule: Literal["probability", "number"] = "probability"


@dataclass(frozen=True)
class ProjectionDescription:
    """A projection and the facts about its connectivity, see `model.projection`.

    `arrays`: the local parameters (and `w`) that differ between synapses. `shares`: number of the projection whose
    weights its synapses have; its own number if these are fewer than its synapses. `alike`: each event-driven variable
    starts with one value, no synapse is created, and there are no fewer synapses than neurons (see `narrow-traces`).
    """

    id: int
    model: SynapseModel
    pre: int
    post: int
    targets: tuple[str, ...]
    arrays: frozenset[str] = frozenset()
    full: bool = False
    no_self: bool = False
    delay: Literal["one", "uniform", "each"] = "one"
    index: Literal["u16", "i32"] = "i32"
    wide_rows: bool = False
    transmission_flag: bool = False
    update_flag: bool = False
    plasticity_flag: bool = False
    stencil: StencilDescription | None = None
    shares: int | None = None
    alike: bool = False
    procedural: ProceduralDescription | None = None

    @property
    def symbol(self) -> str:
        """Its symbol in the IR."""
        return f"proj{self.id}"


@dataclass(frozen=True)
class NetworkDescription:
    """Everything the compiler needs to know of a network."""

    dt: float
    precision: Literal["double", "float"]
    populations: tuple[PopulationDescription, ...]
    projections: tuple[ProjectionDescription, ...]
    globals: Globals = field(default_factory=Globals)
