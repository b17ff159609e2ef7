"""The analysis of stop conditions: `"v > 1 : all"`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.compiler.diagnostics import Diagnostics, did_you_mean
from nnc.compiler.frontend import places
from nnc.compiler.frontend.analysis import global_functions
from nnc.compiler.frontend.model import StopCondition
from nnc.compiler.frontend.names import Scope, check
from nnc.compiler.frontend.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    from nnc.compiler.description import Globals
    from nnc.compiler.diagnostics import Source
    from nnc.compiler.frontend.model import NeuronModel
    from nnc.compiler.frontend.syntax import Flag

_OVER: Final = ("any", "all")


def analyse_stop(source: Source, model: NeuronModel, globals: Globals) -> StopCondition:
    """The checked stop condition of a population of this model. Raises `DiagnosticError` with all that is wrong.

    It reads attributes, constants, functions and the time, which is that after the step.
    """
    diagnostics = Diagnostics()
    condition = Texts(diagnostics, {}).condition(source)
    diagnostics.raise_if_errors()
    assert condition is not None
    over = _over(condition.flags, diagnostics)
    functions = {f.name.name: f for f in (*global_functions(globals, diagnostics), *model.functions)}
    scope = Scope("neuron", {a.name: a for a in model.attributes}, frozenset(globals.constants), functions)
    check(condition.value, scope, places.stop(model.kind), diagnostics)
    diagnostics.raise_if_errors()
    return StopCondition(condition.value, over)


def _over(flags: Iterable[Flag], diagnostics: Diagnostics) -> Literal["any", "all"]:
    found: dict[str, Flag] = {}
    for flag in flags:
        if flag.name not in _OVER:
            help = did_you_mean(flag.name, _OVER) or "a stop condition takes ': any' (the default) or ': all'"
            diagnostics.error("N0110", f"unknown flag '{flag.name}'", flag.loc, help=help)
        elif flag.value is not None:
            help = f"write just '{flag.name}'"
            diagnostics.error("N0111", f"the flag '{flag.name}' takes no value", flag.loc, help=help)
        else:
            found.setdefault(flag.name, flag)
    if len(found) > 1:
        diagnostics.error("N0113", "a stop condition holds in any or in all neurons", found["all"].loc, help="keep one")
    return "all" if "all" in found else "any"
