"""Level `step`: one step of the network as maps over its elements, in order.

A `step.map` runs its region once per element of a domain; values carry the locality they vary over. Fields are
named `@owner.attribute`. Reads and writes are of the element at hand, so a map has no hidden order inside, except:
in `spikes` and `back_spikes` events are taken in ascending order of the neuron that fired, and statements of one
event in program order; contributions to one post neuron therefore add up in ascending order of the pre neuron.
Where synapses have delays of their own, events that arrive in one step are taken by ascending delay, then by neuron.
In a `full` projection element j of a sum is at place j of the range of pre neurons, so a neuron left out (`no_self`)
shifts nothing.
`step.accumulate` in the other domains adds in the fixed order of 32 partial sums (see `loop.reduce`).
"""

from __future__ import annotations

from nnc.compiler.ir.attributes import BOOL, INT, SYMBOL, SYMBOLS, TYPE, enum_kind
from nnc.compiler.ir.core import Op
from nnc.compiler.ir.define import (
    PURE,
    SYMBOL_OP,
    attribute,
    operand,
    operation,
    optional,
    region,
    result,
)

ROLE = enum_kind("param", "state", "scratch", "constant")
DOMAIN = enum_kind("neurons", "synapses", "pres", "posts", "spikes", "back_spikes", "arrivals", "firings", "once")
LAYOUT = enum_kind("auto", "csr_pre", "csr_post", "dense_pre", "dense_post", "stencil", "procedural")


@operation("step.neurons", level="step", traits=SYMBOL_OP)
class Neurons(Op):
    """A population. Size: `@pop.n`; its rings are `@pop.ring` steps deep."""

    sym = attribute(SYMBOL)
    syntax = "$sym"


@operation("step.synapses", level="step", traits=SYMBOL_OP)
class Synapses(Op):
    """The synapses of a projection.

    `kind` says how signals travel. `layout` is chosen by `choose-propagation`: `csr_pre` rows of posts per pre neuron
    (cut by the partition of the posts), `csr_post` rows of pres per post neuron, `dense_*` full matrices. A `stencil`
    (see `step.stencil`) has its layout from the start; `procedural` (see `step.procedural`) stores nothing.
    `back`: an index by post neuron is needed (post_spike statements) beside `csr_pre`.
    `shares`: the weight of synapse j, in the order of the layout, is entry `@sym.tie.at[j]` of `@shares.w`, the weights
    of another projection or its own ones, of which there are then `@sym.taps`.
    """

    sym = attribute(SYMBOL)
    pre = attribute(SYMBOL)
    post = attribute(SYMBOL)
    kind = attribute(enum_kind("rate", "spiking"))
    layout = optional(LAYOUT, "auto")
    full = optional(BOOL, False)
    no_self = optional(BOOL, False)
    delay = optional(enum_kind("one", "uniform", "each"), "one")
    index = optional(enum_kind("u16", "i32"), "i32")
    wide_rows = optional(BOOL, False)
    back = optional(BOOL, False)
    shares = optional(SYMBOL)
    syntax = (
        "$sym from $pre to $post $kind as $layout ?full ?no_self delay $delay index $index ?wide_rows ?back "
        "( shares $shares )?"
    )


@operation("step.field", level="step", traits=SYMBOL_OP)
class Field(Op):
    """State of the network: one number, or one per element of the owner (per neuron, post neuron, synapse).

    role: `param` is written by the user only, `constant` a named constant, `state` is saved, `scratch` lives for one
    step. `narrowed`: a variable of synapses that is held per pre or post neuron, whose synapses all have its value.
    """

    sym = attribute(SYMBOL)
    type = attribute(TYPE)
    role = attribute(ROLE)
    narrowed = optional(BOOL, False)
    syntax = "$sym : $type $role ?narrowed"


@operation("step.events", level="step", traits=SYMBOL_OP)
class Events(Op):
    """The spikes of a population: a ring of lists of ascending neuron indices, one list per step."""

    sym = attribute(SYMBOL)
    owner = attribute(SYMBOL)
    syntax = "$sym of $owner"


@operation("step.ring", level="step", traits=SYMBOL_OP)
class Ring(Op):
    """The past values of a field of a population; one row is pushed per step, prefilled with the initial value.

    `depth`: the size that says how many rows it has, if it is not that of the rings of the population.
    """

    sym = attribute(SYMBOL)
    source = attribute(SYMBOL)
    type = attribute(TYPE)
    depth = optional(SYMBOL)
    syntax = "$sym of $source : $type ( deep $depth )?"


