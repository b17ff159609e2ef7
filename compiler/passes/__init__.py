"""Passes over the IR, one per file.

`PASSES` names them all; a pass is imported when a pipeline asks for it.
"""

from __future__ import annotations

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnc.compiler.passes.manager import Pass

PASSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "inline-functions": "inline_functions:InlineFunctions",
        "isolate-derivatives": "isolate_derivatives:IsolateDerivatives",
        "order-equations": "order_equations:OrderEquations",
        "narrow-traces": "narrow_traces:NarrowTraces",
        "discretise": "discretise:Discretise",
        "instantiate": "instantiate:Instantiate",
        "lower-delays": "lower_delays:LowerDelays",
        "lower-random": "lower_random:LowerRandom",
        "order-maps": "order_maps:OrderMaps",
        "fuse-maps": "fuse_maps:FuseMaps",
        "choose-propagation": "choose_propagation:ChoosePropagation",
        "lower-to-loops": "lower_to_loops:LowerToLoops",
        "merge-alike": "merge_alike:MergeAlike",
        "hoist": "hoist:Hoist",
        "hoist-time": "hoist_time:HoistTime",
        "form-fma": "form_fma:FormFma",
        "expand-math": "expand_math:ExpandMath",
        "place-barriers": "place_barriers:PlaceBarriers",
        "map-threads": "map_threads:MapThreads",
        "tabulate": "tabulate:Tabulate",
        "instrument": "instrument:Instrument",
        "canonicalize": "canonicalize:Canonicalize",
        "cse": "cse:CSE",
        "dce": "dce:DCE",
    }
)
"""Module (in this package) and class of every pass, by name."""

DEFAULT_PIPELINE: Final = (
    "inline-functions,isolate-derivatives,order-equations,narrow-traces,discretise,canonicalize,cse,dce,"
    "instantiate,lower-delays,lower-random,canonicalize,cse,dce,"
    "order-maps,fuse-maps,choose-propagation,lower-to-loops,merge-alike,canonicalize,cse,hoist,"
    "hoist-time,form-fma,expand-math,canonicalize,cse,dce,hoist,place-barriers,map-threads,tabulate,"
    "canonicalize,cse,dce"
)
"""From the model level to what targets read."""

PROFILE_PIPELINE: Final = DEFAULT_PIPELINE.replace("lower-to-loops", "lower-to-loops{laps=true}") + ",instrument"
"""The same for a program that measures itself."""


def load_pass(name: str) -> type[Pass]:
    """The class of a pass; KeyError for an unknown name."""
    module, _, attribute = PASSES[name].partition(":")
    return cast("type[Pass]", getattr(importlib.import_module(f"{__name__}.{module}"), attribute))


def describe() -> list[tuple[str, str]]:
    """Name and first line of the documentation of every pass."""
    return [(name, (load_pass(name).__doc__ or "").strip().split("\n")[0]) for name in PASSES]
