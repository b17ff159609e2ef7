"""Layers of PyTorch: a list with a `state_dict` of arrays, and modules where PyTorch is installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.feedforward import activities

from nnc.extensions.ann_to_snn_conversion.torch_layers import read_torch
from nnc.runtime.errors import NNCTypeError, NNCValueError

DRAW = np.random.default_rng(5)


def tensors(**shapes: tuple[int, ...]) -> dict[str, Any]:
    """Random arrays; `conv1_weight` is `conv1.weight`."""
    return {name.replace("_", ".", 1): DRAW.normal(0.0, 0.3, shape) for name, shape in shapes.items()}


CNN = tensors(conv1_weight=(4, 2, 3, 3), conv1_bias=(4,), fc1_weight=(5, 4 * 3 * 4), fc1_bias=(5,))
LAYERS: list[Any] = [
    ("Conv2d", "conv1", {"padding": 1}),
    "ReLU",
    ("MaxPool2d", {"kernel_size": 2}),
    "Flatten",
    ("Linear", "fc1"),
]


def channels_first(x: Any) -> Any:
    """The same network written for (channels, rows, columns), in loops."""
    wide = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    y = np.empty((4, 6, 8))
    for f, i, j in np.ndindex(y.shape):
        y[f, i, j] = (CNN["conv1.weight"][f] * wide[:, i : i + 3, j : j + 3]).sum() + CNN["conv1.bias"][f]
    pooled = np.maximum(y, 0.0).reshape(4, 3, 2, 4, 2).max(axis=(2, 4))
    return CNN["fc1.weight"] @ pooled.reshape(-1) + CNN["fc1.bias"]


def test_channels_are_moved_to_the_end_and_weights_with_them() -> None:
    chain = read_torch(CNN, (2, 6, 8), LAYERS)
    assert chain.shape == (6, 8, 2)
    assert [layer.shape for layer in chain.layers] == [(6, 8, 4), (3, 4, 4), (5,)]
    x = DRAW.random((2, 6, 8))
    np.testing.assert_allclose(activities(chain, np.moveaxis(x, 0, -1))[-1], channels_first(x), rtol=1e-12)


def test_a_normalisation_becomes_part_of_the_weights_before_it() -> None:
    given = tensors(
        fc_weight=(4, 3), fc_bias=(4,), bn_weight=(4,), bn_bias=(4,), bn_running_mean=(4,), out_weight=(2, 4)
    )
    given["bn.running_var"] = DRAW.uniform(0.5, 2.0, 4)
    chain = read_torch(
        given, 3, [("Linear", "fc"), ("BatchNorm1d", "bn"), "ReLU", ("Dropout", {}), ("Linear", "out"), "LogSoftmax"]
    )
    x = DRAW.random(3)
    normal = (given["fc.weight"] @ x + given["fc.bias"] - given["bn.running_mean"]) / np.sqrt(
        given["bn.running_var"] + 1e-5
    )
    hidden = np.maximum(normal * given["bn.weight"] + given["bn.bias"], 0.0)
    np.testing.assert_allclose(activities(chain, x)[-1], given["out.weight"] @ hidden, rtol=1e-12)


@pytest.mark.parametrize(
    ("layers", "text"),
    [
        ([("LSTM", "conv1")], "layer 'conv1': LSTM cannot be converted; converted are AdaptiveAvgPool2d"),
        ([("Linear", "fc2")], r"there are no tensors 'fc2\..' for .*did you mean 'fc1'"),
        ([("Linear", "fc1")], "layer 'fc1': reads values of shape .* put a Flatten layer before it"),
        (["Flatten", ("Linear", "fc1")], r"layer 'fc1': has weights of shape \(48, 5\), but gets 96 values"),
        (["Flatten", ("Conv2d", "conv1")], "layer 'conv1': needs an image"),
        ([("Conv2d", "conv1", {"paddding": 1})], "Conv2d takes no 'paddding' here; did you mean 'padding'"),
        ([("Conv2d", "conv1", {"padding": 2})], "layer 'conv1': its padding .* is more than half of its filter"),
        ([("Conv2d", "conv1", {"padding_mode": "circular"})], "layer 'conv1': 'padding_mode' is 'circular'"),
        ([("Conv2d", "conv1", {"groups": 2})], "layer 'conv1': has filters of shape .* 2 channels in 2 groups"),
        ([("Conv2d", "conv1"), ("MaxPool2d", {"kernel_size": 3, "stride": 2})], "overlap or leave gaps"),
        ([("Conv2d", "conv1"), ("MaxPool2d", {"kernel_size": 4, "ceil_mode": True})], "reach beyond the image"),
        ([("Conv2d", "conv1"), ("MaxPool2d", {"kernel_size": 9})], "larger than the image"),
        ([("MaxPool2d", {})], "'kernel_size' is missing"),
        ([("Conv2d", "conv1"), ("Flatten", {"start_dim": 2})], "'start_dim' is 2"),
        (["Tanh"], "layer 'tanh_0': the activation 'tanh' does not follow a layer with weights"),
        (["Flatten"], "there is no layer after the input"),
        ([("Conv2d", "conv1"), "ReLU", "Tanh"], "the activation 'tanh' follows another one"),
    ],
)
def test_a_layer_that_does_not_fit_is_named(layers: Any, text: str) -> None:
    with pytest.raises(NNCValueError, match=text):
        read_torch(CNN, (2, 6, 8), layers)


def test_a_normalisation_after_the_activation_is_an_error() -> None:
    given = tensors(fc_weight=(4, 3), bn_running_mean=(4,)) | {"bn.running_var": np.ones(4)}
    with pytest.raises(NNCValueError, match="layer 'bn': a batch normalisation is only converted directly after"):
        read_torch(given, 3, [("Linear", "fc"), "ReLU", ("BatchNorm1d", "bn")])
    with pytest.raises(NNCValueError, match="layer 'bn'"):
        read_torch(given, 4, [("BatchNorm1d", "bn")])


@pytest.mark.parametrize("entry", [3, (), ("Linear", 1), ("Linear", "a", "b"), ({},)])
def test_an_entry_that_is_no_layer_is_an_error(entry: Any) -> None:
    with pytest.raises(NNCTypeError, match="a layer is the name of a class, or a tuple"):
        read_torch(CNN, (2, 6, 8), [entry])


def test_other_arguments_are_checked() -> None:
    with pytest.raises(NNCTypeError, match="a state_dict needs the list of its layers"):
        read_torch(CNN, (2, 6, 8), None)
    with pytest.raises(NNCValueError, match="input_shape is"):
        read_torch(CNN, (2, 6), LAYERS)
    with pytest.raises(NNCTypeError, match="a object cannot be converted, since"):
        read_torch(object(), (2, 6, 8), None)
    with pytest.raises(NNCTypeError, match="'conv1': 'weight' is no array of numbers"):
        read_torch(CNN | {"conv1.weight": "words"}, (2, 6, 8), LAYERS)


def test_hidden_units_that_are_not_rectified_are_warned_of() -> None:
    given = tensors(a_weight=(4, 3), b_weight=(2, 4))
    with pytest.warns(UserWarning, match="layer 'a' has no activation; spiking neurons act like 'relu'"):
        read_torch(given, 3, [("Linear", "a"), ("Linear", "b")])
    with pytest.warns(UserWarning, match="layer 'a' has the activation 'sigmoid'"):
        read_torch(given, 3, [("Linear", "a"), "Sigmoid", ("Linear", "b")])


# With PyTorch


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch")


def test_modules_compute_what_pytorch_computes(torch: Any) -> None:
    nn = torch.nn
    torch.manual_seed(1)
    features = nn.Sequential(
        nn.Conv2d(4, 6, (3, 2), stride=2, padding=(1, 0), groups=2, bias=False),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.AvgPool2d((2, 1)),
        nn.Conv2d(6, 4, 3, padding="same", dilation=(1, 2)),
        nn.ReLU(),
    )
    model = nn.Sequential(features, nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Dropout(), nn.Linear(4, 3), nn.Softmax(1))
    features[1].running_mean[:] = torch.linspace(-0.1, 0.1, 6)
    features[1].running_var[:] = torch.linspace(0.5, 2.0, 6)
    model.eval()
    chain = read_torch(model, (4, 9, 8), None)
    assert [layer.name for layer in chain.layers] == [
        "conv2d_0_0",
        "avgpool2d_0_3",
        "conv2d_0_4",
        "adaptivemaxpool2d_1",
        "linear_4",
    ]
    x = torch.rand(3, 4, 9, 8)
    with torch.no_grad():
        wanted = model[:-1](x).numpy()
    for image, y in zip(x.numpy(), wanted, strict=True):
        np.testing.assert_allclose(activities(chain, np.moveaxis(image, 0, -1))[-1], y, rtol=1e-4, atol=1e-6)


def test_a_module_with_its_own_forward_is_refused(torch: Any) -> None:
    class Own(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return x

    with pytest.raises(NNCTypeError, match=r"what its forward\(\) does is not known"):
        read_torch(Own(), (4,), None)
    with pytest.raises(NNCTypeError, match="'1' is a Own"):
        read_torch(torch.nn.Sequential(torch.nn.Linear(4, 2), Own()), (4,), None)
    with pytest.raises(NNCTypeError, match="layers belongs to a state_dict"):
        read_torch(torch.nn.Sequential(), (4,), ["ReLU"])
