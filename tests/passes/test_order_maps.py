"""The order of the maps of a step: phases first, and any order that respects the dependences does the same."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.step_networks import lowered, random_wires, read, run, state

from nnc.compiler.ir import step
from nnc.compiler.passes.manager import Context
from nnc.compiler.passes.order_maps import OrderMaps, arrange, by_phase, dependences
from nnc.compiler.passes.program import actions

if TYPE_CHECKING:
    import random

    from nnc.compiler.ir.core import Op
    from nnc.compiler.ir.interp import StepState
    from nnc.compiler.ir.model import Module

N = 25


def two_copies(name: str) -> str:
    """A network and a second population with projections of the same kind, driven by the first."""
    text = read(name)
    body, end = text.rstrip().removesuffix("}"), "}\n"
    lines = [line for line in text.splitlines() if " @proj" in line or " @pop0" in line]
    models = body[body.index("  model.neuron") : body.index("  model.population")]
    copy = models + "\n".join(
        line for line in lines if line.strip().startswith(("model.population", "model.projection"))
    )
    copy = copy.replace("@pop0", "@pop1").replace("@proj0", "@proj2").replace("@proj1", "@proj3")
    return body + copy.replace("from @pop1", "from @pop0") + "\n" + end


def start(module: Module) -> StepState:
    wires = {
        str(op.sym): random_wires(N, 0.3, i, delays=np.array([3]) if op.delay == "each" else 1, no_self=True)
        for i, op in enumerate(module.find(step.Synapses))
    }
    made = state(module, N, wires)
    draw = np.random.default_rng(5)
    for name, values in made.fields.items():
        if values.dtype == np.float64:
            values[:] = draw.uniform(0.5, 1.5, len(values))
        if name.endswith(".v"):
            values[:] = draw.uniform(-70.0, 35.0, len(values))
    return made


@cache
def reference(name: str) -> dict[str, np.ndarray]:
    module = lowered(two_copies(name), "lower-random")
    return run(module, start(module), 6).fields


def linear_extension(graph: nx.DiGraph, draw: random.Random) -> list[Op]:
    ready = [op for op in graph if not graph.in_degree(op)]
    missing = dict(graph.in_degree())
    order: list[Op] = []
    while ready:
        op = ready.pop(draw.randrange(len(ready)))
        order.append(op)
        for after in graph.successors(op):
            missing[after] -= 1
            if not missing[after]:
                ready.append(after)
    return order


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(["rate", "coba", "izhikevich"]), st.randoms(use_true_random=False))
def test_every_order_that_respects_the_dependences_gives_the_same_state(name: str, draw: random.Random) -> None:
    module = lowered(two_copies(name), "lower-random")
    arrange(module, linear_extension(nx.DiGraph(dependences(by_phase(module))), draw))
    for field, values in run(module, start(module), 6).fields.items():
        np.testing.assert_array_equal(values, reference(name)[field], err_msg=field)


def test_maps_in_any_order_of_the_text_come_in_the_order_of_the_phases() -> None:
    module = lowered(two_copies("rate"), "lower-random")
    expected = [str(op.sym) for op in actions(module) if isinstance(op, step.Map)]
    program = actions(module)
    rest = [op for op in module.body.ops if op not in program]
    module.body.ops = [*rest, *reversed(program)]
    assert OrderMaps().run(module, Context())
    (order,) = module.find(step.Order)
    by_name = {str(op.sym): op.phase for op in module.find(step.Map)}
    assert sorted(order.maps) == sorted(expected)
    assert [by_name[m] for m in order.maps] == sorted(by_name.values())
    assert [op.sym for op in module.find(step.Map)] == list(order.maps)


def test_ordering_again_changes_nothing_but_the_order_op() -> None:
    module = lowered(read("rate"), "order-maps")
    before = [op for op in module.body.ops if not isinstance(op, step.Order)]
    OrderMaps().run(module, Context())
    assert [op for op in module.body.ops if not isinstance(op, step.Order)] == before
    assert len(list(module.find(step.Order))) == 1


def test_sums_into_one_field_keep_their_order_and_records_stand_between() -> None:
    graph = nx.DiGraph(dependences(by_phase(lowered(read("coba"), "lower-random"))))
    names = {getattr(op, "sym", getattr(op, "when", None)): op for op in graph}
    assert nx.has_path(graph, names["map.proj0.on_pre"], names["map.pop0.update"])
    assert nx.has_path(graph, names["targets"], names["map.pop0.update"])
    assert nx.has_path(graph, names["map.pop0.update"], names["end"])
    assert not nx.has_path(graph, names["map.proj0.on_pre"], names["map.proj1.on_pre"])
