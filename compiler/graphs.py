"""The questions that the compiler asks of graphs, put to networkx.

A graph is a mapping from every node to its successors. networkx takes about 100 ms to import, a fifth of a whole
compilation, so it is imported where the answer is not plain: graphs of models rarely have circles, and the actions of a
step are nearly always in order already.
"""

from __future__ import annotations

from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Mapping

    import networkx as nx

    Node = TypeVar("Node", bound=Hashable)
else:
    Node = TypeVar("Node")


def strongly_connected(graph: Mapping[Node, Collection[Node]]) -> list[list[Node]]:
    """The groups of nodes that reach each other, each node in one group; successors come before."""
    with suppress(CycleError):
        others = {node: [other for other in successors if other != node] for node, successors in graph.items()}
        return [[node] for node in TopologicalSorter(others).static_order()]
    import networkx as nx

    return [list(group) for group in nx.strongly_connected_components(_digraph(graph))]


def circles(graph: Mapping[Node, Collection[Node]]) -> list[list[Node]]:
    """The groups of nodes that reach themselves: those of two and more, and single nodes with an edge to themselves."""
    return [group for group in strongly_connected(graph) if len(group) > 1 or group[0] in graph[group[0]]]


def connected(graph: Mapping[Node, Collection[Node]]) -> list[list[Node]]:
    """The groups of nodes that are linked by edges of either direction."""
    if not any(graph.values()):
        return [[node] for node in graph]
    import networkx as nx

    return [list(group) for group in nx.weakly_connected_components(_digraph(graph))]


def topological(graph: Mapping[Node, Collection[Node]], key: Callable[[Node], Any]) -> list[Node]:
    """The nodes, each before its successors; where that leaves a choice, the least key first.

    Keys differ from each other. Raises ValueError if there is a circle.
    """
    if all(key(node) < key(other) for node, successors in graph.items() for other in successors):
        return sorted(graph, key=key)
    import networkx as nx

    try:
        return list(nx.lexicographical_topological_sort(_digraph(graph), key=key))
    except nx.NetworkXUnfeasible:
        raise ValueError("a graph with a circle has no order") from None


def _digraph(graph: Mapping[Node, Collection[Node]]) -> nx.DiGraph[Node]:
    import networkx as nx

    made: nx.DiGraph[Node] = nx.DiGraph()
    made.add_nodes_from(graph)
    made.add_edges_from((node, other) for node, successors in graph.items() for other in successors)
    return made
