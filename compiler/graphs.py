"""The three questions that the compiler asks of small graphs.

A graph is a mapping from every node to its successors. (A graph library would take a fifth of the time of a whole
compilation to import.)
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Mapping

    Node = TypeVar("Node", bound=Hashable)
else:
    Node = TypeVar("Node")


def strongly_connected(graph: Mapping[Node, Collection[Node]]) -> list[list[Node]]:
    """The groups of nodes that reach each other, each node in one group; successors come before (Tarjan)."""
    number: dict[Node, int] = {}
    lowest: dict[Node, int] = {}
    open_nodes: list[Node] = []
    waiting: set[Node] = set()
    groups: list[list[Node]] = []
    for root in graph:
        if root in number:
            continue
        path = [(root, iter(graph[root]))]
        number[root] = lowest[root] = len(number)
        open_nodes.append(root)
        waiting.add(root)
        while path:
            node, successors = path[-1]
            for other in successors:
                if other not in number:
                    number[other] = lowest[other] = len(number)
                    open_nodes.append(other)
                    waiting.add(other)
                    path.append((other, iter(graph[other])))
                    break
                if other in waiting:
                    lowest[node] = min(lowest[node], number[other])
            else:
                path.pop()
                if path:
                    before = path[-1][0]
                    lowest[before] = min(lowest[before], lowest[node])
                if lowest[node] == number[node]:
                    first = open_nodes.index(node)
                    groups.append(open_nodes[first:])
                    waiting.difference_update(groups[-1])
                    del open_nodes[first:]
    return groups


def circles(graph: Mapping[Node, Collection[Node]]) -> list[list[Node]]:
    """The groups of nodes that reach themselves: those of two and more, and single nodes with an edge to themselves."""
    return [group for group in strongly_connected(graph) if len(group) > 1 or group[0] in graph[group[0]]]


def connected(graph: Mapping[Node, Collection[Node]]) -> list[list[Node]]:
    """The groups of nodes that are linked by edges of either direction."""
    both: dict[Node, set[Node]] = {node: set(successors) for node, successors in graph.items()}
    for node, successors in graph.items():
        for other in successors:
            both[other].add(node)
    return strongly_connected(both)


def topological(graph: Mapping[Node, Collection[Node]], key: Callable[[Node], Any]) -> list[Node]:
    """The nodes, each before its successors; where that leaves a choice, the least key first.

    Keys differ from each other. Raises ValueError if there is a circle.
    """
    missing = dict.fromkeys(graph, 0)
    for successors in graph.values():
        for other in successors:
            missing[other] += 1
    nodes = {key(node): node for node in graph}
    ready = [k for k, node in nodes.items() if missing[node] == 0]
    heapq.heapify(ready)
    order: list[Node] = []
    while ready:
        node = nodes[heapq.heappop(ready)]
        order.append(node)
        for other in graph[node]:
            missing[other] -= 1
            if missing[other] == 0:
                heapq.heappush(ready, key(other))
    if len(order) != len(graph):
        raise ValueError("a graph with a circle has no order")
    return order
