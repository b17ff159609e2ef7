"""Inputs of all kinds: rates and spikes given in time, random spikes, and the way from rates to spikes and back.

A rate-coded signal drives Poisson neurons and, as a current, integrate-and-fire neurons; both are decoded to rates
again. Correlated spike trains share one fluctuating rate.

Writes inputs.png.
"""

import matplotlib.pyplot as plt

from nnc import *

setup(dt=1.0, seed=5)

# One row every 100 ms, over and over
signal = TimedArray(rates=[[0.1], [0.8], [0.4]], schedule=100.0, period=300.0)

# 200 neurons that fire at 100 Hz times the signal
poisson = PoissonPopulation(200, target="exc")
drive = Projection(signal, poisson, "exc")
drive.all_to_all(weights=100.0)

# One neuron that takes the signal as its current
cell = Population(
    1, Neuron(parameters="tau = 20.0", equations="tau * dv/dt = g_exc - v", spike="v > 0.3", reset="v = 0.0")
)
current = CurrentInjection(signal, cell, "exc")
current.connect_current()

# The mean rates over the last 30 ms
output = Population(2, Neuron(equations="r = sum(exc)"))
decode_poisson = DecodingProjection(poisson, output[0:1], "exc", window=30.0)
decode_poisson.all_to_all(weights=1.0)
decode_cell = DecodingProjection(cell, output[1:2], "exc", window=30.0)
decode_cell.all_to_all(weights=1.0)

# Other sources: given spikes, and random ones with shared fluctuations
given = SpikeSourceArray([[float(t) for t in range(10 * k, 900, 50 + 20 * k)] for k in range(5)])
shared = HomogeneousCorrelatedSpikeTrains(100, rates=20.0, corr=0.5, tau=20.0)

m_signal = Monitor(signal, "r")
m_output = Monitor(output, "r")
m_spikes = [Monitor(population, "spike") for population in (poisson, shared, given)]
m_shared = Monitor(shared, "x")

compile()
simulate(900.0)

fig, axes = plt.subplots(5, 1, figsize=(9, 11), sharex=True, height_ratios=(1, 2, 2, 2, 1))
axes[0].plot(m_signal.get("r")[:, 0])
axes[0].set_ylabel("signal")
rates = m_output.get("r")
axes[2].plot(rates[:, 0], label="Poisson neurons")
axes[2].plot(rates[:, 1], label="integrate-and-fire neuron")
axes[2].set_ylabel("decoded rate (Hz)")
axes[2].legend(loc="upper right")
for axis, monitor, label in zip(axes[[1, 3, 4]], m_spikes, ("Poisson", "correlated", "given"), strict=True):
    spikes = monitor.get("spike")
    t, n = monitor.raster_plot(spikes)
    axis.plot(t, n, "k.", markersize=2.0)
    axis.set_ylabel(label)
    print(f"{label}: {len(t)} spikes")
right = axes[3].twinx()
right.plot(m_shared.get("x").ravel(), "r", alpha=0.5)
right.set_ylabel("shared rate (Hz)")
axes[4].set_xlabel("time (ms)")
fig.tight_layout()
fig.savefig("inputs.png", dpi=80)
print("wrote inputs.png")
