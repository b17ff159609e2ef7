"""Level `model`: neurons and synapses as the user wrote them, and the populations and projections made of them.

The front end builds this level. `model.equation` is implicit (two sides that are equal, the derivative anywhere);
`isolate-derivatives` makes it a `model.ode`; `order-equations` groups statements into `model.block`s;
`discretise` turns those into `model.update`, straight-line code of `model.get` and `model.set` in execution order.
"""

from __future__ import annotations

from typing import Final

from nnc.compiler.ir.attributes import BOOL, INT, LITERAL, STRING, STRINGS, SYMBOL, TYPE, enum_kind
from nnc.compiler.ir.core import Block, Op, yields
from nnc.compiler.ir.define import (
    ISOLATED,
    PURE,
    SYMBOL_OP,
    TERMINATOR,
    attribute,
    operand,
    operands,
    operation,
    optional,
    region,
    result,
)
from nnc.compiler.ir.types import DType

METHODS = enum_kind("explicit", "implicit", "semiimplicit", "exponential", "midpoint", "rk4", "event_driven")
LOCALITY = enum_kind("global", "semiglobal", "local")
RUN = enum_kind("global", "semiglobal", "local", "pre", "post")
SIDE = enum_kind("self", "pre", "post")
REDUCTION = enum_kind("mean", "max", "min", "norm1", "norm2")
DISTRIBUTION = enum_kind("uniform", "discrete_uniform", "normal", "log_normal", "exponential", "gamma", "binomial")


def _boolean(body: Block) -> str | None:
    last = body.ops[-1]
    return None if last.operands[0].type.dtype is DType.bool else "the region must yield a bool"


def _clamp(clamp: Block) -> str | None:
    if not clamp.ops and not clamp.args:
        return None
    if len(clamp.args) != 1:
        return "a clamp takes the new value"
    return yields(clamp, 1)


@operation("module", traits=ISOLATED)
class Module(Op):
    """A network, at any level. `dt` in ms."""

    sym = attribute(SYMBOL)
    dt = optional(LITERAL)
    body = region()
    syntax = "$sym ( dt = $dt )? {body}"


@operation("model.constant", level="model", traits=SYMBOL_OP)
class Constant(Op):
    """A named constant of the network; its value lives in the state block and may change between runs."""

    sym = attribute(SYMBOL)
    type = attribute(TYPE)
    syntax = "$sym : $type"


FUNCTION_PREFIX: Final = "function."
"""Symbols of user functions start with this, so that an attribute may have the name of a function."""


@operation("model.function", level="model", traits=SYMBOL_OP | ISOLATED)
class Function(Op):
    """A user function; the region takes the arguments and yields the value."""

    sym = attribute(SYMBOL)
    body = region()
    syntax = "$sym ( &body ) {body}"

    def verify_op(self) -> str | None:  # noqa: D102
        return yields(self.body, 1)


@operation("model.call", level="model", traits=PURE)
class Call(Op):
    """Call of a user function."""

    callee = attribute(SYMBOL)
    arguments = operands()
    result = result()
    syntax = "$callee with %arguments* :r"


@operation("model.neuron", level="model", traits=SYMBOL_OP | ISOLATED)
class Neuron(Op):
    """A neuron model as one population uses it. Refractoriness: steps (`model.refractory`) or none."""

    sym = attribute(SYMBOL)
    kind = attribute(enum_kind("rate", "spiking"))
    body = region()
    syntax = "$sym $kind {body}"


@operation("model.synapse", level="model", traits=SYMBOL_OP | ISOLATED)
class Synapse(Op):
    """A synapse model as one projection uses it."""

    sym = attribute(SYMBOL)
    kind = attribute(enum_kind("rate", "spiking"))
    operation = optional(enum_kind("sum", "max", "min", "mean"), "sum")
    body = region()
    syntax = "$sym $kind ( reducing $operation )? {body}"


@operation("model.param", level="model", traits=SYMBOL_OP)
class Param(Op):
    """A parameter: set from Python, never by the equations. The type's locality says whether it is one value."""

    sym = attribute(SYMBOL)
    type = attribute(TYPE)
    locality = attribute(LOCALITY)
    syntax = "$sym : $type $locality"


@operation("model.state", level="model", traits=SYMBOL_OP)
class State(Op):
    """A variable."""

    sym = attribute(SYMBOL)
    type = attribute(TYPE)
    locality = attribute(LOCALITY)
    syntax = "$sym : $type $locality"


@operation("model.stream", level="model", traits=SYMBOL_OP)
class Stream(Op):
    """A parameter of a neuron that has a new value in every step, given ahead by whoever runs the network."""

    sym = attribute(SYMBOL)
    type = attribute(TYPE)
    syntax = "$sym : $type"


@operation("model.input", level="model", traits=SYMBOL_OP)
class Input(Op):
    """The weighted sum of one target that a rate-coded neuron reads, named `sum_<target>`."""

    sym = attribute(SYMBOL)
    target = attribute(STRING)
    type = attribute(TYPE)
    syntax = "$sym target $target : $type"


