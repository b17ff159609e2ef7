"""`ANNtoSNNConverter`: spiking networks made from trained rate-coded ones."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.extensions.ann_to_snn_conversion import neurons
from nnc.extensions.ann_to_snn_conversion.building import Roles, build
from nnc.extensions.ann_to_snn_conversion.keras_layers import read_keras
from nnc.extensions.ann_to_snn_conversion.layers import Pooling2D
from nnc.extensions.ann_to_snn_conversion.reading import Reader
from nnc.extensions.ann_to_snn_conversion.samples import checked_samples
from nnc.extensions.ann_to_snn_conversion.scaling import scales
from nnc.extensions.ann_to_snn_conversion.torch_layers import read_torch
from nnc.runtime.equations.neuron import Neuron
from nnc.runtime.errors import NNCRuntimeError, NNCTypeError, NNCValueError, warn, with_hint
from nnc.runtime.networks.network import Network
from nnc.runtime.running.progress import counted

if TYPE_CHECKING:
    from os import PathLike

    from nnc.extensions.ann_to_snn_conversion.layers import Chain


class ANNtoSNNConverter:
    """Makes a network of spiking neurons from a trained feed-forward network, and lets it classify samples.

    `input_encoding`: "CPN" or "poisson" (random spikes), "IB" (bursting neurons), "PSO" (phases of an oscillation).
    `hidden_neuron`: "IaF", or a spiking `Neuron` with a variable `mask`. `read_out`: "spike_count",
    "time_to_first_spike", "time_to_k_spikes" (with `k=...`) or "membrane_potential". `max_f`: what a sample of 1 is in
    the input, in Hz for "CPN" (100). `dt` in ms and `seed` are those of the network; by default those of `setup`.
    """

    def __init__(
        self,
        input_encoding: str = "CPN",
        hidden_neuron: str | Neuron | type[Neuron] = "IaF",
        read_out: str = "spike_count",
        *,
        max_f: float = 100.0,
        k: int | None = None,
        dt: float | None = None,
        seed: int | None = None,
    ) -> None:
        self._encoding = _one_of("input_encoding", input_encoding, neurons.ENCODINGS)
        self._read_out = _one_of("read_out", read_out, neurons.READ_OUTS)
        self._hidden = _hidden(hidden_neuron)
        if isinstance(max_f, bool) or not isinstance(max_f, int | float) or not 0.0 < max_f < math.inf:
            raise NNCValueError(f"ANNtoSNNConverter: max_f is a number above 0, not {max_f!r}")
        self._max_f, self._k = float(max_f), _spikes(read_out, k)
        self._dt, self._seed = dt, seed
        self._reader: Reader | None = None

    def load_keras_model(
        self,
        filename: str | PathLike[str],
        directory: str = "annarchy",
        scale_factor: Any = None,
        show_info: bool = True,
        *,
        normalize: bool = True,
        biases: bool = False,
    ) -> Network:
        """The compiled network of a model that Keras saved in a `.keras` or `.h5` file; nothing in it is executed.

        `scale_factor`: in the place of 2, 3, 4, ... in the normalisation of weights, a number or one for each layer.
        `normalize=False` takes the weights as they are. `biases=True` takes biases as constant currents, else they are
        left out. Needs the extra `hdf5`. Raises for files and layers that cannot be converted.
        """
        return self._load(read_keras(filename), directory, scale_factor, show_info, normalize, biases)

    def load_torch_model(
        self,
        model: Any,
        input_shape: Any,
        layers: Any = None,
        directory: str = "annarchy",
        scale_factor: Any = None,
        show_info: bool = True,
        *,
        normalize: bool = True,
        biases: bool = False,
    ) -> Network:
        """The compiled network of an `nn.Sequential`, or of a `state_dict` (tensors or arrays) and a list of `layers`.

        An entry of `layers` is the name of a class of `torch.nn`, or a tuple of it, the name in the `state_dict` and a
        dict of options: `[("Conv2d", "conv1", {"padding": 1}), "ReLU", "Flatten", ("Linear", "fc1")]`. `input_shape` is
        `(features,)` or `(channels, height, width)`. The rest as in `load_keras_model`.
        """
        return self._load(read_torch(model, input_shape, layers), directory, scale_factor, show_info, normalize, biases)

    def get_annarchy_network(self) -> Network:
        """The network. Raises before a model is loaded."""
        return self._loaded("get_annarchy_network").network

    def predict(
        self, samples: Any, duration_per_sample: float = 1000.0, multiple: bool = False, measure_time: bool = False
    ) -> list[Any]:
        """A label, the rank of an output neuron, for each of n samples.

        `samples` is of shape (n, inputs), or (n, ...) with the shape of the input. Each is shown for
        `duration_per_sample` ms, or until the read-out stops, from the initial state of the network on. Ties are broken
        at random; `multiple` gives lists of all neurons that are equal instead. `measure_time` prints how long it took.
        """
        reader = self._loaded("predict")
        shown = checked_samples(samples, reader.chain, reader.network.dt, self._max_f, self._encoding)
        if isinstance(duration_per_sample, bool) or not isinstance(duration_per_sample, int | float | np.number):
            raise NNCTypeError(f"predict: duration_per_sample is a number of ms, not {duration_per_sample!r}")
        if not 0.0 < duration_per_sample < math.inf:
            raise NNCValueError(f"predict: duration_per_sample is a number of ms above 0, not {duration_per_sample!r}")
        begin, silent = time.perf_counter(), 0
        labels: list[Any] = []
        for rates in counted(list(shown), "sample"):
            best = reader.read(rates, float(duration_per_sample))
            silent += not reader.active
            labels.append(best if multiple else best[reader.choose(len(best))])
        if measure_time:
            print(f"Classifying {len(labels)} samples took {time.perf_counter() - begin} seconds.")
        if silent:
            warn(
                f"predict: nothing reached the output for {silent} of {len(labels)} samples: all labels are equal there"
            )
        return labels

    def _load(
        self, chain: Chain, directory: str, scale_factor: Any, show_info: bool, normalize: bool, biases: bool
    ) -> Network:
        self._check_biases(chain, biases)
        factors = scales(chain, scale_factor, normalize)
        net = Network(dt=self._dt, seed=self._seed)
        roles = Roles(self._encoding, self._hidden, self._read_out, self._max_f, self._k, biases)
        populations = build(net, chain, roles, factors)
        last = populations[-1]
        monitor = net.monitor(last, [name for name in ("v", "spike") if name == "spike" or name in last.attributes])
        net.compile(directory)
        if show_info:
            print(_table(chain, factors))
        self._reader = Reader(net, chain, populations, monitor, self._read_out)
        return net

    def _check_biases(self, chain: Chain, biases: bool) -> None:
        if not isinstance(biases, bool):
            raise NNCValueError(f"biases is True or False, not {biases!r}")
        biased = [layer.name for layer in chain.layers if not isinstance(layer, Pooling2D) and _any(layer.bias)]
        if biased and not biases:
            warn(f"{chain.source}: the biases of {', '.join(biased)} are left out; biases=True takes them as currents")
        if biases and self._encoding not in neurons.PROPORTIONAL:
            raise NNCValueError(
                f"biases=True needs an input of known rates, 'CPN', not '{self._encoding}': a bias is a current that "
                "stands for a rate"
            )

    def _loaded(self, call: str) -> Reader:
        if self._reader is None:
            raise NNCRuntimeError(f"{call}: there is no network; call load_keras_model or load_torch_model first")
        return self._reader


def _one_of(what: str, given: Any, known: tuple[str, ...]) -> str:
    if given not in known:
        text = f"ANNtoSNNConverter: {what} is one of {', '.join(known)}, not {given!r}"
        raise NNCValueError(with_hint(text, given, known) if isinstance(given, str) else text)
    return str(given)


def _hidden(given: Any) -> Neuron | None:
    if given == "IaF":
        return None
    if isinstance(given, type) and issubclass(given, Neuron):
        given = given()
    if not isinstance(given, Neuron):
        raise NNCValueError(f"ANNtoSNNConverter: hidden_neuron is 'IaF' or a Neuron, not {given!r}")
    return given


def _spikes(read_out: str, k: Any) -> int | None:
    if read_out != "time_to_k_spikes":
        if k is not None:
            raise NNCValueError(f"ANNtoSNNConverter: k belongs to the read-out 'time_to_k_spikes', not to '{read_out}'")
        return None
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise NNCValueError(f"ANNtoSNNConverter: 'time_to_k_spikes' needs k, a number of spikes from 1, not {k!r}")
    return int(k)


def _any(bias: Any) -> bool:
    return bias is not None and bool(np.any(bias))


def _table(chain: Chain, factors: list[float]) -> str:
    rows = [(chain.name, "input", str(chain.shape), "", "")]
    for layer, factor in zip(chain.layers, factors, strict=True):
        weights = "" if isinstance(layer, Pooling2D) else str(layer.weights.size)
        rows.append((layer.name, layer.kind, str(layer.shape), weights, f"{factor:.4g}" if weights else ""))
    head = ("layer", "kind", "neurons", "weights", "scaled by")
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = ["  ".join(text.ljust(w) for text, w in zip(row, widths, strict=True)).rstrip() for row in [head, *rows]]
    return "\n".join([f"Spiking network of {chain.source}", *lines])
