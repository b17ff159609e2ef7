"""A pulse-coupled network of 1000 Izhikevich neurons, in the style of ANNarchy 4.8.

800 excitatory and 200 inhibitory neurons, each connected to all others, driven by noise (E. M. Izhikevich: Simple model
of spiking neurons, IEEE Transactions on Neural Networks 14, 2003). Writes izhikevich.png.
"""

import matplotlib.pyplot as plt

from nnc import *

# one population, two views of it
pop = Population(geometry=1000, neuron=Izhikevich)
Exc = pop[:800]
Inh = pop[800:]

# parameters differ between neurons
re = np.random.random(800)
Exc.noise = 5.0
Exc.a = 0.02
Exc.b = 0.2
Exc.c = -65.0 + 15.0 * re**2
Exc.d = 8.0 - 6.0 * re**2
Exc.v = -65.0
Exc.u = Exc.v * Exc.b

ri = np.random.random(200)
Inh.noise = 2.0
Inh.a = 0.02 + 0.08 * ri
Inh.b = 0.25 - 0.05 * ri
Inh.c = -65.0
Inh.d = 2.0
Inh.v = -65.0
Inh.u = Inh.v * Inh.b

# everyone projects to everyone
exc_proj = Projection(pre=Exc, post=pop, target="exc")
exc_proj.connect_all_to_all(weights=Uniform(0.0, 0.5))
inh_proj = Projection(pre=Inh, post=pop, target="inh")
inh_proj.connect_all_to_all(weights=Uniform(0.0, 1.0))

compile()

M = Monitor(pop, ["spike", "v"])
simulate(1000.0, measure_time=True)

spikes = M.get("spike")
v = M.get("v")
t, n = M.raster_plot(spikes)
rate = M.histogram(spikes)
print(f"{len(t)} spikes, mean rate {M.mean_fr(spikes):.2f} Hz")

plt.figure(figsize=(9, 9))
ax = plt.subplot(3, 1, 1)
ax.plot(t, n, "k.", markersize=2.0)
ax.set_title("Raster plot")
ax.set_ylabel("neuron")
ax = plt.subplot(3, 1, 2)
ax.plot(v[:, 15])
ax.set_title("Membrane potential of neuron 15")
ax.set_ylabel("v (mV)")
ax = plt.subplot(3, 1, 3)
ax.plot(rate)
ax.set_title("Spikes per ms in the whole population")
ax.set_xlabel("time (ms)")
ax.set_ylabel("spikes")
plt.tight_layout()
plt.savefig("izhikevich.png")
print("wrote izhikevich.png")
