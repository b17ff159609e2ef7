"""Competition by spike-timing dependent plasticity, in the style of ANNarchy 4.8.

A thousand Poisson inputs of 15 Hz drive one neuron through plastic synapses. Depression slightly outweighs
potentiation, so that inputs compete to fire the neuron: whatever the weights were, they end up near zero or near
their maximum, and the neuron fires irregularly (S. Song, K. D. Miller and L. F. Abbott: Competitive Hebbian learning
through spike-timing-dependent synaptic plasticity, Nature Neuroscience 3, 2000, figure 2; without their inhibitory
inputs). Writes stdp_song.png.
"""

import matplotlib.pyplot as plt

from nnc import *

DURATION = 300_000.0 if "--short" in sys.argv else 1_000_000.0  # ms
A = 0.005
G_MAX = 0.015

setup(dt=1.0, seed=7)

Cell = Neuron(
    parameters="""
        tau_m = 20.0 : population
        tau_exc = 5.0 : population
        El = -74.0 : population
        Eexc = 0.0 : population
        Vt = -54.0 : population
        Vr = -60.0 : population
    """,
    equations="""
        tau_m * dv/dt = El - v + g_exc * (Eexc - v) : init = -60.0, exponential
        tau_exc * dg_exc/dt = -g_exc : exponential
    """,
    spike="v > Vt",
    reset="v = Vr",
)

inputs = PoissonPopulation(1000, rates=15.0)
cell = Population(1, Cell)
rule = STDP(tau_plus=20.0, tau_minus=20.0, A_plus=A, A_minus=1.05 * A, w_max=G_MAX)
proj = Projection(inputs, cell, "exc", rule)
proj.connect_all_to_all(weights=Uniform(0.0, G_MAX))
M = Monitor(cell, "spike")
compile()

before = np.array(proj[0].w) / G_MAX
simulate(DURATION, measure_time=True)
after = np.array(proj[0].w) / G_MAX

spikes = M.get("spike")[0]
outer, middle = np.mean((after < 0.2) | (after > 0.8)), np.mean((after > 0.4) & (after < 0.6))
per_second = np.bincount(np.array(spikes) // 1000, minlength=int(DURATION / 1000.0))
print(f"{outer:.0%} of the weights are near the bounds, {middle:.0%} in the middle")
early, late = per_second[:5].mean(), per_second[-20:].mean()
print(f"the neuron fires at {early:.0f} Hz in the beginning and at {late:.0f} Hz in the end")

fig, axes = plt.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
for axis, weights, title in ((axes[0], before, "before"), (axes[1], after, "after")):
    axis.hist(weights, bins=20, range=(0.0, 1.0), color="k")
    axis.set(title=title, xlabel="weight / maximum", ylabel="synapses")
axes[2].plot(per_second, lw=0.8)
axes[2].set(title="rate of the neuron", xlabel="time (s)", ylabel="Hz", ylim=(0, None))
fig.savefig("stdp_song.png")
print("wrote stdp_song.png")
