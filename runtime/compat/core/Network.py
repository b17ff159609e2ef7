"""Networks."""

from nnc.runtime.networks.network import Network
from nnc.runtime.parallel.runs import parallel_run

__all__ = ["Network", "parallel_run"]
