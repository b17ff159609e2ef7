"""Networks."""

from nnc.runtime.network import Network
from nnc.runtime.parallel.runs import parallel_run

__all__ = ["Network", "parallel_run"]
