"""Handwritten digits: a network trained with scikit-learn, and what is left of its accuracy when its units spike.

Needs scikit-learn: pip install "nnc-compiler[examples]". Writes ann_to_snn.png.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

import nnc as ann
from nnc.extensions.ann_to_snn_conversion import ANNtoSNNConverter

TESTED = 60 if "--short" in sys.argv else 200
DURATION = 200.0  # ms

digits = load_digits()
images = digits.data / 16.0
train_x, test_x, train_y, test_y = train_test_split(images, digits.target, test_size=0.3, random_state=1)

trained = MLPClassifier((48,), alpha=1e-3, max_iter=150, tol=1e-3, random_state=1).fit(train_x, train_y)
print(f"trained network: {trained.score(test_x, test_y):.1%} of {len(test_x)} digits")

# Its weights under the names that the same network would have in PyTorch

weights = {}
for name, matrix, bias in zip(("hidden", "label"), trained.coefs_, trained.intercepts_, strict=True):
    weights[f"{name}.weight"] = matrix.T
    weights[f"{name}.bias"] = bias
layers = [("Linear", "hidden"), "ReLU", ("Linear", "label")]

# A unit that keeps what is above the threshold when it fires: its rate follows its input more closely

unit = ann.Neuron(
    parameters=dict(vt=1.0, bias=ann.Parameter(0.0, locality="local"), mask_tau=20.0),
    equations=["dv/dt = g_exc + bias : min = -2.0", "dmask/dt = -mask / mask_tau"],
    spike="v > vt",
    reset=["v -= vt", "mask += 1.0 / mask_tau"],
)


def accuracy(hidden_neuron: object, read_out: str, biases: bool) -> float:
    """Share of the tested digits whose label is right."""
    converter = ANNtoSNNConverter("CPN", hidden_neuron, read_out, max_f=200.0, seed=1)
    converter.load_torch_model(weights, (64,), layers, show_info=False, biases=biases)
    labels = converter.predict(test_x[:TESTED], duration_per_sample=DURATION)
    return float(np.mean(np.array(labels) == test_y[:TESTED]))


print(f"trained network: {trained.score(test_x[:TESTED], test_y[:TESTED]):.1%} of the {TESTED} digits below")
shares = {}
for neuron_name, neuron in (("IaF", "IaF"), ("keeps the rest", unit)):
    for read_out in ("spike_count", "membrane_potential"):
        shares[neuron_name, read_out] = accuracy(neuron, read_out, biases=True)
        print(f"spiking network, {neuron_name}, {read_out}: {shares[neuron_name, read_out]:.1%}")

figure = plt.figure(figsize=(9, 4), layout="constrained")
left, right = figure.subfigures(1, 2)
for axis, image, label in zip(left.subplots(3, 4).flat, test_x, test_y, strict=False):
    axis.imshow(image.reshape(8, 8), cmap="gray_r")
    axis.set_title(str(label))
    axis.set_axis_off()
bars = right.subplots()
bars.barh([f"{neuron}\n{read_out}" for neuron, read_out in shares], [100 * share for share in shares.values()])
bars.axvline(100 * trained.score(test_x[:TESTED], test_y[:TESTED]), color="k", ls="--")
bars.set(xlabel="digits read (%), dashed: the trained network", xlim=(50, 100))
figure.savefig("ann_to_snn.png")
print("wrote ann_to_snn.png")
