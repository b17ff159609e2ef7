"""Pictures of networks: every function draws into one matplotlib axes (`ax`, else a new figure's) and returns it.

They need matplotlib: `pip install "nnc-compiler[plot]"`. Monitors keep their data: what is drawn can still be fetched.
"""

from __future__ import annotations

from nnc.runtime.plot.connections import connectivity, receptive_fields
from nnc.runtime.plot.graph import network
from nnc.runtime.plot.spikes import raster, rate
from nnc.runtime.plot.values import traces

__all__ = ["connectivity", "network", "raster", "rate", "receptive_fields", "traces"]
