"""Order of execution: by locality, then as written; runs of equations become blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.model_eval import lower, machine
from support.model_text import neuron, synapse

from nnc.compiler.ir import model
from nnc.compiler.passes.isolate_derivatives import IsolateDerivatives
from nnc.compiler.passes.order_equations import OrderEquations

if TYPE_CHECKING:
    from nnc.compiler.diagnostics import Diagnostics
    from nnc.compiler.ir.model import Module


def order(module: Module) -> Diagnostics:
    return lower(module, [IsolateDerivatives(), OrderEquations()])


def shape(module: Module) -> list[str]:
    """The statements in order, `[..]` around a block."""
    out = []
    for op in next(op for op in module.body.ops).regions[0].ops:
        if isinstance(op, model.BlockOp):
            out.append(f"[{' '.join(ode.variable for ode in op.body.ops)}]")
        elif isinstance(op, (model.Assign, model.Ode)):
            out.append(op.variable)
    return out


def test_runs_of_equations_are_blocks_and_assignments_stay_between() -> None:
    module = neuron("a = 1\ndb/dt = a\ndc/dt = b\nd_ = c\ndf/dt = d_\nr = f")
    assert not order(module).items
    assert shape(module) == ["a", "[b c]", "d_", "[f]", "r"]


def test_global_comes_first_and_interrupts_no_run() -> None:
    module = neuron("db/dt = g\ng = h : population\ndc/dt = b\ndh/dt = 1 : population")
    order(module)
    assert shape(module) == ["g", "[h]", "[b c]"]


def test_semiglobal_comes_between_global_and_local() -> None:
    module = synapse("a = b\nb = c : postsynaptic\nc = 1 : projection")
    order(module)
    assert shape(module) == ["c", "b", "a"]


def test_event_driven_equations_interrupt_no_run_and_come_last() -> None:
    module = synapse("da/dt = 1\n10*dx/dt = -x : event-driven\ndb/dt = 1")
    order(module)
    assert shape(module) == ["[a b]", "x"]


def test_swapping_independent_statements_changes_nothing() -> None:
    first = machine(neuron("dv/dt = 1 - v\ndu/dt = 2 - u : rk4\nr = v + u"))
    second = machine(neuron("du/dt = 2 - u : rk4\ndv/dt = 1 - v\nr = v + u"))
    assert first.trajectory("r", 5) == second.trajectory("r", 5)
