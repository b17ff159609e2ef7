"""The graph questions of the compiler, against their definitions."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnc.compiler.graphs import circles, connected, strongly_connected, topological

Graph = dict[int, set[int]]
sizes = st.integers(0, 9)


@st.composite
def graphs(draw: st.DrawFn, forward: bool = False) -> Graph:
    n = draw(sizes)
    node = st.integers(0, max(0, n - 1))
    edges = draw(st.sets(st.tuples(node, node), max_size=2 * n)) if n else set()
    shuffled = draw(st.permutations(range(n)))
    if forward:
        edges = {(shuffled[min(e)], shuffled[max(e)]) for e in edges if e[0] != e[1]}
    return {a: {y for x, y in edges if x == a} for a in range(n)}


def as_sets(groups: list[list[int]]) -> set[frozenset[int]]:
    return {frozenset(g) for g in groups}


@given(graphs())
def test_strongly_connected_groups_are_those_of_networkx(graph: Graph) -> None:
    groups = strongly_connected(graph)
    assert sorted(n for g in groups for n in g) == sorted(graph)
    assert as_sets(groups) == {frozenset(c) for c in nx.strongly_connected_components(nx.DiGraph(graph))}


@given(graphs())
def test_groups_come_after_the_groups_that_they_lead_to(graph: Graph) -> None:
    groups = strongly_connected(graph)
    place = {node: i for i, group in enumerate(groups) for node in group}
    assert all(place[after] <= place[node] for node in graph for after in graph[node])


@given(graphs())
def test_circles_are_the_nodes_that_reach_themselves(graph: Graph) -> None:
    digraph = nx.DiGraph(graph)
    reaching = {n for n in graph if any(nx.has_path(digraph, after, n) for after in graph[n])}
    assert {n for g in circles(graph) for n in g} == reaching


@given(graphs())
def test_connected_groups_are_those_of_networkx(graph: Graph) -> None:
    assert as_sets(connected(graph)) == {frozenset(c) for c in nx.weakly_connected_components(nx.DiGraph(graph))}


@given(graphs(forward=True))
def test_the_order_is_the_least_that_respects_the_edges(graph: Graph) -> None:
    order = topological(graph, key=lambda n: n)
    assert order == list(nx.lexicographical_topological_sort(nx.DiGraph(graph)))


def test_a_graph_with_a_circle_has_no_order() -> None:
    with pytest.raises(ValueError, match="circle"):
        topological({0: {1}, 1: {0}}, key=lambda n: n)
