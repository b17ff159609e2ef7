"""The methods of networks, populations and projections that read and write files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnc.runtime.networks.network import Network


def _network(self: Any) -> Network:
    network: Network = self
    return network


class SavedNetwork:
    """The part of a network that saves and loads."""

    def save(self, filename: Any, populations: bool = True, projections: bool = True, exact: bool = True) -> None:
        """Write the state to an archive of plain arrays (`.npz`; `.gz`: gzipped as well; `.h5`, `.hdf5`: HDF5;
        `.mat`: for Matlab).

        Everything is written that decides on what comes: attributes, synapses, delayed values and spikes, refractory
        periods, random numbers, monitors. With `exact=False`, or when populations or projections are left out, it is
        the values of attributes, the synapses and the time only. The file appears at once or not at all.
        """
        from nnc.runtime.io.states import save_network

        save_network(_network(self), filename, populations, projections, exact)

    def load(
        self,
        filename: Any,
        populations: bool = True,
        projections: bool = True,
        pickle_encoding: str | None = None,
        exact: bool | None = None,
        monitors: bool = True,
    ) -> None:
        """Take over the state of a file, from whatever target, process or number of threads it is.

        Objects are matched by name, and their synapses are those of the file. If everything has its counterpart the
        network goes on exactly as the saved one would have; `monitors=False` leaves recorded data alone. Otherwise the
        values that match are taken and a warning names what does not, or, with `exact=True`, an error does. Other
        sizes are an error in any case. Pickles are refused.
        """
        from nnc.runtime.io.states import load_network

        load_network(_network(self), filename, populations, projections, exact, monitors)

    def save_parameters(self, filename: Any, current: bool = False) -> None:
        """Write the global parameters of all objects to a JSON file: initial values, or the `current` ones."""
        from nnc.runtime.io.parameters import save_parameters

        save_parameters(_network(self), filename, current)

    def load_parameters(self, filename: Any, global_only: bool = True, verbose: bool = False) -> dict[str, float]:
        """Set the parameters of a JSON file; gives its section "network". See `save_parameters`."""
        from nnc.runtime.io.parameters import load_parameters

        return load_parameters(_network(self), filename, global_only, verbose)


class SavedPopulation:
    """The part of a population that saves and loads."""

    def save(self, filename: Any) -> None:
        """Write the attributes (of a projection the synapses too) to an archive of plain arrays."""
        from nnc.runtime.io.states import save_object

        obj: Any = self
        save_object(obj, filename)

    def load(self, filename: Any, pickle_encoding: str | None = None) -> None:
        """Take over the attributes of a file, or of an archive of plain arrays by name. Pickles are refused."""
        from nnc.runtime.io.states import load_object

        obj: Any = self
        load_object(obj, filename)


class SavedProjection(SavedPopulation):
    """The part of a projection that saves and loads."""

    def save_connectivity(self, filename: Any) -> None:
        """Write synapses, weights and delays; the connector `from_file` reads them. Raises before compile."""
        from nnc.runtime.io.connectivity import save_connectivity

        projection: Any = self
        save_connectivity(projection, filename)
