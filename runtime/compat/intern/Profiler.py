"""Wall time of networks, see `setup(profiling=True)`."""

from nnc.runtime.measuring.profiling import check_profile_results

__all__ = ["check_profile_results"]
