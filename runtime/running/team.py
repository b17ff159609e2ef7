"""How many workers share a step. The results do not depend on it; the time does.

Workers meet once or twice per step, which takes 0.1 microseconds where every worker has a core to itself. The rule of
`num_threads="auto"`, with the measurements behind it, is in docs/performance.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nnc.runtime.running.cores import cores

if TYPE_CHECKING:
    from nnc.runtime.networks.network import Network

AUTO: Final = "auto"

OMP_MIN_NB_NEURONS: Final = 100
"""For scripts that read it; nnc chooses the number of workers by the work of a step, see `team_size`."""

GRAIN: Final = 8192
"""Neurons and visited synapses per step that keep one worker busy for some microseconds."""

VISITS: Final = 500
"""A synapse that waits for spikes is assumed to be visited once in so many steps (20 Hz at 0.1 ms)."""


def step_work(neurons: int, summed: int, driven: int) -> int:
    """Neurons and synapses visited per step, of `summed` rate-coded and `driven` spiking synapses."""
    return neurons + summed + driven // VISITS


def work_of(network: Network) -> int:
    """Neurons and synapses that a step visits, by sizes alone."""
    projections = network.get_projections(suppress_error=True)
    return step_work(
        neurons=sum(p.size for p in network.get_populations()),
        summed=sum(p.synapses.expected for p in projections if p._kind == "rate"),
        driven=sum(p.synapses.expected for p in projections if p._kind == "spiking"),
    )


def team_size(wanted: int | str, work: int) -> int:
    """The workers asked for; for "auto" as many as there are cores for this process and grains of work."""
    if wanted != AUTO:
        return int(wanted)
    return max(1, min(cores(), work // GRAIN))
