"""A topographic map grows out of random connections: weak synapses vanish, and new ones appear between neurons that are
active together. Writes structural_plasticity.png.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

import nnc as ann

N, WIDTH = 100, 5.0
BUMPS = 250 if "--short" in sys.argv else 600

net = ann.Network(dt=1.0, seed=2)
source = net.create(N, ann.Neuron(parameters=dict(x=ann.Parameter(0.0, locality="local")), equations="r = x"))
unit = ann.Neuron(
    parameters=dict(tau=5.0, x=ann.Parameter(0.0, locality="local")),
    equations="tau * dr/dt + r = x + sum(exc) : min = 0.0, init = 0.0",
)
map_ = net.create(N, unit)

synapse = ann.Synapse(
    parameters=dict(eta=0.02, alpha=0.02),
    equations="dw/dt = eta * pre.r * post.r * (1.0 - w) - alpha * w * post.r - 0.002 * w : min = 0.0",
    creating=ann.Creating("pre.r > 0.5 and post.r > 0.5", proba=0.002, w=0.2),
    pruning=ann.Pruning("w < 0.05", proba=0.05),
)
proj = net.connect(source, map_, "exc", synapse).fixed_probability(0.1, weights=ann.Uniform(0.0, 0.2))
net.compile()

rng = np.random.default_rng(2)
places = np.arange(N)
counts, before = [], proj.connectivity_matrix()
proj.start_creating(period=5.0)
proj.start_pruning(period=5.0)
for _ in range(BUMPS):
    centre = rng.uniform(-WIDTH, N + WIDTH)
    bump = np.exp(-0.5 * ((places - centre) / WIDTH) ** 2)
    source.x = bump
    map_.x = bump
    net.simulate(20.0)
    counts.append(proj.nb_synapses)

after = proj.connectivity_matrix()
near = np.abs(places[:, None] - places[None, :]) <= 2 * WIDTH
print(f"synapses: {np.count_nonzero(before)} at the start, {proj.nb_synapses} at the end")
print(f"near the diagonal: {np.mean(near[before > 0]):.0%} at the start, {np.mean(near[after > 0]):.0%} at the end")

fig, axes = plt.subplots(1, 3, figsize=(12, 4), layout="constrained")
for axis, matrix, title in ((axes[0], before, "before"), (axes[1], after, f"after {0.02 * BUMPS:.0f} s")):
    image = axis.imshow(matrix, origin="lower", vmin=0.0, cmap="magma", interpolation="nearest")
    axis.set(title=title, xlabel="pre neuron", ylabel="post neuron")
    fig.colorbar(image, ax=axis, label="weight", shrink=0.8)
axes[2].plot(0.02 * np.arange(1, len(counts) + 1), counts)
axes[2].set(title="number of synapses", xlabel="time (s)", ylim=(0, None))
fig.savefig("structural_plasticity.png", dpi=120)
print("wrote structural_plasticity.png")
