"""Files of Keras: what is read from them computes what Keras computed, and nothing broken or foreign gets through."""

from __future__ import annotations

import io
import itertools
import json
import pickle
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.feedforward import activities

from nnc.extensions.ann_to_snn_conversion.keras_layers import read_keras
from nnc.extensions.ann_to_snn_conversion.layers import Pooling2D
from nnc.runtime.errors import NNCFileNotFoundError, NNCValueError

h5py = pytest.importorskip("h5py")

FILES = Path(__file__).parent / "keras"


def softmax(y: Any) -> Any:
    return np.exp(y) / np.exp(y).sum()


@pytest.mark.parametrize("name", ["mlp.h5", "mlp.keras", "cnn.keras", "functional.h5"])
def test_a_file_computes_what_keras_computed(name: str) -> None:
    chain, known = read_keras(FILES / name), np.load(FILES / f"{name.split('.')[0]}.npz")
    for x, y in zip(known["x"], known["y"], strict=True):
        got = activities(chain, x)[-1]
        np.testing.assert_allclose(softmax(got) if name.startswith("mlp") else got, y, rtol=2e-5, atol=2e-6)


def test_layers_keep_their_names_and_shapes() -> None:
    chain = read_keras(FILES / "cnn.keras")
    assert (chain.name, chain.shape) == ("input_layer", (8, 8, 1))
    assert [(layer.name, layer.shape) for layer in chain.layers] == [
        ("conv2d", (6, 6, 4)),
        ("max_pooling2d", (3, 3, 4)),
        ("conv2d_1", (3, 3, 3)),
        ("average_pooling2d", (1, 3, 3)),
        ("dense", (5,)),
    ]


