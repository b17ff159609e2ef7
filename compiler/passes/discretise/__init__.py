"""Pass `discretise`: equations become code that is executed once per step.

One file per method; `schemes` is their table, `system` the form they share, `scope` the place they write to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nnc.compiler.ir import model
from nnc.compiler.ir.define import create
from nnc.compiler.passes.dependencies import connected, owners
from nnc.compiler.passes.discretise.event_driven import age, weave
from nnc.compiler.passes.discretise.lagging import keep
from nnc.compiler.passes.discretise.schemes import COUPLED, SCHEMES
from nnc.compiler.passes.discretise.scope import Scope
from nnc.compiler.passes.inline import sweep
from nnc.compiler.passes.manager import Pass
from nnc.compiler.passes.narrow_traces import SIDES, held_by
from nnc.compiler.passes.order_equations import LOCALITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.ir.core import Op, Value
    from nnc.compiler.ir.define import Level
    from nnc.compiler.ir.model import Module
    from nnc.compiler.passes.dependencies import Owner
    from nnc.compiler.passes.manager import Context


@dataclass(frozen=True)
class Discretise(Pass):
    """Replaces blocks of ODEs and assignments by at most one `model.update` per locality, in order of execution.

    All ODEs of a block start from the values where it begins; then their variables are set one after the other, each
    followed by its clamp. `implicit`, `midpoint` and `rk4` solve the ODEs of a block jointly, blocks are not coupled.
    Event-driven ODEs go to the event statements, or are updated in every step if neurons hold them for their
    synapses. Errors: N0511 (not linear), N0512 (coupled by different methods), N0513 to N0515 (event-driven where it
    cannot be).
    """

    name: ClassVar[str] = "discretise"
    takes: ClassVar[Level] = "model"
    gives: ClassVar[Level] = "model"

    def run(self, module: Module, context: Context) -> bool:
        """Discretise every neuron and synapse."""
        changed = False
        for owner in owners(module):
            changed |= weave(owner, context.diagnostics)
            changed |= _discretise(owner, context.diagnostics)
        return changed


def _discretise(owner: Owner, diagnostics: Diagnostics) -> bool:
    statements = [op for op in owner.body.ops if isinstance(op, (model.BlockOp, model.Ode, model.Assign))]
    if not statements:
        return False
    locality = {op.sym: held_by(op) or op.locality for op in owner.body.ops if isinstance(op, model.State)}
    lagging: set[str] = set()
    for kind in (*LOCALITIES, *SIDES):
        members = [s for s in statements if _locality(s, locality) == kind]
        if not members:
            continue
        update = owner.body.insert_before(statements[0], create(model.Update, locality=kind, loc=members[0].loc))
        scope = Scope(owner, update.body)
        for statement in members:
            _execute(scope, statement, diagnostics)
        sweep(update.body)
        lagging |= scope.lagging
    keep(owner, lagging)
    for statement in statements:
        statement.erase()
    return True


def _locality(statement: Op, localities: dict[str, str]) -> str:
    if isinstance(statement, model.BlockOp):
        return str(statement.locality)
    if isinstance(statement, (model.Ode, model.Assign)):
        return localities[statement.variable]
    raise TypeError(f"{statement.name} is no statement")


def _execute(scope: Scope, statement: Op, diagnostics: Diagnostics) -> None:
    match statement:
        case model.BlockOp():
            _integrate(scope, [op for op in statement.body.ops if isinstance(op, model.Ode)], diagnostics)
        case model.Ode(method="event_driven"):
            age(scope, statement, diagnostics)
        case model.Ode():
            _integrate(scope, [statement], diagnostics)
        case model.Assign():
            with scope.builder.from_(statement.loc):
                value = scope.evaluate(statement.body, {})
            scope.store(statement, value)


def _integrate(scope: Scope, odes: Sequence[model.Ode], diagnostics: Diagnostics) -> None:
    _check_methods(odes, diagnostics)
    new: dict[str, Value] = {}
    for method, scheme in SCHEMES.items():
        members = [ode for ode in odes if ode.method == method]
        if members:
            new.update(zip((ode.variable for ode in members), scheme(scope, members, diagnostics), strict=True))
    for ode in odes:
        scope.store(ode, new[ode.variable])


def _check_methods(odes: Sequence[model.Ode], diagnostics: Diagnostics) -> None:
    """Methods that look at the system between its steps must agree on what they see there."""
    coupled = {ode.variable: ode for ode in odes if ode.method in COUPLED}
    for group in connected(coupled.values()):
        first, *rest = (coupled[name] for name in group)
        for other in rest:
            if other.method != first.method:
                diagnostics.error(
                    "N0512",
                    f"'{first.variable}' and '{other.variable}' are coupled: cannot mix the methods "
                    f"'{first.method}' and '{other.method}'",
                    other.loc,
                    help="give all coupled equations the same method",
                    related=((first.loc, f"'{first.variable}' uses '{first.method}'"),),
                )
                break
