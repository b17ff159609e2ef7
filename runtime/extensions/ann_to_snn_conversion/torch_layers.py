"""The layers of PyTorch: an `nn.Sequential`, or a `state_dict` with a list of layers. PyTorch is not imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nnc.extensions.ann_to_snn_conversion.assembly import Assembly
from nnc.extensions.ann_to_snn_conversion.settings import Settings
from nnc.runtime.errors import NNCTypeError, NNCValueError, with_hint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from nnc.extensions.ann_to_snn_conversion.layers import Chain

    Array = NDArray[Any]

_MODULES: Final = "torch.nn.modules."
_CHANNELS_FIRST: Final = 3


@dataclass(frozen=True)
class Step:
    """One module: its class, a name, what it was made with, and its tensors."""

    kind: str
    name: str
    given: Settings
    tensors: Mapping[str, Any]

    def array(self, name: str) -> Array:
        """A tensor as numbers. Raises if it is missing."""
        if self.tensors.get(name) is None:
            raise NNCValueError(f"{self.given.owner}: there is no tensor '{name}'")
        return _numbers(f"{self.given.owner}: '{name}'", self.tensors[name])

    def array_or_none(self, name: str) -> Array | None:
        """A tensor that may be missing."""
        return None if self.tensors.get(name) is None else self.array(name)


def read_torch(model: Any, input_shape: Any, layers: Any) -> Chain:
    """The layers of an `nn.Sequential`, or of a mapping from names to tensors and a list of layers.

    `input_shape` as in PyTorch, without the batch: (features,) or (channels, height, width).
    """
    shape = _shape(input_shape)
    if isinstance(model, Mapping):
        source, steps = "state_dict", list(_listed(model, layers))
    else:
        if layers is not None:
            raise NNCTypeError("load_torch_model: layers belongs to a state_dict; an nn.Sequential knows its layers")
        source, steps = type(model).__name__, list(_walk(model, ""))
    if len(shape) == _CHANNELS_FIRST:
        shape = (*shape[1:], shape[0])
    assembly = Assembly(source, "input", shape, channels_first=True)
    for step in steps:
        convert = _LAYERS.get(step.kind)
        if convert is None:
            assembly.fail(step.name, f"{step.kind} cannot be converted; converted are {', '.join(sorted(_LAYERS))}")
        convert(assembly, step)
    return assembly.finish()


def _shape(given: Any) -> tuple[int, ...]:
    shape = (given,) if isinstance(given, int | np.integer) else given
    whole = isinstance(shape, tuple | list) and all(isinstance(n, int | np.integer) and n > 0 for n in shape)
    if not whole or len(shape) not in (1, _CHANNELS_FIRST):
        raise NNCValueError(f"load_torch_model: input_shape is (features,) or (channels, height, width), not {given!r}")
    return tuple(int(n) for n in shape)


def _numbers(owner: str, given: Any) -> Array:
    if hasattr(given, "detach"):
        given = given.detach().cpu().double().numpy()
    array = np.asarray(given)
    if array.dtype.kind not in "fiu":
        raise NNCTypeError(f"{owner} is no array of numbers")
    return array.astype(np.float64)


# Modules

_OPTIONS: Final = {
    "Conv2d": ("stride", "padding", "dilation", "groups", "padding_mode"),
    "MaxPool2d": ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices"),
    "AvgPool2d": ("kernel_size", "stride", "padding", "ceil_mode", "divisor_override"),
    "AdaptiveAvgPool2d": ("output_size",),
    "AdaptiveMaxPool2d": ("output_size", "return_indices"),
    "BatchNorm1d": ("eps",),
    "BatchNorm2d": ("eps",),
    "Flatten": ("start_dim", "end_dim"),
}
_TENSORS: Final = ("weight", "bias", "running_mean", "running_var")


def _walk(module: Any, path: str) -> Iterator[Step]:
    """The modules of a Sequential, those of nested ones in their place."""
    kind = type(module)
    if not kind.__module__.startswith(_MODULES) or not hasattr(module, "named_children"):
        where = f"'{path}' is a {kind.__name__}, which" if path else f"a {kind.__name__}"
        raise NNCTypeError(
            f"load_torch_model: {where} cannot be converted, since what its forward() does is not known; give an "
            "nn.Sequential of layers of PyTorch, or its state_dict() and a list of its layers"
        )
    if kind.__name__ == "Sequential":
        for name, child in module.named_children():
            yield from _walk(child, f"{path}_{name}" if path else str(name))
        return
    name = path or "0"
    name = f"{kind.__name__.lower()}_{name}" if name.replace("_", "").isdigit() else name
    options = {key: getattr(module, key) for key in _OPTIONS.get(kind.__name__, ())}
    tensors = {key: getattr(module, key, None) for key in _TENSORS}
    yield Step(kind.__name__, name, Settings(f"Sequential: layer '{name}'", options), tensors)


# A list of layers

_NAMED: Final = frozenset({"Linear", "Conv2d", "BatchNorm1d", "BatchNorm2d"})
"""Layers with tensors, which are found by name."""


def _listed(tensors: Mapping[str, Any], layers: Any) -> Iterator[Step]:
    if not isinstance(layers, list | tuple) or not layers:
        raise NNCTypeError(
            "load_torch_model: a state_dict needs the list of its layers, such as layers=[('Conv2d', 'conv1', "
            "{'padding': 1}), 'ReLU', ('MaxPool2d', {'kernel_size': 2}), 'Flatten', ('Linear', 'fc1')]"
        )
    for number, entry in enumerate(layers):
        kind, name, options = _entry(entry)
        label = name or f"{kind.lower()}_{number}"
        unknown = [key for key in options if key not in _OPTIONS.get(kind, ())]
        if unknown and kind in _LAYERS:
            text = f"state_dict: layer '{label}': {kind} takes no '{unknown[0]}' here"
            raise NNCValueError(with_hint(text, unknown[0], _OPTIONS.get(kind, ())))
        known = sorted({key.rpartition(".")[0] for key in tensors})
        if kind in _NAMED and name not in known:
            raise NNCValueError(with_hint(f"state_dict: there are no tensors '{name}.…' for {entry!r}", name, known))
        found = {key: tensors.get(f"{name}.{key}") for key in _TENSORS} if kind in _NAMED else {}
        label = label.replace(".", "_")
        yield Step(kind, label, Settings(f"state_dict: layer '{label}'", options), found)


def _entry(entry: Any) -> tuple[str, str, Mapping[str, Any]]:
    """Class, name and options of `"ReLU"`, `("Linear", "fc1")`, `("Conv2d", "conv1", {"padding": 1})`."""
    parts: list[Any] = [entry] if isinstance(entry, str) else list(entry) if isinstance(entry, tuple | list) else []
    options: Mapping[str, Any] = parts.pop() if parts and isinstance(parts[-1], Mapping) else {}
    if len(parts) not in (1, 2) or not all(isinstance(part, str) for part in parts):
        raise NNCTypeError(
            "load_torch_model: a layer is the name of a class, or a tuple of it, the name in the state_dict and a dict "
            f"of options, not {entry!r}"
        )
    return parts[0], parts[1] if len(parts) == 2 else "", options


# One function per class


def _linear(assembly: Assembly, step: Step) -> None:
    assembly.dense(step.name, step.array("weight"), step.array_or_none("bias"))


def _convolution(assembly: Assembly, step: Step) -> None:
    step.given.only("padding_mode", "zeros")
    weight = step.array("weight")
    if weight.ndim != 4:
        assembly.fail(step.name, f"has weights of shape {weight.shape}")
    padding: Any = step.given.values.get("padding", 0)
    if padding == "valid":
        padding = ((0, 0), (0, 0))
    elif padding != "same":
        rows, columns = step.given.pair("padding", 0)
        padding = ((rows, rows), (columns, columns))
    assembly.convolution(
        step.name,
        weight.transpose(0, 2, 3, 1).copy(),
        step.array_or_none("bias"),
        step.given.pair("stride", 1),
        padding,
        step.given.pair("dilation", 1),
        step.given.whole("groups", 1),
    )


def _normalisation(assembly: Assembly, step: Step) -> None:
    mean, variance = step.array("running_mean"), step.array("running_var")
    gamma, beta = step.array_or_none("weight"), step.array_or_none("bias")
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = (1.0 if gamma is None else gamma) / np.sqrt(variance + step.given.number("eps", 1e-5))
    assembly.normalisation(step.name, scale, (0.0 if beta is None else beta) - mean * scale)


def _pooling(operation: str) -> Callable[[Assembly, Step], None]:
    def convert(assembly: Assembly, step: Step) -> None:
        given = step.given
        given.only("padding", 0, [0, 0])
        given.only("dilation", 1, [1, 1])
        given.only("return_indices", False)
        given.only("divisor_override", None)
        extent = given.pair("kernel_size")
        stride = None if given.values.get("stride") is None else given.pair("stride")
        assembly.pooling(step.name, operation, extent, stride, given.flag("ceil_mode", False))

    return convert


def _global_pooling(operation: str) -> Callable[[Assembly, Step], None]:
    def convert(assembly: Assembly, step: Step) -> None:
        step.given.only("output_size", 1, [1, 1])
        step.given.only("return_indices", False)
        assembly.pooling(step.name, operation, None)

    return convert


def _flatten(assembly: Assembly, step: Step) -> None:
    step.given.only("start_dim", 1)
    step.given.only("end_dim", -1)
    assembly.flatten()


def _activation(function: str) -> Callable[[Assembly, Step], None]:
    return lambda assembly, step: assembly.activation(step.name, function)


def _nothing(assembly: Assembly, step: Step) -> None:
    """For layers that only do something while a network is trained."""


_LAYERS: dict[str, Callable[[Assembly, Step], None]] = {
    "AdaptiveAvgPool2d": _global_pooling("mean"),
    "AdaptiveMaxPool2d": _global_pooling("max"),
    "AvgPool2d": _pooling("mean"),
    "BatchNorm1d": _normalisation,
    "BatchNorm2d": _normalisation,
    "Conv2d": _convolution,
    "Dropout": _nothing,
    "Dropout2d": _nothing,
    "Flatten": _flatten,
    "Identity": _nothing,
    "Linear": _linear,
    "LogSoftmax": _activation("softmax"),
    "MaxPool2d": _pooling("max"),
    "ReLU": _activation("relu"),
    "Sigmoid": _activation("sigmoid"),
    "Softmax": _activation("softmax"),
    "Tanh": _activation("tanh"),
}
