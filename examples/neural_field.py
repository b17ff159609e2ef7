"""A neural field attends to one of several moving bumps, in the style of ANNarchy 4.8.

Three equal bumps move on a noisy picture of 40 x 40. The field behind it excites itself at short and inhibits itself at
long distance (a difference of Gaussians), so that one bump wins and is followed, whatever the others do (S. Amari:
Dynamics of pattern formation in lateral-inhibition type neural fields, Biological Cybernetics 27, 1977; N. P. Rougier
and J. Vitay: Emergence of attention within a neural population, Neural Networks 19, 2006). Writes neural_field.png.
"""

import matplotlib.pyplot as plt

from nnc import *

N, BUMPS = 40, 3
DURATION = 500 if "--short" in sys.argv else 2000  # ms

setup(dt=1.0, seed=11)

World = Population(
    (N, N),
    Neuron(parameters="baseline = 0.0", equations="r = baseline + Uniform(-0.3, 0.3) : min = 0.0"),
)
Field = Population(
    (N, N),
    Neuron(
        parameters="tau = 20.0 : population",
        equations="tau * dr/dt + r = sum(exc) + sum(lat) : min = 0.0, max = 1.0",
    ),
)
ff = Projection(World, Field, "exc")
ff.connect_one_to_one(weights=1.0)
lat = Projection(Field, Field, "lat")
lat.connect_dog(amp_pos=0.3, sigma_pos=0.04, amp_neg=0.08, sigma_neg=1.0)
compile()

y, x = np.mgrid[0:N, 0:N]
phases = 2.0 * np.pi * np.arange(BUMPS) / BUMPS
positions, centres = [], []
for step in range(0, DURATION, 10):
    angles = 2.0 * np.pi * step / 2000.0 + phases
    places = np.stack([N / 2 + 0.3 * N * np.cos(angles), N / 2 + 0.3 * N * np.sin(angles)], axis=1)
    World.baseline = sum(np.exp(-((x - px) ** 2 + (y - py) ** 2) / 8.0) for px, py in places)
    simulate(10.0)
    r = Field.r
    if r.sum() > 0.0:
        centres.append([(x * r).sum() / r.sum(), (y * r).sum() / r.sum()])
        positions.append(places)

centres, positions = np.array(centres), np.array(positions)
distance = np.linalg.norm(centres[:, None] - positions, axis=2)
attended = int(distance[-1].argmin())
print(f"bump {attended} is attended, at a distance of {distance[len(distance) // 2 :, attended].mean():.2f} pixels")

fig, axes = plt.subplots(1, 3, figsize=(12, 4), layout="constrained")
axes[0].imshow(World.r, origin="lower", cmap="magma")
axes[0].set_title("picture")
axes[1].imshow(Field.r, origin="lower", cmap="magma")
axes[1].set_title("field")
for bump in range(BUMPS):
    axes[2].plot(10 * np.arange(len(distance)), distance[:, bump], label=f"bump {bump}")
axes[2].set(title="distance from the focus", xlabel="time (ms)", ylabel="pixels")
axes[2].legend()
fig.savefig("neural_field.png")
print("wrote neural_field.png")