def edited(tmp_path: Path, name: str, change: Any) -> Path:
    """A copy of an .h5 file with a changed description (`change` gets it) or changed contents."""
    path = tmp_path / name
    shutil.copy(FILES / name, path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        change(config, file)
        if "model_config" in file.attrs:
            file.attrs["model_config"] = json.dumps(config)
    return path


def layer(config: dict[str, Any], number: int) -> dict[str, Any]:
    found: dict[str, Any] = config["config"]["layers"][number]
    return found


def test_the_forms_of_keras_2_are_read(tmp_path: Path) -> None:
    def old(config: dict[str, Any], file: Any) -> None:
        config["class_name"] = "Model"
        entries = config["config"]["layers"]
        first = entries[0]["config"]
        first["batch_input_shape"] = first.pop("batch_shape")
        for before, entry in itertools.pairwise(entries):
            entry["inbound_nodes"] = [[[before["name"], 0, 0, {}]]]
        for name in ("c1", "c0", "out"):
            inner = file[f"model_weights/{name}/{name}"]
            for key in list(inner):
                inner.move(key, f"{key}:0")

    new, again = read_keras(FILES / "functional.h5"), read_keras(edited(tmp_path, "functional.h5", old))
    for a, b in zip(new.layers, again.layers, strict=True):
        assert a.name == b.name
        if not isinstance(a, Pooling2D) and not isinstance(b, Pooling2D):
            np.testing.assert_array_equal(a.weights, b.weights)


def test_early_files_of_keras_3_do_not_say_the_names_of_layers(tmp_path: Path) -> None:
    for name in ("mlp.keras", "cnn.keras"):
        with zipfile.ZipFile(FILES / name) as archive:
            config, made = archive.read("config.json"), io.BytesIO(archive.read("model.weights.h5"))
        with h5py.File(made, "r+") as file:
            for group in file["layers"].values():
                del group["vars"].attrs["name"]
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("config.json", config)
            archive.writestr("model.weights.h5", made.getvalue())
        for a, b in zip(read_keras(FILES / name).layers, read_keras(tmp_path / name).layers, strict=True):
            if not isinstance(a, Pooling2D) and not isinstance(b, Pooling2D):
                np.testing.assert_array_equal(a.weights, b.weights)


# Models that cannot be converted


def test_a_lambda_layer_is_named_and_not_executed() -> None:
    with pytest.raises(NNCValueError, match=r"lambda\.h5: layer 'lambda': a Lambda layer cannot be converted"):
        read_keras(FILES / "lambda.h5")


def test_branches_are_named() -> None:
    with pytest.raises(NNCValueError, match="layer 'add' reads dense_1 and input_layer_1; only chains"):
        read_keras(FILES / "branched.keras")


@pytest.mark.parametrize(
    ("number", "change", "text"),
    [
        (1, {"class_name": "LSTM"}, "layer 'hidden': a LSTM layer cannot be converted"),
        (0, {"class_name": "Dense"}, "the first layer, 'pixels', is a Dense; it must be an Input layer"),
        (
            1,
            {"units": 9},
            r"layer 'hidden' has weights of shape \[\(12, 8\), \(8,\)\], its description says \[\(12, 9\)",
        ),
        (1, {"units": "many"}, "layer 'hidden': 'units' takes whole numbers, not 'many'"),
        (1, {"units": None}, "layer 'hidden': 'units' takes whole numbers"),
        (1, {"use_bias": "yes"}, "'use_bias' is True or False"),
        (1, {"name": "elsewhere"}, "there are no weights of the layer 'elsewhere'"),
        (0, {"batch_shape": [None, None]}, "layer 'pixels': the shape of the input is not fixed"),
        (0, {"batch_shape": None}, "layer 'pixels': the shape of the input is not fixed"),
    ],
)
def test_a_layer_that_does_not_fit_is_named(tmp_path: Path, number: int, change: Any, text: str) -> None:
    def apply(config: dict[str, Any], file: Any) -> None:
        entry = layer(config, number)
        (entry if "class_name" in change else entry["config"]).update(change)

    with pytest.raises(NNCValueError, match=text):
        read_keras(edited(tmp_path, "mlp.h5", apply))


@pytest.mark.parametrize(
    ("number", "change", "text"),
    [
        (1, {"data_format": "channels_first"}, "layer 'c1': 'data_format' is 'channels_first'"),
        (1, {"padding": "causal"}, "layer 'c1': the padding 'causal'"),
        (1, {"strides": [0, 1]}, "layer 'c1': strides"),
        (1, {"strides": [1, 1, 1]}, "layer 'c1': 'strides' has two entries"),
        (2, {"dilation_rate": [9, 9]}, "layer 'c0': its filter covers"),
        (2, {"activation": "tanh"}, None),
    ],
)
def test_a_convolution_that_does_not_fit_is_named(tmp_path: Path, number: int, change: Any, text: str | None) -> None:
    path = edited(tmp_path, "functional.h5", lambda config, file: layer(config, number)["config"].update(change))
    if text is None:
        with pytest.warns(UserWarning, match="layer 'c0' has the activation 'tanh'; spiking neurons act like 'relu'"):
            read_keras(path)
        return
    with pytest.raises(NNCValueError, match=text):
        read_keras(path)


def test_weights_that_are_not_finite_are_named(tmp_path: Path) -> None:
    def spoil(config: dict[str, Any], file: Any) -> None:
        file["model_weights/second/mlp/second/kernel"][2, 2] = np.nan

    with pytest.raises(NNCValueError, match="layer 'second': has weights that are infinite or not a number"):
        read_keras(edited(tmp_path, "mlp.h5", spoil))


# Files that are broken or something else


@pytest.mark.parametrize("name", ["mlp.h5", "mlp.keras", "functional.h5"])
def test_a_truncated_file_is_an_error(tmp_path: Path, name: str) -> None:
    data = (FILES / name).read_bytes()
    path = tmp_path / name
    for part in np.linspace(0.0, 0.98, 30):
        path.write_bytes(data[: int(len(data) * part)])
        with pytest.raises(NNCValueError, match=name.replace(".", r"\.")):
            read_keras(path)


@pytest.mark.parametrize("name", ["mlp.keras", "cnn.keras"])
def test_a_damaged_archive_is_an_error_or_reads_the_same(tmp_path: Path, name: str) -> None:
    data, rng = (FILES / name).read_bytes(), np.random.default_rng(3)
    path, right = tmp_path / name, read_keras(FILES / name)
    for place in rng.integers(0, len(data), 60):
        damaged = bytearray(data)
        damaged[place] ^= int(rng.integers(1, 256))
        path.write_bytes(damaged)
        try:
            got = read_keras(path)
        except NNCValueError:
            continue
        assert [x.shape for x in got.layers] == [x.shape for x in right.layers]


def test_pickled_objects_are_refused_unread(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (pytest.fail, ("the pickle was loaded",))

    plain, archive = tmp_path / "model.pkl", tmp_path / "model.pt"
    plain.write_bytes(pickle.dumps(Trap()))
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("model/data.pkl", pickle.dumps(Trap()))
    for path in (plain, archive):
        with pytest.raises(NNCValueError, match=r"holds pickled objects, .* never loaded; .*load_torch_model"):
            read_keras(path)


def test_other_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("no model")
    with pytest.raises(NNCValueError, match=r"text\.h5 is neither"):
        read_keras(tmp_path / "text.h5")
    with pytest.raises(NNCFileNotFoundError, match="there is no file"):
        read_keras(tmp_path / "none.keras")
    with pytest.raises(NNCValueError, match="is a folder"):
        read_keras(tmp_path)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as file:
        file.writestr("config.json", "{}")
    with pytest.raises(NNCValueError, match=r"there is no model\.weights\.h5 in it"):
        read_keras(tmp_path / "other.zip")
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file["w"] = np.zeros(3)
    with pytest.raises(NNCValueError, match="no description of a model, perhaps weights only"):
        read_keras(tmp_path / "weights.h5")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"config": {"layers": [1]}}', "[" * 100_000])
def test_a_broken_description_is_an_error(tmp_path: Path, text: str) -> None:
    path, made = tmp_path / "model.keras", io.BytesIO()
    with h5py.File(made, "w") as file:
        file.create_group("layers")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", text)
        archive.writestr("model.weights.h5", made.getvalue())
    with pytest.raises(NNCValueError, match=r"model\.keras: the description of the model"):
        read_keras(path)


def _external(file: Any, group: Any, other: Path) -> None:
    group["kernel"] = h5py.ExternalLink(str(other), "/secret")


def _soft(file: Any, group: Any, other: Path) -> None:
    group["kernel"] = h5py.SoftLink("/model_weights/hidden/mlp/hidden/kernel")


def _virtual(file: Any, group: Any, other: Path) -> None:
    layout = h5py.VirtualLayout((8, 8), "f4")
    layout[:] = h5py.VirtualSource(str(other), "secret", (8, 8))
    group.create_virtual_dataset("kernel", layout)


def _elsewhere(file: Any, group: Any, other: Path) -> None:
    group.create_dataset("kernel", (8, 8), "f4", external=[(str(other), 0, 256)])


@pytest.mark.parametrize("lead", [_external, _soft, _virtual, _elsewhere])
def test_weights_are_never_taken_from_other_files(tmp_path: Path, lead: Any) -> None:
    other = tmp_path / "secret.h5"
    with h5py.File(other, "w") as file:
        file["secret"] = np.ones((8, 8), np.float32)

    def point(config: dict[str, Any], file: Any) -> None:
        group = file["model_weights/second/mlp/second"]
        del group["kernel"]
        lead(file, group, other)

    with pytest.raises(NNCValueError, match=r"is not in the file but a link|are in other files"):
        read_keras(edited(tmp_path, "mlp.h5", point))


def test_what_is_no_array_of_numbers_is_an_error(tmp_path: Path) -> None:
    def text(config: dict[str, Any], file: Any) -> None:
        group = file["model_weights/second/mlp/second"]
        del group["kernel"]
        group["kernel"] = "words"

    with pytest.raises(NNCValueError, match="is no array of numbers"):
        read_keras(edited(tmp_path, "mlp.h5", text))


def test_a_size_that_is_only_claimed_takes_no_memory(tmp_path: Path) -> None:
    def huge(config: dict[str, Any], file: Any) -> None:
        group = file["model_weights/second/mlp/second"]
        del group["kernel"]
        group.create_dataset("kernel", (1 << 24, 1 << 24), "f8", chunks=(1024, 1024))

    with pytest.raises(NNCValueError, match=r"layer 'second' has weights of shape \[\(16777216, 16777216\)\]"):
        read_keras(edited(tmp_path, "mlp.h5", huge))