@operation("model.refractory", level="model")
class Refractory(Op):
    """The refractory period: yields ms, evaluated after the reset of a spike. It is rounded down to whole steps but for
    round-off; `truncated`: round-off counts."""

    truncated = optional(BOOL, False)
    body = region()
    syntax = "?truncated {body}"

    def verify_op(self) -> str | None:  # noqa: D102
        return yields(self.body, 1)


@operation("model.equation", level="model")
class Equation(Op):
    """A differential equation as written; the body ends in `model.equal`, the clamp (may be empty) in `yield`: its
    argument is the new value, it yields the bounded one."""

    variable = attribute(SYMBOL)
    method = attribute(METHODS)
    lagging = optional(BOOL, False)
    exact = optional(BOOL, False)
    body = region()
    clamp = region()
    syntax = "$variable $method ?lagging ?exact {body} clamp &clamp {clamp}"

    def verify_op(self) -> str | None:  # noqa: D102
        return yields(self.body, 2, "model.equal") or _clamp(self.clamp)


@operation("model.ode", level="model")
class Ode(Op):
    """An explicit differential equation: the body yields the derivative per ms.

    `lagging`: the step size of an exponential step that is one value for all is that from before the update of shared
    variables. `exact`: an event-driven variable ages by the time that passed, see `discretise.event_driven`.
    """

    variable = attribute(SYMBOL)
    method = attribute(METHODS)
    lagging = optional(BOOL, False)
    exact = optional(BOOL, False)
    body = region()
    clamp = region()
    syntax = "$variable $method ?lagging ?exact {body} clamp &clamp {clamp}"

    def verify_op(self) -> str | None:  # noqa: D102
        return yields(self.body, 1) or _clamp(self.clamp)


@operation("model.assign", level="model")
class Assign(Op):
    """An assignment: the body yields the new value."""

    variable = attribute(SYMBOL)
    body = region()
    clamp = region()
    syntax = "$variable {body} clamp &clamp {clamp}"

    def verify_op(self) -> str | None:  # noqa: D102
        return yields(self.body, 1) or _clamp(self.clamp)


@operation("model.block", level="model")
class BlockOp(Op):
    """A run of concurrent ODEs of one locality."""

    locality = attribute(LOCALITY)
    body = region()
    syntax = "$locality {body}"


@operation("model.update", level="model")
class Update(Op):
    """Straight-line code executed once per step, for every element of a locality. `pre` and `post`: of variables that
    neurons hold for their synapses, see `narrow-traces`; no switch of the projection stops it."""

    locality = attribute(RUN)
    body = region()
    syntax = "$locality {body}"


@operation("model.ddt", level="model", traits=PURE)
class Ddt(Op):
    """The derivative of a variable, inside `model.equation`."""

    variable = attribute(SYMBOL)
    result = result()
    syntax = "$variable :r"


@operation("model.get", level="model")
class Get(Op):
    """Value of an attribute, now: of this object, or of the pre or post neuron of a synapse."""

    attr = attribute(SYMBOL)
    side = optional(SIDE, "self")
    result = result()
    syntax = "$attr ( of $side )? :r"


@operation("model.set", level="model")
class Set(Op):
    """Give an attribute a new value. `always`: also in refractory neurons (clamps)."""

    attr = attribute(SYMBOL)
    value = operand()
    always = optional(BOOL, False)
    syntax = "$attr , %value ?always"


@operation("model.time", level="model", traits=PURE)
class Time(Op):
    """Time in ms at the start of the step."""

    result = result()
    syntax = ":r"


@operation("model.dt", level="model", traits=PURE)
class Dt(Op):
    """Step size in ms."""

    result = result()
    syntax = ":r"


@operation("model.last_spike", level="model", traits=PURE)
class LastSpike(Op):
    """Time in ms of the last spike of this, the pre or the post neuron."""

    side = optional(SIDE, "self")
    result = result()
    syntax = "( of $side )? :r"


@operation("model.coincident", level="model", traits=PURE)
class Coincident(Op):
    """Inside `model.on_pre`: whether the post neuron last spiked in the very step in which the arriving spike was
    emitted (`unless_post`)."""

    result = result()
    syntax = ":r"


@operation("model.sum", level="model")
class Sum(Op):
    """The input `sum(target)`; an empty target means all; `of pre`/`of post` in synapses."""

    target = attribute(STRING)
    side = optional(SIDE, "self")
    result = result()
    syntax = "$target ( of $side )? :r"


@operation("model.reduce", level="model")
class Reduce(Op):
    """A reduction of a local attribute over a whole population."""

    kind = attribute(REDUCTION)
    attr = attribute(SYMBOL)
    side = optional(SIDE, "self")
    result = result()
    syntax = "$kind $attr ( of $side )? :r"


@operation("model.random", level="model")
class Random(Op):
    """A random number of a distribution; the operands are its parameters; `draw` numbers the occurrence."""

    distribution = attribute(DISTRIBUTION)
    draw = attribute(INT)
    parameters = operands()
    result = result()
    syntax = "$distribution $draw with %parameters* :r"


@operation("model.equal", level="model", traits=TERMINATOR)
class Equal(Op):
    """Both sides of an equation."""

    lhs = operand()
    rhs = operand()
    syntax = "%lhs , %rhs"


