"""Where expressions stand in a model, and what may be read there (language specification, 2.9 to 2.15)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from nnc.compiler.frontend.flags import Owner

Kind = Literal["rate", "spiking"]


@dataclass(frozen=True)
class Place:
    """A part of a model. `names`: predefined names known there; the flags say which further things may be read."""

    what: str
    names: frozenset[str] = frozenset({"t", "dt", "pi"})
    attributes: bool = True
    sides: bool = False
    inputs: bool = False
    reductions: bool = False
    draws: bool = False


PREDEFINED: Final[dict[str, str]] = {
    "t": "it is the time in ms, everywhere but in functions: hand it over as an argument",
    "dt": "it is the step in ms, everywhere but in functions: hand it over as an argument",
    "pi": "",
    "t_last": "it is the time of the neuron's last spike, in 'equations', 'spike' and 'reset' of spiking neurons",
    "t_pre": "it is the time of the last presynaptic spike, in spiking synapses",
    "t_post": "it is the time of the last postsynaptic spike, in spiking synapses",
    "spiked": "it says whether the neuron fired in the last step, in stop conditions of spiking populations",
    "g_target": "it is the conductance of the post neuron, in 'pre_spike' and 'pre_axon_spike' of synapses",
}
"""Predefined names, with where they are to be had."""

FUNCTION: Final = Place("a function", frozenset({"pi"}), attributes=False)


def equations(owner: Owner, kind: Kind) -> Place:
    """The place of `equations`."""
    if owner == "neuron":
        place = Place("the equations", inputs=kind == "rate", reductions=True, draws=True)
        return place if kind == "rate" else _with(place, "t_last")
    place = Place("the equations of a synapse", sides=True, inputs=True, reductions=True, draws=True)
    return place if kind == "rate" else _with(place, "t_pre", "t_post")


def bounds(owner: Owner) -> Place:
    """The place of `min` and `max`."""
    return Place("a bound", sides=owner == "synapse")


def condition(what: str) -> Place:
    """The place of `spike` and `axon_spike`."""
    return _with(Place(what), "t_last")


def stop(kind: Kind) -> Place:
    """The place of `stop_condition`."""
    place = Place("a stop condition")
    return place if kind == "rate" else _with(place, "t_last", "spiked")


def reset(what: str) -> Place:
    """The place of `reset` and `axon_reset`."""
    return _with(Place(what, draws=True), "t_last")


def psp(kind: Kind) -> Place:
    """The place of `psp`."""
    place = Place("the psp", sides=True, inputs=True, reductions=True)
    return place if kind == "rate" else _with(place, "t_pre", "t_post")


def event(what: str) -> Place:
    """The place of event statements of synapses."""
    place = _with(Place(what, sides=True, draws=True), "t_pre", "t_post")
    return place if what == "post_spike" else _with(place, "g_target")


def rule(what: str) -> Place:
    """The place of the conditions of `creating` and `pruning`."""
    return Place(f"the condition of '{what}'", sides=True)


def _with(place: Place, *names: str) -> Place:
    return replace(place, names=place.names | frozenset(names))
