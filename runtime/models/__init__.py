"""The standard neurons and synapses, one family per file, written in the equation language."""

from __future__ import annotations

import importlib
from typing import Any, Final

_NEURONS: Final = (
    ("rate", "LeakyIntegrator"),
    ("izhikevich", "Izhikevich"),
    ("integrate_and_fire", "IF_curr_exp"),
    ("integrate_and_fire", "IF_cond_exp"),
    ("integrate_and_fire", "IF_curr_alpha"),
    ("integrate_and_fire", "IF_cond_alpha"),
    ("adaptive", "EIF_cond_exp_isfa_ista"),
    ("adaptive", "EIF_cond_alpha_isfa_ista"),
    ("hodgkin_huxley", "HH_cond_exp"),
    ("gif", "GIF_curr"),
    ("gif", "GIF_curr_exp"),
)
_SYNAPSES: Final = (
    ("rate_plasticity", "Hebb"),
    ("rate_plasticity", "Oja"),
    ("rate_plasticity", "IBCM"),
    ("spike_plasticity", "STP"),
    ("spike_plasticity", "STDP"),
)


def list_standard_neurons() -> list[type[Any]]:
    """The classes of the standard neurons."""
    return [_model(*place) for place in _NEURONS]


def list_standard_synapses() -> list[type[Any]]:
    """The classes of the standard synapses."""
    return [_model(*place) for place in _SYNAPSES]


def _model(module: str, name: str) -> type[Any]:
    found: type[Any] = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    return found
