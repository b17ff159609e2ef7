"""Pass `inline-functions`: calls of user functions become their bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nnc.compiler.graphs import circles, topological
from nnc.compiler.ir import arith, model
from nnc.compiler.ir.builder import Builder
from nnc.compiler.passes.inline import inline
from nnc.compiler.passes.manager import Pass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.ir.core import Op
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.manager import Context


@dataclass(frozen=True)
class InlineFunctions(Pass):
    """Replaces every `model.call` by the body of its function and removes the functions.

    A function of the neuron or synapse hides one of the module of the same name. Functions that call each other in
    a circle are an error (N0410) that names all of them.
    """

    name: ClassVar[str] = "inline-functions"
    takes: ClassVar[Level] = "model"
    gives: ClassVar[Level] = "model"

    def run(self, module: Module, context: Context) -> bool:
        """Inline callees before their callers, so that each body is copied once per call."""
        functions = list(module.find(model.Function))
        order = _callees_first(functions, context.diagnostics)
        if order is None:
            return False
        for owner in [*order, module]:
            for call in list(owner.find(model.Call)):
                _inline_call(call)
        for function in functions:
            function.erase()
        return bool(functions)


def callee(call: model.Call) -> model.Function:
    """The function that a call means, looked up outwards from the call."""
    for scope in _enclosing(call):
        for region in scope.regions:
            for op in region.ops:
                if isinstance(op, model.Function) and op.sym == call.callee:
                    return op
    raise ValueError(f"{call.loc}: there is no function @{call.callee}")


def _enclosing(op: Op) -> Iterator[Op]:
    parent = op.parent_op
    while parent is not None:
        yield parent
        parent = parent.parent_op


def _callees_first(functions: list[model.Function], diagnostics: Diagnostics) -> list[model.Function] | None:
    graph: dict[model.Function, set[model.Function]] = {f: set() for f in functions}
    for f in functions:
        for call in f.find(model.Call):
            graph[callee(call)].add(f)
    endless = circles(graph)
    for circle in endless:
        _report([f for f in functions if f in circle], diagnostics)
    return None if endless else topological(graph, key=functions.index)


def _report(circle: list[model.Function], diagnostics: Diagnostics) -> None:
    names = ", ".join(f"'{_name(f)}'" for f in circle)
    what = f"the functions {names} call each other" if len(circle) > 1 else f"the function {names} calls itself"
    diagnostics.error(
        "N0410",
        f"{what}, which would never end",
        circle[0].loc,
        help="write the value without recursion, or keep it in a variable that is updated once per step",
        related=tuple((f.loc, f"'{_name(f)}' is defined here") for f in circle[1:]),
    )


def _name(function: model.Function) -> str:
    return str(function.sym).removeprefix(model.FUNCTION_PREFIX)


def _inline_call(call: model.Call) -> None:
    function = callee(call)
    if call.parent is None:
        raise ValueError("a call stands in a block")
    builder = Builder(call.parent, before=call, loc=call.loc)
    (value,) = inline(builder, function.body, dict(zip(function.body.args, call.arguments, strict=True)))
    if value.type is not call.result.type:
        value = builder.cast(value, call.result.type.dtype)
    if value.type is not call.result.type:
        value = builder.value(arith.Broadcast, value, types=(call.result.type,))
    call.replace_by(value)
