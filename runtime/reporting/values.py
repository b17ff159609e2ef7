"""Values of attributes: numbers, what they are drawn from, and arrays in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.description import ConstantRef, Drawn
from nnc.compiler.frontend.model import AttributeRef, DistributionCall
from nnc.runtime.attributes import distribution_of
from nnc.runtime.random import RandomDistribution
from nnc.runtime.reporting.document import Cell, Code, Maths, sentence, text
from nnc.runtime.reporting.maths import Call, Expr, Negative, Number, Relation, Words
from nnc.runtime.reporting.names import symbol_of

if TYPE_CHECKING:
    from nnc.runtime.attributes import Attributes
    from nnc.runtime.networks.network import Network


def number(value: float, single: bool = False) -> Expr:
    """A number as a formula."""
    if np.isnan(value):
        return Words("NaN")
    shown = Number(abs(value), single)
    return Negative(shown) if np.signbit(value) and value != 0.0 else shown


def distribution(given: RandomDistribution) -> Expr:
    """A distribution with the names and values of its arguments."""
    arguments = [(n, v) for n, v in vars(given).items() if not n.startswith("_") and v is not None]
    relations = tuple(Relation(symbol_of(name), "=", number(float(value))) for name, value in arguments)
    return Call(type(given).__name__, relations)


def shown(value: Any, network: Network) -> Cell:
    """A value as scripts give it: a number, a distribution, a constant, an array."""
    single = network.config_.precision == "float"
    if isinstance(value, Drawn | DistributionCall):
        value = distribution_of(value)
    if isinstance(value, RandomDistribution):
        return (Maths(distribution(value)),)
    if isinstance(value, ConstantRef):
        name = Maths(symbol_of(value.name))
        return sentence(name, " = ", Maths(number(network.constant_value(value.name), single)))
    if isinstance(value, AttributeRef):
        return sentence("that of ", Maths(symbol_of(value.name)))
    if isinstance(value, bool | np.bool_):
        return text(str(bool(value)))
    if isinstance(value, int | float | np.number):
        return (Maths(number(float(value), single)),)
    if isinstance(value, str):
        return (Code(value),)
    return array(value, single)


def array(value: Any, single: bool = False) -> Cell:
    """An array: its shape, least and greatest value; the number itself where all elements of a list are one."""
    try:
        many = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        many = np.concatenate([np.ravel(np.asarray(row, np.float64)) for row in value] or [np.zeros(0)])
    finite = many[~np.isnan(many)]
    if finite.size == 0:
        return text("no values")
    low, high = float(finite.min()), float(finite.max())
    extent = " x ".join(map(str, many.shape))
    if low == high and finite.size == many.size:
        shown = (Maths(number(low, single)),)
        return shown if many.ndim < 2 else sentence(f"{extent} values of ", *shown)
    ends = [Maths(number(float(f"{end:.6g}"), single)) for end in (low, high)]
    return sentence(f"{extent} values from ", ends[0], " to ", ends[1])


def parameter(values: Attributes, name: str, network: Network) -> Cell:
    """The present value of a parameter, or the distribution that its values were drawn from."""
    if not network.compiled:
        return initial(values, name, network)
    present = values.packed(name)
    if present.size == 1 or (present == present[0]).all():
        slot = values.slot(name)
        return shown(slot.scalar(present[0]) if present.size else 0.0, network)
    source = _source(values, name)
    if source is not None and np.array_equal(present, np.asarray(values.initial[name], present.dtype)):
        return (Maths(distribution(source)),)
    return array(present, network.config_.precision == "float")


def initial(values: Attributes, name: str, network: Network) -> Cell:
    """What an attribute starts with: what a script has assigned before `compile()`, else what the model says."""
    source = _source(values, name)
    if source is not None:
        return (Maths(distribution(source)),)
    if name in values.assigned:
        value = values.assigned[name]
        slot = values.slot(name)
        return shown(value if isinstance(value, np.ndarray) else slot.scalar(value), network)
    init = values.slot(name).init
    if isinstance(init, int | float) and not isinstance(init, bool):
        return shown(values.slot(name).scalar(init), network)
    return shown(init, network)


def _source(values: Attributes, name: str) -> RandomDistribution | None:
    if name in values.distributions:
        return values.distributions[name]
    init = values.slot(name).init
    if name not in values.assigned and isinstance(init, Drawn | DistributionCall):
        return distribution_of(init)
    return None
