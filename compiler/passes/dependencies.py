"""What the statements of one neuron or synapse read of each other.

Nodes are names of variables; an edge from u to v says that the statement of v reads u.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler import graphs
from nnc.compiler.ir import model

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nnc.compiler.ir.core import Op

Owner = model.Neuron | model.Synapse
Statement = model.Equation | model.Ode | model.Assign


def owners(module: model.Module) -> list[Owner]:
    """The models of neurons and synapses of a module."""
    return [*module.find(model.Neuron), *module.find(model.Synapse)]


def reads(op: Op) -> set[str]:
    """The own attributes that an op and its regions read, without those of `pre` and `post`."""
    return {get.attr for get in op.find(model.Get) if get.side == "self"}


def statement_graph(statements: Iterable[Statement]) -> dict[str, list[str]]:
    """Who is read by whom among the variables of some statements, nodes in the order of the statements."""
    by_name = {s.variable: s for s in statements}
    graph: dict[str, list[str]] = {name: [] for name in by_name}
    for name, s in by_name.items():
        for read in reads(s) & by_name.keys():
            graph[read].append(name)
    return graph


def connected(statements: Iterable[Statement]) -> list[list[str]]:
    """The groups of variables linked by reads in either direction, members and groups in textual order."""
    graph = statement_graph(statements)
    order = {name: i for i, name in enumerate(graph)}
    groups = [sorted(c, key=order.__getitem__) for c in graphs.connected(graph)]
    return sorted(groups, key=lambda group: order[group[0]])
