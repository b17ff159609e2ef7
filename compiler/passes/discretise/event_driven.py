"""Event-driven variables of spiking synapses: untouched by the steps, brought up to date at events.

An event n steps after the last one makes x into S + (x - S) * exp(-n * dt / tau), before the statements of the event.
One stamp per synapse, `last_event` (i64, in steps, initially -10000), says when the last event was. An event in step
k counts n = k - 1 - stamp steps if it comes from the pre neuron, since the step k itself follows, and n = k - stamp
if the post neuron fired; then the stamp is k. So after an arriving spike one step is lost.

With `exact` none is: the stamp is k - 1 after an arriving spike, and the first event comes k or k + 1 steps after the
start. Then the variable is what an equation has that is solved exactly in every step.

Other variables of the synapse may stand in an equation if nothing but events changes them.

Exact variables that neurons hold for their synapses (`narrow-traces`) are brought up to date in every step instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.compiler.ir import model, step
from nnc.compiler.ir.attributes import Symbol
from nnc.compiler.ir.define import create
from nnc.compiler.ir.types import At, DType, i64, value_type
from nnc.compiler.passes.dependencies import reads
from nnc.compiler.passes.discretise.exponential import after
from nnc.compiler.passes.discretise.linear_form import linear_form
from nnc.compiler.passes.discretise.scope import Scope
from nnc.compiler.passes.inline import sweep
from nnc.compiler.passes.narrow_traces import held_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.ir.core import Value
    from nnc.compiler.passes.dependencies import Owner

STAMP: Final = Symbol("last_event")
EVENTS = (model.OnPre, model.OnPost, model.OnAxon)

Event = model.OnPre | model.OnPost | model.OnAxon


def weave(owner: Owner, diagnostics: Diagnostics) -> bool:
    """Move the event-driven ODEs of a model into its event statements; whether there were any."""
    held = {op.sym for op in owner.body.ops if isinstance(op, model.State) and held_by(op)}
    odes = [ode for ode in owner.find(model.Ode) if ode.method == "event_driven" and ode.variable not in held]
    if not odes:
        return False
    allowed = all([_check_place(owner, ode, diagnostics) and _check_terms(owner, ode, diagnostics) for ode in odes])
    if allowed and _check_readers(owner, odes, diagnostics):
        _declare_stamp(owner, odes[0])
        for event in owner.body.ops:
            if isinstance(event, EVENTS):
                _bring_up_to_date(owner, event, odes, diagnostics)
    for ode in odes:
        ode.erase()
    return True


def age(scope: Scope, ode: model.Ode, diagnostics: Diagnostics) -> None:
    """Write what passes in one step with a variable that neurons hold for their synapses."""
    form = linear_form(scope, ode, diagnostics, frozen=False)
    if form is not None:
        with scope.builder.from_(ode.loc):
            value = after(form, form.rate.scale)
        scope.store(ode, value)


def _declare_stamp(owner: Owner, first: model.Ode) -> None:
    declarations = [i for i, op in enumerate(owner.body.ops) if isinstance(op, (model.State, model.Param))]
    stamp = create(model.State, sym=STAMP, type=value_type(DType.i64, At.syn), locality="local", loc=first.loc)
    owner.body.insert(max(declarations, default=-1) + 1, stamp)


def _bring_up_to_date(owner: Owner, event: Event, odes: Sequence[model.Ode], diagnostics: Diagnostics) -> None:
    body = event.body
    scope = Scope(owner, body, body.ops[0] if body.ops else None)
    b = scope.builder
    b.loc = event.loc
    now = b.value(step.Index, types=(i64,))
    one = b.const(1, DType.i64)
    last = now if isinstance(event, model.OnPost) else b.sub(now, one)
    elapsed = b.sub(last, scope.read(STAMP))
    exact = odes[0].exact
    if exact:
        elapsed = b.min(elapsed, b.add(last, one))
    for ode in odes:
        value = _later(scope, ode, elapsed, diagnostics)
        if value is not None:
            scope.store(ode, value)
    scope.set(STAMP, last if exact else now)
    sweep(body)


def _later(scope: Scope, ode: model.Ode, elapsed: Value, diagnostics: Diagnostics) -> Value | None:
    form = linear_form(scope, ode, diagnostics, frozen=False)
    if form is None:
        return None
    b = scope.builder
    with b.from_(ode.loc):
        return after(form, b.mul(form.rate.scale, b.cast(elapsed, form.rate.scale.type.dtype)))


def _check_place(owner: Owner, ode: model.Ode, diagnostics: Diagnostics) -> bool:
    localities = {op.sym: op.locality for op in owner.body.ops if isinstance(op, model.State)}
    if isinstance(owner, model.Neuron) or owner.kind != "spiking":
        problem = "event-driven equations exist in spiking synapses only: nothing would update"
    elif localities[ode.variable] != "local":
        problem = "an event-driven variable has one value per synapse: no event would update"
    else:
        return True
    help = "use the method 'exponential', which updates the variable in every step"
    diagnostics.error("N0513", f"{problem} '{ode.variable}'", ode.loc, help=help)
    return False


def _check_terms(owner: Owner, ode: model.Ode, diagnostics: Diagnostics) -> bool:
    moving = {o.variable for o in owner.find(model.Ode)} | {a.variable for a in owner.find(model.Assign)}
    others = sorted((reads(ode) & moving) - {ode.variable})
    random = next(ode.find(model.Random), None)
    if not others and random is None:
        return True
    what = "random numbers" if not others else "other variables of the synapse (" + ", ".join(others) + ")"
    diagnostics.error(
        "N0514",
        f"the event-driven equation of '{ode.variable}' cannot depend on {what}, which change between events",
        ode.loc,
        help="use the method 'exponential', which updates the variable in every step",
    )
    return False


def _check_readers(owner: Owner, odes: Sequence[model.Ode], diagnostics: Diagnostics) -> bool:
    """Anything outside of events would read the value of the last event as if it were the present one."""
    names = {ode.variable for ode in odes}
    own = {get for ode in odes for get in ode.body.ops}
    stale = [
        get
        for place in owner.body.ops
        if not isinstance(place, EVENTS)
        for get in place.find(model.Get)
        if get.side == "self" and get.attr in names and get not in own
    ]
    for get in stale:
        diagnostics.error(
            "N0515",
            f"'{get.attr}' is event-driven: here it would have the value of the last event, not the present one",
            get.loc,
            help=f"read it in event statements only, or use the method 'exponential' for '{get.attr}'",
        )
    return not stale
