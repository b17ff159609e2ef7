"""Independent bars are found by Hebbian and anti-Hebbian learning, in the style of ANNarchy 4.8.

Pictures of 8 x 8 pixels show horizontal and vertical bars, each with probability 1/8. Oja's rule makes every neuron
learn what it responds to; lateral inhibition, which grows between neurons that are active together, makes them
respond to different things. In the end there is a neuron for every bar, though bars were never shown alone (P.
Foldiak: Forming sparse representations by local anti-Hebbian learning, Biological Cybernetics 64, 1990; E. Oja:
Simplified neuron model as a principal component analyzer, Journal of Mathematical Biology 15, 1982). Writes bars.png.
"""

import matplotlib.pyplot as plt

from nnc import *

SIZE = 8
PICTURES = 3000 if "--short" in sys.argv else 6000

setup(dt=1.0, seed=3)

Unit = Neuron(
    parameters="tau = 10.0 : population",
    equations="tau * dr/dt + r = sum(exc) - sum(inh) : min = 0.0",
)
OjaRule = Synapse(
    parameters="""
        tau = 5000.0 : projection
        tau_alpha = 100.0 : projection
    """,
    equations="""
        tau_alpha * dalpha/dt + alpha = pos(post.r - 1.0) * 10.0 : postsynaptic, init = 1.0
        tau * dw/dt = pre.r * post.r - alpha * post.r^2 * w : min = 0.0
    """,
)
AntiHebb = Synapse(
    parameters="""
        tau = 5000.0 : projection
        theta = 0.07 : projection
    """,
    equations="tau * dw/dt = pre.r * post.r - theta * post.r : min = 0.0",
)

Input = InputArray((SIZE, SIZE))
Feature = Population((8, 4), Unit)
ff = Projection(Input, Feature, "exc", OjaRule)
ff.connect_all_to_all(weights=Uniform(0.0, 0.5))
lat = Projection(Feature, Feature, "inh", AntiHebb)
lat.connect_all_to_all(weights=Uniform(0.0, 1.0))
compile()

bars = np.array([np.outer(np.eye(SIZE)[k], np.ones(SIZE)) for k in range(SIZE)])
bars = np.concatenate([bars, bars.transpose(0, 2, 1)])
rng = np.random.default_rng(3)
begin = time.time()
for _ in range(PICTURES):
    Input.r = bars[rng.random(2 * SIZE) < 1.0 / SIZE].any(axis=0)
    simulate(50.0)
print(f"{PICTURES} pictures in {time.time() - begin:.1f} s")

fields = np.array([dendrite.w for dendrite in ff])
likeness = np.corrcoef(fields, bars.reshape(2 * SIZE, -1))[: len(fields), len(fields) :]
found = (likeness > 0.8).any(axis=0)
print(f"{found.sum()} of {2 * SIZE} bars have a neuron of their own")

fig, axis = plt.subplots(figsize=(4, 7.5), layout="constrained")
axis.imshow(ff.receptive_fields(), cmap="magma")
axis.set(title=f"weights of the neurons: {found.sum()} of {2 * SIZE} bars", xticks=[], yticks=[])
fig.savefig("bars.png")
print("wrote bars.png")
