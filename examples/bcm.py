"""Neurons become selective by the BCM rule, in the style of ANNarchy 5.0.

Ten neurons see five overlapping patterns at random. The rule strengthens synapses of active inputs if the output is
above a threshold, and weakens them below it; the threshold slides with the square of the output. All other responses
die away until each neuron answers to one pattern (E. L. Bienenstock, L. N. Cooper and P. W. Munro: Theory for the
development of neuron selectivity, Journal of Neuroscience 2, 1982; here with the threshold of N. Intrator and L. N.
Cooper, Neural Networks 5, 1992). Writes bcm.png.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

import nnc as ann

NEURONS, PATTERNS, INPUTS = 10, 5, 50
TRIALS = 1500 if "--short" in sys.argv else 3000

places = np.arange(INPUTS)
centres = INPUTS * (np.arange(PATTERNS) + 0.5) / PATTERNS
distance = np.abs(places - centres[:, None])
patterns = np.exp(-0.5 * (np.minimum(distance, INPUTS - distance) / 5.0) ** 2)  # on a ring

net = ann.Network(dt=1.0, seed=5)
inputs = net.create(ann.InputArray(INPUTS))
outputs = net.create(NEURONS, ann.Neuron(parameters=dict(tau=5.0), equations="tau * dr/dt + r = sum(exc) : min = 0.0"))
rule = ann.IBCM(eta=0.0005, tau=100.0)
proj = net.connect(inputs, outputs, "exc", rule).all_to_all(weights=ann.Uniform(0.0, 0.2))
net.compile()


def responses():
    """What each neuron answers to each pattern, without learning."""
    proj.disable_learning()
    rows = []
    for pattern in patterns:
        inputs.r = pattern
        net.simulate(50.0)
        rows.append(np.array(outputs.r))
    proj.enable_learning()
    return np.array(rows)


def selectivity(rows):
    """1 - mean / maximum of the responses of each neuron, as Bienenstock, Cooper and Munro define it."""
    return 1.0 - rows.mean(axis=0) / rows.max(axis=0)


first, course = responses(), []
for trial in range(TRIALS):
    if trial % 50 == 0:
        course.append(selectivity(responses()))
    inputs.r = patterns[net.default_rng.integers(PATTERNS)]
    net.simulate(20.0)
last = responses()
print(f"selectivity {selectivity(first).mean():.2f} before and {selectivity(last).mean():.2f} after {TRIALS} patterns")
print("preferred patterns:", *last.argmax(axis=0))

fig, axes = plt.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
axes[0].plot(patterns.T)
axes[0].set(title="patterns", xlabel="input", ylabel="r")
axes[1].imshow(last.T, aspect="auto", cmap="magma")
axes[1].set(title="responses after learning", xlabel="pattern", ylabel="neuron")
axes[2].plot(50 * np.arange(len(course)), course, lw=0.8)
axes[2].set(title="selectivity", xlabel="patterns shown", ylim=(0, 1))
fig.savefig("bcm.png")
print("wrote bcm.png")
