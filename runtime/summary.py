"""A few lines about a network and its runs, and how objects show themselves in notebooks."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from nnc.compiler.driver import DEFAULT_TARGET

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nnc.runtime.network import Network


def summary(network: Network) -> str:
    """Size, target and compile time of a network; simulated and wall time; recorded spikes and their mean rate.

    Spikes count from the beginning, whether or not they were taken out of their monitors.
    """
    title = "network" if network.is_magic else f"network {network.id}"
    return "\n".join([title, *(f"  {name + ':':14}{value}" for name, value in facts(network))])


def facts(network: Network) -> list[tuple[str, str]]:
    """What the summary says, by name."""
    neurons = sum(p.size for p in network.get_populations())
    found = [("neurons", f"{neurons} in {len(network.get_populations())} populations")]
    projections = network.get_projections(suppress_error=True)
    if not network.compiled:
        return [*found, ("projections", str(len(projections))), ("compiled", "no")]
    synapses = sum(p.synapses.count for p in projections)
    found.append(("synapses", f"{synapses} in {len(projections)} projections"))
    found += [
        ("target", f"{network.target}, {network.config_.precision} precision, {_threads(network.threads)}"),
        ("compiled in", f"{network.compile_seconds:.3g} s"),
        ("simulated", _simulated(network)),
    ]
    return found + _spikes(network)


def _simulated(network: Network) -> str:
    biological, wall = network.simulated_ms / 1000.0, network.wall_seconds
    ratio = f", {biological / wall:.3g} x real time" if wall > 0.0 and biological > 0.0 else ""
    return f"{biological:.6g} s in {wall:.3g} s{ratio}"


def _spikes(network: Network) -> list[tuple[str, str]]:
    monitors = [m for m in network.get_monitors() if m.neuron_steps]
    if not monitors:
        return []
    count = sum(m.spike_count for m in monitors)
    seconds = sum(m.neuron_steps for m in monitors) * network.dt / 1000.0
    return [("spikes", f"{count} recorded, {count / seconds:.4g} Hz on average")]


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def target_name(asked: str | None) -> str:
    """The target that is used if a script asks for this one, or for none."""
    return asked or DEFAULT_TARGET


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """An HTML table; all texts are escaped."""
    cells = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(str(c))}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><caption>{html.escape(title)}</caption><tr>{cells}</tr>{body}</table>"