@operation("step.map", level="step", traits=SYMBOL_OP)
class Map(Op):
    """Code for every element of a domain. `phase` is that of the order of a step (1 input ... 9 structure).

    `spikes` of a projection: every synapse of every pre neuron whose spike arrives in this step; `back_spikes`: every
    synapse of every post neuron that fired in this step; `arrivals` and `firings`: these pre and post neurons, once
    each. `events` names the list that is walked. `flag`, if given, is a boolean field; where it is false the whole map
    is skipped.
    """

    sym = attribute(SYMBOL)
    domain = attribute(DOMAIN)
    owner = attribute(SYMBOL)
    phase = attribute(INT)
    events = optional(SYMBOL)
    flag = optional(SYMBOL)
    body = region()
    syntax = "$sym over $domain in $owner phase $phase ( of $events )? ( if $flag )? {body}"


@operation("step.read", level="step")
class Read(Op):
    """Value of a field for the element at hand; in a projection, `[pre]` or `[post]` says whose."""

    field = attribute(SYMBOL)
    result = result()
    syntax = "$field :r"


@operation("step.write", level="step")
class Write(Op):
    """New value of a field for the element at hand."""

    field = attribute(SYMBOL)
    value = operand()
    syntax = "$field , %value"


@operation("step.accumulate", level="step")
class Accumulate(Op):
    """Combine a value into a field of a narrower locality, over all elements of the domain that share it.

    `add`: field + total; `mean`: field + total / count; `max`/`min`: field + extremum (nothing if there is none);
    to a field of locality one from neurons: the field becomes the reduction (add, mean, max, min).
    """

    kind = attribute(enum_kind("add", "mean", "max", "min"))
    field = attribute(SYMBOL)
    value = operand()
    syntax = "$kind $field , %value"


@operation("step.delayed_read", level="step")
class DelayedRead(Op):
    """Value that a field of the pre population had `delay - less` steps before the previous step's end.

    In phase 1 (`less` = 0) with delay d: the value at the end of step k-d; in phase 7 (`less` = 1): of step k-d+1.
    Lowered to a plain read where the delay is one step, else to a ring.
    """

    field = attribute(SYMBOL)
    owner = attribute(SYMBOL)
    less = optional(INT, 0)
    result = result()
    syntax = "$field in $owner ( less $less )? :r"


@operation("step.read_ring", level="step")
class ReadRing(Op):
    """The row that was pushed in step `index`, for the pre neuron at hand."""

    ring = attribute(SYMBOL)
    index = operand()
    result = result()
    syntax = "$ring [ %index ] :r"


@operation("step.push", level="step")
class Push(Op):
    """Push the present values of the source of a ring as the row of this step (phase 5)."""

    ring = attribute(SYMBOL)
    syntax = "$ring"


@operation("step.emit", level="step")
class Emit(Op):
    """The neuron at hand spikes where the condition holds."""

    events = attribute(SYMBOL)
    condition = operand()
    syntax = "$events if %condition"


@operation("step.index", traits=PURE)
class Index(Op):
    """Number of the step at hand (i64); also on the model level, where event-driven equations count steps."""

    result = result()
    syntax = ":r"


@operation("step.delay", level="step", traits=PURE)
class Delay(Op):
    """Delay of a projection in steps (i64; one per synapse if its delays differ)."""

    owner = attribute(SYMBOL)
    result = result()
    syntax = "$owner :r"


@operation("step.random", level="step")
class Random(Op):
    """A draw for the element at hand, pure in (seed, stream, element, step); lowered by `lower-random`."""

    distribution = attribute(enum_kind("uniform", "normal", "bits"))
    stream = attribute(INT)
    result = result()
    syntax = "$distribution stream $stream :r"


@operation("step.fill", level="step")
class Fill(Op):
    """Fill a scratch field with draws of a stream, for all elements of its owner (phase 3)."""

    field = attribute(SYMBOL)
    distribution = attribute(enum_kind("uniform", "normal", "bits"))
    stream = attribute(INT)
    syntax = "$field with $distribution stream $stream"


@operation("step.record", level="step")
class Record(Op):
    """Let the recorders take their values: of `targets` (phase 2) or of everything else (phase 10)."""

    when = attribute(enum_kind("targets", "end"))
    fields = attribute(SYMBOLS)
    syntax = "$when $fields"


@operation("step.order", level="step")
class Order(Op):
    """The order in which the maps run, found by `order-maps`."""

    maps = attribute(SYMBOLS)
    syntax = "$maps"


@operation("step.stop", level="step")
class Stop(Op):
    """End the run after this step where a scalar condition of a `once` map holds."""

    condition = operand()
    syntax = "if %condition"
