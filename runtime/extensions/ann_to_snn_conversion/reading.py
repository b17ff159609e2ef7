"""Showing samples to a converted network and reading labels out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.extensions.ann_to_snn_conversion.layers import Chain
    from nnc.runtime.networks.network import Network
    from nnc.runtime.populations.population import Population
    from nnc.runtime.recording.monitor import Monitor


class Reader:
    """A converted network, its input and output, and how labels are read."""

    def __init__(
        self, network: Network, chain: Chain, populations: list[Population], monitor: Monitor, read_out: str
    ) -> None:
        self.network = network
        self.chain = chain
        self.active = False
        """Whether the output of the last sample differed from that of no input at all."""

        self._input, self._output = populations[0], populations[-1]
        self._monitor = monitor
        self._read_out = read_out
        self._ties = network.stream("ties of read-out")

    def read(self, rates: NDArray[np.float64], duration: float) -> list[int]:
        """The output neurons that say most about a sample, more than one if they are equal."""
        self.network.reset(populations=True, monitors=True, reseed_rng=False)
        self._input.set({"rates": rates})
        if self._output.stop_condition is None:
            self.network.simulate(duration)
        else:
            self.network.simulate_until(duration, self._output)
        score = self._score()
        self.active = bool(score.any())
        return [int(i) for i in np.flatnonzero(score == score.max())]

    def choose(self, count: int) -> int:
        """One of equal labels, at random."""
        return int(self._ties.integers(count)) if count > 1 else 0

    def _score(self) -> NDArray[Any]:
        recorded = self._monitor.get()
        if self._read_out == "membrane_potential":
            return np.asarray(self._output.get("v")).reshape(-1)
        counts = np.zeros(self._output.size, np.int64)
        for rank, steps in recorded["spike"].items():
            counts[rank] = len(steps)
        return counts
