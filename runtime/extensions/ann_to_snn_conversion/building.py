"""From layers to populations and projections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.extensions.ann_to_snn_conversion import neurons
from nnc.extensions.ann_to_snn_conversion.layers import Convolution2D, Dense
from nnc.extensions.convolution import Convolution, Pooling
from nnc.runtime.equations.synapse import Synapse
from nnc.runtime.errors import NNCValueError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnc.extensions.ann_to_snn_conversion.layers import Chain, Layer
    from nnc.runtime.equations.neuron import Neuron
    from nnc.runtime.networks.network import Network
    from nnc.runtime.populations.population import Population

_LOWERING: Final = 0.05
"""By how much the threshold of each hidden layer is below that of the one before it."""

_PULSE: Final = "g_target += w / dt"
"""A current that lasts for one step and brings `w` in all, whichever dt: like the trace that filters read."""


@dataclass(frozen=True)
class Roles:
    """What the neurons of a converted network are."""

    encoding: str
    hidden: Neuron | None
    """A model of the user, `None` for the integrate-and-fire neuron."""

    read_out: str
    max_f: float
    k: int | None
    biases: bool

    def unit(self) -> Neuron:
        """The model of hidden layers."""
        return self.hidden or neurons.integrate_and_fire(biased=self.biases)

    def output(self) -> tuple[Neuron, str | None]:
        """The model of the last layer, and when to stop."""
        if self.read_out == "membrane_potential":
            return neurons.accumulator(biased=self.biases), None
        if self.read_out == "time_to_first_spike":
            return neurons.integrate_and_fire(biased=self.biases), "spiked : any"
        if self.read_out == "time_to_k_spikes":
            counting = neurons.integrate_and_fire(biased=self.biases, counts=True)
            return counting, f"nb_spikes >= {self.k} : any"
        return self.unit(), None


def build(net: Network, chain: Chain, roles: Roles, scales: list[float]) -> list[Population]:
    """Populations of all layers, the input first, with the projections between them. `scales` multiply the weights."""
    before = net.create(chain.shape, neurons.input_neuron(roles.encoding), name=chain.name)
    populations, rate = [before], roles.max_f
    for number, (layer, scale) in enumerate(zip(chain.layers, scales, strict=True), start=1):
        last = number == len(chain.layers)
        model, stop = roles.output() if last else (roles.unit(), None)
        units = net.create(layer.shape, model, stop_condition=stop, name=layer.name)
        _check_unit(units, roles)
        if not last:
            _lower_threshold(units, number)
        _connect(net, before, units, layer, scale, number)
        if roles.biases and not isinstance(layer, Dense | Convolution2D):
            scale = 1.0
        if roles.biases:
            _set_bias(units, layer, scale * rate / 1000.0)
            rate *= scale / _threshold(units)
        populations.append(units)
        before = units
    return populations


def _connect(net: Network, pre: Population, post: Population, layer: Layer, scale: float, number: int) -> None:
    if isinstance(layer, Dense):
        dense = net.connect(pre, post, "exc", Synapse(pre_spike=_PULSE, name="Pulse"), f"dense_proj_{number}")
        dense.from_matrix(layer.weights * scale, storage_format="dense", storage_order="pre_to_post")
    elif isinstance(layer, Convolution2D):
        filters = Convolution(pre, post, "exc", psp="pre.mask * w", name=f"conv_proj_{number}")
        filters.connect_filters(layer.weights * scale, subsampling=_centres(pre, layer))
    else:
        windows = Pooling(pre, post, "exc", "pre.mask", layer.operation, f"pool_proj_{number}")
        windows.connect_pooling(extent=(*layer.extent, 1))


def _centres(pre: Population, layer: Convolution2D) -> NDArray[np.int64] | None:
    """Where the filter lies for each place; nothing if it is moved over a regular grid as it is without being told."""
    axes = []
    regular = True
    for axis in (0, 1):
        places, stride = layer.shape[axis], layer.stride[axis]
        first = (layer.weights.shape[axis + 1] - 1) // 2 - layer.before[axis]
        axes.append(first + stride * np.arange(places))
        regular &= pre.geometry[axis] == places * stride and first == (stride - 1) // 2
    if regular:
        return None
    rows, columns = np.meshgrid(*axes, indexing="ij")
    return np.stack([rows.reshape(-1), columns.reshape(-1)], axis=1)


def _check_unit(units: Population, roles: Roles) -> None:
    """Raise unless the neurons of a layer have what other layers and this converter need."""
    if roles.hidden is None or units.neuron_type is not roles.hidden:
        return
    if not units.is_spiking or "mask" not in units.attributes:
        raise NNCValueError(
            f"hidden_neuron '{roles.hidden.name}' must be a spiking neuron with a variable 'mask', which the layer "
            "after it reads: dmask/dt = -mask / mask_tau, and mask += 1 / mask_tau in its reset"
        )
    if roles.biases and "bias" not in units.attributes:
        raise NNCValueError(
            f"hidden_neuron '{roles.hidden.name}' needs a parameter 'bias', a current per ms, for biases=True"
        )


def _lower_threshold(units: Population, number: int) -> None:
    if "vt" not in units.attributes:
        return
    threshold = np.asarray(units.get("vt")) - _LOWERING * number
    if (threshold <= 0.0).any():
        raise NNCValueError(
            f"layer '{units.name}': thresholds are lowered by {_LOWERING} for each layer, which makes that of layer "
            f"{number} {float(np.min(threshold)):.4g}; give a hidden_neuron with a larger vt"
        )
    units.set({"vt": threshold if threshold.ndim else float(threshold)})


def _threshold(units: Population) -> float:
    return float(np.mean(units.get("vt"))) if "vt" in units.attributes else 1.0


def _set_bias(units: Population, layer: Layer, scale: float) -> None:
    """Currents that add to the rates what biases add to the values of the layer.

    A value of 1 is a rate of `max_f` in the input and of as much as its weights and thresholds make of it later on.
    """
    bias: Any = getattr(layer, "bias", None)
    if bias is not None:
        units.set({"bias": np.broadcast_to(bias * scale, units.geometry)})
