"""Step sizes of exponential steps from before the update of shared variables (`lagging`, D29 of the specification).

Where the step size is one value for all, it is computed at the start of the step; a shared variable in it that the
step itself changes is kept in another one, `<name>.before`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.ir import arith, model
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.builder import Builder
from nnc.compiler.ir.define import create
from nnc.compiler.ir.types import At

if TYPE_CHECKING:
    from nnc.compiler.ir.core import Value
    from nnc.compiler.passes.dependencies import Owner
    from nnc.compiler.passes.discretise.scope import Scope


def earlier(scope: Scope, value: Value) -> Value | None:
    """The value from before the update of shared variables; None if it is not one for all, or the same."""
    if value.type.at is not At.one:
        return None
    copies: dict[Value, Value] = {}
    shared = _shared(scope.owner)
    if not all(_of_all(leaf) for leaf in _leaves(value)):
        return None
    if not any(isinstance(leaf.op, model.Get) and leaf.op.attr in shared for leaf in _leaves(value)):
        return None

    def copy(v: Value) -> Value:
        op = v.op
        assert op is not None
        if v not in copies:
            if isinstance(op, model.Get) and op.attr in shared:
                scope.lagging.add(str(op.attr))
                copies[v] = scope.builder.value(model.Get, types=(v.type,), attr=before(str(op.attr)))
            elif not op.operands:
                copies[v] = v
            else:
                twin = type(op)([copy(o) for o in op.operands], [v.type], dict(op.attributes), (), op.loc)
                copies[v] = scope.builder.insert(twin).results[0]
        return copies[v]

    return copy(value)


def before(name: str) -> Symbol:
    """The variable that holds the value of another one from before its update; no attribute can be called so."""
    return Symbol(f"{name}.before")


def keep(owner: Owner, names: set[str]) -> None:
    """Declare the variables of `before`, and set them at the start of the global update."""
    if not names:
        return
    states = {op.sym: op for op in owner.body.ops if isinstance(op, model.State)}
    update = next(op for op in owner.body.ops if isinstance(op, model.Update) and op.locality == "global")
    builder = Builder(update.body, update.body.ops[0], update.loc)
    for name in sorted(names):
        state = states[name]
        twin = create(model.State, sym=before(name), type=state.type, locality="global", loc=state.loc)
        owner.body.insert(owner.body.ops.index(state) + 1, twin)
        value = builder.value(model.Get, types=(state.type,), attr=state.sym)
        builder.op(model.Set, value, attr=before(name))


def _shared(owner: Owner) -> set[str]:
    """Shared variables that equations change."""
    states = {str(op.sym) for op in owner.body.ops if isinstance(op, model.State) and op.locality == "global"}
    odes, assignments = owner.find(model.Ode), owner.find(model.Assign)
    return states & ({str(op.variable) for op in odes} | {str(op.variable) for op in assignments})


def _leaves(value: Value) -> set[Value]:
    found: set[Value] = set()
    open = [value]
    while open:
        v = open.pop()
        if v not in found:
            found.add(v)
            open += v.op.operands if v.op is not None else ()
    return {v for v in found if v.op is None or not v.op.operands}


def _of_all(leaf: Value) -> bool:
    """Whether the reference simulator can compute it once per step: attributes that are shared, numbers, times."""
    op = leaf.op
    return isinstance(op, (arith.Const, model.Dt, model.Time)) or (isinstance(op, model.Get) and op.side == "self")
