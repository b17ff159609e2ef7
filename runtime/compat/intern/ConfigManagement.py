"""Settings: reading them, and which back end and precision are the active ones."""

from typing import Any

from nnc.runtime.networks.config import Config
from nnc.runtime.networks.magic import get_global_config, network_of

__all__ = ["ConfigManager", "_check_paradigm", "_check_precision", "get_global_config"]


def _check_paradigm(name: str, net_id: int = 0) -> bool:
    """Whether a network is made for "openmp" (any CPU target) or "cuda"."""
    return (network_of(net_id).target == "cuda") == (name == "cuda")


def _check_precision(name: str, net_id: int = 0) -> bool:
    """Whether "double" or "float" is the precision of a network."""
    return bool(network_of(net_id).config_.precision == name)


class ConfigManager:
    """The settings of networks by number: `ConfigManager().get("dt", net_id=0)`."""

    def get(self, key: str, net_id: int = 0) -> Any:
        """A setting of a network."""
        return self.config(net_id)[key]

    def set(self, key: str, value: Any, net_id: int = 0) -> None:
        """Change a setting of a network."""
        network_of(net_id).config(**{key: value})

    def config(self, net_id: int = 0) -> Config:
        """All settings of a network."""
        return network_of(net_id).config_
