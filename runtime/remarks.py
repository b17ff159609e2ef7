"""What the compiler has to remark on a network, shown once when it is compiled."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from nnc.compiler.frontend.names import walk
from nnc.compiler.frontend.remarks import unused
from nnc.compiler.frontend.stability import check_steps
from nnc.compiler.frontend.syntax import Name
from nnc.compiler.session import current as session
from nnc.runtime.errors import warn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from nnc.compiler.diagnostics import Diagnostic
    from nnc.compiler.frontend.model import Model
    from nnc.runtime.attributes import Attributes
    from nnc.runtime.networks.network import Network
    from nnc.runtime.populations.population import Population
    from nnc.runtime.projections.projection import Projection


def show_remarks(network: Network) -> None:
    """Warn of what looks like a mistake in the models, and of steps that are too long for them.

    Notes, of what is legal but may surprise, are written to stderr with `verbose` or `nnc --remarks`. Nothing is shown
    with `suppress_warnings`.
    """
    if network.config_["suppress_warnings"]:
        return
    command = session()
    notes = network.config_["verbose"] or (command is not None and command.remarks)
    shown: set[tuple[object, ...]] = set()
    for remark in _remarks(network):
        key = (remark.code, remark.message, remark.loc)
        if key in shown:
            continue
        shown.add(key)
        if remark.severity == "warning":
            warn(remark.render())
        elif notes:
            print(remark.render(), file=sys.stderr)


def warn_rounded(projection: str, delays: NDArray[np.float64], dt: float) -> None:
    """Warn of given delays (ms) that are no multiples of dt; 0 stands for the shortest delay, one step."""
    exact = delays / dt
    rounded = delays[(np.abs(exact - np.rint(exact)) > 1e-6 * np.maximum(1.0, exact)) & (delays > 0.0)]
    if not rounded.size:
        return
    first = float(rounded.flat[0])
    taken = max(1.0, float(np.rint(first / dt))) * dt
    what = "the delay" if delays.ndim == 0 else f"{rounded.size} of {delays.size} delays, the first"
    warn(
        f"projection '{projection}': {what} of {first:g} ms is no multiple of dt = {dt:g} ms and is rounded to "
        f"{taken:g} ms"
    )


def _remarks(network: Network) -> Iterator[Diagnostic]:
    projections = network.get_projections(suppress_error=True)
    owners: list[Population | Projection] = [*network.get_populations(), *projections]
    for owner in owners:
        yield from owner._model.diagnostics
        yield from check_steps(owner._model, _numbers(network, owner._model, owner._values), network.dt)
    outside = _read_from_outside(network)
    for owner in owners:
        model_type = _model_type(owner)
        if not type(model_type).__module__.startswith("nnc.runtime.models"):
            yield from unused(owner._model, outside.get(id(model_type), frozenset()))


def _numbers(network: Network, model: Model, values: Attributes) -> dict[str, object]:
    """What equations may take for given: constants, and parameters that no event changes."""
    fixed = {a.name for a in model.attributes if a.role == "parameter" and not a.assigned}
    # values that differ between synapses are not even made for this
    held = {n: values.initial[n] for n in values.initial if n in fixed and not values.initial.is_released(n)}
    known = {n: v for n, v in held.items() if np.asarray(v).dtype.kind in "bif"}
    return {**network._constant_values, **known, "dt": network.dt}


def _model_type(owner: Population | Projection) -> object:
    from nnc.runtime.populations.population import Population

    return owner.neuron_type if isinstance(owner, Population) else owner.synapse_type


def _read_from_outside(network: Network) -> dict[int, set[str]]:
    """By neuron model: the attributes that synapses and stop conditions read of it, in whatever population."""
    read: dict[int, set[str]] = {}
    for projection in network.get_projections(suppress_error=True):
        uses = projection._model.uses
        for end, names, side in ((projection._pre, uses.pre, "pre"), (projection._post, uses.post, "post")):
            reduced = {name for s, _, name in uses.reductions if s == side}
            population = getattr(end, "population", end)
            read.setdefault(id(population.neuron_type), set()).update(names, reduced)
    for population in network.get_populations():
        own = {name for side, _, name in population._model.uses.reductions if side == "self"}
        stop = () if population._stop is None else walk(population._stop.condition)
        own |= {e.name for e in stop if isinstance(e, Name)}
        read.setdefault(id(population.neuron_type), set()).update(own)
    return read