@operation("model.spike", level="model")
class Spike(Op):
    """The spike condition (yields bool)."""

    body = region()
    syntax = "{body}"

    def verify_op(self) -> str | None:  # noqa: D102
        return yields(self.body, 1) or _boolean(self.body)


@operation("model.stop", level="model")
class Stop(Op):
    """A condition on which runs may end (yields bool), evaluated after each step: it holds in any or in all neurons."""

    over = attribute(enum_kind("any", "all"))
    body = region()
    syntax = "$over {body}"

    def verify_op(self) -> str | None:  # noqa: D102
        return yields(self.body, 1) or _boolean(self.body)


@operation("model.spiked", level="model", traits=PURE)
class Spiked(Op):
    """Inside `model.stop`: whether the neuron fired in the step that has just been done."""

    result = result()
    syntax = ":r"


@operation("model.reset", level="model")
class Reset(Op):
    """Statements executed by a neuron that spiked: `model.get` and `model.set` in order."""

    body = region()
    syntax = "{body}"


@operation("model.axon_spike", level="model")
class AxonSpike(Op):
    """The condition of an axonal event (yields bool)."""

    body = region()
    syntax = "{body}"

    def verify_op(self) -> str | None:  # noqa: D102
        return yields(self.body, 1) or _boolean(self.body)


@operation("model.axon_reset", level="model")
class AxonReset(Op):
    """Statements executed on an axonal event."""

    body = region()
    syntax = "{body}"


@operation("model.psp", level="model")
class Psp(Op):
    """What one synapse contributes to the target in every step (yields a number)."""

    body = region()
    syntax = "{body}"

    def verify_op(self) -> str | None:  # noqa: D102
        return yields(self.body, 1)


@operation("model.on_pre", level="model")
class OnPre(Op):
    """Statements on arrival of a presynaptic spike: `get`, `set`, `model.transmit`, in order; a local variable per
    [pre] keeps its new value once all synapses of the neuron have been visited. So with [post] in `on_post`."""

    body = region()
    syntax = "{body}"


@operation("model.on_post", level="model")
class OnPost(Op):
    """Statements when the post neuron fires."""

    body = region()
    syntax = "{body}"


@operation("model.on_axon", level="model")
class OnAxon(Op):
    """Statements on arrival of an axonal event."""

    body = region()
    syntax = "{body}"


@operation("model.get_target", level="model")
class GetTarget(Op):
    """The conductance of the (first) target in the post neuron, inside event statements."""

    result = result()
    syntax = ":r"


@operation("model.transmit", level="model")
class Transmit(Op):
    """Change the conductance of the projection's targets. `add` adds the value, `set` replaces by it."""

    mode = attribute(enum_kind("add", "set"))
    value = operand()
    syntax = "$mode %value"


@operation("model.population", level="model", traits=SYMBOL_OP)
class Population(Op):
    """A population. `targets` are the names of all targets that projections bring to it.

    `rate_window`: the mean firing rate `r` is computed; `windows`: so are mean firing rates over windows of their own,
    held in the variables of these names; `can_disable`: the flag `@pop.enabled` exists.
    """

    sym = attribute(SYMBOL)
    neuron = attribute(SYMBOL)
    targets = attribute(STRINGS)
    rate_window = optional(BOOL, False)
    can_disable = optional(BOOL, False)
    windows = optional(STRINGS, ())
    syntax = "$sym : $neuron targets $targets ?rate_window ( windows $windows )? ?can_disable"


@operation("model.projection", level="model", traits=SYMBOL_OP)
class Projection(Op):
    """A projection and the facts about its connectivity that the compiler may rely on.

    `full`: every pre meets every post neuron of two contiguous ranges; `no_self`: but not itself; `delay`: one step,
    the same for all, or one each; `index`: storage of neuron indices.
    `transmission_flag`, `update_flag`, `plasticity_flag`: the boolean fields of these names exist. A target `.x` of a
    spiking population is its variable `x` itself, others its conductance `g_x`. `shares`: the
    weights are those of another projection, or own ones that several synapses have, see `step.synapses`. `alike`:
    event-driven variables start with one value, no synapse is created, and there are no fewer synapses than neurons.
    """

    sym = attribute(SYMBOL)
    synapse = attribute(SYMBOL)
    pre = attribute(SYMBOL)
    post = attribute(SYMBOL)
    targets = attribute(STRINGS)
    full = optional(BOOL, False)
    no_self = optional(BOOL, False)
    delay = optional(enum_kind("one", "uniform", "each"), "one")
    index = optional(enum_kind("u16", "i32"), "i32")
    wide_rows = optional(BOOL, False)
    transmission_flag = optional(BOOL, False)
    update_flag = optional(BOOL, False)
    plasticity_flag = optional(BOOL, False)
    shares = optional(SYMBOL)
    alike = optional(BOOL, False)
    syntax = (
        "$sym : $synapse from $pre to $post targets $targets ?full ?no_self delay $delay index $index ?wide_rows "
        "?transmission_flag ?update_flag ?plasticity_flag ( shares $shares )? ?alike"
    )
