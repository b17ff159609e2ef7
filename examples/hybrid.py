"""From a rate to spikes and back, in the style of ANNarchy 5.0.

A rate-coded neuron holds a wave. Populations of Poisson neurons turn its rate (Hz) into spikes, and decoding
projections count the spikes of a sliding window, which gives a rate again. The window smooths and delays; what is
left is the noise of counting: with n neurons and a window of T seconds the error is sqrt(rate / (n T)), so a hundred
times the neurons are ten times as exact. Writes hybrid.png.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

import nnc as ann

DURATION = 4000.0 if "--short" in sys.argv else 20_000.0  # ms
SIZES, WINDOW = (10, 100, 1000), 50.0

net = ann.Network(dt=1.0, seed=9)
wave = net.create(1, ann.Neuron(equations="r = 40.0 * (1.0 + 0.8 * sin(2.0 * pi * t / 1000.0))"))
copies = {}
for size in SIZES:
    poisson = net.create(ann.PoissonPopulation(size, target="exc"))
    net.connect(wave, poisson, "exc").all_to_all(weights=1.0)
    copies[size] = net.create(1, ann.Neuron(equations="r = sum(exc)"))
    net.connect(ann.DecodingProjection(poisson, copies[size], "exc", window=WINDOW)).all_to_all(weights=1.0)
sent = net.monitor(wave, "r")
received = {size: net.monitor(copy, "r") for size, copy in copies.items()}
net.compile()
net.simulate(DURATION, measure_time=True)

rate = sent.get("r")[:, 0]
window, first = int(WINDOW / net.dt), 200
late = 2  # steps: from the wave to the spikes, and from the spikes to the decoder
smooth = np.convolve(rate, np.ones(window) / window)[: len(rate)]  # the mean over the window that ends here
expected = {size: np.sqrt(rate.mean() / (size * WINDOW / 1000.0)) for size in SIZES}
fig, axes = plt.subplots(len(SIZES), 1, figsize=(8, 7), sharex=True, sharey=True, layout="constrained")
error = {}
for axis, size in zip(axes, SIZES, strict=True):
    decoded = received[size].get("r")[:, 0]
    error[size] = np.sqrt(np.mean((decoded[first + late :] - smooth[first:-late]) ** 2))
    print(f"{size:5} neurons: error {error[size]:5.2f} Hz, {expected[size]:5.2f} Hz expected")
    axis.plot(decoded[:3000], lw=0.8, label="decoded")
    axis.plot(rate[:3000], "k--", lw=0.8, label="wave")
    axis.set(ylabel="rate (Hz)", title=f"{size} neurons, window of {WINDOW:.0f} ms")
axes[0].legend(loc="upper right")
axes[-1].set_xlabel("time (ms)")
fig.savefig("hybrid.png")
print("wrote hybrid.png")
