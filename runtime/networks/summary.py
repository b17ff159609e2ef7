"""A few lines about a network and its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnc.compiler.driver import DEFAULT_TARGET

if TYPE_CHECKING:
    from nnc.runtime.networks.network import Network


def summary(network: Network) -> str:
    """Size, target and compile time of a network; simulated and wall time; recorded spikes and their mean rate.

    Spikes count from the beginning, whether or not they were taken out of their monitors. What was measured of its
    kernels comes last.
    """
    title = "network" if network.is_magic else f"network {network.id}"
    lines = [title, *(f"  {name + ':':14}{value}" for name, value in facts(network))]
    if network.measured:
        lines += [f"  {line}" for line in str(network.profile()).splitlines()]
    return "\n".join(lines)


def facts(network: Network) -> list[tuple[str, str]]:
    """What the summary says, by name."""
    neurons = sum(p.size for p in network.get_populations())
    found = [("neurons", f"{neurons} in {_count(len(network.get_populations()), 'population')}")]
    projections = network.get_projections(suppress_error=True)
    if not network.compiled:
        return [*found, ("projections", str(len(projections))), ("compiled", "no")]
    synapses = sum(p.synapses.expected for p in projections)
    about = "about " if any(p.regenerated is not None for p in projections) else ""
    found.append(("synapses", f"{about}{synapses} in {_count(len(projections), 'projection')}"))
    found += [
        ("target", f"{network.target}, {network.config_.precision} precision, {_count(network.threads, 'thread')}"),
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


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def target_name(asked: str | None) -> str:
    """The target that is used if a script asks for this one, or for none."""
    return asked or DEFAULT_TARGET
