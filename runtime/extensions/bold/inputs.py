"""The arguments of a `BoldMonitor`, checked before anything is made."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.compiler.frontend.analyse import analyse_neuron
from nnc.extensions.bold.model import BoldModel
from nnc.runtime.errors import NNCIndexError, NNCTypeError, NNCValueError, with_hint
from nnc.runtime.projections.ends import end_of, network_of_end, whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from nnc.runtime.networks.network import Network
    from nnc.runtime.populations.population import Population
    from nnc.runtime.populations.views import PopulationView


@dataclass(frozen=True)
class Inputs:
    """What drives a BOLD model: for each population its scale, and the ms (0 for none) that normalise it."""

    network: Network
    populations: tuple[Population | PopulationView, ...]
    model: BoldModel
    mapping: Mapping[str, str]
    scales: tuple[float, ...]
    windows: tuple[float, ...]
    recorded: tuple[str, ...]


def checked_inputs(
    populations: Any,
    model: Any,
    mapping: Any,
    scale_factor: Any,
    normalize_input: Any,
    recorded: Any,
    network: Network | None,
) -> Inputs:
    """The arguments of a `BoldMonitor`. Raises for the first one that does not fit, naming it."""
    sources = _populations(populations, network)
    net = sources[0].network
    made = _model(model)
    sizes = [p.size for p in sources]
    shares = [size / sum(sizes) for size in sizes]
    windows = _numbers("normalize_input", normalize_input, [0.0] * len(sources))
    if min(windows) < 0.0:
        raise NNCValueError(f"BoldMonitor: normalize_input is a time in ms of at least 0, not {min(windows)}")
    return Inputs(
        network=net,
        populations=sources,
        model=made,
        mapping=_mapping(mapping, made, sources),
        scales=_numbers("scale_factor", scale_factor, shares),
        windows=windows,
        recorded=_recorded(recorded, made, net),
    )


def checked_slices(inputs: Inputs, slices: Any) -> tuple[NDArray[np.int64], ...]:
    """Lists of ranks of the one population. Raises for empty ones, ranks that it lacks and ranks that come twice."""
    if len(inputs.populations) != 1:
        raise NNCTypeError("boldmonitor_from_slices takes one population")
    ranks = inputs.populations[0].ranks
    if not isinstance(slices, list | tuple) or not slices:
        raise NNCTypeError(f"boldmonitor_from_slices: slices is a list of lists of ranks, not {slices!r}")
    made = []
    for k, given in enumerate(slices):
        one = np.asarray(given)
        if one.ndim != 1 or not one.size or one.dtype.kind not in "iu":
            raise NNCTypeError(f"boldmonitor_from_slices: slice {k} is no list of ranks: {given!r}")
        outside = one[~np.isin(one, ranks)]
        if outside.size:
            raise NNCIndexError(f"boldmonitor_from_slices: slice {k} has rank {outside[0]}, which is not there")
        if len(np.unique(one)) < len(one):
            raise NNCValueError(f"boldmonitor_from_slices: slice {k} has a rank twice")
        made.append(one.astype(np.int64))
    return tuple(made)


def _populations(given: Any, network: Network | None) -> tuple[Population | PopulationView, ...]:
    listed = list(given) if isinstance(given, list | tuple) else [given]
    if not listed:
        raise NNCValueError("BoldMonitor: there is no population")
    first = network or network_of_end(listed[0])
    if first is None:
        raise NNCTypeError(f"BoldMonitor takes populations or parts of them, not {listed[0]!r}")
    return tuple(end_of(first, p, "a source of a BoldMonitor") for p in listed)


def _model(given: Any) -> BoldModel:
    if isinstance(given, BoldModel):
        return given
    if isinstance(given, type) and issubclass(given, BoldModel):
        try:
            return given()
        except TypeError as error:
            raise NNCTypeError(f"BoldMonitor: {given.__name__} needs arguments ({error}); pass an instance") from error
    raise NNCTypeError(f"BoldMonitor: bold_model is a BoldModel such as balloon_RN, not {given!r}")


def _mapping(given: Any, model: BoldModel, sources: Sequence[Population | PopulationView]) -> dict[str, str]:
    mapping = {"I_CBF": "r"} if given is None else given
    if not isinstance(mapping, dict) or not mapping:
        raise NNCTypeError(
            f"BoldMonitor: mapping is a dict from inputs of the model to variables of the populations, not {given!r}"
        )
    for key, variable in mapping.items():
        if key not in model.inputs:
            known = ", ".join(f"'{i}'" for i in model.inputs)
            raise NNCValueError(f"BoldMonitor: mapping: {model.name} has no input {key!r}; its inputs are {known}")
        for source in sources:
            names = whole(source).attributes
            if variable not in names:
                what = f"BoldMonitor: mapping: population '{whole(source).name}' has no attribute {variable!r}"
                raise NNCValueError(with_hint(what, str(variable), names))
    return dict(mapping)


def _numbers(what: str, given: Any, default: list[float]) -> tuple[float, ...]:
    """One number for each population."""
    if given is None:
        return tuple(default)
    values = list(given) if isinstance(given, list | tuple | np.ndarray) else [given] * len(default)
    if len(values) != len(default):
        raise NNCValueError(f"BoldMonitor: {what} has {len(values)} values for {len(default)} populations")
    for value in values:
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not number or not math.isfinite(value):
            raise NNCTypeError(f"BoldMonitor: {what} takes numbers, not {value!r}")
    return tuple(float(v) for v in values)


def _recorded(given: Any, model: BoldModel, net: Network) -> tuple[str, ...]:
    analysed = analyse_neuron(model.described, net.globals())
    unread = [i for i in model.inputs if i not in analysed.targets]
    if unread:
        raise NNCValueError(f"BoldMonitor: {model.name} never reads its input '{unread[0]}': write sum({unread[0]})")
    names = [a.name for a in analysed.attributes if a.role == "variable"]
    for output in model.output:
        if output not in names:
            raise NNCValueError(
                with_hint(f"BoldMonitor: {model.name} has no output variable '{output}'", output, names)
            )
    extra = [given] if isinstance(given, str) else list(given or ())
    for name in extra:
        if name not in names:
            text = f"BoldMonitor: recorded_variables: {name!r} is no variable of {model.name}"
            raise NNCValueError(with_hint(text, str(name), names))
    return tuple(dict.fromkeys([*extra, *model.output]))
