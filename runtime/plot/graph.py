"""A network as a graph."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from nnc.runtime.errors import NNCTypeError
from nnc.runtime.networks.network import Network
from nnc.runtime.plot.axes import axes_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

COLOURS: Final[Mapping[str, str]] = {"exc": "tab:blue", "inh": "tab:red"}
"""Of the targets that most models have; others take turns in what is left."""

_OTHERS: Final = ("tab:green", "tab:orange", "tab:purple", "tab:brown", "tab:pink", "tab:olive", "tab:cyan")


def network(net: Network, ax: Axes | None = None) -> Axes:
    """Populations as nodes, whose area grows with the logarithm of their size, and projections as arrows, by target."""
    if not isinstance(net, Network):
        raise NNCTypeError(f"nnc.plot.network: a network is drawn, not {type(net).__name__}")
    import networkx as nx

    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    populations = net.get_populations()
    graph.add_nodes_from(p.name for p in populations)
    targets: dict[str, str] = {}
    for projection in net.get_projections(suppress_error=True):
        for target in projection.target if isinstance(projection.target, list) else [projection.target]:
            left = _OTHERS[len(targets.keys() - COLOURS.keys()) % len(_OTHERS)]
            targets.setdefault(target, COLOURS.get(target, left))
            graph.add_edge(projection.pre.name, projection.post.name, colour=targets[target])
    ax = axes_for(ax)
    places = nx.circular_layout(graph)
    sizes = [500.0 * (1.0 + math.log10(max(1, p.size))) for p in populations]
    labels = {p.name: f"{p.name}\n{p.size}" for p in populations}
    nx.draw_networkx_nodes(graph, places, node_size=sizes, node_color="lightgrey", edgecolors="black", ax=ax)
    nx.draw_networkx_labels(graph, places, labels, font_size=8, ax=ax)
    _arrows(nx, graph, places, sizes, ax)
    for target, colour in targets.items():
        ax.plot([], [], color=colour, label=target)
    if targets:
        ax.legend(title="target", loc="best")
    ax.margins(0.2)
    ax.set_axis_off()
    return ax


def _arrows(nx: Any, graph: Any, places: Any, sizes: list[float], ax: Axes) -> None:
    """Each edge an arc of its own, so that projections between the same populations lie side by side."""
    for pre, post, number, colour in graph.edges(keys=True, data="colour"):
        nx.draw_networkx_edges(
            graph,
            places,
            [(pre, post, number)],
            edge_color=colour,
            node_size=sizes,
            connectionstyle=f"arc3,rad={0.15 * (number + 1)}",
            ax=ax,
        )
