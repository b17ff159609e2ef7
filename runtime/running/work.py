"""The work of a step, told from the models and the sizes of a network: what `num_threads="auto"` goes by.

A unit is what one processor does in about 0.4 nanoseconds: sixteen operations of an equation, which vector units do
eight or more at a time. The measurements behind the weights are in docs/performance.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.compiler.frontend import syntax
from nnc.compiler.frontend.builtins import DISTRIBUTIONS, FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nnc.compiler.frontend.model import Model, NeuronModel
    from nnc.runtime.networks.network import Network
    from nnc.runtime.projections.projection import Projection

OPERATIONS: Final = 16
"""Operations of an equation in a unit of work."""

VISITS: Final = 500
"""A synapse that waits for spikes is assumed to be visited once in so many steps (20 Hz at 0.1 ms)."""

READ_ON: Final = 0.25
"""A weight of a matrix or a filter, which sums read straight on."""

GATHERED: Final = 2.0
"""A synapse that a sum or a spike reaches through an index."""

REGENERATED: Final = 17.0
"""A synapse that is not stored: it is made again for every spike."""

SCATTERED: Final = 8.0
"""A synapse that a spike of its post neuron reaches, anywhere in memory."""

_DIVISION: Final = 4
_FUNCTION: Final = 20
_DRAW: Final = 40
_CHEAP: Final = frozenset(
    {
        *("abs", "fabs", "pos", "positive", "neg", "negative", "Heaviside", "clip", "max", "min", "sign"),
        *("isnan", "isfinite", "floor", "ceil", "ceiling", "round"),
    }
)
_STAGES: Final = {"midpoint": 2, "rk4": 4}
"""How often a method evaluates its equation, if more than once."""


def work_of(network: Network) -> int:
    """Units of work that a step does."""
    neurons = sum(p.size * neuron_work(p._model) for p in network.get_populations())
    synapses = sum(_synaptic(p) for p in network.get_projections(suppress_error=True))
    return int(neurons + synapses)


def neuron_work(model: NeuronModel) -> float:
    """Units of work of a neuron in a step; at least one, for reading and writing it."""
    conditions = [c.value for c in (model.spike, model.axon_spike) if c is not None]
    return max(1.0, operations(model, [*model.statements, *conditions]) / OPERATIONS)


def _synaptic(projection: Projection) -> float:
    """Units of work of a projection in a step."""
    model, count = projection._model, projection.synapses.expected
    own = operations(model, [*model.statements, *(() if model.psp is None else (model.psp,))]) / OPERATIONS
    if projection._kind == "rate":
        straight = not projection.stores_synapses or projection.synapses.full is not None
        return count * ((READ_ON if straight else GATHERED) + own)
    events = operations(model, [e.assignment for e in (*model.pre_spike, *model.post_spike)]) / OPERATIONS
    reached = REGENERATED if projection.regenerated is not None else GATHERED
    visit = reached + events + own + (SCATTERED if model.post_spike else 0.0)
    every_step = [a for a in model.attributes if a.method not in (None, "event_driven")]
    return count * (visit / VISITS + (own if every_step else 0.0))


def operations(model: Model, nodes: Iterable[syntax.Statement | syntax.Expr]) -> int:
    """Operations of statements and expressions of a model, done once; an equation as often as its method says."""
    functions = {f.name.name: f.body for f in model.functions}
    methods = {a.name: a.method for a in model.attributes}
    total = 0
    for node in nodes:
        if isinstance(node, syntax.Assignment):
            total += 1 + _count(node.value, functions)
        elif isinstance(node, syntax.Ode):
            stages = _STAGES.get(methods.get(node.variable) or "", 1)
            total += stages * (1 + _count(node.left, functions) + _count(node.right, functions))
        else:
            total += _count(node, functions)
    return total


def _count(expr: syntax.Expr, functions: Mapping[str, syntax.Expr]) -> int:
    return _own(expr, functions) + sum(_count(child, functions) for child in syntax.children(expr))


def _own(expr: syntax.Expr, functions: Mapping[str, syntax.Expr]) -> int:
    """Operations of a node itself."""
    if isinstance(expr, syntax.Call):
        if expr.name in functions:
            return _count(functions[expr.name], {name: f for name, f in functions.items() if name != expr.name})
        if expr.name in DISTRIBUTIONS:
            return _DRAW
        return _FUNCTION if expr.name in FUNCTIONS and expr.name not in _CHEAP else 1
    if isinstance(expr, syntax.Binary):
        return _power(expr.right) if expr.operator == "**" else _DIVISION if expr.operator in ("/", "%", "//") else 1
    return int(isinstance(expr, (syntax.Unary, syntax.Compare, syntax.Conditional)))


def _power(exponent: syntax.Expr) -> int:
    """A small whole power is products."""
    if isinstance(exponent, syntax.Number) and exponent.value in (0.0, 1.0, 2.0, 3.0, 4.0):
        return 2
    return _FUNCTION
