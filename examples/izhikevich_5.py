"""The network of izhikevich.py in the style of ANNarchy 5.0, with the model written out.

Writes izhikevich_5.png.
"""

import matplotlib.pyplot as plt
import numpy as np

import nnc as ann

izhikevich = ann.Neuron(
    parameters=dict(
        noise=ann.Parameter(5.0, locality="local"),
        a=ann.Parameter(0.02, locality="local"),
        b=ann.Parameter(0.2, locality="local"),
        c=ann.Parameter(-65.0, locality="local"),
        d=ann.Parameter(2.0, locality="local"),
        v_thresh=30.0,
    ),
    equations=[
        "I = g_exc - g_inh + noise * Normal(0.0, 1.0)",
        ann.Variable("dv/dt = 0.04 * v^2 + 5.0 * v + 140.0 - u + I", init=-65.0),
        ann.Variable("du/dt = a * (b*v - u)"),
    ],
    spike="v >= v_thresh",
    reset=["v = c", "u += d"],
)

net = ann.Network(dt=1.0, seed=42)
pop = net.create(geometry=1000, neuron=izhikevich)
exc, inh = pop[:800], pop[800:]

re, ri = net.default_rng.random(800), net.default_rng.random(200)
exc.c = -65.0 + 15.0 * re**2
exc.d = 8.0 - 6.0 * re**2
inh.noise = 2.0
inh.a = 0.02 + 0.08 * ri
inh.b = 0.25 - 0.05 * ri
pop.u = pop.b * pop.v

net.connect(exc, pop, "exc").all_to_all(weights=ann.Uniform(0.0, 0.5))
net.connect(inh, pop, "inh").all_to_all(weights=ann.Uniform(0.0, 1.0))

m = net.monitor(pop, ["spike", "v"])
net.compile()
net.simulate(1000.0, measure_time=True)

spikes = m.get("spike")
t, n = m.raster_plot(spikes)
print(f"{len(t)} spikes, mean rate {m.mean_fr(spikes):.2f} Hz")

fig, (top, middle, bottom) = plt.subplots(3, 1, figsize=(9, 9), sharex=True)
top.plot(t, n, "k.", markersize=2.0)
top.set_ylabel("neuron")
middle.plot(np.arange(1000), m.get("v")[:, 15])
middle.set_ylabel("v of neuron 15 (mV)")
bottom.plot(m.population_rate(spikes, smooth=10.0))
bottom.set_ylabel("population rate (Hz)")
bottom.set_xlabel("time (ms)")
fig.tight_layout()
fig.savefig("izhikevich_5.png")
print("wrote izhikevich_5.png")
