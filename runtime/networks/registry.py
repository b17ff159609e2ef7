"""What exists outside of any one network: the template of settings, the magic network, numbers of networks.

This is the only module with state of its own; everything in it goes through the one `REGISTRY`.
"""

from __future__ import annotations

import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nnc.runtime.errors import NNCError, NNCValueError
from nnc.runtime.networks.commandline import read_command_line
from nnc.runtime.networks.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnc.runtime.measuring.profiling import Timings
    from nnc.runtime.networks.network import Network


class Registry:
    """Numbers networks and remembers them as long as they live. The magic network is number 0."""

    def __init__(self) -> None:
        self.template = Config()
        with suppress(NNCError):  # compile() reads the flags again, and reports what is wrong with them
            self.template.underlay(read_command_line().settings)
        self.magic: Network | None = None
        self.waiting: Network | None = None
        """Holds populations made by their constructors while the magic network is compiled and others live; it has no
        number, and `net.create` takes them out of it."""
        self.worker: Callable[[int], Any] | None = None
        """In a forked process: what it has to do, see `runtime/parallel/executor.py`."""
        self.profiles: list[tuple[Timings, str | None]] = []
        """Networks whose wall time is wanted, and the folders that get it, see `runtime/measuring/profiling.py`."""
        self._networks: weakref.WeakValueDictionary[int, Network] = weakref.WeakValueDictionary()
        self._next = 1

    def number(self, network: Network, role: str | None) -> int:
        """The number of a new network; -1 for that of role "waiting"."""
        if role == "magic":
            self.magic, self.waiting = network, None
            return 0
        if role == "waiting":
            self.waiting = network
            return -1
        number = self._next
        self._next += 1
        self._networks[number] = network
        return number

    def alive(self) -> list[Network]:
        """The networks other than the magic one, in the order they were made."""
        return [network for _, network in sorted(self._networks.items())]

    def find(self, number: int) -> Network:
        """The network of a number other than 0. Raises if there is none (any more)."""
        found = self._networks.get(number)
        if found is None:
            raise NNCValueError(f"there is no network {number}")
        return found


REGISTRY = Registry()
