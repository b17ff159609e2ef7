"""Writes the models of this folder, and what Keras computes of some inputs.

Run once, with Keras 3.15.1 and PyTorch 2.13.0: `KERAS_BACKEND=torch python make_files.py`. The tests need neither.
"""

from pathlib import Path

import keras
import numpy as np
from keras import layers

FOLDER = Path(__file__).parent
rng = np.random.default_rng(1)


def settle(model: keras.Model) -> None:
    """Random weights, and variances above 0."""
    new = [
        rng.uniform(0.5, 2.0, value.shape) if "var" in weight.path else rng.normal(0.0, 0.3, value.shape)
        for weight, value in zip(model.weights, model.get_weights(), strict=True)
    ]
    model.set_weights([array.astype(np.float32) for array in new])


mlp = keras.Sequential(
    [
        layers.Input((12,), name="pixels"),
        layers.Dense(8, "relu", name="hidden"),
        layers.Dropout(0.3),
        layers.Dense(8, use_bias=False, name="second"),
        layers.Activation("relu"),
        layers.Dense(3, "softmax", name="label"),
    ],
    name="mlp",
)
cnn = keras.Sequential(
    [
        layers.Input((8, 8, 1)),
        layers.Conv2D(4, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(3, 2, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.AveragePooling2D((3, 1)),
        layers.Flatten(),
        layers.Dense(5),
    ],
    name="cnn",
)
image = layers.Input((9, 7, 2), name="image")
x = layers.Conv2D(4, (3, 2), strides=2, padding="same", groups=2, activation="relu", name="c1")(image)
x = layers.Conv2D(2, 2, dilation_rate=2, activation="relu", name="c0")(x)
x = layers.GlobalAveragePooling2D(name="gap")(x)
x = layers.Flatten(name="flat")(x)
functional = keras.Model(image, layers.Dense(3, name="out")(x), name="functional")
four = layers.Input((4,))
branched = keras.Model(four, layers.Add()([layers.Dense(4)(four), four]))
python = keras.Sequential([layers.Input((4,)), layers.Lambda(lambda t: t * 2), layers.Dense(2)])

keras.utils.set_random_seed(1)
models = {"mlp": mlp, "cnn": cnn, "functional": functional, "branched": branched, "lambda": python}
for model in models.values():
    settle(model)
for filename in ("mlp.h5", "mlp.keras", "cnn.keras", "functional.h5", "branched.keras", "lambda.h5"):
    models[filename.split(".")[0]].save(FOLDER / filename)
for name in ("mlp", "cnn", "functional"):
    inputs = rng.uniform(0.0, 1.0, (4, *models[name].input_shape[1:])).astype(np.float32)
    np.savez(FOLDER / f"{name}.npz", x=inputs, y=models[name].predict(inputs, verbose=0))
