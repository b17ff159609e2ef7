"""The layers of a file of Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.extensions.ann_to_snn_conversion.assembly import Assembly
from nnc.extensions.ann_to_snn_conversion.keras_file import KerasFile, open_keras
from nnc.extensions.ann_to_snn_conversion.settings import Settings
from nnc.runtime.errors import NNCValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from os import PathLike

    from nnc.extensions.ann_to_snn_conversion.layers import Chain

_SEQUENTIAL, _FUNCTIONAL = "Sequential", ("Functional", "Model")
_WITHOUT_EFFECT = frozenset(
    {"ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout2D"}
)
"""Layers that only do something while a network is trained."""


def read_keras(filename: str | PathLike[str]) -> Chain:
    """The layers of a model saved by Keras 2 or 3 in an `.h5` or `.keras` file.

    Raises for files that are broken or something else, for models that are no chain of layers, and for layers that
    cannot be converted, naming them.
    """
    with open_keras(filename) as file:
        first, *rest = _in_order(file)
        name, kind, config = first
        if kind != "InputLayer":
            raise NNCValueError(
                f"{file.name}: the first layer, '{name}', is a {kind}; it must be an Input layer, which says the shape"
            )
        assembly = Assembly(file.name, name, _input_shape(file, name, config))
        for name, kind, config in rest:
            _convert(assembly, file, name, kind, config)
        return assembly.finish()


def _in_order(file: KerasFile) -> list[tuple[str, str, dict[str, Any]]]:
    """Name, class and settings of all layers, from the input on."""
    kind, config = file.config.get("class_name"), file.config.get("config")
    entries = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(entries, list) or not entries:
        raise NNCValueError(f"{file.name}: the description of the model lists no layers")
    if not all(isinstance(e, dict) and isinstance(e.get("config"), dict) for e in entries):
        raise NNCValueError(f"{file.name}: the description of the model is broken: a layer has no settings")
    layers = [(_name(e), str(e.get("class_name")), e["config"]) for e in entries]
    if kind == _SEQUENTIAL:
        return layers
    if kind not in _FUNCTIONAL:
        raise NNCValueError(f"{file.name}: the model is a {kind}, only Sequential and functional models are converted")
    by_name = {layer[0]: layer for layer in layers}
    return [by_name[name] for name in _path(file.name, entries)]


def _name(entry: dict[str, Any]) -> str:
    return str(entry["config"].get("name", entry.get("name", entry.get("class_name"))))


def _path(source: str, entries: list[dict[str, Any]]) -> list[str]:
    """Names of the layers of a functional model, which must be a chain."""
    after: dict[str, str] = {}
    starts = []
    for entry in entries:
        name, nodes = _name(entry), entry.get("inbound_nodes") or []
        sources = sorted(set(_sources(nodes)))
        if len(nodes) > 1:
            raise NNCValueError(f"{source}: layer '{name}' is used {len(nodes)} times; only chains are converted")
        if len(sources) > 1:
            raise NNCValueError(
                f"{source}: layer '{name}' reads {' and '.join(sources)}; only chains of layers are converted"
            )
        if not sources:
            starts.append(name)
        elif sources[0] in after:
            raise NNCValueError(
                f"{source}: layers '{after[sources[0]]}' and '{name}' both read '{sources[0]}'; only chains of layers "
                "are converted"
            )
        else:
            after[sources[0]] = name
    if len(starts) != 1:
        raise NNCValueError(f"{source}: the model has {len(starts)} inputs, only one is possible")
    path = starts
    while path[-1] in after and len(path) <= len(entries):
        path.append(after[path[-1]])
    if len(set(path)) != len(entries):
        raise NNCValueError(f"{source}: the layers of the model make no chain")
    return path


def _sources(node: Any) -> Iterator[str]:
    """Names of the layers that a description of inputs mentions, in the forms of Keras 3 and 2."""
    if isinstance(node, dict):
        history = node.get("keras_history")
        if isinstance(history, list) and history:
            yield str(history[0])
            return
        for value in node.values():
            yield from _sources(value)
    elif isinstance(node, list):
        if len(node) >= 3 and isinstance(node[0], str) and isinstance(node[1], int):
            yield node[0]
            return
        for value in node:
            yield from _sources(value)


def _input_shape(file: KerasFile, name: str, config: dict[str, Any]) -> tuple[int, ...]:
    shape = config.get("batch_shape", config.get("batch_input_shape"))
    inner = shape[1:] if isinstance(shape, list) else None
    if not inner or not all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in inner):
        raise NNCValueError(f"{file.name}: layer '{name}': the shape of the input is not fixed, it is {shape!r}")
    return tuple(inner)


def _convert(assembly: Assembly, file: KerasFile, name: str, kind: str, config: dict[str, Any]) -> None:
    if kind in _WITHOUT_EFFECT:
        return
    convert = _LAYERS.get(kind)
    if convert is None:
        assembly.fail(name, f"a {kind} layer cannot be converted; converted are {', '.join(sorted(_LAYERS))}")
    convert(assembly, file, name, Settings(f"{file.name}: layer '{name}'", config))


def _dense(assembly: Assembly, file: KerasFile, name: str, given: Settings) -> None:
    units, inputs = given.whole("units"), assembly.shape[-1] if not assembly.is_flat else assembly.size
    biased = given.flag("use_bias", True)
    kernel, *bias = file.arrays(name, {"kernel": (inputs, units)} | ({"bias": (units,)} if biased else {}))
    assembly.dense(name, kernel.T.copy(), bias[0] if bias else None)
    _then(assembly, name, given)


def _convolution(assembly: Assembly, file: KerasFile, name: str, given: Settings) -> None:
    given.only("data_format", "channels_last", None)
    count, taps, groups = given.whole("filters"), given.pair("kernel_size"), given.whole("groups", 1)
    padding = given.text("padding", "valid")
    if padding not in ("valid", "same"):
        assembly.fail(name, f"the padding '{padding}' cannot be converted, only 'valid' and 'same'")
    channels = assembly.shape[-1] // max(1, groups)
    biased = given.flag("use_bias", True)
    kernel, *bias = file.arrays(name, {"kernel": (*taps, channels, count)} | ({"bias": (count,)} if biased else {}))
    assembly.convolution(
        name,
        np.moveaxis(kernel, -1, 0).copy(),
        bias[0] if bias else None,
        given.pair("strides", (1, 1)),
        "same" if padding == "same" else ((0, 0), (0, 0)),
        given.pair("dilation_rate", (1, 1)),
        groups,
    )
    _then(assembly, name, given)


def _then(assembly: Assembly, name: str, given: Settings) -> None:
    """The activation that is part of a layer, a name or a registered function."""
    function = given.values.get("activation") or "linear"
    if isinstance(function, dict):
        function = function.get("config") if isinstance(function.get("config"), str) else function.get("class_name")
    assembly.activation(name, str(function).lower())


def _normalisation(assembly: Assembly, file: KerasFile, name: str, given: Settings) -> None:
    axis = given.values.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if axis not in (-1, len(assembly.shape)):
        assembly.fail(name, f"normalises axis {axis!r}; converted is a normalisation of the last axis")
    given.only("renorm", False)
    n = assembly.shape[-1]
    scaled, centred = given.flag("scale", True), given.flag("center", True)
    names = [*(["gamma"] if scaled else []), *(["beta"] if centred else []), "moving_mean", "moving_variance"]
    arrays = file.arrays(name, dict.fromkeys(names, (n,)))
    gamma = arrays.pop(0) if scaled else np.ones(n)
    beta = arrays.pop(0) if centred else np.zeros(n)
    mean, variance = arrays
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = gamma / np.sqrt(variance + given.number("epsilon", 1e-3))
    assembly.normalisation(name, scale, beta - mean * scale)


def _pooling(operation: str) -> Callable[[Assembly, KerasFile, str, Settings], None]:
    def convert(assembly: Assembly, file: KerasFile, name: str, given: Settings) -> None:
        given.only("data_format", "channels_last", None)
        extent = given.pair("pool_size", (2, 2))
        stride = None if given.values.get("strides") is None else given.pair("strides")
        assembly.pooling(name, operation, extent, stride, given.text("padding", "valid") == "same")

    return convert


def _global_pooling(operation: str) -> Callable[[Assembly, KerasFile, str, Settings], None]:
    def convert(assembly: Assembly, file: KerasFile, name: str, given: Settings) -> None:
        given.only("data_format", "channels_last", None)
        assembly.pooling(name, operation, None)
        if not given.flag("keepdims", False):
            assembly.flatten()

    return convert


def _activation(assembly: Assembly, file: KerasFile, name: str, given: Settings) -> None:
    _then(assembly, name, given)


def _rectifier(assembly: Assembly, file: KerasFile, name: str, given: Settings) -> None:
    plain = given.values.get("max_value") is None and not given.values.get("negative_slope")
    plain = plain and not given.values.get("threshold")
    assembly.activation(name, "relu" if plain else "relu with bounds")


_LAYERS: dict[str, Callable[[Assembly, KerasFile, str, Settings], None]] = {
    "Activation": _activation,
    "AveragePooling2D": _pooling("mean"),
    "BatchNormalization": _normalisation,
    "Conv2D": _convolution,
    "Dense": _dense,
    "Flatten": lambda assembly, file, name, given: assembly.flatten(),
    "GlobalAveragePooling2D": _global_pooling("mean"),
    "GlobalMaxPooling2D": _global_pooling("max"),
    "MaxPooling2D": _pooling("max"),
    "ReLU": _rectifier,
    "Softmax": lambda assembly, file, name, given: assembly.activation(name, "softmax"),
}
