"""How much memory objects of a network take, and settings of kernels that have no meaning here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnc.runtime.errors import NNCRuntimeError, NNCTypeError

if TYPE_CHECKING:
    from nnc.runtime.networks.network import Network
    from nnc.runtime.projections.connectivity import Connectivity


class Footprint:
    """The part of a population or projection that tells its memory."""

    id: int
    name: str
    _net: Network

    def size_in_bytes(self) -> int:
        """Bytes of its fields in the state of the compiled network: values, indices, delays, spikes under way.

        0 before compile.
        """
        return field_bytes(self._net, f"{'pop' if hasattr(self, 'neuron_type') else 'proj'}{self.id}")

    def update_launch_config(self, nb_blocks: int = -1, threads_per_block: int = 32) -> None:
        """Accepted for scripts that tune GPU kernels; nnc chooses launch sizes itself. Raises before compile."""
        for what, number in (("nb_blocks", nb_blocks), ("threads_per_block", threads_per_block)):
            if not isinstance(number, int) or isinstance(number, bool):
                raise NNCTypeError(f"update_launch_config: {what} is a number, not {number!r}")
        if not self._net.compiled:
            raise NNCRuntimeError("update_launch_config: the network is not compiled: call compile() first")


def field_bytes(network: Network, symbol: str) -> int:
    """Bytes of all fields of one object in the state; 0 before compile."""
    if not network.compiled:
        return 0
    block = network.state.block
    return sum(block.fields.peek(f.name).nbytes for f in block.layout.fields if f.name.partition(".")[0] == symbol)


def recorded_bytes(monitor: Any) -> int:
    """Bytes of the rows that a monitor holds."""
    tracks = getattr(monitor, "_tracks", {}).values()
    return sum(track.nbytes for track in tracks)


def _index_bytes(synapses: Connectivity | None) -> int:
    return 0 if synapses is None else synapses.nbytes


class MemoryStats:
    """Prints how much memory a network takes: `MemoryStats().print_cpp(net_id=0)`."""

    def print_cpp(self, net_id: int = 0) -> None:
        """The sizes of populations, projections and monitors of a network."""
        from nnc.runtime.networks.magic import network_of

        network_of(net_id).memory_footprint()


def footprint_text(network: Network, python_side: bool, native_side: bool) -> str:
    """The table of `Network.memory_footprint`."""
    rows: list[tuple[str, int]] = []
    if native_side:
        rows += [(f"population '{p.name}'", p.size_in_bytes()) for p in network.get_populations()]
        rows += [(f"projection '{p.name}'", p.size_in_bytes()) for p in network.get_projections(suppress_error=True)]
    if python_side:
        rows += [(f"monitor '{m.name}'", m.size_in_bytes()) for m in network.get_monitors()]
        rows += [
            (f"connectivity of '{p.name}'", _index_bytes(p._synapses))
            for p in network.get_projections(suppress_error=True)
        ]
    rows.append(("together", sum(size for _, size in rows)))
    return "\n".join(f"{name}: {size / 1e6:.3f} MB" for name, size in rows)
